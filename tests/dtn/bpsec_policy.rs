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

/// The same bundle with other blocks, in place of the ones it has.
fn with_blocks(bundle: &Bundle, blocks: impl IntoIterator<Item = Block>) -> Bundle {
    let mut builder = plain_without_blocks()
        .payload(bundle.payload().clone())
        .payload_crc(bundle.payload_block().crc_type())
        .payload_flags(bundle.payload_block().flags());
    for block in blocks {
        builder = builder.block(block);
    }
    builder.build().unwrap()
}

/// RFC 9172 §4.2: flags without a name may change on the way, those with one may not.
#[test]
fn flags_without_a_name_are_not_covered() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    for (rule, named) in [(hmac as fn(Role) -> Rule, 0x1), (aes, 0x2)] {
        let rules = |role| vec![rule(role).for_targets(&[block_type::HOP_COUNT])];
        let bundle = plain_without_blocks().hop_limit(9).payload("payload").build().unwrap();
        let policy = Policy { rules: rules(Role::Source) };
        let sent = protect(bundle, &policy, &eid("ipn:1.0"), &keys(), &mut rng).unwrap();
        let flagged = |flags| {
            let change = |block: &Block| match block.block_type() {
                block_type::HOP_COUNT | block_type::INTEGRITY | block_type::CONFIDENTIALITY => {
                    block.clone().with_flags(BlockFlags(flags))
                }
                _ => block.clone(),
            };
            let changed = with_blocks(&sent, sent.blocks().iter().map(change));
            received(&changed, rules(Role::Acceptor)).1.verdicts[0].result
        };
        assert_eq!(flagged(0), Ok(()));
        assert_eq!(flagged(0xFFE8), Ok(()));
        assert!(flagged(named).is_err());
    }
}

/// RFC 9173 §3.8.2, §4.8.2: what nothing guards any more gets a check sequence again.
#[test]
fn check_sequences_come_back_with_the_acceptor() {
    let crcs = |bundle: &Bundle| -> Vec<_> {
        let targets = bundle.all_blocks().filter(|block| [1, 7, 10].contains(&block.block_type()));
        targets.map(Block::crc_type).collect()
    };
    let targets = [block_type::PAYLOAD, block_type::AGE];
    let both = |role| vec![hmac(role).for_targets(&targets), aes(role).for_targets(&targets)];
    let bundle = sent(both(Role::Source));
    assert_eq!(crcs(&bundle), [CrcType::None, CrcType::Crc32C, CrcType::None]);
    let (halfway, _) = received(&bundle, vec![aes(Role::Acceptor).for_targets(&targets)]);
    let halfway = halfway.unwrap();
    assert_eq!(crcs(&halfway), [CrcType::None, CrcType::Crc32C, CrcType::None], "still signed");
    let (checked, _) = received(&halfway, vec![hmac(Role::Verifier).for_targets(&targets)]);
    assert_eq!(checked.unwrap(), halfway);
    for (from, rules) in
        [(&halfway, vec![hmac(Role::Acceptor).for_targets(&targets)]), (&bundle, both(Role::Acceptor))]
    {
        let bare = received(from, rules).0.unwrap();
        assert_eq!(crcs(&bare), [CrcType::Crc32C; 3]);
        assert_eq!(Bundle::decode(bare.encode().into()), Ok(bare));
    }
}

/// RFC 9172 §5.1.2: a payload or primary block that should be signed and is not goes nowhere, whatever the policy.
#[test]
fn without_a_required_signature_nothing_goes_on() {
    let bare = sent(vec![]);
    let wanted = |targets: &[u64]| {
        let rule = hmac(Role::Verifier).for_targets(targets).presence(Presence::Required);
        received(&bare, vec![rule.on_failure(Action::Keep)]).1.deleted
    };
    assert_eq!(wanted(&[block_type::PAYLOAD]), Some(Reason::MISSING_SECURITY));
    assert_eq!(wanted(&[PRIMARY_BLOCK]), Some(Reason::MISSING_SECURITY));
    assert_eq!(wanted(&[block_type::AGE]), None);
}

