//! Any octets, cut anywhere, give the same frames as uncut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding};
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Marker, SyncParameters};

fuzz_target!(|input: (bool, Vec<u8>, Vec<u8>)| {
    let (coded, octets, cuts) = input;
    let code = Interleaved::new(Code::E8, Basis::Dual, 1, 230).expect("a legal code");
    let coding = if coded { Coding::ReedSolomon(code) } else { Coding::Uncoded { frame_len: 9 } };
    let parameters = CaduParameters::checked(coding, None, Marker::ASM_32).expect("legal parameters");
    let mut whole = CaduReceiver::with_vec(parameters, SyncParameters::default());
    let mut frames = Vec::new();
    whole.receive(&octets, |frame| frames.push((frame.frame.to_vec(), frame.quality)));
    let mut cut = CaduReceiver::with_vec(parameters, SyncParameters::default());
    let (mut rest, mut same, mut cuts) = (&octets[..], Vec::new(), cuts.iter().cycle());
    while !rest.is_empty() {
        let len = cuts.next().map_or(rest.len(), |cut| 1 + usize::from(*cut) % rest.len());
        cut.receive(&rest[..len], |frame| same.push((frame.frame.to_vec(), frame.quality)));
        rest = &rest[len..];
    }
    assert_eq!(frames, same);
});
