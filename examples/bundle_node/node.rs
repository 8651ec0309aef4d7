//! The node at work.

use crate::files;
use crate::settings::{Kind, Settings};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::bpa::{
    AgentParameters, Amount, Class, Delivery, Payload, Ping, Quotas, Registration, TransmissionRequest,
};
use spacelink::bundle::{BundleId, Eid, NodeNumber};
use spacelink::cla::Peer;
use spacelink::io::Clock;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::io::store::DurableStore;
use spacelink::io::udp::UdpHost;
use spacelink::ltp::EngineId;
use spacelink::ltp::engine::{EngineParameters, SpanParameters};
use spacelink::node::{Event, LinkId, LinkParameters, Node, NodeParameters};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::{DtnTime, Epoch};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

pub type Done = Result<bool, Box<dyn Error>>;

/// A node that runs.
pub struct Running {
    settings: Settings,
    host: UdpHost<ChaCha20Rng>,
    /// Files of the outbox whose bundles are in the store.
    taken: BTreeMap<BundleId, PathBuf>,
}

/// How to ping.
pub struct Pinging {
    pub count: u64,
    pub interval: Duration,
    pub size: usize,
    pub wait: Duration,
}

impl Running {
    /// Opens the store, goes on with what it finds there, and binds the socket.
    pub async fn start(settings: Settings) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(settings.inbox())?;
        fs::create_dir_all(settings.outbox())?;
        // Together these hold the folders themselves.
        File::open(&settings.folder)?.sync_all()?;
        let here = settings.number();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let epoch =
            DtnTime::from_unix_millis(unix.as_millis() as u64).ok_or("the clock is before the year 2000")?;
        let agent = AgentParameters {
            epoch: Epoch(epoch),
            echo_service: Some(settings.echo),
            quotas: Quotas::of(Amount { octets: settings.store << 20, bundles: 1_000_000 }),
            pause_after_failure: Duration::from_secs(1),
            ..AgentParameters::new(here)
        };
        let parameters = NodeParameters { agent, ltp: EngineParameters::new(EngineId(here.0)) };
        // Session numbers must differ from those of an earlier run that a neighbour may remember.
        let mut rng =
            ChaCha20Rng::seed_from_u64(unix.as_nanos() as u64 ^ u64::from(std::process::id()) << 40);
        let store = DurableStore::open(settings.folder.join("bundles.redb"))?;
        let node_rng = Box::new(ChaCha20Rng::from_rng(&mut rng));
        let mut node = Node::with_store(parameters, plan(&settings)?, node_rng, Box::new(store))?;
        for (neighbour, link) in settings.neighbour.iter().zip(0..) {
            let light_time = Duration::from_millis(neighbour.light_time);
            let mut span = SpanParameters { one_way_light_time: light_time, ..SpanParameters::default() };
            span.remote_margin += HOST_DELAY;
            span.max_segment_len = SEGMENT_LEN;
            let kind = match neighbour.link {
                Kind::Ltp => LinkParameters::LtpDatagrams,
                Kind::Bundles => LinkParameters::BundleDatagrams,
            };
            let there = NodeNumber::new(0, neighbour.node);
            node.add_link(LinkId(link), there, kind, Peer { span, window: WINDOW })?;
        }
        let socket = UdpSocket::bind(settings.listen).await?;
        let mut host = UdpHost::new(node, socket, Clock::start(1.0));
        for (neighbour, link) in settings.neighbour.iter().zip(0..) {
            let pace = Impairments { rate: Some(neighbour.rate), ..Impairments::default() };
            let channel = Channel::new(Duration::ZERO, pace, ChaCha20Rng::from_rng(&mut rng));
            host.connect(LinkId(link), neighbour.address, channel);
        }
        let recovered = host.node().agent().counters().recovered;
        println!("ipn:{here} on {}, {recovered} bundles in the store", settings.listen);
        Ok(Self { settings, host, taken: BTreeMap::new() })
    }

    /// Relays, echoes, takes files and sends those in the outbox, for ever.
    pub async fn serve(mut self) -> Done {
        self.take_files();
        let mut look = Instant::now();
        loop {
            // What is due next may be a contact's end in years: the outbox does not wait for that.
            timeout_at(look, self.host.step()).await.unwrap_or(Ok(()))?;
            while let Some(event) = self.host.poll_event() {
                self.handle(event)?;
            }
            self.remove_taken()?;
            if Instant::now() >= look {
                self.empty_outbox()?;
                look = Instant::now() + LOOK;
            }
        }
    }

    /// Asks an echo service; `true` when every answer came.
    pub async fn ping(mut self, destination: Eid, pinging: Pinging) -> Done {
        let now = self.host.request(|now, _| now);
        let interval = pinging.interval;
        let mut ping = Ping::new(now, destination, PING_SERVICE, interval, pinging.size, pinging.count);
        self.host.request(|now, node| node.register(now, PING_SERVICE));
        let count = u32::try_from(pinging.count).unwrap_or(u32::MAX);
        let end = Instant::now() + interval * count + pinging.wait;
        let tick = interval.clamp(Duration::from_millis(1), Duration::from_millis(10));
        while ping.stats().answered < pinging.count && Instant::now() < end {
            self.host.request(|now, node| match ping.poll_request(now) {
                Some(request) => node.transmit(now, request).map(|_| ()),
                None => Ok(()),
            })?;
            timeout_at(Instant::now() + tick, self.host.step()).await.unwrap_or(Ok(()))?;
            while let Some(event) = self.host.poll_event() {
                let Event::Delivered(delivery) = event else { continue };
                let now = self.host.request(|now, _| now);
                if let Some((number, time)) = ping.handle_delivery(now, &delivery) {
                    println!("{number}: {:.3} ms", time.as_secs_f64() * 1e3);
                }
            }
        }
        let stats = ping.stats();
        let [min, mean, max] = [stats.min, stats.mean(), stats.max].map(|time| time.as_secs_f64() * 1e3);
        println!(
            "{} of {} answered; min {min:.3}, mean {mean:.3}, max {max:.3} ms",
            stats.answered, stats.sent
        );
        Ok(stats.answered == pinging.count)
    }

    /// Sends files; `true` when a neighbour has proved to have them all.
    pub async fn send(mut self, node: u32, files: &[PathBuf], wait: Duration) -> Done {
        let mut open: BTreeSet<BundleId> = BTreeSet::new();
        for path in files {
            let payload = files::payload(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let request = self.request_for(node, payload);
            open.insert(self.host.request(|now, node| node.transmit(now, request))?);
        }
        let end = Instant::now() + wait;
        while !open.is_empty() && Instant::now() < end {
            timeout_at(end, self.host.step()).await.unwrap_or(Ok(()))?;
            while let Some(event) = self.host.poll_event() {
                if let Event::Forwarded { id, .. } = event {
                    open.remove(&id);
                }
            }
        }
        println!("{} of {} files across", files.len() - open.len(), files.len());
        Ok(open.is_empty())
    }

    /// Files are delivered until it is acknowledged that they are in the inbox.
    fn take_files(&mut self) {
        let endpoint = Eid::ipn(self.settings.number(), self.settings.files);
        self.host.request(|now, node| {
            node.with_agent(now, |agent| agent.register(Registration::new((&endpoint).into())));
        });
    }

    fn handle(&mut self, event: Event) -> Result<(), Box<dyn Error>> {
        match event {
            Event::Delivered(delivery) => self.keep_file(delivery)?,
            Event::Deleted { id, reason } => {
                println!("deleted {} {}: {reason}", id.source, id.timestamp.sequence);
                self.taken.remove(&id);
            }
            _ => {}
        }
        Ok(())
    }

    fn keep_file(&mut self, delivery: Delivery) -> Result<(), Box<dyn Error>> {
        let payload = match &delivery.payload {
            Payload::Octets(octets) => octets.clone(),
            Payload::Stored { len } => {
                let mut octets = vec![0; usize::try_from(*len)?];
                let id = delivery.delivery;
                let read = self
                    .host
                    .request(|now, node| node.with_agent(now, |agent| agent.read(id, 0, &mut octets)))?;
                octets.truncate(read);
                octets.into()
            }
        };
        match files::keep(&self.settings.inbox(), &payload) {
            Ok(name) => println!("received {name} from {}", delivery.source),
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => return Err(error.into()),
            // What is no file will not become one.
            Err(error) => println!("dropped a delivery from {}: {error}", delivery.source),
        }
        self.host.request(|now, node| {
            node.with_agent(now, |agent| agent.acknowledge(now, delivery.delivery));
        });
        Ok(())
    }

    /// Makes bundles of the files in the outbox. What the store has no room for stays until it has.
    fn empty_outbox(&mut self) -> Result<(), Box<dyn Error>> {
        for (node, path) in files::waiting(&self.settings.outbox())? {
            if self.taken.values().any(|taken| *taken == path) {
                continue;
            }
            let request = self.request_for(node, files::payload(&path)?);
            match self.host.request(|now, node| node.transmit(now, request)) {
                Ok(id) => _ = self.taken.insert(id, path),
                Err(error) => {
                    println!("{} waits: {error}", path.display());
                    break;
                }
            }
        }
        Ok(())
    }

    /// Files go from the outbox when their bundles are on the disk, not before; those whose bundles did not get there
    /// have been struck out.
    fn remove_taken(&mut self) -> Result<(), Box<dyn Error>> {
        let agent = self.host.node().agent();
        for (_, path) in self.taken.extract_if(.., |id, _| !agent.is_pending(id)) {
            println!("sending {}", path.display());
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn request_for(&self, node: u32, payload: Vec<u8>) -> TransmissionRequest {
        let destination = Eid::ipn(NodeNumber::new(0, node), self.settings.files);
        TransmissionRequest {
            source_service: self.settings.files,
            class: Class::Bulk,
            ..TransmissionRequest::new(destination, payload.into(), self.settings.lifetime())
        }
    }
}

/// Everybody named in the settings reaches each other at all times.
fn plan(settings: &Settings) -> Result<ContactPlan, Box<dyn Error>> {
    let mut plan = ContactPlan::default();
    let neighbours = settings
        .neighbour
        .iter()
        .map(|neighbour| ([settings.node, neighbour.node], neighbour.rate, neighbour.light_time));
    let further = settings.contact.iter().map(|hop| (hop.between, hop.rate, hop.light_time));
    for ([a, b], rate, light_time) in neighbours.chain(further) {
        for (from, to) in [(a, b), (b, a)] {
            plan.insert(Contact {
                from: NodeNumber::new(0, from),
                to: NodeNumber::new(0, to),
                start: PlanTime::ZERO,
                end: PlanTime::from_secs(10 * 365 * 86_400),
                rate,
                light_time: Duration::from_millis(light_time),
            })?;
        }
    }
    Ok(plan)
}

/// Octets of an LTP segment: with its headers, a datagram that no network cuts.
const SEGMENT_LEN: usize = 1_400;
/// Octets under way to a neighbour.
const WINDOW: usize = 4 << 20;
/// What the hosts at both ends may add to the light time.
const HOST_DELAY: Duration = Duration::from_millis(200);
/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_millis(100);
const PING_SERVICE: u64 = 9;
