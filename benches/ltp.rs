//! Throughput of LTP: segments, and a block across a clean link.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use spacelink::ltp::engine::{Engine, EngineParameters, SpanParameters, TransmissionRequest};
use spacelink::ltp::segment::Segment;
use spacelink::ltp::{ClientServiceId, EngineId};
use spacelink::machine::Machine;
use spacelink::time::Instant;
use spacelink::wire::{Decode, Encode};
use std::hint::black_box;

fn engine(id: u64) -> Engine {
    let rng = ChaCha8Rng::seed_from_u64(id);
    let mut engine = Engine::new(EngineParameters::new(EngineId(id)), Box::new(rng));
    engine.add_span(EngineId(3 - id), SpanParameters::default()).unwrap();
    engine.open_client_service(ClientServiceId::BUNDLE);
    engine
}

fn request(block: &Bytes) -> TransmissionRequest {
    let (to, client_service) = (EngineId(2), ClientServiceId::BUNDLE);
    TransmissionRequest { to, client_service, block: block.clone(), red_len: block.len() as u64 }
}

fn segments(criterion: &mut Criterion) {
    let (mut sender, mut octets) = (engine(1), [0; 2_048]);
    sender.transmit(Instant::ZERO, request(&Bytes::from(vec![7; 10_000]))).unwrap();
    let len = sender.poll_transmit(Instant::ZERO, &mut octets).unwrap().len;
    let (segment, _) = Segment::decode(&octets[..len]).unwrap();
    let mut out = [0; 2_048];
    let mut group = criterion.benchmark_group("ltp/segment");
    group.throughput(Throughput::Bytes(len as u64));
    group.bench_function("decode", |b| {
        b.iter(|| black_box(Segment::decode(black_box(&octets[..len])).is_ok()))
    });
    group.bench_function("encode", |b| b.iter(|| segment.encode(black_box(&mut out)).unwrap()));
    group.finish();
}

fn pair(criterion: &mut Criterion) {
    let block = Bytes::from(vec![7; 1_000_000]);
    let (mut sender, mut receiver, mut out) = (engine(1), engine(2), [0; 2_048]);
    let now = Instant::ZERO;
    let mut group = criterion.benchmark_group("ltp/pair");
    group.throughput(Throughput::Bytes(block.len() as u64));
    group.bench_function("1MB", |b| {
        b.iter(|| {
            sender.transmit(now, request(&block)).unwrap();
            for _ in 0..2 {
                while let Some(sent) = sender.poll_transmit(now, &mut out) {
                    receiver.handle_input(now, &out[..sent.len]).unwrap();
                }
                while let Some(sent) = receiver.poll_transmit(now, &mut out) {
                    sender.handle_input(now, &out[..sent.len]).unwrap();
                }
            }
            while sender.poll_event().is_some() {}
            while receiver.poll_event().is_some() {}
        });
    });
    group.finish();
}

criterion_group!(all, segments, pair);
criterion_main!(all);
