//! Security operations on bundles that are kept: added, checked and taken out by policy, piece by piece.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::agent::Agent;
use super::event::Event;
use super::keeping::{Entry, Stage};
use super::quota::Class;
use super::record::Record;
use super::security::{Running, Securing, Security, What, Work, following};
use super::seen::Fate;
use super::store::{Durability, Key, Store, StoreError};
use super::{span, trace};
use crate::bpsec::{Action, Processor, Protector, Role, SecurityError};
use crate::bundle::{Eid, Header, Reason};
use crate::time::Instant;

/// Why work on a bundle ends early.
enum Broken {
    /// The store does not do its part now.
    Store(StoreError),
    /// The bundle cannot be secured as the policy asks.
    Source(SecurityError),
    /// A check has failed, and the policy wants the bundle deleted.
    Rejected(Reason),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SecurityError> for Broken {
    fn from(error: SecurityError) -> Self {
        Self::Source(error)
    }
}

/// Octets of payload worked on at a time: an urgent bundle waits for no more than that.
const PIECE: usize = 256 << 10;
/// What a bundle counts for beside its payload when many are worked on at a time.
const OVERHEAD: usize = 4 << 10;
/// How many works are looked at for one that is done in one piece.
const LOOK_AHEAD: usize = 32;
impl<S: Store> Agent<S> {
    /// An agent that keeps its bundles in `store`, goes on with those it finds there, and secures and checks bundles.
    ///
    /// What was not secured or checked before the restart is now.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn secured(
        parameters: super::AgentParameters,
        plan: crate::routing::ContactPlan,
        store: S,
        security: Security,
    ) -> Result<Self, StoreError> {
        let mut agent = Self::empty(parameters, plan, store);
        agent.securing = Securing::new(security);
        agent.recover()?;
        Ok(agent)
    }

    /// Has a bundle worked on that is in the place for that.
    pub(super) fn secure(&mut self, now: Instant, key: Key) {
        if let Some(entry) = self.entries.get(&key) {
            self.securing.queue(now, entry.class, key);
        }
    }

    /// Has a unit worked on that has been put together from fragments; `false` when there is nothing to be done.
    pub(super) fn secure_unit(&mut self, now: Instant, first: Key) -> bool {
        let Some(entry) = self.entries.get(&first) else { return false };
        let wanted = entry.header.reassembled().is_ok_and(|whole| {
            entry.stage == Stage::Received && self.securing.wants(&whole, entry.stage, true)
        });
        if wanted {
            self.secure(now, first);
        }
        wanted
    }

    /// Does what can be done at once: all of the small bundles, up to one piece in all.
    pub(super) fn secure_small(&mut self, now: Instant) {
        let mut budget = PIECE;
        loop {
            let small = |key: &Key| self.security_left(*key) <= budget as u64;
            let next = self.securing.ready.iter().take(LOOK_AHEAD).map(|(_, key)| *key).find(small);
            let Some(key) = next else { break };
            let left = usize::try_from(self.security_left(key)).unwrap_or(budget);
            budget = budget.saturating_sub(left + OVERHEAD);
            self.secure_piece_of(now, key);
            if budget < OVERHEAD {
                break;
            }
        }
        self.securing.rest(now);
    }

    /// Does one piece of the most urgent work.
    pub(super) fn secure_piece(&mut self, now: Instant) {
        while let Some((until, key)) =
            self.securing.retries.first().copied().filter(|(until, _)| *until <= now)
        {
            self.securing.retries.remove(&(until, key));
            self.secure(now, key);
        }
        if let Some((_, key)) = self.securing.ready.first().copied() {
            self.secure_piece_of(now, key);
        }
        self.securing.rest(now);
    }

    /// Octets still to be worked on of a bundle.
    fn security_left(&self, key: Key) -> u64 {
        match self.securing.works.get(&key) {
            Some(Work::Running(running)) => running.len - running.read,
            _ => self.whole_len(key),
        }
    }

    fn secure_piece_of(&mut self, now: Instant, key: Key) {
        span!("secure", node = self.parameters.node.0, key = key.0);
        match self.advance(key) {
            Ok(None) => {}
            Ok(Some(running)) => self.finish_security(now, key, running),
            Err(broken) => self.security_broke(now, key, broken),
        }
        // What has gone into a spool wants to be written.
        self.stepped(now, 0);
    }

