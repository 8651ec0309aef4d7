//! The BCH code (63,56) of telecommand links.
//!
//! A codeblock is seven octets of information, seven parity bits, sent inverted, and a filler bit, eight octets in
//! all. The code either repairs one wrong bit and detects two, or detects up to three.
//!
//! ```
//! use spacelink::coding::bch::{self, Mode};
//!
//! let mut block = bch::encode(&[1, 2, 3, 4, 5, 6, 7]);
//! assert_eq!(block[7], 0x70);
//! block[2] ^= 0x10;
//! assert_eq!(bch::decode(&mut block, Mode::Detect), Err(bch::Uncorrectable { syndrome: 0x37 }));
//! assert_eq!(bch::decode(&mut block, Mode::Correct), Ok(Some(19)));
//! assert_eq!(block, bch::encode(&[1, 2, 3, 4, 5, 6, 7]));
//! ```
//!
//! Left out: start and tail of a CLTU ([`cltu`](super::cltu)).
//!
//! Source: CCSDS 231.0-B-4 §3.

/// Octets of information in a codeblock.
pub const MESSAGE_LEN: usize = 7;
/// Octets of a codeblock.
pub const BLOCK_LEN: usize = 8;

/// What the decoder makes of a wrong codeblock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Mode {
    /// Single error correction (SEC): one wrong bit is repaired, two are detected, three become a wrong repair.
    #[default]
    Correct,
    /// Triple error detection (TED): up to three wrong bits are detected, none is repaired.
    Detect,
}

/// A codeblock with more wrong bits than the mode repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("BCH: codeblock beyond repair, syndrome {syndrome:#04x}")]
pub struct Uncorrectable {
    /// The remainder that should be zero, 7 bits.
    pub syndrome: u8,
}

/// The codeblock of `message`.
#[must_use]
pub fn encode(message: &[u8; MESSAGE_LEN]) -> [u8; BLOCK_LEN] {
    let [a, b, c, d, e, f, g] = *message;
    [a, b, c, d, e, f, g, !parity(message) << 1]
}

/// Checks a codeblock and, in [`Mode::Correct`], repairs it in place. Returns which bit was repaired, 0 to 62 from the
/// first on; `None` when all were right. The filler bit is ignored.
///
/// # Errors
/// [`Uncorrectable`]; the block is left as received.
pub fn decode(block: &mut [u8; BLOCK_LEN], mode: Mode) -> Result<Option<u8>, Uncorrectable> {
    let [message @ .., last] = *block;
    let syndrome = parity(&message) ^ !last >> 1;
    if syndrome == 0 {
        return Ok(None);
    }
    match (mode, PLACES[usize::from(syndrome)]) {
        (Mode::Correct, place @ ..63) => {
            block[usize::from(place / 8)] ^= 0x80 >> (place % 8);
            Ok(Some(place))
        }
        _ => Err(Uncorrectable { syndrome }),
    }
}

/// Remainder of the message times x^7 by the generator: what each octet adds where it stands, all at once.
fn parity(message: &[u8; MESSAGE_LEN]) -> u8 {
    message.iter().zip(&REMAINDERS).fold(0, |sum, (&octet, table)| sum ^ table[usize::from(octet)])
}

/// g(x) = x^7 + x^6 + x^2 + 1 without its highest term.
const GENERATOR: u8 = 0b100_0101;
static REMAINDERS: [[u8; 256]; MESSAGE_LEN] = remainders();
/// Which single bit has a syndrome; 255 where none has.
static PLACES: [u8; 128] = places();

/// One step of the shift register.
const fn step(register: u8, bit: u8) -> u8 {
    let feedback = register >> 6 ^ bit;
    (register << 1 & 0x7F) ^ if feedback == 1 { GENERATOR } else { 0 }
}

const fn remainders() -> [[u8; 256]; MESSAGE_LEN] {
    let mut tables = [[0; 256]; MESSAGE_LEN];
    let mut place = 0;
    while place < MESSAGE_LEN {
        let mut octet = 0;
        while octet < 256 {
            let (mut register, mut bit) = (0, 0);
            while bit < 8 * (MESSAGE_LEN - place) {
                let value = if bit < 8 { (octet >> (7 - bit)) as u8 & 1 } else { 0 };
                register = step(register, value);
                bit += 1;
            }
            tables[place][octet] = register;
            octet += 1;
        }
        place += 1;
    }
    tables
}

const fn places() -> [u8; 128] {
    let mut places = [255; 128];
    let mut place = 0;
    while place < 63 {
        let syndrome = if place < 56 { remainders_of_bit(place) } else { 1 << (62 - place) };
        places[syndrome as usize] = place;
        place += 1;
    }
    places
}

const fn remainders_of_bit(place: u8) -> u8 {
    let (mut register, mut bit) = (0, 0);
    while bit < 56 {
        register = step(register, (bit == place) as u8);
        bit += 1;
    }
    register
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The remainder bit by bit, as the encoder of the book.
    fn parity_by_register(message: &[u8; MESSAGE_LEN]) -> u8 {
        let bits = message.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1));
        bits.fold(0, step)
    }

    fn words() -> impl Iterator<Item = [u8; MESSAGE_LEN]> {
        (0..2000u64).map(|seed| {
            let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *mixed.to_be_bytes().first_chunk().unwrap()
        })
    }

    #[test]
    fn known_blocks() {
        assert_eq!(encode(&[0; 7])[7], 0xFE);
        assert_eq!(encode(&[1, 2, 3, 4, 5, 6, 7])[7], 0x70);
        assert_eq!(encode(&[0x55; 7])[7], 0xD6);
    }

    #[test]
    fn tables_agree_with_the_shift_register() {
        for word in words() {
            assert_eq!(parity(&word), parity_by_register(&word));
        }
    }

    #[test]
    fn one_error_is_repaired_two_and_three_are_seen() {
        let flip = |block: &mut [u8; 8], bit: u8| block[usize::from(bit / 8)] ^= 0x80 >> (bit % 8);
        for word in words().take(20) {
            let right = encode(&word);
            for first in 0..63 {
                let mut block = right;
                flip(&mut block, first);
                let one = block;
                assert!(decode(&mut block, Mode::Detect).is_err() && block == one);
                assert_eq!(decode(&mut block, Mode::Correct), Ok(Some(first)));
                assert_eq!(block, right);
                for second in 0..first {
                    let mut block = one;
                    flip(&mut block, second);
                    let two = block;
                    assert!(decode(&mut block, Mode::Correct).is_err() && block == two);
                    for third in 0..second {
                        let mut block = two;
                        flip(&mut block, third);
                        assert!(decode(&mut block, Mode::Detect).is_err());
                    }
                }
            }
            let mut filler = right;
            filler[7] ^= 1;
            assert_eq!(decode(&mut filler, Mode::Detect), Ok(None));
        }
    }

    #[test]
    fn the_tail_is_beyond_repair() {
        let mut tail = [0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0x79];
        assert!(decode(&mut tail, Mode::Correct).is_err());
    }
}
