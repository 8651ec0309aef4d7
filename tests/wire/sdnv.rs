//! SDNVs of RFC 5326: the RFC's own examples, and every value there and back.

use proptest::prelude::*;
use spacelink::wire::{Decode, DecodeError, Encode, EncodeError, Sdnv};

/// RFC 6256 §2 and the edges of one, two and ten octets.
const KNOWN: &[(u64, &[u8])] = &[
    (0, &[0x00]),
    (0x7F, &[0x7F]),
    (0x80, &[0x81, 0x00]),
    (0xABC, &[0x95, 0x3C]),
    (0x1234, &[0xA4, 0x34]),
    (0x4234, &[0x81, 0x84, 0x34]),
    (u64::MAX, &[0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
];

#[test]
fn known_values() {
    for &(value, octets) in KNOWN {
        assert_eq!(Sdnv::decode(octets).unwrap(), (Sdnv(value), &[][..]));
        assert_eq!(Sdnv(value).to_vec().unwrap(), octets);
    }
}

#[test]
fn redundant_leading_octets_are_read() {
    assert_eq!(Sdnv::decode(&[0x80, 0x80, 0x05]).unwrap().0, Sdnv(5));
}

#[test]
fn longer_than_64_bits_is_refused() {
    let over = [0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    assert!(matches!(Sdnv::decode(&over), Err(DecodeError::Field { .. })));
    assert!(matches!(Sdnv::decode(&[0x80; 11]), Err(DecodeError::Field { .. })));
}

#[test]
fn cut_short_says_so() {
    assert_eq!(Sdnv::decode(&[0x81]), Err(DecodeError::Short { unit: "SDNV", required: 2, found: 1 }));
    assert_eq!(Sdnv(128).encode(&mut [0]), Err(EncodeError::Room { required: 2, available: 1 }));
}

proptest! {
    #[test]
    fn there_and_back(value: u64, after: Vec<u8>) {
        let mut octets = Sdnv(value).to_vec().unwrap();
        octets.extend(&after);
        let (read, rest) = Sdnv::decode(&octets).unwrap();
        prop_assert_eq!((read.0, rest), (value, &after[..]));
    }

    #[test]
    fn any_octets_are_refused_or_read_back(octets: Vec<u8>) {
        if let Ok((value, _)) = Sdnv::decode(&octets) {
            prop_assert_eq!(Sdnv::decode(&value.to_vec().unwrap()).unwrap().0, value);
        }
    }
}
