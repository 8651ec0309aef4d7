//! A store that has not everything at hand, as one across a network: nothing is lost for it, and nothing is mixed up.

use super::common::{FAR, HERE, HOUR, NEAR, at, foreign, forward, open_plan, service};
use super::security::{hide, keys, security, sign};
use bytes::Bytes;
use spacelink::bpa::{
    Agent, AgentParameters, Commit, Durability, Event, Key, Memory, MemoryStore, NeighbourParameters,
    Outcome, Payload, ReadError, Recovered, Store, StoreError, StoreEvent, TransmissionRequest,
};
use spacelink::bpsec::Role;
use spacelink::bundle::{AdminRecord, Bundle, BundleFlags, Eid, NodeNumber, Reason, Status, StatusReport};
use spacelink::time::DtnTime;
use std::collections::{BTreeSet, VecDeque};

/// Every range has to be asked for twice.
#[derive(Default)]
pub struct Late {
    inner: MemoryStore,
    asked: BTreeSet<(Key, u64)>,
    events: VecDeque<StoreEvent>,
    late: u32,
}

impl Store for Late {
    fn durability(&self) -> Durability {
        self.inner.durability()
    }

    fn put(&mut self, record: &[u8], payload: Bytes) -> Result<Key, StoreError> {
        self.inner.put(record, payload)
    }

    fn begin(&mut self) -> Result<Key, StoreError> {
        self.inner.begin()
    }

    fn append(&mut self, key: Key, octets: &[u8]) -> Result<(), StoreError> {
        self.inner.append(key, octets)
    }

    fn keep(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        self.inner.keep(key, record)
    }

    fn update(&mut self, key: Key, record: &[u8]) -> Result<(), StoreError> {
        self.inner.update(key, record)
    }

    fn remove(&mut self, key: Key, memory: Option<Memory<'_>>) {
        self.inner.remove(key, memory);
    }

    fn payload_len(&self, key: Key) -> Option<u64> {
        self.inner.payload_len(key)
    }

    fn read(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        if self.asked.remove(&(key, offset)) {
            return self.inner.read(key, offset, out);
        }
        self.asked.insert((key, offset));
        self.events.push_back(StoreEvent::Readable(key));
        self.late += 1;
        Err(StoreError::Later)
    }

    fn begin_commit(&mut self, now: DtnTime) -> Option<Commit> {
        self.inner.begin_commit(now)
    }

    fn end_commit(&mut self, outcome: Result<(), StoreError>) {
        self.inner.end_commit(outcome);
    }

    fn uncommitted(&self) -> usize {
        self.inner.uncommitted()
    }

    fn poll_event(&mut self) -> Option<StoreEvent> {
        self.events.pop_front()
    }

    fn recover(&mut self, each: &mut dyn FnMut(Recovered<'_>)) -> Result<(), StoreError> {
        self.inner.recover(each)
    }
}

fn agent(rules: Vec<spacelink::bpsec::Rule>) -> Agent<Late> {
    let parameters =
        AgentParameters { echo_service: Some(12), whole_delivery: 1_000, ..AgentParameters::new(HERE) };
    let mut agent =
        Agent::secured(parameters, open_plan(), Late::default(), security(rules, keys(), 1)).unwrap();
    agent.handle_timeout(at(0));
    agent
}

/// What happens while the store gets what it was asked for.
fn listen(agent: &mut Agent<Late>) -> Vec<Event> {
    let mut all = Vec::new();
    for _ in 0..50 {
        agent.handle_timeout(at(1));
        all.extend(std::iter::from_fn(|| agent.poll_event(at(1))));
    }
    all.retain(|event| !matches!(event, Event::ContactStarted(_)));
    all
}

#[test]
fn deliveries_wait_until_they_can_be_read() {
    let mut agent = agent(vec![]);
    agent.register(service(HERE, 7));
    for sequence in 0..3 {
        agent.receive(at(1), Some(NEAR), foreign(HERE, sequence, vec![sequence as u8; 10])).unwrap();
    }
    let delivered: Vec<_> = listen(&mut agent)
        .into_iter()
        .filter_map(|event| match event {
            Event::Delivered(delivery) => delivery.payload.octets().cloned(),
            _ => None,
        })
        .collect();
    assert_eq!(delivered, [vec![0; 10], vec![1; 10], vec![2; 10]]);
    assert_eq!(agent.store().late, 3);
}

/// One that is read piece by piece says when there is more.
#[test]
fn a_long_delivery_is_read_on_when_there_is_more() {
    let mut agent = agent(vec![]);
    agent.register(service(HERE, 7));
    let octets: Vec<u8> = (0..5_000u32).map(|at| at as u8).collect();
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1, octets.clone())).unwrap();
    let events = listen(&mut agent);
    let [Event::Delivered(delivery)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(delivery.payload, Payload::Stored { len: 5_000 });
    let (mut read, mut piece) = (Vec::new(), [0; 700]);
    while read.len() < octets.len() {
        match agent.read(delivery.delivery, read.len() as u64, &mut piece) {
            Ok(len) => read.extend_from_slice(&piece[..len]),
            Err(error) => {
                assert_eq!(error, ReadError::Store(StoreError::Later));
                assert_eq!(listen(&mut agent), [Event::Readable(delivery.delivery)]);
            }
        }
    }
    assert_eq!(read, octets);
}

