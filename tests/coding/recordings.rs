//! Recordings through whole receive chains give what independent programs found in them.

use crate::real_data::recording;
use sha2::{Digest, Sha256};
use spacelink::coding::channel::{ChannelParameters, Coding, ReceiverParameters, ReedSolomon};
use spacelink::coding::convolutional::{Convolutional, Edge, Encoder, Viterbi};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::soft;

/// KS-1Q: off-air soft symbols at about 0 dB, phase unknown, Viterbi, marker, Reed-Solomon.
#[test]
fn ks1q() {
    let Some((octets, expected)) = recording("coded/ks1q_soft.i8") else { return };
    let mut symbols: Vec<i8> = octets.iter().map(|&octet| octet as i8).collect();
    soft::invert(&mut symbols);
    let outer = ReedSolomon { error_correction: 16, interleaving_depth: 1 };
    let channel = ChannelParameters {
        coding: Coding::Concatenated { outer, inner: Convolutional::default() },
        frame_len: 223,
        slicing: None,
        randomizer: Some(Randomizer::TmLegacy),
    }
    .checked()
    .unwrap();
    for any_convention in [false, true] {
        let mut receiver =
            channel.receiver_with(ReceiverParameters { any_convention, ..ReceiverParameters::default() });
        let mut frames = Vec::new();
        for symbols in symbols.chunks(1000) {
            receiver.receive(symbols, |received| {
                if received.quality.is_certain() {
                    frames.push(hex::encode(received.frame));
                }
            });
        }
        receiver.finish(|received| {
            if received.quality.is_certain() {
                frames.push(hex::encode(received.frame));
            }
        });
        let totals = receiver.totals();
        assert!(frames.len() as u64 >= expected["frames_at_least"].as_u64().unwrap(), "{totals:?}");
        for frame in expected["frames_hex"].as_array().unwrap() {
            assert!(frames.iter().any(|found| frame == found), "{totals:?}");
        }
    }
}

/// Voyager 1, received at Green Bank: the symbol of G2 goes first.
#[test]
fn voyager_1() {
    let Some((octets, expected)) = recording("coded/voyager1_symbols.f32") else { return };
    let samples = octets.as_chunks::<4>().0.iter().map(|octets| f32::from_le_bytes(*octets));
    let mean = samples.clone().map(f32::abs).sum::<f32>() / (octets.len() / 4) as f32;
    let symbols: Vec<i8> = samples.map(|sample| soft::from_f32(-sample / mean, 40.0)).collect();
    let code = Convolutional { swapped: true, ..Convolutional::default() };
    let wanted = hex::decode(expected["viterbi_bits_packed_msb_first"].as_str().unwrap()).unwrap();
    let wanted: Vec<u8> = bits(&wanted).take(expected["viterbi_bits"].as_u64().unwrap() as usize).collect();
    let hard: Vec<u8> = symbols.iter().map(|&symbol| u8::from(symbol < 0)).collect();
    // Symbols received that are not what an encoder sends for these bits.
    let misfits = |bits: &[u8]| {
        let octets: Vec<u8> = bits.chunks(8).map(|bits| bits.iter().fold(0, |o, bit| o << 1 | bit)).collect();
        let mut sent = vec![0; 2 * octets.len()];
        Encoder::new(code).encode(&octets, &mut sent).unwrap();
        self::bits(&sent).zip(&hard).skip(12).filter(|(sent, received)| sent != *received).count()
    };
    for exact in [false, true] {
        let mut decoder = Viterbi::with_vec(code);
        decoder = if exact { decoder.exact() } else { decoder };
        let mut found = Vec::new();
        decoder.decode(&symbols, |decoded| found.extend_from_slice(decoded.octets));
        decoder.finish(Edge::Open, |decoded| found.extend_from_slice(decoded.octets));
        let found: Vec<u8> = bits(&found).take(wanted.len()).collect();
        // The published decoding goes astray in its last 40 bits: there another path fits the symbols better.
        let agreeing = wanted.iter().zip(&found).take_while(|(a, b)| a == b).count();
        assert_eq!((wanted.len(), agreeing), (3648, 3608));
        assert!(misfits(&found) < misfits(&wanted), "{} {}", misfits(&found), misfits(&wanted));
    }
}

/// The three weather satellites and the CADUs of Suomi-NPP, whose frames the receiver of CADUs finds as well.
#[test]
fn weather_satellites() {
    for file in ["snpp_7_cadus.cadu", "npp_raw_bits.bin", "noaa21_raw_bits.bin", "metopb_raw_bits.bin"] {
        let Some((octets, expected)) = recording(&format!("coded/{file}")) else { return };
        let interleaving_depth = expected["interleave"].as_u64().unwrap_or(4) as u8;
        let channel = ChannelParameters {
            coding: Coding::ReedSolomon(ReedSolomon { error_correction: 16, interleaving_depth }),
            frame_len: 223 * usize::from(interleaving_depth),
            slicing: None,
            randomizer: Some(Randomizer::TmLegacy),
        }
        .checked()
        .unwrap();
        let mut receiver = channel.receiver();
        let mut frames = Vec::new();
        let mut take = |received: spacelink::coding::channel::ReceivedFrame<'_>| {
            assert!(received.quality.is_certain() && received.quality.symbols_corrected == 0);
            frames.push(received.frame.to_vec());
        };
        receiver.receive_hard(&octets, &mut take);
        receiver.finish(&mut take);
        assert_eq!(frames.len() as u64, expected["cadus"].as_u64().unwrap());
        assert_eq!(hex::encode(Sha256::digest(frames.concat())), expected["frames_sha256"]);
    }
}

fn bits(octets: &[u8]) -> impl Iterator<Item = u8> {
    octets.iter().flat_map(|octet| (0..8).map(move |at| octet >> (7 - at) & 1))
}
