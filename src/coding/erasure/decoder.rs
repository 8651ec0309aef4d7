use super::Parameters;
use super::encoder::code;
use super::symbol::{LENGTH_LEN, Symbol};
use crate::wire::DecodeError;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use alloc::{borrow::ToOwned, vec};
use reed_solomon_erasure::galois_8::ReedSolomon;

/// A unit that was received or computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The block it was sent in.
    pub block: u32,
    /// Its place in the block.
    pub index: u8,
    /// It was lost and has been computed.
    pub repaired: bool,
    /// What was pushed into the encoder.
    pub octets: Vec<u8>,
}

/// Why a symbol was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is no symbol of this link.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// Its block has left the window.
    #[error("erasure decoder: block {block} has left the window")]
    Late {
        /// The symbol's block.
        block: u32,
    },
    /// It is at odds with symbols of its block that came before.
    #[error("erasure decoder: symbol {index} of block {block} contradicts others")]
    Contradiction {
        /// The symbol's block.
        block: u32,
        /// Its place there.
        index: u8,
    },
    /// Units wait in `poll_event`.
    #[error("erasure decoder: units wait to be taken")]
    Busy,
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecoderCounts {
    /// Units that came.
    pub received: u64,
    /// Units that were lost and computed.
    pub repaired: u64,
    /// Units known to be lost for good: their blocks left the window.
    pub lost: u64,
    /// Symbols of blocks that were whole already, and symbols that came twice.
    pub surplus: u64,
    /// Symbols refused.
    pub refused: u64,
}

/// The receiving end: symbols in, units out.
///
/// Units that come are handed out at once, those that are computed as soon as enough of their block has come, so not
/// in order: [`Unit::block`] and [`Unit::index`] tell the order. No unit is handed out twice while its block is in
/// the window. After each [`handle_input`](Self::handle_input), drain [`poll_event`](Self::poll_event).
#[derive(Debug)]
pub struct Decoder {
    parameters: Parameters,
    code: ReedSolomon,
    /// Blocks of the window, by how far they are behind the newest.
    blocks: BTreeMap<u32, Block>,
    newest: Option<u32>,
    events: VecDeque<Unit>,
    counts: DecoderCounts,
}

#[derive(Debug)]
struct Block {
    /// Octets of units and of repair symbols, by index; empty once nothing is to be computed any more.
    shards: Vec<Option<Vec<u8>>>,
    units: u8,
    repair: u8,
    /// What repair symbols say: units in the block, and their own length.
    known: Option<Known>,
    whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    used: u8,
    shard_len: usize,
}

impl Decoder {
    /// A receiver that has not heard anything.
    #[must_use]
    pub fn new(parameters: Parameters) -> Self {
        Self {
            parameters,
            code: code(parameters),
            blocks: BTreeMap::new(),
            newest: None,
            events: VecDeque::new(),
            counts: DecoderCounts::default(),
        }
    }

    /// Takes one symbol.
    ///
    /// # Errors
    /// The symbol was refused and the decoder is unharmed.
    pub fn handle_input(&mut self, symbol: &[u8]) -> Result<(), Refused> {
        let taken = self.take(symbol);
        self.counts.refused += u64::from(taken.is_err());
        taken
    }

    /// The next unit.
    pub fn poll_event(&mut self) -> Option<Unit> {
        self.events.pop_front()
    }

    /// Totals since the start.
    #[must_use]
    pub fn counts(&self) -> DecoderCounts {
        self.counts
    }

    /// Octets of symbols held for blocks that are not whole.
    #[must_use]
    pub fn held_len(&self) -> usize {
        self.blocks.values().flat_map(|block| block.shards.iter().flatten()).map(Vec::len).sum()
    }

    /// Gives up the blocks in the window, at the end of a pass, and counts what they lack.
    pub fn close(&mut self) {
        while let Some((_, block)) = self.blocks.pop_first() {
            self.counts.lost += block.missing(self.parameters);
        }
        self.newest = None;
    }