/// A block that is taken out on the way takes the operations on it along: what is left is accepted further on.
#[test]
fn operations_go_with_their_targets() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let unknown = 200;
    let bundle = plain()
        .previous_node(eid("ipn:1.0"))
        .block(Block::of_type(unknown, "x").with_flags(BlockFlags::REMOVE_UNPROCESSED).with_number(9))
        .build()
        .unwrap();
    let signed = [block_type::PAYLOAD, unknown, block_type::PREVIOUS_NODE];
    let hidden = [block_type::PREVIOUS_NODE, unknown];
    for encrypts in [false, true] {
        let rules = |role| {
            let hides = encrypts.then(|| aes(role).for_targets(&hidden));
            // Signed in one block, one operation of which is left.
            let signs = if encrypts { hmac(role) } else { hmac(role).for_targets(&signed) };
            [signs].into_iter().chain(hides).collect::<Vec<_>>()
        };
        let policy = Policy { rules: rules(Role::Source) };
        let sent = protect(bundle.clone(), &policy, &eid("ipn:1.0"), &keys(), &mut rng).unwrap();
        let mut onward = Bundle::decode(sent.encode().into()).unwrap();
        onward.set_previous_node(eid("ipn:3.0"));
        onward.remove_block(9).unwrap();
        assert_eq!(types(&onward).iter().filter(|kind| **kind == block_type::CONFIDENTIALITY).count(), 0);
        let (accepted, outcome) = received(&onward, rules(Role::Acceptor));
        assert_eq!((outcome.deleted, outcome.verdicts.len()), (None, 1));
        assert_eq!(accepted.unwrap().payload(), "payload");
    }
}

/// Integrity blocks that were encrypted are held to the same rules once they can be read.
#[test]
fn hidden_signatures_keep_the_rules_too() {
    let hide = |role| aes(role).for_targets(&[block_type::INTEGRITY]);
    let hidden = sent(vec![hmac(Role::Source), hide(Role::Source)]);
    assert_eq!(received(&hidden, vec![hide(Role::Acceptor), hmac(Role::Acceptor)]).1.deleted, None);
    let clear = sent(vec![hmac(Role::Source)]);
    let second = clear.blocks().iter().find(|block| block.block_type() == block_type::INTEGRITY).unwrap();
    let blocks = hidden.blocks().iter().cloned().chain([second.clone().with_number(30)]);
    let twice = with_blocks(&hidden, blocks);
    let (_, outcome) = received(&twice, vec![hide(Role::Acceptor), hmac(Role::Acceptor)]);
    assert_eq!(outcome.deleted, Some(Reason::CONFLICTING_SECURITY));
}

/// A target that could not be decrypted takes its hidden signature along.
#[test]
fn what_is_taken_out_leaves_no_signature_behind() {
    let age = [block_type::AGE];
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let other = Rule::new(Role::Source, BcbAesGcm::DEFAULT, KeyId(3)).for_targets(&age);
    let rules = vec![hmac(Role::Source).for_targets(&age), other];
    let all: Vec<_> = keys().into_iter().chain([(KeyId(3), Key::new(&[9; 32]).unwrap())]).collect();
    let bundle = plain().build().unwrap();
    let sent = protect(bundle, &Policy { rules }, &eid("ipn:1.0"), &all, &mut rng).unwrap();
    assert_eq!(types(&sent), [7, 10, 11, 12, 12]);
    // The key opens the signature and not the age: the operation on the age is broken on the way.
    let broken = sent.blocks().iter().map(|block| match block.block_type() {
        block_type::AGE => Block::of_type(block_type::AGE, "??").with_number(block.number()),
        _ => block.clone(),
    });
    let broken = with_blocks(&sent, broken.collect::<Vec<_>>());
    let acceptor = Rule::new(Role::Acceptor, BcbAesGcm::DEFAULT, KeyId(3)).for_targets(&age);
    let acceptor = acceptor.on_failure(Action::RemoveTarget);
    let policy = Policy { rules: vec![acceptor, hmac(Role::Acceptor).for_targets(&age)] };
    let (left, outcome) = process(broken, &policy, &all);
    assert_eq!((outcome.deleted, types(&left.unwrap())), (None, vec![10]));
}

