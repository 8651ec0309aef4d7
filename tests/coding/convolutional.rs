//! The convolutional code and its decoder.

use proptest::prelude::*;
use spacelink::coding::convolutional::{Convolutional, Edge, Encoder, NewViterbiError, Rate, Viterbi};
use spacelink::coding::{KernelLevel, ParameterError, soft};
use spacelink::wire::EncodeError;

/// The symbols of `data`, terminated or not, as packed bits with their number.
pub fn encoded(code: Convolutional, data: &[u8], terminate: bool) -> (Vec<u8>, usize) {
    let mut encoder = Encoder::new(code);
    let mut symbols = vec![0; encoder.encoded_len(data.len()) + 3];
    let full = encoder.encode(data, &mut symbols).unwrap();
    let bits = 8 * full + encoder.finish(terminate, &mut symbols[full..]).unwrap();
    symbols.truncate(bits.div_ceil(8));
    (symbols, bits)
}

/// The same as soft bits.
pub fn soft_symbols(code: Convolutional, data: &[u8], terminate: bool) -> Vec<i8> {
    let (symbols, bits) = encoded(code, data, terminate);
    let mut received = vec![0; bits];
    soft::from_hard(&symbols, 48, &mut received);
    received
}

fn decoded(decoder: &mut Viterbi<Vec<u8>>, received: &[i8], end: Edge) -> (Vec<u8>, usize) {
    let (mut octets, mut bits) = (Vec::new(), 0);
    let mut take = |decoded: spacelink::coding::convolutional::Decoded<'_>| {
        assert_eq!(bits % 8, 0);
        octets.extend_from_slice(decoded.octets);
        bits += decoded.bits;
        assert_eq!(
            (decoded.octets.len(), decoded.doubts.len()),
            (decoded.bits.div_ceil(8), decoded.octets.len())
        );
    };
    decoder.decode(received, &mut take);
    decoder.finish(end, &mut take);
    (octets, bits)
}

fn codes() -> impl Iterator<Item = Convolutional> {
    Rate::ALL.into_iter().flat_map(Convolutional::conventions)
}

/// Typed by hand from the generators: one 1 and zeros, whose symbols are the generators' taps.
#[test]
fn the_impulse_gives_the_generators() {
    let plain = Convolutional { g2_inverted: false, ..Convolutional::default() };
    assert_eq!(encoded(plain, &[0x80], false).0, [0b1110_1111, 0b0001_1100]);
    let swapped = Convolutional { swapped: true, ..plain };
    assert_eq!(encoded(swapped, &[0x80], false).0, [0b1101_1111, 0b0010_1100]);
    assert_eq!(encoded(Convolutional::default(), &[0x80], false).0, [0xBA, 0x49]);
}

/// Made with GNU Radio 3.10.5.1 (the shared vectors' first case that is not all zeros).
#[test]
fn gnu_radio_agrees() {
    let data = [0x41, 0xA5, 0x08, 0x4F, 0x2F];
    let g2_inverted = hex::decode("6e9108f0eeca724bcdcd").unwrap();
    assert_eq!(encoded(Convolutional::ccsds(Rate::R1_2), &data, false), (g2_inverted, 80));
    assert_eq!(encoded(Convolutional::ccsds(Rate::R1_2), &[0xFF], false).0, [0x8C, 0x1A]);
}

#[test]
fn symbols_are_counted() {
    for rate in Rate::ALL {
        for len in 0..9 {
            let (_, bits) = encoded(Convolutional::ccsds(rate), &vec![0; len], false);
            assert_eq!(bits, rate.symbols(8 * len), "{rate:?} {len}");
        }
    }
    assert_eq!(Rate::R7_8.symbols(8), 10);
}

#[test]
fn clean_symbols_decode_at_every_level() {
    let levels: Vec<_> = KernelLevel::available().collect();
    println!("levels: {levels:?}");
    let data: Vec<u8> = (0..3000u32).map(|n| ((n * n) >> 3) as u8).collect();
    for code in codes() {
        for &level in &levels {
            let mut decoder = Viterbi::with_level(code, level).unwrap().starting(Edge::Zero);
            assert_eq!(decoder.level(), level);
            let (octets, bits) = decoded(&mut decoder, &soft_symbols(code, &data, true), Edge::Zero);
            assert!(octets[..data.len()] == data, "{code:?} {level:?}");
            // An unsent last symbol leaves a tail bit without a trace.
            assert!((8 * data.len() + 4..=8 * data.len() + 6).contains(&bits), "{code:?} {bits}");
            assert_eq!(decoder.counts().symbol_errors, 0);
        }
    }
}

