//! Whatever security blocks a bundle has, they are processed, and what is left is a bundle; one that is secured on top of
//! them is accepted again by whoever secured it.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use rand_core::SeedableRng;
use spacelink::bpsec::{
    Action, BcbAesGcm, BibHmacSha2, PRIMARY_BLOCK, Policy, Presence, Role, Rule, SecurityBlock, process,
    protect,
};
use spacelink::bundle::{Bundle, Rules};
use spacelink::keys::{Key, KeyId};

fuzz_target!(|octets: &[u8]| {
    let octets = Bytes::copy_from_slice(octets);
    if let Ok(block) = SecurityBlock::decode(&octets) {
        assert_eq!(SecurityBlock::decode(&block.encode().into()), Ok(block));
    }
    let Ok(bundle) = Bundle::decode_with(octets, &Rules::LENIENT) else { return };
    let keys = [(KeyId(1), Key::new(&[7; 32]).unwrap())];
    let targets = [PRIMARY_BLOCK, 1, 6, 7, 10, 11];
    let rules = |role| {
        let rules =
            [Rule::new(role, BibHmacSha2::DEFAULT, KeyId(1)), Rule::new(role, BcbAesGcm::DEFAULT, KeyId(1))];
        rules.map(|rule| rule.for_targets(&targets).for_security_source("ipn:9999.0".parse().unwrap()))
    };
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let (source, node) = (Policy { rules: rules(Role::Source).to_vec() }, "ipn:9999.0".parse().unwrap());
    if let Ok(sent) = protect(bundle.clone(), &source, &node, &keys, &mut rng) {
        assert_eq!(Bundle::decode_with(sent.encode().into(), &Rules::LENIENT).as_ref(), Ok(&sent));
        let required =
            rules(Role::Acceptor).map(|rule| rule.on_failure(Action::Keep).presence(Presence::Required));
        let _ = process(sent, &Policy { rules: required.to_vec() }, &keys);
    }
    for action in [Action::Keep, Action::RemoveOperation, Action::RemoveTarget] {
        for role in [Role::Verifier, Role::Acceptor] {
            let rules = vec![
                Rule::new(role, BibHmacSha2::DEFAULT, KeyId(1)).for_targets(&targets).on_failure(action),
                Rule::new(role, BcbAesGcm::DEFAULT, KeyId(1)).for_targets(&targets).on_failure(action),
            ];
            if let (Some(left), _) = process(bundle.clone(), &Policy { rules }, &keys) {
                assert_eq!(Bundle::decode_with(left.encode().into(), &Rules::LENIENT), Ok(left));
            }
        }
    }
});
