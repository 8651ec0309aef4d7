use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use super::quota::Class;
use super::store::Key;
use crate::bundle::NodeNumber;
use crate::routing::{Contact, ContactPlan, PlanTime, Query, Router};
use crate::time::Instant;

/// Which stored bundle goes to which neighbour next.
///
/// Bundles wait by destination node, the most urgent and then the oldest first. A route is worked out for a
/// destination when somebody asks, and kept until a neighbour fails or comes back, or [`ROUTE_LIFETIME`] is over.
#[derive(Debug)]
pub(super) struct Forwarding {
    here: NodeNumber,
    router: Router,
    waiting: BTreeMap<NodeNumber, Queue>,
    /// When the routes of destinations for which bundles wait are to be looked for again.
    stale: BTreeSet<(Instant, NodeNumber)>,
    /// The first of each destination's bundles, by the neighbour that is next on its route.
    ready: BTreeMap<NodeNumber, BTreeSet<Ready>>,
    /// Neighbours that are left alone after a failed transfer, and until when.
    paused: BTreeMap<NodeNumber, Instant>,
}

type Place = (Reverse<Class>, Key);
type Ready = (Place, NodeNumber);

#[derive(Debug, Default)]
struct Queue {
    places: BTreeSet<Place>,
    /// Those that cannot go to the next neighbour as it is now, so that they do not keep others from it.
    aside: BTreeSet<Place>,
    /// First contact of the route; `None` when there is no route.
    first: Option<Contact>,
    /// The place of this queue in `ready`.
    at: Option<(NodeNumber, Place)>,
}

/// How long a route is used before it is looked for again. A later start can only be as good or worse, so this
/// bounds how long a bundle may follow a route that has been overtaken.
const ROUTE_LIFETIME: Duration = Duration::from_secs(1);

/// How many bundles of one destination are looked at for one that can go now.
const LOOK_AHEAD: usize = 32;

impl Forwarding {
    pub(super) fn new(here: NodeNumber, plan: ContactPlan) -> Self {
        Self {
            here,
            router: Router::new(plan),
            waiting: BTreeMap::new(),
            stale: BTreeSet::new(),
            ready: BTreeMap::new(),
            paused: BTreeMap::new(),
        }
    }

    pub(super) fn plan(&self) -> &ContactPlan {
        self.router.plan()
    }

    pub(super) fn wait(&mut self, destination: NodeNumber, class: Class, key: Key) {
        let queue = self.queue(destination);
        queue.places.insert((Reverse(class), key));
        if queue.places.first() == Some(&(Reverse(class), key)) {
            self.attach(destination);
        }
    }

    fn queue(&mut self, destination: NodeNumber) -> &mut Queue {
        match self.waiting.entry(destination) {
            Entry::Occupied(queue) => queue.into_mut(),
            Entry::Vacant(empty) => {
                self.stale.insert((Instant::ZERO, destination));
                empty.insert(Queue::default())
            }
        }
    }

    /// Takes the bundle out of its queue.
    pub(super) fn forget(&mut self, destination: NodeNumber, class: Class, key: Key) {
        let Some(queue) = self.waiting.get_mut(&destination) else { return };
        queue.aside.remove(&(Reverse(class), key));
        queue.places.remove(&(Reverse(class), key));
        if queue.places.is_empty() {
            // The route is kept until it is stale: the next bundle may come soon.
            self.detach(destination);
            let is_useless = |queue: &Queue| queue.first.is_none() && queue.aside.is_empty();
            if self.waiting.get(&destination).is_some_and(is_useless) {
                self.waiting.remove(&destination);
            }
        } else if queue.at.is_some_and(|(_, (_, first))| first == key) {
            self.attach(destination);
        }
    }

    /// The first bundle whose route starts with a contact to `neighbour` that is open now and that `fits`.
    pub(super) fn next_for(
        &mut self,
        now: Instant,
        neighbour: NodeNumber,
        mut fits: impl FnMut(Key) -> bool,
    ) -> Option<Key> {
        if self.paused.contains_key(&neighbour) {
            return None;
        }
        self.refresh(now);
        let time = PlanTime::from_instant(now);
        let open = self.ready.get(&neighbour)?.iter().filter_map(|(_, destination)| {
            self.waiting.get(destination).filter(|queue| queue.first.is_some_and(|first| first.is_open(time)))
        });
        open.flat_map(|queue| queue.places.iter().take(LOOK_AHEAD))
            .map(|(_, key)| *key)
            .find(|key| fits(*key))
    }

