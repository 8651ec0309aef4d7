//! The search: exact on all four keys of SABR's choice.
//!
//! 1. Forward from the sender: the earliest arrival at every node, up to the destination's.
//! 2. Backward from the destination, round by round: the latest time at which a node that is so many contacts away
//!    can still make that arrival. The first round that reaches the sender gives the fewest contacts. One label a
//!    node would not do: a later arrival over fewer contacts may still make it in time.
//! 3. The contacts that are on a best route so far form a small layered graph. The latest termination is found in it
//!    by bisection over the contacts' ends; then the smallest entry node is read off the first layer.
//!
//! Waiting is free, so being early never hurts and each step is exact.

use super::graph::Graph;
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task<'a> {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) at: u64,
    pub(super) octets: u64,
    /// Latest arrival worth having.
    pub(super) expires: u64,
    /// Nodes that may not be the first to receive, sorted or not.
    pub(super) exclude: &'a [u32],
}

/// One contact of the route found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) contact: u32,
    pub(super) begin: u64,
    pub(super) arrival: u64,
}

/// Room that is used again from search to search.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    heap: BinaryHeap<Reverse<(u64, u32)>>,
    arrival: Vec<u64>,
    /// Latest time at a node over all rounds so far, and whether there is any.
    best: Vec<Option<u64>>,
    /// The same for each round, and which nodes have one.
    rounds: Vec<Round>,
    places: Vec<Place>,
    edges: Vec<Edge>,
    /// Where the edges of each layer end.
    layers: Vec<usize>,
    /// The place of a node in the layer being made.
    place_of: Vec<u32>,
    ends: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct Round {
    latest: Vec<Option<u64>>,
    nodes: Vec<u32>,
}

/// A node in a layer.
#[derive(Clone, Copy, Debug)]
struct Place {
    node: u32,
    earliest: u64,
    /// Latest time there so that the destination is still reached in time; scratch of the last pass.
    latest: Option<u64>,
}

/// A contact from a place to one of the next layer.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: u32,
    to: u32,
    contact: u32,
}

impl Search {
    /// The steps of the best route; none when there is no route.
    pub(super) fn run(&mut self, graph: &Graph, task: &Task<'_>) -> Vec<Step> {
        let Some(deadline) = self.earliest_arrival(graph, task) else { return Vec::new() };
        let Some(hops) = self.fewest_contacts(graph, task, deadline) else { return Vec::new() };
        self.collect_layers(graph, task, hops);
        let termination = self.latest_termination(graph, task);
        self.latest_times(graph, task, termination, deadline);
        self.walk(graph, task, termination, hops)
    }

    /// Arrival alone.
    pub(super) fn earliest_arrival(&mut self, graph: &Graph, task: &Task<'_>) -> Option<u64> {
        self.arrival.clear();
        self.arrival.resize(graph.node_count(), u64::MAX);
        self.heap.clear();
        self.arrival[task.from as usize] = task.at;
        self.heap.push(Reverse((task.at, task.from)));
        // Nothing later than this is of use; the bound is exclusive.
        let mut bound = task.expires.saturating_add(1);
        while let Some(Reverse((ready, node))) = self.heap.pop() {
            if ready >= bound {
                break;
            }
            if ready > self.arrival[node as usize] || node == task.to {
                continue;
            }
            for link in graph.links_out(node) {
                if node == task.from && task.exclude.contains(&link.to) {
                    continue;
                }
                let known = self.arrival[link.to as usize].min(bound);
                if let Some(arrival) = graph.earliest(link, ready, task.octets, known) {
                    self.arrival[link.to as usize] = arrival;
                    if link.to == task.to {
                        // Others that arrive at the same instant may still lead there without delay.
                        bound = arrival.saturating_add(1);
                    }
                    self.heap.push(Reverse((arrival, link.to)));
                }
            }
        }
        Some(self.arrival[task.to as usize]).filter(|arrival| *arrival <= task.expires && *arrival < u64::MAX)
    }

    /// How many contacts a route needs that arrives at `deadline`.
    fn fewest_contacts(&mut self, graph: &Graph, task: &Task<'_>, deadline: u64) -> Option<usize> {
        self.best.clear();
        self.best.resize(graph.node_count(), None);
        self.best[task.to as usize] = Some(deadline);
        self.start_round(0, graph.node_count());
        self.rounds[0].latest[task.to as usize] = Some(deadline);
        self.rounds[0].nodes.push(task.to);
        for hops in 1..graph.node_count() {
            self.start_round(hops, graph.node_count());
            let (before, rest) = self.rounds.split_at_mut(hops);
            let (before, round) = (before.last()?, rest.first_mut()?);
            for &node in &before.nodes {
                let Some(deadline) = before.latest[node as usize] else { continue };
                for link in graph.links_into(node) {
                    let (at, ready) = (link.from as usize, self.arrival[link.from as usize]);
                    if ready > deadline || link.from == task.from && task.exclude.contains(&link.to) {
                        continue;
                    }
                    let Some(latest) = graph.latest(link, ready, task.octets, deadline) else { continue };
                    if self.best[at].is_none_or(|best| latest > best) {
                        self.best[at] = Some(latest);
                        if round.latest[at].replace(latest).is_none() {
                            round.nodes.push(link.from);
                        }
                    }
                }
            }
            if round.latest[task.from as usize].is_some() {
                return Some(hops);
            }
            if round.nodes.is_empty() {
                break;
            }
        }
        None
    }

