//! Packets in streams of octets, segmented data, and PUS packets.

use std::collections::BTreeMap;

use proptest::prelude::*;
use spacelink::packet::pus::{AckFlags, PusParameters, PusTc, PusTm, TcSecondaryHeader, TmSecondaryHeader};
use spacelink::packet::{
    Apid, ApidSet, Expected, PacketStream, PacketType, Packets, SegmentedData, SequenceCount, SequenceFlags,
    SliceBuffer, SpaceHeader, SpacePacket, Torn,
};
use spacelink::wire::{Decode, DecodeError, Encode};

use crate::common::shared;

/// Packets, APIDs, flags and counts of recordings of instruments, as two other programs find them.
#[test]
fn recorded_packets_agree() {
    let Some(index) = shared("real-data/coded_and_packets.json") else { return };
    let index: serde_json::Value = serde_json::from_slice(&std::fs::read(index).unwrap()).unwrap();
    let entries = index.as_object().unwrap().values().filter_map(|list| list.as_array()).flatten();
    let mut checked = 0;
    for entry in
        entries.filter(|entry| entry["file"].as_str().is_some_and(|file| file.starts_with("packets/")))
    {
        let Some(path) = shared(&format!("real-data/{}", entry["file"].as_str().unwrap())) else { continue };
        let (octets, expected) = (std::fs::read(path).unwrap(), &entry["expected"]);
        let prefix = expected["prefix_octets_before_each_packet"].as_u64().unwrap() as usize;
        let mut packets = Vec::new();
        if prefix == 0 {
            packets.extend(Packets::new(&octets).map(|packet| packet.unwrap().to_vec()));
        } else {
            // The header that the ground put before each packet is garbage to the finder.
            let mut stream =
                PacketStream::new(Expected { apids: ApidSet::of(Apid::new(1425)), ..Expected::default() });
            let mut rest = &octets[..];
            while !rest.is_empty() {
                rest = &rest[prefix..];
                let (packet, after) = SpacePacket::decode(rest).unwrap();
                let len = packet.encoded_len();
                packets.push(rest[..len].to_vec());
                rest = after;
            }
            let mut found = Vec::new();
            octets.chunks(100).for_each(|piece| stream.push(piece, |packet| found.push(packet.to_vec())));
            let garbage = stream.finish(|packet| found.push(packet.to_vec()));
            assert!(found.iter().all(|packet| packets.contains(packet)), "{}", entry["file"]);
            assert!(garbage >= (packets.len() * prefix) as u64);
        }
        assert_eq!(describe(&packets), without_octet_counts(expected), "{}", entry["file"]);
        checked += 1;
    }
    assert!(checked > 0, "the index names no packets that are there");
}

/// Counts as the index has them.
fn describe(packets: &[Vec<u8>]) -> serde_json::Value {
    let (mut per_apid, mut flags, mut gaps) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut last: BTreeMap<u16, SequenceCount> = BTreeMap::new();
    for packet in packets {
        let header = SpacePacket::decode_exact("packet", packet).unwrap().header();
        let apid = header.apid.value();
        *per_apid.entry(apid.to_string()).or_insert(0) += 1;
        *flags.entry(header.sequence_flags.bits().to_string()).or_insert(0) += 1;
        if let Some(last) = last.insert(apid, header.sequence_count)
            && header.sequence_count.missing_since(last) != 0
        {
            *gaps.entry(apid.to_string()).or_insert(0) += 1;
        }
    }
    serde_json::json!({
        "packets": packets.len(),
        "packets_per_apid": per_apid,
        "sequence_flag_counts": flags,
        "sequence_gaps_per_apid": gaps,
    })
}

fn without_octet_counts(expected: &serde_json::Value) -> serde_json::Value {
    let mut expected = expected.clone();
    let fields = expected.as_object_mut().unwrap();
    fields.remove("octets_left_over");
    fields.remove("prefix_octets_before_each_packet");
    expected
}

