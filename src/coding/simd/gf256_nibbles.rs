//! Syndromes and corrections of Reed-Solomon on vectors that can only look octets up in tables of sixteen.
//!
//! The product of a constant and an octet is the sum of those with its two nibbles, each of which is one of sixteen
//! octets: two look-ups for 32 products. Written once for all vector levels; where there is GFNI,
//! [`gf256_avx512`](super::gf256_avx512) is faster.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, u8x16, u8x32};

use crate::coding::rs::Code;
use crate::coding::rs::decoder::{Correction, MAX_CHECK, Roots};
use crate::coding::rs::field::{FIELD, FIELD_CONST, ORDER};

/// Octets of a vector.
pub(super) const LEN: usize = 32;

/// Syndromes of a word with this remainder of division by the generator, highest power first.
pub(in crate::coding) fn syndromes(level: Level, code: Code, remainder: &[u8]) -> [u8; MAX_CHECK] {
    fearless_simd::dispatch!(level, simd => syndromes_on(simd, code, remainder))
}

/// Finds the corrections of up to E errors, or `None` when there are none with these syndromes.
///
/// No erasures; degrees come out in rising order.
pub(in crate::coding) fn solve<'a>(
    level: Level,
    code: Code,
    syndromes: &[u8; MAX_CHECK],
    found: &'a mut [Correction; MAX_CHECK],
) -> Option<&'a [Correction]> {
    let count = fearless_simd::dispatch!(level, simd => solve_on(simd, code, syndromes, found))?;
    found.get(..count)
}

#[inline(always)]
fn syndromes_on<S: Simd>(simd: S, code: Code, remainder: &[u8]) -> [u8; MAX_CHECK] {
    let symbols = remainder.iter().rev().enumerate().map(|(degree, &value)| (degree, value));
    sums(simd, code, symbols).into()
}

/// What symbols in front of powers of x add to each syndrome.
#[inline(always)]
fn sums<S: Simd>(simd: S, code: Code, symbols: impl Iterator<Item = (usize, u8)>) -> u8x32<S> {
    let rows = match code {
        Code::E16 => &E16_SYNDROMES,
        Code::E8 => &E8_SYNDROMES,
    };
    symbols.fold(simd.splat_u8x32(0), |sum, (degree, value)| {
        sum ^ Factor::new(simd, value).times(Nibbles::of(rows[degree].simd_into(simd)))
    })
}

/// Octets cut in two.
#[derive(Clone, Copy)]
pub(super) struct Nibbles<S: Simd> {
    low: u8x32<S>,
    high: u8x32<S>,
}

impl<S: Simd> Nibbles<S> {
    #[inline(always)]
    pub(super) fn of(octets: u8x32<S>) -> Self {
        Self { low: octets & 0x0F, high: octets >> 4 }
    }

    /// Octets cut in two beforehand.
    #[inline(always)]
    fn load(simd: S, cut: &[[u8; LEN]; 2]) -> Self {
        Self { low: cut[0].simd_into(simd), high: cut[1].simd_into(simd) }
    }
}

/// A constant as its products with all nibbles.
#[derive(Clone, Copy)]
pub(super) struct Factor<S: Simd> {
    low: u8x32<S>,
    high: u8x32<S>,
}

impl<S: Simd> Factor<S> {
    #[inline(always)]
    fn new(simd: S, value: u8) -> Self {
        Self::load(simd, &PRODUCTS[usize::from(value)])
    }

    /// From what it makes of the low and of the high nibbles.
    #[inline(always)]
    pub(super) fn load(simd: S, products: &[[u8; 16]; 2]) -> Self {
        let [low, high]: [u8x16<S>; 2] = [products[0].simd_into(simd), products[1].simd_into(simd)];
        Self { low: u8x32::block_splat(low), high: u8x32::block_splat(high) }
    }

    #[inline(always)]
    pub(super) fn times(self, by: Nibbles<S>) -> u8x32<S> {
        self.low.swizzle_dyn_within_blocks(by.low) ^ self.high.swizzle_dyn_within_blocks(by.high)
    }
}

/// Corrections are written to the front of `found`; how many is returned.
#[inline(always)]
fn solve_on<S: Simd>(
    simd: S,
    code: Code,
    syndromes: &[u8; MAX_CHECK],
    found: &mut [Correction; MAX_CHECK],
) -> Option<usize> {
    let t = code.max_errors();
    let polynomials = locate(simd, syndromes, t);
    let locator = polynomials.get(t..=2 * t)?;
    let degree = locator.iter().rposition(|&coefficient| coefficient != 0)?;
    let mut places = Places { odd: [0; 256], omega: [0; 256], zeros: [0; 8] };
    search(simd, locator, &polynomials, degree, &mut places);
    let zeros = places.zeros.iter().map(|zeros| zeros.count_ones() as usize).sum::<usize>();
    if degree == 0 || zeros != degree {
        return None;
    }
    let found = &mut found[..degree];
    places.corrections(code.roots(), found);
    let symbols = found.iter().map(|correction| (usize::from(correction.degree), correction.value));
    let seen: u8x32<S> = (*syndromes).simd_into(simd);
    // Octets behind the syndromes of the shorter code are zero on both sides.
    sums(simd, code, symbols).simd_eq(seen).all_true().then_some(degree)
}

