//! Bundle security of RFC 9172 with the contexts of RFC 9173.

use crate::runner::{Case, Failure, Tally, expect, expect_octets, list};
use bytes::Bytes;
use serde_json::Value;
use spacelink::bpsec::{
    Action, BcbAesGcm, BibHmacSha2, Outcome, PRIMARY_BLOCK, Policy, Presence, Processor, Role, Rule,
    SecurityBlock, Service, process,
};
use spacelink::bundle::{Block, Bundle, BundleReader, Part, Rules, block_type};
use spacelink::keys::{Key, KeyId};

/// `bpsec`: bundles with integrity and confidentiality blocks and the keys to them.
///
/// Each is accepted, in memory and as a stream, and gives its payload; any change of a covered octet, and any other
/// key, is refused. Where the bundle is only signed, what was signed is made again octet by octet.
pub fn bpsec(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        let payload = case.hex("payload_plain")?;
        let keys = keys(&[case.field("jwk_set")?])?;
        accepted(case, &keys, Some(&payload))
    });
    tally.cases(file, "negative", refused);
}

/// `bpsec_rfc9173_appendix_a`: the examples of RFC 9173.
pub fn rfc9173_appendix_a(file: &Value, tally: &mut Tally) {
    const TEXT: &[u8] = b"Ready to generate a 32-byte payload";
    tally.cases(file, "vectors", |case| {
        let sets: Vec<&Value> = case.list("jwk")?.iter().collect();
        accepted(case, &keys(&sets)?, Some(TEXT))
    });
    tally.cases(file, "negative", refused);
    if list(file, "vectors").is_empty() {
        tally.case("vectors", || Err("none".into()));
    }
}

/// The examples of RFC 9173 have neither a check of the primary block nor an age block.
fn rules() -> Rules {
    let mut rules = Rules::LENIENT;
    rules.clockless_age = false;
    rules
}

/// A key, whose it is, and what it is for.
struct Owned {
    owner: String,
    service: Service,
    key: Key,
}

fn keys(sets: &[&Value]) -> Result<Vec<Owned>, Failure> {
    let mut keys = Vec::new();
    for set in sets {
        for key in Case(set).list("keys")?.iter().map(Case) {
            let service = match key.has("enc") {
                true => Service::Confidentiality,
                false => Service::Integrity,
            };
            let octets = base64url(key.str("k")?)?;
            let key_octets = Key::new(&octets).ok_or("key of no or too many octets")?;
            keys.push(Owned { owner: key.str("kid")?.to_owned(), service, key: key_octets });
        }
    }
    Ok(keys)
}

/// Everything that `keys` can open must hold, whatever block it is about.
fn policy(bundle: &Bundle, keys: &[Owned]) -> Result<(Policy, Vec<(KeyId, Key)>), Failure> {
    let mut targets: Vec<u64> = bundle.all_blocks().map(Block::block_type).collect();
    targets.push(PRIMARY_BLOCK);
    let mut rules = Vec::new();
    let mut store = Vec::new();
    for (owned, id) in keys.iter().zip(0..) {
        let rule = match owned.service {
            Service::Integrity => Rule::new(Role::Acceptor, BibHmacSha2::DEFAULT, KeyId(id)),
            Service::Confidentiality => Rule::new(Role::Acceptor, BcbAesGcm::DEFAULT, KeyId(id)),
        };
        let pattern = owned.owner.parse().map_err(|error| format!("{}: {error}", owned.owner))?;
        rules.push(
            rule.for_targets(&targets)
                .for_security_source(pattern)
                .presence(Presence::Optional)
                .on_failure(Action::DeleteBundle),
        );
        store.push((KeyId(id), owned.key.clone()));
    }
    Ok((Policy { rules }, store))
}

fn open(octets: &[u8], keys: &[Owned]) -> Result<(Option<Bundle>, Outcome), Failure> {
    let octets = Bytes::copy_from_slice(octets);
    let bundle = Bundle::decode_with(octets, &rules()).map_err(|error| error.to_string())?;
    let (policy, store) = policy(&bundle, keys)?;
    Ok(process(bundle, &policy, &store))
}

