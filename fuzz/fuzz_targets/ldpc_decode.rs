//! Any soft bits of any code: every kernel says the same, and what is decoded is a codeword as far from what was
//! received as is said.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::ldpc::{Code, Decoder, Limits};
use spacelink::coding::{KernelLevel, soft};

fuzz_target!(|input: (u8, u8, Vec<i8>)| {
    let (code, iterations, pattern) = input;
    let code = Code::ALL[usize::from(code) % Code::ALL.len()];
    let bits: Vec<i8> = pattern.iter().copied().chain([1]).cycle().take(code.codeword_bits()).collect();
    let limits = Limits { iterations: (iterations % 16).into(), stop_early: iterations < 128 };
    let mut expected = None;
    for level in KernelLevel::available() {
        let mut message = vec![0; code.message_len()];
        let outcome =
            Decoder::with_level(code, level).unwrap().with_limits(limits).decode(&bits, &mut message);
        let found = (outcome, message);
        assert_eq!(expected.get_or_insert_with(|| found.clone()), &found, "{level:?}");
    }
    let Some((Ok(decoded), message)) = expected else { return };
    let (mut codeword, mut hard) = (vec![0; code.codeword_len()], vec![0; code.codeword_len()]);
    code.encode(&message, &mut codeword).unwrap();
    soft::hard(&bits[..code.codeword_bits()], &mut hard);
    let differ: u32 = codeword.iter().zip(&hard).map(|(a, b)| (a ^ b).count_ones()).sum();
    // The two bits that fill up the 7/8 code are not looked at.
    assert!(differ.abs_diff(decoded.corrected.into()) <= 2);
});
