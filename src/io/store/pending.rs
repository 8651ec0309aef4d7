use alloc::vec::Vec;
use bytes::Bytes;
use std::collections::BTreeMap;

use crate::time::DtnTime;

/// What is to be done in the database with the next commit.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Records to write, each led by its payload's length.
    pub records: BTreeMap<u64, Vec<u8>>,
    /// Pieces of payloads to write.
    pub pieces: BTreeMap<(u64, u32), Bytes>,
    /// Spools to note, and to strike out.
    pub spools: BTreeMap<u64, bool>,
    /// Bundles and spools to take out.
    pub removals: Vec<Removal>,
    /// Identities to remember.
    pub memories: Memories,
    /// Octets of records and pieces.
    pub octets: usize,
}

/// What is in the database of a bundle or spool that goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Removal {
    pub key: u64,
    /// Pieces from 0 on that are, or may be, in the database.
    pub pieces: u32,
    pub record: bool,
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

impl Memories {
    pub fn push(&mut self, id: &[u8], until: DtnTime) {
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
    std::iter::from_fn(move || {
        let (until, rest) = row.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
        row = rest;
        Some((DtnTime(u64::from_be_bytes(*until)), id))
    })
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.pieces.is_empty()
            && self.spools.is_empty()
            && self.removals.is_empty()
            && self.memories.count == 0
    }

    pub fn put_record(&mut self, key: u64, payload_len: u64, record: &[u8]) {
        let mut row = Vec::with_capacity(8 + record.len());
        row.extend_from_slice(&payload_len.to_be_bytes());
        row.extend_from_slice(record);
        self.octets += row.len();
        if let Some(old) = self.records.insert(key, row) {
            self.octets -= old.len();
        }
    }

    pub fn put_piece(&mut self, key: u64, at: u32, octets: Bytes) {
        self.octets += octets.len();
        self.pieces.insert((key, at), octets);
    }

    /// Drops what was to be written of a bundle or spool.
    pub fn withdraw(&mut self, key: u64) {
        if let Some(row) = self.records.remove(&key) {
            self.octets -= row.len();
        }
        while let Some((&at, _)) = self.pieces.range((key, 0)..=(key, u32::MAX)).next() {
            if let Some(octets) = self.pieces.remove(&at) {
                self.octets -= octets.len();
            }
        }
        self.spools.remove(&key);
    }
}
