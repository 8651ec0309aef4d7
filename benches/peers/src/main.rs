//! Codes of other projects and ours, side by side in one run: information bits per second of thread CPU time, the
//! median of several samples of many calls each.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml [part of a name]`; needs Debian's `libfec-dev`.
//! Each code has a module that hands its contestants to [`Report::row`].

mod ldpc;
mod measure;
mod receive_chain;
mod reed_solomon;
mod turbo;
mod viterbi;

use measure::Report;

fn main() {
    let mut report = Report::new(std::env::args().nth(1));
    reed_solomon::compare(&mut report);
    receive_chain::compare(&mut report);
    viterbi::compare(&mut report);
    ldpc::compare(&mut report);
    turbo::measure(&mut report);
}

/// Octets that look random.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(len)
    .collect()
}
