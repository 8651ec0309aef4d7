//! Throughput of the coding layer, in information octets. One file per code.

mod cadu;
mod convolutional;
mod erasure;
mod ldpc;
mod reed_solomon;
mod turbo;

use criterion::{criterion_group, criterion_main};

/// Octets that look random.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
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

criterion_group!(
    benches,
    convolutional::convolutional,
    reed_solomon::reed_solomon,
    cadu::randomizer,
    cadu::receiver,
    ldpc::ldpc,
    turbo::turbo,
    erasure::erasure
);
criterion_main!(benches);
