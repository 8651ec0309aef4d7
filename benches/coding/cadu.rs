use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Finder, Marker, SyncParameters};
use spacelink::crc;
use spacelink::frame::aos::{AosFrame, AosParameters, AosSettings};
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
        if coding == rs {
            receive_aos(&mut group, link);
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

/// The chain and the check of the AOS frames that come out of it.
fn receive_aos(group: &mut BenchmarkGroup<'_, WallTime>, link: CaduParameters) {
    let aos = AosParameters::new(AosSettings { fecf: true, ..AosSettings::of_len(1115) }).unwrap();
    let mut stream = Vec::new();
    for seed in 0..FRAMES {
        let mut frame = noise(link.frame_len(), seed as u64);
        frame[0] = 0x40 | frame[0] & 0x3F;
        let (inside, check) = frame.split_at_mut(1113);
        check.copy_from_slice(&crc::fecf(inside).to_be_bytes());
        let mut cadu = vec![0; link.cadu_len()];
        link.encode(&frame, &mut cadu).unwrap();
        stream.extend(cadu);
    }
    let mut receiver = CaduReceiver::with_vec(link, SyncParameters::default());
    let mut receive = || {
        let mut frames = 0;
        receiver.receive(black_box(&stream), |received| {
            frames += usize::from(AosFrame::decode(&aos, received.frame).is_ok());
        });
        frames
    };
    assert!(receive() >= FRAMES - 1);
    group.bench_function(BenchmarkId::from_parameter("clean_aos"), |b| b.iter(&mut receive));
}

const FRAMES: usize = 64;