/// A transfer that meets octets which are not at hand is given back and goes as soon as they are, in fragments too; no
/// neighbour is left alone for it, and other bundles pass it by.
#[test]
fn transfers_go_when_their_octets_have_come() {
    for max_bundle in [u64::MAX, 1_000] {
        let mut agent = agent(vec![]);
        agent.set_neighbour(NEAR, NeighbourParameters { max_bundle, fit_contact: false });
        for sequence in [1, 2] {
            agent.receive(at(1), Some(NEAR), foreign(FAR, sequence, vec![sequence as u8; 3_000])).unwrap();
        }
        let mut sent = [0; 3];
        for _ in 0..20 {
            // Both are met before either can be read, and nothing else is to be had meanwhile.
            while let Some(outbound) = forward(&mut agent, at(1)) {
                let outcome = match agent.octets(outbound.transfer) {
                    Ok(octets) => {
                        let bundle = Bundle::decode(octets).unwrap();
                        sent[usize::from(bundle.payload()[0])] += bundle.payload().len();
                        Outcome::Across
                    }
                    Err(error) => Outcome::unread(error),
                };
                agent.transfer_ended(at(1), outbound.transfer, outcome);
            }
            listen(&mut agent);
        }
        assert_eq!(sent, [0, 3_000, 3_000]);
        assert!(agent.is_empty());
        let counters = agent.counters();
        let (_, neighbour) = agent.neighbour_counters().next().unwrap();
        let fragments = if max_bundle == 1_000 { neighbour.across } else { 0 };
        assert_eq!((counters.fragments_made, counters.failed_transfers), (fragments, 0));
        assert_eq!((neighbour.sent, neighbour.failed), (neighbour.across, 0));
        assert!(agent.store().late >= 2);
    }
}

/// Reports and requests for an echo are for the node itself.
#[test]
fn what_is_for_the_node_itself_waits_too() {
    let mut agent = agent(vec![]);
    let report = StatusReport {
        received: Status::Yes,
        forwarded: Status::No,
        delivered: Status::No,
        deleted: Status::No,
        reason: Reason::NO_INFORMATION,
        source: Eid::ipn(HERE, 1),
        timestamp: foreign(HERE, 1, "").timestamp(),
        fragment: None,
    };
    let record = Bundle::builder(Eid::ipn(FAR, 0), Eid::ipn(HERE, 0))
        .timestamp(foreign(HERE, 1, "").timestamp())
        .lifetime(HOUR)
        .flags(BundleFlags::ADMIN_RECORD)
        .payload(AdminRecord::StatusReport(report.clone()).encode())
        .build()
        .unwrap();
    agent.receive(at(1), Some(NEAR), record).unwrap();
    let events = listen(&mut agent);
    assert_eq!(events, [Event::Reported { by: Eid::ipn(FAR, 0), report }]);
    let ping = Bundle::builder(Eid::ipn(NEAR, 9), Eid::ipn(HERE, 12))
        .timestamp(foreign(HERE, 1, "").timestamp())
        .lifetime(HOUR)
        .payload("anybody there?")
        .build()
        .unwrap();
    agent.receive(at(1), Some(NEAR), ping).unwrap();
    assert_eq!(listen(&mut agent), []);
    let outbound = forward(&mut agent, at(1)).expect("no answer");
    agent.transfer_ended(at(1), outbound.transfer, Outcome::Across);
    assert!(agent.is_empty());
}

/// Securing and opening go on from where they were when octets come late.
#[test]
fn security_goes_on_when_octets_have_come() {
    let rules =
        [Role::Source, Role::Acceptor].into_iter().flat_map(|role| [sign(role), hide(role)]).collect();
    let mut agent = agent(rules);
    agent.register(service(HERE, 7));
    let octets: Vec<u8> = (0..700_000u32).map(|at| (at >> 3) as u8).collect();
    let request = TransmissionRequest::new(Eid::ipn(HERE, 7), octets.clone().into(), HOUR);
    agent.transmit(at(1), request).unwrap();
    let events = listen(&mut agent);
    let [Event::Delivered(delivery)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(delivery.source.node(), Some(NodeNumber(1)));
    let (mut read, mut piece) = (Vec::new(), vec![0; 100_000]);
    while read.len() < octets.len() {
        if let Ok(len) = agent.read(delivery.delivery, read.len() as u64, &mut piece) {
            read.extend_from_slice(&piece[..len]);
        }
    }
    assert_eq!(read, octets);
    assert_eq!((agent.counters().protected, agent.counters().operations_verified), (1, 3));
    // Three pieces, to and fro.
    assert!(agent.store().late >= 6);
}
