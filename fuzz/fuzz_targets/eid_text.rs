//! Any text is refused, or is an endpoint whose text and octets mean the same one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::bundle::Eid;
use spacelink::wire::{Decode, Encode};

fuzz_target!(|text: &str| {
    let Ok(eid) = text.parse::<Eid>() else { return };
    assert_eq!(eid.to_string().parse(), Ok(eid.clone()));
    assert_eq!(Eid::decode_exact("EID", &eid.to_vec().unwrap()), Ok(eid));
});
