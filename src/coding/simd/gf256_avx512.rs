//! Reed-Solomon by GFNI on 512-bit vectors: check symbols, syndromes, and the corrections.
//!
//! Check symbols and syndromes are both sums over symbols of the symbol times a fixed row (see
//! [`gf256_tables`](super::gf256_tables)). An octet permutation takes each codeword's symbols out of the interleaved
//! stream on the way.

#[cfg(target_arch = "x86")]
use core::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::*;

use fearless_simd::prelude::*;
use fearless_simd::{Avx512, kernel, u8x32, u8x64};

use super::gf256_tables::{self as tables, IDENTITY, INVERSE_POWERS, Matrix, Rows};
use crate::coding::rs::decoder::{Correction, MAX_CHECK};
use crate::coding::rs::{Basis, Code};

/// Check symbols, or syndromes, of up to eight interleaved codewords.
pub(in crate::coding) type Sums = [[u8; MAX_CHECK]; 8];

/// Check symbols as sent of `depth` interleaved codewords, whose information symbols `data` holds.
pub(in crate::coding) fn remainders(
    avx512: Avx512,
    code: Code,
    basis: Basis,
    depth: usize,
    data: &[u8],
) -> Sums {
    let map = (tables::incoming(basis), tables::outgoing(basis));
    sums(avx512, tables::check_rows(code), code.check_len(), map, depth, data)
}

/// Syndromes, as elements of the CCSDS field, of `depth` interleaved codewords.
pub(in crate::coding) fn syndromes(
    avx512: Avx512,
    code: Code,
    basis: Basis,
    depth: usize,
    block: &[u8],
) -> Sums {
    let map = (tables::incoming(basis), tables::outgoing(Basis::Conventional));
    sums(avx512, tables::syndrome_rows(code), code.check_len(), map, depth, block)
}

/// For each codeword the sum of its symbols times rows of `width` octets, the last symbol with the last row.
fn sums(
    avx512: Avx512,
    rows: &Rows,
    width: usize,
    (incoming, outgoing): (Matrix, Matrix),
    depth: usize,
    symbols: &[u8],
) -> Sums {
    let in_chunk = 64 / width;
    let chunks = (symbols.len() / depth).div_ceil(in_chunk);
    let rows = &rows[rows.len() - chunks..];
    let map = (incoming, outgoing);
    match depth {
        1 => folded(&sum_1(avx512, rows, symbols, in_chunk, map), width),
        2 => folded(&sum_2(avx512, rows, symbols, in_chunk, map), width),
        3 => folded(&sum_3(avx512, rows, symbols, in_chunk, map), width),
        4 => folded(&sum_4(avx512, rows, symbols, in_chunk, map), width),
        5 => folded(&sum_5(avx512, rows, symbols, in_chunk, map), width),
        _ => folded(&sum_8(avx512, rows, symbols, in_chunk, map), width),
    }
}

/// The sum of each codeword's parts of `width` octets.
#[inline]
fn folded(codewords: &[[u8; 64]], width: usize) -> Sums {
    let mut sums = [[0; MAX_CHECK]; 8];
    for (sum, parts) in sums.iter_mut().zip(codewords) {
        for (at, octet) in sum.iter_mut().enumerate() {
            *octet = parts[at] ^ parts[at + 32];
        }
        if width == 16 {
            let (low, high) = sum.split_at_mut(16);
            low.iter_mut().zip(&*high).for_each(|(low, high)| *low ^= high);
            high.fill(0);
        }
    }
    sums
}

