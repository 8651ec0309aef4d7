//! Packets octet by octet, from the figures of the books and from other implementations.

use proptest::prelude::*;
use spacelink::frame::aos::{AosHeader, AosIssue, Mpdu};
use spacelink::frame::counter::Count;
use spacelink::frame::packets::FirstHeader;
use spacelink::frame::{Scid, Vcid};
use spacelink::packet::{Apid, EncapsulationPacket, SequenceCount, SpaceHeader, SpacePacket, packet_len};
use spacelink::wire::{Decode, Encode};

/// Elixir CCSDS library: TM, APID 0x123, whole, count 0x42, three octets.
#[test]
fn a_space_packet() {
    let header = SpaceHeader {
        sequence_count: SequenceCount::new(0x42).unwrap(),
        ..SpaceHeader::telemetry(Apid::new(0x123).unwrap())
    };
    let octets = [0x01, 0x23, 0xC0, 0x42, 0x00, 0x02, 0xAA, 0xBB, 0xCC];
    assert_eq!(SpacePacket::new(header, &octets[6..]).unwrap().to_vec().unwrap(), octets);
    let (packet, rest) = SpacePacket::decode(&octets).unwrap();
    assert_eq!((packet.header(), packet.data(), rest), (header, &octets[6..], &[][..]));
    assert!(
        SpacePacket::decode(&[0x21, 0x23, 0xC0, 0x42, 0x00, 0x02, 0xAA, 0xBB, 0xCC]).is_err(),
        "version 1"
    );
    assert!(SpacePacket::decode(&octets[..8]).is_err(), "cut short");
}

/// 133.1-B-3 §4.1.2: an idle packet of one octet; one of 731.0 with four octets of header.
#[test]
fn encapsulation_packets() {
    assert!(EncapsulationPacket::decode(&[0xE0, 0xFF]).unwrap().0.is_idle());
    assert_eq!(packet_len(&[0xE0]), Ok(Some(1)));
    let long = EncapsulationPacket::ltp(&[7; 300]).unwrap().to_vec().unwrap();
    assert_eq!(long[..4], [0xE6, 0x00, 0x01, 0x30]);
    assert!(EncapsulationPacket::decode(&[0xE5, 0x01]).is_err(), "a length shorter than the header");
}

/// AOS issue 5 as a flight framework writes it: spacecraft 0x321.
#[test]
fn an_aos_header_of_issue_5() {
    let octets = [0x48, 0x45, 0xA0, 0xB0, 0xC0, 0xF9];
    let header = AosHeader::from_octets(octets, AosIssue::Five).unwrap();
    assert_eq!((header.scid, header.vcid), (Scid(0x321), Vcid::new(5).unwrap()));
    assert_eq!((header.count, header.replay), (Count::new(0xA0_B0C0).unwrap(), true));
    assert_eq!(header.cycle, Count::new(9));
    assert_eq!(header.to_octets(AosIssue::Five).unwrap(), octets);
    assert!(header.to_octets(AosIssue::Four).is_err(), "ten bits do not fit issue 4");
}

/// Reserved values by the book, and as a flight framework has them, which takes the pointer for 16 bits (fprime#5886).
#[test]
fn first_header_pointers_of_aos() {
    for (octets, first) in [
        ("07FF00", FirstHeader::NoStart),
        ("FFFF00", FirstHeader::NoStart),
        ("07FE00", FirstHeader::IdleOnly),
        ("FFFE00", FirstHeader::IdleOnly),
        ("012300", FirstHeader::At(0x123)),
    ] {
        let octets = hex::decode(octets).unwrap();
        assert_eq!(Mpdu::decode(&octets), Ok(Mpdu { first, zone: &[0] }));
    }
    assert_eq!(Mpdu::header(FirstHeader::NoStart, false), Ok([0x07, 0xFF]));
    assert_eq!(Mpdu::header(FirstHeader::NoStart, true), Ok([0xFF, 0xFF]));
    assert_eq!(Mpdu::header(FirstHeader::IdleOnly, true), Ok([0xFF, 0xFE]));
    assert_eq!(Mpdu::header(FirstHeader::At(0x123), true), Ok([0x01, 0x23]));
    assert!(Mpdu::header(FirstHeader::At(0x7FE), true).is_err());
    assert!(Mpdu::decode(&[0x07, 0xFF]).is_err(), "no zone");
}

proptest! {
    #[test]
    fn any_octets_are_refused_or_read_back(octets: Vec<u8>) {
        if let Ok((packet, _)) = SpacePacket::decode(&octets) {
            let again = packet.to_vec().unwrap();
            prop_assert_eq!(&again[..], &octets[..again.len()]);
        }
        if let Ok((packet, _)) = EncapsulationPacket::decode(&octets)
            && let Ok(again) = packet.to_vec()
        {
            prop_assert_eq!(EncapsulationPacket::decode(&again).unwrap().0, packet);
        }
    }
}
