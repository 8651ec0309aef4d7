use criterion::{BenchmarkId, Criterion, Throughput};
use spacelink::coding::erasure::{Decoder, Encoder, Parameters};
use std::hint::black_box;

use crate::noise;

/// Whole blocks of units of 1 kB, headers and check sequences included; the decoder computes as many as can be lost.
pub fn erasure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("coding/erasure");
    for (data, repair) in [(10, 4), (32, 8)] {
        let parameters = Parameters::checked(data, repair, 1, 1024).unwrap();
        let units: Vec<Vec<u8>> = (0..data).map(|unit| noise(1024, unit.into())).collect();
        let mut out = vec![0; parameters.max_symbol_len()];
        let mut encoder = Encoder::new(parameters);
        let mut symbols: Vec<Vec<u8>> = Vec::new();
        send(&mut encoder, &units, &mut out, |symbol| symbols.push(symbol.to_vec()));
        symbols.drain(..usize::from(repair));

        group.throughput(Throughput::Bytes(1024 * u64::from(data)));
        let shape = format!("{data}+{repair}");
        group.bench_function(BenchmarkId::new("encode", &shape), |b| {
            b.iter(|| send(&mut encoder, &units, &mut out, |symbol| _ = black_box(symbol)));
        });
        group.bench_function(BenchmarkId::new("reconstruct", &shape), |b| {
            let mut decoder = Decoder::new(parameters);
            b.iter(|| {
                decoder.close();
                let mut units = 0;
                for symbol in &symbols {
                    decoder.handle_input(black_box(symbol)).unwrap();
                    while decoder.poll_event().is_some() {
                        units += 1;
                    }
                }
                assert_eq!(units, data);
            });
        });
    }
    group.finish();
}

fn send(encoder: &mut Encoder, units: &[Vec<u8>], out: &mut [u8], mut each: impl FnMut(&[u8])) {
    for unit in units {
        encoder.push(black_box(unit)).unwrap();
        while let Some(len) = encoder.poll_transmit(out) {
            each(&out[..len]);
        }
    }
}
