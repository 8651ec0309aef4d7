//! The decoding of many segments side by side, one a lane.
//!
//! Path metrics are octets. That is enough, and the result therefore the same as with wider ones: a branch costs at
//! most 30; the cheapest state grows by at most 15 a bit, because the two branches out of it carry opposite symbols;
//! and no state is dearer than the cheapest by more than 8 x 15, because from wherever the cheapest path came there
//! is a path to every other state that differs in at most 8 symbols. With the cheapest brought to zero every eight
//! bits, no sum exceeds 7 x 15 + 8 x 15 + 30 = 255.

use super::bytes::{ByteLanes, MAX_LANES};
use crate::coding::convolutional::trellis::{BRANCH, STATES};
use crate::coding::convolutional::viterbi::segment::{FULL, Quantizer, Shape};

/// Octets of decisions for a bit and a lane: one for eight states.
const GROUPS: usize = STATES / 8;

/// Decides the bits of `bits.len() / (segment / 8)` segments, at most one a lane.
///
/// `pairs`: the symbols of G1 and G2 in turn, soft bits as octets; segment n begins, with its warm-up, n segments
/// behind the front. `work` has eight octets for each lane and bit kept.
pub(in crate::coding) fn decode<V: ByteLanes>(
    token: V::Token,
    shape: Shape,
    pairs: &[u8],
    work: &mut [u8],
    bits: &mut [u8],
) {
    V::run(
        token,
        #[inline(always)]
        || {
            let metrics = forward::<V>(token, shape, pairs, bits.len() / (shape.segment / 8), work);
            trace_back::<V>(token, shape, &metrics, work, bits);
        },
    );
}

/// Runs through the trellis and keeps the decisions; the last metrics are the result.
#[inline(always)]
fn forward<V: ByteLanes>(
    token: V::Token,
    shape: Shape,
    pairs: &[u8],
    segments: usize,
    work: &mut [u8],
) -> [V; STATES] {
    let mut quantizers = [Quantizer::default(); MAX_LANES];
    for (segment, quantizer) in quantizers[..segments].iter_mut().enumerate() {
        *quantizer =
            Quantizer::of(&pairs[2 * (segment * shape.segment + shape.overlap)..][..2 * shape.segment]);
    }
    let middle = V::splat(token, FULL);
    let mut metrics = [V::splat(token, 0); STATES];
    let mut other = metrics;
    let mut tiles = [[middle; MAX_LANES]; 2];
    let mut kept = work.chunks_exact_mut(2 * GROUPS * V::LANES);
    for at in (0..2 * shape.span()).step_by(V::LANES) {
        for (segment, row) in tiles[0][..segments].iter_mut().enumerate() {
            let symbols = &pairs[2 * segment * shape.segment + at..][..V::LANES];
            let mut levels = [0; MAX_LANES];
            for (level, symbol) in levels.iter_mut().zip(symbols) {
                *level = quantizers[segment].level(*symbol);
            }
            *row = V::load(token, &levels[..V::LANES]);
        }
        // Four bits a turn, and two turns to the next zero.
        let turns = transposed(&mut tiles)[..V::LANES].as_chunks::<8>().0;
        for (turn, symbols) in turns.iter().enumerate() {
            let bit = at / 2 + 4 * turn;
            let costs = [0, 2, 4, 6].map(
                #[inline(always)]
                |at| costs(middle, symbols[at], symbols[at + 1]),
            );
            if bit < shape.overlap {
                two_bits::<V, false>(token, &metrics, &mut other, &costs[0], &costs[1], &mut []);
                two_bits::<V, false>(token, &other, &mut metrics, &costs[2], &costs[3], &mut []);
            } else if let (Some(two), Some(more)) = (kept.next(), kept.next()) {
                two_bits::<V, true>(token, &metrics, &mut other, &costs[0], &costs[1], two);
                two_bits::<V, true>(token, &other, &mut metrics, &costs[2], &costs[3], more);
            }
            if bit % 8 == 4 {
                to_zero(&mut metrics);
            }
        }
    }
    metrics
}

/// Exchanges rows and lanes of the square in the first tile; the second is scratch.
#[inline(always)]
fn transposed<V: ByteLanes>(tiles: &mut [[V; MAX_LANES]; 2]) -> &[V; MAX_LANES] {
    let [from, to] = tiles;
    let (mut from, mut to) = (from, to);
    // Each round of zips moves one bit of the row number to the lane number; after all rounds they have changed
    // places.
    let half = V::LANES / 2;
    for _ in 0..V::LANES.ilog2() {
        for at in 0..half {
            (to[2 * at], to[2 * at + 1]) = from[at].zip(from[at + half]);
        }
        (from, to) = (to, from);
    }
    from
}

