//! A node on a real socket whose store a thread of its own writes: what is not on the disk is not called safe, and no
//! more is taken in than the disk keeps up with. The rule itself is tested in virtual time.

use super::common::{FAR, HERE, HOUR, NEAR, at, contact, foreign, open_plan};
use super::disk::Disk;
use super::link::plan;
use super::recorder::{differences, published};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use redb::StorageBackend;
use redb::backends::FileBackend;
use spacelink::bpa::{
    Agent, AgentParameters, Delivery, GroupCommit, Reception, Registration, Store, TransmissionRequest,
};
use spacelink::bundle::{Eid, EidPattern, NodeNumber};
use spacelink::cla::Peer;
use spacelink::io::Clock;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::io::store::DurableStore;
use spacelink::io::udp::UdpHost;
use spacelink::ltp::EngineId;
use spacelink::ltp::engine::{EngineParameters, SpanParameters};
use spacelink::node::{Event, LinkId, LinkParameters, Node, NodeAgent};
use spacelink::routing::ContactPlan;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

const LINK: LinkId = LinkId(1);

/// A commit as soon as 2000 octets wait, and otherwise never: twice as much and the host is to wait.
const SMALL: GroupCommit = GroupCommit { delay: Duration::from_secs(3_600), octets: 2_000, steps: 1_000 };

#[test]
fn the_agent_says_when_the_disk_is_behind() {
    let group = GroupCommit { steps: 10, ..SMALL };
    for (payload, enough) in [(1_000, 5), (1, 22)] {
        let parameters = AgentParameters { group, ..AgentParameters::new(HERE) };
        let mut agent = Agent::with_store(parameters, open_plan(), Disk::new(1).store().unwrap()).unwrap();
        agent.hand_out_commits();
        agent.handle_timeout(at(0));
        let first = loop {
            match agent.poll_commit(at(0)) {
                Some(commit) => break commit,
                None => receive(&mut agent, payload),
            }
        };
        // While that one is under way as much may come again, and once more; then it is enough.
        let mut came = 0;
        while !agent.is_behind() {
            assert!(came < enough, "{came} bundles of {payload} octets");
            receive(&mut agent, payload);
            assert!(agent.poll_commit(at(0)).is_none(), "one at a time");
            came += 1;
        }
        assert!(came + 1 >= enough, "{came} bundles of {payload} octets");
        agent.commit_ended(at(0), first.run());
        let second = agent.poll_commit(at(0)).expect("the rest");
        assert!(!agent.is_behind(), "all of it is being written");
        agent.commit_ended(at(0), second.run());
        assert!(agent.poll_commit(at(0)).is_none() && !agent.is_behind());
        agent.handle_timeout(at(1));
        let kept = std::iter::from_fn(|| agent.poll_event(at(1)))
            .filter(|event| matches!(event, spacelink::bpa::Event::Kept(_)));
        assert_eq!(kept.count(), agent.len());
    }
}

fn receive(agent: &mut Agent<DurableStore>, payload: usize) {
    let bundle = foreign(FAR, agent.len() as u64, vec![7; payload]);
    assert!(matches!(agent.receive(at(0), Some(NEAR), bundle), Ok(Reception::Pending(_))));
}

/// Bundles in files, whose flushes wait while it is shut.
#[derive(Clone, Debug, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

#[derive(Debug)]
struct GatedFile {
    file: FileBackend,
    gate: Gate,
}

impl Gate {
    fn store(&self, folder: &Path) -> DurableStore {
        let (folder, gate) = (folder.to_owned(), self.clone());
        let open = move |name: &str| {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false).open(folder.join(name));
            GatedFile { file: FileBackend::new(file.unwrap()).unwrap(), gate: gate.clone() }
        };
        DurableStore::open_on(open("payloads"), move || open("database")).unwrap()
    }

    fn shut(&self, shut: bool) {
        *self.0.0.lock().unwrap() = shut;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |shut| *shut).unwrap());
    }
}

impl StorageBackend for GatedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.gate.pass();
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

type Host = UdpHost<ChaCha8Rng>;

