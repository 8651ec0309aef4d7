//! The bundle agent: what it keeps, for how long, and whom it hands it to.

use bytes::Bytes;
use proptest::prelude::*;
use spacelink::bpa::{
    Agent, AgentParameters, Event, Outbound, Outcome, Refusal, RequestError, Store, TransmissionRequest,
};
use spacelink::bundle::{Bundle, CreationTimestamp, Eid, NodeNumber, Reason};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::{DtnTime, Instant};
use std::time::Duration;

const HERE: NodeNumber = NodeNumber(1);
const NEAR: NodeNumber = NodeNumber(2);
const FAR: NodeNumber = NodeNumber(3);
const HOUR: Duration = Duration::from_secs(3_600);

/// From `HERE` to `NEAR` in seconds 10 to 20 and 30 to 40; from there to `FAR` all the time.
fn plan() -> ContactPlan {
    let contact = |from, to, start, end| Contact {
        from,
        to,
        start: PlanTime::from_secs(start),
        end: PlanTime::from_secs(end),
        rate: 1_000_000,
        light_time: Duration::from_millis(10),
    };
    let contacts =
        vec![contact(HERE, NEAR, 10, 20), contact(HERE, NEAR, 30, 40), contact(NEAR, FAR, 0, 1_000)];
    ContactPlan::from_contacts(contacts).unwrap()
}

fn agent() -> Agent {
    Agent::new(AgentParameters::new(HERE), plan())
}

fn at(seconds: u64) -> Instant {
    Instant::from_secs(seconds)
}

fn to(node: NodeNumber, payload: &'static [u8]) -> TransmissionRequest {
    TransmissionRequest::new(Eid::ipn(node, 7), Bytes::from_static(payload), HOUR)
}

/// A bundle some other node has made.
fn foreign(to: NodeNumber, sequence: u64) -> Bundle {
    Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(to, 7))
        .timestamp(CreationTimestamp { time: AgentParameters::new(HERE).epoch.0, sequence })
        .lifetime(HOUR)
        .hop_limit(3)
        .payload("from afar")
        .build()
        .unwrap()
}

/// Advances to each instant at which the agent has something to do, up to `end`.
fn run_until(agent: &mut Agent, end: Instant) {
    while let Some(due) = agent.poll_timeout().filter(|due| *due <= end) {
        agent.handle_timeout(due);
        assert!(agent.poll_timeout().is_none_or(|next| next > due), "drive rule");
    }
}

fn events(agent: &mut Agent) -> Vec<Event> {
    std::iter::from_fn(|| agent.poll_event()).collect()
}

fn forward(agent: &mut Agent, now: Instant) -> Option<Outbound> {
    agent.poll_forward(now, NEAR)
}

#[test]
fn forwards_when_the_contact_starts_and_not_before() {
    let mut agent = agent();
    agent.transmit(at(0), to(FAR, b"x")).unwrap();
    assert_eq!(forward(&mut agent, at(0)), None);
    assert_eq!(agent.poll_timeout(), Some(at(10)));
    run_until(&mut agent, at(10));
    assert!(matches!(events(&mut agent)[..], [Event::ContactStarted(contact)] if contact.to == NEAR));
    let outbound = forward(&mut agent, at(10)).expect("the contact is open");
    let sent = Bundle::decode(outbound.bundle).unwrap();
    assert_eq!(sent.previous_node(), Some(&Eid::ipn(HERE, 0)));
    assert_eq!(sent.hop_count().unwrap().count, 1);
    assert_eq!(forward(&mut agent, at(10)), None);
}

#[test]
fn keeps_a_bundle_until_it_is_across() {
    let mut agent = agent();
    let id = agent.transmit(at(0), to(FAR, b"x")).unwrap();
    run_until(&mut agent, at(10));
    events(&mut agent);
    let outbound = forward(&mut agent, at(10)).unwrap();
    assert_eq!(agent.store().len(), 1);
    agent.transfer_ended(at(11), outbound.key, Outcome::Across);
    assert_eq!(agent.store().len(), 0);
    assert_eq!(events(&mut agent), [Event::Forwarded { id, to: NEAR }]);
}

#[test]
fn a_failed_transfer_is_tried_again_after_a_pause() {
    let mut agent = agent();
    agent.transmit(at(0), to(FAR, b"x")).unwrap();
    run_until(&mut agent, at(10));
    let first = forward(&mut agent, at(10)).unwrap();
    agent.transfer_ended(at(12), first.key, Outcome::Failed);
    assert_eq!(forward(&mut agent, at(12)), None);
    run_until(&mut agent, at(17));
    assert_eq!(forward(&mut agent, at(17)).unwrap().key, first.key);
}

#[test]
fn what_the_first_contact_left_goes_in_the_second() {
    let mut agent = agent();
    agent.transmit(at(0), to(FAR, b"x")).unwrap();
    run_until(&mut agent, at(19));
    let first = forward(&mut agent, at(19)).unwrap();
    run_until(&mut agent, at(20));
    agent.transfer_ended(at(20), first.key, Outcome::Failed);
    assert_eq!(forward(&mut agent, at(25)), None);
    run_until(&mut agent, at(30));
    assert_eq!(forward(&mut agent, at(30)).unwrap().key, first.key);
}

#[test]
fn oldest_first() {
    let mut agent = agent();
    for payload in [b"1", b"2", b"3"] {
        agent.transmit(at(0), to(if payload == b"2" { NEAR } else { FAR }, payload)).unwrap();
    }
    run_until(&mut agent, at(10));
    let order: Vec<_> = std::iter::from_fn(|| forward(&mut agent, at(10)))
        .map(|outbound| Bundle::decode(outbound.bundle).unwrap().payload().clone())
        .collect();
    assert_eq!(order, ["1", "2", "3"]);
}

