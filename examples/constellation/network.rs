//! The constellation: its nodes, its links, and when each of them is open.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::bpa::AgentParameters;
use spacelink::bundle::NodeNumber;
use spacelink::cla::Peer;
use spacelink::io::channel::{Bursts, Channel, Impairments};
use spacelink::io::{Window, Windows};
use spacelink::link::PacketLinkSettings;
use spacelink::ltp::EngineId;
use spacelink::ltp::engine::{EngineParameters, SpanParameters};
use spacelink::node::{LinkId, LinkParameters, Node, NodeParameters};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::Instant;
use std::time::Duration;

use crate::orbit::{CENTRES, SATELLITES, light_time_between_neighbours, passes};

/// bit/s.
const LASER_RATE: u64 = 100_000_000_000;
const DOWNLINK_RATE: u64 = 300_000_000;
const UPLINK_RATE: u64 = 4_000_000;

/// Octets that may be under way to a neighbour unacknowledged.
const WINDOW: usize = 8 << 20;

/// What the user asks for.
#[derive(Clone, Copy)]
pub struct Setting {
    pub seed: u64,
    pub bit_error_rate: f64,
    pub loss: f64,
    pub hours: f64,
    /// Cap on every rate, for transports that live in real time.
    pub rate_cap: Option<u64>,
    /// Delay that real hosts add to every answer, in virtual time.
    pub host_delay: Duration,
}

/// Nodes and the one-way links between them.
pub struct Network {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    pub plan: ContactPlan,
}

/// One direction of a link between two nodes, by their places in [`Network::nodes`].
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub channel: Channel<ChaCha8Rng>,
}

/// The name of a node: satellites count from S01, centres go by their own.
pub fn name(node: usize) -> String {
    match node.checked_sub(SATELLITES) {
        None => format!("S{:02}", node + 1),
        Some(centre) => CENTRES[centre].0.to_owned(),
    }
}

/// Nodes count from 1 in `ipn` names.
pub fn number(node: usize) -> NodeNumber {
    NodeNumber(node as u64 + 1)
}

/// Centres have identifiers too: they send frames like everybody else.
fn scid(node: usize) -> u16 {
    node as u16 + 1
}

/// A node calls the link to another by the other's place.
pub fn link_to(node: usize) -> LinkId {
    LinkId(node as u32)
}

/// One direction between two nodes: every window, and the rate.
struct Path {
    from: usize,
    to: usize,
    rate: u64,
    windows: Vec<Window>,
}

pub fn build(setting: &Setting) -> Network {
    let paths = paths(setting);
    let plan = plan(&paths);
    let mut nodes: Vec<_> =
        (0..SATELLITES + CENTRES.len()).map(|node| new_node(node, &plan, setting)).collect();
    let mut edges = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        add_link(&mut nodes[path.from], path, setting);
        let impairments = Impairments {
            rate: Some(path.rate),
            bit_error_rate: setting.bit_error_rate,
            bursts: bursts(setting.bit_error_rate),
            loss: setting.loss,
            duplication: setting.loss / 10.0,
            reordering: setting.loss / 10.0,
            reordering_delay: Duration::from_millis(1),
        };
        let rng = ChaCha8Rng::seed_from_u64(setting.seed ^ (index as u64 + 1) << 32);
        let channel = Channel::with_windows(Windows::new(path.windows.clone()), impairments, rng);
        edges.push(Edge { from: path.from, to: path.to, channel });
    }
    Network { nodes, edges, plan }
}

/// Bursts of a hundred bits, half of them wrong, that add about as many errors as there are without them.
fn bursts(bit_error_rate: f64) -> Option<Bursts> {
    (bit_error_rate > 0.0).then(|| Bursts {
        mean_gap_bits: 50.0 / bit_error_rate,
        mean_burst_bits: 100.0,
        bit_error_rate: 0.5,
    })
}

fn new_node(node: usize, plan: &ContactPlan, setting: &Setting) -> Node {
    let parameters = NodeParameters {
        agent: AgentParameters::new(number(node)),
        ltp: EngineParameters::new(EngineId(number(node).0)),
    };
    let rng = ChaCha8Rng::seed_from_u64(setting.seed ^ node as u64);
    Node::new(parameters, plan.clone(), Box::new(rng))
}

fn add_link(node: &mut Node, path: &Path, setting: &Setting) {
    let light_time = path.windows.iter().map(|window| window.light_time).max().unwrap_or_default();
    let mut span = SpanParameters { one_way_light_time: light_time, ..SpanParameters::default() };
    span.remote_margin += setting.host_delay;
    let link = PacketLinkSettings::reed_solomon(scid(path.from), scid(path.to));
    let link = LinkParameters::Coded(Box::new(link));
    node.add_link(link_to(path.to), number(path.to), link, Peer { span, window: WINDOW })
        .expect("the link profile is consistent");
}

/// Lasers between neighbours in the plane, always open, and the passes over the centres.
fn paths(setting: &Setting) -> Vec<Path> {
    let cap = |rate: u64| setting.rate_cap.map_or(rate, |cap| rate.min(cap));
    let horizon = Instant::ZERO + Duration::from_secs_f64(setting.hours * 3_600.0);
    let mut paths = Vec::new();
    let always = Window { start: Instant::ZERO, end: horizon, light_time: light_time_between_neighbours() };
    for satellite in 0..SATELLITES {
        let ahead = (satellite + 1) % SATELLITES;
        for (from, to) in [(satellite, ahead), (ahead, satellite)] {
            paths.push(Path { from, to, rate: cap(LASER_RATE), windows: vec![always] });
        }
    }
    let passes = passes(setting.hours);
    for satellite in 0..SATELLITES {
        for centre in 0..CENTRES.len() {
            let of_these = passes.iter().filter(|pass| pass.satellite == satellite && pass.centre == centre);
            let windows: Vec<_> = of_these
                .map(|pass| Window {
                    start: Instant::ZERO + pass.start,
                    end: Instant::ZERO + pass.end,
                    light_time: pass.light_time,
                })
                .collect();
            if windows.is_empty() {
                continue;
            }
            let ground = SATELLITES + centre;
            paths.push(Path {
                from: satellite,
                to: ground,
                rate: cap(DOWNLINK_RATE),
                windows: windows.clone(),
            });
            paths.push(Path { from: ground, to: satellite, rate: cap(UPLINK_RATE), windows });
        }
    }
    paths
}

/// The same contacts as every node's agent knows them.
fn plan(paths: &[Path]) -> ContactPlan {
    let mut plan = ContactPlan::default();
    for path in paths {
        for window in &path.windows {
            let contact = Contact {
                from: number(path.from),
                to: number(path.to),
                start: PlanTime::from_instant(window.start),
                end: PlanTime::from_instant(window.end),
                rate: path.rate,
                light_time: window.light_time,
            };
            plan.insert(contact).expect("contacts of one pair do not overlap");
        }
    }
    plan
}
