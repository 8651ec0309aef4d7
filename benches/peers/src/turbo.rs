//! Turbo codes. No decoder of other projects to set beside ours is at hand.
//!
//! Soft bits are noise, which is no codeword, and all ten iterations are run.

use std::hint::black_box;

use spacelink::coding::KernelLevel;
use spacelink::coding::turbo::{Code, Decoder, Rate};

use crate::measure::Report;
use crate::noise;

pub fn measure(report: &mut Report) {
    for (what, rate, bits) in [
        ("turbo 1/2 k=8920 decode, 10 it", Rate::Half, 8920),
        ("turbo 1/3 k=1784 decode, 10 it", Rate::Third, 1784),
        ("turbo 1/6 k=8920 decode, 10 it", Rate::Sixth, 8920),
    ] {
        let code = Code::new(rate, bits).expect("a code of the book");
        let soft: Vec<i8> =
            noise(code.codeword_bits(), 2).into_iter().map(|octet| octet as i8 >> 2).collect();
        let mut message = vec![0; bits / 8];
        for level in KernelLevel::available().filter(|&level| level != KernelLevel::Reference) {
            let decoder = Decoder::new(code).with_max_iterations(10).with_early_stop(false);
            let mut decoder = decoder.with_level(level).expect("an available level");
            report.row(what, &format!("spacelink {level:?}"), bits, || {
                // Noise does not settle, and that is no matter here.
                _ = black_box(decoder.decode(black_box(&soft), &mut message));
            });
        }
    }
}
