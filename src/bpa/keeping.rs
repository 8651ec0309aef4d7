//! The bundles that are kept: their way in, after a restart too, and out.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use super::agent::Agent;
use super::event::Event;
use super::quota::Class;
use super::receiving::{Arrival, Room};
use super::record::Record;
use super::seen::{self, Fate};
use super::store::{Durability, Key, Memory, Recovered, Store, StoreError};
use super::trace;
use crate::bundle::{BundleId, Header, NodeNumber, Reason};
use crate::time::{DtnTime, Instant};

/// A bundle that is kept.
#[derive(Debug)]
pub(super) struct Entry {
    pub header: Header,
    pub received: Instant,
    /// How long it was here before this run of the program.
    pub before: Duration,
    pub expires: Instant,
    pub from: Option<NodeNumber>,
    pub class: Class,
    /// Octets it counts against the quotas.
    pub octets: u64,
    pub place: Place,
    /// The store has yet to say that it is durable.
    pub fresh: bool,
    /// Transfers of it, or of parts of it, that are under way.
    pub hands: u32,
    /// Ranges of the payload that are neither across nor under way; `None` as long as it has not been cut.
    pub rest: Option<Vec<Range<u64>>>,
    /// How far security processing is.
    pub stage: Stage,
}

impl Entry {
    /// A bundle that has just come.
    pub fn new(header: Header, received: Instant, arrival: Arrival, room: Room) -> Self {
        let Arrival { from, class, stage } = arrival;
        let Room { expires, octets } = room;
        Self {
            header,
            received,
            before: Duration::ZERO,
            expires,
            from,
            class,
            octets,
            place: Place::Desk,
            fresh: false,
            hands: 0,
            rest: None,
            stage,
        }
    }
}

/// What is still to be done to a bundle before it is sent on or delivered, if there is a security policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    /// It came from elsewhere: what secures it is to be checked.
    Received,
    /// It was made here, and is to be secured.
    Made,
    /// It came from elsewhere and is checked; if this node is a security gateway, it is to be secured.
    Passing,
    /// Nothing.
    Ready,
}

impl Stage {
    pub const fn of(code: u8) -> Self {
        match code & 3 {
            0 => Self::Received,
            1 => Self::Made,
            2 => Self::Passing,
            _ => Self::Ready,
        }
    }
}

/// Where a bundle that is kept belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To be sent on to this node.
    Forwarding(NodeNumber),
    /// For somebody here, waiting or being delivered.
    Desk,
    /// For somebody here, waiting for the other fragments.
    Reassembly,
    /// To be secured or checked before it goes to one of the other places.
    Workshop,
}

