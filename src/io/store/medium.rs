use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition, TableError};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::{Batch, Piece, entries};
use super::payloads::ALIGNMENT;
use super::space::Extent;
use crate::crc::Crc32C;

/// Why a store cannot be opened.
pub type OpenError = redb::DatabaseError;

/// Octets of the database kept in memory.
const CACHE: usize = 16 << 20;

/// Octets that no two bundles share on the disk, so that a write torn by a loss of power harms no other bundle.
pub(super) const SECTOR: u64 = 512;

/// Octets of a payload in one piece: with its check sequence it just fills 64 KiB.
pub(super) const PIECE: usize = (64 << 10) - CHECK;

/// Octets of a piece's check sequence.
const CHECK: usize = 4;

/// Pieces that lie side by side are collected and written together, up to so many octets.
const STAGE: usize = 1 << 20;

/// The payload file grows by so many octets, and shrinks when more than `SLACK` of them would go.
const STEP: u64 = 4 << 20;
const SLACK: u64 = 64 << 20;

const BUNDLES: TableDefinition<u64, &[u8]> = TableDefinition::new("bundles");
const MEMORIES: TableDefinition<u64, &[u8]> = TableDefinition::new("memories");

/// What is on the disk: the database, and the file of payloads.
pub(super) struct Medium {
    pub open: Box<dyn FnMut() -> Result<Database, OpenError> + Send>,
    pub database: Option<Database>,
    pub payloads: Arc<dyn StorageBackend>,
}

/// All rows of the database.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub bundles: Vec<(u64, Vec<u8>)>,
    pub memories: Vec<(u64, Vec<u8>)>,
}

impl Medium {
    /// Does what `batch` says, all of it or nothing. After an error it may be either.
    pub fn write(&mut self, batch: &Batch) -> Result<(), redb::Error> {
        let written =
            self.write_payloads(batch).map_err(redb::Error::from).and_then(|()| self.write_rows(batch));
        if written.is_err() {
            self.database = None;
        }
        written?;
        let needed = file_len(batch.end);
        if self.payloads.len().is_ok_and(|len| len > needed.saturating_add(SLACK)) {
            // The batch is done whether or not this is.
            let _ = self.payloads.set_len(needed);
        }
        Ok(())
    }

    fn write_payloads(&self, batch: &Batch) -> Result<(), std::io::Error> {
        if batch.pieces.is_empty() {
            return Ok(());
        }
        let needed = file_len(batch.end);
        if self.payloads.len()? < needed {
            self.payloads.set_len(needed)?;
        }
        let mut stage = Stage::new();
        for piece in &batch.pieces {
            let place = piece.place.start * SECTOR;
            if !stage.takes(place, piece) {
                self.write_stage(&mut stage)?;
                stage.start = place;
            }
            stage.add(piece);
        }
        self.write_stage(&mut stage)?;
        self.payloads.sync_data()
    }

    fn write_stage(&self, stage: &mut Stage) -> Result<(), std::io::Error> {
        let octets = stage.octets();
        if !octets.is_empty() {
            self.payloads.write(stage.start, octets)?;
            stage.len = 0;
        }
        Ok(())
    }

    fn database(&mut self) -> Result<&Database, OpenError> {
        match &mut self.database {
            Some(database) => Ok(database),
            none => Ok(none.insert((self.open)()?)),
        }
    }