    /// Goes on by one piece, and returns what has come to its end.
    fn advance(&mut self, key: Key) -> Result<Option<Box<Running>>, Broken> {
        let mut running = match self.securing.works.insert(key, Work::Waiting) {
            Some(Work::Running(running)) => running,
            _ => Box::new(self.start_security(key)?),
        };
        let mut piece = core::mem::take(&mut self.securing.piece);
        let len = PIECE.min(usize::try_from(running.len - running.read).unwrap_or(PIECE));
        piece.resize(len, 0);
        let done = self.read_kept(key, running.read, &mut piece).map_err(Broken::from).and_then(|read| {
            let octets = piece.get_mut(..read).unwrap_or_default();
            if octets.is_empty() && len > 0 {
                return Err(StoreError::Medium("finding a payload").into());
            }
            running.read += octets.len() as u64;
            running.take(octets, &mut self.store)
        });
        self.securing.piece = piece;
        match done {
            Ok(()) if running.read == running.len => Ok(Some(running)),
            Ok(()) => {
                self.securing.works.insert(key, Work::Running(running));
                Ok(None)
            }
            // The octets are to come: what was done up to here stands.
            Err(Broken::Store(StoreError::Later)) => {
                let class = self.entries.get(&key).map_or(Class::Normal, |entry| entry.class);
                self.securing.works.insert(key, Work::Running(running));
                self.securing.ready.remove(&(Reverse(class), key));
                Ok(None)
            }
            Err(broken) => {
                running.spool.into_iter().for_each(|spool| self.store.remove(spool, None));
                Err(broken)
            }
        }
    }

    fn start_security(&mut self, key: Key) -> Result<Running, Broken> {
        let entry = self.entries.get(&key).ok_or(StoreError::Unknown(key))?;
        let header = self.whole_header(key, entry).map_err(SecurityError::from)?;
        let len = header.payload_len();
        let security = self.securing.security.as_mut().ok_or(StoreError::Unknown(key))?;
        let (what, changes) = match entry.stage {
            Stage::Made | Stage::Passing => {
                let node = Eid::ipn(self.parameters.node, 0);
                let policy = if entry.stage == Stage::Made { &security.policy } else { &security.passing };
                let protector = Protector::new(header, policy, &node, &*security.keys, &mut *security.rng)?;
                let changes = protector.changes_payload();
                (What::Protect(protector), changes)
            }
            Stage::Received | Stage::Ready => {
                let processor = Processor::new(header, &security.policy, &*security.keys);
                let changes = processor.changes_payload();
                (What::Check(processor), changes)
            }
        };
        if let What::Check(processor) = &what
            && let Some(reason) = processor.deleted()
        {
            return Err(Broken::Rejected(reason));
        }
        let spool = if changes { Some(self.store.begin()?) } else { None };
        Ok(Running { what, read: 0, len, spool })
    }

    fn finish_security(&mut self, now: Instant, key: Key, running: Box<Running>) {
        let Running { what, spool, .. } = *running;
        let done = match what {
            What::Protect(protector) => protector.finish().map_err(Broken::from).inspect(|_| {
                self.counters.protected += 1;
            }),
            What::Check(processor) => self.conclude(now, processor),
        };
        let kept = done.and_then(|header| match spool {
            None => self.secured_in_place(now, key, header),
            Some(new) => self.secured_anew(now, key, new, header),
        });
        if let Err(broken) = kept {
            spool.into_iter().for_each(|spool| self.store.remove(spool, None));
            self.security_broke(now, key, broken);
        }
    }

    fn conclude(&mut self, now: Instant, processor: Processor) -> Result<Header, Broken> {
        let outcome = processor.finish();
        for verdict in &outcome.verdicts {
            match verdict.result {
                Ok(()) => self.counters.operations_verified += 1,
                Err(_) => self.counters.operations_failed += 1,
            }
        }
        if let Some(reason) = outcome.deleted {
            return Err(Broken::Rejected(reason));
        }
        for reason in outcome.reports {
            self.report_security(now, &outcome.header, reason);
        }
        Ok(outcome.header)
    }

