//! Any octets are refused, or are a bundle that is written as it was read.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use spacelink::bundle::{AdminRecord, Bundle, Rules};

fuzz_target!(|octets: &[u8]| {
    let octets = Bytes::copy_from_slice(octets);
    let Ok((bundle, rest)) = Bundle::decode_prefix(octets.clone(), &Rules::LENIENT) else { return };
    assert_eq!(bundle.encode(), octets[..octets.len() - rest.len()]);
    if let Ok(record) = AdminRecord::decode(bundle.payload()) {
        assert_eq!(record.encode(), *bundle.payload());
    }
    // A bundle that went through a node is still one.
    let mut onward = bundle;
    onward.set_previous_node("ipn:1.0".parse().unwrap());
    onward.add_age(core::time::Duration::from_secs(1));
    let _ = onward.raise_hop_count();
    assert_eq!(Bundle::decode_with(onward.encode().into(), &Rules::LENIENT), Ok(onward));
});
