//! Soft bits into beliefs, beliefs into a message.

use super::batch::{MOST_LANES, MOST_VARIABLES};
use super::kernel::{MARGIN, block_len, block_start, padded};
use super::lanes::Lanes;
use crate::coding::ldpc::code::Code;
use crate::coding::ldpc::graph::Graph;
use crate::coding::{KernelLevel, soft};

/// How many codewords lie side by side, where a code is decoded that way.
pub fn lanes(code: Code, level: KernelLevel) -> Option<usize> {
    let short = matches!(code, Code::Tc128 | Code::Tc256 | Code::Tc512);
    match level {
        KernelLevel::Reference => None,
        KernelLevel::Portable | KernelLevel::Neon => short.then_some(16),
        KernelLevel::Avx2 => short.then_some(32),
        KernelLevel::Avx512 => short.then_some(MOST_LANES),
    }
}

/// Octets that beliefs take.
pub fn belief_len(graph: &Graph, code: Code, level: KernelLevel) -> usize {
    match lanes(code, level) {
        Some(lanes) => graph.variables() * lanes,
        None => graph.columns * Blocks::new(graph, level).len,
    }
}

/// Octets that messages take.
pub fn message_len(graph: &Graph, code: Code, level: KernelLevel) -> usize {
    graph.edges()
        * match lanes(code, level) {
            Some(lanes) => graph.size * lanes,
            None if level == KernelLevel::Reference => graph.size,
            None => padded(graph.size),
        }
}

/// Brings the mean confidence of a codeword's soft bits to a fixed value: by so many 256ths.
#[derive(Clone, Copy)]
struct Scale(u16);

impl Scale {
    /// Erasures do not count.
    #[inline(always)]
    fn new(soft: &[i8], mean: u8) -> Self {
        let (chunks, rest) = soft.as_chunks::<64>();
        let (mut sum, mut count) = confidence(rest);
        for chunk in chunks {
            let (more, those) = confidence(chunk);
            (sum, count) = (sum + more, count + those);
        }
        // The mean of what counts is at least 1, so no more than 256 times the mean asked for.
        Self((u32::from(mean) * 256 * count).checked_div(sum).unwrap_or(0) as u16)
    }

    /// Rounded, and held to ±127.
    #[inline(always)]
    fn apply(self, soft: i8) -> i8 {
        // In 16 bits, for the sake of vectors: twice the product, by the upper half of a multiplication.
        let magnitude = u16::from(soft.unsigned_abs().min(127)) << 9;
        let twice = ((u32::from(magnitude) * u32::from(self.0)) >> 16) as u16;
        let magnitude = ((twice + 1) >> 1).min(127) as i8;
        (magnitude ^ soft >> 7).wrapping_sub(soft >> 7)
    }
}

/// Sum and number of the confidences other than 0 in up to 64 soft bits.
#[inline(always)]
fn confidence(soft: &[i8]) -> (u32, u32) {
    let (mut sum, mut count) = (0_u16, 0_u16);
    for soft in soft {
        sum += u16::from(soft.unsigned_abs());
        count += u16::from(*soft != 0);
    }
    (sum.into(), count.into())
}

/// Puts short codewords of `bits` soft bits side by side, one in each lane.
#[inline(always)]
pub fn side_by_side(soft: &[i8], bits: usize, mean: u8, lanes: usize, beliefs: &mut [i8]) {
    // Eight at a time, for that many octets move as a word.
    let mut eight = [[0; MOST_VARIABLES]; 8];
    for (group, soft) in soft.chunks(8 * bits).enumerate() {
        for (scaled, soft) in eight.iter_mut().zip(soft.chunks_exact(bits)) {
            let scale = Scale::new(soft, mean);
            for (scaled, &soft) in scaled.iter_mut().zip(soft) {
                *scaled = scale.apply(soft);
            }
        }
        for (bit, beliefs) in beliefs.chunks_exact_mut(lanes).enumerate().take(bits) {
            let into = &mut beliefs[8 * group..][..8];
            for lane in 0..8 {
                into[lane] = eight[lane][bit];
            }
        }
    }
}

/// Where the blocks of beliefs of one codeword lie.
#[derive(Clone, Copy)]
pub struct Blocks {
    size: usize,
    /// Whether the head of each block stands behind its end once more.
    turned: bool,
    first: usize,
    len: usize,
}

