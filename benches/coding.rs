//! Throughput of the coding layer, in information octets.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Finder, Marker, SyncParameters};
use std::hint::black_box;

fn reed_solomon(criterion: &mut Criterion) {
    let rs = Interleaved::new(Code::E16, Basis::Dual, 5, 0).unwrap();
    let frame = noise(rs.frame_len(), 1);
    let mut codeblock = vec![0; rs.codeblock_len()];
    rs.encode(&frame, &mut codeblock).unwrap();

    let mut group = criterion.benchmark_group("coding/rs255_223_i5");
    group.throughput(Throughput::Bytes(frame.len() as u64));
    let mut out = codeblock.clone();
    group.bench_function("encode", |b| b.iter(|| rs.encode(black_box(&frame), &mut out).unwrap()));
    for (name, errors) in [("decode_clean", 0), ("decode_8", 8), ("decode_16", 16)] {
        let received = with_errors(&codeblock, rs.depth(), errors);
        let mut block = received.clone();
        rs.correct(&mut block, &[]).unwrap();
        assert_eq!(block, codeblock);
        group.bench_function(name, |b| {
            b.iter(|| {
                block.copy_from_slice(black_box(&received));
                rs.correct(&mut block, &[]).unwrap()
            });
        });
    }
    group.finish();
}

fn randomizer(criterion: &mut Criterion) {
    let mut octets = noise(1275, 2);
    let mut group = criterion.benchmark_group("coding/randomizer");
    group.throughput(Throughput::Bytes(octets.len() as u64));
    group.bench_function("tm", |b| b.iter(|| Randomizer::Tm.apply(black_box(&mut octets))));
    group.bench_function("tm_legacy", |b| b.iter(|| Randomizer::TmLegacy.apply(black_box(&mut octets))));
    group.finish();
}

fn receiver(criterion: &mut Criterion) {
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

/// `errors` wrong symbols in each codeword, at places spread over it.
fn with_errors(codeblock: &[u8], depth: usize, errors: usize) -> Vec<u8> {
    let mut received = codeblock.to_vec();
    for codeword in 0..depth {
        for error in 0..errors {
            received[(error * 15 + codeword) * depth + codeword] ^= 0x5A + error as u8;
        }
    }
    received
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

criterion_group!(benches, reed_solomon, randomizer, receiver);
criterion_main!(benches);
