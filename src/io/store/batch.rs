use alloc::vec::Vec;
use bytes::Bytes;
use core::mem;
use core::ops::Range;
use std::collections::BTreeMap;

use super::space::Extent;
use crate::time::DtnTime;

/// What one commit does.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    /// Entries of bundles that are in no row yet, in `entries`.
    fresh: Vec<(u64, Range<usize>)>,
    entries: Vec<u8>,
    /// Pieces of payloads to write, and where to.
    pub pieces: Vec<Piece>,
    /// Entries of rows, by row and bundle, to replace or, where there is none, to take out.
    pub changes: BTreeMap<(u64, u64), Option<Vec<u8>>>,
    /// Rows to take out, of a commit that failed and may have written them.
    pub dropped: Vec<u64>,
    /// Bundles that are gone with this commit.
    pub removed: Vec<u64>,
    /// What is free once this commit is done.
    pub freed: Vec<Extent>,
    /// Identities to remember.
    pub memories: Vec<Memories>,
    /// Octets of entries and pieces.
    pub octets: usize,
    /// Rows of new bundles, by the first of them: what is fresh, once the batch is sealed.
    pub rows: Vec<(u64, Vec<u8>)>,
    /// Keys of those bundles.
    pub fresh_keys: Vec<u64>,
    /// Number of the first row of identities.
    pub memory_row: u64,
    /// Rows of identities to forget.
    pub forget: Vec<u64>,
    /// Sectors of the payload file in use.
    pub end: u64,
}

/// A piece of a payload, and where in the payload file it goes.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub key: u64,
    pub at: u32,
    pub place: Extent,
    pub octets: Bytes,
}

/// Octets of entries in one row: it just fits a page of the database.
const ROW: usize = 4_000;

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.fresh.is_empty()
            && self.pieces.is_empty()
            && self.changes.is_empty()
            && self.dropped.is_empty()
            && self.removed.is_empty()
            && self.memories.is_empty()
    }

    /// Octets for which memory is held.
    pub fn held(&self) -> usize {
        self.octets
            + self.changes.len() * size_of::<((u64, u64), Option<Vec<u8>>)>()
            + self.removed.len() * size_of::<(u64, Extent)>()
            + self.memories.iter().map(|memories| memories.row.len()).sum::<usize>()
    }

    /// Adds or replaces the entry of a bundle that is in no row yet.
    pub fn put_fresh(&mut self, entry: &Entry<'_>) {
        let start = self.entries.len();
        entry.encode(&mut self.entries);
        let range = start..self.entries.len();
        self.octets += range.len();
        match self.fresh.iter_mut().rev().find(|(key, _)| entry.replaces && *key == entry.key) {
            Some((_, old)) => *old = range,
            None => self.fresh.push((entry.key, range)),
        }
    }

    /// Makes rows of the fresh entries `held` says are still wanted, tells the row of each, and drops pieces nobody
    /// wants any more.
    pub fn seal(&mut self, mut held: impl FnMut(u64) -> bool, mut in_row: impl FnMut(u64, u64)) {
        for (key, range) in mem::take(&mut self.fresh) {
            if !held(key) {
                continue;
            }
            let entry = &self.entries[range];
            match self.rows.last_mut().filter(|(_, row)| row.len() + entry.len() <= ROW) {
                Some((_, row)) => row.extend_from_slice(entry),
                None => {
                    let mut row = Vec::with_capacity(ROW.max(entry.len()));
                    row.extend_from_slice(entry);
                    self.rows.push((key, row));
                }
            }
            if let Some((row, _)) = self.rows.last() {
                in_row(key, *row);
            }
            self.fresh_keys.push(key);
        }
        self.entries = Vec::new();
        self.pieces.retain(|piece| held(piece.key));
        self.pieces.sort_unstable_by_key(|piece| piece.place.start);
    }

    /// Takes over what a batch that failed was to do, its new bundles and pieces apart.
    pub fn resume(&mut self, failed: Self) {
        for (at, entry) in failed.changes {
            self.changes.entry(at).or_insert(entry);
        }
        self.dropped.extend(failed.dropped);
        self.dropped.extend(failed.rows.iter().map(|(row, _)| *row));
        self.removed.extend(failed.removed);
        self.freed.extend(failed.freed);
        self.memories.extend(failed.memories);
    }

    pub fn remember(&mut self, id: &[u8], until: DtnTime) {
        if self.memories.last().is_none_or(|memories| memories.row.len() > MEMORY_ROW) {
            self.memories.push(Memories::default());
        }
        if let Some(memories) = self.memories.last_mut() {
            memories.push(id, until);
        }
    }
}

