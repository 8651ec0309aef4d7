//! What the relay is told, on the command line or in a TOML file of the same names. The command line wins.

use clap::Parser;
use serde::Deserialize;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Parser, Deserialize, Default)]
#[command(about = "Bridges UDP datagrams and coded frames, with a bad link in between")]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Arguments {
    /// Own address on the side of bundles or LTP segments
    #[arg(long)]
    datagrams: Option<SocketAddr>,
    /// Where that side's datagrams go
    #[arg(long)]
    datagrams_to: Option<SocketAddr>,
    /// Own address on the side of coded frames
    #[arg(long)]
    frames: Option<SocketAddr>,
    /// Where frames go
    #[arg(long)]
    frames_to: Option<SocketAddr>,
    /// Bit error rate of frames sent
    #[arg(long)]
    ber: Option<f64>,
    /// Part of the frames sent that is lost
    #[arg(long)]
    loss: Option<f64>,
    /// Delay of frames sent, in milliseconds
    #[arg(long)]
    delay: Option<u64>,
    /// Bits a second of frames sent
    #[arg(long)]
    rate: Option<u64>,
    /// Seed of the impairments
    #[arg(long)]
    seed: Option<u64>,
    /// Stops after so long; else on Ctrl-C
    #[arg(long)]
    seconds: Option<u64>,
    /// A TOML file with any of these
    #[arg(long)]
    #[serde(skip)]
    config: Option<PathBuf>,
}

/// The same, complete and checked.
pub struct Options {
    pub datagrams: SocketAddr,
    pub datagrams_to: SocketAddr,
    pub frames: SocketAddr,
    pub frames_to: SocketAddr,
    pub ber: f64,
    pub loss: f64,
    pub delay: u64,
    pub rate: u64,
    pub seed: u64,
    pub seconds: Option<u64>,
}

impl Options {
    pub fn from_arguments(given: Arguments) -> Result<Self, Box<dyn Error>> {
        let file = match &given.config {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?
            }
            None => Arguments::default(),
        };
        let address = |name: &str, given: Option<SocketAddr>, file: Option<SocketAddr>| {
            given.or(file).ok_or_else(|| format!("--{name} is missing"))
        };
        let options = Self {
            datagrams: address("datagrams", given.datagrams, file.datagrams)?,
            datagrams_to: address("datagrams-to", given.datagrams_to, file.datagrams_to)?,
            frames: address("frames", given.frames, file.frames)?,
            frames_to: address("frames-to", given.frames_to, file.frames_to)?,
            ber: given.ber.or(file.ber).unwrap_or(0.0),
            loss: given.loss.or(file.loss).unwrap_or(0.0),
            delay: given.delay.or(file.delay).unwrap_or(0),
            rate: given.rate.or(file.rate).unwrap_or(50_000_000),
            seed: given.seed.or(file.seed).unwrap_or(1),
            seconds: given.seconds.or(file.seconds),
        };
        for (name, value) in [("ber", options.ber), ("loss", options.loss)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("--{name} is {value}, not between 0 and 1").into());
            }
        }
        if options.rate == 0 {
            return Err("--rate is 0".into());
        }
        Ok(options)
    }
}