/// A host of `here` on `socket`, with one link to a neighbour at `remote`.
fn host(
    agent: NodeAgent,
    socket: UdpSocket,
    clock: Clock,
    (there, remote): (NodeNumber, SocketAddr),
    link: LinkParameters,
) -> Host {
    let here = agent.node().0;
    let rng = ChaCha8Rng::seed_from_u64(here);
    let mut node = Node::around(agent, EngineParameters::new(EngineId(here)), Box::new(rng.clone()));
    let peer = Peer { span: SpanParameters::default(), window: 1 << 20 };
    node.add_link(LINK, there, link, peer).unwrap();
    let mut host = UdpHost::new(node, socket, clock);
    host.connect(LINK, remote, Channel::new(Duration::ZERO, Impairments::default(), rng));
    host
}

/// Steps hosts until that is `done`, and gathers what they tell.
async fn drive<const N: usize>(
    hosts: &mut [&mut Host; N],
    told: &mut Vec<Event>,
    done: impl Fn(&[&mut Host; N], &[Event]) -> bool,
) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done(hosts, told) {
        assert!(Instant::now() < end, "{} told: {told:?}", told.len());
        for host in hosts.iter_mut() {
            // Nothing for a millisecond: the other one's turn.
            timeout(Duration::from_millis(1), host.step()).await.unwrap_or(Ok(())).unwrap();
            told.extend(std::iter::from_fn(|| host.poll_event()));
        }
    }
}

fn kept(told: &[Event]) -> usize {
    told.iter().filter(|event| matches!(event, Event::Kept(_))).count()
}

#[tokio::test]
async fn no_more_is_taken_in_than_the_disk_keeps_up_with() {
    let (folder, gate) = (tempfile::tempdir().unwrap(), Gate::default());
    // Something is due every tenth of a second, and twenty seconds pass in each.
    let contacts = (0..100).map(|at| contact(HERE, FAR, 4 * at, 4 * at + 2)).collect();
    let parameters = AgentParameters { group: SMALL, ..AgentParameters::new(HERE) };
    let store: Box<dyn Store + Send> = Box::new(gate.store(folder.path()));
    let agent = Agent::with_store(parameters, ContactPlan::from_contacts(contacts).unwrap(), store).unwrap();
    let [here, near, stranger] = [(); 3].map(|()| UdpSocket::bind("127.0.0.1:0"));
    let (here, near, stranger) = (here.await.unwrap(), near.await.unwrap(), stranger.await.unwrap());
    let (address, remote) = (here.local_addr().unwrap(), (NEAR, near.local_addr().unwrap()));
    let host = &mut host(agent, here, Clock::start(20.0), remote, LinkParameters::BundleDatagrams);
    let send = async |numbers: core::ops::Range<u64>| {
        for number in numbers {
            near.send_to(&foreign(FAR, number, vec![7; 1_000]).encode(), address).await.unwrap();
        }
    };
    let received = |count| move |hosts: &[&mut Host; 1], _: &[Event]| hosts[0].counters().received == count;
    let told = &mut Vec::new();
    gate.shut(true);
    send(0..3).await;
    drive(&mut [host], told, received(3)).await;
    // The first three are being written, which takes its time; five more is more than enough.
    send(3..8).await;
    drive(&mut [host], told, received(8)).await;
    assert!(host.node().agent().is_behind());
    send(8..12).await;
    let started =
        |told: &[Event]| told.iter().filter(|event| matches!(event, Event::ContactStarted(_))).count();
    let before = started(told);
    drive(&mut [host], told, |_, told| started(told) >= before + 2).await;
    assert_eq!((host.counters().received, kept(told)), (8, 0), "though there was something to do meanwhile");
    gate.shut(false);
    drive(&mut [host], told, received(12)).await;
    host.request(|now, node| node.with_agent(now, |agent| agent.commit(now)));
    drive(&mut [host], told, |_, told| kept(told) == 12).await;
    assert!(!host.node().agent().is_behind());

    near.send_to(b"no bundle", address).await.unwrap();
    stranger.send_to(&foreign(FAR, 99, "x").encode(), address).await.unwrap();
    drive(&mut [host], told, |hosts, _| hosts[0].counters().strangers == 1 && received(13)(hosts, &[])).await;
    let expected = [
        ("spacelink_udp_received node=1", 13.0),
        ("spacelink_udp_refused node=1", 1.0),
        ("spacelink_udp_strangers node=1", 1.0),
        ("spacelink_udp_sent node=1", 0.0),
        ("spacelink_udp_send_refused node=1", 0.0),
        ("spacelink_link_frames_received node=1 neighbour=2 link=1", 12.0),
        ("spacelink_link_units_refused node=1 neighbour=2 link=1", 1.0),
        ("spacelink_bpa_received node=1", 12.0),
    ];
    let published = published(|| host.publish());
    assert_eq!(differences(&published, expected), [""; 0], "{published:?}");
}

