//! Agents over LTP: what the agent refuses or has not stored yet, the link does not call across.

use super::common::{HERE, HOUR, NEAR, at, contact};
use super::disk::Disk;
use super::late::Late;
use super::security::{hide, keys, security, sign};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, GroupCommit, MemoryStore, NeighbourParameters, Quotas, Refusal,
    Registration, Store, TransmissionRequest,
};
use spacelink::bpsec::{Presence, Role};
use spacelink::bundle::{BundleError, Eid, EidPattern, NodeNumber, Rules};
use spacelink::cla::Peer;
use spacelink::ltp::engine::{Engine, EngineParameters, SpanParameters, TransmissionRequest as BlockRequest};
use spacelink::ltp::{ClientServiceId, EngineId};
use spacelink::machine::Machine;
use spacelink::node::{Event, LinkId, LinkParameters, Node, NodeParameters};
use spacelink::routing::ContactPlan;
use spacelink::time::Instant;
use std::time::Duration;

const LINK: LinkId = LinkId(1);

fn node(here: NodeNumber, there: NodeNumber, agent: AgentParameters, store: Box<dyn Store + Send>) -> Node {
    node_on(here, there, agent, store, LinkParameters::LtpDatagrams)
}

fn node_on(
    here: NodeNumber,
    there: NodeNumber,
    agent: AgentParameters,
    store: Box<dyn Store + Send>,
    link: LinkParameters,
) -> Node {
    let parameters = NodeParameters { agent, ltp: EngineParameters::new(EngineId(here.0)) };
    let rng = Box::new(ChaCha8Rng::seed_from_u64(here.0));
    linked(Node::with_store(parameters, plan(), rng, store).unwrap(), there, link)
}

/// Two nodes joined by datagrams of LTP segments, of which the second has room for so many bundles.
pub fn linked_pair(bundles: u64) -> [Node; 2] {
    let quotas = Quotas::of(Amount { octets: u64::MAX, bundles });
    [
        node(HERE, NEAR, AgentParameters::new(HERE), Box::new(MemoryStore::new())),
        node(
            NEAR,
            HERE,
            AgentParameters { quotas, ..AgentParameters::new(NEAR) },
            Box::new(MemoryStore::new()),
        ),
    ]
}

pub fn plan() -> ContactPlan {
    ContactPlan::from_contacts(vec![contact(HERE, NEAR, 0, 10_000), contact(NEAR, HERE, 0, 10_000)]).unwrap()
}

fn linked(mut node: Node, there: NodeNumber, link: LinkParameters) -> Node {
    let peer = Peer { span: SpanParameters::default(), window: 1 << 20 };
    node.add_link(LINK, there, link, peer).unwrap();
    node.handle_timeout(at(0));
    node
}

/// Carries datagrams both ways, a hundredth of a second each, until `end`; `stop` ends it early.
pub fn run(
    nodes: &mut [Node; 2],
    from: Instant,
    end: Instant,
    mut stop: impl FnMut(&[Node; 2]) -> bool,
) -> Instant {
    let mut now = from;
    let mut unit = vec![0; 70_000];
    while now < end && !stop(nodes) {
        for sender in 0..2 {
            while let Some(len) = nodes[sender].poll_transmit_on(now, LINK, &mut unit) {
                let [a, b] = nodes;
                let receiver = if sender == 0 { b } else { a };
                let _ = receiver.handle_input(now + Duration::from_millis(10), (LINK, &unit[..len]));
            }
        }
        now += Duration::from_millis(20);
        nodes.iter_mut().for_each(|node| node.handle_timeout(now));
    }
    now
}

fn request(payload: Vec<u8>, class: Class) -> TransmissionRequest {
    TransmissionRequest { class, ..TransmissionRequest::new(Eid::ipn(NEAR, 7), payload.into(), HOUR) }
}

#[test]
fn what_the_agent_refuses_stays_with_the_sender_and_goes_when_there_is_room() {
    let mut nodes = linked_pair(2);
    for number in 0..4 {
        nodes[0].transmit(at(0), request(vec![number; 100], Class::Normal)).unwrap();
    }
    // Nobody takes them there yet.
    let now = run(&mut nodes, at(0), at(30), |_| false);
    assert_eq!((nodes[0].agent().len(), nodes[1].agent().len()), (2, 2));
    assert!(nodes[1].ltp().counters().refused > 0);
    nodes[1].register(now, 7);
    run(&mut nodes, now, at(100), |nodes| nodes[0].agent().is_empty());
    assert_eq!((nodes[0].agent().len(), nodes[1].agent().len()), (0, 0));
    let delivered =
        std::iter::from_fn(|| nodes[1].poll_event()).filter(|event| matches!(event, Event::Delivered(_)));
    assert_eq!(delivered.count(), 4);
}

