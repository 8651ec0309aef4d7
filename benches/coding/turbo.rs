use criterion::{Criterion, Throughput};
use spacelink::coding::KernelLevel;
use spacelink::coding::turbo::{Code, Decoder, Rate};
use std::hint::black_box;

use crate::noise;

/// Ten iterations, none spared by ending early, on every kernel of this machine.
pub fn turbo(criterion: &mut Criterion) {
    let code = Code::new(Rate::Half, 8920).unwrap();
    let message = noise(code.message_bits() / 8, 1);
    let mut codeword = vec![0; code.codeword_len()];
    code.encode(&message, &mut codeword).unwrap();

    let mut group = criterion.benchmark_group("coding/turbo_r12_k8920");
    group.throughput(Throughput::Bytes(message.len() as u64));
    group.bench_function("encode", |b| {
        b.iter(|| code.encode(black_box(&message), &mut codeword).unwrap());
    });
    let received = received(&codeword, code.codeword_bits());
    let mut out = vec![0; message.len()];
    for level in KernelLevel::available() {
        let decoder = Decoder::new(code).with_max_iterations(10);
        let mut decoder = decoder.with_level(level).unwrap().with_early_stop(false);
        decoder.decode(&received, &mut out).unwrap();
        assert_eq!(out, message);
        let name = if level == KernelLevel::best() {
            "decode_10it".into()
        } else {
            format!("decode_10it/{level:?}")
        };
        group.bench_function(name, |b| b.iter(|| decoder.decode(black_box(&received), &mut out).unwrap()));
    }
    group.finish();
}

/// Soft bits with as much noise as the code stands: 1 in 12 is wrong.
fn received(codeword: &[u8], bits: usize) -> Vec<i8> {
    let doubts = noise(3 * bits, 2);
    let noisy = |(at, doubt): (usize, &[u8])| {
        // The sum of three octets is nearly normal, with a mean of 382 and a deviation of 128.
        let noise = doubt.iter().map(|&octet| i16::from(octet)).sum::<i16>() - 382;
        let sent = if codeword[at / 8] >> (7 - at % 8) & 1 == 1 { -178 } else { 178 };
        ((sent + noise) / 5).clamp(-127, 127) as i8
    };
    doubts.chunks_exact(3).enumerate().map(noisy).collect()
}
