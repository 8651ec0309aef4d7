//! Telecommands over a bad link: ground and satellite on real UDP sockets, each datagram lost with some probability.
//!
//!     cargo run --release --example tc_uplink -- [--loss P] [--code bch|ldpc128|ldpc512] [--count N] [--seed N] [--json]
//!
//! Ground sends telecommands through COP-1, a CLTU to a datagram; the satellite answers with telemetry whose frames carry
//! CLCWs. Ends by itself: exit code 0 when every telecommand was delivered once and in order.

mod ends;

use clap::{Parser, ValueEnum};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::coding::bch::Mode;
use spacelink::coding::cltu::{CltuCode, LdpcTail};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::UdpSocket;

use ends::{Ground, Satellite, link};

/// Telecommands through COP-1 over lossy UDP, with CLCWs in telemetry the other way.
#[derive(Parser)]
struct Arguments {
    /// Probability that a datagram is lost, each way.
    #[arg(long, default_value_t = 0.2)]
    loss: f64,
    /// Coding of the CLTUs.
    #[arg(long, value_enum, default_value_t = Code::Bch)]
    code: Code,
    /// Telecommands to send on each of two virtual channels.
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

async fn run(arguments: Arguments) -> Result<bool, Box<dyn Error>> {
    let Arguments { loss, code, count, seed, seconds, json } = arguments;
    if !(0.0..1.0).contains(&loss) {
        return Err(format!("--loss {loss} is not from 0 to below 1").into());
    }
    let cltu = match code {
        Code::Bch => CltuCode::Bch { mode: Mode::Correct, randomized: true },
        Code::Ldpc128 => CltuCode::Ldpc128(LdpcTail::Current),
        Code::Ldpc512 => CltuCode::Ldpc512,
    };
    let link = link(cltu);
    let sockets = [UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?];
    let [ground_address, board_address] = [sockets[0].local_addr()?, sockets[1].local_addr()?];
    let [ground_socket, board_socket] = sockets;
    ground_socket.connect(board_address).await?;
    board_socket.connect(ground_address).await?;
    let rng = |salt| ChaCha8Rng::seed_from_u64(seed.wrapping_mul(2).wrapping_add(salt));
    let mut ground = Ground::new(&link, ground_socket, loss, rng(0), count)?;
    let mut satellite = Satellite::new(&link, board_socket, loss, rng(1))?;

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
                "code": format!("{code:?}"),
                "loss": loss,
                "telecommands": 2 * count,
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
        println!("{} of {} telecommands confirmed", ground.confirmed(), 2 * count);
        println!(
            "{}",
            if delivered { "all delivered once, in order" } else { "NOT all delivered once, in order" }
        );
    }
    Ok(delivered && ground.is_done())
}
