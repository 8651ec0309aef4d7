//! Taking bundles, whole or while their payload is still coming, or refusing them.

use alloc::vec::Vec;
use bytes::Bytes;

use super::agent::Agent;
use super::event::{Reception, Refusal};
use super::keeping::{Entry, Stage};
use super::parameters::Rule;
use super::quota::{Class, Quota};
use super::record::detached;
use super::seen::Fate;
use super::store::{Durability, Key, Store, StoreError};
use super::{span, trace};
use crate::bundle::{
    Block, BlockContent, BlockFlags, Bundle, BundleError, BundleFlags, BundleId, Eid, Header, NodeNumber,
    Reason, block_type,
};
use crate::time::Instant;

/// A bundle that is still coming.
#[derive(Debug)]
pub(super) struct Spool {
    pub header: Header,
    pub arrival: Arrival,
    pub room: Room,
}

/// How a bundle came here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub from: Option<NodeNumber>,
    pub class: Class,
    pub stage: Stage,
}

/// What a bundle was granted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub expires: Instant,
    /// Octets it counts against the quotas: all that it is to have.
    pub octets: u64,
}

impl<S: Store> Agent<S> {
    /// Takes a bundle that came from the neighbour `from`.
    ///
    /// # Errors
    /// [`Refusal`] says why it was not taken; nothing has changed then. When it
    /// [is temporary](Refusal::is_temporary), the neighbour must not be told that the bundle is across.
    /// [`Refusal::Duplicate`] is no fault of anybody's: the bundle is safe here or was.
    pub fn receive(
        &mut self,
        now: Instant,
        from: Option<NodeNumber>,
        bundle: Bundle,
    ) -> Result<Reception, Refusal> {
        span!("receive", node = self.parameters.node.0);
        let (mut header, payload) = bundle.into_parts();
        let octets = header.encoded_len();
        let arrival = Arrival { from, class: self.class_of(&header), stage: Stage::Received };
        let taken =
            self.process_blocks(now, &mut header).and_then(|()| self.put(now, &header, payload, arrival));
        match taken {
            Ok((key, room)) => Ok(self.received(now, key, header, arrival, room, octets)),
            Err(refusal) => self.not_received(now, &header, from, refusal),
        }
    }

