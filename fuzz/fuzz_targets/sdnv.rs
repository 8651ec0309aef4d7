//! Any octets are refused or give a value that reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::wire::{Decode, Encode, Sdnv};

fuzz_target!(|input: &[u8]| {
    if let Ok((value, _)) = Sdnv::decode(input) {
        let octets = value.to_vec().expect("a decoded value can be encoded");
        assert_eq!(Sdnv::decode(&octets).expect("what was encoded decodes").0, value);
    }
});
