use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use bytes::Bytes;
use core::time::Duration;

use super::contacts::Contacts;
use super::event::{Delivery, Event, Outbound, Outcome, Refusal, RequestError};
use super::forwarding::Forwarding;
use super::seen::Seen;
use super::store::{Key, MemoryStore, Store, Stored};
use crate::bundle::{Bundle, BundleId, CreationTimestamp, Eid, NodeNumber, Reason};
use crate::routing::ContactPlan;
use crate::time::{DtnTime, Epoch, Instant};

/// Managed parameters of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentParameters {
    /// The number of this node; its endpoints are `ipn:number.service`.
    pub node: NodeNumber,
    /// Which DTN time it was at [`Instant::ZERO`].
    pub epoch: Epoch,
    /// Most octets kept in [`MemoryStore`].
    pub store_octets: usize,
    /// Most bundles kept in [`MemoryStore`].
    pub store_bundles: usize,
    /// Hop limit given to bundles made here.
    pub hop_limit: u8,
    /// How many bundles are remembered, to know a second copy for one.
    pub remembered: usize,
    /// How long a neighbour is left alone after a transfer to it has failed.
    pub pause_after_failure: Duration,
}

impl AgentParameters {
    /// Defaults for the node `node`: 256 MiB and a million bundles, 32 hops, a pause of 5 s.
    #[must_use]
    pub fn new(node: NodeNumber) -> Self {
        Self {
            node,
            epoch: Epoch(DtnTime(DEFAULT_EPOCH_MILLIS)),
            store_octets: 256 << 20,
            store_bundles: 1_000_000,
            hop_limit: 32,
            remembered: 1_000_000,
            pause_after_failure: Duration::from_secs(5),
        }
    }
}

/// 2026-01-01 00:00:00 UTC, so that a host without a clock still makes legal timestamps.
const DEFAULT_EPOCH_MILLIS: u64 = 820_454_400_000;

/// What an application asks to have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransmissionRequest {
    /// The endpoint to send to.
    pub destination: Eid,
    /// The service here that sends it, and so the source endpoint.
    pub source_service: u64,
    /// What to send.
    pub payload: Bytes,
    /// How long it is of use, from now on.
    pub lifetime: Duration,
}

impl TransmissionRequest {
    /// Sends `payload` to `destination` as service 1.
    #[must_use]
    pub fn new(destination: Eid, payload: Bytes, lifetime: Duration) -> Self {
        Self { destination, source_service: 1, payload, lifetime }
    }
}

/// What an agent has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentCounters {
    /// Bundles made here.
    pub sourced: u64,
    /// Bundles taken from neighbours.
    pub received: u64,
    /// Copies of bundles that had been here before.
    pub duplicates: u64,
    /// Bundles refused for any other reason.
    pub refused: u64,
    /// Bundles proved to have reached a neighbour.
    pub forwarded: u64,
    /// Transfers that failed, their bundles kept.
    pub failed_transfers: u64,
    /// Bundles delivered here.
    pub delivered: u64,
    /// Bundles given up here: lifetime over, or forwarded too often.
    pub deleted: u64,
    /// Most octets ever kept at once.
    pub most_octets: usize,
}

/// The bundle agent of one node.
///
/// Drive rule as in [`machine`](crate::machine), with bundles where machines have octets: after anything was done
/// to it, drain [`poll_forward`](Self::poll_forward) for each neighbour that can take a bundle, and
/// [`poll_event`](Self::poll_event), until both say `None`.
#[derive(Debug)]
pub struct Agent<S = MemoryStore> {
    parameters: AgentParameters,
    store: S,
    forwarding: Forwarding,
    contacts: Contacts,
    seen: Seen,
    registered: BTreeSet<u64>,
    /// Bundles for services of this node that nobody has registered yet.
    unclaimed: BTreeMap<u64, BTreeSet<Key>>,
    /// Bundles handed to the layer below, and to which neighbour.
    in_hand: BTreeMap<Key, NodeNumber>,
    expiries: BTreeSet<(Instant, Key)>,
    events: VecDeque<Event>,
    last_timestamp: CreationTimestamp,
    counters: AgentCounters,
}

impl Agent<MemoryStore> {
    /// An agent that keeps its bundles in memory.
    #[must_use]
    pub fn new(parameters: AgentParameters, plan: ContactPlan) -> Self {
        let store = MemoryStore::new(parameters.store_octets, parameters.store_bundles);
        Self::with_store(parameters, plan, store)
    }
}

