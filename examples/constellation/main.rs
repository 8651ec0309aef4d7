//! A file crosses a constellation: twelve satellites in one plane at 500 km, lasers to both neighbours, and six
//! ground centres that see each of them for minutes.
//!
//!     cargo run --release --example constellation -- [FILE] [--transport memory|udp] [--seed N]
//!         [--ber P] [--loss P] [--hours H] [--json PATH]
//!
//! A satellite sends FILE (or a picture it makes) to a centre it cannot see. Every octet passes through bundles, LTP
//! segments, encapsulation packets, AOS frames, Reed-Solomon codeblocks and a channel that flips bits, loses frames
//! and delays them. Exits 1 when the file has not arrived intact.

mod memory;
mod network;
mod orbit;
#[path = "../file_udp/pieces.rs"]
#[allow(dead_code, reason = "datagrams are the other example's")]
mod pieces;
mod report;
mod scene;
mod udp;

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use spacelink::bpa::{Delivery, TransmissionRequest};
use spacelink::bundle::Eid;
use spacelink::time::Instant;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use orbit::{CENTRES, SATELLITES};
use report::{BundleReport, LinkReport, Report};

#[derive(Parser)]
#[command(
    about = "Sends a file across a constellation, through every layer, and says what happened on the way"
)]
struct Arguments {
    /// File to send; without one, a seeded picture of about 4 MB
    file: Option<PathBuf>,
    /// Channels in memory and virtual time, or real UDP sockets on loopback in scaled real time
    #[arg(long, value_enum, default_value_t = Transport::Memory)]
    transport: Transport,
    /// Equal seeds give equal runs (over memory)
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Bit error rate of every link; bursts of about as many errors come on top
    #[arg(long, default_value_t = 1e-5, value_parser = probability)]
    ber: f64,
    /// Part of the frames that is lost; a tenth of that is duplicated, and as many come late
    #[arg(long, default_value_t = 0.01, value_parser = probability)]
    loss: f64,
    /// Hours of orbit after which the run ends in any case
    #[arg(long, default_value_t = 6.0, value_parser = hours)]
    hours: f64,
    /// Satellite that sends, 1 to 12
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=SATELLITES as i64))]
    from: u8,
    /// Centre that receives
    #[arg(long, default_value = CENTRES[0].0)]
    to: String,
    /// With udp: seconds of orbit in each real second
    #[arg(long, default_value_t = 10.0, value_parser = scale)]
    scale: f64,
    /// Writes the figures here as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Transport {
    Memory,
    Udp,
}

/// What every transport is given.
pub struct Mission {
    pub network: network::Network,
    pub from: usize,
    pub to: usize,
    /// Payloads of the bundles to send, at the start.
    pub pieces: Vec<bytes::Bytes>,
    pub horizon: Instant,
    pub progress: ProgressBar,
}

/// What every transport gives back.
pub struct Outcome {
    pub deliveries: Vec<Delivery>,
    pub end: Instant,
    pub links: Vec<LinkReport>,
    pub most_octets_stored: u64,
}

/// Service number of the file's endpoint.
pub const FILE_SERVICE: u64 = 7;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("constellation: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let file = match &arguments.file {
        Some(path) => std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?,
        None => scene::raster(arguments.seed),
    };
    let centre = CENTRES.iter().position(|(name, ..)| name.eq_ignore_ascii_case(&arguments.to));
    let centre = centre.ok_or_else(|| {
        let names: Vec<_> = CENTRES.iter().map(|(name, ..)| *name).collect();
        format!("no centre is called {}; there are {}", arguments.to, names.join(", "))
    })?;
    let over_udp = arguments.transport == Transport::Udp;
    let setting = network::Setting {
        seed: arguments.seed,
        bit_error_rate: arguments.ber,
        loss: arguments.loss,
        hours: arguments.hours,
        rate_cap: over_udp.then_some((udp::REAL_RATE / arguments.scale) as u64),
        host_delay: if over_udp { udp::HOST_DELAY.mul_f64(arguments.scale) } else { Duration::ZERO },
    };
    let pieces = pieces::cut(&file, pieces::PIECE_LEN);
    let mission = Mission {
        network: network::build(&setting),
        from: usize::from(arguments.from) - 1,
        to: SATELLITES + centre,
        progress: progress_bar(pieces.len()),
        pieces,
        horizon: Instant::ZERO + Duration::from_secs_f64(arguments.hours * 3_600.0),
    };
    eprintln!(
        "{} sends {} octets in {} bundles to {}",
        network::name(mission.from),
        file.len(),
        mission.pieces.len(),
        network::name(mission.to)
    );
    let names = (network::name(mission.from), network::name(mission.to));
    let progress = mission.progress.clone();
    let started = std::time::Instant::now();
    let outcome = if over_udp { udp::run(mission, arguments.scale)? } else { memory::run(mission)? };
    progress.finish_and_clear();

    let report = report(arguments, names, &file, outcome, started.elapsed());
    print!("{}", report.table());
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)? + "\n")
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(report.delivered)
}

fn report(
    arguments: &Arguments,
    (from, to): (String, String),
    file: &[u8],
    outcome: Outcome,
    wall: Duration,
) -> Report {
    let mut assembly = pieces::Assembly::default();
    outcome
        .deliveries
        .iter()
        .filter_map(|delivery| delivery.payload.octets())
        .for_each(|octets| assembly.add(octets));
    let received = assembly.file();
    let bundles = outcome.deliveries.iter().map(|delivery| BundleReport {
        sequence: delivery.id.timestamp.sequence,
        octets: delivery.payload.len() as usize,
        hops: delivery.hops.unwrap_or(0),
        delivered_at_seconds: delivery.received.as_secs_f64(),
    });
    Report {
        delivered: received.as_deref() == Some(file),
        transport: if arguments.transport == Transport::Udp { "udp" } else { "memory" },
        seed: arguments.seed,
        from,
        to,
        file_octets: file.len(),
        sha256_sent: hex::encode(Sha256::digest(file)),
        sha256_received: received.map(|file| hex::encode(Sha256::digest(file))).unwrap_or_default(),
        bundles: bundles.collect(),
        virtual_seconds: outcome.end.as_secs_f64(),
        wall_seconds: wall.as_secs_f64(),
        most_octets_stored: outcome.most_octets_stored,
        links: outcome.links,
    }
}

/// The request that sends one piece; of use for as long as the run lasts.
pub fn request(to: usize, piece: bytes::Bytes, horizon: Instant) -> TransmissionRequest {
    TransmissionRequest {
        source_service: FILE_SERVICE,
        ..TransmissionRequest::new(
            Eid::ipn(network::number(to), FILE_SERVICE),
            piece,
            horizon.since(Instant::ZERO) + Duration::from_secs(1),
        )
    }
}

fn progress_bar(bundles: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} bundles  {msg}").expect("a fixed template");
    ProgressBar::new(bundles as u64).with_style(style)
}

fn probability(text: &str) -> Result<f64, String> {
    in_range(text, 0.0, 1.0)
}

fn hours(text: &str) -> Result<f64, String> {
    in_range(text, 0.01, 240.0)
}

fn scale(text: &str) -> Result<f64, String> {
    in_range(text, 0.1, 1_000.0)
}

fn in_range(text: &str, low: f64, high: f64) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (low..=high).contains(&value) { Ok(value) } else { Err(format!("must be between {low} and {high}")) }
}
