//! Parity of the telecommand codes: circulants so small that a row of four is a word or four.
//!
//! A message block is taken four bits at a time, the last first, by Horner's rule: what the bits so far make of the
//! four parity blocks is turned by four, and a table gives what the next four bits make of them.

use super::generators as dense;

/// Four parity blocks, each from the most significant bit on.
type Blocks = [u64; 4];

/// Element c, element f: the product of the four bits f, the first in the most significant, with column c.
type Tables = [[Blocks; 16]; 4];

static TC_128: Tables = tables(&dense::TC_G_128, 16);
static TC_256: Tables = tables(&dense::TC_G_256, 32);
static TC_512: Tables = tables(&dense::TC_G_512, 64);

/// Writes the parity of a message of 8, 16 or 32 octets, which is as long.
pub(super) fn parity(message: &[u8], parity: &mut [u8]) {
    match message.len() {
        8 => blocks::<2>(&TC_128, message, parity),
        16 => blocks::<4>(&TC_256, message, parity),
        _ => blocks::<8>(&TC_512, message, parity),
    }
}

/// Blocks of `LEN` octets.
fn blocks<const LEN: usize>(tables: &Tables, message: &[u8], parity: &mut [u8]) {
    let (message, parity) = (message.as_chunks::<LEN>().0, parity.as_chunks_mut::<LEN>().0);
    let mut sums: Blocks = [0; 4];
    for at in (0..LEN).rev() {
        for shift in [0, 4] {
            sums = sums.map(|sum| turned(sum, 4, 8 * LEN));
            for (block, table) in message.iter().zip(tables) {
                let products = &table[usize::from(block[at] >> shift & 0xF)];
                for (sum, product) in sums.iter_mut().zip(products) {
                    *sum ^= product;
                }
            }
        }
    }
    for (octets, sum) in parity.iter_mut().zip(sums) {
        octets.copy_from_slice(&sum.to_be_bytes()[..LEN]);
    }
}

/// A block of `size` bits times x^by, `by` being below 64: bit i moves to bit i + by.
const fn turned(block: u64, by: usize, size: usize) -> u64 {
    (block >> by | block << ((size - by) % 64)) & !0 << (64 - size)
}

const fn tables(generator: &[u64; 16], size: usize) -> Tables {
    let mut tables = [[[0; 4]; 16]; 4];
    let mut at = 0;
    while at < 16 * 16 {
        let (circulant, factor) = (at / 16, at % 16);
        let mut bit = 0;
        while bit < 4 {
            if factor & 8 >> bit != 0 {
                tables[circulant % 4][factor][circulant / 4] ^= turned(generator[circulant], bit, size);
            }
            bit += 1;
        }
        at += 1;
    }
    tables
}