#[test]
fn what_is_refused() {
    let code = Convolutional::default();
    let len = Viterbi::<[u8; 0]>::buffer_len(code, KernelLevel::Reference, 64);
    for bits in [0, 1, 48, 65, 4128, usize::MAX] {
        let refused = Viterbi::new(code, KernelLevel::Reference, bits, vec![0; 1 << 16]).unwrap_err();
        assert_eq!(refused, NewViterbiError::Parameter(ParameterError::Segment { bits }));
    }
    assert!(Viterbi::new(code, KernelLevel::Reference, 64, vec![0; len]).is_ok());
    let short = Viterbi::new(code, KernelLevel::Reference, 64, vec![0; len - 1]).unwrap_err();
    assert_eq!(short, NewViterbiError::Room(EncodeError::Room { required: len, available: len - 1 }));
    let mut encoder = Encoder::new(code);
    assert_eq!(encoder.encode(&[1, 2], &mut [0; 3]), Err(EncodeError::Room { required: 4, available: 3 }));
    assert_eq!(encoder.finish(true, &mut [0; 2]), Err(EncodeError::Room { required: 3, available: 2 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the soft bits, the levels agree, and the result does not depend on how the input is cut.
    #[test]
    fn levels_and_cuts_agree(
        code in prop::sample::select(codes().collect::<Vec<_>>()),
        received in prop::collection::vec(any::<i8>(), 0..12_000),
        (quiet, exact) in any::<(bool, bool)>(),
        segment in prop::sample::select(vec![32, 96, 512]),
        cuts in prop::collection::vec(1usize..4000, 1..9),
        (start, end) in (edge(), edge()),
    ) {
        let received: Vec<i8> = received.into_iter().map(|soft| if quiet { soft / 64 } else { soft }).collect();
        let mut results = Vec::new();
        for level in KernelLevel::available() {
            let memory = vec![0; Viterbi::<()>::buffer_len(code, level, segment)];
            let mut decoder = Viterbi::new(code, level, segment, memory).unwrap().starting(start);
            decoder = if exact { decoder.exact() } else { decoder };
            let whole = decoded(&mut decoder, &received, end);
            let counts = decoder.counts();
            let (mut octets, mut doubts, mut rest) = (Vec::new(), Vec::new(), &received[..]);
            let mut cut = cuts.iter().cycle();
            let mut take = |decoded: spacelink::coding::convolutional::Decoded<'_>| {
                octets.extend_from_slice(decoded.octets);
                doubts.extend_from_slice(decoded.doubts);
            };
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(*cut.next().unwrap()));
                decoder.decode(now, &mut take);
                rest = later;
            }
            decoder.finish(end, &mut take);
            prop_assert!(octets == whole.0);
            prop_assert_eq!(decoder.counts().symbol_errors, 2 * counts.symbol_errors);
            prop_assert_eq!(code.rate.symbols(whole.1).abs_diff(received.len()) <= 1, true);
            results.push((whole, doubts, counts));
        }
        prop_assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
    }

    /// Two wrong symbols that are far enough from others are always repaired at rate 1/2 (free distance 10).
    #[test]
    fn sparse_errors_are_repaired(
        data in prop::collection::vec(any::<u8>(), 1..600),
        terminated in any::<bool>(),
        first in 0usize..40,
    ) {
        let code = Convolutional::default();
        let mut received = soft_symbols(code, &data, terminated);
        let mut errors = 0;
        for at in (first..received.len().saturating_sub(if terminated { 0 } else { 60 })).step_by(41) {
            received[at] = received[at].saturating_neg();
            errors += 1;
        }
        let mut decoder = Viterbi::with_vec(code).starting(Edge::Zero);
        let end = if terminated { Edge::Zero } else { Edge::Open };
        prop_assert!(decoded(&mut decoder, &received, end).0[..data.len()] == data[..]);
        prop_assert_eq!(decoder.counts().symbol_errors, errors);
    }
}

fn edge() -> impl Strategy<Value = Edge> {
    prop::sample::select(vec![Edge::Open, Edge::Zero])
}
