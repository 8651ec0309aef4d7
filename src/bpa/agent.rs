use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use bytes::Bytes;
use core::ops::Range;
use core::time::Duration;

use super::contacts::Contacts;
use super::counters::{AgentCounters, NeighbourCounters};
use super::delivering::Desk;
use super::event::{Event, Reception, Refusal, RequestError};
use super::forwarding::Forwarding;
use super::memory::MemoryStore;
use super::parameters::{AgentParameters, NeighbourParameters, Rule, TransmissionRequest};
use super::quota::{Class, Ledger, Quota};
use super::record::{Record, detached};
use super::reporting::Reporter;
use super::seen::{self, Fate, Seen};
use super::sending::Transfer;
use super::store::{Durability, Key, Memory, Recovered, Store, StoreError, StoreEvent};
use super::{TransferId, trace};
use crate::bundle::{
    BlockContent, BlockFlags, Bundle, BundleId, CreationTimestamp, Eid, Header, NodeNumber, Reason,
    block_type,
};
use crate::routing::ContactPlan;
use crate::time::{DtnTime, Instant};

/// The bundle agent of one node.
///
/// Drive rule as in [`machine`](crate::machine), with bundles where machines have octets: after anything was done
/// to it, drain [`poll_forward`](Self::poll_forward) for each neighbour that can take a bundle, and
/// [`poll_event`](Self::poll_event), until both say `None`.
#[derive(Debug)]
pub struct Agent<S = MemoryStore> {
    pub(super) parameters: AgentParameters,
    pub(super) store: S,
    pub(super) ledger: Ledger,
    pub(super) entries: BTreeMap<Key, Box<Entry>>,
    /// Bundles by class, so that the least urgent can make room.
    classes: [BTreeSet<Key>; 3],
    pub(super) spools: BTreeMap<Key, Spool>,
    pub(super) forwarding: Forwarding,
    pub(super) contacts: Contacts,
    pub(super) neighbours: BTreeMap<NodeNumber, NeighbourParameters>,
    pub(super) rules: Vec<Rule>,
    pub(super) seen: Seen,
    pub(super) desk: Desk,
    pub(super) transfers: BTreeMap<TransferId, Transfer>,
    pub(super) next_transfer: u64,
    expiries: BTreeSet<(Instant, Key)>,
    pub(super) events: VecDeque<Event>,
    pub(super) reporter: Reporter,
    last_timestamp: CreationTimestamp,
    pub(super) counters: AgentCounters,
    pub(super) neighbour_counters: BTreeMap<NodeNumber, NeighbourCounters>,
    /// Bundles that are not durable yet, by what a copy of them is known by.
    fresh: BTreeMap<BundleId, Key>,
    /// When what was done is to be made durable, if there is anything.
    commit_due: Option<Instant>,
    steps: usize,
}

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
}

/// A bundle that is still coming.
#[derive(Debug)]
pub(super) struct Spool {
    pub header: Header,
    from: Option<NodeNumber>,
    class: Class,
    expires: Instant,
    /// Octets it counts against the quotas already: all that it is to have.
    octets: u64,
    sourced: bool,
}

impl Agent<MemoryStore> {
    /// An agent that keeps its bundles in memory.
    #[must_use]
    pub fn new(parameters: AgentParameters, plan: ContactPlan) -> Self {
        Self::empty(parameters, plan, MemoryStore::new())
    }
}

