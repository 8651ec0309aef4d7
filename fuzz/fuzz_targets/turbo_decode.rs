//! Any soft bits end in a message or a reason, and all kernels say the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::KernelLevel;
use spacelink::coding::turbo::{Code, Decoder, Rate};

fuzz_target!(|input: (u8, bool, u8, Vec<i8>)| {
    let (rate, interleaved, iterations, mut soft) = input;
    let rate = Rate::ALL[usize::from(rate) % Rate::ALL.len()];
    let code =
        Code::new(rate, 1784).expect("a block length of the book").with_channel_interleaver(interleaved);
    if !soft.is_empty() {
        soft = soft.iter().copied().cycle().take(code.codeword_bits()).collect();
    }
    let outcomes: Vec<_> = KernelLevel::available()
        .filter_map(|level| Decoder::new(code).with_level(level))
        .map(|decoder| {
            let mut message = [0; 223];
            (decoder.with_max_iterations(iterations % 4).decode(&soft, &mut message), message)
        })
        .collect();
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
});
