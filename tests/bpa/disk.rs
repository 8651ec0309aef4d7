//! A disk in memory that loses power: writes since the last flush survive or not, sector by sector, by chance.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use redb::StorageBackend;
use spacelink::io::store::{DurableStore, OpenError};
use std::io;
use std::sync::{Arc, Mutex};

const SECTOR: usize = 512;

const DATABASE: usize = 0;
const PAYLOADS: usize = 1;

/// What outlives a loss of power, and a handle to all of it: the file of the database and that of the payloads.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<State>>);

/// One file of a disk.
#[derive(Clone, Debug)]
pub struct DiskFile {
    disk: Disk,
    number: usize,
}

#[derive(Debug)]
struct State {
    files: [Contents; 2],
    /// Operations that still succeed; `None` for all.
    left: Option<u64>,
    rng: ChaCha8Rng,
}

#[derive(Debug, Default)]
struct Contents {
    /// As of the last flush.
    flushed: Vec<u8>,
    /// As programs see it.
    current: Vec<u8>,
}

impl Disk {
    pub fn new(seed: u64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self(Arc::new(Mutex::new(State { files: Default::default(), left: None, rng })))
    }

    /// Opens the store that is on it.
    pub fn store(&self) -> Result<DurableStore, OpenError> {
        let disk = self.clone();
        let file = move |number| DiskFile { disk: disk.clone(), number };
        DurableStore::open_on(file(PAYLOADS), move || file(DATABASE))
    }

    /// Flips a bit of the payload that holds these octets.
    pub fn damage(&self, octets: &[u8]) {
        let payloads = &mut self.0.lock().unwrap().files[PAYLOADS];
        let at = payloads.current.windows(octets.len()).position(|window| window == octets).unwrap();
        payloads.current[at + octets.len() / 2] ^= 1;
    }

    /// Fails for good after `operations` more writes, flushes and changes of length.
    pub fn fail_after(&self, operations: u64) {
        self.0.lock().unwrap().left = Some(operations);
    }

    /// Whether it has failed.
    pub fn has_failed(&self) -> bool {
        self.0.lock().unwrap().left == Some(0)
    }

    /// Power is lost and comes back: of each sector written since the last flush, one of old and new is there. The
    /// length is one of both as well.
    pub fn lose_power(&self) {
        let mut state = self.0.lock().unwrap();
        let State { files, rng, .. } = &mut *state;
        for Contents { flushed, current } in files {
            let mut survived = flushed.clone();
            if rng.next_u32().is_multiple_of(2) || current.len() > survived.len() {
                survived.resize(current.len(), 0);
            }
            for (at, sector) in survived.chunks_mut(SECTOR).enumerate() {
                if rng.next_u32().is_multiple_of(2)
                    && let Some(written) = current.get(at * SECTOR..at * SECTOR + sector.len())
                {
                    sector.copy_from_slice(written);
                }
            }
            flushed.clone_from(&survived);
            *current = survived;
        }
        state.left = None;
    }

    /// Octets it takes.
    pub fn octets(&self) -> usize {
        self.0.lock().unwrap().files.iter().map(|file| file.current.len()).sum()
    }

    /// The power stays, the disk works again.
    pub fn repair(&self) {
        self.0.lock().unwrap().left = None;
    }
}

impl State {
    fn operate(&mut self) -> io::Result<()> {
        match &mut self.left {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the disk has failed")),
            Some(left) => {
                *left -= 1;
                if *left == 0 { Err(io::Error::other("the disk fails")) } else { Ok(()) }
            }
        }
    }
}

impl StorageBackend for DiskFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().unwrap().files[self.number].current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.disk.0.lock().unwrap();
        let start = offset as usize;
        let found = state.files[self.number].current.get(start..start + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        state.operate()?;
        state.files[self.number].current.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        state.operate()?;
        let Contents { flushed, current } = &mut state.files[self.number];
        flushed.clone_from(current);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        let outcome = state.operate();
        let start = offset as usize;
        // The write during which the disk fails may have been done in part.
        let done =
            if outcome.is_ok() { data.len() } else { state.rng.next_u32() as usize % (data.len() + 1) };
        let fails_now = state.left == Some(0);
        let current = &mut state.files[self.number].current;
        if outcome.is_ok() || fails_now && done > 0 {
            let end = (start + done).min(current.len());
            current[start.min(end)..end].copy_from_slice(&data[..end - start.min(end)]);
        }
        outcome
    }
}
