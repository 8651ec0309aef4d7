use criterion::{Criterion, Throughput};
use spacelink::coding::ldpc::{Code, Decoder, Encoder, Length, Limits, Rate};
use spacelink::coding::soft;
use std::hint::black_box;

use crate::noise;

pub fn ldpc(criterion: &mut Criterion) {
    let deep_space = Code::Ar4ja(Rate::Half, Length::K4096);
    let mut group = criterion.benchmark_group("coding/ldpc_ar4ja_r12_k4096");
    group.throughput(Throughput::Bytes(deep_space.message_len() as u64));
    let encoder = Encoder::new(deep_space);
    let message = noise(deep_space.message_len(), 4);
    let mut codeword = vec![0; deep_space.codeword_len()];
    group
        .bench_function("encode", |b| b.iter(|| encoder.encode(black_box(&message), &mut codeword).unwrap()));
    group.finish();
    decode(criterion, "coding/ldpc_ar4ja_r12_k4096", "decode_10it", deep_space, 1);
    decode(criterion, "coding/ldpc_c2", "decode_10it", Code::C2, 1);
    decode(criterion, "coding/ldpc_tc128", "decode_batch", Code::Tc128, 64);
}

/// Ten iterations without a look whether fewer would do.
fn decode(criterion: &mut Criterion, group: &str, name: &str, code: Code, count: usize) {
    let mut bits = Vec::new();
    for seed in 0..count {
        let mut codeword = vec![0; code.codeword_len()];
        code.encode(&noise(code.message_len(), seed as u64), &mut codeword).unwrap();
        let mut soft_bits = vec![0; code.codeword_bits()];
        soft::from_hard(&codeword, 32, &mut soft_bits);
        // Noise on the bits, a few of them beyond the threshold.
        for (bit, noise) in soft_bits.iter_mut().zip(noise(code.codeword_bits(), 99 + seed as u64)) {
            *bit += (noise % 64) as i8 - 32 - 8 * i8::from(noise > 240) * bit.signum();
        }
        bits.extend(soft_bits);
    }
    let limits = Limits { iterations: 10, stop_early: false };
    let mut decoder = Decoder::new(code).with_limits(limits);
    let mut messages = vec![0; count * code.message_len()];
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Bytes(messages.len() as u64));
    group.bench_function(name, |b| {
        b.iter(|| {
            let mut decoded = 0;
            decoder
                .decode_batch(black_box(&bits), &mut messages, |_, outcome| {
                    decoded += usize::from(outcome.is_ok())
                })
                .unwrap();
            assert_eq!(decoded, count);
        });
    });
    group.finish();
}
