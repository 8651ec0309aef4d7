//! Security blocks are octet by octet those of RFC 9173; in pieces or whole, signed or encrypted, it is the same.

use crate::bundle_properties::bundle;
use bytes::Bytes;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};
use spacelink::bpsec::{
    AesVariant, BcbAesGcm, BibHmacSha2, HmacVariant, PRIMARY_BLOCK, Policy, Processor, Protector, Role, Rule,
    ScopeFlags, SecurityBlock, SecurityError, process, protect,
};
use spacelink::bundle::{
    Block, Bundle, BundleBuilder, BundleError, BundleFlags, BundleReader, BundleWriter, CrcType,
    CreationTimestamp, Eid, Part, Rules, block_type,
};
use spacelink::keys::{Key, KeyId};
use spacelink::time::DtnTime;
use std::convert::Infallible;
use std::time::Duration;

fn eid(text: &str) -> Eid {
    text.parse().unwrap()
}

/// Gives the octets it was made with, in order: what the examples of RFC 9173 chose at random.
struct Chosen(Vec<u8>);

impl TryRng for Chosen {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word).map(|()| u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word).map(|()| u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0.drain(..out.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl TryCryptoRng for Chosen {}

/// The bundle of RFC 9173 appendix A.1 and A.2 before security.
fn example() -> BundleBuilder {
    let mut rules = Rules::LENIENT;
    rules.clockless_age = false;
    Bundle::builder(eid("ipn:2.1"), eid("ipn:1.2"))
        .rules(rules)
        .crc(CrcType::None)
        .report_to(eid("ipn:2.1"))
        .timestamp(CreationTimestamp { time: DtnTime::UNKNOWN, sequence: 40 })
        .lifetime(Duration::from_secs(1000))
        .payload("Ready to generate a 32-byte payload")
}

fn made(rule: Rule, key: &[u8], chosen: &[u8]) -> String {
    let keys = [(KeyId(1), Key::new(key).unwrap())];
    let policy = Policy { rules: vec![rule] };
    let mut rng = Chosen(chosen.to_vec());
    hex::encode(
        protect(example().build().unwrap(), &policy, &eid("ipn:2.1"), &keys, &mut rng).unwrap().encode(),
    )
}

/// RFC 9173 A.1: HMAC-SHA-512 of the payload alone.
#[test]
fn example_1_is_made() {
    let context = BibHmacSha2 { variant: HmacVariant::Sha512, scope: ScopeFlags::NONE, wrap: false };
    let key = hex::decode("1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b").unwrap();
    assert_eq!(
        made(Rule::new(Role::Source, context, KeyId(1)), &key, &[]),
        "9f88070000820282010282028202018202820201820018281a000f4240\
         850b0200005856810101018202820201828201078203008181820158403bdc69b3a34a2b5d3a8554368bd1e808\
         f606219d2a10a846eae3886ae4ecc83c4ee550fdfb1cc636b904e2f1a73e303dcd4b6ccece003e95e8164dcc89\
         a156e185010100005823526561647920746f2067656e657261746520612033322d62797465207061796c6f6164ff"
    );
}

/// RFC 9173 A.2: AES-128 with a wrapped key.
#[test]
fn example_2_is_made() {
    let context = BcbAesGcm { variant: AesVariant::A128Gcm, scope: ScopeFlags::NONE, wrap: true };
    assert_eq!(
        made(
            Rule::new(Role::Source, context, KeyId(1)),
            b"abcdefghijklmnop",
            b"Twelve121212qwertyuiopasdfgh"
        ),
        "9f88070000820282010282028202018202820201820018281a000f4240\
         850c02010058508101020182028202018482014c5477656c76653132313231328202018203581869c411276fec\
         ddc4780df42c8a2af89296fabf34d7fae7008204008181820150efa4b5ac0108e3816c5606479801bc04\
         850101000058233a09c1e63fe23a7f66a59c7303837241e070b02619fc59c5214a22f08cd70795e73e9aff"
    );
}

/// Which operations a test bundle gets, and the rules that take them out again.
fn policies(
    hmac: BibHmacSha2,
    aes: BcbAesGcm,
    sign: Vec<u64>,
    encrypt: Vec<u64>,
) -> (Policy, Policy, [(KeyId, Key); 2]) {
    let rules = |role| {
        vec![
            Rule::new(role, hmac, KeyId(1)).for_targets(&sign),
            Rule::new(role, aes, KeyId(2)).for_targets(&encrypt),
        ]
    };
    let key = |len: usize| Key::new(&[0x5A; 32][..len]).unwrap();
    let aes_len = if aes.variant == AesVariant::A128Gcm { 16 } else { 32 };
    let keys = [(KeyId(1), key(32)), (KeyId(2), key(aes_len))];
    (Policy { rules: rules(Role::Source) }, Policy { rules: rules(Role::Acceptor) }, keys)
}

prop_compose! {
    fn contexts()(
        hash in 0..3, wide: bool, wraps: (bool, bool), scopes in (0u64..8, 0u64..8)
    ) -> (BibHmacSha2, BcbAesGcm) {
        let variant = [HmacVariant::Sha256, HmacVariant::Sha384, HmacVariant::Sha512][hash as usize];
        let hmac = BibHmacSha2 { variant, scope: ScopeFlags(scopes.0), wrap: wraps.0 };
        let variant = if wide { AesVariant::A256Gcm } else { AesVariant::A128Gcm };
        (hmac, BcbAesGcm { variant, scope: ScopeFlags(scopes.1), wrap: wraps.1 })
    }
}

/// Sent in pieces of one length and received in pieces of another.
fn in_pieces(
    bundle: &Bundle,
    (source, acceptor, keys): &(Policy, Policy, [(KeyId, Key); 2]),
    (out, back): (usize, usize),
    seed: u64,
) -> Result<(Vec<u8>, Bundle), SecurityError> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut protector = Protector::new(bundle.header().clone(), source, &eid("ipn:9.0"), keys, &mut rng)?;
    let mut spool = bundle.payload().to_vec();
    for piece in spool.chunks_mut(out) {
        protector.payload(piece)?;
    }
    let (mut writer, mut octets) = BundleWriter::new(&protector.finish()?);
    writer.payload(&spool)?;
    octets.extend_from_slice(&spool);
    octets.extend_from_slice(writer.finish()?.as_ref());

    let mut reader = BundleReader::new(Rules::LENIENT);
    let mut processor = None;
    let mut spool = Vec::new();
    for mut piece in octets.chunks(back) {
        while let Some(part) = reader.read(&mut piece)? {
            match (part, &mut processor) {
                (Part::Payload(_), _) => {
                    processor = Some(Processor::new(reader.header().unwrap().clone(), acceptor, keys));
                }
                (Part::Data(data), Some(processor)) => {
                    spool.extend_from_slice(processor.payload(&mut data.to_vec()));
                }
                _ => {}
            }
        }
    }
    let outcome = processor.unwrap().finish();
    assert_eq!(outcome.deleted, None, "{:?}", outcome.verdicts);
    Ok((octets, outcome.header.with_payload(spool.into())?))
}

proptest! {
    /// Any choices of contexts and targets: what comes out is what went in but for the check sequences of targets,
    /// in pieces as in one.
    #[test]
    fn protected_and_accepted(
        bundle in bundle().prop_filter_map("against the rules", |bundle| bundle),
        (hmac, aes) in contexts(),
        (primary, hops, hidden) in any::<(bool, bool, bool)>(),
        lens in (1usize..60, 1usize..60),
        seed: u64,
    ) {
        let mut sign = vec![block_type::PAYLOAD];
        sign.extend(primary.then_some(PRIMARY_BLOCK));
        sign.extend(hops.then_some(block_type::HOP_COUNT));
        // What is signed is encrypted, or part of it, or nothing.
        let encrypt = if hidden { vec![block_type::PAYLOAD, block_type::AGE] } else { vec![block_type::AGE] };
        let set = policies(hmac, aes, sign, encrypt);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let sent = match protect(bundle.clone(), &set.0, &eid("ipn:9.0"), &set.2, &mut rng) {
            Ok(sent) => sent,
            Err(error) => {
                prop_assert_eq!(error, SecurityError::Fragment);
                return Ok(());
            }
        };
        let received = Bundle::decode_with(sent.encode().into(), &Rules::LENIENT).unwrap();
        let (accepted, outcome) = process(received, &set.1, &set.2);
        prop_assert!(outcome.verdicts.iter().all(|verdict| verdict.result.is_ok()));
        let accepted = accepted.unwrap();
        prop_assert_eq!(accepted.payload(), bundle.payload());
        prop_assert_eq!(accepted.destination(), bundle.destination());
        let content = |bundle: &Bundle| -> Vec<_> {
            bundle.blocks().iter().map(|block| (block.number(), block.content().clone())).collect()
        };
        prop_assert_eq!(content(&accepted), content(&bundle));
        let (octets, streamed) = in_pieces(&bundle, &set, lens, seed).unwrap();
        prop_assert_eq!(octets, sent.encode());
        prop_assert_eq!(streamed, accepted);
    }

    /// Every octet that is covered: a change is seen, or at least changes nothing that was covered.
    #[test]
    fn any_change_is_seen(
        bundle in bundle().prop_filter_map("against the rules", |bundle| bundle),
        at: usize,
        bit in 0..8,
        seed: u64,
    ) {
        let targets = vec![block_type::PAYLOAD, PRIMARY_BLOCK];
        let set = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, targets, vec![block_type::AGE]);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let Ok(sent) = protect(bundle.clone(), &set.0, &eid("ipn:9.0"), &set.2, &mut rng) else { return Ok(()) };
        let mut octets = sent.encode();
        let at = at % octets.len();
        octets[at] ^= 1u8 << bit;
        let Ok(changed) = Bundle::decode_with(octets.into(), &Rules::LENIENT) else { return Ok(()) };
        let (accepted, outcome) = process(changed, &set.1, &set.2);
        let whole = outcome.verdicts.iter().filter(|verdict| verdict.result.is_ok()).count() >= 2;
        if let (Some(accepted), true) = (accepted, whole) {
            prop_assert_eq!(accepted.payload(), bundle.payload());
            prop_assert_eq!(accepted.source(), bundle.source());
            prop_assert_eq!(accepted.destination(), bundle.destination());
            prop_assert_eq!(accepted.lifetime(), bundle.lifetime());
        }
    }

    /// The content of a security block is refused or written back.
    #[test]
    fn any_security_block(octets in prop::collection::vec(any::<u8>(), 0..80)) {
        for start in [&[][..], &[0x81, 0x01, 0x01, 0x01, 0x82, 0x02, 0x82, 0x02, 0x01]] {
            let data = Bytes::from([start, &octets].concat());
            if let Ok(block) = SecurityBlock::decode(&data) {
                let again = Bytes::from(block.encode());
                prop_assert_eq!(SecurityBlock::decode(&again), Ok(block));
            }
        }
    }

    /// Whatever a bundle's security blocks say, processing ends and what is left keeps the rules.
    #[test]
    fn any_bundle_is_processed(
        bundle in bundle().prop_filter_map("against the rules", |bundle| bundle),
        contents in prop::collection::vec((any::<bool>(), 0u64..5, 0u64..5, prop::collection::vec(any::<u8>(), 0..30)), 1..4),
    ) {
        let set = policies(
            BibHmacSha2::DEFAULT,
            BcbAesGcm::DEFAULT,
            vec![PRIMARY_BLOCK, 1, 6, 7, 10],
            vec![1, 6, 7, 10, 11],
        );
        let mut builder = Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7"))
            .rules(Rules::LENIENT)
            .timestamp(CreationTimestamp { time: DtnTime(1), sequence: 0 })
            .payload(bundle.payload().clone());
        for (hide, target, other, value) in contents {
            let content = SecurityBlock {
                targets: if target == other { vec![target] } else { vec![target, other] },
                context: if hide { 2 } else { 1 },
                source: eid("ipn:1.0"),
                parameters: vec![spacelink::bpsec::Item::bytes(1, &value)],
                results: vec![vec![spacelink::bpsec::Item::bytes(1, &value)]; if target == other { 1 } else { 2 }],
            };
            let kind = if hide { block_type::CONFIDENTIALITY } else { block_type::INTEGRITY };
            builder = builder.block(Block::of_type(kind, content.encode()));
        }
        let Ok(bundle) = builder.build() else { return Ok(()) };
        let (left, _) = process(bundle, &set.1, &set.2);
        if let Some(left) = left {
            prop_assert_eq!(&Bundle::decode_with(left.encode().into(), &Rules::LENIENT).unwrap(), &left);
        }
    }
}

