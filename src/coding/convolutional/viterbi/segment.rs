//! The decoding of one segment, which all kernels do alike.
//!
//! The stream is cut into segments of equal length. Each is decoded apart, with the symbols of some bits in front
//! of it (the *warm-up*, in which path metrics become what they would have been) and behind it (the *tail*, in
//! which the survivors of all states merge). So segments can be decoded side by side, and the result depends on the
//! symbols alone: not on how the stream is cut into pieces for the decoder, nor on how many segments it decodes at
//! a time.

use crate::coding::convolutional::Rate;

/// Bits of the three parts of a segment's decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::coding) struct Shape {
    /// Bits in front, and as many behind.
    pub overlap: usize,
    /// Bits decided; a multiple of 32.
    pub segment: usize,
    /// Soft bits are taken as they are, and not brought to a few levels; only the reference kernel can.
    pub exact: bool,
}

impl Shape {
    pub(in crate::coding) const fn new(rate: Rate, segment: usize) -> Self {
        // With so many bits, a longer overlap shows no gain at a bit error rate of 10^-5. All are multiples of 16, so
        // that a whole decoding is one of 32.
        let overlap = match rate {
            Rate::R1_2 => 48,
            Rate::R2_3 => 64,
            Rate::R3_4 => 80,
            Rate::R5_6 => 112,
            Rate::R7_8 => 144,
        };
        Self { overlap, segment, exact: false }
    }

    /// Bits that are looked at to decide a segment.
    pub(in crate::coding) const fn span(self) -> usize {
        self.segment + 2 * self.overlap
    }

    /// Bits whose decisions are kept: all but the warm-up.
    pub(in crate::coding) const fn kept(self) -> usize {
        self.segment + self.overlap
    }
}

/// Brings the soft bits of a segment to the few levels that path metrics are made of.
///
/// What matters is the ratio of signal to noise and not the scale of the demodulator, so each segment is scaled by
/// the mean magnitude of its symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::coding) struct Quantizer {
    gain: u16,
    cap: u8,
}

/// The highest level. A level is a signed number of at most this magnitude.
pub(in crate::coding) const FULL: u8 = 15;
/// The level of the mean magnitude.
const MEAN: u32 = 6;
const UNIT: u32 = 1 << 11;

impl Quantizer {
    /// For a segment with these symbols; erasures count for nothing.
    #[inline(always)]
    pub(in crate::coding) fn of(symbols: &[u8]) -> Self {
        let (mut sum, mut count) = (0u32, 0u32);
        for part in symbols.chunks(128) {
            let (mut part_sum, mut part_count) = (0u16, 0u16);
            for &symbol in part {
                part_sum += u16::from(magnitude(symbol));
                part_count += u16::from(symbol != 0);
            }
            sum += u32::from(part_sum);
            count += u32::from(part_count);
        }
        // A mean of at least one keeps the gain in its type, and the cap keeps the product there.
        let Some(gain) = (MEAN * UNIT * count).checked_div(sum).filter(|gain| *gain > 0) else {
            return Self::default();
        };
        let cap = (UNIT * u32::from(FULL) + UNIT / 2 - 1) / gain;
        Self { gain: gain as u16, cap: cap.min(127) as u8 }
    }

    /// The level of a symbol, plus [`FULL`].
    #[inline(always)]
    pub(in crate::coding) fn level(self, symbol: u8) -> u8 {
        let scaled = u16::from(magnitude(symbol).min(self.cap)) * self.gain + UNIT as u16 / 2;
        let level = (scaled >> UNIT.ilog2()) as u8;
        // Adds the level or its negative.
        let negative = ((symbol as i8) >> 7) as u8;
        (FULL + (negative & 1)).wrapping_add(level ^ negative)
    }
}

/// Of a soft bit that is kept as an octet; of -128 it is 128, which any cap makes less.
#[inline(always)]
fn magnitude(symbol: u8) -> u8 {
    let negative = ((symbol as i8) >> 7) as u8;
    (symbol ^ negative).wrapping_sub(negative)
}

#[cfg(test)]
mod tests {
    use super::{FULL, Quantizer};

    #[test]
    fn the_scale_of_the_demodulator_does_not_matter() {
        for confidence in 1..=127u8 {
            let quantizer = Quantizer::of(&[confidence, confidence.wrapping_neg(), 0, confidence]);
            assert_eq!(quantizer.level(confidence), FULL + 6);
            assert_eq!(quantizer.level(confidence.wrapping_neg()), FULL - 6);
            assert_eq!(quantizer.level(0), FULL);
        }
    }

    #[test]
    fn levels_stay_in_range_for_any_segment() {
        for (a, b) in (0..=255).flat_map(|a| (0..=255).map(move |b| (a, b))) {
            let quantizer = Quantizer::of(&[a, b, b, b]);
            for symbol in [0, a, b, 127, 128, 129] {
                let level = quantizer.level(symbol);
                assert!(level <= 2 * FULL, "{a} {b} {symbol}");
                assert!((i16::from(level) - i16::from(FULL)) * i16::from(symbol as i8) >= 0);
            }
        }
    }
}
