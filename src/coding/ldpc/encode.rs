//! Encoding: dense circulants times message, over 64-bit words.
//!
//! A block of `size` bits is a polynomial modulo x^size - 1, in words whose most significant bit comes first. A 1
//! of the parity-check matrix turns a block; the few dense circulants multiply it.
//!
//! In an AR4JA matrix, by submatrices, the sent parity c3 and c4 and the punctured bits c5 follow from the message m
//! as c3 = (I + Π1) c5, c4 = r2 + (Π2 + Π3 + Π4) c5 and r3 + (Π7 + Π8) c4 + c5 = 0, where r2 and r3 are what the
//! second and third row of submatrices make of m. So c5 = T⁻¹ (r3 + (Π7 + Π8) r2) with one dense matrix T⁻¹ that
//! depends on the submatrix size alone.
//!
//! The telecommand codes have tables of their own, except in the reference.

use super::code::Code;
use super::generators as dense;
use super::graph::Graph;
use super::product::{Scratch, add_product};
use super::telecommand;
use crate::coding::KernelLevel;
use crate::wire::EncodeError;
use core::ops::Range;

/// Makes codewords of one code.
#[derive(Clone, Debug)]
pub struct Encoder {
    code: Code,
    level: KernelLevel,
    graph: Graph,
}

impl Encoder {
    /// An encoder on the fastest kernel of this machine.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, level: KernelLevel::best(), graph: Graph::new(code) }
    }

    /// An encoder on a certain kernel; `None` when this machine has it not.
    #[must_use]
    pub fn with_level(code: Code, level: KernelLevel) -> Option<Self> {
        level.is_available().then(|| Self { level, ..Self::new(code) })
    }

    /// Writes the codeword of `message` to the front of `codeword` and returns its length in octets.
    ///
    /// Needs about 14 KiB of stack.
    ///
    /// # Errors
    /// A message that is not [`Code::message_len`] octets long, or too little room.
    pub fn encode(&self, message: &[u8], codeword: &mut [u8]) -> Result<usize, EncodeError> {
        let (code, available) = (self.code, codeword.len());
        if message.len() != code.message_len() {
            return Err(EncodeError::Field {
                unit: "LDPC",
                field: "message length",
                value: message.len() as u64,
            });
        }
        let required = code.codeword_len();
        let Some(codeword) = codeword.get_mut(..required) else {
            return Err(EncodeError::Room { required, available });
        };
        let (information, parity) = codeword.split_at_mut(message.len());
        information.copy_from_slice(message);
        match code {
            Code::Ar4ja(..) => self.ar4ja(message, parity),
            Code::C2 => self.c2(message, parity),
            _ if self.level != KernelLevel::Reference => telecommand::parity(message, parity),
            Code::Tc128 => self.tc(&dense::TC_G_128, message, parity),
            Code::Tc256 => self.tc(&dense::TC_G_256, message, parity),
            Code::Tc512 => self.tc(&dense::TC_G_512, message, parity),
        }
        Ok(required)
    }

    fn ar4ja(&self, message: &[u8], parity: &mut [u8]) {
        let size = self.graph.size;
        let inverse: &[u64] = match 4 * size {
            128 => &dense::AR4JA_128,
            256 => &dense::AR4JA_256,
            512 => &dense::AR4JA_512,
            1024 => &dense::AR4JA_1024,
            2048 => &dense::AR4JA_2048,
            4096 => &dense::AR4JA_4096,
            _ => &dense::AR4JA_8192,
        };
        let words = words(size);
        let blocks = 8 * message.len() / size;
        let mut information = [0; MAX_MESSAGE];
        let information = &mut information[..blocks * words];
        for (block, into) in information.chunks_exact_mut(words).enumerate() {
            read_bits(message, block * size, size, into);
        }
        let (all, parity_columns) = (0..blocks, blocks + 4..blocks + 8);
        let punctured = self.graph.columns - 4..self.graph.columns;
        let [mut c3, mut r2, mut r3, mut c5] = [[0; FOUR]; 4];
        let [c3, r2, r3, c5] = [&mut c3, &mut r2, &mut r3, &mut c5].map(|blocks| &mut blocks[..4 * words]);
        self.sparse(4, &all, information, r2);
        self.sparse(8, &all, information, r3);
        self.sparse(8, &parity_columns, r2, r3);
        self.dense(inverse, r3, c5);
        self.sparse(0, &punctured, c5, c3);
        self.sparse(4, &punctured, c5, r2);
        for (block, bits) in c3.chunks_exact(words).chain(r2.chunks_exact(words)).enumerate() {
            write_bits(parity, block * size, size, bits);
        }
    }

    fn c2(&self, message: &[u8], parity: &mut [u8]) {
        let size = self.graph.size;
        let mut information = [0; 14 * 8];
        // The zeros that are not sent shift all blocks.
        let zeros = self.code.leading_zeros();
        for (block, into) in information.chunks_exact_mut(8).enumerate() {
            match (block * size).checked_sub(zeros) {
                Some(at) => read_bits(message, at, size, into),
                None => {
                    read_bits(message, 0, size - zeros, into);
                    for word in (0..8).rev() {
                        let above = if word > 0 { into[word - 1] << (64 - zeros) } else { 0 };
                        into[word] = into[word] >> zeros | above;
                    }
                }
            }
        }
        let mut blocks = [0; 2 * 8];
        self.dense(&dense::C2_G, &information, &mut blocks);
        parity.fill(0);
        for (block, bits) in blocks.chunks_exact(8).enumerate() {
            write_bits(parity, block * size, size, bits);
        }
    }

    fn tc(&self, generator: &[u64; 16], message: &[u8], parity: &mut [u8]) {
        let size = self.graph.size;
        let [mut information, mut blocks] = [[0; 4]; 2];
        for (block, into) in information.chunks_exact_mut(1).enumerate() {
            read_bits(message, block * size, size, into);
        }
        self.dense(generator, &information, &mut blocks);
        for (block, bits) in blocks.chunks_exact(1).enumerate() {
            write_bits(parity, block * size, size, bits);
        }
    }

    /// Adds to four blocks what four rows of circulants make of the blocks in `columns`.
    fn sparse(&self, row: usize, columns: &Range<usize>, blocks: &[u64], into: &mut [u64]) {
        let words = words(self.graph.size);
        for (edges, into) in self.graph.rows().skip(row).zip(into.chunks_exact_mut(words)) {
            for edge in edges {
                if let Some(block) = usize::from(edge.column).checked_sub(columns.start)
                    && usize::from(edge.column) < columns.end
                {
                    let turned = &blocks[block * words..][..words];
                    add_turned(turned, usize::from(edge.shift), self.graph.size, into);
                }
            }
        }
    }

    /// A matrix of dense circulants, row after row, times blocks.
    fn dense(&self, matrix: &[u64], blocks: &[u64], into: &mut [u64]) {
        let words = words(self.graph.size);
        let mut scratch = Scratch::new();
        for (row, into) in matrix.chunks_exact(blocks.len()).zip(into.chunks_exact_mut(words)) {
            add_product(self.level, self.graph.size, row, blocks, into, &mut scratch);
        }
    }
}

