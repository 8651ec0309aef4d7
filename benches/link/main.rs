//! Throughput of the link layer: packets into frames and out, and the whole chain to CADUs and back.

mod frames;
mod tc;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spacelink::frame::aos::{AosParameters, AosSettings};
use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings};
use spacelink::frame::send::{ChannelSettings, Multiplexer};
use spacelink::frame::{Scid, Vcid};
use spacelink::link::{PacketLink, PacketLinkSettings};
use spacelink::packet::EncapsulationPacket;
use spacelink::wire::Encode;
use std::hint::black_box;

/// A packet that just fills the zone of a frame of 1115 octets with check sequence.
fn packet() -> Bytes {
    EncapsulationPacket::ltp(&[0x5A; 1_101]).unwrap().to_vec().unwrap().into()
}

fn aos_mpdu(criterion: &mut Criterion) {
    let parameters = AosParameters::new(AosSettings { fecf: true, ..AosSettings::of_len(1_115) }).unwrap();
    let vcid = Vcid::new(1).unwrap();
    let mut sender = Multiplexer::new(parameters, Scid(1), &[ChannelSettings::new(vcid)]).unwrap();
    let (packet, mut frame) = (packet(), [0; 1_115]);
    let mut group = criterion.benchmark_group("link/aos_mpdu");
    group.throughput(Throughput::Bytes(packet.len() as u64));
    group.bench_function("insert", |b| {
        b.iter(|| {
            sender.enqueue(vcid, packet.clone()).unwrap();
            sender.poll_transmit(black_box(&mut frame)).unwrap()
        });
    });
    let mut receiver = Demultiplexer::new(parameters, Scid(1), DemultiplexerSettings::default());
    let frames: Vec<[u8; 1_115]> = (0..256)
        .map(|_| {
            sender.enqueue(vcid, packet.clone()).unwrap();
            sender.poll_transmit(&mut frame).unwrap();
            frame
        })
        .collect();
    let mut frames = frames.iter().cycle();
    group.bench_function("extract", |b| {
        b.iter(|| receiver.process(black_box(frames.next().unwrap()), |_, seen| _ = black_box(seen)));
    });
    group.finish();
}

fn aos_rs_i5(criterion: &mut Criterion) {
    let mut sender = PacketLink::new(&PacketLinkSettings::reed_solomon(1, 2)).unwrap();
    let mut receiver = PacketLink::new(&PacketLinkSettings::reed_solomon(2, 1)).unwrap();
    let packet = packet();
    let mut cadu = vec![0; sender.max_unit_len()];
    let mut group = criterion.benchmark_group("link/aos_rs_i5");
    group.throughput(Throughput::Bytes(packet.len() as u64));
    group.bench_function("there_and_back", |b| {
        b.iter(|| {
            sender.enqueue(packet.clone()).unwrap();
            let len = sender.poll_transmit(&mut cadu).unwrap();
            receiver.handle_input(&cadu[..len]);
            receiver.poll_packet()
        });
    });
    group.finish();
}

criterion_group!(all, aos_mpdu, frames::tm, frames::uslp, aos_rs_i5, tc::tc_cltu);
criterion_main!(all);
