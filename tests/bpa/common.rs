//! What the tests of agents share: plans, bundles, and how an agent is driven.

use bytes::Bytes;
use spacelink::bpa::{Agent, AgentParameters, Event, Outbound, Registration, Store, TransmissionRequest};
use spacelink::bundle::{Bundle, CreationTimestamp, Eid, NodeNumber};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::Instant;
use std::time::Duration;

pub const HERE: NodeNumber = NodeNumber(1);
pub const NEAR: NodeNumber = NodeNumber(2);
pub const FAR: NodeNumber = NodeNumber(3);
pub const HOUR: Duration = Duration::from_secs(3_600);

pub fn contact(from: NodeNumber, to: NodeNumber, start: u64, end: u64) -> Contact {
    Contact {
        from,
        to,
        start: PlanTime::from_secs(start),
        end: PlanTime::from_secs(end),
        rate: 1_000_000,
        light_time: Duration::from_millis(10),
    }
}

/// From `HERE` to `NEAR` and from there to `FAR`, all the time.
pub fn open_plan() -> ContactPlan {
    let fast = |contact| Contact { rate: 1_000_000_000_000, ..contact };
    let contacts = vec![fast(contact(HERE, NEAR, 0, 1_000_000)), fast(contact(NEAR, FAR, 0, 1_000_000))];
    ContactPlan::from_contacts(contacts).unwrap()
}

pub fn at(seconds: u64) -> Instant {
    Instant::from_secs(seconds)
}

pub fn service(node: NodeNumber, service: u64) -> Registration {
    Registration::new(Eid::ipn(node, service))
}

pub fn to(node: NodeNumber, payload: impl Into<Bytes>) -> TransmissionRequest {
    TransmissionRequest::new(Eid::ipn(node, 7), payload.into(), HOUR)
}

/// A bundle some other node has made.
pub fn foreign(to: NodeNumber, sequence: u64, payload: impl Into<Bytes>) -> Bundle {
    Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(to, 7))
        .timestamp(CreationTimestamp { time: AgentParameters::new(HERE).epoch.0, sequence })
        .lifetime(HOUR)
        .hop_limit(3)
        .payload(payload)
        .build()
        .unwrap()
}

/// Advances to each instant at which the agent has something to do, up to `end`.
pub fn run_until<S: Store>(agent: &mut Agent<S>, end: Instant) {
    while let Some(due) = agent.poll_timeout().filter(|due| *due <= end) {
        agent.handle_timeout(due);
        assert!(agent.poll_timeout().is_none_or(|next| next > due), "drive rule");
    }
}

pub fn events<S: Store>(agent: &mut Agent<S>, now: Instant) -> Vec<Event> {
    std::iter::from_fn(|| agent.poll_event(now)).collect()
}

pub fn forward<S: Store>(agent: &mut Agent<S>, now: Instant) -> Option<Outbound> {
    agent.poll_forward(now, NEAR)
}

/// The bundle of a transfer, read in pieces and as a whole.
pub fn sent<S: Store>(agent: &mut Agent<S>, outbound: Outbound) -> Bundle {
    let whole = agent.octets(outbound.transfer).unwrap();
    assert_eq!(whole.len() as u64, outbound.len);
    let mut pieces = Vec::new();
    let mut piece = [0; 77];
    loop {
        match agent.read_transfer(outbound.transfer, &mut piece).unwrap() {
            0 => break,
            len => pieces.extend_from_slice(&piece[..len]),
        }
    }
    assert_eq!(pieces, whole);
    Bundle::decode(whole).unwrap()
}
