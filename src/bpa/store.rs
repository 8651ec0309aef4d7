use alloc::boxed::Box;
use alloc::vec;
use bytes::Bytes;
use core::fmt;

use crate::time::DtnTime;

/// How a store names one bundle it keeps. Later bundles have greater keys; none is used twice while the store is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

/// Whether a store outlives the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It does not: what it keeps is as safe on return of [`Store::put`] as it will ever be. Records and memories
    /// are not asked for.
    Volatile,
    /// It does, once it has said so by [`StoreEvent::Durable`].
    Deferred,
}

/// What a store has to tell, some time after the call that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreEvent {
    /// The bundle kept as this key survives loss of power from now on.
    Durable(Key),
    /// The bundle could not be made durable, and is gone.
    Failed(Key),
    /// The bundle is removed for good: it will not be found after a restart.
    Removed(Key),
    /// Octets that were [`StoreError::Later`] are at hand.
    Readable(Key),
}

/// Why a store did not do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The medium has no room for so many octets more.
    #[error("store: no room for {needed} octets")]
    Full {
        /// Octets asked for.
        needed: u64,
    },
    /// The medium failed; the word says at what.
    #[error("store: {0} failed")]
    Medium(&'static str),
    /// The octets are not at hand yet: ask again after [`StoreEvent::Readable`].
    #[error("store: octets not at hand yet")]
    Later,
    /// Nothing is kept under this key.
    #[error("store: no bundle {0:?}")]
    Unknown(Key),
    /// Octets of the bundle's payload are not those that were given any more.
    #[error("store: payload of bundle {0:?} has changed on the medium")]
    Damaged(Key),
}

/// The work of making durable what a store was told: apart from the store and the agent, so that it can be done on
/// another thread while they go on. How it ended must be told to [`Store::end_commit`], or the agent that handed it
/// out ([`Agent::commit_ended`](super::Agent::commit_ended)); until then nothing of it counts as durable.
#[must_use = "nothing becomes durable before it is run and its outcome given back"]
pub struct Commit(Box<dyn FnOnce() -> Result<(), StoreError> + Send>);

impl Commit {
    /// A commit that is done by calling `work`.
    pub fn new(work: impl FnOnce() -> Result<(), StoreError> + Send + 'static) -> Self {
        Self(Box::new(work))
    }

    /// Does it: waits for the disk.
    ///
    /// # Errors
    /// [`StoreError`]; to be given back like success.
    pub fn run(self) -> Result<(), StoreError> {
        (self.0)()
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit").finish_non_exhaustive()
    }
}

/// The identity of a bundle that is gone, kept until its lifetime is over so that a copy is known for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory<'a> {
    /// The identity, encoded by the agent.
    pub id: &'a [u8],
    /// Until when it is worth remembering.
    pub until: DtnTime,
}

/// What a store has kept since an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovered<'a> {
    /// A bundle.
    Bundle {
        /// Its key.
        key: Key,
        /// Its record, as last given.
        record: &'a [u8],
        /// Octets of its payload.
        payload_len: u64,
    },
    /// The identity of one that is gone.
    Memory(Memory<'a>),
}

/// Where an agent keeps its bundles: a record of a few hundred octets and a payload of any length for each.
///
/// A payload need not be in memory: it may be given piece by piece ([`begin`](Self::begin),
/// [`append`](Self::append), [`keep`](Self::keep)) and is read by range. What a record says is the agent's business.
///
/// A store may take its time: what it was told becomes durable with a later [`commit`](Self::commit), in one go or in
/// two ([`begin_commit`](Self::begin_commit), [`end_commit`](Self::end_commit)), and it says so by
/// [`poll_event`](Self::poll_event). A store across a network answers [`StoreError::Later`] to a read and reports
/// when the octets have come. The agent releases nothing on the strength of a call alone.
pub trait Store {
    /// Whether it outlives the program.
    fn durability(&self) -> Durability;

    /// Keeps a bundle.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then.
    fn put(&mut self, record: &[u8], payload: Bytes) -> Result<Key, StoreError>;

    /// Opens a spool for a payload that comes in pieces. After a restart a spool is gone.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then.
    fn begin(&mut self) -> Result<Key, StoreError>;

