//! Sends or receives a file as bundles over UDP: an endpoint to put on either side of `relay_udp`, or of nothing.
//!
//!     cargo run --release --example file_udp -- receive --listen ADDR --peer ADDR OUT
//!     cargo run --release --example file_udp -- send --listen ADDR --peer ADDR FILE
//!
//! Bundles travel as LTP blocks, one segment a datagram, so what is lost is sent again; with `--bundles` each datagram
//! is a whole bundle and what is lost stays lost. The sender exits 0 once all is proved to be across, the receiver
//! once it has written the file. Both exit 1 when that has not happened after `--seconds`.

mod pieces;

use clap::{Args, Parser, Subcommand};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use spacelink::bpa::{AgentParameters, TransmissionRequest};
use spacelink::bundle::{Eid, NodeNumber};
use spacelink::cla::Peer;
use spacelink::io::Clock;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::io::udp::UdpHost;
use spacelink::ltp::EngineId;
use spacelink::ltp::engine::{EngineParameters, SpanParameters};
use spacelink::node::{Event, LinkId, LinkParameters, Node, NodeParameters};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::{DtnTime, Epoch};
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;

#[derive(Parser)]
#[command(about = "Sends or receives a file as bundles over UDP")]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Sends FILE as node 1
    Send {
        #[command(flatten)]
        options: Options,
        file: PathBuf,
    },
    /// Waits for a file as node 2 and writes it to OUT
    Receive {
        #[command(flatten)]
        options: Options,
        out: PathBuf,
    },
}

#[derive(Args)]
struct Options {
    /// Own address
    #[arg(long)]
    listen: SocketAddr,
    /// Where datagrams go, and the only place they are taken from
    #[arg(long)]
    peer: SocketAddr,
    /// One bundle a datagram, without LTP
    #[arg(long)]
    bundles: bool,
    /// One-way light time to the other end, in milliseconds
    #[arg(long, default_value_t = 0)]
    light_time: u64,
    /// Most bits a second to send
    #[arg(long, default_value_t = 20_000_000)]
    rate: u64,
    /// Gives up after so long
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

const SENDER: NodeNumber = NodeNumber(1);
const RECEIVER: NodeNumber = NodeNumber(2);
const FILE_SERVICE: u64 = 7;
const LINK: LinkId = LinkId(0);

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().role {
        Role::Send { options, file } => send(&options, &file).await,
        Role::Receive { options, out } => receive(&options, &out).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("file_udp: {error}");
            ExitCode::from(2)
        }
    }
}

async fn send(options: &Options, path: &PathBuf) -> Result<bool, Box<dyn Error>> {
    let file = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut host = host(options, SENDER, RECEIVER).await?;
    let piece_len = if options.bundles { pieces::DATAGRAM_LEN } else { pieces::PIECE_LEN };
    let pieces = pieces::cut(&file, piece_len);
    let (mut across, count) = (0, pieces.len());
    for piece in pieces {
        let lifetime = Duration::from_secs(options.seconds);
        let request = TransmissionRequest {
            source_service: FILE_SERVICE,
            ..TransmissionRequest::new(Eid::ipn(RECEIVER, FILE_SERVICE), piece, lifetime)
        };
        host.request(|now, node| node.transmit(now, request))?;
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(options.seconds);
    while across < count && tokio::time::Instant::now() < deadline {
        tokio::time::timeout_at(deadline, host.step()).await.unwrap_or(Ok(()))?;
        while let Some(event) = host.poll_event() {
            across += usize::from(matches!(event, Event::Forwarded { .. }));
        }
    }
    println!("{across} of {count} bundles across; SHA-256 {}", hex::encode(Sha256::digest(&file)));
    Ok(across == count)
}

async fn receive(options: &Options, out: &PathBuf) -> Result<bool, Box<dyn Error>> {
    let mut host = host(options, RECEIVER, SENDER).await?;
    host.request(|now, node| node.register(now, FILE_SERVICE));
    let mut assembly = pieces::Assembly::default();
    let mut written = false;
    let mut deadline = tokio::time::Instant::now() + Duration::from_secs(options.seconds);
    while tokio::time::Instant::now() < deadline {
        tokio::time::timeout_at(deadline, host.step()).await.unwrap_or(Ok(()))?;
        while let Some(event) = host.poll_event() {
            if let Event::Delivered(delivery) = event {
                delivery.payload.octets().into_iter().for_each(|octets| assembly.add(octets));
            }
        }
        if let Some(file) = assembly.file().filter(|_| !written) {
            std::fs::write(out, &file).map_err(|error| format!("{}: {error}", out.display()))?;
            println!("{} octets; SHA-256 {}", file.len(), hex::encode(Sha256::digest(&file)));
            written = true;
            // The sender may still miss an acknowledgement: answer it for a while.
            deadline = deadline.min(tokio::time::Instant::now() + LINGER);
        }
    }
    if !written {
        println!("not all of the file has arrived");
    }
    Ok(written)
}

/// How long the receiver goes on answering after the file is complete.
const LINGER: Duration = Duration::from_secs(5);

/// A node with one link, to the peer, always in contact.
async fn host(
    options: &Options,
    here: NodeNumber,
    there: NodeNumber,
) -> Result<UdpHost<ChaCha8Rng>, Box<dyn Error>> {
    let light_time = Duration::from_millis(options.light_time);
    let mut plan = ContactPlan::default();
    for (from, to) in [(here, there), (there, here)] {
        plan.insert(Contact {
            from,
            to,
            start: PlanTime::ZERO,
            end: PlanTime::from_secs(2 * options.seconds),
            rate: options.rate,
            light_time,
        })?;
    }
    let unix = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let epoch =
        DtnTime::from_unix_millis(unix.as_millis() as u64).ok_or("the clock is before the year 2000")?;
    let parameters = NodeParameters {
        agent: AgentParameters { epoch: Epoch(epoch), ..AgentParameters::new(here) },
        ltp: EngineParameters::new(EngineId(here.0)),
    };
    // Session numbers must differ from those of an earlier run that the peer may remember.
    let seed = unix.as_nanos() as u64;
    let mut node = Node::new(parameters, plan, Box::new(ChaCha8Rng::seed_from_u64(seed)));
    let mut span = SpanParameters { one_way_light_time: light_time, ..SpanParameters::default() };
    span.remote_margin += HOST_DELAY;
    let link = if options.bundles { LinkParameters::BundleDatagrams } else { LinkParameters::LtpDatagrams };
    node.add_link(LINK, there, link, Peer { span, window: 1 << 20 })?;
    let mut host = UdpHost::new(node, UdpSocket::bind(options.listen).await?, Clock::start(1.0));
    let pace = Impairments { rate: Some(options.rate), ..Impairments::default() };
    host.connect(LINK, options.peer, Channel::new(Duration::ZERO, pace, ChaCha8Rng::seed_from_u64(seed)));
    Ok(host)
}

/// What hosts and relays on the way may add to the light time.
const HOST_DELAY: Duration = Duration::from_millis(200);
