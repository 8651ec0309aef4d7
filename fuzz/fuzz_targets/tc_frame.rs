//! Any octets are refused or are a frame whose fields make an equal frame again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::tc::{TcFrame, TcParameters, TcSettings};

fuzz_target!(|input: &[u8]| {
    let parameters = TcParameters::new(TcSettings::default()).expect("legal settings");
    let Ok((frame, _)) = TcFrame::decode(&parameters, input) else { return };
    let mut out = [0; TcParameters::MAX_FRAME_LEN];
    let len = frame.encode(&parameters, &mut out).expect("a decoded frame can be encoded");
    assert_eq!(TcFrame::decode(&parameters, &out[..len]).expect("what was encoded decodes").0, frame);
    let _ = frame.command();
});
