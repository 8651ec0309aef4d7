//! Security blocks with as much in them as fits before a payload, under every role.

use super::{alone, bounded, head};
use rand_core::SeedableRng;
use spacelink::bpsec::{
    BcbAesGcm, BibHmacSha2, PRIMARY_BLOCK, Policy, Role, Rule, SecurityBlock, process, protect,
};
use spacelink::bundle::{Block, Bundle, Rules, block_type};
use spacelink::keys::{Key, KeyId};
use std::time::Duration;

const INTEGRITY: u64 = block_type::INTEGRITY;
const CONFIDENTIALITY: u64 = block_type::CONFIDENTIALITY;

fn array(items: impl ExactSizeIterator<Item = Vec<u8>>) -> Vec<u8> {
    let count = u32::try_from(items.len()).unwrap();
    let start = match count {
        0..24 => vec![0x80 | count as u8],
        24..256 => vec![0x98, count as u8],
        256..65_536 => [&[0x99], &(count as u16).to_be_bytes()[..]].concat(),
        _ => [&[0x9A], &count.to_be_bytes()[..]].concat(),
    };
    items.fold(start, |mut all, item| {
        all.extend(item);
        all
    })
}

fn number(value: u32) -> Vec<u8> {
    [&[0x1A], &value.to_be_bytes()[..]].concat()
}

/// Targets, context 1, source ipn:3.0, parameters if there are any, results.
fn content(targets: Vec<u8>, parameters: Option<Vec<u8>>, results: Vec<u8>) -> Vec<u8> {
    let flags = u8::from(parameters.is_some());
    [&targets[..], &[1, flags, 0x82, 2, 0x82, 3, 0], &parameters.unwrap_or_default(), &results].concat()
}

/// What fills a megabyte.
fn fillers() -> Vec<(&'static str, Vec<u8>)> {
    let many = 170_000;
    let targets = || array((0..many).map(|target| number(target + 70_000)));
    let items = || array((0..300_000).map(|_| vec![0x82, 1, 0]));
    let one = || vec![0x81, 1];
    vec![
        ("targets that are not there", content(targets(), None, array((0..many).map(|_| vec![0x80])))),
        ("one target again and again", content(array((0..900_000).map(|_| vec![1])), None, vec![0x80])),
        ("parameters", content(one(), Some(items()), vec![0x81, 0x80])),
        ("results", content(one(), None, [vec![0x81], items()].concat())),
        ("targets claimed", content(head(4, u64::MAX), None, vec![0; 900_000])),
        ("parameters claimed", content(one(), Some(head(4, u64::MAX)), vec![0; 900_000])),
        ("results claimed", content(one(), None, [head(4, u64::MAX), vec![0x80; 900_000]].concat())),
        (
            "a value that nests",
            content(one(), Some([vec![0x81, 0x82, 1], vec![0x81; 900_000]].concat()), vec![]),
        ),
        ("a source of a megabyte", {
            let name = [vec![0x7A, 0, 0x0D, 0xBB, 0xA0], b"//".to_vec(), vec![b'n'; 899_998]].concat();
            [vec![0x81, 1, 1, 0, 0x82, 1], name, vec![0x81, 0x80]].concat()
        }),
    ]
}

#[test]
fn a_megabyte_in_a_security_block() {
    let _alone = alone();
    let keys = [(KeyId(1), Key::new(&[1; 48]).unwrap()), (KeyId(2), Key::new(&[2; 32]).unwrap())];
    let all = [PRIMARY_BLOCK, block_type::PAYLOAD, block_type::AGE, INTEGRITY];
    let rules = |role| {
        let rules =
            [Rule::new(role, BibHmacSha2::DEFAULT, KeyId(1)), Rule::new(role, BcbAesGcm::DEFAULT, KeyId(2))];
        Policy { rules: rules.map(|rule| rule.for_targets(&all)).to_vec() }
    };
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let mut taken = 0;
    for kind in [INTEGRITY, CONFIDENTIALITY] {
        for (name, data) in fillers() {
            let len = data.len();
            bounded(name, len, 40, || SecurityBlock::decode(&data.clone().into()).map(drop).ok());
            let built = bounded(name, len, 40, || {
                Bundle::builder("ipn:1.7".parse().unwrap(), "ipn:2.7".parse().unwrap())
                    .age(Duration::ZERO)
                    .block(Block::of_type(kind, data.clone()))
                    .payload("payload")
                    .build()
            });
            let Ok(bundle) = built else { continue };
            let octets = bundle.encode();
            let bundle =
                bounded(name, len, 40, || Bundle::decode_with(octets.into(), &Rules::STRICT)).unwrap();
            for role in [Role::Verifier, Role::Acceptor] {
                let (left, _) = bounded(name, len, 40, || process(bundle.clone(), &rules(role), &keys));
                assert_eq!(left, None, "{name}");
            }
            let node = "ipn:9.0".parse().unwrap();
            let _ = bounded(name, len, 40, || protect(bundle, &rules(Role::Source), &node, &keys, &mut rng));
            taken += 1;
        }
    }
    assert!(taken > 0, "none got as far as to be processed");
}