/// Words of the longest message.
const MAX_MESSAGE: usize = 16384 / 64;
/// Words of four of the largest blocks.
const FOUR: usize = 4 * 2048 / 64;

/// Words that a block of `size` bits takes.
const fn words(size: usize) -> usize {
    size.div_ceil(64)
}

/// Adds `block` with bit i + shift moved to bit i.
fn add_turned(block: &[u64], shift: usize, size: usize, into: &mut [u64]) {
    if let ([block], [into]) = (block, &mut *into)
        && size < 64
    {
        *into ^= (block << shift | block >> (size - shift)) & !0 << (64 - size);
        return;
    }
    let (skip, bits) = (shift / 64, shift % 64);
    let (head, tail) = into.split_at_mut(block.len() - skip);
    let next = |word: u64, next: u64| word << bits | next >> 1 >> (63 - bits);
    for (into, pair) in head.iter_mut().zip(block[skip..].windows(2)) {
        *into ^= next(pair[0], pair[1]);
    }
    if let (Some(into), Some(&last)) = (head.last_mut(), block.last()) {
        *into ^= next(last, block[0]);
    }
    for (into, pair) in tail.iter_mut().zip(block.windows(2)) {
        *into ^= next(pair[0], pair[1]);
    }
}

/// `size` bits of packed octets from bit `at` on.
fn read_bits(octets: &[u8], at: usize, size: usize, into: &mut [u64]) {
    for (word, into) in into.iter_mut().enumerate() {
        let (bit, left) = (at + 64 * word, size - 64 * word);
        let mut nine = [0; 16];
        let from = octets.get(bit / 8..).unwrap_or_default();
        let len = from.len().min(9);
        nine[..len].copy_from_slice(&from[..len]);
        *into = (u128::from_be_bytes(nine) << (bit % 8) >> 64) as u64;
        if left < 64 {
            *into &= !0 << (64 - left);
        }
    }
}

/// Writes `size` bits from bit `at` on; what is behind them in the last octet becomes zero.
fn write_bits(octets: &mut [u8], at: usize, size: usize, bits: &[u64]) {
    for (word, &bits) in bits.iter().enumerate() {
        let bit = at + 64 * word;
        let len = (bit % 8 + (size - 64 * word).min(64)).div_ceil(8);
        let shifted = (u128::from(bits) << 64 >> (bit % 8)).to_be_bytes();
        let into = &mut octets[bit / 8..][..len];
        let kept = into[0] & !(0xFF >> (bit % 8));
        into.copy_from_slice(&shifted[..len]);
        into[0] |= kept;
    }
}
