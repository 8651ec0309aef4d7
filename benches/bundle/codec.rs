//! Reading and writing bundles with CRC-32C on all blocks.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput};
use spacelink::bundle::{Bundle, BundleReader, CreationTimestamp, Rules};
use spacelink::time::DtnTime;
use std::hint::black_box;

const SIZES: &[(&str, usize)] = &[("100B", 100), ("1kB", 1_000), ("64kB", 64_000)];

pub fn bundle_of(len: usize) -> Bundle {
    Bundle::builder("ipn:1.7".parse().unwrap(), "ipn:2.7".parse().unwrap())
        .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 1 })
        .payload((0..len).map(|at| at as u8).collect::<Vec<_>>())
        .build()
        .unwrap()
}

/// `bundle/decode`, `bundle/encode`, and `bundle/stream`: read in pieces of 1,400 octets, as they come off a link.
pub fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bundle");
    for &(name, len) in SIZES {
        let bundle = bundle_of(len);
        let octets = Bytes::from(bundle.encode());
        group.throughput(Throughput::Bytes(octets.len() as u64));
        group.bench_function(BenchmarkId::new("decode", name), |bencher| {
            bencher.iter(|| Bundle::decode(black_box(&octets).clone()).unwrap());
        });
        let mut out = vec![0; octets.len()];
        group.bench_function(BenchmarkId::new("encode", name), |bencher| {
            bencher.iter(|| black_box(&bundle).encode_into(black_box(&mut out)).unwrap());
        });
        group.bench_function(BenchmarkId::new("stream", name), |bencher| {
            bencher.iter(|| {
                let mut reader = BundleReader::new(Rules::STRICT);
                for mut piece in black_box(&octets).chunks(1_400) {
                    while reader.read(&mut piece).unwrap().is_some() {}
                }
                reader.finish().unwrap()
            });
        });
    }
    group.finish();
}
