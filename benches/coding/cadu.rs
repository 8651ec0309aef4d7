use criterion::{BenchmarkId, Criterion, Throughput};
use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Finder, Marker, SyncParameters};
use std::hint::black_box;

use crate::noise;

pub fn randomizer(criterion: &mut Criterion) {
    let mut octets = noise(1275, 2);
    let mut group = criterion.benchmark_group("coding/randomizer");
    group.throughput(Throughput::Bytes(octets.len() as u64));
    group.bench_function("tm", |b| b.iter(|| Randomizer::Tm.apply(black_box(&mut octets))));
    group.bench_function("tm_legacy", |b| b.iter(|| Randomizer::TmLegacy.apply(black_box(&mut octets))));
    group.finish();
}

pub fn receiver(criterion: &mut Criterion) {
    let rs = Coding::ReedSolomon(Interleaved::new(Code::E16, Basis::Dual, 5, 0).unwrap());
    let uncoded = Coding::Uncoded { frame_len: 1115 };
    for (name, coding) in [("coding/cadu_rx_rs_i5", rs), ("coding/cadu_rx_uncoded", uncoded)] {
        let link = CaduParameters::checked(coding, Some(Randomizer::Tm), Marker::ASM_32).unwrap();
        let mut aligned = Vec::new();
        for seed in 0..FRAMES {
            let mut cadu = vec![0; link.cadu_len()];
            link.encode(&noise(link.frame_len(), seed as u64), &mut cadu).unwrap();
            aligned.extend(cadu);
        }
        let shifted: Vec<u8> =
            aligned.iter().zip(aligned[1..].iter().chain(&aligned)).map(|(a, b)| a << 3 | b >> 5).collect();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes((FRAMES * link.frame_len()) as u64));
        for (name, stream) in [("clean", &aligned), ("clean_any_bit", &shifted)] {
            let mut receiver = CaduReceiver::with_vec(link, SyncParameters::default());
            receiver.receive(stream, |_| ());
            group.bench_function(BenchmarkId::from_parameter(name), |b| {
                b.iter(|| {
                    let mut frames = 0;
                    receiver.receive(black_box(stream), |frame| frames += frame.frame.len());
                    frames
                });
            });
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("coding/marker_search");
    let octets = noise(1 << 16, 9);
    let finder = Finder::new(&Marker::ASM_32, 0, true);
    group.throughput(Throughput::Bytes(octets.len() as u64));
    group.bench_function("noise", |b| {
        b.iter(|| finder.find(black_box(&octets), 0));
    });
    group.finish();
}

const FRAMES: usize = 64;
