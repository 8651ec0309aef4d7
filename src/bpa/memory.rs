use alloc::vec::Vec;
use bytes::Bytes;

use super::store::{Commit, Durability, Key, Memory, Recovered, Store, StoreError, StoreEvent};
use super::table::Table;
use crate::time::DtnTime;

/// Bundles in memory. How much of it they may take is the agent's to say, by its quotas.
#[derive(Debug, Default)]
pub struct MemoryStore {
    payloads: Table<Key, Payload>,
    next: u64,
}

#[derive(Debug)]
enum Payload {
    Whole(Bytes),
    /// Pieces of [`PIECE`] octets, the last one shorter: a spool grows without moving what it has.
    Pieces(Vec<Vec<u8>>),
}

impl Payload {
    fn len(&self) -> u64 {
        match self {
            Self::Whole(octets) => octets.len() as u64,
            Self::Pieces(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
        }
    }

    fn slice(&self, offset: u64) -> &[u8] {
        let (octets, offset) = match self {
            Self::Whole(octets) => (&octets[..], offset),
            Self::Pieces(pieces) => {
                let at = usize::try_from(offset / PIECE as u64).unwrap_or(usize::MAX);
                (pieces.get(at).map_or(&[][..], |piece| piece), offset % PIECE as u64)
            }
        };
        usize::try_from(offset).ok().and_then(|offset| octets.get(offset..)).unwrap_or_default()
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn add(&mut self, payload: Payload) -> Key {
        let key = Key(self.next);
        self.next += 1;
        self.payloads.insert(key, payload);
        key
    }

    fn find(&self, key: Key) -> Result<&Payload, StoreError> {
        self.payloads.get(&key).ok_or(StoreError::Unknown(key))
    }
}

impl Store for MemoryStore {
    fn durability(&self) -> Durability {
        Durability::Volatile
    }

    fn put(&mut self, _record: &[u8], payload: Bytes) -> Result<Key, StoreError> {
        Ok(self.add(Payload::Whole(payload)))
    }

    fn begin(&mut self) -> Result<Key, StoreError> {
        Ok(self.add(Payload::Pieces(Vec::new())))
    }

    fn append(&mut self, key: Key, mut octets: &[u8]) -> Result<(), StoreError> {
        let Some(Payload::Pieces(pieces)) = self.payloads.get_mut(&key) else {
            return Err(StoreError::Unknown(key));
        };
        while !octets.is_empty() {
            match pieces.last_mut().filter(|piece| piece.len() < PIECE) {
                Some(piece) => {
                    let (now, later) = octets.split_at(octets.len().min(PIECE - piece.len()));
                    piece.extend_from_slice(now);
                    octets = later;
                }
                None => pieces.push(Vec::new()),
            }
        }
        Ok(())
    }

    fn keep(&mut self, key: Key, _record: &[u8]) -> Result<(), StoreError> {
        self.find(key).map(drop)
    }

    fn update(&mut self, key: Key, _record: &[u8]) -> Result<(), StoreError> {
        self.find(key).map(drop)
    }

    fn remove(&mut self, key: Key, _memory: Option<Memory<'_>>) {
        self.payloads.remove(&key);
    }

    fn payload_len(&self, key: Key) -> Option<u64> {
        self.payloads.get(&key).map(Payload::len)
    }

    fn read(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        let payload = self.find(key)?;
        let mut read = 0;
        while read < out.len() {
            let found = payload.slice(offset.saturating_add(read as u64));
            let len = found.len().min(out.len() - read);
            if len == 0 {
                break;
            }
            out[read..read + len].copy_from_slice(&found[..len]);
            read += len;
        }
        Ok(read)
    }

    fn payload(&mut self, key: Key) -> Result<Bytes, StoreError> {
        match self.find(key)? {
            Payload::Whole(octets) => Ok(octets.clone()),
            Payload::Pieces(pieces) => Ok(pieces.concat().into()),
        }
    }

    fn begin_commit(&mut self, _now: DtnTime) -> Option<Commit> {
        None
    }

    fn end_commit(&mut self, _outcome: Result<(), StoreError>) {}

    fn uncommitted(&self) -> usize {
        0
    }

    fn poll_event(&mut self) -> Option<StoreEvent> {
        None
    }

    fn recover(&mut self, _each: &mut dyn FnMut(Recovered<'_>)) -> Result<(), StoreError> {
        Ok(())
    }
}

const PIECE: usize = 64 << 10;
