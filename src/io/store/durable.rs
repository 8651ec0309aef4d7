use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use redb::backends::FileBackend;
use redb::{Database, StorageBackend};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::batch::{Batch, Entry, Piece, entries, memories};
use super::medium::{Medium, OpenError, PIECE, SECTOR, open_database, place, read_piece, sectors};
use super::near::Near;
use super::payloads::{PayloadFile, open_file};
use super::space::{Extent, Space};
use crate::bpa::{Commit, Durability, Key, Memory, Recovered, Store, StoreError, StoreEvent};
use crate::time::DtnTime;

/// Bundles on a disk: what is known of them in an embedded database, their payloads in one file beside it.
///
/// Writes only in a [`Commit`], so that the agent groups what is made durable together, and so that a host can
/// have it done on another thread. In memory it holds a few tens of octets for each bundle, what is not committed,
/// up to 32 MiB of payloads and up to 16 MiB of the database. When a commit fails (a full disk), the bundles new in
/// it are reported as failed and the next one opens the database anew.
pub struct DurableStore {
    medium: Arc<Mutex<Medium>>,
    payloads: Arc<dyn StorageBackend>,
    held: BTreeMap<u64, Held>,
    near: Near,
    space: Space,
    pending: Batch,
    /// What a commit is doing now.
    flight: Option<Arc<Batch>>,
    /// Rows of identities, with the latest time one of them is worth remembering and how many they are.
    memory_rows: VecDeque<(u64, DtnTime, u64)>,
    remembered: u64,
    next_key: u64,
    next_memory_row: u64,
    events: VecDeque<StoreEvent>,
}

/// A bundle or spool, as seen from outside: what is pending included.
#[derive(Debug, Default)]
struct Held {
    len: u64,
    /// Where its pieces are, or will be.
    extents: Vec<Extent>,
    /// The row of the database it is in, or will be once the commit under way is done.
    row: Option<u64>,
    /// Not a bundle yet, or what has come of its next piece.
    spool: Option<Vec<u8>>,
    /// Some of it may have been written before it was a bundle.
    spooled: bool,
    /// Pieces were lost in a failed commit.
    broken: bool,
}

/// Identities that are remembered at most; beyond them the oldest are forgotten.
const MAX_REMEMBERED: u64 = 1 << 20;