impl<S: Store> Agent<S> {
    pub(super) fn recover(&mut self) -> Result<(), StoreError> {
        let (mut bundles, mut memories) = (Vec::new(), Vec::new());
        let mut strange = Vec::new();
        self.store.recover(&mut |recovered| match recovered {
            Recovered::Bundle { key, record, payload_len } => match Record::decode(record) {
                Some(record) if record.header.payload_len() == payload_len => bundles.push((key, record)),
                _ => strange.push(key),
            },
            Recovered::Memory(Memory { id, until }) => {
                memories.extend(seen::decode(id).map(|id| (id, until)))
            }
        })?;
        let now = Instant::ZERO;
        let epoch = self.parameters.epoch;
        // Others may have sent bundles in this node's name; what was not made here counts only if it could have been.
        let made = |id: &BundleId, fate: Fate| match fate {
            Fate::Forwarded { from, .. } => from.is_none(),
            _ => self.parameters.clock().is_some_and(|epoch| id.timestamp.time <= epoch.0),
        };
        let kept =
            bundles.iter().filter(|(_, record)| record.from.is_none()).map(|(_, record)| record.header.id());
        let gone = memories.iter().filter(|((id, fate), _)| made(id, *fate)).map(|((id, _), _)| id.clone());
        let own = |id: &BundleId| id.source.node() == Some(self.parameters.node);
        self.last_timestamp = kept.chain(gone).filter(own).map(|id| id.timestamp).max().unwrap_or_default();
        for ((id, fate), until) in memories {
            if until > epoch.0 {
                self.seen.insert(now, &id, fate, epoch.instant(until));
            }
        }
        // Of another version, or damaged: there is nothing to be done with it.
        self.counters.unreadable += strange.len() as u64;
        strange.into_iter().for_each(|key| self.store.remove(key, None));
        // What had a new form when the program ended, but was not removed yet.
        let replaced: BTreeSet<Key> =
            bundles.iter().flat_map(|(_, record)| record.replaces.iter().copied()).collect();
        for (key, record) in bundles {
            if replaced.contains(&key) {
                self.store.remove(key, None);
                continue;
            }
            let Record { header, received, expires, from, class, rest, stage, .. } = record;
            self.counters.recovered += 1;
            // What had not been sent when the program ended, by the last word of it.
            let before = Duration::from_millis(epoch.0.0.saturating_sub(received.0));
            let expires = if expires.0 == u64::MAX { Instant::MAX } else { epoch.instant(expires) };
            let octets = self.charge(&header, stage);
            self.ledger.add(header.source(), class, octets);
            self.seen.insert(now, &header.id(), Fate::Held, expires);
            let new = Entry::new(header, now, Arrival { from, class, stage }, Room { expires, octets });
            self.enter(now, key, Entry { before, rest, ..new });
        }
        self.stepped(now, 1);
        Ok(())
    }

    /// Puts a bundle that is in the store where it belongs.
    pub(super) fn enter(&mut self, now: Instant, key: Key, mut entry: Entry) {
        let class = entry.class;
        self.expiries.insert((entry.expires, key));
        self.classes[class as usize].insert(key);
        let destination = node_of(&entry.header);
        let local = self.is_local(&entry.header);
        let wanted = self.securing.wants(&entry.header, entry.stage, local);
        entry.stage = self.securing.stage(&entry.header, entry.stage, local);
        entry.place = match (wanted, local) {
            (true, _) => Place::Workshop,
            (false, true) => Place::Desk,
            (false, false) => Place::Forwarding(destination),
        };
        self.entries.insert(key, Box::new(entry));
        if wanted {
            self.secure(now, key);
        } else if local {
            self.bring_to_desk(now, key);
        } else {
            self.forwarding.wait(destination, class, key);
        }
    }

    /// Whether the bundle ends here.
    pub(super) fn is_local(&self, header: &Header) -> bool {
        node_of(header) == self.parameters.node || self.desk.takes(header.destination())
    }

    /// Octets that a bundle counts against the quotas: its own, and those of what it becomes while it is still here
    /// as it was.
    pub(super) fn charge(&self, header: &Header, stage: Stage) -> u64 {
        let room = self.securing.room(header, stage, self.is_local(header));
        header.encoded_len().saturating_add(room)
    }

    pub(super) fn record(
        &self,
        now: Instant,
        header: &Header,
        expires: Instant,
        arrival: Arrival,
    ) -> Vec<u8> {
        if self.store.durability() == Durability::Volatile {
            return Vec::new();
        }
        let received = self.parameters.epoch.dtn_time(now);
        let expires = self.dtn_expiry(expires);
        let Arrival { from, class, stage } = arrival;
        Record { header, received, expires, from, class, rest: None, stage, replaces: Vec::new() }.encode()
    }

    pub(super) fn dtn_expiry(&self, expires: Instant) -> DtnTime {
        if expires == Instant::MAX { DtnTime(u64::MAX) } else { self.parameters.epoch.dtn_time(expires) }
    }

    /// Gives a bundle up.
    pub(super) fn delete(&mut self, now: Instant, key: Key, reason: Reason) {
        self.delete_as(now, key, reason, Fate::Done);
    }