    /// An empty round, with only what the last search left in it cleared.
    fn start_round(&mut self, at: usize, nodes: usize) {
        if self.rounds.len() <= at {
            self.rounds.push(Round::default());
        }
        let round = &mut self.rounds[at];
        for node in round.nodes.drain(..) {
            if let Some(latest) = round.latest.get_mut(node as usize) {
                *latest = None;
            }
        }
        round.latest.resize(nodes, None);
    }

    /// All contacts on routes of `hops` contacts that arrive in time, layer by layer.
    fn collect_layers(&mut self, graph: &Graph, task: &Task<'_>, hops: usize) {
        self.places.clear();
        self.edges.clear();
        self.layers.clear();
        self.place_of.clear();
        self.place_of.resize(graph.node_count(), NOWHERE);
        self.places.push(Place { node: task.from, earliest: task.at, latest: None });
        let mut first = 0;
        for layer in 0..hops {
            let last = self.places.len();
            let round = &self.rounds[hops - layer - 1];
            for from in first..last {
                let Place { node, earliest, .. } = self.places[from];
                for link in graph.links_out(node) {
                    let Some(deadline) = round.latest[link.to as usize] else { continue };
                    if layer == 0 && task.exclude.contains(&link.to) {
                        continue;
                    }
                    for contact in graph.open_from(link, earliest) {
                        if graph.start(contact) > deadline {
                            break;
                        }
                        let Some((_, arrival)) = graph.cross(contact, earliest, task.octets) else {
                            continue;
                        };
                        if arrival > deadline {
                            continue;
                        }
                        let slot = &mut self.place_of[link.to as usize];
                        if *slot == NOWHERE {
                            *slot = self.places.len() as u32;
                            self.places.push(Place { node: link.to, earliest: u64::MAX, latest: None });
                        }
                        let place = &mut self.places[*slot as usize];
                        place.earliest = place.earliest.min(arrival);
                        self.edges.push(Edge { from: from as u32, to: *slot, contact });
                    }
                }
            }
            for place in &self.places[last..] {
                self.place_of[place.node as usize] = NOWHERE;
            }
            self.layers.push(self.edges.len());
            first = last;
        }
    }

    /// The latest time T such that a route exists whose contacts all end at T or later.
    fn latest_termination(&mut self, graph: &Graph, task: &Task<'_>) -> u64 {
        let mut ends = core::mem::take(&mut self.ends);
        ends.clear();
        ends.extend(self.edges.iter().map(|edge| graph.end(edge.contact)));
        ends.sort_unstable();
        ends.dedup();
        // The smallest end always leaves a route; look for the largest that does.
        let (mut good, mut bad) = (0, ends.len());
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if self.reaches(graph, task, ends[middle]) { good = middle } else { bad = middle }
        }
        let found = ends.get(good).copied().unwrap_or_default();
        self.ends = ends;
        found
    }

    /// Whether contacts that end at `termination` or later lead to the destination in time.
    fn reaches(&mut self, graph: &Graph, task: &Task<'_>, termination: u64) -> bool {
        let hops = self.layers.len();
        for place in self.places.iter_mut().skip(1) {
            place.earliest = u64::MAX;
        }
        for at in 0..self.edges.len() {
            let edge = self.edges[at];
            let ready = self.places[edge.from as usize].earliest;
            if ready == u64::MAX || graph.end(edge.contact) < termination {
                continue;
            }
            let Some((_, arrival)) = graph.cross(edge.contact, ready, task.octets) else { continue };
            let left = hops - 1 - self.layers.partition_point(|end| *end <= at);
            let place = &mut self.places[edge.to as usize];
            if self.rounds[left].latest[place.node as usize].is_some_and(|deadline| arrival <= deadline) {
                place.earliest = place.earliest.min(arrival);
            }
        }
        // The last layer holds the destination alone.
        self.places.last().is_some_and(|place| place.earliest < u64::MAX)
    }

    /// For each place, when one must be there at the latest.
    fn latest_times(&mut self, graph: &Graph, task: &Task<'_>, termination: u64, deadline: u64) {
        for place in &mut self.places {
            place.latest = None;
        }
        if let Some(last) = self.places.last_mut() {
            last.latest = Some(deadline);
        }
        for edge in self.edges.iter().rev() {
            let Some(deadline) = self.places[edge.to as usize].latest else { continue };
            if graph.end(edge.contact) < termination {
                continue;
            }
            let latest = graph.latest_in(edge.contact as usize, task.octets, deadline);
            let place = &mut self.places[edge.from as usize];
            place.latest = place.latest.max(latest);
        }
    }

    /// Follows the latest times forward: at first to the smallest entry node, then to whatever is reached first.
    /// Full ties go to the lowest contact.
    fn walk(&self, graph: &Graph, task: &Task<'_>, termination: u64, hops: usize) -> Vec<Step> {
        let mut steps = Vec::with_capacity(hops);
        let (mut place, mut ready, mut first) = (0, task.at, 0);
        for &end in &self.layers {
            let here = self.edges[first..end].iter().filter(|edge| edge.from == place);
            let fitting = here.filter(|edge| graph.end(edge.contact) >= termination).filter_map(|edge| {
                let (begin, arrival) = graph.cross(edge.contact, ready, task.octets)?;
                let next = self.places[edge.to as usize];
                let entry = if first == 0 { next.node } else { 0 };
                let fits = next.latest.is_some_and(|latest| arrival <= latest);
                fits.then_some((entry, arrival, edge.contact, begin, edge.to))
            });
            let Some((_, arrival, contact, begin, next)) = fitting.min() else { return Vec::new() };
            steps.push(Step { contact, begin, arrival });
            (place, ready, first) = (next, arrival, end);
        }
        steps
    }
}

const NOWHERE: u32 = u32::MAX;