kernel!(
    /// Multiplies each octet with a matrix.
    fn rename(avx512: Avx512, by: Matrix, octets: &[u8], out: &mut [u8]) {
        let by = _mm512_set1_epi64(by);
        let (whole, rest) = octets.as_chunks::<64>();
        let (out, last) = out.split_at_mut(64 * whole.len());
        for (octets, out) in whole.iter().zip(out.as_chunks_mut::<64>().0) {
            let octets: u8x64<Avx512> = (*octets).simd_into(avx512);
            let renamed: u8x64<Avx512> =
                _mm512_gf2p8affine_epi64_epi8::<0>(octets.into(), by).simd_into(avx512);
            *out = renamed.into();
        }
        let mut padded = [0; 64];
        padded[..rest.len()].copy_from_slice(rest);
        let padded: u8x64<Avx512> = padded.simd_into(avx512);
        let renamed: u8x64<Avx512> = _mm512_gf2p8affine_epi64_epi8::<0>(padded.into(), by).simd_into(avx512);
        let renamed: [u8; 64] = renamed.into();
        last[..rest.len()].copy_from_slice(&renamed[..rest.len()]);
    }
);

/// A kernel for each interleaving depth, so that all sums stay in registers.
macro_rules! sum {
    ($name:ident, $depth:literal) => {
        kernel!(
            fn $name(
                avx512: Avx512,
                rows: &Rows,
                symbols: &[u8],
                in_chunk: usize,
                map: (Matrix, Matrix),
            ) -> [[u8; 64]; $depth] {
                const WIDE: [[u8; 64]; $depth] = places(32);
                const NARROW: [[u8; 64]; $depth] = places(16);
                let places = (if in_chunk == 2 { &WIDE } else { &NARROW }).map(|place| -> __m512i {
                    let place: u8x64<Avx512> = place.simd_into(avx512);
                    place.into()
                });
                let mut sums = [_mm512_setzero_si512(); $depth];
                let (incoming, outgoing) = (_mm512_set1_epi64(map.0), _mm512_set1_epi64(map.1));
                let mut add = |row: &[u8; 64], symbols: &[u8; 64]| {
                    let row: u8x64<Avx512> = (*row).simd_into(avx512);
                    let row = row.into();
                    let symbols: u8x64<Avx512> = (*symbols).simd_into(avx512);
                    let symbols = _mm512_gf2p8affine_epi64_epi8::<0>(symbols.into(), incoming);
                    for (sum, place) in sums.iter_mut().zip(places) {
                        let own = _mm512_permutexvar_epi8(place, symbols);
                        *sum = _mm512_xor_si512(*sum, _mm512_gf2p8mul_epi8(own, row));
                    }
                };
                // Zeros in front make the first chunk whole.
                let step = in_chunk * $depth;
                let Some((row, mut rows)) = rows.split_first() else { return [[0; 64]; $depth] };
                let (first, mut rest) = symbols.split_at(symbols.len() - rows.len() * step);
                let mut edge = [0; 64];
                edge[step - first.len()..step].copy_from_slice(first);
                add(row, &edge);
                while let (Some(symbols), Some((row, later))) = (rest.first_chunk::<64>(), rows.split_first())
                {
                    add(row, symbols);
                    rest = &rest[step..];
                    rows = later;
                }
                // Zeros behind let the last chunks be read as 64 octets.
                let mut edge = [0; 128];
                edge[..rest.len()].copy_from_slice(rest);
                for (row, at) in rows.iter().zip((0..64).step_by(step)) {
                    if let Some(symbols) = edge[at..].first_chunk::<64>() {
                        add(row, symbols);
                    }
                }
                let mut out = [[0; 64]; $depth];
                for (out, sum) in out.iter_mut().zip(sums) {
                    let sum = _mm512_gf2p8affine_epi64_epi8::<0>(sum, outgoing);
                    let sum: u8x64<Avx512> = sum.simd_into(avx512);
                    *out = sum.into();
                }
                out
            }
        );
    };
}

/// Where each octet of a chunk of rows of `width` finds its symbol, for each of `DEPTH` codewords.
const fn places<const DEPTH: usize>(width: usize) -> [[u8; 64]; DEPTH] {
    let mut places = [[0; 64]; DEPTH];
    let mut at = 0;
    while at < 64 * DEPTH {
        places[at / 64][at % 64] = (at % 64 / width * DEPTH + at / 64) as u8;
        at += 1;
    }
    places
}

sum!(sum_1, 1);
sum!(sum_2, 2);
sum!(sum_3, 3);
sum!(sum_4, 4);
sum!(sum_5, 5);
sum!(sum_8, 8);

