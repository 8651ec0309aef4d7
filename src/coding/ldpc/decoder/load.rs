//! Soft bits into beliefs, beliefs into a message.

use super::batch::MOST_LANES;
use super::kernel::{MARGIN, block_len, block_start, padded};
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

/// Brings the mean confidence of a codeword's soft bits to a fixed value.
#[derive(Clone, Copy)]
struct Scale(u32);

impl Scale {
    /// Erasures do not count.
    fn new(soft: &[i8], mean: u8) -> Self {
        let sum: u32 = soft.iter().map(|&soft| u32::from(soft.unsigned_abs())).sum();
        let count = soft.iter().filter(|&&soft| soft != 0).count() as u32;
        Self((u32::from(mean) * count * 256).checked_div(sum).unwrap_or(0))
    }

    /// Held to ±127.
    #[inline(always)]
    fn apply(self, soft: i8) -> i8 {
        let magnitude = (u32::from(soft.unsigned_abs()) * self.0 + 128) >> 8;
        let magnitude = magnitude.min(127) as i8;
        if soft < 0 { -magnitude } else { magnitude }
    }
}

/// Puts a codeword into one lane.
pub fn lane(soft: &[i8], mean: u8, lane: usize, lanes: usize, beliefs: &mut [i8]) {
    let scale = Scale::new(soft, mean);
    for (beliefs, &soft) in beliefs.chunks_exact_mut(lanes).zip(soft) {
        beliefs[lane] = scale.apply(soft);
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
    pub fn is_decided(self, code: Code, beliefs: &[i8]) -> bool {
        let blocks = beliefs.chunks_exact(self.len).map(|block| &block[self.first..][..self.size]);
        let mut odd = 0_u16;
        for (number, block) in blocks.enumerate() {
            let (least, ones) = block.iter().fold((u8::MAX, 0_u16), |(least, ones), belief| {
                (least.min(belief.unsigned_abs()), ones + u16::from(*belief < 0))
            });
            if least == 0 {
                return false;
            }
            if code == Code::C2 {
                odd |= (ones & 1) << number;
            }
        }
        C2_PARITIES.iter().all(|blocks| (odd & blocks).count_ones().is_multiple_of(2))
    }

    /// Writes the message and counts the sent bits that differ from what was received.
    pub fn unload(self, code: Code, beliefs: &[i8], soft: &[i8], message: &mut [u8]) -> u16 {
        let mut corrected = 0;
        let mut rest = soft;
        for (start, len) in self.stretches(code) {
            let (now, later) = rest.split_at(len);
            let beliefs = &beliefs[start..][..len];
            corrected +=
                now.iter().zip(beliefs).filter(|(soft, belief)| (**soft < 0) != (**belief < 0)).count();
            rest = later;
        }
        // Octets cut across blocks, so a stretch is taken eight bits at a time through a window.
        let (mut window, mut held, mut octets) = (0_u32, 0, message.iter_mut());
        'message: for (start, len) in self.stretches(code) {
            for belief in &beliefs[start..][..len] {
                window = window << 1 | u32::from(*belief < 0);
                held += 1;
                if held == 8 {
                    let Some(octet) = octets.next() else { break 'message };
                    *octet = window as u8;
                    held = 0;
                }
            }
        }
        corrected as u16
    }
}

/// Blocks of the 7/8 code whose parities add up to zero, a bit each: a block of parity and the blocks of information
/// whose circulants of annex C have an odd weight.
const C2_PARITIES: [u16; 2] = [0b0110_0111_0110_0000, 0b1011_1110_1011_0000];
