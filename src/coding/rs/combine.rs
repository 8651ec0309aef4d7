//! Sums of fixed rows of field elements, each row times a coefficient: what syndromes and root search consist of.
//!
//! With coefficient c = Σ c_b·α^b, the sum Σ_k c_k·R_k is Σ_b α^b·(sum of the R_k whose c_k has bit b): selecting
//! and adding rows works on whole words, and only seven multiplications by α remain. That is the portable fast
//! form; a table look-up for each product would be several times slower.

use super::field::POLYNOMIAL;

/// Eight field elements to a word, the first in the most significant octet.
pub(super) type Row<const N: usize> = [[u64; LANES]; N];

/// Words that go side by side: what the smallest vector registers hold.
pub(super) const LANES: usize = 2;

/// Σ coefficients\[k\]·rows\[k\], element by element.
pub(super) fn combine<const N: usize>(rows: &[Row<N>], coefficients: &[u8]) -> Row<N> {
    let mut sums = [[0; LANES]; N];
    // Spread the bits to words once, not for every part of the rows.
    let mut masks = [[[0; LANES]; 8]; MAX_ROWS];
    for (masks, &coefficient) in masks.iter_mut().zip(coefficients) {
        for (bit, mask) in masks.iter_mut().enumerate() {
            *mask = [0u64.wrapping_sub((coefficient >> bit & 1).into()); LANES];
        }
    }
    let terms = rows.len().min(coefficients.len()).min(MAX_ROWS);
    for (at, sum) in sums.iter_mut().enumerate() {
        let mut by_bit = [[0; LANES]; 8];
        for (row, masks) in rows[..terms].iter().zip(&masks) {
            for (part, mask) in by_bit.iter_mut().zip(masks) {
                for lane in 0..LANES {
                    part[lane] ^= row[at][lane] & mask[lane];
                }
            }
        }
        for part in by_bit.iter().rev() {
            for lane in 0..LANES {
                sum[lane] = times_alpha(sum[lane]) ^ part[lane];
            }
        }
    }
    sums
}

/// Rows in a sum at most: the coefficients of a locator.
const MAX_ROWS: usize = 33;

/// Eight elements times α.
#[inline]
fn times_alpha(word: u64) -> u64 {
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let tops = word & TOPS;
    ((word ^ tops) << 1) ^ ((tops >> 7) * (POLYNOMIAL as u64 & 0xFF))
}

/// Whether any of the eight elements of a word is zero.
#[inline]
pub(super) fn holds_zero(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    word.wrapping_sub(ONES) & !word & (ONES << 7) != 0
}

/// The elements of a row as octets.
pub(super) fn octets<const N: usize>(row: &Row<N>) -> impl Iterator<Item = u8> {
    row.iter().flatten().flat_map(|word| word.to_be_bytes())
}
