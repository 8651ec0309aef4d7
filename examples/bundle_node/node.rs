//! The node at work.

use crate::files::{self, Arriving, Leaving, Recipient};
use crate::settings::{Kind, Settings};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, Delivery, DeliveryId, Key, NeighbourParameters, Payload, Ping,
    Quotas, ReadError, Registration, RequestError, Security, Store, StoreError, TransmissionRequest,
};
use spacelink::bundle::{BundleId, CreationTimestamp, Eid, NodeNumber, Rules, Status, StatusReport};
use spacelink::cla::Peer;
use spacelink::io::Clock;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::io::store::DurableStore;
use spacelink::io::udp::{UdpHost, UdpRefusal};
use spacelink::ltp::EngineId;
use spacelink::ltp::engine::{EngineParameters, SpanParameters};
use spacelink::node::{Event, LinkId, LinkParameters, Node};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::{DtnTime, Epoch};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

pub type Done = Result<bool, Box<dyn Error>>;

/// A node that runs.
pub struct Running {
    settings: Settings,
    host: UdpHost<ChaCha20Rng>,
    /// What was last found in the outbox and has not been looked at.
    found: VecDeque<(Recipient, PathBuf)>,
    /// The file that is being made a bundle.
    leaving: Option<Departure>,
    /// Files whose bundles are yet to become durable.
    settling: BTreeMap<Key, PathBuf>,
    /// Deliveries that are being put into the inbox, in order.
    arriving: VecDeque<Arrival>,
    piece: Vec<u8>,
}

struct Departure {
    path: PathBuf,
    file: Leaving,
    key: Key,
    id: BundleId,
}