/// A tag at the end of the encrypted text in place of a result, as RFC 9173 §4.4.2 allows.
#[test]
fn a_tag_in_the_text() {
    let set = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, vec![], vec![block_type::PAYLOAD]);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let bundle = example().age(Duration::ZERO).build().unwrap();
    let sent = protect(bundle.clone(), &set.0, &eid("ipn:2.1"), &set.2, &mut rng).unwrap();
    let block = sent.blocks().iter().find(|block| block.block_type() == block_type::CONFIDENTIALITY).unwrap();
    let mut content = SecurityBlock::decode(&block.data()).unwrap();
    let tag = content.results[0].pop().unwrap();
    let payload = [&sent.payload()[..], tag.as_bytes().unwrap()].concat();
    for change in [0, 1] {
        let mut payload = payload.clone();
        *payload.last_mut().unwrap() ^= change;
        let moved = example()
            .age(Duration::ZERO)
            .block(
                Block::of_type(block_type::CONFIDENTIALITY, content.encode())
                    .with_number(block.number())
                    .with_flags(block.flags())
                    .with_crc(CrcType::None),
            )
            .payload(payload)
            .build()
            .unwrap();
        let mut processor = Processor::new(moved.header().clone(), &set.1, &set.2);
        let mut spool = Vec::new();
        for piece in moved.payload().chunks(9) {
            spool.extend_from_slice(processor.payload(&mut piece.to_vec()));
        }
        let outcome = processor.finish();
        assert_eq!(outcome.deleted.is_some(), change == 1);
        let (whole, _) = process(moved, &set.1, &set.2);
        assert_eq!(whole.is_none(), change == 1);
        if let Some(whole) = whole {
            assert_eq!(whole.payload(), bundle.payload());
            assert_eq!(outcome.header.with_payload(spool.into()).unwrap(), whole);
        }
    }
}

