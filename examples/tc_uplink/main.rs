//! Telecommands over a bad link: ground and satellite on real UDP sockets, each datagram lost with some probability.
//!
//!     cargo run --release --example tc_uplink -- [--mission FILE.toml] [--loss P] [--code bch|ldpc128|ldpc512]
//!         [--count N] [--seed N] [--json]
//!
//! The mission's file describes both links; without one it is `examples/missions/tc_uplink.toml`. Ground sends telecommands through COP-1, a CLTU to a datagram; the satellite answers with telemetry whose frames carry
//! CLCWs. Ends by itself: exit code 0 when every telecommand was delivered once and in order.

mod ends;
#[path = "../missions/read.rs"]
mod mission_file;

use clap::{Parser, ValueEnum};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::coding::bch::Mode;
use spacelink::coding::cltu::{CltuCode, CltuParameters, LdpcTail};
use spacelink::link::MissionSettings;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::UdpSocket;

use ends::{Ground, Links, Satellite};

/// Telecommands through COP-1 over lossy UDP, with CLCWs in telemetry the other way.
#[derive(Parser)]
struct Arguments {
    /// Probability that a datagram is lost, each way.
    #[arg(long, default_value_t = 0.2)]
    loss: f64,
    /// Managed parameters of both links, as TOML, or as JSON in a file that is called so.
    #[arg(long)]
    mission: Option<PathBuf>,
    /// Coding of the CLTUs, instead of the mission's.
    #[arg(long, value_enum)]
    code: Option<Code>,
    /// Telecommands to send on each virtual channel.
    #[arg(long, default_value_t = 100)]
    count: u32,
    /// Seed of the losses.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Give up after so many seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Print figures as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Code {
    Bch,
    Ldpc128,
    Ldpc512,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tc_uplink: {error}");
            ExitCode::from(2)
        }
    }
}

/// The links of a mission's file, or of the one that comes with the example.
fn links(mission: Option<&Path>, code: Option<Code>) -> Result<Links, Box<dyn Error>> {
    let MissionSettings { uplink, downlink, .. } = match mission {
        Some(path) => mission_file::read(path)?,
        None => toml::from_str(include_str!("../missions/tc_uplink.toml"))?,
    };
    let mut up = uplink.ok_or("no part `uplink`")?;
    if let Some(code) = code {
        up.coding = CltuParameters::new(match code {
            Code::Bch => CltuCode::Bch { mode: Mode::Correct, randomized: true },
            Code::Ldpc128 => CltuCode::Ldpc128 { tail: LdpcTail::Current },
            Code::Ldpc512 => CltuCode::Ldpc512,
        });
    }
    Ok(Links { up, down: downlink.ok_or("no part `downlink`")? })
}

async fn run(arguments: Arguments) -> Result<bool, Box<dyn Error>> {
    let Arguments { mission, loss, code, count, seed, seconds, json } = arguments;
    if !(0.0..1.0).contains(&loss) {
        return Err(format!("--loss {loss} is not from 0 to below 1").into());
    }
    let links = links(mission.as_deref(), code)?;
    let sockets = [UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?];
    let [ground_address, board_address] = [sockets[0].local_addr()?, sockets[1].local_addr()?];
    let [ground_socket, board_socket] = sockets;
    ground_socket.connect(board_address).await?;
    board_socket.connect(ground_address).await?;
    let rng = |salt| ChaCha8Rng::seed_from_u64(seed.wrapping_mul(2).wrapping_add(salt));
    let mut ground = Ground::new(&links, ground_socket, loss, rng(0), count)?;
    let mut satellite = Satellite::new(&links, board_socket, loss, rng(1))?;

    let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
    while !ground.is_done() && tokio::time::Instant::now() < until {
        tokio::select! {
            stepped = ground.step() => stepped?,
            stepped = satellite.step() => stepped?,
        }
    }
    let delivered = satellite.delivered(count);
    if json {
        println!(
            "{}",
            serde_json::json!({
                "code": format!("{:?}", links.up.coding.code),
                "loss": loss,
                "telecommands": ground.wanted(),
                "confirmed": ground.confirmed(),
                "delivered_once_in_order": delivered,
                "cltus_sent": ground.counters().frames_sent,
                "cltus_lost": ground.lost(),
                "frames_sent_again": ground.counters().frames_sent_again,
                "frames_accepted": satellite.counters().frames_accepted,
                "frames_discarded": satellite.counters().frames_discarded,
                "bits_flipped": ground.flipped(),
                "bits_repaired": satellite.cltu_counters().bits_corrected,
                "telemetry_sent": satellite.sent(),
                "telemetry_lost": satellite.lost(),
                "clcws_taken": ground.counters().clcws,
            })
        );
    } else {
        let (sent, received) = (ground.counters(), satellite.counters());
        println!(
            "up    {} CLTUs sent, {} lost, {} of them frames sent again",
            sent.frames_sent,
            ground.lost(),
            sent.frames_sent_again
        );
        println!(
            "      {} bits flipped, {} repaired",
            ground.flipped(),
            satellite.cltu_counters().bits_corrected
        );
        println!(
            "board {} frames accepted, {} discarded (out of turn or seen before)",
            received.frames_accepted, received.frames_discarded
        );
        println!(
            "down  {} telemetry frames sent, {} lost, {} CLCWs taken",
            satellite.sent(),
            satellite.lost(),
            sent.clcws
        );
        println!("{} of {} telecommands confirmed", ground.confirmed(), ground.wanted());
        println!(
            "{}",
            if delivered { "all delivered once, in order" } else { "NOT all delivered once, in order" }
        );
    }
    Ok(delivered && ground.is_done())
}