    /// Adds octets at the end of a spool.
    ///
    /// # Errors
    /// [`StoreError`]; the spool may hold part of the octets and is only good for removal.
    fn append(&mut self, key: Key, octets: &[u8]) -> Result<(), StoreError>;

    /// Makes a spool a bundle.
    ///
    /// # Errors
    /// [`StoreError`]; it is still a spool then.
    fn keep(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError>;

    /// Puts another record in place of a bundle's.
    ///
    /// # Errors
    /// [`StoreError`]; the old record stands then.
    fn update(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError>;

    /// Forgets a bundle or spool and, if told so, remembers an identity, both in one step. Unknown keys are ignored.
    fn remove(&mut self, key: Key, memory: Option<Memory<'_>>);

    /// Octets of a payload; of a spool, those that have come.
    fn payload_len(&self, key: Key) -> Option<u64>;

    /// Reads payload octets from `offset` on and returns how many there were: less than `out` holds only at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError>;

    /// A whole payload. Stores that have it in one piece give it without a copy.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Full`] when it does not fit into memory.
    fn payload(&mut self, key: Key) -> Result<Bytes, StoreError> {
        let needed = self.payload_len(key).ok_or(StoreError::Unknown(key))?;
        let len = usize::try_from(needed).map_err(|_| StoreError::Full { needed })?;
        let mut octets = vec![0; len];
        let read = self.read(key, 0, &mut octets)?;
        octets.truncate(read);
        Ok(octets.into())
    }

    /// Takes out what makes all that was done so far durable, and has identities forgotten whose time is over at
    /// `now`. `None` when there is nothing to do, or the commit before has not ended yet.
    ///
    /// What is done to the store meanwhile is for the next one.
    fn begin_commit(&mut self, now: DtnTime) -> Option<Commit>;

    /// The commit that was begun has ended like this. Ignored when there is none.
    fn end_commit(&mut self, outcome: Result<(), StoreError>);

    /// Makes all that was done so far durable, unless a commit has been begun and has not ended.
    fn commit(&mut self, now: DtnTime) {
        if let Some(commit) = self.begin_commit(now) {
            let outcome = commit.run();
            self.end_commit(outcome);
        }
    }

    /// Octets given since the last commit, for which memory may be held.
    fn uncommitted(&self) -> usize;

    /// What there is to tell.
    fn poll_event(&mut self) -> Option<StoreEvent>;

    /// Tells all that was kept by an earlier run, bundles in order of their keys. To be called once, first.
    ///
    /// # Errors
    /// [`StoreError`] when the medium cannot be read.
    fn recover(&mut self, each: &mut dyn FnMut(Recovered<'_>)) -> Result<(), StoreError>;
}

impl<S: Store + ?Sized> Store for alloc::boxed::Box<S> {
    fn durability(&self) -> Durability {
        (**self).durability()
    }

    fn put(&mut self, record: &[u8], payload: Bytes) -> Result<Key, StoreError> {
        (**self).put(record, payload)
    }

    fn begin(&mut self) -> Result<Key, StoreError> {
        (**self).begin()
    }

    fn append(&mut self, key: Key, octets: &[u8]) -> Result<(), StoreError> {
        (**self).append(key, octets)
    }

    fn keep(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        (**self).keep(key, record)
    }

    fn update(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        (**self).update(key, record)
    }

    fn remove(&mut self, key: Key, memory: Option<Memory<'_>>) {
        (**self).remove(key, memory);
    }

    fn payload_len(&self, key: Key) -> Option<u64> {
        (**self).payload_len(key)
    }

    fn read(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        (**self).read(key, offset, out)
    }

    fn payload(&mut self, key: Key) -> Result<Bytes, StoreError> {
        (**self).payload(key)
    }

    fn begin_commit(&mut self, now: DtnTime) -> Option<Commit> {
        (**self).begin_commit(now)
    }

    fn end_commit(&mut self, outcome: Result<(), StoreError>) {
        (**self).end_commit(outcome);
    }

    fn uncommitted(&self) -> usize {
        (**self).uncommitted()
    }

    fn poll_event(&mut self) -> Option<StoreEvent> {
        (**self).poll_event()
    }

    fn recover(&mut self, each: &mut dyn FnMut(Recovered<'_>)) -> Result<(), StoreError> {
        (**self).recover(each)
    }
}