    /// The payload is as it was: the bundle stays where it is, with another header.
    fn secured_in_place(&mut self, now: Instant, key: Key, header: Header) -> Result<(), Broken> {
        let Some(entry) = self.entries.get(&key) else { return Ok(()) };
        if entry.header.fragment().is_some() && entry.stage == Stage::Received {
            // A unit of fragments: they stay, and are checked once more after a restart.
            self.end_work(key);
            self.arrived(now, key);
            return Ok(());
        }
        let stage = following(entry.stage, self.is_local(&header));
        if header != entry.header && self.store.durability() == Durability::Deferred {
            let record = self.record_of(entry, &header, stage, Vec::new());
            self.store.update(key, &record)?;
            self.stepped(now, 1);
        }
        self.end_work(key);
        // Making it durable may have shown that the bundle is lost.
        let Some(mut entry) = self.entries.remove(&key) else { return Ok(()) };
        self.ledger.take(entry.header.source(), entry.class, entry.octets);
        entry.header = header;
        entry.stage = stage;
        entry.octets = self.charge(&entry.header, entry.stage);
        let full = self.ledger.check(entry.header.source(), entry.class, entry.octets).is_err();
        self.ledger.add(entry.header.source(), entry.class, entry.octets);
        self.enter(now, key, *entry);
        if full {
            self.delete(now, key, Reason::DEPLETED_STORAGE);
        }
        Ok(())
    }

    /// The payload has changed: another bundle takes the place of this one, once it is durable.
    fn secured_anew(&mut self, now: Instant, key: Key, new: Key, header: Header) -> Result<(), Broken> {
        let Some(entry) = self.entries.get(&key) else { return Err(StoreError::Unknown(key).into()) };
        let replaces = match self.desk.parcels.get(key) {
            Some(extents) => extents.iter().map(|extent| extent.key).collect(),
            None => vec![key],
        };
        let stage = following(entry.stage, self.is_local(&header));
        let durability = self.store.durability();
        let record = match durability {
            Durability::Volatile => Vec::new(),
            Durability::Deferred => self.record_of(entry, &header, stage, replaces),
        };
        self.store.keep(new, &record)?;
        self.end_work(key);
        self.securing.works.insert(key, Work::Settling { new, header: Box::new(header) });
        self.securing.settling.insert(new, key);
        match durability {
            Durability::Volatile => self.security_settled(now, new),
            Durability::Deferred => self.stepped(now, 1),
        }
        Ok(())
    }

    /// A new form of a bundle is durable: the old one can go. `false` when it is none.
    pub(super) fn security_durable(&mut self, now: Instant, new: Key) -> bool {
        let known = self.securing.settling.contains_key(&new);
        self.security_settled(now, new);
        known
    }

    fn security_settled(&mut self, now: Instant, new: Key) {
        let Some(old) = self.securing.settling.remove(&new) else { return };
        let Some(Work::Settling { header, .. }) = self.securing.works.remove(&old) else { return };
        let extents = self.desk.parcels.remove(old);
        let Some(entry) = self.unlink(old) else { return };
        if entry.fresh {
            self.events.push_back(Event::Kept(old));
        }
        self.store.remove(old, None);
        for extent in extents.into_iter().flatten().filter(|extent| extent.key != old) {
            if let Some(part) = self.unlink(extent.key) {
                self.seen.set_fate(&part.header.id(), Fate::Done);
                self.store.remove(extent.key, None);
            }
        }
        if entry.header.fragment().is_some() {
            self.seen.set_fate(&entry.header.id(), Fate::Done);
            self.seen.insert(now, &header.id(), Fate::Held, entry.expires);
        }
        let stage = following(entry.stage, self.is_local(&header));
        let octets = self.charge(&header, stage);
        trace!("bundle secured", id = ?header.id(), key = old.0, new = new.0);
        let full = self.ledger.check(header.source(), entry.class, octets).is_err();
        self.ledger.add(header.source(), entry.class, octets);
        self.enter(now, new, Entry { header: *header, octets, stage, fresh: false, ..*entry });
        if full {
            self.delete(now, new, Reason::DEPLETED_STORAGE);
        }
        self.stepped(now, 1);
    }