    fn write_rows(&mut self, batch: &Batch) -> Result<(), redb::Error> {
        let mut transaction = self.database()?.begin_write()?;
        transaction.set_two_phase_commit(true);
        {
            let mut rows = transaction.open_table(BUNDLES)?;
            for row in &batch.dropped {
                rows.remove(row)?;
            }
            let mut changes = batch.changes.iter().peekable();
            while let Some(number) = changes.peek().map(|((number, _), _)| *number) {
                let mut of_row = BTreeMap::new();
                while let Some((&(_, key), entry)) = changes.next_if(|((other, _), _)| *other == number) {
                    of_row.insert(key, entry.as_deref());
                }
                let Some(old) = rows.get(number)? else { continue };
                let new = changed(old.value(), &of_row);
                drop(old);
                match new.is_empty() {
                    true => _ = rows.remove(number)?,
                    false => _ = rows.insert(number, &new[..])?,
                }
            }
            for (number, row) in &batch.rows {
                rows.insert(number, &row[..])?;
            }
        }
        if !batch.forget.is_empty() || !batch.memories.is_empty() {
            let mut rows = transaction.open_table(MEMORIES)?;
            for row in &batch.forget {
                rows.remove(row)?;
            }
            for (number, memories) in (batch.memory_row..).zip(&batch.memories) {
                rows.insert(number, &memories.row[..])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// All that the database holds.
    pub fn read(&mut self) -> Result<Rows, redb::Error> {
        let transaction = self.database()?.begin_read()?;
        let all = |definition: TableDefinition<u64, &[u8]>| -> Result<Vec<(u64, Vec<u8>)>, redb::Error> {
            let table = match transaction.open_table(definition) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table?,
            };
            let rows =
                table.iter()?.map(|row| row.map(|(number, row)| (number.value(), row.value().to_vec())));
            Ok(rows.collect::<Result<_, _>>()?)
        };
        Ok(Rows { bundles: all(BUNDLES)?, memories: all(MEMORIES)? })
    }
}

/// Pieces that are about to be written together.
struct Stage {
    buffer: Vec<u8>,
    /// Where in the buffer they start, so that they are aligned in memory.
    skip: usize,
    len: usize,
    /// Where in the file they go.
    start: u64,
}

impl Stage {
    fn new() -> Self {
        let buffer = alloc::vec![0; STAGE + ALIGNMENT];
        // Where that cannot be told, the file takes them by the way that needs no alignment.
        let skip = buffer.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { buffer, skip, len: 0, start: 0 }
    }

    fn octets(&self) -> &[u8] {
        &self.buffer[self.skip..self.skip + self.len]
    }

    /// Whether the piece at `place` follows what is here, and there is room for it.
    fn takes(&self, place: u64, piece: &Piece) -> bool {
        let len = (piece.place.sectors * SECTOR) as usize;
        place == self.start + self.len as u64 && self.len + len <= STAGE
    }

    fn add(&mut self, piece: &Piece) {
        let place = &mut self.buffer[self.skip + self.len..][..(piece.place.sectors * SECTOR) as usize];
        let (octets, rest) = place.split_at_mut(piece.octets.len());
        let (sequence, padding) = rest.split_at_mut(CHECK);
        octets.copy_from_slice(&piece.octets);
        sequence.copy_from_slice(&check(piece.key, piece.at, &piece.octets));
        padding.fill(0);
        self.len += place.len();
    }
}

/// A row with some of its entries replaced or taken out.
fn changed(row: &[u8], changes: &BTreeMap<u64, Option<&[u8]>>) -> Vec<u8> {
    let mut new = Vec::new();
    for entry in entries(row) {
        match changes.get(&entry.key) {
            None => new.extend_from_slice(entry.octets),
            Some(Some(replacement)) => new.extend_from_slice(replacement),
            Some(None) => {}
        }
    }
    new
}

/// A piece as it was written; `None` when it is not that any more.
///
/// # Errors
/// Those of the disk.
pub(super) fn read_piece(
    payloads: &dyn StorageBackend,
    key: u64,
    at: u32,
    start: u64,
    len: usize,
) -> Result<Option<Bytes>, std::io::Error> {
    let mut octets = alloc::vec![0; len + CHECK];
    payloads.read(start.saturating_mul(SECTOR), &mut octets)?;
    let good = octets[len..] == check(key, at, &octets[..len]);
    octets.truncate(len);
    Ok(good.then(|| octets.into()))
}

/// CRC-32C over what a piece is one of, and its octets: a piece that was written elsewhere, or an older one, does not
/// pass for it.
fn check(key: u64, at: u32, octets: &[u8]) -> [u8; CHECK] {
    let mut crc = Crc32C::new();
    crc.update(&key.to_be_bytes());
    crc.update(&at.to_be_bytes());
    crc.update(octets);
    crc.finish().to_be_bytes()
}

/// Sectors that a piece of so many octets takes.
pub(super) fn sectors(len: usize) -> u64 {
    ((len + CHECK) as u64).div_ceil(SECTOR)
}

/// The place of piece `at` of a payload that lies in `extents`.
pub(super) fn place(extents: &[Extent], at: u32) -> Option<u64> {
    let mut skip = u64::from(at) * sectors(PIECE);
    for extent in extents {
        match skip.checked_sub(extent.sectors) {
            None => return Some(extent.start + skip),
            Some(rest) => skip = rest,
        }
    }
    None
}

/// Octets of a payload file with so many sectors in use.
fn file_len(end: u64) -> u64 {
    end.saturating_mul(SECTOR).checked_next_multiple_of(STEP).unwrap_or(u64::MAX)
}

pub(super) fn open_database(backend: impl StorageBackend) -> Result<Database, OpenError> {
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
