//! Pseudo-randomizers: a fixed bit sequence, exclusive-or'd over a frame or codeblock, that keeps bit transitions
//! coming whatever the data.
//!
//! ```
//! use spacelink::coding::randomizer::Randomizer;
//!
//! let mut octets = [0; 4];
//! Randomizer::Tm.apply(&mut octets);
//! assert_eq!(octets, [0x1C, 0x71, 0xB9, 0x1B]);
//! Randomizer::Tm.apply(&mut octets);
//! assert_eq!(octets, [0; 4]);
//! ```
//!
//! Left out: where in a chain it belongs (see [`cadu`](super::cadu)); markers are never randomized.

/// Which sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Randomizer {
    /// Telemetry, current: x^17 + x^14 + 1, period 131 071 bits.
    ///
    /// Source: CCSDS 131.0-B-5 §10.4.1.
    Tm,
    /// Telemetry before issue 5, kept for missions that fly it: x^8 + x^7 + x^5 + x^3 + 1, period 255 bits.
    ///
    /// Source: CCSDS 131.0-B-5 §10.4.2.
    TmLegacy,
    /// Telecommand: x^8 + x^6 + x^4 + x^3 + x^2 + x + 1, period 255 bits.
    ///
    /// Source: CCSDS 231.0-B-4 §6.2.
    Tc,
}

impl Randomizer {
    /// Exclusive-ors the sequence, from its start, over `octets`.
    ///
    /// Randomizing and derandomizing are the same. The sequence restarts with every call, as it does for every
    /// codeblock.
    pub fn apply(self, octets: &mut [u8]) {
        match self {
            Self::Tm => apply_tm(octets),
            Self::TmLegacy => apply_short(&TM_LEGACY, octets),
            Self::Tc => apply_short(&TC, octets),
        }
    }
}

/// Runs the 131 071-bit sequence 64 octets at a time.
///
/// Squaring a polynomial over GF(2) doubles its exponents, so x^17 + x^14 + 1 to the power of 512 says that the
/// recurrence of the bits, s(n) = s(n-3) + s(n-17), also holds for groups of 512 bits of the sequence. Seventeen
/// groups are therefore enough to go on for ever. Three more are kept, so that a codeblock of 1275 octets needs no
/// arithmetic at all.
fn apply_tm(octets: &mut [u8]) {
    let (first, rest) = octets.split_at_mut(octets.len().min(TM_START.as_flattened().len()));
    for (octet, mask) in first.iter_mut().zip(TM_START.as_flattened()) {
        *octet ^= mask;
    }
    if rest.is_empty() {
        return;
    }
    let mut groups = [[0; GROUP]; TM_LAG];
    groups.copy_from_slice(&TM_START[TM_KEPT - TM_LAG..]);
    for span in rest.chunks_mut(GROUP * TM_LAG) {
        for at in 0..TM_LAG {
            let earlier = groups[(at + TM_LAG - 3) % TM_LAG];
            for (octet, earlier) in groups[at].iter_mut().zip(earlier) {
                *octet ^= earlier;
            }
            if GROUP * at >= span.len() {
                return;
            }
            for (octet, mask) in span[GROUP * at..].iter_mut().zip(groups[at]) {
                *octet ^= mask;
            }
        }
    }
}

/// 255 bits repeat after 255 octets, which is after eight periods.
fn apply_short(sequence: &[u8; 255], octets: &mut [u8]) {
    for span in octets.chunks_mut(sequence.len()) {
        for (octet, mask) in span.iter_mut().zip(sequence) {
            *octet ^= mask;
        }
    }
}

const TM_LAG: usize = 17;
static TM_LEGACY: [u8; 255] = short_sequence(&[7, 5, 3, 0]);
static TC: [u8; 255] = short_sequence(&[6, 4, 3, 2, 1, 0]);
/// Octets that the recurrence makes at a time.
const GROUP: usize = 64;
const TM_KEPT: usize = 20;
static TM_START: [[u8; GROUP]; TM_KEPT] = tm_start();

/// The first octets of s(n+17) = s(n+14) + s(n); the register starts as 1 1000 1110 0011 1000, X16 first, and X0
/// leaves it first.
const fn tm_start() -> [[u8; GROUP]; TM_KEPT] {
    let mut register: u32 = 0b1_1000_1110_0011_1000;
    let mut groups = [[0u8; GROUP]; TM_KEPT];
    let mut n = 0;
    while n < 8 * GROUP * TM_KEPT {
        let octet = &mut groups[n / 8 / GROUP][n / 8 % GROUP];
        *octet = *octet << 1 | (register & 1) as u8;
        let next = (register >> 14 ^ register) & 1;
        register = register >> 1 | next << 16;
        n += 1;
    }
    groups
}

/// All 255 octets of s(n+8) = sum of s(n+t) over `taps`, from eight ones on.
const fn short_sequence(taps: &[u8]) -> [u8; 255] {
    let mut register: u8 = 0xFF;
    let mut octets = [0u8; 255];
    let mut n = 0;
    while n < 8 * octets.len() {
        octets[n / 8] = octets[n / 8] << 1 | register & 1;
        let mut next = 0;
        let mut tap = 0;
        while tap < taps.len() {
            next ^= register >> taps[tap] & 1;
            tap += 1;
        }
        register = register >> 1 | next << 7;
        n += 1;
    }
    octets
}
