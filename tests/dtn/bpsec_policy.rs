//! Roles, patterns, what happens on failure, and the reason that is reported.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use spacelink::bpsec::{
    Action, AesVariant, BcbAesGcm, BibHmacSha2, Outcome, PRIMARY_BLOCK, Policy, Presence, Role, Rule,
    SecurityBlock, SecurityError, process, protect,
};
use spacelink::bundle::{
    Block, BlockFlags, Bundle, BundleBuilder, CrcType, CreationTimestamp, Eid, Reason, block_type,
};
use spacelink::keys::{Key, KeyId};
use spacelink::time::DtnTime;
use std::time::Duration;

const HMAC: KeyId = KeyId(1);
const AES: KeyId = KeyId(2);

fn eid(text: &str) -> Eid {
    text.parse().unwrap()
}

fn keys() -> [(KeyId, Key); 2] {
    [(HMAC, Key::new(&[1; 48]).unwrap()), (AES, Key::new(&[2; 32]).unwrap())]
}

fn other_keys() -> [(KeyId, Key); 2] {
    [(HMAC, Key::new(&[3; 48]).unwrap()), (AES, Key::new(&[4; 32]).unwrap())]
}

fn plain() -> BundleBuilder {
    Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7"))
        .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 3 })
        .age(Duration::from_secs(1))
        .hop_limit(9)
        .payload("payload")
}

fn hmac(role: Role) -> Rule {
    Rule::new(role, BibHmacSha2::DEFAULT, HMAC)
}

fn aes(role: Role) -> Rule {
    Rule::new(role, BcbAesGcm::DEFAULT, AES)
}

fn sent(rules: Vec<Rule>) -> Bundle {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let bundle = plain().build().unwrap();
    let sent = protect(bundle, &Policy { rules }, &eid("ipn:1.0"), &keys(), &mut rng).unwrap();
    Bundle::decode(sent.encode().into()).unwrap()
}

fn received(bundle: &Bundle, rules: Vec<Rule>) -> (Option<Bundle>, Outcome) {
    process(bundle.clone(), &Policy { rules }, &keys())
}

fn types(bundle: &Bundle) -> Vec<u64> {
    bundle.blocks().iter().map(Block::block_type).collect()
}

/// Replaces the content of the first security block.
fn with_content(bundle: &Bundle, change: impl Fn(&mut SecurityBlock)) -> Bundle {
    let mut builder = plain_without_blocks().payload(bundle.payload().clone()).payload_crc(CrcType::None);
    for block in bundle.blocks() {
        let mut block = block.clone();
        if matches!(block.block_type(), block_type::INTEGRITY | block_type::CONFIDENTIALITY) {
            let mut content = SecurityBlock::decode(&block.data()).unwrap();
            change(&mut content);
            block = Block::of_type(block.block_type(), content.encode())
                .with_number(block.number())
                .with_flags(block.flags())
                .with_crc(CrcType::None);
        }
        builder = builder.block(block);
    }
    builder.build().unwrap()
}

fn plain_without_blocks() -> BundleBuilder {
    Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7"))
        .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 3 })
}

#[test]
fn a_verifier_leaves_and_an_acceptor_takes() {
    let both = || vec![hmac(Role::Source), aes(Role::Source)];
    let bundle = sent(both());
    assert_eq!(types(&bundle), [7, 10, 11, 12, 12]);
    assert_ne!(bundle.payload(), "payload");
    let (kept, outcome) = received(&bundle, vec![aes(Role::Verifier)]);
    assert_eq!(kept.as_ref(), Some(&bundle));
    assert_eq!(outcome.verdicts.len(), 2);
    assert!(outcome.verdicts.iter().all(|verdict| verdict.result.is_ok()));
    // Without the key to what hides it, the signature cannot be checked and is no failure.
    let (kept, outcome) = received(&bundle, vec![hmac(Role::Verifier)]);
    assert_eq!((kept.as_ref(), outcome.verdicts.len()), (Some(&bundle), 0));
    let (taken, _) = received(&bundle, vec![aes(Role::Acceptor), hmac(Role::Acceptor)]);
    let taken = taken.unwrap();
    assert_eq!(types(&taken), [7, 10]);
    assert_eq!(taken.payload(), "payload");
    // Decrypted here, checked and taken out by the next.
    let (halfway, _) = received(&bundle, vec![aes(Role::Acceptor)]);
    let halfway = halfway.unwrap();
    assert_eq!((types(&halfway), &halfway.payload()[..]), (vec![7, 10, 11], &b"payload"[..]));
    let (signed, outcome) = received(&halfway, vec![hmac(Role::Verifier)]);
    assert_eq!((signed, outcome.verdicts.len()), (Some(halfway), 1));
}

