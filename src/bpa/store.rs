use alloc::collections::BTreeMap;

use crate::bundle::{Bundle, BundleId, NodeNumber};
use crate::time::Instant;

/// How a store names one bundle it keeps. Never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

/// A bundle and what the agent must remember of it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The bundle as received or made.
    pub bundle: Bundle,
    /// Its identity, worked out once.
    pub id: BundleId,
    /// When it came here, which is where its age starts to grow.
    pub received: Instant,
    /// When its lifetime is over.
    pub expires: Instant,
    /// The neighbour it came from; `None` when it was made here.
    pub from: Option<NodeNumber>,
}

/// No room for one more bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store: {needed} octets needed, {free} octets and {free_bundles} bundles free")]
pub struct StoreFull {
    /// Octets the bundle takes.
    pub needed: usize,
    /// Octets there is room for.
    pub free: usize,
    /// Bundles there is room for.
    pub free_bundles: usize,
}

/// Where an agent keeps its bundles.
pub trait Store {
    /// Keeps `stored` and gives it a key.
    ///
    /// # Errors
    /// [`StoreFull`] when a quota would be broken; nothing has changed then.
    fn put(&mut self, stored: Stored) -> Result<Key, StoreFull>;

    /// The bundle kept as `key`.
    fn get(&self, key: Key) -> Option<&Stored>;

    /// Gives the bundle kept as `key` back and forgets it.
    fn remove(&mut self, key: Key) -> Option<Stored>;

    /// Bundles kept.
    fn len(&self) -> usize;

    /// Octets kept, as counted against the quota.
    fn octets(&self) -> usize;

    /// Whether nothing is kept.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bundles in memory, within quotas of octets and of bundles.
#[derive(Debug)]
pub struct MemoryStore {
    bundles: BTreeMap<Key, Stored>,
    next: u64,
    octets: usize,
    max_octets: usize,
    max_bundles: usize,
}

impl MemoryStore {
    /// An empty store that takes up to `max_bundles` bundles of `max_octets` octets in all.
    #[must_use]
    pub fn new(max_octets: usize, max_bundles: usize) -> Self {
        Self { bundles: BTreeMap::new(), next: 0, octets: 0, max_octets, max_bundles }
    }
}

impl Store for MemoryStore {
    fn put(&mut self, stored: Stored) -> Result<Key, StoreFull> {
        let needed = stored.bundle.encoded_len();
        let free = self.max_octets - self.octets;
        let free_bundles = self.max_bundles - self.bundles.len();
        if needed > free || free_bundles == 0 {
            return Err(StoreFull { needed, free, free_bundles });
        }
        let key = Key(self.next);
        self.next += 1;
        self.octets += needed;
        self.bundles.insert(key, stored);
        Ok(key)
    }

    fn get(&self, key: Key) -> Option<&Stored> {
        self.bundles.get(&key)
    }

    fn remove(&mut self, key: Key) -> Option<Stored> {
        let stored = self.bundles.remove(&key)?;
        self.octets -= stored.bundle.encoded_len();
        Some(stored)
    }

    fn len(&self) -> usize {
        self.bundles.len()
    }

    fn octets(&self) -> usize {
        self.octets
    }
}