impl<S: Store> Agent<S> {
    /// An agent that keeps its bundles in `store`.
    pub fn with_store(parameters: AgentParameters, plan: ContactPlan, store: S) -> Self {
        Self {
            parameters,
            store,
            contacts: Contacts::of(parameters.node, &plan),
            forwarding: Forwarding::new(parameters.node, plan),
            seen: Seen::new(parameters.remembered),
            registered: BTreeSet::new(),
            unclaimed: BTreeMap::new(),
            in_hand: BTreeMap::new(),
            expiries: BTreeSet::new(),
            events: VecDeque::new(),
            last_timestamp: CreationTimestamp { time: DtnTime(0), sequence: 0 },
            counters: AgentCounters::default(),
        }
    }

    /// Delivers bundles for service `service` of this node from now on, those that wait for it first.
    pub fn register(&mut self, service: u64) {
        self.registered.insert(service);
        for key in self.unclaimed.remove(&service).unwrap_or_default() {
            self.deliver(key);
        }
    }

    /// Makes a bundle and sends it on its way.
    ///
    /// # Errors
    /// [`RequestError`] when no legal bundle can be made of the request or there is no room for it.
    pub fn transmit(&mut self, now: Instant, request: TransmissionRequest) -> Result<BundleId, RequestError> {
        let timestamp = self.next_timestamp(now);
        let source = Eid::ipn(self.parameters.node, request.source_service);
        let bundle = Bundle::builder(source, request.destination)
            .timestamp(timestamp)
            .lifetime(request.lifetime)
            .hop_limit(self.parameters.hop_limit)
            .payload(request.payload)
            .build()?;
        let id = bundle.id();
        self.take(now, bundle, None)?;
        self.last_timestamp = timestamp;
        self.counters.sourced += 1;
        Ok(id)
    }

    /// Takes a bundle that came from the neighbour `from`.
    ///
    /// # Errors
    /// [`Refusal`] says why it was not taken; nothing has changed then. [`Refusal::Duplicate`] is no fault of
    /// anybody's: the bundle is safe here or was.
    pub fn receive(&mut self, now: Instant, from: Option<NodeNumber>, bundle: Bundle) -> Result<(), Refusal> {
        let taken = match bundle.hop_count() {
            Some(hops) if hops.exceeded() => Err(Refusal::HopLimit { limit: hops.limit.into() }),
            _ => self.take(now, bundle, from),
        };
        match &taken {
            Ok(()) => self.counters.received += 1,
            Err(Refusal::Duplicate) => self.counters.duplicates += 1,
            Err(_) => self.counters.refused += 1,
        }
        taken
    }

    /// The next bundle to hand to `neighbour`, which must be able to take one.
    ///
    /// The bundle stays in the store until [`transfer_ended`](Self::transfer_ended) says that it is across.
    pub fn poll_forward(&mut self, now: Instant, neighbour: NodeNumber) -> Option<Outbound> {
        if !self.contacts.is_open(neighbour) {
            return None;
        }
        loop {
            let key = self.forwarding.next_for(now, neighbour)?;
            let stored = self.store.get(key)?;
            let outgoing = outgoing(stored, now, self.parameters.node);
            self.forwarding.forget(node_of(&stored.bundle), key);
            match outgoing {
                Some(bundle) => {
                    self.in_hand.insert(key, neighbour);
                    return Some(Outbound { key, bundle });
                }
                None => self.delete(key, Reason::HOP_LIMIT),
            }
        }
    }

    /// Ends the transfer of a bundle handed out by [`poll_forward`](Self::poll_forward). A key that is not in
    /// anybody's hands is ignored.
    pub fn transfer_ended(&mut self, now: Instant, key: Key, outcome: Outcome) {
        let Some(neighbour) = self.in_hand.remove(&key) else { return };
        match outcome {
            Outcome::Across => {
                if let Some(stored) = self.discard(key) {
                    self.counters.forwarded += 1;
                    self.events.push_back(Event::Forwarded { id: stored.id, to: neighbour });
                }
            }
            Outcome::Failed => {
                self.counters.failed_transfers += 1;
                if self.contacts.is_open(neighbour) {
                    self.forwarding.pause(neighbour, now + self.parameters.pause_after_failure);
                }
                if let Some(stored) = self.store.get(key) {
                    self.forwarding.wait(node_of(&stored.bundle), key);
                }
            }
        }
    }