/// What others have signed may cover the primary block as it is: a gateway that signs it leaves its check sequence.
#[test]
fn a_gateway_does_not_break_what_others_signed() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let first = sent(vec![hmac(Role::Source)]);
    let policy = Policy { rules: vec![hmac(Role::Source).for_targets(&[PRIMARY_BLOCK])] };
    let second = protect(first, &policy, &eid("ipn:4.0"), &keys(), &mut rng).unwrap();
    let rule = hmac(Role::Verifier).for_targets(&[PRIMARY_BLOCK, block_type::PAYLOAD]);
    let (_, outcome) = received(&second, vec![rule]);
    let results: Vec<_> = outcome.verdicts.iter().map(|verdict| (verdict.target, verdict.result)).collect();
    assert_eq!(results, [(0, Ok(())), (1, Ok(()))]);
}

/// What would have every bundle deleted, or do nothing, is found before there are any.
#[test]
fn a_policy_is_checked_before_there_are_bundles() {
    let check = |rule: Rule| {
        let policy = Policy { rules: vec![hmac(Role::Source), rule] };
        policy.check(&keys()).map_err(|error| error.to_string())
    };
    let wraps = BibHmacSha2 { wrap: true, ..BibHmacSha2::DEFAULT };
    let short = BcbAesGcm { variant: AesVariant::A128Gcm, ..BcbAesGcm::DEFAULT };
    for rule in [aes(Role::Source), aes(Role::Acceptor).for_targets(&[block_type::INTEGRITY])] {
        assert_eq!(check(rule), Ok(()));
    }
    for (rule, words) in [
        (Rule::new(Role::Verifier, BibHmacSha2::DEFAULT, KeyId(9)), "security key 9: not in the store"),
        (Rule::new(Role::Source, BcbAesGcm::DEFAULT, HMAC), "security key: 48 octets"),
        (Rule::new(Role::Source, short, AES), "security key: 32 octets"),
        (Rule::new(Role::Source, wraps, HMAC), "security key: 48 octets"),
        (
            aes(Role::Source).for_targets(&[PRIMARY_BLOCK]),
            "security target: not of a kind this context secures",
        ),
        (
            hmac(Role::Source).for_targets(&[block_type::INTEGRITY]),
            "security target: not of a kind this context secures",
        ),
    ] {
        assert_eq!(check(rule), Err(format!("security rule 1: {words}")));
    }
}