impl DurableStore {
    /// Opens the store whose database is the file `path` and whose payloads are in a file beside it that ends in
    /// `.payloads`. Both are made if they do not exist, and are open once at a time.
    ///
    /// # Errors
    /// [`OpenError`] when the files cannot be used.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let payloads = PayloadFile::open(&path.with_extension("payloads"))?;
        Self::opened_by(Arc::new(payloads), move || open_database(FileBackend::new(open_file(&path)?)?))
    }

    /// Opens the store on what is given in place of files: raw devices, or a disk that fails for a test. The database
    /// is opened again after a failure.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be used.
    pub fn open_on<B: StorageBackend>(
        payloads: B,
        mut database: impl FnMut() -> B + Send + 'static,
    ) -> Result<Self, OpenError> {
        Self::opened_by(Arc::new(payloads), move || open_database(database()))
    }

    fn opened_by(
        payloads: Arc<dyn StorageBackend>,
        mut open: impl FnMut() -> Result<Database, OpenError> + Send + 'static,
    ) -> Result<Self, OpenError> {
        let database = Some(open()?);
        let medium = Medium { open: Box::new(open), database, payloads: payloads.clone() };
        Ok(Self {
            medium: Arc::new(Mutex::new(medium)),
            payloads,
            held: BTreeMap::new(),
            near: Near::default(),
            space: Space::default(),
            pending: Batch::default(),
            flight: None,
            memory_rows: VecDeque::new(),
            remembered: 0,
            next_key: 0,
            next_memory_row: 0,
            events: VecDeque::new(),
        })
    }

    fn add(&mut self, held: Held) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        self.held.insert(key, held);
        key
    }

    /// Rows of identities to be forgotten: those that are over, and the oldest beyond the limit.
    fn forgettable(&self, now: DtnTime) -> Vec<u64> {
        let mut remembered = self.remembered;
        let gone = self.memory_rows.iter().take_while(|(_, until, count)| {
            let over = *until <= now || remembered > MAX_REMEMBERED;
            remembered -= if over { *count } else { 0 };
            over
        });
        gone.map(|(row, ..)| *row).collect()
    }

    fn written(&mut self, batch: Batch) {
        for _ in &batch.forget {
            let Some((_, _, count)) = self.memory_rows.pop_front() else { break };
            self.remembered -= count;
        }
        for memories in &batch.memories {
            self.memory_rows.push_back((self.next_memory_row, memories.until, memories.count));
            self.remembered += memories.count;
            self.next_memory_row += 1;
        }
        batch.pieces.iter().for_each(|piece| self.near.settle((piece.key, piece.at)));
        batch.freed.iter().for_each(|extent| self.space.give(*extent));
        // Those removed meanwhile were durable too, but nobody asks for them any more.
        let kept = batch.fresh_keys.iter().filter(|key| self.held.contains_key(key));
        self.events.extend(kept.map(|key| StoreEvent::Durable(Key(*key))));
        self.events.extend(batch.removed.iter().map(|key| StoreEvent::Removed(Key(*key))));
    }

    /// Gives up what was to become durable; what was to go is still to go. The commit may have done its work before
    /// it failed, so what is given up is taken out as well.
    fn failed(&mut self, batch: Batch) {
        // Pieces are of these, of spools, and of spools that have become bundles meanwhile.
        let lost = batch.fresh_keys.iter().copied().chain(batch.pieces.iter().map(|piece| piece.key));
        for key in lost {
            match self.held.get_mut(&key) {
                Some(held) if held.spool.is_some() => {
                    held.broken = true;
                    self.near.forget_all(key);
                }
                Some(_) => {
                    self.give_up(key);
                    self.events.push_back(StoreEvent::Failed(Key(key)));
                }
                None => {}
            }
        }
        self.pending.resume(batch);
    }

    /// Takes out what may have been written: its place is free after the next commit.
    fn give_up(&mut self, key: u64) {
        if let Some(held) = self.held.remove(&key) {
            self.near.forget_all(key);
            self.pending.freed.extend(held.extents);
        }
    }

    /// Finds a piece a place, and has it written with the next commit.
    fn put_piece(&mut self, key: u64, at: u32, octets: Bytes) {
        let Some(held) = self.held.get_mut(&key) else { return };
        let place = self.space.take(sectors(octets.len()));
        match held.extents.last_mut().filter(|last| last.end() == place.start) {
            Some(last) => last.sectors += place.sectors,
            None => held.extents.push(place),
        }
        self.near.put((key, at), octets.clone());
        self.pending.octets += octets.len();
        self.pending.pieces.push(Piece { key, at, place, octets });
    }

    fn put_entry(&mut self, key: u64, record: &[u8], replaces: bool) {
        let Some(held) = self.held.get(&key) else { return };
        let entry = Entry { key, payload_len: held.len, extents: &held.extents, record, replaces };
        match held.row {
            None => self.pending.put_fresh(&entry),
            Some(row) => {
                let mut octets = Vec::new();
                entry.encode(&mut octets);
                self.pending.octets += octets.len();
                self.pending.changes.insert((row, key), Some(octets));
            }
        }
    }

    fn piece(&mut self, key: u64, at: u32, len: usize) -> Result<Bytes, StoreError> {
        if let Some(octets) = self.near.get((key, at)) {
            return Ok(octets.clone());
        }
        let held = self.held.get(&key).ok_or(StoreError::Unknown(Key(key)))?;
        let start = place(&held.extents, at).ok_or(StoreError::Damaged(Key(key)))?;
        let read = read_piece(&*self.payloads, key, at, start, len);
        let octets = read.map_err(|_| StoreError::Medium("reading"))?.ok_or(StoreError::Damaged(Key(key)))?;
        self.near.add((key, at), octets.clone());
        Ok(octets)
    }
}

impl Store for DurableStore {
    fn durability(&self) -> Durability {
        Durability::Deferred
    }