/// Forty bundles from one durable store to another over LTP on loopback; what is not acknowledged by the time both stop
/// is delivered again afterwards, and nothing else is.
#[tokio::test]
async fn bundles_go_from_disk_to_disk_and_outlive_both_hosts() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let open = |number: usize, here| -> NodeAgent {
        let store: Box<dyn Store + Send> = Box::new(Gate::default().store(folders[number].path()));
        Agent::with_store(AgentParameters::new(here), plan(), store).unwrap()
    };
    let [here, near] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0"));
    let (here, near) = (here.await.unwrap(), near.await.unwrap());
    let ends = [(HERE, here.local_addr().unwrap()), (NEAR, near.local_addr().unwrap())];
    let clock = Clock::start(1.0);
    let mut from = host(open(0, HERE), here, clock, ends[1], LinkParameters::LtpDatagrams);
    let mut to = host(open(1, NEAR), near, clock, ends[0], LinkParameters::LtpDatagrams);
    to.request(|now, node| node.with_agent(now, |agent| agent.register(all_of(NEAR))));
    for number in 0..40 {
        let payload = vec![number; 3_000].into();
        let request = TransmissionRequest::new(Eid::ipn(NEAR, 7), payload, HOUR);
        from.request(|now, node| node.transmit(now, request)).unwrap();
    }
    let told = &mut Vec::new();
    let count = |told: &[Event], is: fn(&Event) -> bool| told.iter().filter(|event| is(event)).count();
    drive(&mut [&mut from, &mut to], told, |hosts, told| {
        hosts[0].node().agent().is_empty() && count(told, |event| matches!(event, Event::Delivered(_))) == 40
    })
    .await;
    assert_eq!(count(told, |event| matches!(event, Event::Forwarded { .. })), 40);
    let mut left = BTreeSet::new();
    for delivery in deliveries(told) {
        match delivery.payload.octets().unwrap()[0] {
            number if number % 2 == 0 => {
                to.request(|now, node| {
                    node.with_agent(now, |agent| agent.acknowledge(now, delivery.delivery))
                });
            }
            number => _ = left.insert(number),
        }
    }
    drive(&mut [&mut from, &mut to], told, |_, told| {
        count(told, |event| matches!(event, Event::Acknowledged(_))) == 20
    })
    .await;
    drop((from, to));

    assert!(open(0, HERE).is_empty());
    let mut agent = open(1, NEAR);
    agent.register(all_of(NEAR));
    let again = std::iter::from_fn(|| agent.poll_event(at(0))).filter_map(|event| match event {
        spacelink::bpa::Event::Delivered(delivery) => Some(delivery.payload.octets().unwrap()[0]),
        _ => None,
    });
    assert_eq!((again.collect::<BTreeSet<_>>(), left.len()), (left, 20));
}

fn all_of(node: NodeNumber) -> Registration {
    Registration::new(EidPattern::node(node))
}

fn deliveries(told: &[Event]) -> Vec<Delivery> {
    let deliveries = told.iter().filter_map(|event| match event {
        Event::Delivered(delivery) => Some(delivery.clone()),
        _ => None,
    });
    deliveries.collect()
}
