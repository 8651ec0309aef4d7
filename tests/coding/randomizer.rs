//! Randomizers against octets from the books, and against their recurrences bit by bit.

use proptest::prelude::*;
use spacelink::coding::randomizer::Randomizer;

/// First 40 bits as printed in the books, the rest of each line by another implementation of the recurrences.
const KNOWN: &[(Randomizer, &str)] = &[
    (Randomizer::Tm, "1C71B91BA9BA8457B4BC5054BFD055402F49319652982CD6CF986A9FCCD54F999560D0A4F6823CDA"),
    (
        Randomizer::TmLegacy,
        "FF480EC09A0D70BC8E2C93ADA7B746CE5A977DCC32A2BF3E0A10F18894CDEAB1FE901D81341AE179",
    ),
    (Randomizer::Tc, "FF399E5A68E906F56C892FA1315E08C052A8BBAE4EC2C7ED66DC38D4F886503DFE733CB4D1D20DEA"),
];

#[test]
fn known_octets() {
    for (randomizer, octets) in KNOWN {
        assert_eq!(sequence(*randomizer, 40), hex::decode(octets).unwrap(), "{randomizer:?}");
    }
}

/// Each sequence, for more than two of its periods, from its own bits.
#[test]
fn every_bit_follows_the_recurrence() {
    let recurrences: [(Randomizer, usize, &[usize], usize); 3] = [
        (Randomizer::Tm, 17, &[14, 0], 131_071),
        (Randomizer::TmLegacy, 8, &[7, 5, 3, 0], 255),
        (Randomizer::Tc, 8, &[6, 4, 3, 2, 1, 0], 255),
    ];
    for (randomizer, order, taps, period) in recurrences {
        let bits = bits(&sequence(randomizer, (2 * period + 1000) / 8));
        for n in 0..bits.len() - order {
            let sum = taps.iter().fold(false, |sum, tap| sum ^ bits[n + tap]);
            assert_eq!(bits[n + order], sum, "{randomizer:?} bit {}", n + order);
        }
        assert_eq!(bits[..1000], bits[period..period + 1000]);
        assert_eq!(bits[..period].iter().filter(|&&bit| bit).count(), period / 2 + 1);
    }
}

proptest! {
    #[test]
    fn twice_is_nothing_and_every_call_restarts(octets in prop::collection::vec(any::<u8>(), 0..3000)) {
        for randomizer in [Randomizer::Tm, Randomizer::TmLegacy, Randomizer::Tc] {
            let mut out = octets.clone();
            randomizer.apply(&mut out);
            let mask = sequence(randomizer, octets.len());
            prop_assert!(out.iter().zip(&octets).zip(mask).all(|((out, octet), mask)| out ^ octet == mask));
            randomizer.apply(&mut out);
            prop_assert_eq!(&out, &octets);
        }
    }
}

fn sequence(randomizer: Randomizer, len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    randomizer.apply(&mut octets);
    octets
}

fn bits(octets: &[u8]) -> Vec<bool> {
    octets.iter().flat_map(|octet| (0..8).map(move |bit| octet >> (7 - bit) & 1 != 0)).collect()
}
