//! A node on UDP sockets, and who it listens to.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::bpa::{AgentParameters, TransmissionRequest};
use spacelink::bundle::{Bundle, Eid, NodeNumber};
use spacelink::cla::Peer;
use spacelink::io::Clock;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::io::udp::UdpHost;
use spacelink::ltp::EngineId;
use spacelink::ltp::engine::{EngineParameters, SpanParameters};
use spacelink::node::{Event, LinkId, LinkParameters, Node, NodeParameters};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

const HERE: NodeNumber = NodeNumber(1);
const LTP: LinkId = LinkId(0);
const BUNDLES: LinkId = LinkId(1);

/// A node with a link for segments and one for bundles, to two neighbours on this host.
async fn host(any_port: bool) -> (UdpHost<ChaCha8Rng>, std::net::SocketAddr) {
    let parameters =
        NodeParameters { agent: AgentParameters::new(HERE), ltp: EngineParameters::new(EngineId(HERE.0)) };
    let mut node = Node::new(parameters, ContactPlan::default(), Box::new(ChaCha8Rng::seed_from_u64(1)));
    let peer = Peer { span: SpanParameters::default(), window: 1 << 20 };
    node.add_link(LTP, NodeNumber(2), LinkParameters::LtpDatagrams, peer.clone()).unwrap();
    node.add_link(BUNDLES, NodeNumber(3), LinkParameters::BundleDatagrams, peer).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let here = socket.local_addr().unwrap();
    let mut host = UdpHost::new(node, socket, Clock::start(1.0));
    for (link, port) in [(LTP, 1), (BUNDLES, 2)] {
        let there = ([127, 0, 0, 1], port).into();
        let channel = Channel::new(Duration::ZERO, Impairments::default(), ChaCha8Rng::seed_from_u64(2));
        host.connect(link, there, channel);
        if any_port {
            host.accept_any_port(link, there.ip());
        }
    }
    host.request(|now, node| node.register(now, 7));
    (host, here)
}

fn bundle() -> Vec<u8> {
    let bundle = Bundle::builder(Eid::ipn(NodeNumber(3), 1), Eid::ipn(HERE, 7))
        .timestamp(spacelink::bundle::CreationTimestamp {
            time: spacelink::time::DtnTime(820_454_400_000),
            sequence: 0,
        })
        .lifetime(Duration::from_secs(1_000_000_000))
        .payload(&b"hello"[..])
        .build()
        .unwrap();
    bundle.encode().to_vec()
}

/// ION 4.1.3 listens on one port and sends from another.
#[tokio::test]
async fn a_neighbour_may_send_from_any_port() {
    let (mut host, here) = host(true).await;
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    peer.send_to(&bundle(), here).await.unwrap();
    timeout(Duration::from_secs(10), host.step()).await.unwrap().unwrap();
    let counters = host.counters();
    assert_eq!([counters.received, counters.strangers, counters.refused], [1, 0, 0]);
    assert!(
        matches!(host.poll_event(), Some(Event::Delivered(delivery)) if delivery.source.to_string() == "ipn:3.1")
    );
    assert_eq!(host.node().link_counters(BUNDLES).unwrap().frames_received, 1);
    assert_eq!(host.node().link_counters(LTP).unwrap().frames_received, 0);
}

#[tokio::test]
async fn other_ports_are_strangers_unless_allowed() {
    let (mut host, here) = host(false).await;
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    peer.send_to(&bundle(), here).await.unwrap();
    timeout(Duration::from_secs(10), host.step()).await.unwrap().unwrap();
    let counters = host.counters();
    assert_eq!([counters.received, counters.strangers, counters.refused], [0, 1, 0]);
    assert_eq!(host.poll_event(), None);
}

/// A host that is slower than its transmitter finds it free again before it has begun to wait for that: all goes out all
/// the same, though nothing comes in and the channel has lost what was last on it. Met with ION on a busy machine.
#[tokio::test]
async fn a_slow_host_sends_all_there_is() {
    const LEN: usize = 500_000;
    const SEGMENT: usize = 1400;
    let open = Contact {
        from: HERE,
        to: NodeNumber(2),
        start: PlanTime::ZERO,
        end: PlanTime::from_secs(1_000_000),
        rate: 200_000_000,
        light_time: Duration::ZERO,
    };
    let parameters =
        NodeParameters { agent: AgentParameters::new(HERE), ltp: EngineParameters::new(EngineId(HERE.0)) };
    let plan = ContactPlan::from_contacts(vec![open]).unwrap();
    let mut node = Node::new(parameters, plan, Box::new(ChaCha8Rng::seed_from_u64(1)));
    // No answer is waited for within this test.
    let span = SpanParameters { remote_margin: Duration::from_secs(1000), ..SpanParameters::default() };
    node.add_link(LTP, NodeNumber(2), LinkParameters::LtpDatagrams, Peer { span, window: 4 << 20 }).unwrap();
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut host = UdpHost::new(node, socket, Clock::start(1.0));
    // A segment takes 56 microseconds.
    let pace = Impairments { rate: Some(200_000_000), loss: 1.0, ..Impairments::default() };
    let channel = Channel::new(Duration::ZERO, pace, ChaCha8Rng::seed_from_u64(2));
    host.connect(LTP, peer.local_addr().unwrap(), channel);
    let destination = Eid::ipn(NodeNumber(2), 7);
    let request = TransmissionRequest::new(destination, vec![1; LEN].into(), Duration::from_secs(3600));
    host.request(|now, node| node.transmit(now, request)).unwrap();
    let all = async {
        while host.channel(LTP).unwrap().counters().sent < (LEN / SEGMENT) as u64 {
            host.step().await.unwrap();
            std::thread::sleep(Duration::from_micros(200));
        }
    };
    let outcome = timeout(Duration::from_secs(10), all).await;
    assert!(outcome.is_ok(), "{:?}", host.channel(LTP).unwrap().counters());
}
