//! Two nodes and a relay node over bad links in virtual time: everything arrives once, the same way every time.

use bytes::Bytes;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use spacelink::bpa::{AgentParameters, TransmissionRequest};
use spacelink::bundle::{Eid, NodeNumber};
use spacelink::cla::Peer;
use spacelink::io::channel::{Bursts, Channel, Impairments};
use spacelink::io::simulation::{NodeIndex, Simulation};
use spacelink::io::{Window, Windows};
use spacelink::link::PacketLinkSettings;
use spacelink::ltp::EngineId;
use spacelink::ltp::engine::{EngineParameters, SpanParameters};
use spacelink::node::{Event, LinkId, LinkParameters, Node, NodeParameters};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::Instant;
use std::time::Duration;

const LIGHT_TIME: Duration = Duration::from_millis(12);
const RATE: u64 = 10_000_000;

/// Nodes 1 and 2 always see each other; 2 and 3 do in three short passes.
const PASSES: [(u64, u64); 3] = [(20, 25), (60, 65), (100, 110)];

fn windows(link: usize) -> Vec<Window> {
    let spans: &[(u64, u64)] = if link == 0 { &[(0, 1_000)] } else { &PASSES };
    let window = |&(start, end): &(u64, u64)| Window {
        start: Instant::from_secs(start),
        end: Instant::from_secs(end),
        light_time: LIGHT_TIME,
    };
    spans.iter().map(window).collect()
}

fn plan() -> ContactPlan {
    let mut plan = ContactPlan::default();
    for link in 0..2 {
        for window in windows(link) {
            for (from, to) in [(link + 1, link + 2), (link + 2, link + 1)] {
                plan.insert(Contact {
                    from: NodeNumber(from as u64),
                    to: NodeNumber(to as u64),
                    start: PlanTime::from_instant(window.start),
                    end: PlanTime::from_instant(window.end),
                    rate: RATE,
                    light_time: LIGHT_TIME,
                })
                .unwrap();
            }
        }
    }
    plan
}

fn node(number: u64, neighbours: &[u64], seed: u64) -> Node {
    let parameters = NodeParameters {
        agent: AgentParameters::new(NodeNumber(number)),
        ltp: EngineParameters::new(EngineId(number)),
    };
    let mut node = Node::new(parameters, plan(), Box::new(ChaCha8Rng::seed_from_u64(seed ^ number)));
    for &neighbour in neighbours {
        let link = LinkParameters::Coded(Box::new(PacketLinkSettings::reed_solomon(
            number as u16,
            neighbour as u16,
        )));
        let peer = Peer {
            span: SpanParameters { one_way_light_time: LIGHT_TIME, ..Default::default() },
            window: 1 << 20,
        };
        node.add_link(LinkId(neighbour as u32), NodeNumber(neighbour), link, peer).unwrap();
    }
    node
}

/// Sends `count` bundles from node 1 to node 3; what was delivered when, and how many bits went wrong.
fn run(seed: u64, count: usize, impairments: Impairments) -> (Vec<(Instant, Bytes)>, u64) {
    let mut simulation = Simulation::new();
    let nodes = [(1, &[2][..]), (2, &[1, 3]), (3, &[2])]
        .map(|(number, neighbours)| simulation.add_node(node(number, neighbours, seed)));
    let mut channels = Vec::new();
    for link in 0..2 {
        for (from, to) in [(link, link + 1), (link + 1, link)] {
            let rng = ChaCha8Rng::seed_from_u64(seed ^ (1 + from * 8 + to) as u64);
            let channel = Channel::with_windows(Windows::new(windows(link)), impairments, rng);
            let ends = ((nodes[from], LinkId(to as u32 + 1)), (nodes[to], LinkId(from as u32 + 1)));
            channels.push(simulation.connect(ends.0, ends.1, channel));
        }
    }
    simulation.at(nodes[2], |now, node| node.register(now, 7));
    for number in 0..count {
        let payload: Vec<u8> = number.to_be_bytes().into_iter().cycle().take(20_000).collect();
        let request =
            TransmissionRequest::new(Eid::ipn(NodeNumber(3), 7), payload.into(), Duration::from_secs(900));
        simulation.at(nodes[0], |now, node| node.transmit(now, request)).unwrap();
    }
    let mut delivered = Vec::new();
    while simulation.poll_timeout().is_some_and(|due| due < Instant::from_secs(1_000)) {
        let Some(NodeIndex(touched)) = simulation.step() else { break };
        while let Some(event) = simulation.poll_event(NodeIndex(touched)) {
            if let Event::Delivered(delivery) = event {
                delivered.push((delivery.received, delivery.payload.octets().unwrap().clone()));
            }
        }
    }
    for index in nodes {
        // What was across but not acknowledged when the last pass ended is kept until its lifetime is over.
        assert_eq!(simulation.node(index).agent().len(), 0, "a bundle is still kept");
    }
    let flipped = channels.iter().map(|channel| simulation.channel(*channel).counters().bits_flipped).sum();
    (delivered, flipped)
}

fn bad() -> Impairments {
    Impairments {
        rate: Some(RATE),
        bit_error_rate: 1e-3,
        bursts: Some(Bursts { mean_gap_bits: 50_000.0, mean_burst_bits: 100.0, bit_error_rate: 0.5 }),
        loss: 0.1,
        duplication: 0.05,
        reordering: 0.05,
        reordering_delay: Duration::from_millis(5),
    }
}

#[test]
fn every_bundle_arrives_once_over_bad_links_and_broken_contacts() {
    for seed in 0..5 {
        // More than one pass of five seconds can carry at 10 Mbit/s with a tenth of it lost.
        let (delivered, flipped) = run(seed, 320, bad());
        let mut payloads: Vec<_> = delivered.iter().map(|(_, payload)| payload.clone()).collect();
        payloads.sort();
        payloads.dedup();
        assert_eq!((delivered.len(), payloads.len()), (320, 320), "seed {seed}");
        let first = delivered.first().unwrap().0;
        let last = delivered.last().unwrap().0;
        assert!(first > Instant::from_secs(20) && last > Instant::from_secs(60), "{first} to {last}");
        assert!(flipped > 10_000);
    }
}

#[test]
fn equal_seeds_give_equal_runs() {
    let run = || run(42, 30, bad());
    assert_eq!(run(), run());
}
