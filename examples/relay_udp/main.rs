//! A relay between UDP sockets: datagrams of bundles or LTP segments on one side, coded frames on the other, and a
//! bad link in between.
//!
//!     cargo run --release --example relay_udp -- --datagrams ADDR --datagrams-to ADDR
//!         --frames ADDR --frames-to ADDR [--ber P] [--loss P] [--delay MS] [--rate BPS] [--seed N]
//!         [--seconds S] [--config FILE.toml]
//!
//! A datagram that comes in is put into an encapsulation packet, the packet into AOS frames, each frame into a CADU,
//! and the CADU goes through the impairments and out as a datagram of the other side. What comes in there takes the
//! same way back. Two relays, frames to frames, make a space link between any two bundle nodes that speak UDP.

mod options;
mod relay;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use options::{Arguments, Options};
use relay::Relay;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay_udp: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let options = Options::from_arguments(arguments)?;
    let mut relay = Relay::bind(&options).await?;
    println!("datagrams {} <-> {}", options.datagrams, options.datagrams_to);
    println!("frames    {} <-> {}", options.frames, options.frames_to);
    let line =
        ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{elapsed_precise} {msg}")?);
    let until = options.seconds.map(|seconds| tokio::time::Instant::now() + Duration::from_secs(seconds));
    let mut shown = tokio::time::Instant::now();
    loop {
        if until.is_some_and(|until| tokio::time::Instant::now() >= until) {
            break;
        }
        tokio::select! {
            stepped = relay.step() => stepped?,
            () = tokio::time::sleep(SHOW_EVERY) => {}
            stopped = tokio::signal::ctrl_c() => {
                stopped?;
                break;
            }
        }
        if shown.elapsed() >= SHOW_EVERY {
            shown = tokio::time::Instant::now();
            line.set_message(relay.figures().to_string());
        }
    }
    line.finish_and_clear();
    println!("{}", relay.figures());
    Ok(())
}

const SHOW_EVERY: Duration = Duration::from_millis(500);
