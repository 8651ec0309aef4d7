//! The decoding of a segment, written to be read.

use super::segment::{FULL, Quantizer, Shape};
use crate::coding::convolutional::trellis::{STATES, next, symbols};

/// Decides the bits of one segment.
///
/// `pairs`: the symbols of G1 and G2 in turn, soft bits as octets, of [`Shape::span`] bits. `decisions` has room
/// for one word for each bit kept; bit n of a word says which of the two paths into state n survived, as the oldest
/// bit of the state it came from.
pub(in crate::coding) fn decode(shape: Shape, pairs: &[u8], decisions: &mut [u8], bits: &mut [u8]) {
    let own = &pairs[2 * shape.overlap..][..2 * shape.segment];
    let quantizer = Quantizer::of(own);
    let decisions = decisions.as_chunks_mut::<8>().0;
    let mut metrics = [0u32; STATES];
    for (at, pair) in pairs.as_chunks::<2>().0.iter().take(shape.span()).enumerate() {
        let levels = pair.map(|symbol| match shape.exact {
            true => i32::from(symbol as i8).max(-127),
            false => i32::from(quantizer.level(symbol)) - i32::from(FULL),
        });
        let mut survived = [0; STATES];
        let mut decided = 0u64;
        for (to, metric) in survived.iter_mut().enumerate() {
            let (newest, kept) = (to >> 5, (to & 0x1F) << 1);
            let path = |oldest: usize| {
                let from = kept | oldest;
                metrics[from] + cost(symbols((newest << 6 | from) as u8), levels)
            };
            let (zero, one) = (path(0), path(1));
            *metric = zero.min(one);
            decided |= u64::from(one < zero) << to;
        }
        metrics = survived;
        if at >= shape.overlap {
            decisions[at - shape.overlap] = decided.to_le_bytes();
        }
    }

    let least = metrics.iter().min().unwrap_or(&0);
    let mut state = metrics.iter().position(|metric| metric == least).unwrap_or(0);
    for at in (0..shape.kept()).rev() {
        if at < shape.segment {
            let mask = 0x80 >> (at % 8);
            let octet = &mut bits[at / 8];
            *octet = *octet & !mask | if state >> 5 == 1 { mask } else { 0 };
        }
        let oldest = u64::from_le_bytes(decisions[at]) >> state & 1;
        state = (state & 0x1F) << 1 | oldest as usize;
    }
}

/// What speaks against the symbols of a branch: the sum of the levels that have the other sign.
fn cost(symbols: u8, [g1, g2]: [i32; 2]) -> u32 {
    let against = |symbol: u8, level: i32| if symbol == 1 { level.max(0) } else { (-level).max(0) };
    (against(symbols >> 1, g1) + against(symbols & 1, g2)) as u32
}

/// Counts, for each octet of `bits`, the symbols whose sign is not what the encoder would have sent; erasures are
/// never wrong. `state` is the encoder's in front of `bits`.
pub(in crate::coding) fn compare(mut state: u8, pairs: &[u8], bits: &[u8], wrong: &mut [u8]) {
    for ((octet, pairs), wrong) in bits.iter().zip(pairs.as_chunks::<16>().0).zip(wrong) {
        *wrong = 0;
        for (at, pair) in pairs.as_chunks::<2>().0.iter().enumerate() {
            let bit = octet >> (7 - at) & 1;
            let sent = symbols(bit << 6 | state);
            state = next(state, bit);
            let differs = |symbol: u8, sent: u8| symbol != 0 && symbol >> 7 != sent;
            *wrong += u8::from(differs(pair[0], sent >> 1)) + u8::from(differs(pair[1], sent & 1));
        }
    }
}
