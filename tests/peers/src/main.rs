//! Decode with all checks, and encode with check sequences, by all three beside each other.
//!
//! Time is the thread's own processor time, so that a busy machine disturbs less; each figure is the least of 21
//! samples taken in turn. bp7 is asked for its checks too, which it leaves to the caller; ours and hardy's always
//! check.

use bytes::Bytes;
use cpu_time::ThreadTime;
use hardy_bpv7::bpsec::key::KeySet;
use hardy_bpv7::bundle::ParsedBundle;
use spacelink::bundle::{Bundle, CrcType};
use spacelink_bundle_peers::{Spec, by_bp7, by_hardy, by_us};
use std::hint::black_box;
use std::time::Duration;

const SIZES: &[(&str, usize)] = &[("100B", 100), ("1kB", 1_000), ("64kB", 64_000)];

fn main() {
    println!("ns a bundle, CRC-32C on all blocks, least of {SAMPLES} samples of processor time");
    println!("{:<10} {:>12} {:>12} {:>12}", "", "spacelink", "bp7", "hardy-bpv7");
    for &(name, len) in SIZES {
        let payload: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let (source, destination) = ("ipn:1.7", "ipn:2.7");
        let spec = Spec { source, destination, crc: CrcType::Crc32C, extended: false, payload: &payload };
        let ours = by_us(&spec);
        let octets = Bytes::from(ours.encode());
        let mut theirs = by_bp7(&spec);
        let mut room = vec![0; octets.len()];
        let rows: [(&str, [&mut dyn FnMut(); 3]); 2] = [
            (
                "decode",
                [
                    &mut || drop(black_box(Bundle::decode(black_box(&octets).clone()).unwrap())),
                    &mut || {
                        let mut bundle = bp7::Bundle::try_from(&black_box(&octets)[..]).unwrap();
                        assert!(bundle.crc_valid());
                        bundle.validate().unwrap();
                        black_box(bundle);
                    },
                    &mut || {
                        black_box(ParsedBundle::parse_with_keys(black_box(&octets), &KeySet::EMPTY).unwrap());
                    },
                ],
            ),
            (
                "encode",
                [
                    &mut || {
                        black_box(black_box(&ours).encode_into(&mut room).unwrap());
                    },
                    &mut || {
                        black_box(black_box(&mut theirs).to_cbor());
                    },
                    &mut || {
                        black_box(by_hardy(black_box(&spec)));
                    },
                ],
            ),
        ];
        for (what, mut runs) in rows {
            let [ours, bp7, hardy] = side_by_side(&mut runs).map(|time| time.as_nanos());
            println!("{:<10} {ours:>12} {bp7:>12} {hardy:>12}", format!("{what}/{name}"));
        }
    }
}

/// The least time of one call of each, sampled in turn.
fn side_by_side(runs: &mut [&mut dyn FnMut(); 3]) -> [Duration; 3] {
    let calls = runs.each_mut().map(|run| {
        let mut calls = 1;
        while time(run, calls) < Duration::from_millis(5) {
            calls *= 2;
        }
        calls
    });
    let mut samples = [const { Vec::new() }; 3];
    for _ in 0..SAMPLES {
        for ((run, calls), samples) in runs.iter_mut().zip(calls).zip(&mut samples) {
            samples.push(time(run, calls) / calls);
        }
    }
    samples.map(|samples| samples.into_iter().min().unwrap_or_default())
}

fn time(run: &mut &mut dyn FnMut(), calls: u32) -> Duration {
    let start = ThreadTime::now();
    (0..calls).for_each(|_| run());
    start.elapsed()
}

const SAMPLES: usize = 21;
