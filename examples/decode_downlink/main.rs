//! Reads a recording of a spacecraft's telemetry and says what is in it: frames, gaps, packets, control words, link
//! quality. For channel symbols, CADUs or frames, as the mission's file says.
//!
//!     cargo run --release --example decode_downlink -- --mission FILE.toml [--json] [--packets OUT_DIR] INPUT
//!     cargo run --release --example decode_downlink -- --frames-json INDEX.json
//!
//! INPUT `-` is standard input. Memory does not grow with the recording. With `--frames-json` every recording of an
//! index is decoded, by what the index says of its link, and compared with what the index expects; the exit code is 1
//! when any differs. `examples/missions` has files to start from.

mod decode;
mod index;
#[path = "../missions/read.rs"]
mod mission_file;
mod packets;
mod report;
mod table;

use clap::Parser;
use decode::Wanted;
use indicatif::{ProgressBar, ProgressStyle};
use packets::PacketFiles;
use spacelink::link::MissionSettings;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Decodes a recording of telemetry, from symbols, CADUs or frames to packets")]
struct Arguments {
    /// Managed parameters of the link, as TOML, or as JSON in a file that is called so
    #[arg(long, required_unless_present = "frames_json", conflicts_with = "frames_json")]
    mission: Option<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// Write packets there, a file a virtual channel, idle ones left out
    #[arg(long, value_name = "OUT_DIR", conflicts_with = "frames_json")]
    packets: Option<PathBuf>,
    /// Decode and compare every recording of this index
    #[arg(long, value_name = "INDEX.json", conflicts_with = "input")]
    frames_json: Option<PathBuf>,
    /// The recording; `-` for standard input
    #[arg(required_unless_present = "frames_json")]
    input: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match (&arguments.frames_json, &arguments.mission, &arguments.input) {
        (Some(index), ..) => index::compare(index, arguments.json),
        (None, Some(mission), Some(input)) => decode_one(&arguments, mission, input).map(|()| true),
        // The command line is refused before.
        _ => Ok(false),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("decode_downlink: {error}");
            ExitCode::FAILURE
        }
    }
}

fn decode_one(arguments: &Arguments, mission: &Path, input: &Path) -> Result<(), Box<dyn Error>> {
    let MissionSettings { mission: name, downlink, .. } = mission_file::read(mission)?;
    let settings = downlink.ok_or_else(|| format!("{}: no part `downlink`", mission.display()))?;
    let mut files = arguments.packets.as_deref().map(PacketFiles::new).transpose()?;
    let (recording, progress) = open(input)?;
    let wanted = if arguments.json { Wanted::Hashes } else { Wanted::Counts };
    let decoded = decode::decode(&settings, progress.wrap_read(recording), wanted, files.as_mut())?;
    progress.finish_and_clear();
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report::Report::of(&name, &settings, &decoded))?);
    } else {
        table::print(&name, &decoded)?;
    }
    Ok(())
}

/// The recording, and a progress bar that shows itself on a terminal when there is much to read.
fn open(input: &Path) -> Result<(Box<dyn Read>, ProgressBar), Box<dyn Error>> {
    const LONG: u64 = 16 << 20;
    if input == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), ProgressBar::hidden()));
    }
    let named = |error: io::Error| format!("{}: {error}", input.display());
    let file = File::open(input).map_err(named)?;
    let len = file.metadata().map_err(named)?.len();
    let progress = if len < LONG { ProgressBar::hidden() } else { ProgressBar::new(len) };
    let style = "{wide_bar} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left";
    progress.set_style(ProgressStyle::with_template(style)?);
    Ok((Box::new(file), progress))
}