fn space(apid: u16, count: u16, sequence_flags: SequenceFlags, data: &[u8]) -> Vec<u8> {
    let header = SpaceHeader {
        sequence_flags,
        sequence_count: SequenceCount::new(count).unwrap(),
        ..SpaceHeader::telemetry(Apid::new(apid).unwrap())
    };
    SpacePacket::new(header, data).unwrap().to_vec().unwrap()
}

#[test]
fn segmented_data_come_together() {
    use SequenceFlags::{Continuation, First, Last, Unsegmented};
    let mut room = [0; 32];
    let mut data = SegmentedData::new(SliceBuffer::new(&mut room), 32);
    let mut push = |count, flags, part: &[u8]| {
        let octets = space(5, count, flags, part);
        let outcome = data.push(&SpacePacket::decode_exact("packet", &octets).unwrap());
        (
            outcome.missing,
            outcome.duplicate,
            outcome.interrupted.or(outcome.torn),
            outcome.unit.map(<[u8]>::to_vec),
        )
    };
    assert_eq!(push(16_382, First, b"ab"), (0, false, None, None));
    assert_eq!(push(16_383, Continuation, b"cd"), (0, false, None, None));
    assert_eq!(push(16_383, Continuation, b"cd"), (0, true, None, None));
    assert_eq!(push(0, Last, b"ef"), (0, false, None, Some(b"abcdef".to_vec())));
    assert_eq!(push(1, Unsegmented, b"whole"), (0, false, None, Some(b"whole".to_vec())));
    assert_eq!(push(2, First, b"gh"), (0, false, None, None));
    // Count 3 is missing: the parts around it are not joined.
    assert_eq!(push(4, Last, b"ij"), (1, false, Some(Torn::Interrupted { received: 2 }), None));
    assert_eq!(push(5, Last, b"kl"), (0, false, Some(Torn::Headless), None));
    assert_eq!(push(6, First, &[0; 30]), (0, false, None, None));
    assert_eq!(push(7, Last, &[0; 3]), (0, false, Some(Torn::TooLong { len: 33 }), None));
}

#[test]
fn a_stream_with_garbage_gives_its_packets() {
    let expected =
        Expected { apids: ApidSet::of((0..4).filter_map(Apid::new)), max_len: 300, ..Expected::default() };
    let packets: Vec<_> = (0..50)
        .map(|n| space(n % 4, n, SequenceFlags::Unsegmented, &vec![n as u8; 1 + n as usize * 5]))
        .collect();
    let mut octets = Vec::new();
    let mut garbage = 0;
    for (number, packet) in packets.iter().enumerate() {
        if number % 10 == 5 {
            // Not a version of any packet.
            octets.extend_from_slice(&[0xA5; 77]);
            garbage += 77;
        }
        octets.extend_from_slice(packet);
    }
    for piece_len in [1, 7, 1000, octets.len()] {
        let mut stream = PacketStream::new(expected);
        let mut found = Vec::new();
        octets.chunks(piece_len).for_each(|piece| stream.push(piece, |packet| found.push(packet.to_vec())));
        let lost = stream.finish(|packet| found.push(packet.to_vec()));
        // Out of step a packet must be followed by another: each is here, garbage stands before packets only.
        assert_eq!(found, packets, "in pieces of {piece_len}");
        assert_eq!(lost, garbage);
    }
}

/// As several implementations write it: TC[17,1], acknowledge all, APID 1.
#[test]
fn a_pus_telecommand() {
    let request = PusTc {
        header: SpaceHeader { secondary_header: true, ..SpaceHeader::telecommand(Apid::new(1).unwrap()) },
        secondary: TcSecondaryHeader { ack: AckFlags::ALL, service: 17, subtype: 1, source: 0 },
        data: &[],
    };
    let parameters = PusParameters::default();
    let mut out = [0; 13];
    assert_eq!(request.encode(&parameters, &mut out), Ok(13));
    assert_eq!(hex::encode(out), "1801c00000062f11010000161d");
    assert_eq!(PusTc::decode(&parameters, &out), Ok(request));
    assert_eq!(AckFlags::of(1), AckFlags { acceptance: true, ..AckFlags::NONE });
    assert_eq!(AckFlags::of(8), AckFlags { completion: true, ..AckFlags::NONE });
    for bit in 0..8 * 13 {
        out[bit / 8] ^= 0x80 >> (bit % 8);
        assert!(PusTc::decode(&parameters, &out).is_err(), "bit {bit}");
        out[bit / 8] ^= 0x80 >> (bit % 8);
    }
}