#[test]
fn a_second_copy_is_known_for_one() {
    let mut agent = agent();
    agent.register(7);
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1)).unwrap();
    assert_eq!(agent.receive(at(2), Some(NEAR), foreign(HERE, 1)), Err(Refusal::Duplicate));
    agent.receive(at(2), Some(NEAR), foreign(HERE, 2)).unwrap();
    assert_eq!(events(&mut agent).len(), 2);
}

#[test]
fn waits_for_its_application() {
    let mut agent = agent();
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1)).unwrap();
    assert_eq!((events(&mut agent).len(), agent.store().len()), (0, 1));
    agent.register(7);
    let delivered = events(&mut agent);
    assert!(matches!(&delivered[..], [Event::Delivered(delivery)] if delivery.payload == "from afar"));
    assert_eq!(agent.store().len(), 0);
}

#[test]
fn a_lifetime_ends() {
    let mut agent = agent();
    let request = TransmissionRequest { lifetime: Duration::from_secs(5), ..to(FAR, b"x") };
    let id = agent.transmit(at(0), request).unwrap();
    run_until(&mut agent, at(5));
    assert_eq!(events(&mut agent), [Event::Deleted { id, reason: Reason::LIFETIME_EXPIRED }]);
    assert_eq!(agent.store().len(), 0);
    assert_eq!(agent.receive(at(4_000), None, foreign(FAR, 1)), Err(Refusal::Expired));
}

#[test]
fn a_lifetime_that_ends_in_the_adapters_hands_ends() {
    let mut agent = agent();
    let request = TransmissionRequest { lifetime: Duration::from_secs(15), ..to(FAR, b"x") };
    agent.transmit(at(0), request).unwrap();
    run_until(&mut agent, at(10));
    let outbound = forward(&mut agent, at(10)).unwrap();
    run_until(&mut agent, at(16));
    assert_eq!(agent.store().len(), 0);
    agent.transfer_ended(at(17), outbound.key, Outcome::Failed);
    assert_eq!(forward(&mut agent, at(17)), None);
}

#[test]
fn hops_are_counted_and_limited() {
    let mut agent = agent();
    let mut worn = foreign(FAR, 1);
    (0..3).for_each(|_| _ = worn.raise_hop_count());
    agent.receive(at(10), None, worn.clone()).unwrap();
    run_until(&mut agent, at(10));
    events(&mut agent);
    assert_eq!(forward(&mut agent, at(10)), None);
    assert!(matches!(events(&mut agent)[..], [Event::Deleted { reason: Reason::HOP_LIMIT, .. }]));
    let mut over = foreign(FAR, 2);
    (0..4).for_each(|_| _ = over.raise_hop_count());
    assert_eq!(agent.receive(at(10), None, over), Err(Refusal::HopLimit { limit: 3 }));
}

#[test]
fn a_full_store_refuses_and_recovers() {
    let parameters = AgentParameters { store_bundles: 1, ..AgentParameters::new(HERE) };
    let mut agent = Agent::new(parameters, plan());
    agent.transmit(at(0), to(FAR, b"x")).unwrap();
    let refused = agent.transmit(at(0), to(FAR, b"y"));
    assert!(matches!(refused, Err(RequestError::Refused(Refusal::Full(full))) if full.free_bundles == 0));
    run_until(&mut agent, at(10));
    let outbound = forward(&mut agent, at(10)).unwrap();
    agent.transfer_ended(at(10), outbound.key, Outcome::Across);
    agent.transmit(at(11), to(FAR, b"y")).unwrap();
}

#[test]
fn a_source_without_a_clock_ages() {
    let mut agent = agent();
    let bundle = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
        .timestamp(CreationTimestamp { time: DtnTime::UNKNOWN, sequence: 4 })
        .lifetime(Duration::from_secs(100))
        .age(Duration::from_secs(60))
        .payload("x")
        .build()
        .unwrap();
    agent.receive(at(5), None, bundle).unwrap();
    run_until(&mut agent, at(12));
    let outbound = forward(&mut agent, at(12)).unwrap();
    assert_eq!(Bundle::decode(outbound.bundle).unwrap().age(), Some(Duration::from_secs(67)));
    run_until(&mut agent, at(45));
    assert_eq!(agent.counters().deleted, 1);
}

proptest! {
    /// Whatever the layer below says and whenever: a bundle is across once, or deleted once, or still here.
    #[test]
    fn nothing_is_lost(steps in prop::collection::vec((0..45u64, 0..4u8), 1..80)) {
        let mut agent = agent();
        let (mut sent, mut across, mut gone) = (0, 0, 0);
        let mut hands = Vec::new();
        let mut now = at(0);
        for (seconds, what) in steps {
            now = now.max(at(seconds));
            run_until(&mut agent, now);
            match what {
                0 => {
                    agent.transmit(now, to(FAR, b"x")).unwrap();
                    sent += 1;
                }
                1 => hands.extend(forward(&mut agent, now)),
                2 => if let Some(outbound) = hands.pop() {
                    agent.transfer_ended(now, outbound.key, Outcome::Across);
                }
                _ => if let Some(outbound) = hands.pop() {
                    agent.transfer_ended(now, outbound.key, Outcome::Failed);
                }
            }
            for event in events(&mut agent) {
                match event {
                    Event::Forwarded { .. } => across += 1,
                    Event::Deleted { .. } => gone += 1,
                    _ => {}
                }
            }
            prop_assert_eq!(sent, across + gone + agent.store().len());
        }
    }
}
