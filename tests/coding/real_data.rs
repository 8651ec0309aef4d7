//! Recorded spacecraft data decodes to what independent programs found in it.

use crate::common::shared;
use serde_json::Value;
use sha2::{Digest, Sha256};
use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding, LinkQuality, Quality};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, FillErrors, Interleaved, ReedSolomon, Uncorrectable};
use spacelink::coding::sync::{Marker, SyncParameters, SyncState};

#[test]
fn suomi_npp_cadus() {
    for file in ["coded/snpp_7_cadus.cadu", "coded/snpp_cadus_first25.cadu"] {
        let Some((octets, expected)) = recording(file) else { return };
        let received = receive(&octets, 4, octets.len());
        check_frames(&received, &expected);
        assert_eq!(received.qualities[0].bit_position, 0);
    }
}

#[test]
fn raw_bits_of_three_weather_satellites() {
    for file in ["coded/npp_raw_bits.bin", "coded/noaa21_raw_bits.bin", "coded/metopb_raw_bits.bin"] {
        let Some((octets, expected)) = recording(file) else { return };
        let depth = expected["interleave"].as_u64().unwrap() as u8;
        for chunk in [octets.len(), 1000] {
            let received = receive(&octets, depth, chunk);
            check_frames(&received, &expected);
            assert_eq!(received.qualities[0].bit_position, expected["first_asm_bit"].as_u64().unwrap());
            assert_eq!(received.qualities[0].bit_position % 8, expected["bit_offset"].as_u64().unwrap());
            let distances = received.qualities.iter().filter(|q| q.marker_distance > 0).count() as u64;
            assert_eq!(distances, expected["asm_not_exact"].as_u64().unwrap());
            assert_eq!(received.totals.sync.octets, octets.len() as u64);
        }
    }
}

/// The same recording with every bit inverted, and with a bit lost now and then: no frame is missed but those
/// that lost one.
#[test]
fn inverted_and_slipping_raw_bits() {
    let Some((mut octets, expected)) = recording("coded/npp_raw_bits.bin") else { return };
    octets.iter_mut().for_each(|octet| *octet = !*octet);
    let received = receive(&octets, 4, 4096);
    check_frames(&received, &expected);
    assert!(received.qualities.iter().all(|quality| quality.inverted));

    let lost = |bit: &usize| bit % 100_003 == 60_000;
    let bits = octets.iter().flat_map(|octet| (0..8).map(move |bit| octet >> (7 - bit) & 1));
    let bits: Vec<u8> = bits.enumerate().filter(|(at, _)| !lost(at)).map(|(_, bit)| bit).collect();
    let slipping: Vec<u8> = bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |o, b| o << 1 | b)).collect();
    let slipped = receive(&slipping, 4, 4096);
    let mut touched = 0;
    for (frame, quality) in received.frames.iter().zip(&received.qualities) {
        let start = quality.bit_position as usize;
        if (start..start + 8192).any(|bit| lost(&bit)) {
            touched += 1;
        } else {
            assert!(slipped.frames.contains(frame), "the frame at bit {start} is missing");
        }
    }
    assert_eq!(touched, 84);
}

/// Queqiao's encoder has a part of the marker where others have virtual fill.
#[test]
fn queqiao_codewords() {
    let Some((octets, expected)) = recording("coded/queqiao_rs_first_half.rs252") else { return };
    let rs = ReedSolomon::new(Code::E16, Basis::Dual);
    let shortened = rs.with_fill(3).unwrap();
    let counts = expected["corrected_per_codeword"].as_array().unwrap();
    assert_eq!(octets.len(), 252 * counts.len());
    for (received, count) in octets.chunks_exact(252).zip(counts) {
        let mut whole = [0; 255];
        whole[3..].copy_from_slice(received);
        let corrected = rs.correct(&mut whole, &[]).map_or(-1, |corrected| corrected.symbols().into());
        assert_eq!(Some(corrected), count.as_i64());

        let mut refused = received.to_vec();
        match shortened.correct(&mut refused, &[]) {
            Err(Uncorrectable::InFill { symbols }) => assert!((1..=3).contains(&symbols)),
            Err(error) => assert_eq!((error, corrected), (Uncorrectable::TooManyErrors, -1)),
            Ok(found) => panic!("{found:?} where every encoder's fill is not zero"),
        }
        assert_eq!(refused, received);

        let accepting = shortened.with_fill_errors(FillErrors::Accept);
        let accepted = accepting.correct(&mut refused, &[]).map_or(-1, |found| found.symbols().into());
        assert_eq!(accepted, corrected);
        assert_eq!(refused, whole[3..]);
    }
}

struct Received {
    frames: Vec<Vec<u8>>,
    qualities: Vec<Quality>,
    totals: LinkQuality,
}

/// All three links are randomized with the legacy sequence and interleaved `depth` deep.
fn receive(octets: &[u8], depth: u8, chunk: usize) -> Received {
    let rs = Interleaved::new(Code::E16, Basis::Dual, depth, 0).unwrap();
    let link =
        CaduParameters::checked(Coding::ReedSolomon(rs), Some(Randomizer::TmLegacy), Marker::ASM_32).unwrap();
    let mut receiver = CaduReceiver::with_vec(link, SyncParameters::default());
    let (mut frames, mut qualities) = (Vec::new(), Vec::new());
    for chunk in octets.chunks(chunk) {
        receiver.receive(chunk, |received| {
            frames.push(received.frame.to_vec());
            qualities.push(received.quality);
        });
    }
    Received { frames, qualities, totals: receiver.totals() }
}

fn check_frames(received: &Received, expected: &Value) {
    assert_eq!(received.frames.len() as u64, expected["cadus"].as_u64().unwrap());
    assert!(received.qualities.iter().all(|quality| quality.is_certain() && quality.symbols_corrected == 0));
    assert_eq!(hex::encode(Sha256::digest(received.frames.concat())), expected["frames_sha256"]);
    assert_eq!(received.totals.frames, received.frames.len() as u64);
    assert_eq!(received.totals.codewords_uncorrectable, 0);
    assert_eq!(received.totals.sync.locks_lost, 0);
    assert!(received.qualities[1..].iter().all(|quality| quality.sync == SyncState::Lock));
}

/// A recording and what must be found in it.
pub fn recording(file: &str) -> Option<(Vec<u8>, Value)> {
    let octets = std::fs::read(shared(&format!("real-data/{file}"))?).unwrap();
    let list = std::fs::read(shared("real-data/coded_and_packets.json")?).unwrap();
    let list: Value = serde_json::from_slice(&list).unwrap();
    let entry = list["files"].as_array().unwrap().iter().find(|entry| entry["file"] == file)?;
    assert_eq!(hex::encode(Sha256::digest(&octets)), entry["sha256"]);
    Some((octets, entry["expected"].clone()))
}