#[test]
fn pus_packets_of_other_kinds_are_refused() {
    let parameters = PusParameters { time_len: 2, tc_spare: 1, tm_spare: 1, check: false };
    let report = PusTm {
        header: SpaceHeader { secondary_header: true, ..SpaceHeader::telemetry(Apid::new(2).unwrap()) },
        secondary: TmSecondaryHeader { time_status: 3, service: 5, subtype: 1, counter: 7, destination: 9 },
        time: &[0xAA, 0xBB],
        data: b"event",
    };
    let mut out = [0xFF; 64];
    let len = report.encode(&parameters, &mut out).unwrap();
    assert_eq!(hex::encode(&out[..len]), "0802c000000e23050100070009aabb006576656e74");
    assert_eq!(PusTm::decode(&parameters, &out[..len]), Ok(report));
    let as_tc = PusTc::decode(&parameters, &out[..len]);
    assert!(matches!(as_tc, Err(DecodeError::Field { field: "packet type", value: 0, .. })));
    out[0] &= !0x08;
    let bare = PusTm::decode(&parameters, &out[..len]);
    assert!(matches!(bare, Err(DecodeError::Field { field: "secondary header flag", .. })));
    out[0] |= 0x08;
    out[6] = 0x13;
    let pus_a = PusTm::decode(&parameters, &out[..len]);
    assert!(matches!(pus_a, Err(DecodeError::Field { field: "version", value: 1, .. })));
    assert!(PusTm { time: &[1], ..report }.encode(&parameters, &mut out).is_err());
    let secondary = TmSecondaryHeader { time_status: 16, ..report.secondary };
    assert!(PusTm { secondary, ..report }.encode(&parameters, &mut out).is_err());
    assert!(PusTm { data: &[0; 65_536], ..report }.encode(&parameters, &mut [0; 70_000]).is_err());
}

proptest! {
    #[test]
    fn any_octets_are_no_pus_packet_or_read_back(mut octets in prop::collection::vec(any::<u8>(), 7..60), telecommand: bool) {
        let parameters = PusParameters { check: false, ..PusParameters::default() };
        octets[0] = 0x08 | u8::from(telecommand) << 4;
        let length = (octets.len() - 7) as u16;
        octets[4..6].copy_from_slice(&length.to_be_bytes());
        octets[6] = 0x2F & octets[6] | 0x20;
        let mut out = vec![0; octets.len()];
        if let Ok(packet) = PusTc::decode(&parameters, &octets) {
            prop_assert_eq!(packet.header.packet_type, PacketType::Telecommand);
            packet.encode(&parameters, &mut out).unwrap();
            prop_assert_eq!(&out, &octets);
        }
        if let Ok(packet) = PusTm::decode(&parameters, &octets) {
            packet.encode(&parameters, &mut out).unwrap();
            prop_assert_eq!(&out, &octets);
        }
    }

    #[test]
    fn no_octet_of_a_stream_is_lost(octets in prop::collection::vec(prop_oneof![3 => 0..4u8, 1 => any::<u8>()], 0..400), piece in 1..50usize, encapsulation: bool) {
        let mut stream = PacketStream::new(Expected { encapsulation, max_len: 60, ..Expected::default() });
        let mut packets = 0;
        octets.chunks(piece).for_each(|piece| stream.push(piece, |packet| packets += packet.len()));
        let garbage = stream.finish(|packet| packets += packet.len());
        prop_assert_eq!(packets + garbage as usize, octets.len());
        // Cut into other pieces it is the same stream.
        let mut whole = PacketStream::new(Expected { encapsulation, max_len: 60, ..Expected::default() });
        let mut again = 0;
        whole.push(&octets, |packet| again += packet.len());
        prop_assert_eq!(whole.finish(|packet| again += packet.len()), garbage);
        prop_assert_eq!(again, packets);
    }
}
