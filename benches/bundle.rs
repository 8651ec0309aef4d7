//! Throughput of the bundle layer.

use criterion::{Criterion, criterion_group, criterion_main};

fn benches(_criterion: &mut Criterion) {}

criterion_group!(all, benches);
criterion_main!(all);
