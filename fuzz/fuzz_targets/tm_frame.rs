//! Any octets are refused or are a frame whose fields make the same octets again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::tm::{TmDraft, TmFrame, TmParameters, TmSettings};

fuzz_target!(|input: &[u8]| {
    let Ok(parameters) = TmParameters::new(TmSettings::of_len(input.len())) else { return };
    let Ok(frame) = TmFrame::decode(&parameters, input) else { return };
    // A secondary header without data is read and never sent.
    if frame.secondary_header == Some(&[]) {
        return;
    }
    let mut out = vec![0; input.len()];
    let secondary = frame.secondary_header.unwrap_or_default();
    let mut draft =
        TmDraft::begin(&parameters, &frame.header, secondary, &mut out).expect("room for the frame");
    draft.data_field().copy_from_slice(frame.data);
    draft.set_ocf(frame.ocf.unwrap_or_default());
    assert_eq!(draft.finish(), input);
});
