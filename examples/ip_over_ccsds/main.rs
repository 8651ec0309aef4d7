//! IP over CCSDS: pings a satellite and fetches a page from it, through a coded link that flips bits and loses frames.
//!
//!     cargo run --release --example ip_over_ccsds -- --ber 1e-4
//!
//! smoltcp's ICMP and TCP run over Encapsulation Packets, AOS frames and Reed-Solomon CADUs, in virtual time. Exits 1
//! when the page does not arrive intact.

mod host;
mod http;
mod ping;
mod world;

use clap::Parser;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::link::{PacketLinkCounters, PacketLinkSettings};
use spacelink::time::Instant;
use std::process::ExitCode;
use std::time::Duration;

use crate::host::{Host, address};
use crate::http::{Client, Server};
use crate::ping::Ping;
use crate::world::World;

#[derive(Parser)]
#[command(about = "Pings a satellite and fetches a page from it, over IP in CCSDS frames")]
struct Options {
    /// Probability that a bit flips, each way.
    #[arg(long, default_value_t = 1e-4)]
    ber: f64,
    /// Probability that a frame is lost, each way.
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// One-way light time in milliseconds.
    #[arg(long, default_value_t = 20)]
    delay: u64,
    /// Bits per second on the channel, each way.
    #[arg(long, default_value_t = 10_000_000)]
    rate: u64,
    /// Octets of the page.
    #[arg(long, default_value_t = 500_000)]
    page: usize,
    /// Echo requests to send.
    #[arg(long, default_value_t = 10)]
    pings: u16,
    /// Seed of all errors: equal seeds give equal runs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const GROUND: u8 = 1;
const SATELLITE: u8 = 2;
/// Virtual time after which a run has failed.
const DEADLINE: Duration = Duration::from_secs(3_600);

fn main() -> ExitCode {
    let options = Options::parse();
    let page: Vec<u8> = (0..)
        .flat_map(|line: u32| format!("frame {line} of the page\n").into_bytes())
        .take(options.page)
        .collect();
    let mut world = world(&options);

    let mut server = Server::new(&mut world.satellite, &page);
    let mut ping = Ping::new(world.now, &mut world.ground, address(SATELLITE), options.pings);
    let deadline = world.now + DEADLINE;
    if let Some(pinged) = world.run(&mut ping, &mut server, deadline) {
        let lost = pinged.sent - pinged.round_trips.len();
        println!("ping {}: {} sent, {lost} lost", address(SATELLITE), pinged.sent);
        for (round_trip, at) in pinged.round_trips.iter().zip(1..) {
            println!("    {at}: {:.2} ms", round_trip.as_secs_f64() * 1e3);
        }
    }

    let started = world.now;
    let mut client = Client::new(&mut world.ground, address(SATELLITE));
    let deadline = world.now + DEADLINE;
    let fetched = world.run(&mut client, &mut server, deadline);
    let took = world.now.since(started).as_secs_f64();
    let intact = fetched.as_deref() == Some(&page[..]);
    let octets = fetched.map_or(0, |page| page.len());
    println!(
        "GET http://{}/: {octets} octets in {took:.2} s of virtual time, {}",
        address(SATELLITE),
        verdict(intact)
    );
    report("uplink", &world.uplink, &world.satellite.link.counters());
    report("downlink", &world.downlink, &world.ground.link.counters());
    if intact { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn world(options: &Options) -> World {
    let impairments = Impairments {
        rate: Some(options.rate),
        bit_error_rate: options.ber,
        loss: options.loss,
        ..Impairments::default()
    };
    let channel = |stream| {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        rng.set_stream(stream);
        Channel::new(Duration::from_millis(options.delay), impairments, rng)
    };
    let (ground, satellite) = (GROUND.into(), SATELLITE.into());
    World {
        now: Instant::ZERO,
        ground: Host::new(GROUND, &PacketLinkSettings::reed_solomon(ground, satellite)),
        satellite: Host::new(SATELLITE, &PacketLinkSettings::reed_solomon(satellite, ground)),
        uplink: channel(1),
        downlink: channel(2),
    }
}

fn report(name: &str, channel: &Channel<ChaCha8Rng>, received: &PacketLinkCounters) {
    let sent = channel.counters();
    println!(
        "{name}: {} frames sent, {} lost, {} bits flipped; {} frames good, {} missing, {} symbols repaired, {} codeblocks \
         beyond repair",
        sent.sent,
        sent.lost,
        sent.bits_flipped,
        received.frames_received,
        received.frames_missing,
        received.symbols_corrected,
        received.codeblocks_uncorrectable,
    );
}

fn verdict(intact: bool) -> &'static str {
    if intact { "intact" } else { "NOT what was asked for" }
}
