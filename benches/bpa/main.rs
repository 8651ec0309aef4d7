//! What an agent forwards in a second, and what its stores take.

mod forward;
mod stores;

use criterion::{criterion_group, criterion_main};

criterion_group!(benches, forward::memory, forward::durable, stores::compared);
criterion_main!(benches);
