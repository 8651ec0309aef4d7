//! Any soft bits, at any rate and in any convention, decode to the same octets at every level.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::KernelLevel;
use spacelink::coding::convolutional::{Convolutional, Edge, Rate, Viterbi};

fuzz_target!(|input: (u8, u8, bool, bool, Vec<u8>)| {
    let (code, segment, start, end, symbols) = input;
    let code = Convolutional::conventions(Rate::ALL[usize::from(code / 4) % 5])[usize::from(code % 4)];
    let segment = 32 * (1 + usize::from(segment) % 8);
    let edge = |known| if known { Edge::Zero } else { Edge::Open };
    let soft: Vec<i8> = symbols.iter().map(|&symbol| symbol as i8).collect();
    let mut first = None;
    for level in KernelLevel::available() {
        let memory = vec![0; Viterbi::<()>::buffer_len(code, level, segment)];
        let mut decoder =
            Viterbi::new(code, level, segment, memory).expect("available").starting(edge(start));
        let mut octets = Vec::new();
        decoder.decode(&soft, |decoded| octets.extend_from_slice(decoded.octets));
        decoder.finish(edge(end), |decoded| octets.extend_from_slice(decoded.octets));
        let result = (octets, decoder.counts());
        assert_eq!(*first.get_or_insert(result.clone()), result);
    }
});