    /// Has the bundle wait until contacts or the route to its destination have changed.
    pub(super) fn set_aside(&mut self, destination: NodeNumber, class: Class, key: Key) {
        self.forget(destination, class, key);
        self.queue(destination).aside.insert((Reverse(class), key));
    }

    /// Leaves `neighbour` alone until `until`: a transfer to it has just failed.
    pub(super) fn pause(&mut self, neighbour: NodeNumber, until: Instant) {
        self.paused.insert(neighbour, until);
        self.forget_routes();
    }

    /// Lets neighbours whose pause is over be used again.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let before = self.paused.len();
        self.paused.retain(|_, until| now < *until);
        if self.paused.len() != before {
            self.forget_routes();
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.paused.values().min().copied()
    }

    /// Works all routes out afresh when they are next asked for.
    pub(super) fn forget_routes(&mut self) {
        self.stale = self.waiting.keys().map(|destination| (Instant::ZERO, *destination)).collect();
        for queue in self.waiting.values_mut() {
            queue.places.append(&mut queue.aside);
        }
    }

    /// Looks for the routes that are stale.
    fn refresh(&mut self, now: Instant) {
        while let Some((until, destination)) = self.stale.first().copied().filter(|(until, _)| *until <= now)
        {
            self.stale.remove(&(until, destination));
            let Some(queue) = self.waiting.get_mut(&destination) else { continue };
            if queue.places.is_empty() && queue.aside.is_empty() {
                self.waiting.remove(&destination);
                continue;
            }
            let paused: Vec<_> = self.paused.keys().copied().collect();
            let query = Query::new(self.here, destination, PlanTime::from_instant(now)).exclude(&paused);
            let hop = self.router.next_hop(&query);
            let first = hop.and_then(|hop| self.router.plan().contact(hop.contact).copied());
            if first != queue.first {
                queue.places.append(&mut queue.aside);
            }
            queue.first = first;
            // Without a route now there is none later either, unless a neighbour comes back or the plan changes.
            if first.is_some() {
                self.stale.insert((now + ROUTE_LIFETIME, destination));
            }
            self.attach(destination);
        }
    }

    /// Puts the first bundle for `destination` where the neighbour that is next on its route finds it.
    fn attach(&mut self, destination: NodeNumber) {
        self.detach(destination);
        let Some(queue) = self.waiting.get_mut(&destination) else { return };
        if let (Some(first), Some(place)) = (queue.first, queue.places.first()) {
            queue.at = Some((first.to, *place));
            self.ready.entry(first.to).or_default().insert((*place, destination));
        }
    }

    fn detach(&mut self, destination: NodeNumber) {
        let Some(queue) = self.waiting.get_mut(&destination) else { return };
        if let Some((neighbour, place)) = queue.at.take()
            && let Some(ready) = self.ready.get_mut(&neighbour)
        {
            ready.remove(&(place, destination));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever floods a node with bundles for nowhere does not have it look for ways there every second.
    #[test]
    fn destinations_without_a_route_are_looked_for_once() {
        let mut forwarding = Forwarding::new(NodeNumber(1), ContactPlan::default());
        for number in 0..100 {
            forwarding.wait(NodeNumber(1_000 + number), Class::Normal, Key(number));
        }
        assert_eq!(forwarding.next_for(Instant::ZERO, NodeNumber(2), |_| true), None);
        assert!(forwarding.stale.is_empty());
        // A neighbour that is back may be the way.
        forwarding.pause(NodeNumber(2), Instant::from_secs(1));
        forwarding.handle_timeout(Instant::from_secs(1));
        assert_eq!(forwarding.stale.len(), 100);
        forwarding.refresh(Instant::from_secs(1));
        for number in 0..100 {
            forwarding.forget(NodeNumber(1_000 + number), Class::Normal, Key(number));
        }
        assert!(forwarding.waiting.is_empty());
    }
}
