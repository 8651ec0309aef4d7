use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use bytes::Bytes;

use crate::ltp::SessionId;

/// Green blocks that are being put together: what was lost of one never comes, and the oldest are given up for new ones.
#[derive(Debug, Default)]
pub(super) struct GreenBlocks {
    /// In order of their first pieces.
    blocks: VecDeque<(SessionId, Block)>,
    /// What all of them take.
    held: usize,
}

#[derive(Debug, Default)]
struct Block {
    pieces: BTreeMap<u64, Bytes>,
    received: u64,
    len: Option<u64>,
    held: usize,
}

/// Octets that incomplete blocks may take, with what a piece takes beside its own.
const MAX_HELD: usize = 16 << 20;
const PIECE: usize = 128;
/// How many incomplete blocks there may be.
const MAX_BLOCKS: usize = 256;

impl GreenBlocks {
    /// Adds a piece, and returns the block when it was the last one missing.
    pub fn add(&mut self, session: SessionId, offset: u64, data: Bytes, end_of_block: bool) -> Option<Bytes> {
        let known = self.blocks.iter().rposition(|(other, _)| *other == session);
        if known.is_none() && offset == 0 && end_of_block {
            return Some(data);
        }
        let at = known.unwrap_or_else(|| {
            self.blocks.push_back((session, Block::default()));
            self.blocks.len() - 1
        });
        let (_, block) = &mut self.blocks[at];
        let before = block.held;
        block.add(offset, data, end_of_block);
        self.held += block.held - before;
        if block.len == Some(block.received) {
            // Whether or not it is of use, it is looked at once.
            return self.take(at)?.whole();
        }
        while self.held > MAX_HELD || self.blocks.len() > MAX_BLOCKS {
            self.take(0);
        }
        None
    }

    fn take(&mut self, at: usize) -> Option<Block> {
        let (_, block) = self.blocks.remove(at)?;
        self.held -= block.held;
        Some(block)
    }
}

impl Block {
    fn add(&mut self, offset: u64, data: Bytes, end_of_block: bool) {
        let len = data.len() as u64;
        if end_of_block {
            self.len = offset.checked_add(len);
        }
        if !self.pieces.contains_key(&offset) {
            self.received += len;
            self.held += data.len() + PIECE;
            self.pieces.insert(offset, data);
        }
    }

    /// The octets of a block of which as many have come as there are.
    fn whole(&self) -> Option<Bytes> {
        let mut octets = Vec::with_capacity(usize::try_from(self.received).ok()?);
        for (offset, piece) in &self.pieces {
            // Pieces that overlap are not what a sender makes.
            if *offset != octets.len() as u64 {
                return None;
            }
            octets.extend_from_slice(piece);
        }
        Some(octets.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ltp::EngineId;

    #[test]
    fn pieces_that_overlap_are_looked_at_once() {
        let session = SessionId { originator: EngineId(2), number: 1 };
        let mut green = GreenBlocks::default();
        let mut add = |offset, data: &'static [u8], end| {
            let whole = green.add(session, offset, Bytes::from_static(data), end);
            (whole, green.held)
        };
        assert_eq!(add(0, &[1, 2], false), (None, PIECE + 2));
        assert_eq!(add(1, &[2], false), (None, 2 * PIECE + 3));
        // As many octets as the block has, and a hole in them.
        assert_eq!(add(3, &[4], true), (None, 0));
        assert_eq!(add(0, &[1], false), (None, PIECE + 1));
        assert_eq!(add(1, &[2], true), (Some(Bytes::from_static(&[1, 2])), 0));
    }
}
