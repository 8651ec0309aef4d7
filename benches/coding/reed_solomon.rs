use criterion::{Criterion, Throughput};
use spacelink::coding::rs::{Basis, Code, Interleaved};
use std::hint::black_box;

use crate::noise;

pub fn reed_solomon(criterion: &mut Criterion) {
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
