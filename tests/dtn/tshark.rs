//! An independent reader, Wireshark's, finds no fault with what is built here: blocks of all kinds, fragments, status
//! reports, security blocks. Says that it skips where `tshark` is not installed.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use spacelink::bpsec::{BcbAesGcm, BibHmacSha2, PRIMARY_BLOCK, Policy, Role, Rule, protect};
use spacelink::bundle::{
    AdminRecord, Block, Bundle, BundleBuilder, BundleFlags, CrcType, CreationTimestamp, Eid, FragmentRange,
    Reason, Status, StatusReport,
};
use spacelink::keys::{Key, KeyId};
use spacelink::time::DtnTime;
use std::process::Command;
use std::time::Duration;

const TIME: CreationTimestamp = CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 3 };

fn eid(text: &str) -> Eid {
    text.parse().unwrap()
}

fn builder() -> BundleBuilder {
    Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7"))
        .timestamp(TIME)
        .report_to(eid("ipn:1.0"))
        .previous_node(eid("ipn:9.0"))
        .age(Duration::from_millis(1500))
        .hop_limit(32)
        .payload("some payload octets")
}

fn report(fragment: Option<FragmentRange>) -> Bundle {
    let report = StatusReport {
        received: Status::At(DtnTime(850_000_001_000)),
        forwarded: Status::No,
        delivered: Status::Yes,
        deleted: Status::No,
        reason: Reason::NO_INFORMATION,
        source: eid("ipn:1.7"),
        timestamp: TIME,
        fragment,
    };
    Bundle::builder(eid("ipn:2.0"), eid("ipn:1.0"))
        .timestamp(TIME)
        .flags(BundleFlags::ADMIN_RECORD)
        .payload(AdminRecord::StatusReport(report).encode())
        .build()
        .unwrap()
}

fn secured(rules: Vec<Rule>) -> Bundle {
    let keys = [(KeyId(1), Key::new(&[1; 32]).unwrap())];
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    protect(builder().build().unwrap(), &Policy { rules }, &eid("ipn:1.0"), &keys, &mut rng).unwrap()
}

fn bundles() -> Vec<(&'static str, Bundle)> {
    let sign = || Rule::new(Role::Source, BibHmacSha2::DEFAULT, KeyId(1));
    let wrapped = BibHmacSha2 { wrap: true, ..BibHmacSha2::DEFAULT };
    let hide = || Rule::new(Role::Source, BcbAesGcm::DEFAULT, KeyId(1));
    let whole = builder().build().unwrap();
    vec![
        ("CRC-32C", whole.clone()),
        ("CRC-16", builder().crc(CrcType::Crc16).primary_crc(CrcType::Crc16).build().unwrap()),
        (
            "dtn",
            Bundle::builder(eid("dtn://a/x"), eid("dtn://b/y")).timestamp(TIME).payload("x").build().unwrap(),
        ),
        ("unknown block", builder().block(Block::of_type(200, vec![0x81, 0x01])).build().unwrap()),
        ("first fragment", whole.cut(0, 7).unwrap()),
        ("last fragment", whole.cut(7, 12).unwrap()),
        ("status report", report(None)),
        ("status report on a fragment", report(Some(FragmentRange { offset: 5, len: 9 }))),
        ("signed", secured(vec![sign()])),
        ("signed, several targets", secured(vec![sign().for_targets(&[PRIMARY_BLOCK, 1, 7, 10])])),
        ("signed, wrapped key", secured(vec![Rule::new(Role::Source, wrapped, KeyId(1))])),
        ("encrypted", secured(vec![hide()])),
        ("signed and encrypted", secured(vec![sign(), hide()])),
    ]
}

/// A capture file of link type 147, one bundle a packet.
fn capture(bundles: &[(&str, Bundle)]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut put = |words: &[u32]| words.iter().for_each(|word| file.extend(word.to_le_bytes()));
    put(&[0xA1B2_C3D4, 2 | 4 << 16, 0, 0, 1 << 18, 147]);
    for (at, (_, bundle)) in bundles.iter().enumerate() {
        let octets = bundle.encode();
        let mut put = |words: &[u32]| words.iter().for_each(|word| file.extend(word.to_le_bytes()));
        put(&[at as u32, 0, octets.len() as u32, octets.len() as u32]);
        file.extend(octets);
    }
    file
}

#[test]
fn no_fault_is_found() {
    let bundles = bundles();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundles.pcap");
    std::fs::write(&path, capture(&bundles)).unwrap();
    let run = Command::new("tshark")
        .args(["-o", r#"uat:user_dlts:"User 0 (DLT=147)","bpv7","0","","0","""#, "-T", "json", "-r"])
        .arg(&path)
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: tshark is not installed");
        return;
    };
    let packets: Vec<serde_json::Value> = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(packets.len(), bundles.len(), "{}", String::from_utf8_lossy(&run.stderr));
    for ((name, _), packet) in bundles.iter().zip(packets) {
        assert!(packet["_source"]["layers"].get("bpv7").is_some(), "{name}: not read as a bundle");
        // The same object may have several of one name, which only the text shows.
        assert!(!packet.to_string().contains("_ws.malformed"), "{name}: malformed: {packet}");
    }
    // Below a warning are remarks, such as that a block is signed. What is in payloads and in blocks of types nobody
    // knows it cannot know, and warns; it has no other doubts.
    let text = String::from_utf8_lossy(&run.stdout);
    let of = |name: &str| -> Vec<&str> {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix(&format!("\"_ws.expert.{name}\": \"")))
            .collect()
    };
    let doubts: Vec<(&str, &str)> = of("message")
        .into_iter()
        .zip(of("severity"))
        .filter(|(message, severity)| {
            let severity = severity.trim_end_matches(['"', ',']).parse().unwrap_or(u32::MAX);
            severity >= WARNING && !NOT_KNOWABLE.iter().any(|known| message.starts_with(known))
        })
        .collect();
    assert!(doubts.is_empty(), "{doubts:?}");
}

/// The severity of a warning.
const WARNING: u32 = 0x60_0000;
const NOT_KNOWABLE: [&str; 2] = ["Unknown type code", "Data not fully dissected"];