/// What a row says of a bundle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub key: u64,
    pub payload_len: u64,
    pub extents: &'a [Extent],
    pub record: &'a [u8],
    /// Whether there may be an earlier entry of the same bundle.
    pub replaces: bool,
}

impl Entry<'_> {
    /// Octets after the first two words, then key, payload length, number of extents, extents, record.
    pub fn encode(&self, row: &mut Vec<u8>) {
        let extents = self.extents.len() as u64;
        for word in [self.key, extents * 16 + 16 + self.record.len() as u64, self.payload_len, extents] {
            row.extend_from_slice(&word.to_be_bytes());
        }
        for extent in self.extents {
            row.extend_from_slice(&extent.start.to_be_bytes());
            row.extend_from_slice(&extent.sectors.to_be_bytes());
        }
        row.extend_from_slice(self.record);
    }
}

/// An entry as it is read: its key, all its octets, and what it says.
#[derive(Clone, Debug)]
pub(super) struct ReadEntry<'a> {
    pub key: u64,
    pub octets: &'a [u8],
    pub payload_len: u64,
    pub extents: Vec<Extent>,
    pub record: &'a [u8],
}

/// The entries of a row, up to the first that is damaged.
pub(super) fn entries(mut row: &[u8]) -> impl Iterator<Item = ReadEntry<'_>> {
    core::iter::from_fn(move || {
        let all = row;
        let (key, len) = (word(&mut row)?, word(&mut row)?);
        let (mut body, rest) = row.split_at_checked(usize::try_from(len).ok()?)?;
        row = rest;
        let (payload_len, count) = (word(&mut body)?, word(&mut body)?);
        let (words, record) = body.split_at_checked(usize::try_from(count).ok()?.checked_mul(16)?)?;
        let words = words.as_chunks::<8>().0.iter().map(|word| u64::from_be_bytes(*word));
        let words: Vec<_> = words.collect();
        let extents = words
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[start, sectors]| Extent { start: *start, sectors: *sectors });
        let octets = &all[..all.len() - rest.len()];
        Some(ReadEntry { key, octets, payload_len, extents: extents.collect(), record })
    })
}

fn word(octets: &mut &[u8]) -> Option<u64> {
    let (word, rest) = octets.split_first_chunk()?;
    *octets = rest;
    Some(u64::from_be_bytes(*word))
}

/// Identities that are written as one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Memories {
    /// Each: until (8 octets), length (2 octets), identity.
    pub row: Vec<u8>,
    pub count: u64,
    /// The latest `until`.
    pub until: DtnTime,
}

/// Octets beyond which another row of identities is begun: with what follows it just fits 64 KiB.
const MEMORY_ROW: usize = 60 << 10;

impl Memories {
    fn push(&mut self, id: &[u8], until: DtnTime) {
        let Ok(len) = u16::try_from(id.len()) else { return };
        self.row.extend_from_slice(&until.0.to_be_bytes());
        self.row.extend_from_slice(&len.to_be_bytes());
        self.row.extend_from_slice(id);
        self.count += 1;
        self.until = self.until.max(until);
    }
}

/// The identities of a row.
pub(super) fn memories(mut row: &[u8]) -> impl Iterator<Item = (DtnTime, &[u8])> {
    core::iter::from_fn(move || {
        let (until, rest) = row.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
        row = rest;
        Some((DtnTime(u64::from_be_bytes(*until)), id))
    })
}