/// Finds the corrections of up to E errors, or `None` when there are none with these syndromes.
///
/// No erasures; degrees come out in rising order.
pub(in crate::coding) fn solve<'a>(
    avx512: Avx512,
    code: Code,
    syndromes: &[u8; MAX_CHECK],
    found: &'a mut [Correction; MAX_CHECK],
) -> Option<&'a [Correction]> {
    let renamed = renamed(avx512, *syndromes);
    let polynomials = locate(avx512, &renamed, code.max_errors());
    let locator = polynomials.get(code.max_errors()..=2 * code.max_errors())?;
    let degree = locator.iter().rposition(|&coefficient| coefficient != 0)?;
    let mut wrong = Wrong { count: 0, degrees: [0; 64], values: [0; 64], sent: [0; 64] };
    let all = search(avx512, locator, &polynomials, degree, tables::scales(code), &mut wrong);
    if degree == 0 || !all || !explains(avx512, code, &renamed, &wrong) {
        return None;
    }
    let found = &mut found[..degree];
    for (at, correction) in found.iter_mut().enumerate() {
        *correction = Correction { degree: wrong.degrees[at], value: wrong.sent[at] };
    }
    Some(found)
}

/// Wrong symbols: the power of x each stands in front of, and what to add to it, in the field of AES and in that of CCSDS.
struct Wrong {
    count: usize,
    degrees: [u8; 64],
    values: [u8; 64],
    sent: [u8; 64],
}

fn renamed(avx512: Avx512, elements: [u8; MAX_CHECK]) -> [u8; MAX_CHECK] {
    let mut out = [0; MAX_CHECK];
    rename(avx512, tables::incoming(Basis::Conventional), &elements, &mut out);
    out
}

kernel!(
    /// Berlekamp-Massey without inversion and without sums, all coefficients at once.
    ///
    /// Octets 0 to t − 1 of the result are the coefficients of Λ(x)·S(x) from x^2t on, those from t to 2t are Λ(x), both
    /// times the same constant.
    ///
    /// Source: D. Sarwate and N. Shanbhag, High-speed architectures for Reed-Solomon decoders, IEEE Trans. VLSI
    /// Systems 9 (2001) 641, algorithm RiBM.
    fn locate(avx512: Avx512, syndromes: &[u8; MAX_CHECK], t: usize) -> [u8; 64] {
        let mut start = [0; 64];
        start[..2 * t].copy_from_slice(&syndromes[..2 * t]);
        start[3 * t] = 1;
        let start: u8x64<Avx512> = start.simd_into(avx512);
        let next: [u8; 64] = core::array::from_fn(|lane| ((lane + 1) % 64) as u8);
        let next: u8x64<Avx512> = next.simd_into(avx512);
        let next: __m512i = next.into();
        let mut delta: __m512i = start.into();
        let mut theta = delta;
        let mut gamma = _mm512_set1_epi8(1);
        let mut balance = 0i32;
        for _ in 0..2 * t {
            let shifted = _mm512_maskz_permutexvar_epi8(u64::MAX >> 1, next, delta);
            let low = _mm512_castsi512_si128(delta);
            let first = _mm512_broadcastb_epi8(low);
            let discrepancy = _mm_cvtsi128_si32(low) as u8;
            delta =
                _mm512_xor_si512(_mm512_gf2p8mul_epi8(gamma, shifted), _mm512_gf2p8mul_epi8(first, theta));
            if discrepancy != 0 && balance >= 0 {
                theta = shifted;
                gamma = first;
                balance = -balance - 1;
            } else {
                balance += 1;
            }
        }
        let delta: u8x64<Avx512> = delta.simd_into(avx512);
        delta.into()
    }
);

