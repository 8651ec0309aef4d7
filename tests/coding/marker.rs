//! Marker search: the markers of the books at every bit, and nothing else.

use proptest::prelude::*;
use proptest::sample::select;
use spacelink::coding::ParameterError;
use spacelink::coding::sync::{Hit, Marker, find};

/// As printed in the books.
const KNOWN: &[(Marker, &str)] = &[
    (Marker::ASM_32, "1ACFFC1D"),
    (Marker::ASM_64, "034776C7272895B0"),
    (Marker::ASM_96, "25D5C0CE8990F6C9461BF79C"),
    (Marker::ASM_128, "034776C7272895B0FCB88938D8D76A4F"),
    (Marker::ASM_192, "25D5C0CE8990F6C9461BF79CDA2A3F31766F0936B9E40863"),
    (Marker::EMBEDDED, "352EF853"),
    (Marker::PLTU, "FAF320"),
];

#[test]
fn known_markers() {
    for (marker, octets) in KNOWN {
        assert_eq!(marker.octets(), hex::decode(octets).unwrap());
        assert_eq!(marker.bits(), 4 * octets.len());
    }
    assert_eq!(format!("{:?}", Marker::PLTU), "Marker(FAF320)");
}

#[test]
fn markers_of_ones_own() {
    let marker = Marker::new(&[0xEB, 0x90]).unwrap();
    assert_eq!(find(&marker, &[0, 0x75, 0xC8, 0], 0, 0, false).map(|hit| hit.bit), Some(9));
    assert_eq!(Marker::new(&[]), Err(ParameterError::MarkerLen { len: 0 }));
    assert_eq!(Marker::new(&[1; 25]), Err(ParameterError::MarkerLen { len: 25 }));
    assert_eq!(Marker::new(&[1; 24]).unwrap().bits(), 192);
}

#[test]
fn a_cut_marker_is_not_found() {
    assert_eq!(find(&Marker::ASM_32, &[0x1A, 0xCF, 0xFC], 0, 0, true), None);
    assert_eq!(find(&Marker::ASM_32, &[], 5, 32, true), None);
    assert_eq!(find(&Marker::ASM_32, &[0x0D, 0x67, 0xFE, 0x0E], 0, 2, true), None);
    assert_eq!(find(&Marker::ASM_32, &[0; 4], 1, 32, true), None);
}

proptest! {
    #[test]
    fn finds_what_a_slow_search_finds(
        marker in select(KNOWN),
        mut octets in prop::collection::vec(any::<u8>(), 0..60),
        place in 0..400usize,
        inverted: bool,
        flips in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        from in 0..200usize,
        tolerance in 0..9u32,
        both: bool,
    ) {
        let marker = &marker.0;
        if place + marker.bits() <= 8 * octets.len() {
            for at in 0..marker.bits() {
                let flipped = flips.iter().filter(|flip| flip.index(marker.bits()) == at).count() % 2 == 1;
                set(&mut octets, place + at, bit(marker.octets(), at) ^ inverted ^ flipped);
            }
        }
        let slow = (from..(8 * octets.len() + 1).saturating_sub(marker.bits())).find_map(|place| {
            let wrong = (0..marker.bits()).filter(|at| bit(&octets, place + at) != bit(marker.octets(), *at));
            let distance = wrong.count() as u32;
            assert_eq!(marker.distance(&octets, place), Some(distance));
            let flipped = marker.bits() as u32 - distance;
            if distance <= tolerance {
                Some(Hit { bit: place, distance, inverted: false })
            } else {
                (both && flipped <= tolerance).then_some(Hit { bit: place, distance: flipped, inverted: true })
            }
        });
        prop_assert_eq!(find(marker, &octets, from, tolerance, both), slow);
    }
}

fn bit(octets: &[u8], at: usize) -> bool {
    octets[at / 8] >> (7 - at % 8) & 1 != 0
}

fn set(octets: &mut [u8], at: usize, value: bool) {
    octets[at / 8] &= !(0x80 >> (at % 8));
    octets[at / 8] |= u8::from(value) << (7 - at % 8);
}