struct Arrival {
    delivery: DeliveryId,
    source: Eid,
    /// What the file is called, if its bundle does not say that.
    name: Option<String>,
    len: u64,
    read: u64,
    file: Option<Arriving>,
    /// The store has yet to get the octets.
    blocked: bool,
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
            reports_per_second: settings.reports,
            crc: settings.crc.0,
            whole_delivery: files::PIECE as u64,
            ..AgentParameters::new(here)
        };
        // Session numbers must differ from those of an earlier run that a neighbour may remember.
        let mut rng =
            ChaCha20Rng::seed_from_u64(unix.as_nanos() as u64 ^ u64::from(std::process::id()) << 40);
        let (policy, keys) = settings.security()?;
        let security = Security::new(policy, keys, secret_rng()?);
        let store: Box<dyn Store + Send> =
            Box::new(DurableStore::open(settings.folder.join("bundles.redb"))?);
        let agent = Agent::secured(agent, plan(&settings)?, store, security)?;
        let node_rng: Box<dyn Rng + Send> = Box::new(ChaCha20Rng::from_rng(&mut rng));
        let mut node = Node::around(agent, EngineParameters::new(EngineId(here.0)), node_rng);
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
            let rules = if neighbour.strict { Rules::STRICT } else { Rules::TOLERANT };
            node.set_rules(LinkId(link), rules);
            // A block of LTP is in memory as a whole, so long bundles go in fragments.
            let takes = NeighbourParameters { max_bundle: settings.fragment << 10, ..Default::default() };
            node.set_neighbour(there, takes);
        }
        let socket = UdpSocket::bind(settings.listen).await?;
        let mut host = UdpHost::new(node, socket, Clock::start(1.0));
        for (neighbour, link) in settings.neighbour.iter().zip(0..) {
            let (rate, loss) = (Some(neighbour.rate), neighbour.loss);
            let pace = Impairments { rate, loss, ..Impairments::default() };
            let channel = Channel::new(Duration::ZERO, pace, ChaCha20Rng::from_rng(&mut rng));
            host.connect(LinkId(link), neighbour.address, channel);
            if neighbour.any_port {
                host.accept_any_port(LinkId(link), neighbour.address.ip());
            }
        }
        let recovered = host.node().agent().counters().recovered;
        println!("ipn:{here} on {}, {recovered} bundles in the store", settings.listen);
        let (found, leaving, settling, arriving) = (VecDeque::new(), None, BTreeMap::new(), VecDeque::new());
        Ok(Self { settings, host, found, leaving, settling, arriving, piece: vec![0; files::PIECE] })
    }

    /// Relays, echoes, takes files and sends those in the outbox, for ever.
    pub async fn serve(mut self) -> Done {
        self.take_files();
        let (mut look, mut tell) = (Instant::now(), Instant::now());
        loop {
            // What is due next may be a contact's end in years: the outbox does not wait for that.
            // While files are read or written, each turn of the loop does one piece of one.
            let busy = self.leaving.is_some() || self.arriving.iter().any(|arrival| !arrival.blocked);
            let until = if busy { Instant::now() } else { look };
            timeout_at(until, self.host.step()).await.unwrap_or(Ok(()))?;
            while let Some(event) = self.host.poll_event() {
                self.handle(event)?;
            }
            if Instant::now() >= tell
                && let Some(UdpRefusal { from, why }) = self.host.take_refusal()
            {
                tell = Instant::now() + TELL;
                let why = why.map_or_else(|| "nobody known here".to_owned(), |why| why.to_string());
                println!("refused a datagram of {from}: {why}");
            }
            if self.leaving.is_none() && (Instant::now() >= look || !self.found.is_empty()) {
                look = Instant::now() + LOOK;
                self.look_at_outbox()?;
            }
            self.go_on_leaving()?;
            self.go_on_arriving()?;
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
    pub async fn send(mut self, recipient: Recipient, files: &[PathBuf], wait: Duration) -> Done {
        let mut open: BTreeSet<BundleId> = BTreeSet::new();
        for path in files {
            let refused = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            let mut departure = self.depart(recipient, path.clone()).map_err(|error| refused(&error))?;
            open.insert(departure.id.clone());
            while self.append_piece(&mut departure)? {}
            let key = departure.key;
            self.host.request(|now, node| node.with_agent(now, |agent| agent.finish(now, key)))?;
        }
        let end = Instant::now() + wait;
        while !open.is_empty() && Instant::now() < end {
            timeout_at(end, self.host.step()).await.unwrap_or(Ok(()))?;
            while let Some(event) = self.host.poll_event() {
                match event {
                    Event::Forwarded { id, .. } => _ = open.remove(&id),
                    event @ Event::Deleted { .. } => self.handle(event)?,
                    _ => {}
                }
            }
        }
        println!("{} of {} files across", files.len() - open.len(), files.len());
        Ok(open.is_empty())
    }

    /// Files are delivered until it is acknowledged that they are in the inbox.
    fn take_files(&mut self) {
        for service in [Some(self.settings.files), self.settings.payloads].into_iter().flatten() {
            let endpoint = Eid::ipn(self.settings.number(), service);
            self.host.request(|now, node| {
                node.with_agent(now, |agent| agent.register(Registration::new(endpoint)));
            });
        }
    }

    /// What a payload that is not sent as a file is called in the inbox.
    fn name(&self, delivery: &Delivery) -> Option<String> {
        let service = self.settings.payloads?;
        let taken = delivery.destination == Eid::ipn(self.settings.number(), service);
        let CreationTimestamp { time, sequence } = delivery.id.timestamp;
        let name = format!("{}-{}-{sequence}", delivery.source, time.0);
        taken.then(|| name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-"))
    }

    fn handle(&mut self, event: Event) -> Result<(), Box<dyn Error>> {
        match event {
            Event::Delivered(delivery) => self.arrive(delivery)?,
            Event::Readable(delivery) => {
                let waiting = self.arriving.iter_mut().filter(|arrival| arrival.delivery == delivery);
                waiting.for_each(|arrival| arrival.blocked = false);
            }
            // The file goes when its bundle is on the disk, not before.
            Event::Kept(key) => {
                if let Some(path) = self.settling.remove(&key) {
                    println!("sending {}", path.display());
                    fs::remove_file(path)?;
                }
            }
            // The file is still there, and is found again.
            Event::NotKept(key) => _ = self.settling.remove(&key),
            Event::Deleted { id, reason } => {
                println!("deleted {} {}: {reason}", id.source, id.timestamp.sequence)
            }
            Event::Refused { from, why } => println!("refused a bundle from ipn:{from}: {why}"),
            Event::Reported { by, report } => self.reported(&by, &report),
            _ => {}
        }
        Ok(())
    }

    /// What another node says of a bundle from here.
    fn reported(&self, by: &Eid, report: &StatusReport) {
        let StatusReport { source, timestamp, reason, .. } = report;
        let said = [
            ("received", report.received),
            ("forwarded", report.forwarded),
            ("delivered", report.delivered),
            ("deleted", report.deleted),
        ];
        for (what, _) in said.iter().filter(|(_, status)| *status != Status::No) {
            println!("{by} has {what} {source} {} {}: {reason}", timestamp.time.0, timestamp.sequence);
        }
    }

    /// Takes a delivery: at once if it is in memory, piece by piece if it is not.
    fn arrive(&mut self, delivery: Delivery) -> Result<(), Box<dyn Error>> {
        let name = self.name(&delivery);
        let Delivery { delivery, source, payload, .. } = delivery;
        match payload {
            Payload::Octets(octets) => {
                let inbox = self.settings.inbox();
                let file = start(&inbox, name.as_deref(), &octets);
                let kept = file.and_then(|file| file.finish(&inbox));
                self.arrived(delivery, &source, kept)
            }
            Payload::Stored { len } => {
                self.arriving.push_back(Arrival {
                    delivery,
                    source,
                    name,
                    len,
                    read: 0,
                    file: None,
                    blocked: false,
                });
                Ok(())
            }
        }
    }

    /// Moves one piece of the first delivery that can be read from the store to the inbox.
    fn go_on_arriving(&mut self) -> Result<(), Box<dyn Error>> {
        let Some(at) = self.arriving.iter().position(|arrival| !arrival.blocked) else { return Ok(()) };
        let (arrival, piece, inbox) = (&mut self.arriving[at], &mut self.piece, self.settings.inbox());
        let (delivery, offset) = (arrival.delivery, arrival.read);
        let read = self
            .host
            .request(|now, node| node.with_agent(now, |agent| agent.read(delivery, offset, &mut piece[..])));
        let octets = match read {
            Ok(read) => &piece[..read],
            Err(ReadError::Store(StoreError::Later)) => {
                arrival.blocked = true;
                return Ok(());
            }
            Err(ReadError::Gone | ReadError::Store(StoreError::Damaged(_))) => {
                println!("a delivery from {} was damaged on the disk", arrival.source);
                self.arriving.remove(at);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        arrival.read += octets.len() as u64;
        let written = match &mut arrival.file {
            Some(file) => file.write(octets),
            none => start(&inbox, arrival.name.as_deref(), octets).map(|file| *none = Some(file)),
        };
        if written.is_ok() && arrival.read < arrival.len && !octets.is_empty() {
            return Ok(());
        }
        let Some(Arrival { source, file, .. }) = self.arriving.remove(at) else { return Ok(()) };
        let file = file.ok_or(std::io::ErrorKind::InvalidData.into());
        let kept = written.and(file).and_then(|file| file.finish(&inbox));
        self.arrived(delivery, &source, kept)
    }

    fn arrived(
        &mut self,
        delivery: DeliveryId,
        source: &Eid,
        kept: std::io::Result<String>,
    ) -> Result<(), Box<dyn Error>> {
        match kept {
            Ok(name) => println!("received {name} from {source}"),
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => return Err(error.into()),
            // What is no file will not become one.
            Err(error) => println!("dropped a delivery from {source}: {error}"),
        }
        self.host.request(|now, node| node.with_agent(now, |agent| agent.acknowledge(now, delivery)));
        Ok(())
    }

    /// Starts with the next file in the outbox. What the store has no room for stays until it has.
    fn look_at_outbox(&mut self) -> Result<(), Box<dyn Error>> {
        if self.found.is_empty() {
            let busy: BTreeSet<_> = self.settling.values().collect();
            let waiting = files::waiting(&self.settings.outbox())?;
            self.found = waiting.into_iter().filter(|(_, path)| !busy.contains(path)).collect();
        }
        let Some((recipient, path)) = self.found.pop_front() else { return Ok(()) };
        match self.depart(recipient, path.clone()) {
            Ok(departure) => self.leaving = Some(departure),
            Err(error) => {
                println!("{} waits: {error}", path.display());
                self.found.clear();
            }
        }
        Ok(())
    }

    /// Starts to make a bundle of a file.
    fn depart(&mut self, recipient: Recipient, path: PathBuf) -> Result<Departure, Box<dyn Error>> {
        let file = Leaving::open(&path, recipient.service.is_none())?;
        let service = recipient.service.unwrap_or(self.settings.files);
        let destination = Eid::ipn(NodeNumber::new(0, recipient.node), service);
        let (flags, report_to) = self.settings.asked_reports()?;
        let request = TransmissionRequest {
            source_service: self.settings.files,
            class: Class::Bulk,
            flags,
            report_to,
            ..TransmissionRequest::new(destination, Default::default(), self.settings.lifetime())
        };
        let begun: Result<_, RequestError> = self.host.request(|now, node| {
            node.with_agent(now, |agent| agent.begin_transmit(now, &request, file.len()))
        });
        let (key, id) = begun?;
        Ok(Departure { path, file, key, id })
    }

    /// Reads one piece more of a file; `false` at its end.
    fn append_piece(&mut self, departure: &mut Departure) -> Result<bool, Box<dyn Error>> {
        let (key, octets) = (departure.key, departure.file.next(&mut self.piece)?);
        if octets.is_empty() {
            return Ok(false);
        }
        self.host.request(|now, node| node.with_agent(now, |agent| agent.append(now, key, octets)))?;
        Ok(true)
    }

    fn go_on_leaving(&mut self) -> Result<(), Box<dyn Error>> {
        let Some(mut departure) = self.leaving.take() else { return Ok(()) };
        let key = departure.key;
        match self.append_piece(&mut departure) {
            Ok(true) => self.leaving = Some(departure),
            Ok(false) => {
                self.settling.insert(key, departure.path.clone());
                let finish = |agent: &mut Agent<_>, now| agent.finish(now, key);
                let kept = self.host.request(|now, node| node.with_agent(now, |agent| finish(agent, now)));
                if let Err(error) = kept {
                    self.settling.remove(&key);
                    println!("{} waits: {error}", departure.path.display());
                }
            }
            Err(error) => {
                println!("{} waits: {error}", departure.path.display());
                self.host.request(|now, node| node.with_agent(now, |agent| agent.abort(now, key)));
                self.found.clear();
            }
        }
        Ok(())
    }
}

/// A file in the inbox, of the name given or, without one, the name that its octets start with.
fn start(inbox: &Path, name: Option<&str>, octets: &[u8]) -> std::io::Result<Arriving> {
    match name {
        Some(name) => Arriving::create(inbox, name, octets),
        None => Arriving::start(inbox, octets),
    }
}

/// Randomness that nobody can guess, for keys and initialization vectors.
fn secret_rng() -> std::io::Result<ChaCha20Rng> {
    let mut seed = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
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
/// How often a refusal is told of.
const TELL: Duration = Duration::from_secs(1);
/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_millis(100);
const PING_SERVICE: u64 = 9;