#[test]
fn several_targets_and_the_primary_block() {
    let targets = [PRIMARY_BLOCK, block_type::PAYLOAD, block_type::AGE, block_type::HOP_COUNT];
    let bundle = sent(vec![hmac(Role::Source).for_targets(&targets)]);
    assert_eq!(bundle.primary().crc_type(), CrcType::None);
    let rule = || hmac(Role::Acceptor).for_targets(&targets);
    let (accepted, outcome) = received(&bundle, vec![rule()]);
    assert_eq!(outcome.verdicts.len(), 4);
    let accepted = accepted.unwrap();
    assert_eq!(accepted.primary().crc_type(), CrcType::Crc32C);
    assert_eq!(Bundle::decode(accepted.encode().into()), Ok(accepted));
    // One operation is taken out, the others stay good.
    let (rest, _) = received(&bundle, vec![hmac(Role::Acceptor).for_targets(&[block_type::AGE])]);
    let (rest, outcome) = received(&rest.unwrap(), vec![rule()]);
    assert_eq!((rest.is_some(), outcome.verdicts.len()), (true, 3));
}

#[test]
fn patterns_choose_the_rule() {
    let pattern = |text: &str| text.parse().unwrap();
    let bundle = sent(vec![hmac(Role::Source).for_destination(pattern("ipn:2.*"))]);
    assert_eq!(types(&bundle), [7, 10, 11]);
    let bare = sent(vec![hmac(Role::Source).for_destination(pattern("ipn:3.*"))]);
    assert_eq!(types(&bare), [7, 10]);
    for (rule, verdicts) in [
        (hmac(Role::Verifier).for_source(pattern("ipn:1.7")), 1),
        (hmac(Role::Verifier).for_source(pattern("ipn:1.8")), 0),
        (hmac(Role::Verifier).for_security_source(pattern("ipn:1.0")), 1),
        (hmac(Role::Verifier).for_security_source(pattern("ipn:4.*")), 0),
        (hmac(Role::Verifier).for_targets(&[block_type::AGE]), 0),
    ] {
        assert_eq!(received(&bundle, vec![rule]).1.verdicts.len(), verdicts);
    }
}

/// Every action, for a target that can be missed and for the payload.
#[test]
fn actions_on_failure() {
    let age = [block_type::AGE];
    let bundle = sent(vec![hmac(Role::Source).for_targets(&age), hmac(Role::Source)]);
    let fail = |rule: Rule| process(bundle.clone(), &Policy { rules: vec![rule] }, &other_keys());
    let on_age = |action| fail(hmac(Role::Acceptor).for_targets(&age).on_failure(action));
    assert_eq!(on_age(Action::Keep).0.as_ref(), Some(&bundle));
    assert_eq!(types(&on_age(Action::RemoveOperation).0.unwrap()), [7, 10, 11]);
    assert_eq!(types(&on_age(Action::RemoveTarget).0.unwrap()), [10, 11]);
    let (none, outcome) = on_age(Action::DeleteBundle);
    assert_eq!((none, outcome.deleted), (None, Some(Reason::FAILED_SECURITY)));
    let on_payload = |action| fail(hmac(Role::Acceptor).on_failure(action));
    assert_eq!(on_payload(Action::RemoveTarget).1.deleted, Some(Reason::FAILED_SECURITY));
    let kept = fail(hmac(Role::Acceptor).on_failure(Action::Keep).report(true)).1;
    assert_eq!((kept.deleted, kept.reports), (None, vec![Reason::FAILED_SECURITY]));
}

/// What an acceptor could not decrypt does not stay; a payload takes the bundle with it.
#[test]
fn what_cannot_be_decrypted() {
    let age = [block_type::AGE];
    let bundle = sent(vec![aes(Role::Source).for_targets(&age)]);
    let fail =
        |bundle: &Bundle, rule: Rule| process(bundle.clone(), &Policy { rules: vec![rule] }, &other_keys());
    let (left, outcome) = fail(&bundle, aes(Role::Acceptor).for_targets(&age).on_failure(Action::Keep));
    assert_eq!((types(&left.unwrap()), outcome.deleted), (vec![10], None));
    let (left, _) = fail(&bundle, aes(Role::Verifier).for_targets(&age).on_failure(Action::Keep));
    assert_eq!(left, Some(bundle));
    let bundle = sent(vec![aes(Role::Source)]);
    let (left, outcome) = fail(&bundle, aes(Role::Acceptor).on_failure(Action::Keep));
    assert_eq!((left, outcome.deleted), (None, Some(Reason::FAILED_SECURITY)));
}

