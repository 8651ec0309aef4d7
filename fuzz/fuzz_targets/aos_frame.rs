//! Any octets are refused or are a frame whose fields make the same octets again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::aos::{AosDraft, AosFrame, AosParameters, AosSettings};

fuzz_target!(|input: &[u8]| {
    let settings = AosSettings { insert_zone_len: 3, ocf: true, ..AosSettings::of_len(input.len()) };
    let Ok(parameters) = AosParameters::new(settings) else { return };
    let Ok(frame) = AosFrame::decode(&parameters, input) else { return };
    let mut out = vec![0; input.len()];
    let mut draft = AosDraft::begin(&parameters, &frame.header, &mut out).expect("room for the frame");
    draft.insert_zone().copy_from_slice(frame.insert_zone);
    draft.set_ocf(frame.ocf.expect("the link has one"));
    draft.data_zone().copy_from_slice(frame.data);
    let made = draft.finish().to_vec();
    assert_eq!(AosFrame::decode(&parameters, &made).expect("what was encoded decodes"), frame);
});
