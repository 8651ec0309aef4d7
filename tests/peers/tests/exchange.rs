//! Bundles of bp7 and hardy-bpv7 are read and written back to the same octets; ours are read by both.

use hardy_bpv7::bpsec::key::{EncAlgorithm, Key as HardyKey, KeyAlgorithm, KeySet, Operation, Type};
use hardy_bpv7::bundle::ParsedBundle;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::bpsec::{BcbAesGcm, BibHmacSha2, HmacVariant, Policy, Role, Rule, protect};
use spacelink::bundle::{Bundle, CrcType, Rules};
use spacelink::keys::{Key, KeyId};
use spacelink_bundle_peers::{Spec, by_bp7, by_hardy, by_us};

const PAYLOADS: &[&[u8]] = &[b"", b"x", &[0xA5; 23], &[0x5A; 24], &[1; 255], &[2; 256], &[3; 70_000]];

fn specs(endpoints: &'static [(&str, &str)]) -> impl Iterator<Item = Spec<'static>> {
    endpoints.iter().flat_map(|&(source, destination)| {
        [CrcType::None, CrcType::Crc16, CrcType::Crc32C].into_iter().flat_map(move |crc| {
            [false, true].into_iter().flat_map(move |extended| {
                PAYLOADS.iter().map(move |&payload| Spec { source, destination, crc, extended, payload })
            })
        })
    })
}

const BOTH: &[(&str, &str)] = &[
    ("ipn:1.7", "ipn:2.7"),
    ("ipn:300.70000", "ipn:4294967294.1"),
    ("dtn://a/x", "dtn://node-2/a/b"),
    ("dtn://a/", "ipn:9.1"),
];
/// Three elements: bp7 does not know them.
const HARDY: &[(&str, &str)] = &[("ipn:977.5.1", "ipn:1.2.3"), ("ipn:5.1", "ipn:977.1.0")];

/// A peer leaves out the primary block's check when told to have none.
fn read(octets: &[u8], crc: CrcType) -> Bundle {
    let rules = if crc == CrcType::None { Rules::LENIENT } else { Rules::STRICT };
    Bundle::decode_with(octets.to_vec().into(), &rules).unwrap()
}

#[test]
fn bundles_of_bp7() {
    for spec in specs(BOTH) {
        let octets = by_bp7(&spec).to_cbor();
        let bundle = read(&octets, spec.crc);
        assert_eq!(bundle.encode(), octets);
        assert_eq!(bundle.payload(), spec.payload);
        assert_eq!(bundle.source().to_string(), spec.source);
        assert_eq!(bundle.hop_count().is_some(), spec.extended);
    }
}

#[test]
fn bundles_of_hardy() {
    for spec in specs(BOTH).chain(specs(HARDY)) {
        let octets = by_hardy(&spec);
        let bundle = read(&octets, spec.crc);
        assert_eq!(bundle.encode(), *octets);
        assert_eq!(bundle.payload(), spec.payload);
        assert_eq!(bundle.destination().to_string(), spec.destination);
    }
}

#[test]
fn our_bundles_read_by_bp7() {
    for spec in specs(BOTH) {
        let octets = by_us(&spec).encode();
        let mut bundle = bp7::Bundle::try_from(octets.clone()).unwrap();
        assert!(bundle.crc_valid());
        bundle.validate().unwrap();
        assert_eq!(bundle.payload().unwrap(), spec.payload);
        assert_eq!(bundle.to_cbor(), octets);
    }
}

#[test]
fn our_bundles_read_by_hardy() {
    for spec in specs(BOTH).chain(specs(HARDY)) {
        let octets = by_us(&spec).encode();
        let parsed = ParsedBundle::parse_with_keys(&octets, &KeySet::EMPTY).unwrap();
        assert!(!parsed.non_canonical);
        let payload = parsed.bundle.block_data(1, &octets, &KeySet::EMPTY).unwrap();
        assert_eq!(payload.as_ref(), spec.payload);
    }
}

/// Fragments are bundles to both.
#[test]
fn our_fragments() {
    let spec = Spec {
        source: "ipn:1.7",
        destination: "ipn:2.7",
        crc: CrcType::Crc32C,
        extended: true,
        payload: &[7; 999],
    };
    let bundle = Bundle::builder(spec.source.parse().unwrap(), spec.destination.parse().unwrap())
        .timestamp(by_us(&spec).timestamp())
        .hop_limit(9)
        .payload(spec.payload.to_vec())
        .build()
        .unwrap();
    for (offset, len) in [(0, 500), (500, 499)] {
        let octets = bundle.cut(offset, len).unwrap().encode();
        let mut theirs = bp7::Bundle::try_from(octets.clone()).unwrap();
        assert!(theirs.crc_valid() && theirs.primary.has_fragmentation());
        let parsed = ParsedBundle::parse_with_keys(&octets, &KeySet::EMPTY).unwrap();
        let info = parsed.bundle.id.fragment_info.unwrap();
        assert_eq!((info.offset, info.total_adu_length), (offset, 999));
    }
}

/// What we sign, and what we encrypt, hardy-bpv7 verifies and decrypts.
#[test]
fn our_security_blocks() {
    let keys = [(KeyId(1), Key::new(&[1; 64]).unwrap()), (KeyId(2), Key::new(&[2; 32]).unwrap())];
    let key = |octet: u8, len: usize, algorithm, enc, operation| HardyKey {
        key_type: Type::OctetSequence { key: vec![octet; len].into() },
        key_algorithm: Some(algorithm),
        enc_algorithm: enc,
        operations: Some([operation].into()),
        ..HardyKey::default()
    };
    let theirs = KeySet::new(vec![
        key(1, 64, KeyAlgorithm::HS512, None, Operation::Verify),
        key(2, 32, KeyAlgorithm::Direct, Some(EncAlgorithm::A256GCM), Operation::Decrypt),
    ]);
    let hmac = BibHmacSha2 { variant: HmacVariant::Sha512, ..BibHmacSha2::DEFAULT };
    let sign = Rule::new(Role::Source, hmac, KeyId(1));
    let hide = Rule::new(Role::Source, BcbAesGcm::DEFAULT, KeyId(2));
    let policies = [(true, vec![sign.clone()]), (false, vec![hide.clone()]), (true, vec![sign, hide])];
    let each = |spec| policies.clone().map(|(signed, rules)| (signed, rules, spec));
    for (signed, rules, spec) in specs(&BOTH[..1]).flat_map(each) {
        let mut rng = ChaCha20Rng::seed_from_u64(spec.payload.len() as u64);
        let sent =
            protect(by_us(&spec), &Policy { rules }, &"ipn:1.0".parse().unwrap(), &keys, &mut rng).unwrap();
        let octets = sent.encode();
        let parsed = ParsedBundle::parse_with_keys(&octets, &theirs).unwrap();
        let payload = parsed.bundle.block_data(1, &octets, &theirs).unwrap();
        assert_eq!(payload.as_ref(), spec.payload);
        if signed {
            parsed.bundle.verify_block(1, &octets, &theirs).unwrap();
        }
    }
}
