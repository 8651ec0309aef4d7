//! Any octets are refused or are a segment that reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::ltp::segment::Segment;
use spacelink::wire::{Decode, Encode};

fuzz_target!(|input: &[u8]| {
    if let Ok((segment, _)) = Segment::decode(input) {
        let octets = segment.to_vec().expect("a decoded segment can be encoded");
        assert_eq!(Segment::decode(&octets).expect("what was encoded decodes").0, segment);
    }
});
