use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use super::store::Key;
use crate::bundle::NodeNumber;
use crate::routing::{Contact, ContactPlan, PlanTime, Query, Router};
use crate::time::Instant;

/// Which stored bundle goes to which neighbour next.
///
/// Bundles wait by destination node, oldest first. A route is worked out for a destination when somebody asks,
/// and kept until a neighbour fails or comes back, or [`ROUTE_LIFETIME`] is over.
#[derive(Debug)]
pub(super) struct Forwarding {
    here: NodeNumber,
    router: Router,
    waiting: BTreeMap<NodeNumber, BTreeSet<Key>>,
    routes: BTreeMap<NodeNumber, Cached>,
    /// Neighbours that are left alone after a failed transfer, and until when.
    paused: BTreeMap<NodeNumber, Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Cached {
    /// First contact of the route; `None` when there is no route.
    first: Option<Contact>,
    until: Instant,
}

/// How long a route is used before it is looked for again. A later start can only be as good or worse, so this
/// bounds how long a bundle may follow a route that has been overtaken.
const ROUTE_LIFETIME: Duration = Duration::from_secs(1);

impl Forwarding {
    pub(super) fn new(here: NodeNumber, plan: ContactPlan) -> Self {
        Self {
            here,
            router: Router::new(plan),
            waiting: BTreeMap::new(),
            routes: BTreeMap::new(),
            paused: BTreeMap::new(),
        }
    }

    pub(super) fn plan(&self) -> &ContactPlan {
        self.router.plan()
    }

    pub(super) fn wait(&mut self, destination: NodeNumber, key: Key) {
        self.waiting.entry(destination).or_default().insert(key);
    }

    /// Takes the bundle out of its queue.
    pub(super) fn forget(&mut self, destination: NodeNumber, key: Key) {
        if let Some(keys) = self.waiting.get_mut(&destination) {
            keys.remove(&key);
            if keys.is_empty() {
                self.waiting.remove(&destination);
                self.routes.remove(&destination);
            }
        }
    }

    /// The oldest bundle whose route starts with a contact to `neighbour` that is open now.
    pub(super) fn next_for(&mut self, now: Instant, neighbour: NodeNumber) -> Option<Key> {
        if self.paused.contains_key(&neighbour) {
            return None;
        }
        let oldest =
            |(destination, keys): (&NodeNumber, &BTreeSet<Key>)| Some((*keys.first()?, *destination));
        let mut candidates: Vec<_> = self.waiting.iter().filter_map(oldest).collect();
        candidates.sort_unstable();
        let goes_there = |(_, destination): &(Key, NodeNumber)| {
            let first = self.first_contact(now, *destination);
            first.is_some_and(|first| first.to == neighbour && first.is_open(PlanTime::from_instant(now)))
        };
        candidates.into_iter().find(goes_there).map(|(key, _)| key)
    }

    /// Leaves `neighbour` alone until `until`: a transfer to it has just failed.
    pub(super) fn pause(&mut self, neighbour: NodeNumber, until: Instant) {
        self.paused.insert(neighbour, until);
        self.routes.clear();
    }

    /// Lets neighbours whose pause is over be used again.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let before = self.paused.len();
        self.paused.retain(|_, until| now < *until);
        if self.paused.len() != before {
            self.routes.clear();
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.paused.values().min().copied()
    }

    /// Works all routes out afresh when they are next asked for.
    pub(super) fn forget_routes(&mut self) {
        self.routes.clear();
    }

    fn first_contact(&mut self, now: Instant, destination: NodeNumber) -> Option<Contact> {
        if let Some(cached) = self.routes.get(&destination).filter(|cached| now < cached.until) {
            return cached.first;
        }
        let paused: Vec<_> = self.paused.keys().copied().collect();
        let query = Query::new(self.here, destination, PlanTime::from_instant(now)).exclude(&paused);
        let hop = self.router.next_hop(&query);
        let first = hop.and_then(|hop| self.router.plan().contact(hop.contact).copied());
        self.routes.insert(destination, Cached { first, until: now + ROUTE_LIFETIME });
        first
    }
}
