//! Throughput of the bundle layer: codec, security, and routes.

mod bpsec;
mod codec;
mod routing;

use criterion::{criterion_group, criterion_main};

criterion_group!(all, codec::codec, bpsec::bpsec, routing::earliest);
criterion_main!(all);