#[test]
fn nothing_is_across_before_it_is_durable() {
    let disk = Disk::new(1);
    let store = disk.store().unwrap();
    let group = GroupCommit { delay: Duration::from_secs(1), ..AgentParameters::new(NEAR).group };
    let slow = AgentParameters { group, ..AgentParameters::new(NEAR) };
    let mut nodes = [
        node(HERE, NEAR, AgentParameters::new(HERE), Box::new(MemoryStore::new())),
        node(NEAR, HERE, slow, Box::new(store)),
    ];
    nodes[0].transmit(at(0), request(vec![1; 1000], Class::Normal)).unwrap();
    let now = run(&mut nodes, at(0), Instant::from_millis(500), |_| false);
    assert_eq!(
        (nodes[0].agent().len(), nodes[1].agent().len()),
        (1, 1),
        "taken, not durable yet, not acknowledged"
    );
    let now = run(&mut nodes, now, at(3), |nodes| nodes[0].agent().is_empty());
    assert!(now >= at(1));
    assert!(nodes[0].agent().is_empty());
    // The disk fails: the sender keeps what it sends from now on, until it works again.
    disk.fail_after(0);
    nodes[0].transmit(now, request(vec![2; 1000], Class::Normal)).unwrap();
    let now = run(&mut nodes, now, now + Duration::from_secs(20), |_| false);
    assert_eq!((nodes[0].agent().len(), nodes[1].agent().len()), (1, 1));
    assert!(nodes[1].agent().counters().store_failures > 0);
    disk.repair();
    run(&mut nodes, now, now + Duration::from_secs(60), |nodes| nodes[0].agent().is_empty());
    assert!(nodes[0].agent().is_empty());
    assert_eq!(nodes[1].agent().len(), 2);
}

/// A store that has octets still to get keeps no bundle back for longer than that: not for the pause that follows a
/// failed transfer.
#[test]
fn what_the_store_has_still_to_get_goes_when_it_has_it() {
    for parameters in [LinkParameters::LtpDatagrams, LinkParameters::BundleDatagrams] {
        let stores: [Box<dyn Store + Send>; 2] = [Box::new(Late::default()), Box::new(MemoryStore::new())];
        let mut stores = stores.into_iter();
        let mut nodes = [(HERE, NEAR), (NEAR, HERE)].map(|(here, there)| {
            let store = stores.next().unwrap();
            node_on(here, there, AgentParameters::new(here), store, parameters.clone())
        });
        nodes[1].register(at(0), 7);
        for number in 0..4 {
            nodes[0].transmit(at(0), request(vec![number; 20_000], Class::Normal)).unwrap();
        }
        let now = run(&mut nodes, at(0), at(4), |nodes| nodes[0].agent().is_empty());
        assert!(nodes[0].agent().is_empty(), "{parameters:?}: {} left at {now:?}", nodes[0].agent().len());
        assert_eq!(nodes[1].agent().counters().delivered, 4);
        assert_eq!(nodes[0].agent().counters().failed_transfers, 0);
    }
}

#[test]
fn an_urgent_bundle_overtakes_a_long_one() {
    let mut nodes = [
        node(HERE, NEAR, AgentParameters::new(HERE), Box::new(MemoryStore::new())),
        node(NEAR, HERE, AgentParameters::new(NEAR), Box::new(MemoryStore::new())),
    ];
    nodes[0].set_neighbour(NEAR, NeighbourParameters { max_bundle: 500_000, fit_contact: false });
    nodes[1].with_agent(at(0), |agent| {
        agent.register(Registration::new(EidPattern::node(NEAR)).unacknowledged());
    });
    nodes[0].transmit(at(0), request(vec![1; 5_000_000], Class::Bulk)).unwrap();
    let mut unit = vec![0; 70_000];
    // One segment of the long one goes out; then the urgent one comes, and goes with the very next segment.
    let len = nodes[0].poll_transmit_on(at(0), LINK, &mut unit).unwrap();
    nodes[1].handle_input(at(0), (LINK, &unit[..len])).unwrap();
    nodes[0].transmit(at(0), request(vec![2; 100], Class::Expedited)).unwrap();
    let len = nodes[0].poll_transmit_on(at(0), LINK, &mut unit).unwrap();
    nodes[1].handle_input(at(0), (LINK, &unit[..len])).unwrap();
    let delivered = std::iter::from_fn(|| nodes[1].poll_event()).find_map(|event| match event {
        Event::Delivered(delivery) => Some(delivery),
        _ => None,
    });
    assert_eq!(delivered.unwrap().payload.len(), 100);
}

