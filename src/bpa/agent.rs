use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use super::TransferId;
use super::committing::Commits;
use super::contacts::Contacts;
use super::counters::{AgentCounters, NeighbourCounters};
use super::delivering::Desk;
use super::event::{Event, RequestError};
use super::forwarding::Forwarding;
use super::keeping::{Entry, Stage};
use super::memory::MemoryStore;
use super::parameters::{AgentParameters, NeighbourParameters, Rule, TransmissionRequest};
use super::quota::Ledger;
use super::receiving::{Arrival, Spool};
use super::reporting::Reporter;
use super::security::Securing;
use super::seen::Seen;
use super::sending::Transfer;
use super::span;
use super::store::{Key, Store, StoreError, StoreEvent};
use super::table::Table;
use crate::bundle::{Bundle, BundleBuilder, BundleId, CreationTimestamp, Eid, Header, NodeNumber, Reason};
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
    pub(super) entries: Table<Key, Box<Entry>>,
    /// Bundles by class, so that the least urgent can make room.
    pub(super) classes: [BTreeSet<Key>; 3],
    pub(super) spools: BTreeMap<Key, Spool>,
    pub(super) forwarding: Forwarding,
    pub(super) contacts: Contacts,
    pub(super) neighbours: BTreeMap<NodeNumber, NeighbourParameters>,
    pub(super) rules: Vec<Rule>,
    pub(super) seen: Seen,
    pub(super) desk: Desk,
    pub(super) transfers: Table<TransferId, Transfer>,
    pub(super) next_transfer: u64,
    pub(super) expiries: BTreeSet<(Instant, Key)>,
    pub(super) events: VecDeque<Event>,
    pub(super) reporter: Reporter,
    pub(super) securing: Securing,
    pub(super) last_timestamp: CreationTimestamp,
    pub(super) counters: AgentCounters,
    /// How many bundles were given up for each reason.
    pub(super) deletions: BTreeMap<Reason, u64>,
    pub(super) neighbour_counters: BTreeMap<NodeNumber, NeighbourCounters>,
    /// Bundles that are not durable yet, by what a copy of them is known by.
    pub(super) fresh: BTreeMap<BundleId, Key>,
    /// Bundles whose payloads were found to be damaged, to be given up.
    pub(super) damaged: Vec<Key>,
    pub(super) commits: Commits,
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
            entries: Table::default(),
            classes: Default::default(),
            spools: BTreeMap::new(),
            contacts: Contacts::of(parameters.node, &plan),
            forwarding: Forwarding::new(parameters.node, plan),
            neighbours: BTreeMap::new(),
            rules: Vec::new(),
            seen: Seen::new(parameters.remembered),
            desk: Desk::default(),
            transfers: Table::default(),
            next_transfer: 0,
            expiries: BTreeSet::new(),
            events: VecDeque::new(),
            reporter: Reporter::default(),
            securing: Securing::default(),
            last_timestamp: CreationTimestamp { time: DtnTime(0), sequence: 0 },
            counters: AgentCounters::default(),
            deletions: BTreeMap::new(),
            neighbour_counters: BTreeMap::new(),
            fresh: BTreeMap::new(),
            damaged: Vec::new(),
            commits: Commits::default(),
        }
    }

    /// Says what `neighbour` takes, from now on.
    pub fn set_neighbour(&mut self, neighbour: NodeNumber, parameters: NeighbourParameters) {
        self.neighbours.insert(neighbour, parameters);
        self.forwarding.forget_routes();
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
        span!("transmit", node = self.parameters.node.0);
        let payload = request.payload.clone();
        let (header, timestamp) = self.make_header(now, &request, payload.len() as u64)?;
        let id = header.id();
        let arrival = Arrival { from: None, class: request.class, stage: Stage::Made };
        let (key, room) = self.put(now, &header, payload, arrival)?;
        self.settle(now, key, header, arrival, room);
        self.last_timestamp = timestamp;
        self.counters.sourced += 1;
        Ok(id)
    }

    /// Starts a bundle whose payload of `payload_len` octets comes in pieces, to [`append`](Self::append) and
    /// [`finish`](Self::finish) under the key returned; the request's own payload is not looked at.
    ///
    /// # Errors
    /// As [`transmit`](Self::transmit).
    pub fn begin_transmit(
        &mut self,
        now: Instant,
        request: &TransmissionRequest,
        payload_len: u64,
    ) -> Result<(Key, BundleId), RequestError> {
        span!("begin_transmit", node = self.parameters.node.0);
        let (header, timestamp) = self.make_header(now, request, payload_len)?;
        let id = header.id();
        let arrival = Arrival { from: None, class: request.class, stage: Stage::Made };
        let (key, room) = self.open(now, &header, arrival)?;
        self.await_payload(key, Spool { header, arrival, room });
        self.last_timestamp = timestamp;
        Ok((key, id))
    }

    fn make_header(
        &self,
        now: Instant,
        request: &TransmissionRequest,
        payload_len: u64,
    ) -> Result<(Header, CreationTimestamp), RequestError> {
        let timestamp = self.next_timestamp(now);
        let header = self
            .builder(request.source_service, self.global(&request.destination), timestamp)
            .lifetime(request.lifetime)
            .flags(request.flags)
            .report_to(self.global(&request.report_to))
            .build_header(payload_len)?;
        Ok((header, timestamp))
    }

    /// Starts a bundle of this node's, which says how old it is where nobody can tell by the clock.
    pub(super) fn builder(
        &self,
        service: u64,
        destination: Eid,
        timestamp: CreationTimestamp,
    ) -> BundleBuilder {
        let source = Eid::ipn(self.parameters.node, service);
        let builder = Bundle::builder(source, destination)
            .crc(self.parameters.crc)
            .timestamp(timestamp)
            .hop_limit(self.parameters.hop_limit);
        if self.parameters.clock().is_some() { builder } else { builder.age(Duration::ZERO) }
    }

    /// The name by which others know an endpoint.
    fn global(&self, eid: &Eid) -> Eid {
        match (eid.node(), eid.service()) {
            (Some(NodeNumber::LOCAL), Some(service)) => Eid::ipn(self.parameters.node, service),
            _ => eid.clone(),
        }
    }

    /// Gives up a bundle made here, unless it has left: `false` when it is not here.
    ///
    /// Takes as long as a look at each bundle that is kept.
    ///
    /// Source: RFC 9171 §3.3 (services offered), §5.10.
    pub fn cancel(&mut self, now: Instant, id: &BundleId) -> bool {
        let wanted = |entry: &Entry| {
            entry.from.is_none() && entry.header.timestamp() == id.timestamp && entry.header.id() == *id
        };
        let found = self.entries.iter().find(|(_, entry)| wanted(entry)).map(|(key, _)| *key);
        if let Some(key) = found {
            self.delete(now, key, Reason::CANCELLED);
        }
        found.is_some()
    }

    /// Has bundles made from now on counted from `sequence`, where a host without clock keeps the count over restarts.
    /// What the store remembers may be further on already.
    ///
    /// Source: RFC 9171 §4.2.7.
    pub fn count_from(&mut self, sequence: u64) {
        let last = &mut self.last_timestamp;
        last.sequence = last.sequence.max(sequence.saturating_sub(1));
    }

    /// Starts and ends contacts, lets bundles expire, and makes things durable, as is due at `now`. Secures or checks
    /// one piece of one bundle, if there is one to be secured or checked.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.forwarding.handle_timeout(now);
        while let Some(event) = self.contacts.next_change(now) {
            self.forwarding.forget_routes();
            self.events.push_back(event);
        }
        while let Some((expiry, key)) = self.expiries.first().copied().filter(|(expiry, _)| *expiry <= now) {
            self.expiries.remove(&(expiry, key));
            self.abort(now, key);
            self.delete(now, key, Reason::LIFETIME_EXPIRED);
        }
        if self.commits.is_due(now) {
            self.commit(now);
        }
        self.take_store_events(now);
        self.secure_piece(now);
    }

    /// What happened since the last call.
    pub fn poll_event(&mut self, now: Instant) -> Option<Event> {
        if self.events.is_empty() {
            self.take_store_events(now);
            self.secure_small(now);
            self.give_up_damaged(now);
        }
        self.events.pop_front().or_else(|| self.next_delivery(now)).or_else(|| {
            // Reading for a delivery may have shown damage.
            self.give_up_damaged(now);
            self.events.pop_front()
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let expiry =
            self.expiries.first().map(|(expiry, _)| *expiry).filter(|expiry| *expiry != Instant::MAX);
        let security = self.securing.poll_timeout();
        let commit = self.commits.due();
        let parts = [self.contacts.poll_timeout(), self.forwarding.poll_timeout(), commit, expiry, security];
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

    pub(super) fn take_store_events(&mut self, now: Instant) {
        while let Some(event) = self.store.poll_event() {
            match event {
                StoreEvent::Durable(key) => {
                    if self.security_durable(now, key) {
                        continue;
                    }
                    if let Some(entry) = self.entries.get_mut(&key) {
                        entry.fresh = false;
                        self.fresh.remove(&entry.header.id());
                    }
                    self.events.push_back(Event::Kept(key));
                }
                StoreEvent::Failed(key) => {
                    self.counters.store_failures += 1;
                    if self.security_failed(now, key) {
                        continue;
                    }
                    self.events.push_back(Event::NotKept(key));
                    if let Some(entry) = self.unlink(key) {
                        // Somebody else still has it and may send it again.
                        let id = entry.header.id();
                        self.seen.forget(&id);
                        if entry.from.is_none() {
                            // Whoever had it made here is told by its identity.
                            self.events.push_back(Event::Deleted { id, reason: Reason::DEPLETED_STORAGE });
                        }
                    }
                }
                StoreEvent::Removed(key) => self.delivery_removed(key),
                StoreEvent::Readable(key) => {
                    self.security_readable(now, key);
                    self.delivery_readable(now, key);
                    self.transfer_readable(key);
                }
            }
        }
    }

    /// The time now, and a sequence number that makes it unique here.
    fn next_timestamp(&self, now: Instant) -> CreationTimestamp {
        let time = self.parameters.clock().map_or(DtnTime::UNKNOWN, |epoch| epoch.dtn_time(now));
        match self.last_timestamp {
            // A clock may be set back, but no timestamp is used twice.
            last if last.time >= time => {
                CreationTimestamp { sequence: last.sequence.saturating_add(1), ..last }
            }
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