#[test]
fn each_reason() {
    let deleted = |bundle: &Bundle, rule: Rule| received(bundle, vec![rule]).1.deleted;
    let bare = sent(vec![]);
    assert_eq!(
        deleted(&bare, hmac(Role::Verifier).presence(Presence::Required)),
        Some(Reason::MISSING_SECURITY)
    );
    assert_eq!(
        deleted(&bare, aes(Role::Acceptor).presence(Presence::Required)),
        Some(Reason::MISSING_SECURITY)
    );
    let signed = sent(vec![hmac(Role::Source)]);
    assert_eq!(deleted(&signed, hmac(Role::Verifier).presence(Presence::Required)), None);
    assert_eq!(
        deleted(&signed, hmac(Role::Acceptor).presence(Presence::Forbidden)),
        Some(Reason::UNEXPECTED_SECURITY)
    );
    // A context and a parameter nobody here knows.
    let context = with_content(&signed, |content| content.context = -7);
    assert_eq!(deleted(&context, hmac(Role::Verifier)), Some(Reason::UNKNOWN_SECURITY));
    let parameter = with_content(&signed, |content| content.parameters[0].id = 9);
    assert_eq!(deleted(&parameter, hmac(Role::Verifier)), Some(Reason::UNKNOWN_SECURITY));
    let none = with_content(&signed, |content| content.results[0].clear());
    assert_eq!(deleted(&none, hmac(Role::Verifier)), Some(Reason::UNKNOWN_SECURITY));
    // A target that is not there.
    let nowhere = with_content(&signed, |content| content.targets[0] = 77);
    assert_eq!(deleted(&nowhere, hmac(Role::Verifier)), Some(Reason::CONFLICTING_SECURITY));
    // No such key.
    let rule = Rule::new(Role::Verifier, BibHmacSha2::DEFAULT, KeyId(99));
    let (_, outcome) = received(&signed, vec![rule]);
    assert_eq!(outcome.verdicts[0].result, Err(SecurityError::NoKey(KeyId(99))));
    assert_eq!(outcome.deleted, Some(Reason::FAILED_SECURITY));
}

/// RFC 9172 §3.7 to §3.9: which targets there may be.
#[test]
fn conflicts() {
    let signed = sent(vec![hmac(Role::Source)]);
    let block = signed.blocks().iter().find(|block| block.block_type() == block_type::INTEGRITY).unwrap();
    let content = SecurityBlock::decode(&block.data()).unwrap();
    let with = |kind, target, flags| {
        let mut content = content.clone();
        content.targets = vec![target];
        let second = Block::of_type(kind, content.encode()).with_number(20).with_flags(flags);
        let mut builder = plain_without_blocks().payload(signed.payload().clone());
        for block in signed.blocks() {
            builder = builder.block(block.clone());
        }
        builder.block(second).build().unwrap()
    };
    let [integrity, confidentiality] = [block_type::INTEGRITY, block_type::CONFIDENTIALITY];
    for (kind, target, flags) in [
        // Signed twice; a signature signed; the primary block, or its own block, encrypted.
        (integrity, 1, BlockFlags::NONE),
        (integrity, block.number(), BlockFlags::NONE),
        (confidentiality, 0, BlockFlags::NONE),
        (confidentiality, 20, BlockFlags::NONE),
        // A signature in the clear of what is encrypted; encryption that a node may throw away.
        (confidentiality, 1, BlockFlags::NONE),
        (confidentiality, 2, BlockFlags::REMOVE_UNPROCESSED),
    ] {
        let (_, outcome) = received(&with(kind, target, flags), vec![hmac(Role::Verifier)]);
        assert_eq!(outcome.deleted, Some(Reason::CONFLICTING_SECURITY), "{kind} {target}");
    }
}

#[test]
fn a_key_of_the_wrong_length() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let short = BcbAesGcm { variant: AesVariant::A128Gcm, ..BcbAesGcm::DEFAULT };
    let policy = Policy { rules: vec![Rule::new(Role::Source, short, AES)] };
    let refused = protect(plain().build().unwrap(), &policy, &eid("ipn:1.0"), &keys(), &mut rng);
    assert!(matches!(refused, Err(SecurityError::Context(_))));
}