/// Made in pieces, signed and encrypted at the one node, sent in fragments, put together, opened and read in pieces at
/// the other; in the stores of both, and on the way, it cannot be read.
#[test]
fn a_secured_unit_goes_from_node_to_node() {
    let parts = [(HERE, NEAR, Role::Source), (NEAR, HERE, Role::Acceptor)];
    let mut nodes = parts.map(|(here, there, role)| {
        let rules = [sign(role), hide(role)].map(|rule| rule.presence(Presence::Required)).to_vec();
        let store: Box<dyn Store + Send> = Box::new(Disk::new(here.0).store().unwrap());
        let parameters = AgentParameters { whole_delivery: 1_000, ..AgentParameters::new(here) };
        let agent = Agent::secured(parameters, plan(), store, security(rules, keys(), here.0)).unwrap();
        let rng = Box::new(ChaCha8Rng::seed_from_u64(here.0));
        linked(
            Node::around(agent, EngineParameters::new(EngineId(here.0)), rng),
            there,
            LinkParameters::LtpDatagrams,
        )
    });
    nodes[0].set_neighbour(NEAR, NeighbourParameters { max_bundle: 30_000, fit_contact: false });
    nodes[1].with_agent(at(0), |agent| agent.register(Registration::new(EidPattern::node(NEAR))));
    let octets: Vec<u8> = (0..300_000u32).map(|at| (at >> 2) as u8).collect();
    let (key, id) = nodes[0].with_agent(at(0), |agent| {
        let request = request(Vec::new(), Class::Normal);
        let (key, id) = agent.begin_transmit(at(0), &request, octets.len() as u64).unwrap();
        octets.chunks(7_000).for_each(|piece| agent.append(at(0), key, piece).unwrap());
        agent.finish(at(0), key).unwrap();
        (key, id)
    });
    let now = run(&mut nodes, at(0), at(100), |nodes| nodes[0].agent().is_empty());
    let events: Vec<_> = std::iter::from_fn(|| nodes[0].poll_event()).collect();
    assert!(events.contains(&Event::Kept(key)));
    assert!(events.contains(&Event::Forwarded { id: id.clone(), to: NEAR }));
    let now = run(&mut nodes, now, now + Duration::from_secs(1), |_| false);
    let delivered = std::iter::from_fn(|| nodes[1].poll_event()).find_map(|event| match event {
        Event::Delivered(delivery) => Some(delivery),
        _ => None,
    });
    let delivery = delivered.unwrap();
    assert_eq!((&delivery.id, delivery.payload.len()), (&id, octets.len() as u64));
    let mut read = vec![0; octets.len()];
    for (at, piece) in read.chunks_mut(9_000).enumerate() {
        let offset = at as u64 * 9_000;
        let got = nodes[1].with_agent(now, |agent| agent.read(delivery.delivery, offset, piece));
        assert_eq!(got, Ok(piece.len()));
    }
    assert_eq!(read, octets);
    assert_eq!(nodes[1].agent().counters().operations_verified, 3);
    nodes[1].with_agent(now, |agent| agent.acknowledge(now, delivery.delivery));
    assert!(nodes[1].agent().is_empty());
}

/// A bundle with an unprotected primary block, whose lifetime is over: what is wrong with it first depends on the rules.
#[test]
fn what_is_refused_for_good_is_told() {
    let old = hex::decode("9f8807000082028202078202820107820100820100183c85010100004178ff").unwrap();
    let tolerant = Refusal::Expired.into();
    let strict = BundleError::UnprotectedPrimary.into();
    for (rules, why) in [(None, strict), (Some(Rules::TOLERANT), tolerant)] {
        let mut node = node(NEAR, HERE, AgentParameters::new(NEAR), Box::new(MemoryStore::new()));
        if let Some(rules) = rules {
            node.set_rules(LINK, rules);
        }
        let rng = Box::new(ChaCha8Rng::seed_from_u64(1));
        let mut engine = Engine::new(EngineParameters::new(EngineId(HERE.0)), rng);
        engine.add_span(EngineId(NEAR.0), SpanParameters::default()).unwrap();
        let (client_service, red_len) = (ClientServiceId::BUNDLE, old.len() as u64);
        let (to, block) = (EngineId(NEAR.0), old.clone().into());
        engine.transmit(at(1), BlockRequest { to, client_service, block, red_len }).unwrap();
        let mut out = [0; 2000];
        let sent = engine.poll_transmit(at(1), &mut out).unwrap();
        node.handle_input(at(1), (LINK, &out[..sent.len])).unwrap();
        let refused =
            std::iter::from_fn(|| node.poll_event()).find(|event| matches!(event, Event::Refused { .. }));
        assert_eq!(refused, Some(Event::Refused { from: HERE, why }));
        // The sender is told all the same that it has done its part.
        assert!(node.poll_transmit_on(at(1), LINK, &mut out).is_some());
    }
}
