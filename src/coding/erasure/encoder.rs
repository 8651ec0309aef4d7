use super::Parameters;
use super::symbol::{LENGTH_LEN, Symbol};
use alloc::{vec, vec::Vec};
use reed_solomon_erasure::galois_8::ReedSolomon;

/// Why a unit was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The unit is longer than was agreed.
    #[error("erasure encoder: a unit of {len} octets where {max} are agreed")]
    Long {
        /// Octets of the unit.
        len: usize,
        /// Octets of the longest.
        max: usize,
    },
    /// Symbols still wait in `poll_transmit`.
    #[error("erasure encoder: symbols wait to be sent")]
    Busy,
}

/// The sending end: units in, symbols out.
///
/// After each [`push`](Self::push) and [`flush`](Self::flush), drain [`poll_transmit`](Self::poll_transmit). Memory:
/// `interleave` times `repair` shards.
#[derive(Debug)]
pub struct Encoder {
    parameters: Parameters,
    code: ReedSolomon,
    /// Blocks being filled, in turn.
    blocks: Vec<Block>,
    /// Number of the first of them.
    first_number: u32,
    /// Units taken since these blocks were begun.
    taken: usize,
    /// The unit taken last, as a shard.
    shard: Vec<u8>,
    due: Due,
}

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    /// The unit in the shard, of this length.
    Unit {
        len: usize,
    },
    /// Repair symbols from this one on, counted over all blocks.
    Repair {
        next: usize,
    },
}

#[derive(Debug)]
struct Block {
    /// Units in it.
    used: u8,
    /// Octets of its longest shard.
    longest: usize,
    repair: Vec<Vec<u8>>,
}

impl Encoder {
    /// A sender whose first block has the number 0.
    #[must_use]
    pub fn new(parameters: Parameters) -> Self {
        let repair = vec![vec![0; parameters.shard_len()]; parameters.repair().into()];
        let block = || Block { used: 0, longest: 0, repair: repair.clone() };
        Self {
            parameters,
            code: code(parameters),
            blocks: (0..parameters.interleave()).map(|_| block()).collect(),
            first_number: 0,
            taken: 0,
            shard: vec![0; parameters.shard_len()],
            due: Due::Nothing,
        }
    }

    /// Takes one unit.
    ///
    /// # Errors
    /// It is too long, or symbols wait to be sent; nothing has changed then.
    pub fn push(&mut self, unit: &[u8]) -> Result<(), RequestError> {
        let (len, max) = (unit.len(), self.parameters.max_unit_len());
        if len > max {
            return Err(RequestError::Long { len, max });
        }
        if self.due != Due::Nothing {
            return Err(RequestError::Busy);
        }
        let (shard, filler) = self.shard.split_at_mut(LENGTH_LEN + len);
        let (length, octets) = shard.split_at_mut(LENGTH_LEN);
        // A unit has at most 65,533 octets.
        length.copy_from_slice(&(len as u16).to_be_bytes());
        octets.copy_from_slice(unit);
        filler.fill(0);
        let blocks = self.blocks.len();
        let block = &mut self.blocks[self.taken % blocks];
        // Shards have equal lengths and come in order, so that nothing is refused.
        let _ = self.code.encode_single_sep(block.used.into(), &self.shard, &mut block.repair);
        block.used += 1;
        block.longest = block.longest.max(LENGTH_LEN + len);
        self.taken += 1;
        self.due = Due::Unit { len };
        Ok(())
    }

    /// Ends the blocks being filled: their repair symbols are sent now. Call it when no unit is to come for a while.
    ///
    /// # Errors
    /// Symbols wait to be sent.
    pub fn flush(&mut self) -> Result<(), RequestError> {
        if self.due != Due::Nothing {
            return Err(RequestError::Busy);
        }
        if self.taken > 0 {
            self.due = Due::Repair { next: 0 };
        }
        Ok(())
    }

    /// Writes the next symbol to the front of `out`, which has room for
    /// [`max_symbol_len`](Parameters::max_symbol_len) octets. With less, a symbol that does not fit waits.
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        match self.due {
            Due::Nothing => None,
            Due::Unit { len } => {
                let (number, index) =
                    ((self.taken - 1) % self.blocks.len(), (self.taken - 1) / self.blocks.len());
                let octets = &self.shard[LENGTH_LEN..LENGTH_LEN + len];
                // An index is below the units of a block.
                let symbol = Symbol { block: self.number(number), index: index as u8, used: 0, octets };
                let written = symbol.encode(self.parameters, out)?;
                let whole = self.taken == self.blocks.len() * usize::from(self.parameters.data());
                self.due = if whole { Due::Repair { next: 0 } } else { Due::Nothing };
                Some(written)
            }
            Due::Repair { next } => {
                // Of each block in turn, so that a fade takes few of each.
                let (number, row) = (next % self.blocks.len(), next / self.blocks.len());
                let block = &self.blocks[number];
                let symbol = Symbol {
                    block: self.number(number),
                    // Units and repair symbols are at most 255.
                    index: self.parameters.data() + row as u8,
                    used: block.used,
                    octets: &block.repair[row][..block.longest],
                };
                let written = symbol.encode(self.parameters, out)?;
                self.due = self.repair_from(next + 1);
                Some(written)
            }
        }
    }

    /// The next repair symbol of a block that is not empty; when there is none, new blocks are begun.
    fn repair_from(&mut self, mut next: usize) -> Due {
        let all = self.blocks.len() * usize::from(self.parameters.repair());
        while next < all {
            if self.blocks[next % self.blocks.len()].used > 0 {
                return Due::Repair { next };
            }
            next += 1;
        }
        for block in &mut self.blocks {
            (block.used, block.longest) = (0, 0);
        }
        self.taken = 0;
        self.first_number = self.first_number.wrapping_add(self.parameters.interleave().into());
        Due::Nothing
    }

    fn number(&self, block: usize) -> u32 {
        self.first_number.wrapping_add(block as u32)
    }
}

pub(super) fn code(parameters: Parameters) -> ReedSolomon {
    ReedSolomon::new(parameters.data().into(), parameters.repair().into())
        .expect("checked parameters give at most 255 symbols, and both kinds")
}
