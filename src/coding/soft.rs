//! Soft bits: what a demodulator thinks a bit was, and how sure it is.
//!
//! A soft bit is an `i8`. Its sign is the hard decision, **negative means 1**, and its magnitude the confidence: the
//! scale of log(P(0) / P(1)). 0 is an erasure; -128 counts as -127. A demodulator that calls a positive sample 1
//! is set right by [`invert`].
//!
//! ```
//! use spacelink::coding::soft;
//!
//! let received = [0.9, -1.1, -0.2, 1.3, -0.8, 0.1, 0.7, -1.0].map(|sample| soft::from_f32(sample, 64.0));
//! assert_eq!(received[..3], [58, -70, -13]);
//! let mut octets = [0; 1];
//! soft::hard(&received, &mut octets);
//! assert_eq!(octets, [0b0110_1001]);
//! ```
//!
//! Packed bits go most significant bit of the first octet first.

/// The surest soft bit.
pub const SURE: i8 = 127;

/// The soft bit of a sample of which positive means 0: `scale` times the sample, rounded and held to ±127.
///
/// For a sample of amplitude 1, a scale of 32 to 64 keeps noise from being cut at any signal-to-noise ratio where
/// codes work. What is not a number becomes an erasure.
#[must_use]
pub fn from_f32(sample: f32, scale: f32) -> i8 {
    let scaled = sample * scale;
    // A conversion cuts towards zero and holds to the range of the integer.
    let rounded = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i8;
    rounded.max(-SURE)
}

/// The soft bit of an offset sample, 0 for a sure 0 and 255 for a sure 1, as libfec and many demodulators have it.
#[must_use]
pub const fn from_offset(sample: u8) -> i8 {
    let centred = 128 - sample as i16;
    if centred > SURE as i16 { SURE } else { centred as i8 }
}

/// The bit that `soft` is more likely to be; an erasure counts as 0.
#[must_use]
pub const fn is_one(soft: i8) -> bool {
    soft < 0
}

/// Packs the hard decisions of `soft` into the front of `octets`; a last octet that is not full ends in zeros.
///
/// Returns how many octets were written: stops early when `octets` are full.
pub fn hard(soft: &[i8], octets: &mut [u8]) -> usize {
    let (whole, rest) = soft.as_chunks::<8>();
    let mut out = octets.iter_mut();
    let mut written = 0;
    for (eight, octet) in whole.iter().zip(&mut out) {
        let signs = u64::from_be_bytes(eight.map(|soft| soft as u8)) & SIGNS;
        // Gathers the top bits of all octets into the highest: bit 7 of octet n, counted from the last, moves by
        // 7 (7 - n), and no two partial sums meet.
        *octet = ((signs >> 7).wrapping_mul(GATHER) >> 56) as u8;
        written += 1;
    }
    if written == whole.len()
        && !rest.is_empty()
        && let Some(octet) = out.next()
    {
        *octet =
            rest.iter().enumerate().fold(0, |packed, (at, &soft)| packed | u8::from(soft < 0) << (7 - at));
        written += 1;
    }
    written
}

/// Soft bits of confidence `confidence` for the bits of `octets`, as many as both have.
pub fn from_hard(octets: &[u8], confidence: i8, soft: &mut [i8]) {
    for (eight, octet) in soft.chunks_mut(8).zip(octets) {
        for (at, soft) in eight.iter_mut().enumerate() {
            *soft = if octet >> (7 - at) & 1 == 1 { -confidence.max(-SURE) } else { confidence };
        }
    }
}

/// Says 0 for 1 and 1 for 0 with unchanged confidence.
pub fn invert(soft: &mut [i8]) {
    for soft in soft {
        *soft = (*soft).saturating_neg();
    }
}

/// Inverts the soft bits where the packed bits of `mask` are ones: what exclusive-or does to packed bits, for
/// derandomizing before a decoder. Stops where either ends.
pub fn flip(soft: &mut [i8], mask: &[u8]) {
    for (eight, mask) in soft.chunks_mut(8).zip(mask) {
        for (at, soft) in eight.iter_mut().enumerate() {
            if mask >> (7 - at) & 1 == 1 {
                *soft = (*soft).saturating_neg();
            }
        }
    }
}

const SIGNS: u64 = 0x8080_8080_8080_8080;
const GATHER: u64 = 0x0102_0408_1020_4080;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_become_soft_bits_and_octets_again() {
        for octet in 0..=255 {
            let mut soft = [0; 8];
            from_hard(&[octet], 9, &mut soft);
            let each: u8 = soft.iter().fold(0, |packed, &soft| packed << 1 | u8::from(is_one(soft)));
            let mut packed = [0; 1];
            assert_eq!(hard(&soft, &mut packed), 1);
            assert_eq!((each, packed), (octet, [octet]));
            flip(&mut soft, &[0xF0]);
            hard(&soft, &mut packed);
            assert_eq!(packed, [octet ^ 0xF0]);
            invert(&mut soft);
            hard(&soft, &mut packed);
            assert_eq!(packed, [octet ^ 0x0F]);
        }
    }

    #[test]
    fn a_last_octet_is_filled_with_zeros_and_room_is_kept() {
        let mut octets = [0xFF; 3];
        assert_eq!(hard(&[-1; 11], &mut octets), 2);
        assert_eq!(octets, [0xFF, 0xE0, 0xFF]);
        assert_eq!(hard(&[-1; 11], &mut octets[..1]), 1);
        assert_eq!(hard(&[], &mut octets), 0);
    }

    #[test]
    fn samples_are_rounded_and_held() {
        assert_eq!(
            [0.49, -0.49, 0.5, -0.5, 1e9, -1e9, f32::NAN].map(|s| from_f32(s, 1.0)),
            [0, 0, 1, -1, 127, -127, 0]
        );
        assert_eq!([0, 1, 127, 128, 129, 255].map(from_offset), [127, 127, 1, 0, -1, -127]);
        let mut all = [i8::MIN, -127, 0, 127];
        invert(&mut all);
        assert_eq!(all, [127, 127, 0, -127]);
    }
}