/// Berlekamp-Massey without inversion and without sums, all coefficients at once.
///
/// Octets 0 to t − 1 of the result are the coefficients of Λ(x)·S(x) from x^2t on, those from t to 2t are Λ(x), both
/// times the same constant.
///
/// Source: D. Sarwate and N. Shanbhag, High-speed architectures for Reed-Solomon decoders, IEEE Trans. VLSI
/// Systems 9 (2001) 641, algorithm RiBM.
#[inline(always)]
fn locate<S: Simd>(simd: S, syndromes: &[u8; MAX_CHECK], t: usize) -> [u8; 2 * LEN] {
    let mut start = [[0; LEN]; 2];
    start[0][..2 * t].copy_from_slice(&syndromes[..2 * t]);
    start.as_flattened_mut()[3 * t] = 1;
    let mut delta: [u8x32<S>; 2] = start.map(|half| half.simd_into(simd));
    let mut theta = delta.map(Nibbles::of);
    let zero = simd.splat_u8x32(0);
    let mut gamma = Factor::new(simd, 1);
    let mut balance = 0i32;
    for _ in 0..2 * t {
        let discrepancy = delta[0][0];
        let first = Factor::new(simd, discrepancy);
        let shifted = [delta[0].slide::<1>(delta[1]), delta[1].slide::<1>(zero)].map(Nibbles::of);
        for half in 0..2 {
            delta[half] = gamma.times(shifted[half]) ^ first.times(theta[half]);
        }
        if discrepancy != 0 && balance >= 0 {
            (theta, gamma, balance) = (shifted, first, -balance - 1);
        } else {
            balance += 1;
        }
    }
    let mut out = [0; 2 * LEN];
    for (out, half) in out.as_chunks_mut().0.iter_mut().zip(delta) {
        *out = half.into();
    }
    out
}

/// What is known of each place that a wrong symbol may have, by the power of x that it stands in front of.
struct Places {
    /// The odd terms of Λ(X⁻¹), which are X⁻¹·Λ'(X⁻¹).
    odd: [u8; 256],
    /// Λ·S from x^2t on, at X⁻¹.
    omega: [u8; 256],
    /// Bits of the places where Λ is zero, the least significant first.
    zeros: [u32; 8],
}

/// Chien's search and the sums for Forney's rule at all 255 places.
#[inline(always)]
fn search<S: Simd>(simd: S, locator: &[u8], evaluator: &[u8; 2 * LEN], degree: usize, places: &mut Places) {
    let (odd, omega) = (places.odd.as_chunks_mut().0, places.omega.as_chunks_mut().0);
    for part in 0..8 {
        let mut sums = [simd.splat_u8x32(0); 2];
        let mut omegas = simd.splat_u8x32(0);
        for (power, row) in INVERSE_POWERS.iter().enumerate().take(degree + 1) {
            let row = Nibbles::load(simd, &row[part]);
            sums[power % 2] ^= Factor::new(simd, locator[power]).times(row);
            if power < degree {
                omegas ^= Factor::new(simd, evaluator[power]).times(row);
            }
        }
        places.zeros[part] = sums[0].simd_eq(sums[1]).to_bitmask() as u32;
        odd[part] = sums[1].into();
        omega[part] = omegas.into();
    }
    // No symbol stands at the last place.
    places.zeros[7] &= u32::MAX >> 1;
}

impl Places {
    /// Forney's rule; `found` has room for just the corrections that there are.
    fn corrections(&self, roots: Roots, found: &mut [Correction]) {
        let mut found = found.iter_mut();
        for (part, &zeros) in self.zeros.iter().enumerate() {
            let mut zeros = zeros;
            while zeros != 0 {
                let at = LEN * part + zeros.trailing_zeros() as usize;
                zeros &= zeros - 1;
                let inverse = ORDER - roots.step * at % ORDER;
                let scaled = FIELD.mul(FIELD.alpha(inverse * (roots.first + roots.count)), self.omega[at]);
                let Some(correction) = found.next() else { return };
                *correction = Correction { degree: at as u8, value: FIELD.div(scaled, self.odd[at]) };
            }
        }
    }
}

/// Element c: the products of c with the low and with the high nibbles.
static PRODUCTS: [[[u8; 16]; 2]; 256] = {
    let mut products = [[[0; 16]; 2]; 256];
    let mut at = 0;
    while at < 256 * 16 {
        let (factor, nibble) = (at / 16, at % 16);
        products[factor][0][nibble] = FIELD_CONST.mul(factor as u8, nibble as u8);
        products[factor][1][nibble] = FIELD_CONST.mul(factor as u8, (nibble << 4) as u8);
        at += 1;
    }
    products
};

/// Row d: what a one in front of x^d adds to each syndrome.
static E16_SYNDROMES: [[u8; MAX_CHECK]; ORDER] = syndrome_rows(Code::E16.roots());
static E8_SYNDROMES: [[u8; MAX_CHECK]; ORDER] = syndrome_rows(Code::E8.roots());

const fn syndrome_rows(roots: Roots) -> [[u8; MAX_CHECK]; ORDER] {
    let mut rows = [[0; MAX_CHECK]; ORDER];
    let mut at = 0;
    while at < ORDER * roots.count {
        let (degree, j) = (at / roots.count, at % roots.count);
        rows[degree][j] = FIELD_CONST.alpha(degree * roots.exponent(j));
        at += 1;
    }
    rows
}

/// Row k, element d: the inverse of the locator of x^d, to the power k, cut in two. Element 255 belongs to no symbol.
static INVERSE_POWERS: [[[[u8; LEN]; 2]; 8]; 17] = {
    let step = Code::E16.roots().step;
    let mut rows = [[[[0; LEN]; 2]; 8]; 17];
    let mut at = 0;
    while at < 17 * ORDER {
        let (power, d) = (at / ORDER, at % ORDER);
        let element = FIELD_CONST.alpha(power * (ORDER - step * d % ORDER));
        rows[power][d / LEN][0][d % LEN] = element & 0x0F;
        rows[power][d / LEN][1][d % LEN] = element >> 4;
        at += 1;
    }
    rows
};
