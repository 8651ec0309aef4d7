//! Check sequences against a division bit by bit, whole and in pieces.

use proptest::prelude::*;
use spacelink::crc::{Crc16X25, Crc32C, crc16_x25, crc32c, fecf};

/// The remainder of a code that is sent least significant bit first, preset to ones and inverted at the end.
fn reflected(polynomial: u32, ones: u32, octets: &[u8]) -> u32 {
    let bits = octets.iter().flat_map(|octet| (0..8).map(move |bit| u32::from(octet >> bit & 1)));
    !bits.fold(ones, |state, bit| match (state ^ bit) & 1 {
        0 => state >> 1,
        _ => state >> 1 ^ polynomial,
    }) & ones
}

proptest! {
    #[test]
    fn in_pieces_as_bit_by_bit(octets in prop::collection::vec(any::<u8>(), 0..700), cuts in any::<[prop::sample::Index; 2]>()) {
        let castagnoli = reflected(0x82F6_3B78, u32::MAX, &octets);
        let x25 = reflected(0x8408, 0xFFFF, &octets) as u16;
        prop_assert_eq!(crc32c(&octets), castagnoli);
        prop_assert_eq!(crc16_x25(&octets), x25);
        let mut cuts = cuts.map(|cut| cut.index(octets.len() + 1));
        cuts.sort_unstable();
        let pieces = [&octets[..cuts[0]], &octets[cuts[0]..cuts[1]], &octets[cuts[1]..]];
        let (mut long, mut short) = (Crc32C::new(), Crc16X25::new());
        for piece in pieces {
            long.update(piece);
            short.update(piece);
        }
        prop_assert_eq!((long.finish(), short.finish()), (castagnoli, x25));
    }

    /// x^16 + x^12 + x^5 + 1, most significant bit first.
    #[test]
    fn frame_error_control(octets in prop::collection::vec(any::<u8>(), 0..700)) {
        let bits = octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| u16::from(octet >> bit & 1)));
        let expected = bits.fold(0xFFFF_u16, |state, bit| match state >> 15 ^ bit {
            0 => state << 1,
            _ => state << 1 ^ 0x1021,
        });
        prop_assert_eq!(fecf(&octets), expected);
    }
}
