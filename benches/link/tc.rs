//! Telecommand frames into CLTUs and out of them.

use criterion::{Criterion, Throughput};
use spacelink::coding::bch::Mode;
use spacelink::coding::cltu::{CltuCode, CltuEncoder, CltuParameters, CltuReceiver, Judgement, LdpcTail};
use spacelink::frame::tc::{TcFrame, TcHeader, TcKind, TcParameters, TcSettings};
use spacelink::frame::{Scid, Vcid};
use std::hint::black_box;

pub fn tc_cltu(criterion: &mut Criterion) {
    let frames = TcParameters::new(TcSettings { fecf: true, ..TcSettings::default() }).unwrap();
    let header = TcHeader { scid: Scid(42), vcid: Vcid::new(1).unwrap(), kind: TcKind::Ad { ns: 7 } };
    let data = [0xA7; 1_017];
    for (suffix, code) in [
        ("", CltuCode::Bch { mode: Mode::Correct, randomized: true }),
        ("_ldpc128", CltuCode::Ldpc128 { tail: LdpcTail::Current }),
    ] {
        let link = CltuParameters::new(code);
        let encoder = CltuEncoder::new(link);
        let (mut frame, mut cltu) = ([0; 1_024], vec![0; link.cltu_len(1_024)]);
        let mut group = criterion.benchmark_group(format!("link/tc_cltu{suffix}"));
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function("encode", |b| {
            b.iter(|| {
                let len = TcFrame { header, data: black_box(&data) }.encode(&frames, &mut frame).unwrap();
                encoder.encode(&frame[..len], black_box(&mut cltu)).unwrap()
            });
        });
        let mut receiver = CltuReceiver::with_vec(link, 2_048);
        group.bench_function("decode", |b| {
            b.iter(|| {
                let mut good = 0;
                receiver.push_octets(black_box(&cltu), |found| {
                    good += usize::from(TcFrame::decode(&frames, found.octets).is_ok());
                    Judgement::Taken(1_024)
                });
                // Without a tail in sight the last would wait for more.
                receiver.flush(|_| Judgement::Abandoned);
                assert_eq!(good, 1);
            });
        });
        group.finish();
    }
}
