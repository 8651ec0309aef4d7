use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::link::{Link, LinkCounters, LinkParameters};
use crate::bpa::{
    self, Agent, AgentParameters, Class, Commit, Delivery, DeliveryId, Key, MemoryStore, NeighbourParameters,
    Outcome, Reception, Refusal, Registration, RequestError, Store, StoreError, TransferId,
    TransmissionRequest,
};
use crate::bundle::{BundleId, Eid, NodeNumber, Reason, Rules, StatusReport};
use crate::cla::{self, LtpAdapter, Peer, Token};
#[cfg(feature = "metrics")]
use crate::figures::Labels;
use crate::link::PacketLinkError;
use crate::ltp::engine::{EngineParameters, InputError, RequestError as SpanRefused};
use crate::ltp::{EngineId, SessionId};
use crate::machine::Machine;
use crate::routing::{Contact, ContactPlan};
use crate::time::Instant;

/// How a host names one link of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// Managed parameters of a node.
#[derive(Clone, Debug)]
pub struct NodeParameters {
    /// Of its agent.
    pub agent: AgentParameters,
    /// Of its LTP engine, whose engine number is the node number.
    pub ltp: EngineParameters,
}

/// What the user of a node is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Something for an endpoint registered here.
    Delivered(Delivery),
    /// A delivery that was acknowledged will not be made again, not even after a restart.
    Acknowledged(DeliveryId),
    /// Octets of a delivery that the store had not at hand are: read on.
    Readable(DeliveryId),
    /// A bundle that came with no LTP session, or was made here, is safe.
    Kept(Key),
    /// Such a bundle could not be made safe, and is lost.
    NotKept(Key),
    /// Another node reports what became of a bundle made here.
    Reported {
        /// Who reports.
        by: Eid,
        /// What became of which bundle.
        report: StatusReport,
    },
    /// A bundle is proved to have reached a neighbour.
    Forwarded {
        /// Which bundle.
        id: BundleId,
        /// The neighbour that has it now.
        to: NodeNumber,
    },
    /// A bundle was given up here.
    Deleted {
        /// Which bundle.
        id: BundleId,
        /// Why, as a status report would say it.
        reason: Reason,
    },
    /// What came whole from a neighbour in an LTP block was refused for good. Of datagrams, whoever handed them in is
    /// told.
    Refused {
        /// The neighbour.
        from: NodeNumber,
        /// Why.
        why: InputRefused,
    },
    /// A contact of this node has started.
    ContactStarted(Contact),
    /// A contact of this node is over.
    ContactEnded(Contact),
}

/// What goes with a unit to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// On which link.
    pub link: LinkId,
    /// Octets written.
    pub len: usize,
}

