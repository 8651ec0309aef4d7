//! Any soft bits, cut anywhere, give the same CLTUs as uncut, whatever the user makes of them; a CLTU in front is found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::bch::Mode;
use spacelink::coding::cltu::{
    Cltu, CltuCode, CltuEncoder, CltuParameters, CltuReceiver, Judgement, LdpcTail,
};
use spacelink::coding::soft;

fuzz_target!(|input: (u8, u8, bool, Vec<u8>, Vec<i8>, Vec<u16>)| {
    let (code, tolerance, either_polarity, frames, noise, cuts) = input;
    let mode = if code & 8 == 0 { Mode::Correct } else { Mode::Detect };
    let code = match code % 4 {
        0 => CltuCode::Bch { mode, randomized: false },
        1 => CltuCode::Bch { mode, randomized: true },
        2 => CltuCode::Ldpc128 { tail: LdpcTail::Current },
        _ => CltuCode::Ldpc512,
    };
    let link =
        CltuParameters { start_tolerance: tolerance % 20, either_polarity, ..CltuParameters::new(code) };
    let frames = &frames[..frames.len().min(200)];
    let mut octets = vec![0; link.cltu_len(frames.len())];
    CltuEncoder::new(link).encode(frames, &mut octets).expect("room for it");
    let mut stream = vec![0; 8 * octets.len()];
    soft::from_hard(&octets, 20, &mut stream);
    stream.extend(noise);

    let judge = |cltu: &Cltu<'_>| match cltu.octets.first() {
        Some(octet) if octet % 3 == 0 => Judgement::Abandoned,
        _ => Judgement::Taken(cltu.octets.len() / 2),
    };
    let note = |cltu: &Cltu<'_>| (cltu.octets.to_vec(), cltu.bit_position, cltu.bits_corrected, cltu.end);
    let (mut whole, mut cut) = (CltuReceiver::with_vec(link, 256), CltuReceiver::with_vec(link, 256));
    let (mut found, mut same) = (Vec::new(), Vec::new());
    let mut sink = |cltu: Cltu<'_>| {
        found.push(note(&cltu));
        judge(&cltu)
    };
    whole.push(&stream, &mut sink);
    whole.flush(sink);
    let mut sink = |cltu: Cltu<'_>| {
        same.push(note(&cltu));
        judge(&cltu)
    };
    let (mut rest, mut cuts) = (&stream[..], cuts.iter().cycle());
    while !rest.is_empty() {
        let len = cuts.next().map_or(rest.len(), |cut| 1 + usize::from(*cut) % rest.len());
        cut.push(&rest[..len], &mut sink);
        rest = &rest[len..];
    }
    cut.flush(sink);
    assert_eq!(found, same);
    if let Some((octets, 0, ..)) = found.first() {
        assert!(octets.starts_with(frames));
    } else {
        assert!(frames.is_empty());
    }
});
