//! The constellation in memory and virtual time.

use spacelink::io::simulation::{ChannelIndex, NodeIndex, Simulation};
use spacelink::node::Event;
use std::error::Error;

use crate::network::{Edge, link_to};
use crate::report::LinkReport;
use crate::{FILE_SERVICE, Mission, Outcome, request};

pub fn run(mission: Mission) -> Result<Outcome, Box<dyn Error>> {
    let mut simulation = Simulation::new();
    let nodes: Vec<_> = mission.network.nodes.into_iter().map(|node| simulation.add_node(node)).collect();
    let mut edges = Vec::new();
    for Edge { from, to, channel } in mission.network.edges {
        let index = simulation.connect((nodes[from], link_to(to)), (nodes[to], link_to(from)), channel);
        edges.push((from, to, index));
    }
    simulation.at(nodes[mission.to], |now, node| node.register(now, FILE_SERVICE));
    let expected = mission.pieces.len();
    for piece in mission.pieces {
        let request = request(mission.to, piece, mission.horizon);
        simulation.at(nodes[mission.from], |now, node| node.transmit(now, request))?;
    }
    let mut deliveries = Vec::new();
    while deliveries.len() < expected && simulation.poll_timeout().is_some_and(|due| due <= mission.horizon) {
        let Some(touched) = simulation.step() else { break };
        while let Some(event) = simulation.poll_event(touched) {
            if let Event::Delivered(delivery) = event {
                deliveries.push(delivery);
                mission.progress.set_position(deliveries.len() as u64);
                mission
                    .progress
                    .set_message(format!("after {:.1} s of orbit", simulation.now().as_secs_f64()));
            }
        }
    }
    let links =
        edges.iter().map(|(from, to, index)| link(&simulation, nodes[*from], *from, nodes[*to], *to, *index));
    Ok(Outcome {
        links: links.collect(),
        most_octets_stored: nodes
            .iter()
            .map(|node| simulation.node(*node).agent().counters().most_octets)
            .max()
            .unwrap_or(0),
        end: simulation.now(),
        deliveries,
    })
}

fn link<R: rand_chacha::rand_core::Rng>(
    simulation: &Simulation<R>,
    sender: NodeIndex,
    from: usize,
    receiver: NodeIndex,
    to: usize,
    channel: ChannelIndex,
) -> LinkReport {
    let sent = simulation.node(sender).link_counters(link_to(to)).unwrap_or_default();
    let received = simulation.node(receiver).link_counters(link_to(from)).unwrap_or_default();
    let channel = simulation.channel(channel).counters();
    LinkReport::new((from, to), sent, received, channel)
}