/// Why what came in on a link was refused. The node is unharmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputRefused {
    /// The node has no such link.
    #[error("node: no link {0:?}")]
    NoLink(LinkId),
    /// A datagram that is no LTP segment, or one the engine does not take.
    #[error(transparent)]
    Segment(#[from] InputError),
    /// A datagram that holds no legal bundle.
    #[error(transparent)]
    Bundle(#[from] crate::bundle::BundleError),
    /// A bundle the agent does not take.
    #[error(transparent)]
    Agent(#[from] bpa::Refusal),
}

/// Why a link cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkRefused {
    /// Its frames and its coding do not go together.
    #[error(transparent)]
    Link(#[from] PacketLinkError),
    /// The LTP span to the neighbour cannot be set up.
    #[error(transparent)]
    Span(#[from] SpanRefused),
}

/// The agent of a node: over any store.
pub type NodeAgent = Agent<Box<dyn Store + Send>>;

/// Agent, LTP adapter and links of one node.
///
/// Follows the drive rule of [`machine`](crate::machine). A host whose links have rates of their own drains each
/// with [`poll_transmit_on`](Self::poll_transmit_on) as fast as it can send there; the trait's `poll_transmit`
/// takes the links in turn.
pub struct Node {
    agent: NodeAgent,
    /// LTP sessions whose bundles are not durable yet.
    pending: BTreeMap<Key, Vec<SessionId>>,
    ltp: LtpAdapter,
    links: BTreeMap<LinkId, Link>,
    events: VecDeque<Event>,
}

impl Node {
    /// A node without links. `rng` numbers LTP sessions.
    pub fn new(parameters: NodeParameters, plan: ContactPlan, rng: Box<dyn rand_core::Rng + Send>) -> Self {
        let store: Box<dyn Store + Send> = Box::new(MemoryStore::new());
        // A new store has nothing to read.
        Self::around(Agent::empty(parameters.agent, plan, store), parameters.ltp, rng)
    }

    /// A node without links that keeps its bundles in `store`, and goes on with those it finds there.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn with_store(
        parameters: NodeParameters,
        plan: ContactPlan,
        rng: Box<dyn rand_core::Rng + Send>,
        store: Box<dyn Store + Send>,
    ) -> Result<Self, StoreError> {
        Ok(Self::around(Agent::with_store(parameters.agent, plan, store)?, parameters.ltp, rng))
    }

    /// A node without links around an agent, such as one with a security policy. The engine number of `ltp` is the
    /// agent's node number.
    pub fn around(agent: NodeAgent, ltp: EngineParameters, rng: Box<dyn rand_core::Rng + Send>) -> Self {
        let ltp = LtpAdapter::new(ltp, rng);
        Self { agent, pending: BTreeMap::new(), ltp, links: BTreeMap::new(), events: VecDeque::new() }
    }

    /// Adds a link to `neighbour`. The segments of `peer.span` are made as long as a coded link carries at best,
    /// and elsewhere no longer than the link carries.
    ///
    /// # Errors
    /// [`LinkRefused`] when the parameters contradict each other.
    pub fn add_link(
        &mut self,
        id: LinkId,
        neighbour: NodeNumber,
        parameters: LinkParameters,
        mut peer: Peer,
    ) -> Result<(), LinkRefused> {
        let coded = matches!(parameters, LinkParameters::Coded(_));
        let link = Link::new(neighbour, parameters)?;
        let longest = link.max_segment_len();
        peer.span.max_segment_len = if coded { longest } else { peer.span.max_segment_len.min(longest) };
        self.ltp.add_peer(link.engine(), peer)?;
        self.agent.limit_bundle(neighbour, link.max_bundle_len());
        self.links.insert(id, link);
        Ok(())
    }

    /// How strictly bundles that come on `link` are read from now on; by the letter of the standards, if this is never
    /// said.
    pub fn set_rules(&mut self, link: LinkId, rules: Rules) {
        let Some(link) = self.links.get_mut(&link) else { return };
        link.rules = rules;
        if link.carries_ltp() {
            self.ltp.set_rules(link.engine(), rules);
        }
    }

    /// Says what `neighbour` takes, from now on. To be called after its link was added.
    pub fn set_neighbour(&mut self, neighbour: NodeNumber, parameters: NeighbourParameters) {
        let links = self.links.values().filter(|link| link.neighbour() == neighbour);
        let most = links.map(Link::max_bundle_len).min().unwrap_or(u64::MAX);
        let max_bundle = parameters.max_bundle.min(most);
        self.agent.set_neighbour(neighbour, NeighbourParameters { max_bundle, ..parameters });
    }

    /// Delivers bundles for service `service` of this node from now on, without acknowledgement.
    pub fn register(&mut self, now: Instant, service: u64) {
        let eid = Eid::ipn(self.agent.node(), service);
        self.agent.register(Registration::new(eid).unacknowledged());
        self.settle(now);
    }

    /// Does something with the agent, such as registering, acknowledging or reading a delivery, and lets the node do
    /// what follows from it. Events of the agent are the node's: do not take them there.
    pub fn with_agent<R>(&mut self, now: Instant, what: impl FnOnce(&mut NodeAgent) -> R) -> R {
        let result = what(&mut self.agent);
        self.settle(now);
        result
    }

    /// A commit of the store that is due, where the agent hands them out ([`Agent::hand_out_commits`]): to be run
    /// anywhere, and its outcome given to [`commit_ended`](Self::commit_ended).
    pub fn poll_commit(&mut self, now: Instant) -> Option<Commit> {
        self.agent.poll_commit(now)
    }

    /// The commit handed out last has ended like this.
    pub fn commit_ended(&mut self, now: Instant, outcome: Result<(), StoreError>) {
        self.agent.commit_ended(now, outcome);
        self.settle(now);
    }

    /// Makes a bundle and sends it on its way.
    ///
    /// # Errors
    /// As [`Agent::transmit`].
    pub fn transmit(&mut self, now: Instant, request: TransmissionRequest) -> Result<BundleId, RequestError> {
        let id = self.agent.transmit(now, request)?;
        self.settle(now);
        Ok(id)
    }

    /// Writes the next unit for `link` to the front of `out`, which holds
    /// [`max_unit_len`](Self::max_unit_len) octets.
    pub fn poll_transmit_on(&mut self, now: Instant, link: LinkId, out: &mut [u8]) -> Option<usize> {
        let link = self.links.get_mut(&link)?;
        let len = link.poll_transmit(now, &mut self.ltp, &mut self.agent, out);
        self.settle(now);
        len
    }

    /// Octets of the longest unit sent on `link`.
    #[must_use]
    pub fn max_unit_len(&self, link: LinkId) -> usize {
        self.links.get(&link).map_or(0, Link::max_unit_len)
    }

    /// Whether `octets` look like what comes in on `link`: a segment, a bundle. On coded links anything does.
    #[must_use]
    pub fn understands(&self, link: LinkId, octets: &[u8]) -> bool {
        self.links.get(&link).is_some_and(|link| link.understands(octets))
    }

    /// The links, by name.
    pub fn links(&self) -> impl Iterator<Item = LinkId> {
        self.links.keys().copied()
    }

    /// Figures of `link` since the start.
    #[must_use]
    pub fn link_counters(&self, link: LinkId) -> Option<LinkCounters> {
        self.links.get(&link).map(|link| link.counters(&self.ltp))
    }

    /// Publishes the figures of the agent, the LTP adapter and the links through the `metrics` facade, labelled by node,
    /// neighbour and link. To be called as often as they are wanted.
    #[cfg(feature = "metrics")]
    pub fn publish(&self) {
        bpa::publish(&self.agent);
        let node = Labels::new("node", self.agent.node().0);
        self.ltp.counters().each_total(node.counter());
        for (id, link) in &self.links {
            let labels = node.and("neighbour", link.neighbour().0).and("link", id.0);
            link.counters(&self.ltp).each_total(labels.counter());
        }
    }

    /// The agent, for its figures and its store.
    #[must_use]
    pub fn agent(&self) -> &NodeAgent {
        &self.agent
    }

    /// The LTP adapter, for its figures.
    #[must_use]
    pub fn ltp(&self) -> &LtpAdapter {
        &self.ltp
    }

    /// Passes on what the parts have to say to each other, until all are quiet.
    fn settle(&mut self, now: Instant) {
        loop {
            let mut quiet = true;
            while let Some(event) = self.agent.poll_event(now) {
                quiet = false;
                self.handle_agent_event(now, event);
            }
            while let Some(event) = self.ltp.poll_event() {
                quiet = false;
                self.handle_ltp_event(now, event);
            }
            for link in self.links.values_mut().filter(|link| link.carries_ltp()) {
                let (neighbour, engine) = (link.neighbour(), link.engine());
                loop {
                    // What is urgent does not wait for the window.
                    let outbound = match self.ltp.has_room(engine) {
                        true => self.agent.poll_forward(now, neighbour),
                        false if self.ltp.has_urgent_room(engine) => {
                            self.agent.poll_forward_urgent(now, neighbour)
                        }
                        false => None,
                    };
                    let Some(outbound) = outbound else { break };
                    quiet = false;
                    match self.agent.octets(outbound.transfer) {
                        Ok(octets) => {
                            let urgent = outbound.class == Class::Expedited;
                            self.ltp.send(now, engine, Token(outbound.transfer.0), octets, urgent);
                        }
                        Err(error) => {
                            self.agent.transfer_ended(now, outbound.transfer, Outcome::unread(error));
                        }
                    }
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn handle_agent_event(&mut self, now: Instant, event: bpa::Event) {
        self.events.push_back(match event {
            bpa::Event::Kept(key) => {
                let Some(sessions) = self.pending.remove(&key) else {
                    return self.events.push_back(Event::Kept(key));
                };
                return sessions.into_iter().for_each(|session| self.ltp.accept(session));
            }
            bpa::Event::NotKept(key) => {
                let Some(sessions) = self.pending.remove(&key) else {
                    return self.events.push_back(Event::NotKept(key));
                };
                return sessions.into_iter().for_each(|session| self.ltp.refuse(now, session));
            }
            bpa::Event::Delivered(delivery) => Event::Delivered(delivery),
            bpa::Event::Acknowledged(delivery) => Event::Acknowledged(delivery),
            bpa::Event::Readable(delivery) => Event::Readable(delivery),
            bpa::Event::Reported { by, report } => Event::Reported { by, report },
            bpa::Event::Forwarded { id, to } => Event::Forwarded { id, to },
            bpa::Event::Deleted { id, reason } => Event::Deleted { id, reason },
            bpa::Event::ContactStarted(contact) => {
                self.ltp.link_up(now, EngineId(contact.to.0), contact.light_time);
                Event::ContactStarted(contact)
            }
            bpa::Event::ContactEnded(contact) => {
                self.ltp.link_down(now, EngineId(contact.to.0));
                Event::ContactEnded(contact)
            }
        });
    }

    fn handle_ltp_event(&mut self, now: Instant, event: cla::Event) {
        match event {
            cla::Event::Received { from, session, bundle } => {
                match self.agent.receive(now, Some(NodeNumber(from.0)), bundle) {
                    Ok(Reception::Pending(key)) => self.pending.entry(key).or_default().push(session),
                    Err(refusal) if refusal.is_temporary() => self.ltp.refuse(now, session),
                    Ok(Reception::Safe) | Err(Refusal::Duplicate) => self.ltp.accept(session),
                    // One that is refused for good would be no better a second time.
                    Err(refusal) => {
                        self.ltp.accept(session);
                        let (from, why) = (NodeNumber(from.0), refusal.into());
                        self.events.push_back(Event::Refused { from, why });
                    }
                }
            }
            cla::Event::Unintelligible { from, error, octets } => {
                self.agent.report_unintelligible(now, &octets, &error);
                let (from, why) = (NodeNumber(from.0), error.into());
                self.events.push_back(Event::Refused { from, why });
            }
            cla::Event::Ended { token, across } => {
                let outcome = if across { Outcome::Across } else { Outcome::Failed };
                self.agent.transfer_ended(now, TransferId(token.0), outcome);
            }
        }
    }
}

impl Machine for Node {
    type Input<'a> = (LinkId, &'a [u8]);
    type Transmit = Transmit;
    type Event = Event;
    type Error = InputRefused;

    fn handle_input(&mut self, now: Instant, (id, octets): (LinkId, &[u8])) -> Result<(), InputRefused> {
        let link = self.links.get_mut(&id).ok_or(InputRefused::NoLink(id))?;
        let taken = link.handle_input(now, &mut self.ltp, &mut self.agent, octets);
        self.settle(now);
        taken
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        self.settle(now);
        self.ltp.handle_timeout(now);
        self.settle(now);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut [u8]) -> Option<Transmit> {
        let ids: Vec<_> = self.links().collect();
        ids.into_iter().find_map(|link| {
            let len = self.poll_transmit_on(now, link, out)?;
            Some(Transmit { link, len })
        })
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.agent.poll_timeout(), self.ltp.poll_timeout()].into_iter().flatten().min()
    }
}
