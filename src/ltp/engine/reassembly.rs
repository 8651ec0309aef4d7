//! Red data as it comes in: memory grows with what was really received, whatever offsets a peer claims.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use core::ops::Range;

use crate::ltp::claims::{Claims, Full};

/// The received pieces of one red part.
#[derive(Debug)]
pub(super) struct Reassembly {
    received: Claims,
    /// Received octets by offset. Pieces that follow each other as they arrive grow one chunk.
    chunks: BTreeMap<u64, Vec<u8>>,
}

impl Reassembly {
    pub fn new(max_ranges: usize) -> Self {
        Self { received: Claims::new(max_ranges), chunks: BTreeMap::new() }
    }

    pub fn received(&self) -> &Claims {
        &self.received
    }

    /// What a piece would add to the memory held, bookkeeping included.
    pub fn cost(&self, start: u64, piece: &[u8]) -> usize {
        let end = start + piece.len() as u64;
        if self.received.covers(start..end) { 0 } else { piece.len() + CHUNK_COST }
    }

    /// Keeps what is new of a piece and says how much memory that took, bookkeeping included.
    pub fn insert(&mut self, start: u64, piece: &[u8]) -> Result<usize, Full> {
        let end = start + piece.len() as u64;
        let Some(mut gap) = self.received.first_gap(start..end) else { return Ok(0) };
        let mut gaps = Vec::new();
        loop {
            let next = gap.end;
            gaps.push(gap);
            match self.received.first_gap(next..end) {
                Some(more) => gap = more,
                None => break,
            }
        }
        self.received.insert(start..end)?;
        Ok(gaps.into_iter().map(|gap| self.keep(gap, start, piece)).sum())
    }

    /// Keeps `gap` of a piece that starts at `start`.
    fn keep(&mut self, gap: Range<u64>, start: u64, piece: &[u8]) -> usize {
        let Range { start: from, end: to } = gap;
        // Both lie within the piece, whose length is a usize.
        let octets = &piece[(from - start) as usize..(to - start) as usize];
        if let Some((&at, chunk)) = self.chunks.range_mut(..from).next_back()
            && at + chunk.len() as u64 == from
        {
            chunk.extend_from_slice(octets);
            return octets.len();
        }
        self.chunks.insert(from, octets.to_vec());
        octets.len() + CHUNK_COST
    }

    /// The octets from 0 on, which must all have been received; they are gone afterwards, the claims stay.
    pub fn take(&mut self) -> Bytes {
        let mut chunks = core::mem::take(&mut self.chunks).into_values();
        let Some(mut block) = chunks.next() else { return Bytes::new() };
        if let Ok(len) = usize::try_from(self.received.end()) {
            block.reserve_exact(len.saturating_sub(block.len()));
        }
        for chunk in chunks {
            block.extend_from_slice(&chunk);
        }
        block.into()
    }
}

/// Charged for each chunk besides its octets, so that a peer sending single octets pays for what they really take.
const CHUNK_COST: usize = 96;