kernel!(
    /// Chien's search and Forney's rule at all 255 places at once. `false` unless Λ(x) has as many zeros as degrees.
    fn search(
        avx512: Avx512,
        locator: &[u8],
        evaluator: &[u8; 64],
        degree: usize,
        scales: &[[u8; 64]; 4],
        wrong: &mut Wrong,
    ) -> bool {
        // Even and odd terms of Λ apart: the odd ones are x·Λ'(x).
        let mut sums = [[_mm512_setzero_si512(); 4]; 2];
        let mut omegas = [_mm512_setzero_si512(); 4];
        for (power, row) in INVERSE_POWERS.iter().enumerate().take(degree + 1) {
            let coefficient = _mm512_set1_epi8(locator[power] as i8);
            let omega = _mm512_set1_epi8(if power < degree { evaluator[power] as i8 } else { 0 });
            let sums = &mut sums[power % 2];
            for part in 0..4 {
                let row: u8x64<Avx512> = row[part].simd_into(avx512);
                let row = row.into();
                sums[part] = _mm512_xor_si512(sums[part], _mm512_gf2p8mul_epi8(coefficient, row));
                omegas[part] = _mm512_xor_si512(omegas[part], _mm512_gf2p8mul_epi8(omega, row));
            }
        }
        let mut zeros = [0u64; 4];
        for part in 0..4 {
            zeros[part] = _mm512_cmpeq_epi8_mask(sums[0][part], sums[1][part]);
        }
        zeros[3] &= u64::MAX >> 1;
        if zeros.iter().map(|zeros| zeros.count_ones() as usize).sum::<usize>() != degree {
            return false;
        }
        let lanes: [u8; 64] = core::array::from_fn(|lane| lane as u8);
        let lanes: u8x64<Avx512> = lanes.simd_into(avx512);
        for part in 0..4 {
            let scale: u8x64<Avx512> = scales[part].simd_into(avx512);
            let inverse = _mm512_gf2p8affineinv_epi64_epi8::<0>(sums[1][part], _mm512_set1_epi64(IDENTITY));
            let value = _mm512_gf2p8mul_epi8(_mm512_gf2p8mul_epi8(scale.into(), omegas[part]), inverse);
            let degrees = _mm512_add_epi8(lanes.into(), _mm512_set1_epi8((64 * part) as i8));
            let degrees: u8x64<Avx512> = _mm512_maskz_compress_epi8(zeros[part], degrees).simd_into(avx512);
            let values: u8x64<Avx512> = _mm512_maskz_compress_epi8(zeros[part], value).simd_into(avx512);
            let (degrees, values): ([u8; 64], [u8; 64]) = (degrees.into(), values.into());
            let count = zeros[part].count_ones() as usize;
            wrong.degrees[wrong.count..][..16].copy_from_slice(&degrees[..16]);
            wrong.values[wrong.count..][..16].copy_from_slice(&values[..16]);
            wrong.count += count;
        }
        rename(avx512, tables::outgoing(Basis::Conventional), &wrong.values, &mut wrong.sent);
        true
    }
);

kernel!(
    /// Whether the wrong symbols have just the syndromes that were seen.
    fn explains(avx512: Avx512, code: Code, syndromes: &[u8; MAX_CHECK], wrong: &Wrong) -> bool {
        let rows = tables::syndrome_rows(code).as_flattened();
        let width = code.check_len();
        let seen: u8x32<Avx512> = (*syndromes).simd_into(avx512);
        let mut rest: __m256i = seen.into();
        for (&degree, &value) in wrong.degrees.iter().zip(&wrong.values).take(wrong.count) {
            // A row of 16 octets is read with the next one, and the last of them with zeros.
            let at = rows.len() - (usize::from(degree) + 1) * width;
            let row = rows[at..].first_chunk::<MAX_CHECK>().copied().unwrap_or_else(|| {
                let mut row = [0; MAX_CHECK];
                row[..width].copy_from_slice(&rows[at..]);
                row
            });
            let row: u8x32<Avx512> = row.simd_into(avx512);
            let term = _mm256_gf2p8mul_epi8(_mm256_set1_epi8(value as i8), row.into());
            rest = _mm256_xor_si256(rest, term);
        }
        let rest = u64::from(_mm256_cmpneq_epi8_mask(rest, _mm256_setzero_si256()));
        // Octets behind the syndromes are no part of the sum.
        rest & ((1 << width) - 1) == 0
    }
);
