use criterion::{BenchmarkId, Criterion, Throughput};
use spacelink::coding::convolutional::{Convolutional, Encoder, Rate, Viterbi};
use spacelink::coding::{KernelLevel, soft};
use std::hint::black_box;

use crate::noise;

pub fn convolutional(criterion: &mut Criterion) {
    let data = noise(1 << 15, 4);
    for rate in Rate::ALL {
        let code = Convolutional::ccsds(rate);
        let name = format!("coding/viterbi_k7_r{}{}", rate.period_bits(), rate.period_symbols());
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(data.len() as u64));
        let mut encoder = Encoder::new(code);
        let mut symbols = vec![0; 2 * data.len()];
        group.bench_function("encode", |b| {
            b.iter(|| encoder.encode(black_box(&data), &mut symbols).unwrap());
        });
        let mut encoder = Encoder::new(code);
        let len = encoder.encode(&data, &mut symbols).unwrap();
        let mut received = vec![0; 8 * len];
        soft::from_hard(&symbols, 60, &mut received);
        for (soft, noise) in received.iter_mut().zip(noise(8 * len, 5).chunks(2)) {
            *soft = soft.saturating_add(noise[0] as i8 / 8);
        }
        let mut decoder = Viterbi::with_vec(code);
        group.bench_function("stream", |b| {
            b.iter(|| {
                decoder.decode(black_box(&received), |decoded| {
                    black_box(decoded);
                })
            });
        });
        if rate == Rate::R1_2 {
            for level in KernelLevel::available() {
                let mut decoder = Viterbi::with_level(code, level).unwrap();
                group.bench_function(BenchmarkId::new("stream", format!("{level:?}")), |b| {
                    b.iter(|| {
                        decoder.decode(black_box(&received), |decoded| {
                            black_box(decoded);
                        })
                    });
                });
            }
        }
        group.finish();
    }
}
