//! Routes: a published example, ends of contacts, failures and exclusions, and every small plan against brute force.

use proptest::prelude::*;
use spacelink::bundle::NodeNumber;
use spacelink::routing::{Contact, ContactPlan, PlanTime, Query, Route, Router};
use std::cmp::Reverse;
use std::time::Duration;

const SECOND: u64 = 1_000_000;

fn node(name: char) -> NodeNumber {
    NodeNumber(u64::from(name) - u64::from('A') + 1)
}

fn contact(from: char, to: char, start: u64, end: u64) -> Contact {
    Contact {
        from: node(from),
        to: node(to),
        start: PlanTime::from_secs(start),
        end: PlanTime::from_secs(end),
        rate: 8,
        light_time: Duration::from_secs(1),
    }
}

/// The tutorial plan of several contact-graph papers: rate 1, light time 1. Numbers as published: 1, 3, 5, …
fn tutorial() -> Router {
    let plan = vec![
        contact('A', 'B', 0, 60),
        contact('B', 'C', 0, 60),
        contact('A', 'C', 0, 60),
        contact('C', 'D', 0, 30),
        contact('A', 'E', 10, 20),
        contact('D', 'E', 0, 10),
        contact('D', 'E', 30, 40),
        contact('D', 'E', 50, 60),
    ];
    Router::new(ContactPlan::from_contacts(plan).unwrap())
}

fn from_a_to_e() -> Query<'static> {
    Query::new(node('A'), node('E'), PlanTime::ZERO)
}

fn ways(route: &Route) -> String {
    route.hops.iter().map(|hop| char::from(b'A' - 1 + hop.to.0 as u8)).collect()
}

#[test]
fn published_routes_in_their_order() {
    let mut router = tutorial();
    let mut found = Vec::new();
    while let Some(route) = router.route(&from_a_to_e()) {
        found.push((
            ways(&route),
            route.arrival.as_micros() / SECOND,
            route.termination.as_micros() / SECOND,
        ));
        router.exclude_contact(route.hops.last().unwrap().contact);
    }
    // Routes 5-7-11, 9, 5-7-13 and 5-7-15.
    let wanted = [("CDE", 3, 10), ("E", 11, 20), ("CDE", 31, 30), ("CDE", 51, 30)];
    assert_eq!(found, wanted.map(|(ways, arrival, end)| (ways.to_owned(), arrival, end)));
}

#[test]
fn failures_and_exclusions() {
    let mut router = tutorial();
    let query = from_a_to_e();
    assert_eq!(router.next_hop(&query).map(|hop| hop.to), Some(node('C')));
    // The neighbour C refused it, then the link came back.
    let by_b = router.route(&query.exclude(&[node('C')])).unwrap();
    assert_eq!((ways(&by_b).as_str(), by_b.arrival), ("BCDE", PlanTime::from_secs(4)));
    router.exclude_link(node('C'), node('D'));
    assert_eq!(ways(&router.route(&query).unwrap()), "E");
    assert_eq!(router.route(&query.expires(PlanTime::from_secs(10))), None);
    assert!(router.route(&query.expires(PlanTime::from_secs(11))).is_some());
    router.restore_link(node('C'), node('D'));
    assert_eq!(ways(&router.route(&query).unwrap()), "CDE");
    let first = router.route(&query).unwrap().hops[0].contact;
    router.exclude_contact(first);
    assert_eq!(ways(&router.route(&query).unwrap()), "BCDE");
    router.restore_contact(first);
    assert_eq!(ways(&router.route(&query).unwrap()), "CDE");
    router.set_plan(ContactPlan::new());
    assert_eq!(router.route(&query), None);
}

#[test]
fn nowhere_to_go() {
    let mut router = tutorial();
    assert_eq!(router.route(&Query::new(node('A'), node('A'), PlanTime::ZERO)), None);
    assert_eq!(router.route(&Query::new(node('E'), node('A'), PlanTime::ZERO)), None);
    assert_eq!(router.route(&Query::new(node('A'), NodeNumber(99), PlanTime::ZERO)), None);
    assert_eq!(router.route(&Query::new(node('A'), node('E'), PlanTime::MAX)), None);
}

#[test]
fn the_closing_instant_counts_as_open() {
    let mut router = tutorial();
    let at = |secs| Query::new(node('A'), node('B'), PlanTime::from_secs(secs));
    assert_eq!(router.route(&at(60)).map(|route| route.arrival), Some(PlanTime::from_secs(61)));
    let late = Query::new(node('A'), node('B'), PlanTime::from_micros(60 * SECOND + 1));
    assert_eq!(router.route(&late), None);
    // One octet a second: twenty octets are through at 60 when begun at 40, twenty-one are not.
    assert!(router.route(&at(40).octets(20)).is_some());
    assert_eq!(router.route(&at(40).octets(21)), None);
}

#[test]
fn a_later_contact_may_overtake() {
    let slow = Contact { light_time: Duration::from_secs(600), ..contact('A', 'B', 0, 10) };
    let fast = contact('A', 'B', 20, 30);
    let mut router = Router::new(ContactPlan::from_contacts(vec![slow, fast]).unwrap());
    let route = router.route(&Query::new(node('A'), node('B'), PlanTime::ZERO)).unwrap();
    assert_eq!(route.arrival, PlanTime::from_secs(21));
}

