//! Runs files of test vectors through the public API and says what agrees.
//!
//!     cargo run --release --example conformance -- PATH…
//!
//! PATH is a vector file or a folder of them; a file's name tells its kind. Prints a line for each file, the first
//! few failures with expected and found, and last of all a total line. Exits 1 if anything failed.

mod kinds;
mod runner;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        eprintln!("usage: conformance PATH…   (vector files, or folders of them)");
        return ExitCode::from(2);
    }
    let mut total = runner::Tally::default();
    for file in paths.iter().flat_map(|path| vector_files(path)) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let tally = runner::run_file(&name, &file);
        println!("{name}: {tally}");
        for note in &tally.notes {
            println!("    {note}");
        }
        for failure in tally.failures.iter().take(SHOWN) {
            println!("    {failure}");
        }
        if tally.failures.len() > SHOWN {
            println!("    … and {} more", tally.failures.len() - SHOWN);
        }
        total.add(&tally);
    }
    println!("{total}");
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many failures of a file are printed.
const SHOWN: usize = 5;

/// The vector files at `path`, sorted by name. A path that is not there is kept, to be reported as a failure.
fn vector_files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
}