fn accepted(case: &Case, keys: &[Owned], payload: Option<&[u8]>) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let (bundle, outcome) = open(&octets, keys)?;
    let bundle = bundle.ok_or_else(|| format!("refused: {:?}", outcome.verdicts))?;
    if let Some(payload) = payload {
        expect_octets("payload", payload, bundle.payload())?;
    }
    let left = bundle
        .blocks()
        .iter()
        .any(|block| matches!(block.block_type(), block_type::INTEGRITY | block_type::CONFIDENTIALITY));
    expect(
        "all operations have a verdict and are taken out",
        &(false, keys.is_empty()),
        &(left, outcome.verdicts.is_empty()),
    )?;
    streamed(&octets, keys, &bundle)?;
    security_blocks_written_back(&octets)?;
    changed(&octets, keys, &outcome)
}

/// The same in pieces of 7 octets.
fn streamed(octets: &[u8], keys: &[Owned], expected: &Bundle) -> Result<(), Failure> {
    let mut reader = BundleReader::new(rules());
    let mut processor = None;
    let mut payload = Vec::new();
    let whole = Bundle::decode_with(Bytes::copy_from_slice(octets), &rules());
    let (policy, store) = policy(&whole.map_err(|error| error.to_string())?, keys)?;
    for mut piece in octets.chunks(7) {
        while let Some(part) = reader.read(&mut piece).map_err(|error| error.to_string())? {
            match (part, &mut processor, reader.header()) {
                (Part::Payload(_), _, Some(header)) => {
                    processor = Some(Processor::new(header.clone(), &policy, &store));
                }
                (Part::Data(data), Some(processor), _) => {
                    payload.extend_from_slice(processor.payload(&mut data.to_vec()));
                }
                _ => {}
            }
        }
    }
    let outcome = processor.ok_or("no payload")?.finish();
    expect("deleted", &None, &outcome.deleted)?;
    let bundle = outcome.header.with_payload(payload.into()).map_err(|error| error.to_string())?;
    expect("streamed", expected, &bundle)
}

/// The content of every security block in the clear, read and written.
fn security_blocks_written_back(octets: &[u8]) -> Result<(), Failure> {
    let bundle =
        Bundle::decode_with(Bytes::copy_from_slice(octets), &rules()).map_err(|error| error.to_string())?;
    for block in bundle.blocks().iter().filter(|block| block.block_type() == block_type::CONFIDENTIALITY) {
        let content = SecurityBlock::decode(&block.data()).map_err(|error| error.to_string())?;
        expect_octets("security block", &block.data(), &content.encode())?;
    }
    Ok(())
}

/// Another payload and other keys must not pass, where the payload is secured at all.
fn changed(octets: &[u8], keys: &[Owned], outcome: &Outcome) -> Result<(), Failure> {
    if !outcome.verdicts.iter().any(|verdict| verdict.target == 1) {
        return Ok(());
    }
    let bundle =
        Bundle::decode_with(Bytes::copy_from_slice(octets), &rules()).map_err(|error| error.to_string())?;
    let crc = match bundle.payload_block().crc_type().len() {
        0 => 0,
        len => 1 + len,
    };
    let end = octets.len() - 1 - crc;
    let start = end - bundle.payload().len();
    for at in (start..end).step_by(5) {
        let mut octets = octets.to_vec();
        octets[at] ^= 0x20;
        if let (Some(_), _) = open(&octets, keys)? {
            return Err(format!("a payload with octet {at} changed was accepted"));
        }
    }
    for (at, owned) in keys.iter().enumerate() {
        let mut other: Vec<Owned> = keys
            .iter()
            .map(|owned| Owned { owner: owned.owner.clone(), service: owned.service, key: owned.key.clone() })
            .collect();
        let mut wrong = owned.key.octets().to_vec();
        wrong[0] ^= 1;
        other[at].key = Key::new(&wrong).ok_or("key")?;
        if let (Some(_), _) = open(octets, &other)? {
            return Err(format!("accepted with another key of {}", owned.owner));
        }
    }
    Ok(())
}

fn refused(case: &Case) -> Result<(), Failure> {
    let keys = match case.has("jwk_set") {
        true => keys(&[case.field("jwk_set")?])?,
        false => keys(&case.list("jwk")?.iter().collect::<Vec<_>>())?,
    };
    match open(&case.hex("hex")?, &keys) {
        Ok((Some(bundle), _)) => Err(format!("expected a refusal, found {bundle:?}")),
        Ok((None, _)) | Err(_) => Ok(()),
    }
}

/// Base 64 with the alphabet for addresses, without padding, as JSON web keys have it.
fn base64url(text: &str) -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return Err(format!("{text}: not base 64")),
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push((bits >> count) as u8);
        }
    }
    Ok(octets)
}