#[test]
fn no_operation_is_added_to_a_fragment() {
    let set = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, vec![1], vec![1]);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let whole = example().age(Duration::ZERO).build().unwrap();
    let part = whole.cut(3, 4).unwrap();
    let refused = protect(part, &set.0, &eid("ipn:2.1"), &set.2, &mut rng);
    assert_eq!(refused.map(|_| ()), Err(SecurityError::Fragment));
    // Fragments of a secured bundle pass, and it is checked when it is whole again.
    let sent = protect(whole.clone(), &set.0, &eid("ipn:2.1"), &set.2, &mut rng).unwrap();
    let parts: Vec<_> = [(0, 20), (20, 15)].iter().map(|&(at, len)| sent.cut(at, len).unwrap()).collect();
    for part in &parts {
        let (kept, outcome) = process(part.clone(), &set.1, &set.2);
        assert_eq!((kept.as_ref(), outcome.verdicts.len()), (Some(part), 0));
    }
    let payload = [&parts[0].payload()[..], parts[1].payload()].concat();
    let again = parts[0].reassembled().unwrap().with_payload(payload.into()).unwrap();
    assert_eq!(process(again, &set.1, &set.2).0.unwrap().payload(), whole.payload());
}

/// RFC 9172 §3.9: of what one rule signs, what will be encrypted is signed in a block of its own. A block that others
/// have made cannot be split.
#[test]
fn what_is_encrypted_is_signed_apart() {
    let set = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, vec![PRIMARY_BLOCK, 1, 7], vec![1]);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let bundle = || example().age(Duration::ZERO).build().unwrap();
    let sent = protect(bundle(), &set.0, &eid("ipn:2.1"), &set.2, &mut rng).unwrap();
    let open = sent.blocks().iter().find(|block| block.block_type() == block_type::INTEGRITY).unwrap();
    assert_eq!(SecurityBlock::decode(&open.data()).unwrap().targets, [0, 2]);
    let kinds: Vec<_> = sent.blocks().iter().map(Block::block_type).collect();
    assert_eq!(kinds, [7, 11, 11, 12, 12]);
    let (accepted, outcome) = process(sent, &set.1, &set.2);
    assert_eq!(outcome.verdicts.iter().filter(|verdict| verdict.result.is_ok()).count(), 5);
    assert_eq!(accepted.map(|bundle| bundle.payload().clone()), Some(bundle().payload().clone()));

    let signs = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, vec![1, 7], vec![]);
    let signed = protect(bundle(), &signs.0, &eid("ipn:2.1"), &signs.2, &mut rng).unwrap();
    let hides = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, vec![], vec![1]);
    let refused = protect(signed, &hides.0, &eid("ipn:2.1"), &hides.2, &mut rng);
    assert!(matches!(refused, Err(SecurityError::PartlyEncrypted { block: 3 })), "{refused:?}");
}

