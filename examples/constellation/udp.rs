//! The constellation on real UDP sockets: every node has its own on loopback, and time is scaled.

use spacelink::io::Clock;
use spacelink::io::udp::UdpHost;
use spacelink::node::{Event, LinkCounters, LinkId};
use std::error::Error;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};

use crate::network::link_to;
use crate::report::LinkReport;
use crate::{FILE_SERVICE, Mission, Outcome, request};
use spacelink::io::channel::ChannelCounters;

/// bit/s in real time that one link is given, so that one machine can play all of them.
pub const REAL_RATE: f64 = 40e6;

/// What a busy machine may take to answer, in real time.
pub const HOST_DELAY: Duration = Duration::from_millis(150);

/// What a node's task says when it is over.
struct Played {
    node: usize,
    most_octets_stored: u64,
    links: Vec<(LinkId, LinkCounters, ChannelCounters)>,
}

pub fn run(mission: Mission, scale: f64) -> Result<Outcome, Box<dyn Error>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(play(mission, scale))
}

async fn play(mission: Mission, scale: f64) -> Result<Outcome, Box<dyn Error>> {
    let Mission { network, from, to, pieces, horizon, progress } = mission;
    let mut sockets = Vec::new();
    for _ in &network.nodes {
        sockets.push(UdpSocket::bind("127.0.0.1:0").await?);
    }
    let addresses = sockets.iter().map(UdpSocket::local_addr).collect::<Result<Vec<_>, _>>()?;
    let clock = Clock::start(scale);
    let mut hosts: Vec<_> = network
        .nodes
        .into_iter()
        .zip(sockets)
        .map(|(node, socket)| UdpHost::new(node, socket, clock))
        .collect();
    let ends: Vec<_> = network.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    for edge in network.edges {
        hosts[edge.from].connect(link_to(edge.to), addresses[edge.to], edge.channel);
    }
    let expected = pieces.len();
    hosts[to].request(|now, node| node.register(now, FILE_SERVICE));
    for piece in pieces {
        let request = request(to, piece, horizon);
        hosts[from].request(|now, node| node.transmit(now, request))?;
    }

    let (stop, stopped) = watch::channel(false);
    let (deliver, mut delivered) = mpsc::unbounded_channel();
    let mut tasks = Vec::new();
    for (node, mut host) in hosts.into_iter().enumerate() {
        let (mut stopped, deliver) = (stopped.clone(), deliver.clone());
        tasks.push(tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => break,
                    stepped = host.step() => stepped?,
                }
                while let Some(event) = host.poll_event() {
                    if let Event::Delivered(delivery) = event {
                        // Nobody listens any more once the run is over.
                        let _ = deliver.send(delivery);
                    }
                }
            }
            let of_link = |link| {
                let channel = host.channel(link).map(|channel| channel.counters()).unwrap_or_default();
                (link, host.node().link_counters(link).unwrap_or_default(), channel)
            };
            let links = host.node().links().map(of_link).collect();
            let most_octets_stored = host.node().agent().counters().most_octets;
            Ok::<_, std::io::Error>(Played { node, most_octets_stored, links })
        }));
    }
    drop(deliver);

    let mut deliveries = Vec::new();
    let deadline = clock.real(horizon).ok_or("the run would last for ever")?;
    while deliveries.len() < expected {
        let Ok(Some(delivery)) = tokio::time::timeout_at(deadline, delivered.recv()).await else { break };
        deliveries.push(delivery);
        progress.set_position(deliveries.len() as u64);
        progress.set_message(format!("after {:.1} s of orbit", clock.now().as_secs_f64()));
    }
    let end = clock.now();
    stop.send(true)?;
    let mut played = Vec::new();
    for task in tasks {
        played.push(task.await??);
    }
    Ok(Outcome {
        deliveries,
        end,
        links: ends.iter().map(|(from, to)| link(&played, *from, *to)).collect(),
        most_octets_stored: played.iter().map(|played| played.most_octets_stored).max().unwrap_or(0),
    })
}

fn link(played: &[Played], from: usize, to: usize) -> LinkReport {
    let figures = |node: usize, link: LinkId| {
        let played = played.iter().find(|played| played.node == node);
        let figures = played.and_then(|played| played.links.iter().find(|(id, ..)| *id == link));
        figures.map(|(_, node, channel)| (*node, *channel)).unwrap_or_default()
    };
    let (sent, channel) = figures(from, link_to(to));
    let (received, _) = figures(to, link_to(from));
    LinkReport::new((from, to), sent, received, channel)
}