impl<S: Store> Agent<S> {
    /// An agent that keeps its bundles in `store`, and goes on with those it finds there.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn with_store(parameters: AgentParameters, plan: ContactPlan, store: S) -> Result<Self, StoreError> {
        let mut agent = Self::empty(parameters, plan, store);
        agent.recover()?;
        Ok(agent)
    }

    /// An agent over a store that has nothing to recover.
    pub(crate) fn empty(parameters: AgentParameters, plan: ContactPlan, store: S) -> Self {
        Self {
            parameters,
            store,
            ledger: Ledger::new(parameters.quotas),
            entries: BTreeMap::new(),
            classes: Default::default(),
            spools: BTreeMap::new(),
            contacts: Contacts::of(parameters.node, &plan),
            forwarding: Forwarding::new(parameters.node, plan),
            neighbours: BTreeMap::new(),
            rules: Vec::new(),
            seen: Seen::new(parameters.remembered),
            desk: Desk::default(),
            transfers: BTreeMap::new(),
            next_transfer: 0,
            expiries: BTreeSet::new(),
            events: VecDeque::new(),
            reporter: Reporter::default(),
            last_timestamp: CreationTimestamp { time: DtnTime(0), sequence: 0 },
            counters: AgentCounters::default(),
            neighbour_counters: BTreeMap::new(),
            fresh: BTreeMap::new(),
            commit_due: None,
            steps: 0,
        }
    }

    /// Says what `neighbour` takes, from now on.
    pub fn set_neighbour(&mut self, neighbour: NodeNumber, parameters: NeighbourParameters) {
        self.neighbours.insert(neighbour, parameters);
    }

    /// Makes sure that `neighbour` is given no longer bundles than this.
    pub fn limit_bundle(&mut self, neighbour: NodeNumber, max_bundle: u64) {
        let parameters = self.neighbours.entry(neighbour).or_default();
        parameters.max_bundle = parameters.max_bundle.min(max_bundle);
    }

    /// Adds a rule on the class of bundles that come from now on; earlier rules go first.
    pub fn add_rule(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Makes a bundle and sends it on its way.
    ///
    /// # Errors
    /// [`RequestError`] when no legal bundle can be made of the request or there is no room for it.
    pub fn transmit(&mut self, now: Instant, request: TransmissionRequest) -> Result<BundleId, RequestError> {
        let payload = request.payload.clone();
        let (header, timestamp) = self.make_header(now, &request, payload.len() as u64)?;
        let id = header.id();
        self.take(now, header, payload, None, request.class)?;
        self.last_timestamp = timestamp;
        self.counters.sourced += 1;
        Ok(id)
    }

    /// Starts a bundle whose payload of `payload_len` octets comes in pieces, to [`append`](Self::append) and
    /// [`finish`](Self::finish); the request's own payload is not looked at.
    ///
    /// # Errors
    /// As [`transmit`](Self::transmit).
    pub fn begin_transmit(
        &mut self,
        now: Instant,
        request: &TransmissionRequest,
        payload_len: u64,
    ) -> Result<Key, RequestError> {
        let (header, timestamp) = self.make_header(now, request, payload_len)?;
        let key = self.open_spool(now, header, None, request.class, true)?;
        self.last_timestamp = timestamp;
        Ok(key)
    }

    fn make_header(
        &self,
        now: Instant,
        request: &TransmissionRequest,
        payload_len: u64,
    ) -> Result<(Header, CreationTimestamp), RequestError> {
        let timestamp = self.next_timestamp(now);
        let source = Eid::ipn(self.parameters.node, request.source_service);
        let header = Bundle::builder(source, request.destination.clone())
            .timestamp(timestamp)
            .lifetime(request.lifetime)
            .flags(request.flags)
            .report_to(request.report_to.clone())
            .hop_limit(self.parameters.hop_limit)
            .build_header(payload_len)?;
        Ok((header, timestamp))
    }

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
        let (mut header, payload) = bundle.into_parts();
        let octets = header.encoded_len();
        let class = self.class_of(&header);
        let taken = self
            .process_blocks(now, &mut header)
            .and_then(|()| self.take(now, header.clone(), payload, from, class));
        self.count_reception(now, from, octets, &header, taken.as_ref().err());
        self.reception(&header, taken)
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
        let class = self.class_of(&header);
        let opened = self
            .process_blocks(now, &mut header)
            .and_then(|()| self.open_spool(now, header.clone(), from, class, false));
        if let Err(refusal) = &opened {
            self.count_reception(now, from, header.encoded_len(), &header, Some(refusal));
        }
        opened
    }

    /// Adds payload octets to a bundle that is coming.
    ///
    /// # Errors
    /// [`Refusal::Store`] when the store does not take them, or there are more than the header promised. The bundle
    /// is given up then.
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
        let Some(spool) = self.spools.remove(&key) else { return Err(StoreError::Unknown(key).into()) };
        let (header, from) = (spool.header.clone(), spool.from);
        let sourced = spool.sourced;
        let taken = self.keep(now, key, spool).map(|()| key);
        if taken.is_err() {
            self.store.remove(key, None);
        }
        if sourced {
            self.counters.sourced += u64::from(taken.is_ok());
        } else {
            self.count_reception(now, from, header.encoded_len(), &header, taken.as_ref().err());
        }
        self.reception(&header, taken)
    }

    /// Gives up a bundle that was coming.
    pub fn abort(&mut self, now: Instant, key: Key) {
        if let Some(spool) = self.spools.remove(&key) {
            self.ledger.take(spool.header.source(), spool.class, spool.octets);
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

    /// Starts and ends contacts, lets bundles expire, and makes things durable, as is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.forwarding.handle_timeout(now);
        while let Some(event) = self.contacts.next_change(now) {
            self.forwarding.forget_routes();
            self.events.push_back(event);
        }
        while let Some((expiry, key)) = self.expiries.first().copied().filter(|(expiry, _)| *expiry <= now) {
            self.expiries.remove(&(expiry, key));
            self.delete(now, key, Reason::LIFETIME_EXPIRED);
        }
        if self.commit_due.is_some_and(|due| due <= now) {
            self.commit(now);
        }
        self.take_store_events();
    }

    /// Makes all that was done so far durable, without waiting for others to share the effort.
    pub fn commit(&mut self, now: Instant) {
        self.commit_due = None;
        self.steps = 0;
        self.store.commit(self.parameters.epoch.dtn_time(now));
        self.take_store_events();
    }

    /// What happened since the last call.
    pub fn poll_event(&mut self, now: Instant) -> Option<Event> {
        if self.events.is_empty() {
            self.take_store_events();
        }
        self.events.pop_front().or_else(|| self.next_delivery(now))
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let expiry = self.expiries.first().map(|(expiry, _)| *expiry);
        let parts = [self.contacts.poll_timeout(), self.forwarding.poll_timeout(), self.commit_due, expiry];
        parts.into_iter().flatten().min()
    }

    /// The number of this node.
    #[must_use]
    pub fn node(&self) -> NodeNumber {
        self.parameters.node
    }

    /// The contact plan in force.
    #[must_use]
    pub fn plan(&self) -> &ContactPlan {
        self.forwarding.plan()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Bundles kept, those still coming not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no bundle is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Figures since the start, and what is kept now.
    #[must_use]
    pub fn counters(&self) -> AgentCounters {
        AgentCounters {
            kept: self.ledger.store,
            kept_by_class: self.ledger.class,
            in_transfer: self.transfers.len() as u64,
            in_reassembly: self.desk.reassembly.len() as u64,
            remembered: self.seen.len() as u64,
            ..self.counters
        }
    }

    /// Figures of each neighbour since the start.
    pub fn neighbour_counters(&self) -> impl Iterator<Item = (NodeNumber, NeighbourCounters)> {
        self.neighbour_counters.iter().map(|(node, counters)| (*node, *counters))
    }

    fn recover(&mut self) -> Result<(), StoreError> {
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
        let own = |id: &BundleId| id.source.node() == Some(self.parameters.node);
        let used = memories
            .iter()
            .map(|((id, _), _)| id.clone())
            .chain(bundles.iter().map(|(_, record)| record.header.id()));
        self.last_timestamp = used.filter(own).map(|id| id.timestamp).max().unwrap_or_default();
        for ((id, fate), until) in memories {
            if until > epoch.0 {
                self.seen.insert(now, &id, fate, epoch.instant(until));
            }
        }
        // Of another version, or damaged: there is nothing to be done with it.
        self.counters.unreadable += strange.len() as u64;
        strange.into_iter().for_each(|key| self.store.remove(key, None));
        for (key, record) in bundles {
            let Record { header, received, expires, from, class, rest } = record;
            self.counters.recovered += 1;
            // What had not been sent when the program ended, by the last word of it.
            let before = Duration::from_millis(epoch.0.0.saturating_sub(received.0));
            let expires = if expires.0 == u64::MAX { Instant::MAX } else { epoch.instant(expires) };
            let octets = header.encoded_len();
            self.ledger.add(header.source(), class, octets);
            self.seen.insert(now, &header.id(), Fate::Held, expires);
            let place = Place::Desk;
            let entry = Entry {
                header,
                received: now,
                before,
                expires,
                from,
                class,
                octets,
                place,
                fresh: false,
                hands: 0,
                rest,
            };
            self.enter(now, key, entry);
        }
        self.stepped(now, 1);
        Ok(())
    }

    pub(super) fn class_of(&self, header: &Header) -> Class {
        let fits = |rule: &&Rule| {
            rule.source.matches(header.source()) && rule.destination.matches(header.destination())
        };
        self.rules.iter().find(fits).map_or(Class::Normal, |rule| rule.class)
    }

    /// What the flags of blocks this node does not know ask for.
    ///
    /// Source: RFC 9171 §5.6 step 4.
    fn process_blocks(&mut self, now: Instant, header: &mut Header) -> Result<(), Refusal> {
        let known = [block_type::INTEGRITY, block_type::CONFIDENTIALITY];
        let unknown = |block: &&crate::bundle::Block| {
            matches!(block.content(), BlockContent::Octets { .. }) && !known.contains(&block.block_type())
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
            if flags.contains(BlockFlags::REPORT_UNPROCESSED) {
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
    fn admit(&self, now: Instant, header: &Header, from: Option<NodeNumber>) -> Result<Instant, Refusal> {
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
            // A fragment of what has been delivered here already.
            if id.fragment.is_some() && self.seen.fate(&BundleId { fragment: None, ..id }) == Some(Fate::Done)
            {
                return Err(Refusal::Duplicate);
            }
        }
        let expires = header.expires_at(now, Some(self.parameters.epoch));
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
            // The newest of them: older ones have been promised more.
            let idle = |key: &&Key| {
                self.entries.get(key).is_some_and(|entry| entry.hands == 0 && !self.desk.is_out(**key))
            };
            let victim =
                lower.iter().find_map(|keys| keys.iter().rev().take(EVICTION_SEARCH).find(idle)).copied();
            let Some(victim) = victim.filter(|_| worth_it) else { return Err(full.into()) };
            self.counters.evicted += 1;
            self.delete(now, victim, Reason::DEPLETED_STORAGE);
        }
        Ok(())
    }

    pub(super) fn take(
        &mut self,
        now: Instant,
        header: Header,
        payload: Bytes,
        from: Option<NodeNumber>,
        class: Class,
    ) -> Result<Key, Refusal> {
        let expires = self.admit(now, &header, from)?;
        let octets = header.encoded_len();
        self.make_room(now, &header, class, octets)?;
        let record = self.record(now, &header, expires, from, class);
        let key = self.store.put(&record, payload)?;
        self.ledger.add(header.source(), class, octets);
        self.counters.most_octets = self.counters.most_octets.max(self.ledger.store.octets);
        let spool = Spool { header, from, class, expires, octets, sourced: false };
        self.enter_spool(now, key, spool);
        Ok(key)
    }

    fn open_spool(
        &mut self,
        now: Instant,
        header: Header,
        from: Option<NodeNumber>,
        class: Class,
        sourced: bool,
    ) -> Result<Key, Refusal> {
        let expires = self.admit(now, &header, from)?;
        let octets = header.encoded_len();
        self.make_room(now, &header, class, octets)?;
        let key = self.store.begin()?;
        self.ledger.add(header.source(), class, octets);
        self.counters.most_octets = self.counters.most_octets.max(self.ledger.store.octets);
        self.spools.insert(key, Spool { header, from, class, expires, octets, sourced });
        Ok(key)
    }

    /// Makes a spool a bundle. When it cannot, its room is free again, but it is still in the store.
    fn keep(&mut self, now: Instant, key: Key, mut spool: Spool) -> Result<(), Refusal> {
        self.ledger.take(spool.header.source(), spool.class, spool.octets);
        // Another copy may have come meanwhile, or its time may be over.
        self.admit(now, &spool.header, spool.from)?;
        let (found, required) = (self.store.payload_len(key).unwrap_or(0), spool.header.payload_len());
        if found != required {
            return Err(crate::bundle::BundleError::PayloadLength { required, found }.into());
        }
        let record = self.record(now, &spool.header, spool.expires, spool.from, spool.class);
        self.store.keep(key, &record)?;
        spool.octets = spool.header.encoded_len();
        self.ledger.add(spool.header.source(), spool.class, spool.octets);
        self.enter_spool(now, key, spool);
        Ok(())
    }

    fn enter_spool(&mut self, now: Instant, key: Key, spool: Spool) {
        let Spool { mut header, from, class, expires, octets, .. } = spool;
        if !header.source().is_null() {
            self.seen.insert(now, &header.id(), Fate::Held, expires);
        }
        if self.store.durability() == Durability::Deferred
            && header.blocks().iter().any(|block| matches!(block.content(), BlockContent::Octets { .. }))
        {
            // Its blocks must not keep the buffer alive in which the payload came.
            header = detached(&header).unwrap_or(header);
        }
        trace!("bundle kept", id = ?header.id(), key = key.0, octets);
        let (before, place) = (Duration::ZERO, Place::Desk);
        let fresh = self.store.durability() == Durability::Deferred;
        if fresh {
            self.fresh.insert(header.id(), key);
        }
        let (hands, rest) = (0, None);
        let entry =
            Entry { header, received: now, before, expires, from, class, octets, place, fresh, hands, rest };
        self.enter(now, key, entry);
        self.stepped(now, 1);
    }

    /// Puts a bundle that is in the store where it belongs.
    fn enter(&mut self, now: Instant, key: Key, mut entry: Entry) {
        let class = entry.class;
        self.expiries.insert((entry.expires, key));
        self.classes[class as usize].insert(key);
        let destination = node_of(&entry.header);
        let local = destination == self.parameters.node || self.desk.takes(entry.header.destination());
        entry.place = if local { Place::Desk } else { Place::Forwarding(destination) };
        self.entries.insert(key, Box::new(entry));
        if local {
            self.bring_to_desk(now, key);
        } else {
            self.forwarding.wait(destination, class, key);
        }
    }

    pub(super) fn record(
        &self,
        now: Instant,
        header: &Header,
        expires: Instant,
        from: Option<NodeNumber>,
        class: Class,
    ) -> Vec<u8> {
        if self.store.durability() == Durability::Volatile {
            return Vec::new();
        }
        let received = self.parameters.epoch.dtn_time(now);
        let expires = self.dtn_expiry(expires);
        Record { header, received, expires, from, class, rest: None }.encode()
    }

    pub(super) fn dtn_expiry(&self, expires: Instant) -> DtnTime {
        if expires == Instant::MAX { DtnTime(u64::MAX) } else { self.parameters.epoch.dtn_time(expires) }
    }

    /// Gives a bundle up.
    pub(super) fn delete(&mut self, now: Instant, key: Key, reason: Reason) {
        let Some(entry) = self.discard(now, key, Fate::Done) else { return };
        self.counters.deleted += 1;
        if reason == Reason::LIFETIME_EXPIRED {
            self.counters.expired += 1;
        }
        let id = entry.header.id();
        trace!("bundle deleted", id = ?id, reason = reason.0);
        self.report_deleted(now, &entry.header, reason);
        self.events.push_back(Event::Deleted { id, reason });
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
        if entry.header.source().is_null() {
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

    fn unlink(&mut self, key: Key) -> Option<Box<Entry>> {
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
        }
        Some(entry)
    }

    fn count_reception(
        &mut self,
        now: Instant,
        from: Option<NodeNumber>,
        octets: u64,
        header: &Header,
        refusal: Option<&Refusal>,
    ) {
        match refusal {
            None => {
                self.counters.received += 1;
                self.counters.octets_received += octets;
                self.report_received(now, header);
            }
            Some(Refusal::Duplicate) => self.counters.duplicates += 1,
            Some(refusal) => {
                self.counters.refused += 1;
                trace!("bundle refused", id = ?header.id(), refusal = ?refusal);
                if let Some(reason) = refusal.reason().filter(|_| !refusal.is_temporary()) {
                    self.report_deleted(now, header, reason);
                }
            }
        }
        if let Some(from) = from {
            let counters = self.neighbour_counters.entry(from).or_default();
            match refusal {
                None => {
                    counters.received += 1;
                    counters.octets_received += octets;
                }
                Some(Refusal::Duplicate) => counters.duplicates += 1,
                Some(_) => counters.refused += 1,
            }
        }
    }

    /// A copy of a bundle is no safer than the bundle.
    fn reception(&self, header: &Header, taken: Result<Key, Refusal>) -> Result<Reception, Refusal> {
        match taken {
            Ok(_) if self.store.durability() == Durability::Volatile => Ok(Reception::Safe),
            // One that is gone already was lost or done with in a commit just now: the event says which.
            Ok(key) if self.entries.get(&key).is_none_or(|entry| entry.fresh) => Ok(Reception::Pending(key)),
            Ok(_) => Ok(Reception::Safe),
            Err(Refusal::Duplicate) => match self.fresh.get(&header.id()) {
                Some(key) => Ok(Reception::Pending(*key)),
                None => Err(Refusal::Duplicate),
            },
            Err(refusal) => Err(refusal),
        }
    }

    /// Notes that there is more to make durable, and does so when it is enough.
    pub(super) fn stepped(&mut self, now: Instant, steps: usize) {
        if self.store.durability() == Durability::Volatile {
            return;
        }
        self.steps += steps;
        let group = self.parameters.group;
        if self.steps > group.steps || self.store.uncommitted() > group.octets {
            self.commit(now);
        } else if self.commit_due.is_none() {
            self.commit_due = Some(now + group.delay);
        }
    }

    fn take_store_events(&mut self) {
        while let Some(event) = self.store.poll_event() {
            match event {
                StoreEvent::Durable(key) => {
                    if let Some(entry) = self.entries.get_mut(&key) {
                        entry.fresh = false;
                        self.fresh.remove(&entry.header.id());
                    }
                    self.events.push_back(Event::Kept(key));
                }
                StoreEvent::Failed(key) => {
                    if let Some(entry) = self.unlink(key) {
                        // Somebody else still has it and may send it again.
                        self.seen.forget(&entry.header.id());
                    }
                    self.counters.store_failures += 1;
                    self.events.push_back(Event::NotKept(key));
                }
                StoreEvent::Removed(key) => self.delivery_removed(key),
                StoreEvent::Readable(_) => {}
            }
        }
    }

    /// The time now, and a sequence number that makes it unique here.
    fn next_timestamp(&self, now: Instant) -> CreationTimestamp {
        let time = self.parameters.epoch.dtn_time(now);
        match self.last_timestamp {
            // A clock may be set back, but no timestamp is used twice.
            last if last.time >= time => CreationTimestamp { sequence: last.sequence + 1, ..last },
            _ => CreationTimestamp { time, sequence: 0 },
        }
    }

    pub(super) fn note_timestamp(&mut self, timestamp: CreationTimestamp) {
        self.last_timestamp = timestamp;
    }

    pub(super) fn fresh_timestamp(&mut self, now: Instant) -> CreationTimestamp {
        let timestamp = self.next_timestamp(now);
        self.note_timestamp(timestamp);
        timestamp
    }
}

/// The node a bundle is for. Endpoints without a node number have no route.
pub(super) fn node_of(header: &Header) -> NodeNumber {
    header.destination().node().unwrap_or(NOWHERE)
}

/// A node number no contact plan can hold: the null endpoint's.
const NOWHERE: NodeNumber = NodeNumber(0);

/// How many bundles of a class are looked at for one that can make room.
const EVICTION_SEARCH: usize = 64;