/// An operation that no rule is about is not the one that is required, nor is one that nobody can read.
#[test]
fn a_strangers_operation_is_none() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let from = |node: &str, rules: Vec<Rule>| {
        protect(plain().build().unwrap(), &Policy { rules }, &eid(node), &keys(), &mut rng).unwrap()
    };
    let [ours, strangers] = ["ipn:1.0", "ipn:6.0"].map({
        let mut from = from;
        move |node| [from(node, vec![hmac(Role::Source)]), from(node, vec![aes(Role::Source)])]
    });
    let required =
        |rule: Rule, of: &str| rule.presence(Presence::Required).for_security_source(of.parse().unwrap());
    for (at, rule) in [hmac as fn(Role) -> Rule, aes].into_iter().enumerate() {
        let deleted = |bundle: &Bundle, rules| received(bundle, rules).1.deleted;
        let of_ours = || vec![required(rule(Role::Acceptor), "ipn:1.*")];
        assert_eq!(deleted(&ours[at], of_ours()), None);
        assert_eq!(deleted(&strangers[at], of_ours()), Some(Reason::MISSING_SECURITY));
        // One of several is enough.
        let of_both = || [of_ours(), vec![required(rule(Role::Acceptor), "ipn:6.*")]].concat();
        assert_eq!(deleted(&ours[at], of_both()), None);
        assert_eq!(deleted(&strangers[at], of_both()), None);
        assert_eq!(deleted(&sent(vec![]), of_both()), Some(Reason::MISSING_SECURITY));
    }
    // Rubbish that is said to be encrypted may be no signature at all.
    let bare = sent(vec![]);
    let rubbish = Block::of_type(block_type::INTEGRITY, "?").with_number(20);
    let content = SecurityBlock {
        targets: vec![20],
        context: 2,
        source: eid("ipn:6.0"),
        parameters: vec![],
        results: vec![vec![]],
    };
    let hidden = Block::of_type(block_type::CONFIDENTIALITY, content.encode()).with_number(21);
    let blocks = bare.blocks().iter().cloned().chain([rubbish, hidden]);
    let bundle = with_blocks(&bare, blocks);
    let (_, outcome) = received(&bundle, vec![required(hmac(Role::Verifier), "*:**")]);
    assert_eq!(outcome.deleted, Some(Reason::MISSING_SECURITY));
}

/// From ION 4.1.3 with OpenSSL behind its cipher interface (which its open-source build leaves empty): a session key
/// wrapped with the key below, and all scope flags.
const ION_KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
const ION_ENCRYPTED: &str = "9f890718400182028203184082028202028202820202821b000000c5a53019c1031a000493e04\
                             2d5a385060210004582028202008518c10301004584000100008507040100421822850c0700005860810102018202\
                             8202008482020382040782035828f504ec6e5a438783fd20da5459067cfe51f7a308d85a154ec65f6bc5b99aef185\
                             f9e4538c2cc2be382014c611d78ff2d679ee42477404381818201503f9d4807dc9b46935f3b34fefb51dde2850101\
                             010053b99d067344482a22d15ce0b1c05a275aecd5c6ff";
const ION_SIGNED: &str = "9f890718400182028203184082028202018202820201821b000000c5a530198d021a000493e04275f68506021000458\
                          2028202008518c103010045840001000085070401004109850b07000058768101011a1a1a1a1b820282020083820106\
                          82030782025828b2ff130b3229efee69015dd5f15120fe50c225b17c35e599ff85c5ac96d088f379e878b1fa1145c78\
                          181820158305a799a87f13ae7b75e1f2d684db153cd576edf7ddd938725cef1b3a946b3a8b1958c56ad8724e3a9cf80\
                          4aa2ec0b89f185010101005368656c6c6f207369676e656420776f726c640aff";

fn of_ion(text: &str, rule: Rule) -> (Option<Bundle>, Outcome) {
    let bundle = Bundle::decode(hex::decode(text).unwrap().into()).unwrap();
    process(bundle, &Policy { rules: vec![rule] }, &[(AES, Key::new(ION_KEY).unwrap())])
}

#[test]
fn what_ion_encrypts_is_opened() {
    let rule = Rule::new(Role::Acceptor, BcbAesGcm::DEFAULT, AES).presence(Presence::Required);
    let (opened, _) = of_ion(ION_ENCRYPTED, rule);
    assert_eq!(&opened.unwrap().payload()[..], b"hello signed world\n");
}

/// Its integrity blocks cover all octets of the payload block, where RFC 9173 §3.7 has the block's data only: they
/// are right for nobody else.
#[test]
fn what_ion_signs_is_refused() {
    let rule = Rule::new(Role::Acceptor, BibHmacSha2::DEFAULT, AES);
    let (none, outcome) = of_ion(ION_SIGNED, rule);
    assert_eq!((none, outcome.deleted), (None, Some(Reason::FAILED_SECURITY)));
}
