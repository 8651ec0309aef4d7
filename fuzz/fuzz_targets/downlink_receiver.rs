//! Any settings that go together and any octets, cut anywhere, give the same as uncut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::channel::{Coding, ReedSolomon};
use spacelink::coding::convolutional::Convolutional;
use spacelink::frame::aos::{AosSettings, HeaderErrorControl};
use spacelink::frame::tm::TmSettings;
use spacelink::frame::uslp::{FrameLen, TruncatedLengths, UslpSettings};
use spacelink::frame::{AnySettings, Vcid};
use spacelink::link::downlink::{
    CodingSettings, DownlinkReceiver, DownlinkSettings, InputForm, InputSettings,
};

fuzz_target!(|input: ([u8; 4], Vec<u8>, Vec<u8>)| {
    let ([form, code, protocol, flags], octets, cuts) = input;
    let flag = |bit: u8| flags >> bit & 1 == 1;
    let rs = ReedSolomon { error_correction: 8, interleaving_depth: 1 };
    let channel =
        |coding| CodingSettings::Channel { coding, slicing: None, randomizer: None, any_convention: flag(7) };
    let (coding, soft) = match code % 5 {
        0 => (CodingSettings::Frames, false),
        1 => {
            let codeblocks = CodingSettings::Codeblocks {
                reed_solomon: rs,
                accept_fill_errors: flag(6),
                randomizer: None,
            };
            (codeblocks, false)
        }
        2 => (channel(Coding::Uncoded), true),
        3 => (channel(Coding::ReedSolomon(rs)), true),
        _ => (channel(Coding::Convolutional(Convolutional::default())), true),
    };
    let frame_len = 20;
    let frame = match protocol % 4 {
        0 => AnySettings::Tm(TmSettings { fecf: flag(0), ..TmSettings::of_len(frame_len) }),
        1 => AnySettings::Aos(AosSettings {
            fecf: flag(0),
            ocf: flag(1),
            insert_zone_len: usize::from(flag(2)),
            header_error_control: match flag(3) {
                true => HeaderErrorControl::Correct,
                false => HeaderErrorControl::Absent,
            },
            ..AosSettings::of_len(frame_len)
        }),
        3 if coding == CodingSettings::Frames => AnySettings::Uslp(UslpSettings {
            fecf: flag(0),
            truncated: TruncatedLengths::NONE.with(Vcid::ZERO, 6).expect("six octets are legal"),
            ..UslpSettings::new(FrameLen::Variable { most: frame_len })
        }),
        _ => {
            AnySettings::Uslp(UslpSettings { fecf: flag(0), ..UslpSettings::new(FrameLen::Fixed(frame_len)) })
        }
    };
    let form = [InputForm::Bits, InputForm::I8, InputForm::U8, InputForm::F32][usize::from(form % 4)];
    let form = if soft { form } else { InputForm::Bits };
    let mut settings = DownlinkSettings { coding, ..DownlinkSettings::new(frame) };
    settings.input = InputSettings { form, ..InputSettings::BITS };
    settings.receive.max_packet_len = 64;
    settings.receive.max_spacecraft = 3;

    let whole = found(&settings, [&octets[..]].into_iter());
    let mut rest = &octets[..];
    let mut cuts = cuts.iter().cycle();
    let pieces = core::iter::from_fn(|| {
        let len = cuts.next().map_or(rest.len(), |cut| 1 + usize::from(*cut)).min(rest.len());
        let (piece, later) = rest.split_at(len);
        rest = later;
        (!piece.is_empty()).then_some(piece)
    });
    assert_eq!(found(&settings, pieces), whole);
});

/// Everything that is found, as text, and the counts.
fn found<'a>(settings: &DownlinkSettings, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<String>, String) {
    let mut receiver = DownlinkReceiver::new(settings).expect("these settings go together");
    let mut all = Vec::new();
    pieces.for_each(|piece| receiver.receive(piece, |found| all.push(format!("{found:?}"))));
    receiver.finish(|found| all.push(format!("{found:?}")));
    (all, format!("{:?}", receiver.counters()))
}
