use super::earliest::{Search, Task};
use super::graph::Graph;
use super::plan::id_at;
use super::{ContactId, ContactPlan, PlanTime};
use crate::bundle::NodeNumber;
use alloc::vec::Vec;

/// What route is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query<'a> {
    /// Where the bundle is.
    pub from: NodeNumber,
    /// Where it should go.
    pub to: NodeNumber,
    /// When it is there.
    pub at: PlanTime,
    /// Its size, to count the time it takes to send and to pass over contacts it does not fit into; 0 to count
    /// light time and waiting only.
    pub octets: u64,
    /// Latest arrival worth having.
    pub expires: PlanTime,
    /// Neighbours it must not be given to, such as the one it came from or one that refused it.
    pub exclude: &'a [NodeNumber],
}

impl Query<'_> {
    /// From a node to another at a time, whatever its size, without expiry, over any neighbour.
    #[must_use]
    pub const fn new(from: NodeNumber, to: NodeNumber, at: PlanTime) -> Self {
        Self { from, to, at, octets: 0, expires: PlanTime::MAX, exclude: &[] }
    }

    /// For a bundle of so many octets.
    #[must_use]
    pub const fn octets(mut self, octets: u64) -> Self {
        self.octets = octets;
        self
    }

    /// For a bundle that is worth nothing after this time.
    #[must_use]
    pub const fn expires(mut self, time: PlanTime) -> Self {
        self.expires = time;
        self
    }

    /// Not over these neighbours.
    #[must_use]
    pub const fn exclude(self, neighbours: &[NodeNumber]) -> Query<'_> {
        let Self { from, to, at, octets, expires, .. } = self;
        Query { from, to, at, octets, expires, exclude: neighbours }
    }
}

/// One contact on a route, and when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The contact.
    pub contact: ContactId,
    /// Who receives in it.
    pub to: NodeNumber,
    /// When sending begins.
    pub transmit: PlanTime,
    /// When all is received.
    pub arrival: PlanTime,
}

/// The best way through the plan.
///
/// Source: CCSDS 734.3-B-1 §3.2.8.1.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// When the bundle is at its destination.
    pub arrival: PlanTime,
    /// When the first of its contacts ends.
    pub termination: PlanTime,
    /// The neighbour to give the bundle to.
    pub entry: NodeNumber,
    /// The contacts in order; at least one.
    pub hops: Vec<Hop>,
}

/// Finds routes through a contact plan, and knows which contacts have failed.
#[derive(Clone, Debug)]
pub struct Router {
    plan: ContactPlan,
    graph: Graph,
    search: Search,
    exclude: Vec<u32>,
}

impl Router {
    /// For a plan, all of whose contacts can be used.
    #[must_use]
    pub fn new(plan: ContactPlan) -> Self {
        let graph = Graph::new(&plan);
        Self { plan, graph, search: Search::default(), exclude: Vec::new() }
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &ContactPlan {
        &self.plan
    }

    /// Puts another plan in place. Names of contacts get a new meaning and all contacts can be used again.
    pub fn set_plan(&mut self, plan: ContactPlan) {
        self.graph = Graph::new(&plan);
        self.plan = plan;
    }

    /// Marks a contact as failed: no route will use it.
    pub fn exclude_contact(&mut self, contact: ContactId) {
        self.graph.set_usable(contact.0 as usize, false);
    }

    /// Takes back the mark.
    pub fn restore_contact(&mut self, contact: ContactId) {
        self.graph.set_usable(contact.0 as usize, true);
    }

    /// Marks all contacts from one node to another as failed.
    pub fn exclude_link(&mut self, from: NodeNumber, to: NodeNumber) {
        self.mark_link(from, to, false);
    }

    /// Takes back the marks.
    pub fn restore_link(&mut self, from: NodeNumber, to: NodeNumber) {
        self.mark_link(from, to, true);
    }

    fn mark_link(&mut self, from: NodeNumber, to: NodeNumber, usable: bool) {
        for (id, _) in self.plan.between(from, to) {
            self.graph.set_usable(id.0 as usize, usable);
        }
    }

    /// The best route: earliest arrival, then fewest contacts, then latest termination, then smallest entry node.
    /// Exact over all routes in all four. The closing instant of a contact counts as open.
    ///
    /// `None` when there is none, and when the bundle is where it should go.
    pub fn route(&mut self, query: &Query<'_>) -> Option<Route> {
        let Self { plan, graph, search, exclude } = self;
        let task = task(graph, exclude, query)?;
        let steps = search.run(graph, &task);
        let contacts =
            || steps.iter().filter_map(|step| Some((step, plan.contact(id_at(step.contact as usize))?)));
        let hops: Vec<_> = contacts()
            .map(|(step, contact)| Hop {
                contact: id_at(step.contact as usize),
                to: contact.to,
                transmit: PlanTime::from_micros(step.begin),
                arrival: PlanTime::from_micros(step.arrival),
            })
            .collect();
        let termination = contacts().map(|(_, contact)| contact.end).min()?;
        Some(Route { arrival: hops.last()?.arrival, termination, entry: hops.first()?.to, hops })
    }

    /// The first hop of the best route: which neighbour, in which contact, when.
    pub fn next_hop(&mut self, query: &Query<'_>) -> Option<Hop> {
        self.route(query)?.hops.first().copied()
    }

    /// When the best route arrives. Costs less than the route itself.
    pub fn earliest_arrival(&mut self, query: &Query<'_>) -> Option<PlanTime> {
        let Self { graph, search, exclude, .. } = self;
        let task = task(graph, exclude, query)?;
        search.earliest_arrival(graph, &task).map(PlanTime::from_micros)
    }
}

/// The query in terms of the graph; `None` when a node is not in the plan or both are the same.
fn task<'a>(graph: &Graph, exclude: &'a mut Vec<u32>, query: &Query<'_>) -> Option<Task<'a>> {
    exclude.clear();
    exclude.extend(query.exclude.iter().filter_map(|node| graph.rank(*node)));
    let (from, to) = (graph.rank(query.from)?, graph.rank(query.to)?);
    let (at, expires) = (query.at.as_micros(), query.expires.as_micros());
    (from != to).then_some(Task { from, to, at, octets: query.octets, expires, exclude })
}