impl Blocks {
    pub fn new(graph: &Graph, level: KernelLevel) -> Self {
        let size = graph.size;
        if level == KernelLevel::Reference {
            Self { size, turned: false, first: 0, len: size }
        } else {
            Self { size, turned: true, first: block_start(size, 0), len: block_len(size) }
        }
    }

    /// The stretches of beliefs that a sent codeword's bits lie in, one after the other.
    #[inline(always)]
    fn stretches(self, code: Code) -> impl Iterator<Item = (usize, usize)> {
        let mut at = code.leading_zeros();
        let end = at + code.codeword_bits() - code.filler();
        core::iter::from_fn(move || {
            let (block, inside) = (at / self.size, at % self.size);
            let len = (self.size - inside).min(end - at);
            at += len;
            (len > 0).then_some((self.first + block * self.len + inside, len))
        })
    }

    #[inline(always)]
    pub fn load(self, soft: &[i8], code: Code, mean: u8, beliefs: &mut [i8]) {
        let soft = &soft[..soft.len() - code.filler()];
        let scale = Scale::new(soft, mean);
        beliefs[self.first..][..code.leading_zeros()].fill(soft::SURE);
        let mut rest = soft;
        for (start, len) in self.stretches(code) {
            let (now, later) = rest.split_at(len);
            for (belief, &soft) in beliefs[start..][..len].iter_mut().zip(now) {
                *belief = scale.apply(soft);
            }
            rest = later;
        }
        if self.turned {
            for block in beliefs.chunks_exact_mut(self.len) {
                let (head, tail) = block.split_at_mut(self.first + self.size);
                let len = MARGIN.min(self.size);
                tail[..len].copy_from_slice(&head[self.first..][..len]);
            }
        }
    }

    /// Whether no belief is left in doubt, and the codeword is one that the encoder makes: to the matrix of the 7/8
    /// code, of rank 1020, two more checks belong, over the parities of its blocks.
    #[inline(always)]
    pub fn is_decided(self, code: Code, beliefs: &[i8]) -> bool {
        let blocks = beliefs.chunks_exact(self.len).map(|block| &block[self.first..][..self.size]);
        let mut odd = 0_u16;
        for (number, block) in blocks.enumerate() {
            let (mut least, mut ones) = (u8::MAX, 0);
            for belief in block {
                least = least.min(belief.unsigned_abs());
                ones ^= u16::from(*belief as u8 >> 7);
            }
            if least == 0 {
                return false;
            }
            if code == Code::C2 {
                odd |= ones << number;
            }
        }
        C2_PARITIES.iter().all(|blocks| (odd & blocks).count_ones().is_multiple_of(2))
    }

    /// Writes the message and counts the sent bits that differ from what was received.
    #[inline(always)]
    pub fn unload<V: Lanes>(
        self,
        token: V::Token,
        code: Code,
        beliefs: &[i8],
        soft: &[i8],
        message: &mut [u8],
    ) -> u16 {
        let mut corrected = 0;
        let mut rest = soft;
        for (start, len) in self.stretches(code) {
            let (now, later) = rest.split_at(len);
            for (beliefs, soft) in beliefs[start..][..len].chunks(64).zip(now.chunks(64)) {
                let mut differ = 0;
                for (belief, soft) in beliefs.iter().zip(soft) {
                    differ += (belief ^ soft) as u8 >> 7;
                }
                corrected += u16::from(differ);
            }
            rest = later;
        }
        // Stretches end within octets, so bits go through a window, the first to leave on top.
        let (mut window, mut held, mut octets) = (0_u128, 0, message.iter_mut());
        for (start, len) in self.stretches(code) {
            for at in (0..len).step_by(V::LEN) {
                // The lanes of the last vector that lie behind the stretch are shifted out.
                let bits = V::load(token, beliefs, start + at).negatives().reverse_bits();
                let count = (len - at).min(V::LEN);
                window |= u128::from(bits & !0 << (64 - count)) << 64 >> held;
                held += count;
                while held >= 8 {
                    let Some(octet) = octets.next() else { return corrected };
                    *octet = (window >> 120) as u8;
                    window <<= 8;
                    held -= 8;
                }
            }
        }
        corrected
    }
}

/// Blocks of the 7/8 code whose parities add up to zero, a bit each: a block of parity and the blocks of information
/// whose circulants of annex C have an odd weight.
const C2_PARITIES: [u16; 2] = [0b0110_0111_0110_0000, 0b1011_1110_1011_0000];