    /// The new form of a bundle could not be made durable: it is made once more, later. `false` when it is none.
    pub(super) fn security_failed(&mut self, now: Instant, new: Key) -> bool {
        let Some(old) = self.securing.settling.remove(&new) else { return false };
        self.securing.works.insert(old, Work::Waiting);
        self.retry_security(now, old);
        true
    }

    /// Octets of a bundle that were to come are at hand.
    pub(super) fn security_readable(&mut self, now: Instant, key: Key) {
        let extent_of = |key| self.desk.parcels.with(key);
        for key in [Some(key), extent_of(key)].into_iter().flatten() {
            if let (Some(Work::Running(_)), Some(entry)) =
                (self.securing.works.get(&key), self.entries.get(&key))
            {
                self.securing.ready.insert((Reverse(entry.class), key));
                self.securing.due = Some(now);
            }
        }
    }

    /// Gives up the work on a bundle that is given up itself.
    pub(super) fn forget_work(&mut self, key: Key, class: Class) {
        let spool = match self.securing.works.remove(&key) {
            Some(Work::Running(running)) => running.spool,
            Some(Work::Settling { new, .. }) => {
                self.securing.settling.remove(&new);
                Some(new)
            }
            Some(Work::Waiting) => None,
            None => return,
        };
        spool.into_iter().for_each(|spool| self.store.remove(spool, None));
        self.securing.ready.remove(&(Reverse(class), key));
        self.securing.retries.retain(|(_, other)| *other != key);
    }

    fn end_work(&mut self, key: Key) {
        self.securing.works.remove(&key);
        if let Some(entry) = self.entries.get(&key) {
            self.securing.ready.remove(&(Reverse(entry.class), key));
        }
    }

    fn retry_security(&mut self, now: Instant, key: Key) {
        let Some(entry) = self.entries.get(&key) else { return };
        self.securing.ready.remove(&(Reverse(entry.class), key));
        self.securing.retries.insert((now + self.parameters.pause_after_failure, key));
    }

    fn security_broke(&mut self, now: Instant, key: Key, broken: Broken) {
        match broken {
            Broken::Store(error) => {
                self.note_damage(Some(error));
                self.retry_security(now, key);
            }
            Broken::Rejected(reason) => self.reject(now, key, reason),
            Broken::Source(error) => {
                self.counters.operations_failed += 1;
                let Some(entry) = self.entries.get(&key) else { return };
                let header = entry.header.clone();
                let keeps = self.securing.security.as_ref().is_some_and(|security| {
                    let mut rules =
                        security.source_policy(entry.stage).rules_for(header.primary(), Role::Source);
                    rules.all(|rule| rule.failure_action() == Action::Keep)
                });
                if !keeps || entry.stage == Stage::Received {
                    return self.give_up(now, key, error.reason());
                }
                // The policy would rather have it go as it is than not at all.
                if let Err(broken) = self.secured_in_place(now, key, header) {
                    self.security_broke(now, key, broken);
                }
            }
        }
    }

    fn record_of(&self, entry: &Entry, header: &Header, stage: Stage, replaces: Vec<Key>) -> Vec<u8> {
        let received = self.parameters.epoch.dtn_time(entry.received).earlier_by(entry.before);
        let expires = self.dtn_expiry(entry.expires);
        let Entry { from, class, .. } = *entry;
        Record { header, received, expires, from, class, rest: None, stage, replaces }.encode()
    }
}

impl Running {
    /// Passes octets through, and on to the spool if they change.
    fn take(&mut self, octets: &mut [u8], store: &mut impl Store) -> Result<(), Broken> {
        let Some(spool) = self.spool else {
            match &mut self.what {
                What::Protect(protector) => protector.read_payload(octets)?,
                What::Check(processor) => processor.read_payload(octets),
            }
            return Ok(());
        };
        let changed: &[u8] = match &mut self.what {
            What::Protect(protector) => {
                protector.payload(octets)?;
                octets
            }
            What::Check(processor) => processor.payload(octets),
        };
        Ok(store.append(spool, changed)?)
    }
}
