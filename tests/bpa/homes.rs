//! Where the stores under test live: all tests that are for every store go through these.

use super::disk::Disk;
use spacelink::bpa::{MemoryStore, Store};
use spacelink::io::store::DurableStore;

/// A store that can be opened anew, as after a restart.
pub trait Home {
    type Store: Store;
    fn open(&self) -> Self::Store;
}

pub struct InMemory;

impl Home for InMemory {
    type Store = MemoryStore;
    fn open(&self) -> MemoryStore {
        MemoryStore::new()
    }
}

pub struct OnDisk(pub Disk);

impl Home for OnDisk {
    type Store = DurableStore;
    fn open(&self) -> DurableStore {
        self.0.store().unwrap()
    }
}

pub struct InFile(tempfile::TempDir);

impl InFile {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Octets of all files.
    pub fn octets(&self) -> u64 {
        let files = std::fs::read_dir(self.0.path()).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    }
}

impl Home for InFile {
    type Store = Box<dyn Store>;
    fn open(&self) -> Box<dyn Store> {
        Box::new(DurableStore::open(self.0.path().join("bundles.redb")).unwrap())
    }
}