    fn put(&mut self, record: &[u8], payload: Bytes) -> Result<Key, StoreError> {
        let key = self.add(Held { len: payload.len() as u64, ..Held::default() });
        for (at, start) in (0..payload.len()).step_by(PIECE).enumerate() {
            let end = payload.len().min(start + PIECE);
            self.put_piece(key, at as u32, payload.slice(start..end));
        }
        self.put_entry(key, record, false);
        Ok(Key(key))
    }

    fn begin(&mut self) -> Result<Key, StoreError> {
        Ok(Key(self.add(Held { spool: Some(Vec::new()), spooled: true, ..Held::default() })))
    }

    fn append(&mut self, key: Key, mut octets: &[u8]) -> Result<(), StoreError> {
        let held =
            self.held.get(&key.0).filter(|held| held.spool.is_some()).ok_or(StoreError::Unknown(key))?;
        if held.broken {
            return Err(StoreError::Medium("writing"));
        }
        let needed = octets.len() as u64;
        if held.len.saturating_add(needed) / PIECE as u64 >= u64::from(u32::MAX) {
            return Err(StoreError::Full { needed });
        }
        while !octets.is_empty() {
            let Some(held) = self.held.get_mut(&key.0) else { break };
            let Some(tail) = &mut held.spool else { break };
            let (now, later) = octets.split_at(octets.len().min(PIECE - tail.len()));
            tail.extend_from_slice(now);
            held.len += now.len() as u64;
            octets = later;
            if tail.len() == PIECE {
                let piece = core::mem::take(tail).into();
                let at = (held.len / PIECE as u64 - 1) as u32;
                self.put_piece(key.0, at, piece);
            }
        }
        Ok(())
    }

    fn keep(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        let held = self.held.get_mut(&key.0).filter(|held| held.spool.is_some());
        let held = held.ok_or(StoreError::Unknown(key))?;
        if held.broken {
            return Err(StoreError::Medium("writing"));
        }
        let tail = held.spool.take().unwrap_or_default();
        if !tail.is_empty() {
            let at = (held.len / PIECE as u64) as u32;
            self.put_piece(key.0, at, tail.into());
        }
        self.put_entry(key.0, record, false);
        Ok(())
    }

    fn update(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        self.held.get(&key.0).filter(|held| held.spool.is_none()).ok_or(StoreError::Unknown(key))?;
        self.put_entry(key.0, record, true);
        Ok(())
    }

    fn remove(&mut self, key: Key, memory: Option<Memory<'_>>) {
        let Some(held) = self.held.remove(&key.0) else { return };
        self.near.forget_all(key.0);
        if let Some(row) = held.row {
            self.pending.changes.insert((row, key.0), None);
        }
        // What may have been written is in use until the commit that says otherwise.
        match held.row.is_some() || held.spooled {
            true => self.pending.freed.extend(held.extents),
            false => held.extents.into_iter().for_each(|extent| self.space.give(extent)),
        }
        if held.spool.is_none() {
            self.pending.removed.push(key.0);
        }
        if let Some(Memory { id, until }) = memory {
            self.pending.remember(id, until);
        }
    }

    fn payload_len(&self, key: Key) -> Option<u64> {
        self.held.get(&key.0).map(|held| held.len)
    }

    fn read(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        let held = self.held.get(&key.0).ok_or(StoreError::Unknown(key))?;
        if held.broken {
            return Err(StoreError::Medium("writing"));
        }
        let len = held.len;
        let mut read = 0;
        while read < out.len() && offset.saturating_add(read as u64) < len {
            let position = offset + read as u64;
            let (at, skip) = ((position / PIECE as u64) as u32, (position % PIECE as u64) as usize);
            let start = u64::from(at) * PIECE as u64;
            let piece_len = (len - start).min(PIECE as u64) as usize;
            let tail = self.held.get(&key.0).and_then(|held| held.spool.as_ref());
            let rest = &mut out[read..];
            read += match tail.filter(|tail| start + tail.len() as u64 == len && !tail.is_empty()) {
                Some(tail) => copy(&tail[skip..], rest),
                None => copy(&self.piece(key.0, at, piece_len)?[skip..], rest),
            };
        }
        Ok(read)
    }