    /// Starts and ends contacts, and lets bundles expire, as is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.forwarding.handle_timeout(now);
        while let Some(event) = self.contacts.next_change(now) {
            self.forwarding.forget_routes();
            self.events.push_back(event);
        }
        while let Some((expiry, key)) = self.expiries.first().copied().filter(|(expiry, _)| *expiry <= now) {
            self.expiries.remove(&(expiry, key));
            self.delete(key, Reason::LIFETIME_EXPIRED);
        }
    }

    /// What happened since the last call.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let expiry = self.expiries.first().map(|(expiry, _)| *expiry);
        [expiry, self.contacts.poll_timeout(), self.forwarding.poll_timeout()].into_iter().flatten().min()
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

    /// The bundles kept here.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Figures since the start.
    #[must_use]
    pub fn counters(&self) -> AgentCounters {
        self.counters
    }

    fn take(&mut self, now: Instant, bundle: Bundle, from: Option<NodeNumber>) -> Result<(), Refusal> {
        let id = bundle.id();
        // Bundles of the null source all look alike.
        let known = !id.source.is_null();
        if known && self.seen.contains(&id) {
            return Err(Refusal::Duplicate);
        }
        let expires = bundle.expires_at(now, Some(self.parameters.epoch));
        if expires <= now {
            return Err(Refusal::Expired);
        }
        let (destination, service) = (node_of(&bundle), bundle.destination().service());
        let key = self.store.put(Stored { bundle, id: id.clone(), received: now, expires, from })?;
        self.counters.most_octets = self.counters.most_octets.max(self.store.octets());
        if known {
            self.seen.insert(now, id, expires);
        }
        self.expiries.insert((expires, key));
        match service.filter(|_| destination == self.parameters.node) {
            Some(service) if self.registered.contains(&service) => self.deliver(key),
            Some(service) => _ = self.unclaimed.entry(service).or_default().insert(key),
            None => self.forwarding.wait(destination, key),
        }
        Ok(())
    }

    fn deliver(&mut self, key: Key) {
        let Some(stored) = self.discard(key) else { return };
        self.counters.delivered += 1;
        self.events.push_back(Event::Delivered(Delivery {
            source: stored.bundle.source().clone(),
            destination: stored.bundle.destination().clone(),
            hops: stored.bundle.hop_count().map(|hops| hops.count),
            payload: stored.bundle.payload().clone(),
            received: stored.received,
            id: stored.id,
        }));
    }

    fn delete(&mut self, key: Key, reason: Reason) {
        let Some(stored) = self.discard(key) else { return };
        self.in_hand.remove(&key);
        self.forwarding.forget(node_of(&stored.bundle), key);
        if let Some(keys) =
            stored.bundle.destination().service().and_then(|service| self.unclaimed.get_mut(&service))
        {
            keys.remove(&key);
        }
        self.counters.deleted += 1;
        self.events.push_back(Event::Deleted { id: stored.id, reason });
    }

    fn discard(&mut self, key: Key) -> Option<Stored> {
        let stored = self.store.remove(key)?;
        self.expiries.remove(&(stored.expires, key));
        Some(stored)
    }

    /// The time now, and a sequence number that makes it unique here.
    fn next_timestamp(&self, now: Instant) -> CreationTimestamp {
        let time = self.parameters.epoch.dtn_time(now);
        match self.last_timestamp {
            last if last.time == time => CreationTimestamp { time, sequence: last.sequence + 1 },
            _ => CreationTimestamp { time, sequence: 0 },
        }
    }
}

/// The bundle as it goes out: this node as the previous one, the time it lay here added to its age, one hop more.
/// `None` when that is one hop too many.
fn outgoing(stored: &Stored, now: Instant, node: NodeNumber) -> Option<Bytes> {
    let mut bundle = stored.bundle.clone();
    if !bundle.raise_hop_count() {
        return None;
    }
    bundle.set_previous_node(Eid::ipn(node, 0));
    bundle.add_age(now.since(stored.received));
    Some(bundle.encode().into())
}

/// The node a bundle is for. Endpoints without a node number have no route.
fn node_of(bundle: &Bundle) -> NodeNumber {
    bundle.destination().node().unwrap_or(NOWHERE)
}

/// A node number no contact plan can hold: the null endpoint's.
const NOWHERE: NodeNumber = NodeNumber(0);