    fn take(&mut self, octets: &[u8]) -> Result<(), Refused> {
        if !self.events.is_empty() {
            return Err(Refused::Busy);
        }
        let symbol = Symbol::decode(self.parameters, octets)?;
        self.admit(symbol.block)?;
        let symbols = usize::from(self.parameters.data() + self.parameters.repair());
        let block = self.blocks.entry(symbol.block).or_insert_with(|| Block::new(symbols));
        if block.whole || block.shards[usize::from(symbol.index)].is_some() {
            self.counts.surplus += 1;
            return Ok(());
        }
        if !block.fits(&symbol) {
            return Err(Refused::Contradiction { block: symbol.block, index: symbol.index });
        }
        block.shards[usize::from(symbol.index)] = Some(symbol.octets.to_owned());
        if symbol.used > 0 {
            block.repair += 1;
            block.known = Some(Known { used: symbol.used, shard_len: symbol.octets.len() });
        } else {
            block.units += 1;
            self.counts.received += 1;
            let octets = symbol.octets.to_owned();
            self.events.push_back(Unit { block: symbol.block, index: symbol.index, repaired: false, octets });
        }
        if block.units == self.parameters.data() || block.known.is_some_and(|known| block.units == known.used)
        {
            block.finish();
        } else if let Some(known) = block.known
            && block.units + block.repair >= known.used
        {
            let events = self.events.len();
            block.rebuild(&self.code, known, symbol.block, &mut self.events);
            let repaired = (self.events.len() - events) as u64;
            self.counts.repaired += repaired;
            self.counts.lost += u64::from(known.used - block.units) - repaired;
            block.finish();
        }
        Ok(())
    }

    /// Moves the window on to a newer block, or refuses one that is too old.
    fn admit(&mut self, block: u32) -> Result<(), Refused> {
        let newest = *self.newest.get_or_insert(block);
        let window = self.parameters.window() as u32;
        let ahead = block.wrapping_sub(newest);
        if ahead <= u32::MAX / 2 {
            self.newest = Some(block);
            let (counts, parameters) = (&mut self.counts, self.parameters);
            self.blocks.retain(|&number, old| {
                let keep = block.wrapping_sub(number) < window;
                if !keep {
                    counts.lost += old.missing(parameters);
                }
                keep
            });
            return Ok(());
        }
        if newest.wrapping_sub(block) < window { Ok(()) } else { Err(Refused::Late { block }) }
    }
}

impl Block {
    fn new(symbols: usize) -> Self {
        Self { shards: vec![None; symbols], units: 0, repair: 0, known: None, whole: false }
    }

    /// Whether all repair symbols tell the same lengths, and no unit is beyond them.
    fn fits(&self, symbol: &Symbol<'_>) -> bool {
        if symbol.used == 0 {
            return self.known.is_none_or(|known| {
                symbol.index < known.used && symbol.octets.len() + LENGTH_LEN <= known.shard_len
            });
        }
        let new = Known { used: symbol.used, shard_len: symbol.octets.len() };
        let unit_fits = |(index, shard): (usize, &Option<Vec<u8>>)| {
            let Some(shard) = shard else { return true };
            index < usize::from(new.used) && shard.len() + LENGTH_LEN <= new.shard_len
        };
        match self.known {
            Some(known) => known == new,
            None => self.shards.iter().enumerate().all(unit_fits),
        }
    }

    /// Computes the units that are missing.
    fn rebuild(&mut self, code: &ReedSolomon, known: Known, number: u32, events: &mut VecDeque<Unit>) {
        let data = code.data_shard_count();
        let mut lost = Vec::new();
        for (index, shard) in self.shards.iter_mut().enumerate().take(data) {
            match shard {
                Some(unit) => *unit = shard_of(unit, known.shard_len),
                None if index < usize::from(known.used) => lost.push(index),
                // A block that ended early counts as filled up.
                None => *shard = Some(vec![0; known.shard_len]),
            }
        }
        if code.reconstruct_data(&mut self.shards).is_err() {
            return;
        }
        for index in lost {
            if let Some(octets) = self.shards[index].as_deref().and_then(unit_of) {
                // An index is below 255.
                events.push_back(Unit { block: number, index: index as u8, repaired: true, octets });
            }
        }
    }

    /// Nothing more is to be computed.
    fn finish(&mut self) {
        self.whole = true;
        self.shards = Vec::new();
    }

    /// Units that were not received; those behind the last received are not known of unless a repair symbol came.
    fn missing(&self, parameters: Parameters) -> u64 {
        if self.whole {
            return 0;
        }
        let units = self.shards.iter().take(parameters.data().into());
        let seen =
            units.enumerate().filter(|(_, unit)| unit.is_some()).map(|(index, _)| index + 1).next_back();
        let sent = self.known.map_or(seen.unwrap_or(0), |known| known.used.into());
        sent as u64 - u64::from(self.units)
    }
}

/// A unit behind its length, filled up with zeros.
fn shard_of(unit: &[u8], len: usize) -> Vec<u8> {
    let mut shard = Vec::with_capacity(len);
    // A unit has at most 65,533 octets.
    shard.extend_from_slice(&(unit.len() as u16).to_be_bytes());
    shard.extend_from_slice(unit);
    shard.resize(len, 0);
    shard
}

/// The unit in a shard; `None` when it is none, because symbols were wrong.
fn unit_of(shard: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = shard.split_first_chunk::<LENGTH_LEN>()?;
    let (unit, filler) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    filler.iter().all(|&octet| octet == 0).then(|| unit.to_owned())
}