/// What each pair of symbols costs.
#[inline(always)]
fn costs<V: ByteLanes>(middle: V, g1: V, g2: V) -> [V; 4] {
    let (g1_one, g1_zero) = (g1.saturating_sub(middle), middle.saturating_sub(g1));
    let (g2_one, g2_zero) = (g2.saturating_sub(middle), middle.saturating_sub(g2));
    [g1_zero.add(g2_zero), g1_zero.add(g2_one), g1_one.add(g2_zero), g1_one.add(g2_one)]
}

/// Two bits: add, compare, select.
///
/// After two bits, four states have led to four others and to none else, so what is between stays in registers.
#[inline(always)]
fn two_bits<V: ByteLanes, const KEEP: bool>(
    token: V::Token,
    from: &[V; STATES],
    to: &mut [V; STATES],
    first: &[V; 4],
    second: &[V; 4],
    kept: &mut [u8],
) {
    let zero = V::splat(token, 0);
    // What was decided for the eight states of a group, of which four states j make two after the first bit and one
    // after the second.
    let (mut after_first, mut after_second) = ([zero; 2], [zero; 4]);
    macro_rules! quads {
        ($($j:literal)*) => {$(
            quad::<V, KEEP, $j>(token, from, to, first, second, &mut after_first, &mut after_second);
            if KEEP && $j % 4 == 3 {
                for (half, decided) in after_first.iter_mut().enumerate() {
                    decided.store(&mut kept[($j / 4 + 4 * half) * V::LANES..]);
                    *decided = zero;
                }
            }
            if KEEP && $j % 8 == 7 {
                for (quarter, decided) in after_second.iter_mut().enumerate() {
                    decided.store(&mut kept[(GROUPS + $j / 8 + 2 * quarter) * V::LANES..]);
                    *decided = zero;
                }
            }
        )*};
    }
    quads!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// The states 4 j to 4 j + 3, which lead to j, j + 16, j + 32 and j + 48.
#[inline(always)]
fn quad<V: ByteLanes, const KEEP: bool, const J: usize>(
    token: V::Token,
    from: &[V; STATES],
    to: &mut [V; STATES],
    first: &[V; 4],
    second: &[V; 4],
    [first_0, first_1]: &mut [V; 2],
    [second_00, second_10, second_01, second_11]: &mut [V; 4],
) {
    let (even, odd) = (V::splat(token, 1 << (2 * J % 8)), V::splat(token, 2 << (2 * J % 8)));
    let [a, b, c, d] = [from[4 * J], from[4 * J + 1], from[4 * J + 2], from[4 * J + 3]];
    let (a, b) = butterfly::<V, KEEP>(a, b, first, const { BRANCH[2 * J] }, even, first_0, first_1);
    let (c, d) = butterfly::<V, KEEP>(c, d, first, const { BRANCH[2 * J + 1] }, odd, first_0, first_1);
    let bit = V::splat(token, 1 << (J % 8));
    (to[J], to[J + 32]) = butterfly::<V, KEEP>(a, c, second, const { BRANCH[J] }, bit, second_00, second_01);
    (to[J + 16], to[J + 48]) =
        butterfly::<V, KEEP>(b, d, second, const { BRANCH[J + 16] }, bit, second_10, second_11);
}

/// From two states that differ in the oldest bit to the two that differ in the newest. Sets `bit` where the better
/// path comes from the state `one`.
#[inline(always)]
fn butterfly<V: ByteLanes, const KEEP: bool>(
    zero: V,
    one: V,
    costs: &[V; 4],
    branch: u8,
    bit: V,
    decided_0: &mut V,
    decided_1: &mut V,
) -> (V, V) {
    let (same, inverse) = (costs[usize::from(branch)], costs[3 - usize::from(branch)]);
    let (to_0, to_1) = ((zero.add(same), one.add(inverse)), (zero.add(inverse), one.add(same)));
    if KEEP {
        (to_0.0.pick(to_0.1, bit, decided_0), to_1.0.pick(to_1.1, bit, decided_1))
    } else {
        (to_0.0.min(to_0.1), to_1.0.min(to_1.1))
    }
}

/// Takes the least metric from all.
#[inline(always)]
fn to_zero<V: ByteLanes>(metrics: &mut [V; STATES]) {
    let least = least(metrics);
    for metric in metrics {
        *metric = metric.saturating_sub(least);
    }
}

#[inline(always)]
fn least<V: ByteLanes>(metrics: &[V; STATES]) -> V {
    let mut four = [metrics[0], metrics[1], metrics[2], metrics[3]];
    for metrics in metrics.as_chunks::<4>().0 {
        for (least, metric) in four.iter_mut().zip(metrics) {
            *least = least.min(*metric);
        }
    }
    four[0].min(four[1]).min(four[2].min(four[3]))
}

/// Follows the survivors of the best states back and writes the bits they stand for.
#[inline(always)]
fn trace_back<V: ByteLanes>(
    token: V::Token,
    shape: Shape,
    metrics: &[V; STATES],
    work: &mut [u8],
    bits: &mut [u8],
) {
    let zero = V::splat(token, 0);
    let best = least(metrics);
    let mut state = zero;
    for (number, metric) in metrics.iter().enumerate().rev() {
        state = metric.if_eq(best, V::splat(token, number as u8), state);
    }
    let low = V::splat(token, 0x1F);
    let newest = V::splat(token, 0x20);
    let mut octets = zero;
    let mut lane_octets = [0; MAX_LANES];
    for (at, kept) in work.chunks_exact(GROUPS * V::LANES).take(shape.kept()).enumerate().rev() {
        if at < shape.segment {
            let bit = state.and(newest).shift_left::<2>();
            octets = octets.shift_right::<1>().or(bit);
            if at.is_multiple_of(8) {
                octets.store(&mut lane_octets);
                for (octet, bits) in lane_octets.iter().zip(bits.chunks_exact_mut(shape.segment / 8)) {
                    bits[at / 8] = *octet;
                }
            }
        }
        let mut eights = [zero; GROUPS];
        for (group, eight) in eights.iter_mut().enumerate() {
            *eight = V::load(token, &kept[group * V::LANES..][..V::LANES]);
        }
        // Halves what may be it with each bit of the state, the highest first.
        let [b0, b1, b2, b3, b4, b5] = [1, 2, 4, 8, 16, 32].map(
            #[inline(always)]
            |bit| state.and(V::splat(token, bit)),
        );
        for at in 0..4 {
            eights[at] = b5.if_eq(zero, eights[at], eights[at + 4]);
        }
        for at in 0..2 {
            eights[at] = b4.if_eq(zero, eights[at], eights[at + 2]);
        }
        let mut eight = b3.if_eq(zero, eights[0], eights[1]);
        eight = b2.if_eq(zero, eight, eight.shift_right::<4>());
        eight = b1.if_eq(zero, eight, eight.shift_right::<2>());
        eight = b0.if_eq(zero, eight, eight.shift_right::<1>());
        state = state.and(low).shift_left::<1>().or(eight.and(V::splat(token, 1)));
    }
}

/// Counts, for each octet of `bits`, the symbols whose sign is not what the encoder would have sent; erasures are
/// never wrong. `state` is the encoder's in front of `bits`, whose length is a multiple of four.
pub(in crate::coding) fn compare<V: ByteLanes>(
    token: V::Token,
    state: u8,
    pairs: &[u8],
    bits: &[u8],
    wrong: &mut [u8],
) {
    V::run(
        token,
        #[inline(always)]
        || {
            // The newest bit of a state is its highest, in a word of bits it is the lowest.
            let mut history = u64::from(state.reverse_bits() >> 2);
            let words = bits.as_chunks::<4>().0.iter().zip(pairs.as_chunks::<64>().0);
            for ((bits, symbols), wrong) in words.zip(wrong.as_chunks_mut::<4>().0) {
                history = history << 32 | u64::from(u32::from_be_bytes(*bits));
                let g1 = history ^ history >> 1 ^ history >> 2 ^ history >> 3 ^ history >> 6;
                let g2 = history ^ history >> 2 ^ history >> 3 ^ history >> 5 ^ history >> 6;
                let sent = (spread(g1 as u32) << 1 | spread(g2 as u32)).reverse_bits();
                let (mut ones, mut erased) = (0, 0);
                for symbols in symbols.chunks_exact(V::LANES).rev() {
                    let symbols = V::load(token, symbols);
                    // The shift in two steps, because one by all 64 bits is not one.
                    ones = ones << (V::LANES - 1) << 1 | symbols.top_bits();
                    erased = erased << (V::LANES - 1) << 1 | symbols.zeros();
                }
                let differing = (ones ^ sent) & !erased;
                for (at, wrong) in wrong.iter_mut().enumerate() {
                    *wrong = ((differing >> (16 * at)) as u16).count_ones() as u8;
                }
            }
        },
    );
}

/// Moves bit n to bit 2 n.
#[inline(always)]
fn spread(word: u32) -> u64 {
    let mut wide = u64::from(word);
    wide = (wide | wide << 16) & 0x0000_FFFF_0000_FFFF;
    wide = (wide | wide << 8) & 0x00FF_00FF_00FF_00FF;
    wide = (wide | wide << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    wide = (wide | wide << 2) & 0x3333_3333_3333_3333;
    (wide | wide << 1) & 0x5555_5555_5555_5555
}