    fn payload(&mut self, key: Key) -> Result<Bytes, StoreError> {
        let held = self.held.get(&key.0).ok_or(StoreError::Unknown(key))?;
        if held.spool.is_none() && (1..=PIECE as u64).contains(&held.len) {
            return self.piece(key.0, 0, held.len as usize);
        }
        let needed = held.len;
        let len = usize::try_from(needed).map_err(|_| StoreError::Full { needed })?;
        let mut octets = vec![0; len];
        let read = self.read(key, 0, &mut octets)?;
        octets.truncate(read);
        Ok(octets.into())
    }

    fn begin_commit(&mut self, now: DtnTime) -> Option<Commit> {
        let forget = self.forgettable(now);
        if self.flight.is_some() || self.pending.is_empty() && forget.is_empty() {
            return None;
        }
        let mut batch = core::mem::take(&mut self.pending);
        let held = core::cell::RefCell::new(&mut self.held);
        batch.seal(
            |key| held.borrow().contains_key(&key),
            |key, row| {
                if let Some(held) = held.borrow_mut().get_mut(&key) {
                    held.row = Some(row);
                }
            },
        );
        batch.memory_row = self.next_memory_row;
        batch.forget = forget;
        batch.end = self.space.end();
        let batch = Arc::new(batch);
        self.flight = Some(batch.clone());
        let medium = self.medium.clone();
        Some(Commit::new(move || {
            let mut medium = medium.lock().unwrap_or_else(PoisonError::into_inner);
            medium.write(&batch).map_err(|_| StoreError::Medium("commit"))
        }))
    }

    fn end_commit(&mut self, outcome: Result<(), StoreError>) {
        let Some(batch) = self.flight.take() else { return };
        let batch = Arc::unwrap_or_clone(batch);
        match outcome {
            Ok(()) => self.written(batch),
            Err(_) => self.failed(batch),
        }
    }

    fn uncommitted(&self) -> usize {
        self.pending.held()
    }

    fn poll_event(&mut self) -> Option<StoreEvent> {
        self.events.pop_front()
    }

    fn recover(&mut self, each: &mut dyn FnMut(Recovered<'_>)) -> Result<(), StoreError> {
        let read = self.medium.lock().unwrap_or_else(PoisonError::into_inner).read();
        let rows = read.map_err(|_| StoreError::Medium("recovery"))?;
        let bundles =
            rows.bundles.iter().flat_map(|(number, row)| entries(row).map(|entry| (*number, entry)));
        let mut bundles: Vec<_> = bundles.collect();
        bundles.sort_unstable_by_key(|(_, entry)| entry.key);
        let mut used = Vec::new();
        let sectors_there = self.payloads.len().map_err(|_| StoreError::Medium("recovery"))? / SECTOR;
        for (row, entry) in bundles {
            let (key, len) = (entry.key, entry.payload_len);
            self.next_key = self.next_key.max(key.saturating_add(1));
            // An entry that points elsewhere is damaged; reading will tell.
            used.extend(entry.extents.iter().filter(|extent| extent.end() <= sectors_there));
            self.held.insert(key, Held { len, extents: entry.extents, row: Some(row), ..Held::default() });
            each(Recovered::Bundle { key: Key(key), record: entry.record, payload_len: len });
        }
        self.space = Space::around(used);
        for (number, row) in rows.memories {
            let (mut latest, mut count) = (DtnTime(0), 0);
            for (until, id) in memories(&row) {
                latest = latest.max(until);
                count += 1;
                each(Recovered::Memory(Memory { id, until }));
            }
            self.next_memory_row = number.saturating_add(1);
            self.memory_rows.push_back((number, latest, count));
            self.remembered += count;
        }
        Ok(())
    }
}

impl fmt::Debug for DurableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableStore")
            .field("held", &self.held.len())
            .field("uncommitted", &self.uncommitted())
            .field("remembered", &self.remembered)
            .finish_non_exhaustive()
    }
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    to[..len].copy_from_slice(&from[..len]);
    len
}
