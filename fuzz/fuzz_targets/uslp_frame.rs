//! Any octets are refused or are a frame whose fields make an equal frame again, and so for its data field.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::Vcid;
use spacelink::frame::uslp::{
    DataField, FrameLen, TruncatedLengths, UslpDraft, UslpFrame, UslpParameters, UslpSettings,
};
use spacelink::wire::{Decode, Encode};

fuzz_target!(|input: (u8, &[u8])| {
    let (zone, octets) = input;
    let channel = Vcid::new(1).expect("a channel");
    let settings = UslpSettings {
        insert_zone_len: usize::from(zone & 7),
        truncated: TruncatedLengths::NONE.with(channel, 10).expect("a legal length"),
        ..UslpSettings::new(FrameLen::Variable { most: 65_536 })
    };
    let parameters = UslpParameters::new(settings).expect("legal settings");
    let Ok((frame, _)) = UslpFrame::decode(&parameters, octets) else { return };
    let mut out = vec![0; octets.len()];
    let len = frame.data.len();
    let mut draft = UslpDraft::begin(&parameters, &frame.header, len, &mut out).expect("room for the frame");
    draft.insert_zone().copy_from_slice(frame.insert_zone);
    draft.data_field().copy_from_slice(frame.data);
    draft.set_ocf(frame.ocf.unwrap_or_default());
    let made = draft.finish().to_vec();
    assert_eq!(UslpFrame::decode(&parameters, &made).expect("what was encoded decodes").0, frame);
    if let Ok((field, _)) = DataField::decode(frame.data) {
        assert_eq!(field.to_vec().expect("what was decoded can be encoded"), frame.data);
    }
});