#[test]
fn fewer_hops_win_although_a_relay_is_reached_later() {
    // By B one is at C at 2, directly at 5; both wait for the contact from C to D at 10.
    let direct = Contact { light_time: Duration::from_secs(5), ..contact('A', 'C', 0, 60) };
    let plan = vec![contact('A', 'B', 0, 60), contact('B', 'C', 0, 60), direct, contact('C', 'D', 10, 20)];
    let mut router = Router::new(ContactPlan::from_contacts(plan).unwrap());
    let route = router.route(&Query::new(node('A'), node('D'), PlanTime::ZERO)).unwrap();
    assert_eq!((ways(&route).as_str(), route.arrival), ("CD", PlanTime::from_secs(11)));
}

/// Every loopless route, tried one by one: arrival, contacts, termination, entry of the best.
fn brute_force(plan: &ContactPlan, query: &Query<'_>) -> Option<(u64, usize, Reverse<u64>, NodeNumber)> {
    struct Walk<'a> {
        plan: &'a ContactPlan,
        query: &'a Query<'a>,
        best: Option<(u64, usize, Reverse<u64>, NodeNumber)>,
    }
    impl Walk<'_> {
        fn go(&mut self, path: &mut Vec<NodeNumber>, ready: u64, end: u64) {
            let here = *path.last().unwrap();
            if here == self.query.to {
                if ready <= self.query.expires.as_micros() {
                    let found = (ready, path.len() - 1, Reverse(end), path[1]);
                    self.best = Some(self.best.map_or(found, |best| best.min(found)));
                }
                return;
            }
            for contact in self.plan.contacts().iter().filter(|contact| contact.from == here) {
                let begin = ready.max(contact.start.as_micros());
                let sent = begin + contact.sending_time(self.query.octets).as_micros() as u64;
                let refused = path.len() == 1 && self.query.exclude.contains(&contact.to);
                if path.contains(&contact.to) || refused || sent > contact.end.as_micros() {
                    continue;
                }
                path.push(contact.to);
                let arrival = sent + contact.light_time.as_micros() as u64;
                self.go(path, arrival, end.min(contact.end.as_micros()));
                path.pop();
            }
        }
    }
    let mut walk = Walk { plan, query, best: None };
    walk.go(&mut vec![query.from], query.at.as_micros(), u64::MAX);
    walk.best
}

prop_compose! {
    /// Few nodes and few different times, so that ties are common.
    fn small_plan()(
        rows in prop::collection::vec((0u8..6, 0u8..6, 0u64..12, 1u64..9, 0u64..3, 1u64..3), 1..18),
    ) -> ContactPlan {
        let mut plan = ContactPlan::new();
        for (from, to, start, len, light, rate) in rows {
            let made = Contact {
                rate: rate * 8_000_000,
                light_time: Duration::from_micros(light),
                start: PlanTime::from_micros(start),
                end: PlanTime::from_micros(start + len),
                ..contact((b'A' + from).into(), (b'A' + to).into(), 0, 1)
            };
            let _ = plan.insert(made);
        }
        plan
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn exact_on_all_four_keys(
        plans in prop::collection::vec(small_plan(), 1..3),
        at in 0u64..8,
        octets in 0u64..4,
        expires in prop_oneof![Just(u64::MAX), 0u64..20],
        exclude in prop::collection::vec(2u64..6, 0..2),
    ) {
        let exclude: Vec<_> = exclude.into_iter().map(NodeNumber).collect();
        // One router for all plans, so that nothing of an earlier search is left over.
        let mut router = Router::new(ContactPlan::new());
        for plan in plans {
            router.set_plan(plan.clone());
            for to in 'B'..='F' {
                let query = Query::new(node('A'), node(to), PlanTime::from_micros(at))
                    .octets(octets)
                    .expires(PlanTime::from_micros(expires))
                    .exclude(&exclude);
                let route = router.route(&query);
                let found = route.as_ref().map(|route| {
                    (route.arrival.as_micros(), route.hops.len(), Reverse(route.termination.as_micros()), route.entry)
                });
                prop_assert_eq!(found, brute_force(&plan, &query));
                prop_assert_eq!(router.earliest_arrival(&query), route.map(|route| route.arrival));
            }
        }
    }

    /// The hops follow one another and keep to their contacts.
    #[test]
    fn routes_can_be_travelled(plan in small_plan(), at in 0u64..8, octets in 0u64..4) {
        let mut router = Router::new(plan);
        for to in 'B'..='F' {
            let query = Query::new(node('A'), node(to), PlanTime::from_micros(at)).octets(octets);
            let Some(route) = router.route(&query) else { continue };
            let (mut here, mut ready) = (query.from, query.at);
            for hop in &route.hops {
                let contact = router.plan().contact(hop.contact).unwrap();
                prop_assert_eq!((contact.from, contact.to), (here, hop.to));
                prop_assert_eq!(hop.transmit, ready.max(contact.start));
                let sent = hop.transmit + contact.sending_time(octets);
                prop_assert!(sent <= contact.end);
                prop_assert_eq!(hop.arrival, sent + contact.light_time);
                (here, ready) = (hop.to, hop.arrival);
            }
            prop_assert_eq!((here, ready), (query.to, route.arrival));
        }
    }
}
