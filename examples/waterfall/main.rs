//! Runs codes over a Gaussian channel and draws their error rates.
//!
//!     cargo run --release --example waterfall -- --code ldpc-ar4ja-1/2-1024 --ebn0 1.4:2.0:0.2 --seed 1
//!
//! Prints a table and writes `waterfall.svg` and a CSV of each code: the curve, beside uncoded transmission (black),
//! the limit for codes of that length (dashed) and the point that others reach (cross). `--list` names the codes.
//! Equal seeds give equal counts, on any number of workers.

mod candidate;
mod channel;
mod plot;
mod run;
mod theory;

use candidate::{ENTRIES, Entry};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use plot::Curve;
use run::{Counts, Effort};
use std::error::Error;
use std::path::PathBuf;

#[derive(Parser)]
#[command(about = "Runs codes over a Gaussian channel and draws their error rates")]
struct Arguments {
    /// Names the codes and ends.
    #[arg(long)]
    list: bool,
    /// A code, by the name that --list gives; may be repeated. NAME@FIRST:LAST:STEP has points of its own.
    #[arg(long)]
    code: Vec<String>,
    /// First, last and step of Eb/N0 in decibels; around the anchor when it is not given.
    #[arg(long, value_parser = ratios, allow_hyphen_values = true)]
    ebn0: Option<Ratios>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A point ends after so many wrong codewords,
    #[arg(long, default_value_t = 50)]
    max_errors: u64,
    /// or so many codewords.
    #[arg(long, default_value_t = 1_000_000)]
    max_words: u64,
    /// Threads; as many as there are processors when it is not given.
    #[arg(long)]
    workers: Option<usize>,
    /// Folder for the files.
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

/// Points along the axis, in hundredths of a decibel.
#[derive(Clone, Copy)]
struct Ratios {
    first: i32,
    last: i32,
    step: i32,
}

impl Ratios {
    fn iter(self) -> impl Iterator<Item = f64> {
        (self.first..=self.last)
            .step_by(self.step.unsigned_abs() as usize)
            .map(|ratio| f64::from(ratio) / 100.0)
    }
}

fn ratios(text: &str) -> Result<Ratios, String> {
    let hundredths = |part: &str| {
        let value = part.parse::<f64>().map_err(|error| format!("{part}: {error}"))?;
        if value.abs() < 100.0 {
            Ok((value * 100.0).round() as i32)
        } else {
            Err(format!("{part} dB is too much"))
        }
    };
    let parts = text.split(':').map(hundredths).collect::<Result<Vec<_>, _>>()?;
    let ratios = match *parts {
        [only] => Ratios { first: only, last: only, step: 1 },
        [first, last, step] => Ratios { first, last, step },
        _ => return Err("expected FIRST:LAST:STEP".into()),
    };
    if ratios.step < 1 || ratios.last < ratios.first {
        return Err("expected FIRST up to LAST in steps above 0.01".into());
    }
    Ok(ratios)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if arguments.list {
        for Entry { name, anchor, .. } in ENTRIES {
            let anchor = anchor.map(|anchor| {
                let what = if anchor.bits { "bits" } else { "codewords" };
                format!("{:e} of {what} at {} dB: {}", anchor.rate, anchor.ebn0, anchor.source)
            });
            println!("{name:<22} {}", anchor.unwrap_or_default());
        }
        return Ok(());
    }
    let workers = arguments.workers.or_else(|| Some(std::thread::available_parallelism().ok()?.get()));
    let effort = Effort {
        seed: arguments.seed,
        workers: workers.unwrap_or(1).max(1),
        max_errors: arguments.max_errors.max(1),
        max_words: arguments.max_words.max(1),
    };
    let mut entries = Vec::new();
    for code in &arguments.code {
        let (name, own) = match code.split_once('@') {
            Some((name, own)) => (name, Some(ratios(own)?)),
            None => (code.as_str(), arguments.ebn0),
        };
        let entry = ENTRIES.iter().find(|entry| entry.name == name);
        entries.push((entry.ok_or_else(|| format!("no code has the name {name}; --list names them"))?, own));
    }
    if entries.is_empty() {
        return Err("which --code? --list names them".into());
    }
    std::fs::create_dir_all(&arguments.out)?;
    let mut curves = Vec::new();
    for (entry, own) in entries {
        let ratios = match (own, entry.anchor) {
            (Some(ratios), _) => ratios,
            (None, Some(anchor)) => {
                let middle = (anchor.ebn0 * 100.0).round() as i32;
                Ratios { first: middle - 40, last: middle + 10, step: 10 }
            }
            (None, None) => {
                return Err(format!("{} has no anchor: --ebn0 FIRST:LAST:STEP", entry.name).into());
            }
        };
        let curve = measure(entry, ratios, effort)?;
        plot::csv(&curve, &arguments.out.join(format!("{}.csv", entry.name.replace('/', "-"))))?;
        curves.push(curve);
    }
    plot::svg(&curves, &arguments.out.join("waterfall.svg"))
}

/// Runs all points of one code and prints them.
fn measure(entry: &Entry, ratios: Ratios, effort: Effort) -> Result<Curve, Box<dyn Error>> {
    let candidate = (entry.build)();
    let mut curve = Curve {
        name: entry.name,
        rate: 8.0 * candidate.message_len() as f64 / candidate.symbols() as f64,
        symbols: candidate.symbols() / candidate.words(),
        anchor: entry.anchor,
        points: Vec::new(),
    };
    println!(
        "{}: {} bits in {} symbols",
        curve.name,
        candidate.message_len() * 8 / candidate.words(),
        curve.symbols
    );
    println!("  Eb/N0   codewords  errors  undetected       CER       BER  iterations   uncoded     limit");
    for ebn0 in ratios.iter() {
        let bar = ProgressBar::new(effort.max_errors);
        bar.set_style(ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} errors, {elapsed}")?);
        let counts = run::point(entry, ebn0, effort, |counts| {
            bar.set_position(counts.word_errors);
            bar.set_message(format!("{ebn0:.2} dB, {} codewords", counts.words));
        });
        bar.finish_and_clear();
        print_point(&curve, ebn0, &counts);
        curve.points.push((ebn0, counts));
    }
    let (rate, what) = if curve.counts_bits() { (1e-5, "bits") } else { (1e-4, "codewords") };
    if let Some((ebn0, within)) = curve.crossing(rate) {
        let how = if within { "between two points" } else { "beyond the last point" };
        print!("  {rate:e} of {what} at {ebn0:.2} dB ({how})");
        match curve.anchor {
            Some(anchor) => println!("; anchor {} dB: {}", anchor.ebn0, anchor.source),
            None => println!(),
        }
    }
    Ok(curve)
}

fn print_point(curve: &Curve, ebn0: f64, counts: &Counts) {
    println!(
        "  {ebn0:5.2}  {:>10}  {:>6}  {:>10}  {:>8.1e}  {:>8.1e}  {:>10.1}  {:>8.1e}  {:>8.1e}",
        counts.words,
        counts.word_errors,
        counts.undetected,
        counts.word_error_rate(),
        counts.bit_error_rate(),
        counts.iterations as f64 / counts.words.max(1) as f64,
        theory::uncoded(ebn0),
        theory::limit(ebn0, curve.rate, curve.symbols),
    );
}
