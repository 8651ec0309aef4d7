//! Nodes and channels in virtual time: hours of orbit in seconds, and the same every time.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::Rng;

use super::channel::Channel;
use crate::machine::Machine;
use crate::node::{Event, LinkId, Node};
use crate::time::Instant;

/// How a simulation names a node: by the order in which it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub usize);

/// How a simulation names a channel: by the order in which it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelIndex(pub usize);

/// Any number of nodes joined by one-way channels, driven in virtual time.
///
/// Always does the earliest thing due; things due at the same instant are done in a fixed order, so equal inputs
/// and seeds give equal runs.
#[derive(Default)]
pub struct Simulation<R> {
    now: Instant,
    nodes: Vec<Station>,
    wires: Vec<Wire<R>>,
    /// What is due when. Each node and each wire is in it once at the most.
    agenda: BTreeSet<(Instant, Due)>,
    unit: Vec<u8>,
}

struct Station {
    node: Node,
    due: Option<Instant>,
    /// Wires that start here.
    outgoing: Vec<usize>,
}

struct Wire<R> {
    channel: Channel<R>,
    from: NodeIndex,
    from_link: LinkId,
    to: NodeIndex,
    to_link: LinkId,
    arrival: Option<Instant>,
    ready: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Arrival(usize),
    Timeout(usize),
    TransmitterFree(usize),
}

impl<R: Rng> Simulation<R> {
    /// Nothing yet, at the start of time.
    #[must_use]
    pub fn new() -> Self {
        Self { now: Instant::ZERO, nodes: vec![], wires: vec![], agenda: BTreeSet::new(), unit: vec![] }
    }

    /// Adds a node.
    pub fn add_node(&mut self, node: Node) -> NodeIndex {
        let index = self.nodes.len();
        self.nodes.push(Station { node, due: None, outgoing: vec![] });
        self.settle(index);
        NodeIndex(index)
    }

    /// Lays a channel from a link of one node to a link of another.
    ///
    /// # Panics
    /// When `from` or `to` was not given out by this simulation.
    pub fn connect(
        &mut self,
        from: (NodeIndex, LinkId),
        to: (NodeIndex, LinkId),
        channel: Channel<R>,
    ) -> ChannelIndex {
        assert!(to.0.0 < self.nodes.len(), "no such node");
        let index = self.wires.len();
        let room = self.nodes[from.0.0].node.max_unit_len(from.1);
        self.unit.resize(self.unit.len().max(room), 0);
        self.nodes[from.0.0].outgoing.push(index);
        self.wires.push(Wire {
            channel,
            from: from.0,
            from_link: from.1,
            to: to.0,
            to_link: to.1,
            arrival: None,
            ready: None,
        });
        ChannelIndex(index)
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The node `index`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0].node
    }

    /// The channel `index`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn channel(&self, index: ChannelIndex) -> &Channel<R> {
        &self.wires[index.0].channel
    }

    /// Lets an application do something at a node now.
    ///
    /// # Panics
    /// When there is no node `index`.
    pub fn at<T>(&mut self, index: NodeIndex, request: impl FnOnce(Instant, &mut Node) -> T) -> T {
        let outcome = request(self.now, &mut self.nodes[index.0].node);
        self.settle(index.0);
        outcome
    }

    /// What happened at the node `index` since the last call.
    ///
    /// # Panics
    /// When there is no node `index`.
    pub fn poll_event(&mut self, index: NodeIndex) -> Option<Event> {
        self.nodes[index.0].node.poll_event()
    }

    /// When [`step`](Self::step) will do something next; `None` when nothing will ever happen again.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Goes to the next thing due and does it. Returns the node it was done to; `None` when nothing is left to do.
    pub fn step(&mut self) -> Option<NodeIndex> {
        let (at, due) = self.agenda.pop_first()?;
        self.now = self.now.max(at);
        let index = match due {
            Due::Arrival(wire) => self.arrive(wire),
            Due::Timeout(node) => {
                self.nodes[node].due = None;
                self.nodes[node].node.handle_timeout(self.now);
                node
            }
            Due::TransmitterFree(wire) => {
                self.wires[wire].ready = None;
                self.wires[wire].from.0
            }
        };
        self.settle(index);
        debug_assert!(
            !matches!(due, Due::Timeout(_)) || self.nodes[index].due.is_none_or(|due| due > self.now),
            "drive rule: a due timeout was handled at {} and is still due",
            self.now
        );
        Some(NodeIndex(index))
    }

    /// Hands every unit that has arrived over the wire to its node.
    fn arrive(&mut self, index: usize) -> usize {
        let wire = &mut self.wires[index];
        wire.arrival = None;
        let to = wire.to.0;
        while let Some(unit) = wire.channel.receive(self.now) {
            // What a node refuses it counts; the channel goes on.
            let _ = self.nodes[to].node.handle_input(self.now, (wire.to_link, &unit));
        }
        schedule(&mut self.agenda, &mut wire.arrival, wire.channel.poll_timeout(), Due::Arrival(index));
        to
    }

    /// Sends what the node wants to send as far as its transmitters are free, and puts it on the agenda.
    fn settle(&mut self, index: usize) {
        for &wire_index in &self.nodes[index].outgoing.clone() {
            let wire = &mut self.wires[wire_index];
            let node = &mut self.nodes[index].node;
            let (now, link) = (self.now, wire.from_link);
            wire.channel.pump(now, &mut self.unit, |unit| node.poll_transmit_on(now, link, unit));
            let busy = Some(wire.channel.ready_at()).filter(|ready| *ready > self.now);
            schedule(&mut self.agenda, &mut wire.ready, busy, Due::TransmitterFree(wire_index));
            schedule(
                &mut self.agenda,
                &mut wire.arrival,
                wire.channel.poll_timeout(),
                Due::Arrival(wire_index),
            );
        }
        let station = &mut self.nodes[index];
        let due = station.node.poll_timeout();
        schedule(&mut self.agenda, &mut station.due, due, Due::Timeout(index));
    }
}

/// Moves an entry of the agenda from where it was to where it should be.
fn schedule(agenda: &mut BTreeSet<(Instant, Due)>, was: &mut Option<Instant>, at: Option<Instant>, due: Due) {
    if *was == at {
        return;
    }
    if let Some(was) = was.take() {
        agenda.remove(&(was, due));
    }
    if let Some(at) = at {
        agenda.insert((at, due));
        *was = Some(at);
    }
}
