use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use redb::backends::FileBackend;
use redb::{
    Builder, Database, ReadOnlyTable, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::path::Path;

use super::pending::{Memories, Pending, Removal, memories};
use crate::bpa::{Durability, Key, Memory, Recovered, Store, StoreError, StoreEvent};
use crate::time::DtnTime;

/// Why a store cannot be opened.
pub type OpenError = redb::DatabaseError;

/// Bundles in an embedded database on a disk.
///
/// Does nothing on the disk but in [`commit`](Store::commit) and when it reads, so that the agent groups what is
/// made durable together. In memory it holds a few tens of octets for each bundle, what is not committed, and
/// up to 32 MiB of the database. When a commit fails (a full disk), what it held is reported as failed and
/// the next one opens the database anew.
pub struct DurableStore {
    open: Box<dyn FnMut() -> Result<Database, OpenError> + Send>,
    database: Option<Database>,
    /// Payloads as of the last commit.
    reader: Option<ReadOnlyTable<(u64, u32), &'static [u8]>>,
    held: BTreeMap<u64, Held>,
    /// Bundles put since the last commit.
    fresh: BTreeSet<u64>,
    pending: Pending,
    /// Rows of identities, with the latest time one of them is worth remembering and how many they are.
    memory_rows: VecDeque<(u64, DtnTime, u64)>,
    remembered: u64,
    next_key: u64,
    next_row: u64,
    events: VecDeque<StoreEvent>,
}

/// A bundle or spool, as seen from outside: what is pending included.
#[derive(Debug)]
struct Held {
    len: u64,
    /// What has come of a spool's next piece.
    tail: Vec<u8>,
    /// Not a bundle yet.
    spool: bool,
    /// It has been a spool since this store was opened.
    spooled: bool,
    /// Pieces were lost in a failed commit.
    broken: bool,
}

/// Octets of the database kept in memory.
pub const CACHE: usize = 32 << 20;

/// Octets of a payload in one row: with its key it just fits a page of 64 KiB.
const PIECE: usize = 60 << 10;

/// Identities that are remembered at most; beyond them the oldest are forgotten.
const MAX_REMEMBERED: u64 = 1 << 20;

const RECORDS: TableDefinition<u64, &[u8]> = TableDefinition::new("records");
const PAYLOADS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("payloads");
const SPOOLS: TableDefinition<u64, ()> = TableDefinition::new("spools");
const MEMORIES: TableDefinition<u64, &[u8]> = TableDefinition::new("memories");

impl DurableStore {
    /// Opens the store in the file `path`, which is made if it does not exist. A file is open once at a time.
    ///
    /// # Errors
    /// [`OpenError`] when the file cannot be used.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        Self::opened_by(move || {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            let database = open_backend(FileBackend::new(file)?)?;
            // A file that has just been made is to be found again after a loss of power.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(database)
        })
    }

    /// Opens the store on what `backend` gives, now and again after a failure: a raw device, or a disk that fails
    /// for a test.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be used.
    pub fn open_on<B: StorageBackend>(
        mut backend: impl FnMut() -> B + Send + 'static,
    ) -> Result<Self, OpenError> {
        Self::opened_by(move || open_backend(backend()))
    }

    fn opened_by(
        mut open: impl FnMut() -> Result<Database, OpenError> + Send + 'static,
    ) -> Result<Self, OpenError> {
        let database = Some(open()?);
        Ok(Self {
            open: Box::new(open),
            database,
            reader: None,
            held: BTreeMap::new(),
            fresh: BTreeSet::new(),
            pending: Pending::default(),
            memory_rows: VecDeque::new(),
            remembered: 0,
            next_key: 0,
            next_row: 0,
            events: VecDeque::new(),
        })
    }

    fn add(&mut self, held: Held) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        self.held.insert(key, held);
        key
    }

    /// Identities to be forgotten: those that are over, and the oldest beyond the limit.
    fn forgettable(&self, now: DtnTime) -> usize {
        let mut remembered = self.remembered;
        let gone = self.memory_rows.iter().take_while(|(_, until, count)| {
            let over = *until <= now || remembered > MAX_REMEMBERED;
            remembered -= if over { *count } else { 0 };
            over
        });
        gone.count()
    }

    fn write(&mut self, forget: usize) -> Result<(), redb::Error> {
        let database = match &mut self.database {
            Some(database) => database,
            none => none.insert((self.open)()?),
        };
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(true);
        {
            let mut records = transaction.open_table(RECORDS)?;
            let mut payloads = transaction.open_table(PAYLOADS)?;
            for removal in &self.pending.removals {
                if removal.record {
                    records.remove(removal.key)?;
                }
                for at in 0..removal.pieces {
                    payloads.remove((removal.key, at))?;
                }
            }
            for (key, row) in &self.pending.records {
                records.insert(key, &row[..])?;
            }
            for (at, octets) in &self.pending.pieces {
                payloads.insert(at, &octets[..])?;
            }
        }
        if !self.pending.spools.is_empty() || !self.pending.removals.is_empty() {
            let mut spools = transaction.open_table(SPOOLS)?;
            for (key, open) in &self.pending.spools {
                match open {
                    true => spools.insert(key, ())?,
                    false => spools.remove(key)?,
                };
            }
        }
        if forget > 0 || self.pending.memories.count > 0 {
            let mut rows = transaction.open_table(MEMORIES)?;
            for (row, ..) in self.memory_rows.iter().take(forget) {
                rows.remove(row)?;
            }
            if self.pending.memories.count > 0 {
                rows.insert(self.next_row, &self.pending.memories.row[..])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn written(&mut self, forget: usize) {
        for (_, _, count) in self.memory_rows.drain(..forget) {
            self.remembered -= count;
        }
        let Memories { until, count, .. } = self.pending.memories;
        if count > 0 {
            self.memory_rows.push_back((self.next_row, until, count));
            self.remembered += count;
            self.next_row += 1;
        }
        self.events.extend(self.fresh.iter().map(|key| StoreEvent::Durable(Key(*key))));
        self.events.extend(self.pending.removals.iter().map(|gone| StoreEvent::Removed(Key(gone.key))));
        self.fresh.clear();
        self.pending = Pending::default();
    }

    /// Gives up what was not durable yet; what was to go is still to go. The commit may have done its work before
    /// it failed, so what is given up is taken out as well.
    fn failed(&mut self) {
        self.database = None;
        for key in core::mem::take(&mut self.fresh) {
            self.events.push_back(StoreEvent::Failed(Key(key)));
            self.pending.withdraw(key);
            if let Some(held) = self.held.remove(&key) {
                self.pending.removals.push(Removal { key, pieces: pieces(held.len), record: true });
            }
        }
        // All other pieces are of spools.
        for ((key, _), octets) in core::mem::take(&mut self.pending.pieces) {
            self.pending.octets -= octets.len();
            if let Some(held) = self.held.get_mut(&key) {
                held.broken = true;
            }
        }
    }

    fn read_all(&mut self, each: &mut dyn FnMut(Recovered<'_>)) -> Result<(), redb::Error> {
        let database = match &mut self.database {
            Some(database) => database,
            none => none.insert((self.open)()?),
        };
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(true);
        {
            let records = transaction.open_table(RECORDS)?;
            for row in records.iter()? {
                let (key, row) = row?;
                let (key, row) = (key.value(), row.value());
                self.next_key = self.next_key.max(key + 1);
                let Some((len, record)) = row.split_first_chunk() else { continue };
                let len = u64::from_be_bytes(*len);
                self.held
                    .insert(key, Held { len, tail: Vec::new(), spool: false, spooled: false, broken: false });
                each(Recovered::Bundle { key: Key(key), record, payload_len: len });
            }
            let mut payloads = transaction.open_table(PAYLOADS)?;
            let mut spools = transaction.open_table(SPOOLS)?;
            for row in spools.extract_if(|_, ()| true)? {
                let key = row?.0.value();
                self.next_key = self.next_key.max(key + 1);
                payloads.retain_in((key, 0)..=(key, u32::MAX), |_, _| false)?;
            }
            let rows = transaction.open_table(MEMORIES)?;
            for row in rows.iter()? {
                let (row_number, row) = row?;
                let (mut latest, mut count) = (DtnTime(0), 0);
                for (until, id) in memories(row.value()) {
                    latest = latest.max(until);
                    count += 1;
                    each(Recovered::Memory(Memory { id, until }));
                }
                self.next_row = row_number.value() + 1;
                self.memory_rows.push_back((row_number.value(), latest, count));
                self.remembered += count;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn read_piece(&mut self, key: u64, at: u32, from: usize, out: &mut [u8]) -> Result<usize, StoreError> {
        let copy = |octets: &[u8], out: &mut [u8]| {
            let found = octets.get(from..).unwrap_or_default();
            let len = found.len().min(out.len());
            out[..len].copy_from_slice(&found[..len]);
            len
        };
        if let Some(octets) = self.pending.pieces.get(&(key, at)) {
            return Ok(copy(octets, out));
        }
        if self.reader.is_none() {
            let database = self.database.as_ref().ok_or(StoreError::Medium("opening"))?;
            let transaction = database.begin_read().map_err(|_| StoreError::Medium("reading"))?;
            self.reader = Some(transaction.open_table(PAYLOADS).map_err(|_| StoreError::Medium("reading"))?);
        }
        let reader = self.reader.as_ref().ok_or(StoreError::Medium("reading"))?;
        let row = reader.get((key, at)).map_err(|_| StoreError::Medium("reading"))?;
        let row = row.ok_or(StoreError::Medium("finding a payload"))?;
        Ok(copy(row.value(), out))
    }
}

impl Store for DurableStore {
    fn durability(&self) -> Durability {
        Durability::Deferred
    }

    fn put(&mut self, record: &[u8], payload: Bytes) -> Result<Key, StoreError> {
        let len = payload.len() as u64;
        let key = self.add(Held { len, tail: Vec::new(), spool: false, spooled: false, broken: false });
        for (at, start) in (0..payload.len()).step_by(PIECE).enumerate() {
            let end = payload.len().min(start + PIECE);
            self.pending.put_piece(key, at as u32, payload.slice(start..end));
        }
        self.pending.put_record(key, len, record);
        self.fresh.insert(key);
        Ok(Key(key))
    }

    fn begin(&mut self) -> Result<Key, StoreError> {
        let key = self.add(Held { len: 0, tail: Vec::new(), spool: true, spooled: true, broken: false });
        self.pending.spools.insert(key, true);
        Ok(Key(key))
    }

    fn append(&mut self, key: Key, mut octets: &[u8]) -> Result<(), StoreError> {
        let held = self.held.get_mut(&key.0).filter(|held| held.spool).ok_or(StoreError::Unknown(key))?;
        if held.broken {
            return Err(StoreError::Medium("writing"));
        }
        let needed = octets.len() as u64;
        if held.len.saturating_add(needed) / PIECE as u64 >= u64::from(u32::MAX) {
            return Err(StoreError::Full { needed });
        }
        while !octets.is_empty() {
            let (now, later) = octets.split_at(octets.len().min(PIECE - held.tail.len()));
            held.tail.extend_from_slice(now);
            held.len += now.len() as u64;
            octets = later;
            if held.tail.len() == PIECE {
                let at = (held.len / PIECE as u64 - 1) as u32;
                self.pending.put_piece(key.0, at, core::mem::take(&mut held.tail).into());
            }
        }
        Ok(())
    }

    fn keep(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        let held = self.held.get_mut(&key.0).filter(|held| held.spool).ok_or(StoreError::Unknown(key))?;
        if held.broken {
            return Err(StoreError::Medium("writing"));
        }
        held.spool = false;
        if !held.tail.is_empty() {
            let at = (held.len / PIECE as u64) as u32;
            self.pending.put_piece(key.0, at, core::mem::take(&mut held.tail).into());
        }
        self.pending.put_record(key.0, held.len, record);
        self.pending.spools.insert(key.0, false);
        self.fresh.insert(key.0);
        Ok(())
    }

    fn update(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        let held = self.held.get(&key.0).filter(|held| !held.spool).ok_or(StoreError::Unknown(key))?;
        self.pending.put_record(key.0, held.len, record);
        Ok(())
    }

    fn remove(&mut self, key: Key, memory: Option<Memory<'_>>) {
        let Some(held) = self.held.remove(&key.0) else { return };
        self.pending.withdraw(key.0);
        // What was not committed yet need not be taken out; but pieces of a spool may be there already.
        let fresh = self.fresh.remove(&key.0);
        let pieces = if fresh && !held.spooled { 0 } else { pieces(held.len) };
        self.pending.removals.push(Removal { key: key.0, pieces, record: !fresh && !held.spool });
        if held.spooled {
            self.pending.spools.insert(key.0, false);
        }
        if let Some(Memory { id, until }) = memory {
            self.pending.memories.push(id, until);
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
        let (len, tail_start) = (held.len, held.len - held.tail.len() as u64);
        let mut read = 0;
        while read < out.len() && offset.saturating_add(read as u64) < len {
            let position = offset + read as u64;
            let rest = &mut out[read..];
            let found = if position >= tail_start && !self.held[&key.0].tail.is_empty() {
                let tail = &self.held[&key.0].tail[(position - tail_start) as usize..];
                let found = tail.len().min(rest.len());
                rest[..found].copy_from_slice(&tail[..found]);
                found
            } else {
                let at = (position / PIECE as u64) as u32;
                self.read_piece(key.0, at, (position % PIECE as u64) as usize, rest)?
            };
            if found == 0 {
                return Err(StoreError::Medium("finding a payload"));
            }
            read += found;
        }
        Ok(read)
    }

    fn payload(&mut self, key: Key) -> Result<Bytes, StoreError> {
        if let Some(octets) = self.pending.pieces.get(&(key.0, 0))
            && self.payload_len(key) == Some(octets.len() as u64)
        {
            return Ok(octets.clone());
        }
        let needed = self.payload_len(key).ok_or(StoreError::Unknown(key))?;
        let len = usize::try_from(needed).map_err(|_| StoreError::Full { needed })?;
        let mut octets = vec![0; len];
        let read = self.read(key, 0, &mut octets)?;
        octets.truncate(read);
        Ok(octets.into())
    }

    fn commit(&mut self, now: DtnTime) {
        let forget = self.forgettable(now);
        if self.pending.is_empty() && forget == 0 {
            return;
        }
        self.reader = None;
        match self.write(forget) {
            Ok(()) => self.written(forget),
            Err(_) => self.failed(),
        }
    }

    fn uncommitted(&self) -> usize {
        self.pending.octets
            + self.pending.removals.len() * size_of::<Removal>()
            + self.pending.memories.row.len()
    }

    fn poll_event(&mut self) -> Option<StoreEvent> {
        self.events.pop_front()
    }

    fn recover(&mut self, each: &mut dyn FnMut(Recovered<'_>)) -> Result<(), StoreError> {
        self.read_all(each).map_err(|_| StoreError::Medium("recovery"))
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

fn open_backend(backend: impl StorageBackend) -> Result<Database, OpenError> {
    // The database writes its first octets last when it is made. If they are missing, power was lost before there
    // was anything to keep, and it is made anew.
    let mut first = [0; 9];
    if backend.len()? >= first.len() as u64 {
        backend.read(0, &mut first)?;
        if first == [0; 9] {
            backend.set_len(0)?;
        }
    } else {
        backend.set_len(0)?;
    }
    Builder::new().set_cache_size(CACHE).create_with_backend(backend)
}

/// Pieces of a payload of so many octets.
fn pieces(len: u64) -> u32 {
    u32::try_from(len.div_ceil(PIECE as u64)).unwrap_or(u32::MAX)
}