    /// Starts to take a bundle whose header has come from the neighbour `from` and whose payload is on its way.
    /// Room for all of it is set aside.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn begin(
        &mut self,
        now: Instant,
        from: Option<NodeNumber>,
        mut header: Header,
    ) -> Result<Key, Refusal> {
        span!("begin", node = self.parameters.node.0);
        let arrival = Arrival { from, class: self.class_of(&header), stage: Stage::Received };
        let opened = self.process_blocks(now, &mut header).and_then(|()| self.open(now, &header, arrival));
        match opened {
            Ok((key, room)) => {
                self.await_payload(key, Spool { header, arrival, room });
                Ok(key)
            }
            Err(refusal) => {
                self.count_refusal(now, &header, from, &refusal);
                Err(refusal)
            }
        }
    }

    /// A bundle that does not come to its end holds its room until its lifetime is over, at the longest.
    pub(super) fn await_payload(&mut self, key: Key, spool: Spool) {
        self.expiries.insert((spool.room.expires, key));
        self.spools.insert(key, spool);
    }

    fn take_spool(&mut self, key: Key) -> Option<Spool> {
        let spool = self.spools.remove(&key)?;
        self.expiries.remove(&(spool.room.expires, key));
        Some(spool)
    }

    /// Adds payload octets to a bundle that is coming.
    ///
    /// # Errors
    /// [`Refusal::Store`] when the store does not take them, or there are more than the header promised. The bundle
    /// is given up then. So it is, with [`StoreError::Unknown`], when its lifetime has ended or its room was needed for
    /// a more urgent one.
    pub fn append(&mut self, now: Instant, key: Key, octets: &[u8]) -> Result<(), Refusal> {
        let spool = self.spools.get(&key).ok_or(StoreError::Unknown(key))?;
        let have = self.store.payload_len(key).ok_or(StoreError::Unknown(key))?;
        let needed = octets.len() as u64;
        let taken = match have.checked_add(needed).is_some_and(|len| len <= spool.header.payload_len()) {
            true => self.store.append(key, octets),
            false => Err(StoreError::Full { needed }),
        };
        if taken.is_err() {
            self.abort(now, key);
        }
        self.stepped(now, 0);
        Ok(taken?)
    }

    /// Takes a bundle whose payload has come whole and proved right.
    ///
    /// # Errors
    /// As [`receive`](Self::receive); the bundle is given up.
    pub fn finish(&mut self, now: Instant, key: Key) -> Result<Reception, Refusal> {
        span!("finish", node = self.parameters.node.0, key = key.0);
        let Some(spool) = self.take_spool(key) else { return Err(StoreError::Unknown(key).into()) };
        let Spool { header, arrival, room } = spool;
        let kept = self.keep(now, key, &header, arrival, room);
        if kept.is_err() {
            self.store.remove(key, None);
        }
        match (kept, arrival.stage) {
            (Ok(room), Stage::Made) => {
                self.counters.sourced += 1;
                Ok(self.settle(now, key, header, arrival, room))
            }
            (Ok(room), _) => {
                let octets = header.encoded_len();
                Ok(self.received(now, key, header, arrival, room, octets))
            }
            (Err(refusal), Stage::Made) => Err(refusal),
            (Err(refusal), _) => self.not_received(now, &header, arrival.from, refusal),
        }
    }

    /// Gives up a bundle that was coming.
    pub fn abort(&mut self, now: Instant, key: Key) {
        if let Some(spool) = self.take_spool(key) {
            self.ledger.take(spool.header.source(), spool.arrival.class, spool.room.octets);
            self.store.remove(key, None);
            self.stepped(now, 1);
        }
    }

    /// The transfer of a bundle that was coming broke. What has come is kept as a fragment, if the bundle may be
    /// fragmented; the sender is to be told of as many octets as were handed in.
    ///
    /// The check sequence of the payload has not come, so the octets are as good as the layer below is reliable: do
    /// this only over one that is.
    ///
    /// # Errors
    /// As [`finish`](Self::finish): nothing is kept.
    ///
    /// Source: RFC 9171 §5.8 (reactive fragmentation is what RFC 4838 §3.8 calls it).
    pub fn interrupt(&mut self, now: Instant, key: Key) -> Result<Reception, Refusal> {
        let have = self.store.payload_len(key).ok_or(StoreError::Unknown(key))?;
        let spool = self.spools.get_mut(&key).ok_or(StoreError::Unknown(key))?;
        if have == spool.header.payload_len() {
            return self.finish(now, key);
        }
        match spool.header.cut(0, have) {
            Ok(fragment) => {
                spool.header = fragment;
                self.finish(now, key)
            }
            Err(error) => {
                self.abort(now, key);
                Err(error.into())
            }
        }
    }

    pub(super) fn class_of(&self, header: &Header) -> Class {
        let fits = |rule: &&Rule| {
            rule.source.matches(header.source()) && rule.destination.matches(header.destination())
        };
        self.rules.iter().find(fits).map_or(Class::Normal, |rule| rule.class)
    }

    /// What the flags of blocks this node does not know ask for. One of a type it knows is known, encrypted or not.
    ///
    /// Source: RFC 9171 §5.6 step 4; RFC 9758 §5.4 (endpoints of the local node).
    fn process_blocks(&mut self, now: Instant, header: &mut Header) -> Result<(), Refusal> {
        let local = |eid: &Eid| eid.node() == Some(NodeNumber::LOCAL);
        if [header.source(), header.destination(), header.report_to()].into_iter().any(local) {
            return Err(BundleError::LocalNode.into());
        }
        let unknown = |block: &&Block| match block.block_type() {
            block_type::PREVIOUS_NODE | block_type::AGE | block_type::HOP_COUNT => false,
            block_type::INTEGRITY | block_type::CONFIDENTIALITY => !cfg!(feature = "crypto"),
            _ => true,
        };
        let asked = BlockFlags::REPORT_UNPROCESSED
            | BlockFlags::REMOVE_UNPROCESSED
            | BlockFlags::DELETE_BUNDLE_UNPROCESSED;
        let unknown: Vec<_> = header
            .blocks()
            .iter()
            .filter(unknown)
            .map(|block| (block.number(), block.block_type(), block.flags()))
            .filter(|(.., flags)| flags.0 & asked.0 != 0)
            .collect();
        for (number, block_type, flags) in unknown {
            // A copy is nobody's news.
            if flags.contains(BlockFlags::REPORT_UNPROCESSED) && self.seen.fate(&header.id()).is_none() {
                self.report_unprocessed(now, header);
            }
            if flags.contains(BlockFlags::DELETE_BUNDLE_UNPROCESSED) {
                return Err(Refusal::Unsupported { block_type });
            }
            if flags.contains(BlockFlags::REMOVE_UNPROCESSED) {
                // One that the bundle cannot be without stays.
                let _ = header.remove_block(number);
            }
        }
        Ok(())
    }

    /// Whether a bundle can be taken, its size apart, and when its lifetime is over.
    fn acceptable(
        &self,
        now: Instant,
        header: &Header,
        from: Option<NodeNumber>,
    ) -> Result<Instant, Refusal> {
        if header.destination().is_null() {
            return Err(Refusal::Nowhere);
        }
        let hops = header.hop_count();
        if let Some(hops) = hops.filter(|hops| hops.exceeded()) {
            return Err(Refusal::HopLimit { limit: hops.limit.into() });
        }
        let passed = hops.map(|hops| hops.count);
        let known = |id: &BundleId| self.seen.fate(id).is_some_and(|fate| fate.makes_copy(from, passed));
        // Bundles of the null source all look alike.
        if !header.source().is_null() {
            let id = header.id();
            if known(&id) {
                return Err(Refusal::Duplicate);
            }
            // A fragment of what is here whole, or has been delivered here already.
            let unit = BundleId { fragment: None, ..id.clone() };
            if id.fragment.is_some() && matches!(self.seen.fate(&unit), Some(Fate::Done | Fate::Held)) {
                return Err(Refusal::Duplicate);
            }
        }
        let expires = header.expires_at(now, self.parameters.clock());
        if expires <= now { Err(Refusal::Expired) } else { Ok(expires) }
    }

    /// Has less urgent bundles make room, if that is what it takes.
    fn make_room(&mut self, now: Instant, header: &Header, class: Class, octets: u64) -> Result<(), Refusal> {
        while let Err(full) = self.ledger.check(header.source(), class, octets) {
            let lower = &self.classes[..class as usize];
            let reclaimable = self.ledger.class[..class as usize].iter().map(|class| class.octets).sum();
            let worth_it = full.quota == Quota::Store
                && self.ledger.could_hold(octets)
                && full.free.octets.saturating_add(reclaimable) >= octets;
            if !worth_it {
                return Err(full.into());
            }
            // Whoever sends what is still coming has it yet, so nothing is lost with that.
            let newest = self.spools.iter().rev().take(EVICTION_SEARCH);
            let coming = newest.filter(|(_, spool)| spool.arrival.class < class);
            if let Some((key, _)) = coming.min_by_key(|(_, spool)| spool.arrival.class) {
                self.abort(now, *key);
                continue;
            }
            // The newest of them: older ones have been promised more.
            let idle = |key: &&Key| {
                self.entries.get(*key).is_some_and(|entry| entry.hands == 0 && !self.desk.is_out(**key))
            };
            let victim =
                lower.iter().find_map(|keys| keys.iter().rev().take(EVICTION_SEARCH).find(idle)).copied();
            let Some(victim) = victim else { return Err(full.into()) };
            self.counters.evicted += 1;
            self.delete(now, victim, Reason::DEPLETED_STORAGE);
        }
        Ok(())
    }

    /// Whether a bundle can be taken, and what it is granted; others may have gone to make room for it.
    fn admit(&mut self, now: Instant, header: &Header, arrival: Arrival) -> Result<Room, Refusal> {
        let expires = self.acceptable(now, header, arrival.from)?;
        let octets = self.charge(header, arrival.stage);
        self.make_room(now, header, arrival.class, octets)?;
        Ok(Room { expires, octets })
    }

    fn book(&mut self, header: &Header, class: Class, octets: u64) {
        self.ledger.add(header.source(), class, octets);
        self.counters.most_octets = self.counters.most_octets.max(self.ledger.store.octets);
    }

    /// Puts a bundle into the store, to be [settled](Self::settle) next.
    pub(super) fn put(
        &mut self,
        now: Instant,
        header: &Header,
        payload: Bytes,
        arrival: Arrival,
    ) -> Result<(Key, Room), Refusal> {
        let room = self.admit(now, header, arrival)?;
        let record = self.record(now, header, room.expires, arrival);
        let key = self.store.put(&record, payload)?;
        self.book(header, arrival.class, room.octets);
        Ok((key, room))
    }

    /// Opens a spool for a bundle's payload.
    pub(super) fn open(
        &mut self,
        now: Instant,
        header: &Header,
        arrival: Arrival,
    ) -> Result<(Key, Room), Refusal> {
        let room = self.admit(now, header, arrival)?;
        let key = self.store.begin()?;
        self.book(header, arrival.class, room.octets);
        Ok((key, room))
    }

    /// Makes a spool a bundle of the store, to be [settled](Self::settle) next. When it cannot, its room is free
    /// again, but it is still in the store.
    fn keep(
        &mut self,
        now: Instant,
        key: Key,
        header: &Header,
        arrival: Arrival,
        room: Room,
    ) -> Result<Room, Refusal> {
        self.ledger.take(header.source(), arrival.class, room.octets);
        // Another copy may have come meanwhile, or its time may be over.
        self.acceptable(now, header, arrival.from)?;
        let (found, required) = (self.store.payload_len(key).unwrap_or(0), header.payload_len());
        if found != required {
            return Err(BundleError::PayloadLength { required, found }.into());
        }
        let record = self.record(now, header, room.expires, arrival);
        self.store.keep(key, &record)?;
        let octets = self.charge(header, arrival.stage);
        self.ledger.add(header.source(), arrival.class, octets);
        Ok(Room { octets, ..room })
    }

    /// Goes on with a bundle that is in the store.
    pub(super) fn settle(
        &mut self,
        now: Instant,
        key: Key,
        mut header: Header,
        arrival: Arrival,
        room: Room,
    ) -> Reception {
        let id = header.id();
        trace!("bundle kept", id = ?id, key = key.0, octets = room.octets);
        if !header.source().is_null() {
            self.seen.insert(now, &id, Fate::Held, room.expires);
        }
        let fresh = self.store.durability() == Durability::Deferred;
        if fresh {
            self.fresh.insert(id, key);
            if header.blocks().iter().any(|block| matches!(block.content(), BlockContent::Octets { .. })) {
                // Its blocks must not keep the buffer alive in which the payload came.
                header = detached(&header).unwrap_or(header);
            }
        }
        self.enter(now, key, Entry { fresh, ..Entry::new(header, now, arrival, room) });
        self.stepped(now, 1);
        // One that is gone already was lost or done with in a commit just now: the event says which.
        match fresh && self.entries.get(&key).is_none_or(|entry| entry.fresh) {
            true => Reception::Pending(key),
            false => Reception::Safe,
        }
    }

    /// Goes on with a bundle of so many octets that came from elsewhere and is in the store.
    fn received(
        &mut self,
        now: Instant,
        key: Key,
        header: Header,
        arrival: Arrival,
        room: Room,
        octets: u64,
    ) -> Reception {
        self.counters.received += 1;
        self.counters.octets_received += octets;
        if let Some(from) = arrival.from {
            let counters = self.neighbour_counters.entry(from).or_default();
            counters.received += 1;
            counters.octets_received += octets;
        }
        let reported = header.flags().contains(BundleFlags::REPORT_RECEPTION).then(|| header.clone());
        let reception = self.settle(now, key, header, arrival, room);
        if let Some(header) = reported {
            self.report_received(now, &header);
        }
        reception
    }

    /// A copy of a bundle is no safer than the bundle.
    fn not_received(
        &mut self,
        now: Instant,
        header: &Header,
        from: Option<NodeNumber>,
        refusal: Refusal,
    ) -> Result<Reception, Refusal> {
        self.count_refusal(now, header, from, &refusal);
        match self.fresh.get(&header.id()) {
            Some(key) if matches!(refusal, Refusal::Duplicate) => Ok(Reception::Pending(*key)),
            _ => Err(refusal),
        }
    }

    fn count_refusal(&mut self, now: Instant, header: &Header, from: Option<NodeNumber>, refusal: &Refusal) {
        let duplicate = matches!(refusal, Refusal::Duplicate);
        if let Some(from) = from {
            let counters = self.neighbour_counters.entry(from).or_default();
            *if duplicate { &mut counters.duplicates } else { &mut counters.refused } += 1;
        }
        if duplicate {
            self.counters.duplicates += 1;
            return;
        }
        self.counters.refused += 1;
        trace!("bundle refused", id = ?header.id(), refusal = ?refusal);
        if let Some(reason) = refusal.reason().filter(|_| !refusal.is_temporary()) {
            self.report_deleted(now, header, reason);
        }
    }
}

/// How many bundles of a class are looked at for one that can make room.
const EVICTION_SEARCH: usize = 64;
