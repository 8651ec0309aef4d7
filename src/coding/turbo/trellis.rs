//! The trellis of the component encoders: a register of four cells, the newest in the highest bit.
//!
//! Source: CCSDS 131.0-B-5 §6.3: feedback 10011, parities 11011, 10101 and 11111, the coefficient of the bit that is
//! shifted in first.

use super::code::Generator;

pub(in crate::coding) const STATES: usize = 16;

/// What the register adds to the input before it is shifted in.
pub(super) const fn feedback(state: u8) -> u8 {
    (state >> 1 ^ state) & 1
}

/// The register after `bit` was shifted in.
pub(super) const fn next(state: u8, bit: u8) -> u8 {
    bit << 3 | state >> 1
}

/// A parity of the step in which `bit` is shifted in.
pub(super) const fn parity(state: u8, bit: u8, generator: Generator) -> u8 {
    let taps = match generator {
        Generator::G1 => 0b11011,
        Generator::G2 => 0b10101,
        Generator::G3 => 0b11111,
    };
    ((bit << 4 | state) & taps).count_ones() as u8 & 1
}
