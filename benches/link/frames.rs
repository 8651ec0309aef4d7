//! TM and USLP frames of 1115 octets with OCF and FECF: one packet that fills them, in and out.

use criterion::{Criterion, Throughput};
use spacelink::frame::packets::PacketInserter;
use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings, Format};
use spacelink::frame::tm::{TmDraft, TmHeader, TmParameters, TmSettings};
use spacelink::frame::uslp::{
    DataField, DataZone, FrameLen, Upid, UslpControl, UslpCount, UslpDraft, UslpHeader, UslpParameters,
    UslpSettings,
};
use spacelink::frame::{MapId, Scid, Vcid};
use spacelink::packet::{EncapsulationPacket, IdleKind};
use spacelink::wire::Encode;
use std::hint::black_box;

const LEN: usize = 1_115;

fn packet(zone_len: usize) -> Vec<u8> {
    EncapsulationPacket::ltp(&vec![0x5A; zone_len - 4]).unwrap().to_vec().unwrap()
}

/// Measures `encode`, which writes the frame with the count it is given, and the decoding of what it wrote.
fn both_ways<F: Format>(
    criterion: &mut Criterion,
    name: &str,
    link: F,
    packet_len: usize,
    mut encode: impl FnMut(u8, &mut [u8; LEN]),
) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(packet_len as u64));
    let mut count = 0;
    let mut frame = [0; LEN];
    group.bench_function("encode", |b| {
        b.iter(|| {
            count = u8::wrapping_add(count, 1);
            encode(count, black_box(&mut frame));
        });
    });
    let frames: Vec<[u8; LEN]> = (0..=255)
        .map(|count| {
            encode(count, &mut frame);
            frame
        })
        .collect();
    let mut frames = frames.iter().cycle();
    let mut receiver = Demultiplexer::new(link, Scid(1), DemultiplexerSettings::default());
    group.bench_function("decode", |b| {
        b.iter(|| {
            receiver.process(black_box(frames.next().unwrap()), |_, seen| _ = black_box(seen)).unwrap()
        });
    });
    assert_eq!(receiver.channel_counters(Vcid::new(1).unwrap()).broken, 0);
    group.finish();
}

pub fn tm(criterion: &mut Criterion) {
    let link = TmParameters::new(TmSettings { fecf: true, ..TmSettings::of_len(LEN) }).unwrap();
    let packet = packet(link.data_len(0, true));
    let mut inserter = PacketInserter::new(IdleKind::Encapsulation);
    let mut header = TmHeader { ocf: true, ..TmHeader::new(Scid(1), Vcid::new(1).unwrap()) };
    both_ways(criterion, "link/tm", link, packet.len(), |_, frame| {
        header.count = header.count.next();
        header.master_count = header.master_count.next();
        let mut draft = TmDraft::begin(&link, &header, &[], frame).unwrap();
        let mut zone = inserter.begin(draft.data_field()).unwrap();
        inserter.insert(&mut zone, &packet);
        let first = inserter.finish(zone);
        draft.set_first_header(first).unwrap();
        draft.finish();
    });
}

pub fn uslp(criterion: &mut Criterion) {
    let settings = UslpSettings { fecf: true, ..UslpSettings::new(FrameLen::Fixed(LEN)) };
    let link = UslpParameters::new(settings).unwrap();
    let header = |count: u8| {
        let control = UslpControl {
            ocf: true,
            count: UslpCount::new(1, count.into()).unwrap(),
            ..UslpControl::default()
        };
        UslpHeader {
            control: Some(control),
            ..UslpHeader::new(Scid(1), Vcid::new(1).unwrap(), MapId::default())
        }
    };
    let data_len = link.data_len(&header(0));
    let packet = packet(data_len - DataZone::MAX_HEADER_LEN);
    let mut inserter = PacketInserter::new(IdleKind::Encapsulation);
    both_ways(criterion, "link/uslp", link, packet.len(), |count, frame| {
        let mut draft = UslpDraft::begin(&link, &header(count), data_len, frame).unwrap();
        let (front, zone_octets) = draft.data_field().split_at_mut(DataZone::MAX_HEADER_LEN);
        let mut zone = inserter.begin(zone_octets).unwrap();
        inserter.insert(&mut zone, &packet);
        let first = inserter.finish(zone);
        let (octets, _) =
            DataField::header(Upid::PACKETS, &DataZone::Packets { first, zone: zone_octets }).unwrap();
        front.copy_from_slice(&octets);
        draft.finish();
    });
}
