use super::bursts::{self, Bursts};
use super::decoder::MAX_CHECK;
use super::kernels::Rows;
use super::{Basis, Code, Corrected, Erased, FillErrors, ReedSolomon, Uncorrectable};
use crate::coding::{KernelLevel, ParameterError};
use crate::wire::EncodeError;

/// A codeblock: a frame spread symbol by symbol over several codewords, so that a burst hits each a little.
///
/// Octet n of the codeblock belongs to codeword n mod I. The frame goes first, unchanged, then the check symbols.
///
/// Source: CCSDS 131.0-B-5 §4.3.5 to §4.3.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interleaved {
    rs: ReedSolomon,
    depth: u8,
    bursts: bool,
}

impl Interleaved {
    /// Most codewords in a codeblock.
    pub const MAX_DEPTH: usize = 8;

    /// A codeblock of `depth` codewords with `fill` symbols of virtual fill in all of them together.
    ///
    /// # Errors
    /// [`ParameterError::Interleave`] when `depth` is not 1, 2, 3, 4, 5 or 8; [`ParameterError::UnevenFill`] when
    /// `fill` is no multiple of it; [`ParameterError::Fill`] when no information symbol would be left.
    pub fn new(code: Code, basis: Basis, depth: u8, fill: u16) -> Result<Self, ParameterError> {
        if !matches!(depth, 1 | 2 | 3 | 4 | 5 | 8) {
            return Err(ParameterError::Interleave { depth });
        }
        let wide_depth = depth as u16;
        let max = wide_depth * (code.data_len() as u16 - 1);
        if fill > max {
            return Err(ParameterError::Fill { fill, max });
        }
        if !fill.is_multiple_of(wide_depth) {
            return Err(ParameterError::UnevenFill { fill, depth });
        }
        let rs = ReedSolomon::new(code, basis).with_fill((fill / wide_depth) as u8)?;
        Ok(Self { rs, depth, bursts: false })
    }

    /// The codeblock on kernels of this level, or `None` where the machine has none.
    #[must_use]
    pub fn with_level(self, level: KernelLevel) -> Option<Self> {
        Some(Self { rs: self.rs.with_level(level)?, ..self })
    }

    /// The codeblock with another view of errors located in virtual fill.
    #[must_use]
    pub const fn with_fill_errors(self, fill_errors: FillErrors) -> Self {
        Self { rs: self.rs.with_fill_errors(fill_errors), ..self }
    }

    /// The codeblock with another view of bursts: whether errors are expected in them, as those of a Viterbi decoder
    /// come.
    ///
    /// If so, a codeword beyond repair is tried again with those of its symbols taken for erased that stand beside
    /// repaired symbols of other codewords. Four check symbols are kept unused, so that a word at random is taken for a
    /// codeword at odds below 10^-12.
    #[must_use]
    pub const fn with_bursts(self, bursts: bool) -> Self {
        Self { bursts, ..self }
    }

    /// What each codeword is.
    #[must_use]
    pub const fn codeword(&self) -> ReedSolomon {
        self.rs
    }