    pub(super) fn delete_as(&mut self, now: Instant, key: Key, reason: Reason, fate: Fate) {
        // Without one of its fragments a unit is no longer whole.
        let part = self.entries.get(&key).is_some_and(|entry| entry.header.fragment().is_some());
        let others = if part { self.take_apart(key) } else { Vec::new() };
        let Some(entry) = self.discard(now, key, fate) else { return };
        for other in others {
            if let Some(class) = self.entries.get(&other).map(|entry| entry.class) {
                self.forget_work(other, class);
                self.bring_to_desk(now, other);
            }
        }
        self.report_deleted(now, &entry.header, reason);
        self.note_deletion(entry.header.id(), entry.header.encoded_len(), reason);
    }

    /// Says that a bundle of so many octets was given up.
    pub(super) fn note_deletion(&mut self, id: BundleId, octets: u64, reason: Reason) {
        trace!("bundle deleted", id = ?id, reason = reason.0);
        self.counters.deleted += 1;
        self.counters.octets_deleted += octets;
        self.counters.expired += u64::from(reason == Reason::LIFETIME_EXPIRED);
        *self.deletions.entry(reason).or_default() += 1;
        self.events.push_back(Event::Deleted { id, reason });
    }

    /// Notes that what went wrong was the payload of a bundle having changed on the medium.
    pub(super) fn note_damage(&mut self, error: Option<StoreError>) {
        if let Some(StoreError::Damaged(key)) = error {
            self.damaged.push(key);
        }
    }

    /// Gives up what was found damaged: it would go on with a check sequence that makes it look whole.
    pub(super) fn give_up_damaged(&mut self, now: Instant) {
        for key in core::mem::take(&mut self.damaged) {
            if !self.entries.contains_key(&key) {
                continue;
            }
            self.counters.damaged += 1;
            self.delete_as(now, key, Reason::BLOCK_UNINTELLIGIBLE, Fate::Lost);
        }
    }

    /// Takes a bundle out of everything, and remembers what became of it.
    pub(super) fn discard(&mut self, now: Instant, key: Key, fate: Fate) -> Option<Box<Entry>> {
        let id = self.entries.get(&key)?.header.id();
        let entry = self.discard_as(key, id, fate);
        self.stepped(now, 1);
        entry
    }

    /// As [`discard`](Self::discard), remembered by another identity, as part of a greater step.
    pub(super) fn discard_as(&mut self, key: Key, id: BundleId, fate: Fate) -> Option<Box<Entry>> {
        let entry = self.unlink(key)?;
        if entry.fresh {
            // It was not durable yet, but it is where it was to go, or was given up: nothing is to be waited for.
            self.events.push_back(Event::Kept(key));
        }
        if fate == Fate::Lost {
            self.seen.forget(&id);
            self.store.remove(key, None);
        } else if entry.header.source().is_null() {
            self.store.remove(key, None);
        } else {
            self.seen.set_fate(&id, fate);
            match self.store.durability() {
                Durability::Volatile => self.store.remove(key, None),
                Durability::Deferred => {
                    let until = self.dtn_expiry(entry.expires);
                    self.store.remove(key, Some(Memory { id: &seen::encode(&id, fate), until }));
                }
            }
        }
        Some(entry)
    }

    pub(super) fn unlink(&mut self, key: Key) -> Option<Box<Entry>> {
        let entry = self.entries.remove(&key)?;
        if entry.fresh {
            self.fresh.remove(&entry.header.id());
        }
        self.expiries.remove(&(entry.expires, key));
        self.classes[entry.class as usize].remove(&key);
        self.ledger.take(entry.header.source(), entry.class, entry.octets);
        match entry.place {
            Place::Forwarding(destination) => self.forwarding.forget(destination, entry.class, key),
            Place::Desk => self.desk.forget(key, entry.header.destination()),
            Place::Reassembly => self.desk.forget_fragment(key, &entry.header),
            Place::Workshop => {}
        }
        self.forget_work(key, entry.class);
        Some(entry)
    }
}

/// The node a bundle is for. Endpoints without a node number have no route.
pub(super) fn node_of(header: &Header) -> NodeNumber {
    header.destination().node().unwrap_or(NOWHERE)
}

/// A node number no contact plan can hold: the null endpoint's.
const NOWHERE: NodeNumber = NodeNumber(0);