/// A signature tells of the text it covers, so it is not left in the clear.
#[test]
fn a_signature_is_encrypted_with_its_targets() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let bundle = || example().age(Duration::ZERO).build().unwrap();
    let set = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, vec![1], vec![1]);
    let sent = protect(bundle(), &set.0, &eid("ipn:2.1"), &set.2, &mut rng).unwrap();
    let hidden: Vec<_> = sent
        .blocks()
        .iter()
        .filter(|block| block.block_type() == block_type::CONFIDENTIALITY)
        .flat_map(|block| SecurityBlock::decode(&block.data()).unwrap().targets)
        .collect();
    let signature = sent.blocks().iter().find(|block| block.block_type() == block_type::INTEGRITY).unwrap();
    assert_eq!(hidden, [1, signature.number()]);
    // Nor is it read at a node without the key.
    let mut onward = sent.clone();
    onward.set_previous_node(eid("ipn:3.0"));
    let (kept, outcome) = process(onward.clone(), &Policy::default(), &set.2);
    assert_eq!((kept, outcome.verdicts.len()), (Some(onward), 0));
}

#[test]
fn what_the_stream_must_be() {
    let set = policies(BibHmacSha2::DEFAULT, BcbAesGcm::DEFAULT, vec![], vec![1]);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let header = example().age(Duration::ZERO).build_header(4).unwrap();
    let mut protector = Protector::new(header, &set.0, &eid("ipn:2.1"), &set.2, &mut rng).unwrap();
    assert_eq!(protector.read_payload(b"text"), Err(SecurityError::Changes));
    let length = |found| Err(BundleError::PayloadLength { required: 4, found }.into());
    assert_eq!(protector.payload(&mut b"too long".to_vec()), length(8));
    assert_eq!(protector.payload(&mut b"sho".to_vec()), Ok(()));
    assert_eq!(protector.finish().map(|_| ()), length(3));
    let flags = BundleFlags::MUST_NOT_FRAGMENT;
    assert!(example().age(Duration::ZERO).flags(flags).build().is_ok());
}
