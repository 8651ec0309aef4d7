//! Whatever security blocks a bundle has, they are processed, and what is left is a bundle.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use spacelink::bpsec::{
    Action, BcbAesGcm, BibHmacSha2, PRIMARY_BLOCK, Policy, Role, Rule, SecurityBlock, process,
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