    /// Codewords in a codeblock: I.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth as usize
    }

    /// Octets of a frame.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        self.depth() * self.rs.data_len()
    }

    /// Octets of a codeblock as sent.
    #[must_use]
    pub const fn codeblock_len(&self) -> usize {
        self.depth() * self.rs.codeword_len()
    }

    /// Octets of check symbols in a codeblock.
    #[must_use]
    pub const fn check_len(&self) -> usize {
        self.depth() * self.rs.code.check_len()
    }

    /// Writes the codeblock of `frame` to the front of `out` and returns its length.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when `frame` has not [`frame_len`](Self::frame_len) octets, [`EncodeError::Room`]
    /// when `out` is too small.
    pub fn encode(&self, frame: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        if frame.len() != self.frame_len() {
            return Err(EncodeError::field("Reed-Solomon codeblock", "frame length", frame.len() as u64));
        }
        let (required, available) = (self.codeblock_len(), out.len());
        let block = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let (data, checks) = block.split_at_mut(frame.len());
        data.copy_from_slice(frame);
        let remainders = self.rs.remainders(self.depth(), frame);
        for (at, symbols) in checks.chunks_exact_mut(self.depth()).enumerate() {
            for (symbol, computed) in symbols.iter_mut().zip(&remainders) {
                *symbol = computed[at];
            }
        }
        Ok(required)
    }

    /// Repairs a codeblock in place and says for each codeword what became of it.
    ///
    /// `erasures`: positions in `block` of octets that are known to be unreliable, in any order. A codeword beyond
    /// repair is left as received; the others are repaired all the same.
    ///
    /// # Errors
    /// [`Uncorrectable::Length`] when `block` has not [`codeblock_len`](Self::codeblock_len) octets, and
    /// [`Uncorrectable::ErasurePosition`] when a mark is beyond it; `block` is then left as received.
    pub fn correct(&self, block: &mut [u8], erasures: &[u16]) -> Result<Codewords, Uncorrectable> {
        let (required, found) = (self.codeblock_len(), block.len());
        if found != required {
            return Err(Uncorrectable::Length { required, found });
        }
        let depth = self.depth();
        let mut erased = [Erased::default(); Self::MAX_DEPTH];
        for position in erasures.iter().map(|&position| usize::from(position)) {
            if position >= required {
                return Err(Uncorrectable::ErasurePosition { position, len: required });
            }
            erased[position % depth].insert(position / depth);
        }
        let syndromes = self.rs.syndromes(depth, block);
        let mut repaired = self.bursts.then(Bursts::new);
        let mut outcomes = [Ok(Corrected::default()); Self::MAX_DEPTH];
        for (codeword, outcome) in outcomes[..depth].iter_mut().enumerate() {
            *outcome = self.rs.repair(&syndromes[codeword], &erased[codeword], |position, change| {
                if let Some(symbol) = block.get_mut(position * depth + codeword) {
                    *symbol ^= change;
                    if let Some(repaired) = &mut repaired {
                        repaired.note(codeword, position);
                    }
                }
            });
        }
        if let Some(repaired) = repaired.filter(|_| erasures.is_empty()) {
            self.correct_beside(block, &syndromes, repaired, &mut outcomes[..depth]);
        }
        Ok(Codewords { outcomes, depth: self.depth })
    }

    /// Tries codewords beyond repair again, as long as what is repaired of one may tell about another.
    fn correct_beside(
        &self,
        block: &mut [u8],
        syndromes: &Rows,
        mut repaired: Bursts,
        outcomes: &mut [Result<Corrected, Uncorrectable>],
    ) {
        let (depth, len) = (self.depth(), self.rs.codeword_len());
        let mut progress = true;
        while progress && outcomes.iter().any(Result::is_err) {
            progress = false;
            for (codeword, outcome) in outcomes.iter_mut().enumerate().filter(|(_, outcome)| outcome.is_err())
            {
                for most in bursts::TRIES {
                    let erased = repaired.beside(codeword, depth, len, most);
                    if erased.count == 0 {
                        break;
                    }
                    let mut changes = [(0, 0); MAX_CHECK];
                    let mut count = 0;
                    let found = self.rs.repair(&syndromes[codeword], &erased, |position, change| {
                        changes[count] = (position, change);
                        count += 1;
                    });
                    let Some(corrected) =
                        found.ok().filter(|&found| bursts::is_trusted(self.rs.code, &erased, found))
                    else {
                        continue;
                    };
                    for &(position, change) in &changes[..count] {
                        block[position * depth + codeword] ^= change;
                        repaired.note(codeword, position);
                    }
                    *outcome = Ok(corrected);
                    progress = true;
                    break;
                }
            }
        }
    }
}

/// What became of each codeword of a codeblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codewords {
    outcomes: [Result<Corrected, Uncorrectable>; Interleaved::MAX_DEPTH],
    depth: u8,
}

impl Codewords {
    /// The codewords in order.
    pub fn each(&self) -> &[Result<Corrected, Uncorrectable>] {
        &self.outcomes[..usize::from(self.depth)]
    }

    /// Symbols repaired in all codewords together.
    #[must_use]
    pub fn symbols(&self) -> u16 {
        self.each().iter().flatten().map(|corrected| u16::from(corrected.symbols())).sum()
    }

    /// Codewords left as received.
    #[must_use]
    pub fn uncorrectable(&self) -> u8 {
        self.each().iter().filter(|outcome| outcome.is_err()).count() as u8
    }
}
