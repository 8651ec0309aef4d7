//! Packet erasure coding: every loss within the code's reach is repaired, over random loss and over fades, and no
//! header, however hostile, does harm.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use spacelink::coding::erasure::{
    Decoder, Encoder, ErasureParameterError, Parameters, Refused, RequestError, Unit,
};
use spacelink::io::channel::{Bursts, Channel, Impairments};
use spacelink::time::Instant;
use spacelink::wire::DecodeError;
use std::time::Duration;

/// Octets worked out by hand: header, unit or repair octets, CRC-32C.
#[test]
fn known_octets() {
    let mut encoder = Encoder::new(Parameters::checked(1, 1, 1, 16).unwrap());
    let symbols = sent(&mut encoder, &[b"go".to_vec()]);
    assert_eq!(hex::encode(&symbols[0][..11]), "e10101000000000000676f");
    // The code of one unit and one repair symbol repeats the shard: length, unit.
    assert_eq!(hex::encode(&symbols[1][..13]), "e101010101000000000002676f");
    assert_eq!((symbols[0].len(), symbols[1].len()), (15, 17));
}

#[test]
fn parameters_are_checked() {
    for (data, repair) in [(0, 4), (4, 0), (200, 56), (255, 255)] {
        let block = Err(ErasureParameterError::Block { data, repair });
        assert_eq!(Parameters::checked(data, repair, 1, 100), block);
    }
    for blocks in [0, 65] {
        assert_eq!(Parameters::checked(4, 2, blocks, 9), Err(ErasureParameterError::Interleave { blocks }));
    }
    for len in [0, 65534, 65535] {
        assert_eq!(Parameters::checked(4, 2, 1, len), Err(ErasureParameterError::UnitLen { len }));
    }
    assert!(Parameters::checked(200, 55, 64, 65533).is_ok());
}

#[test]
fn requests_that_cannot_be_met_are_refused() {
    let mut encoder = Encoder::new(Parameters::checked(2, 1, 1, 4).unwrap());
    assert_eq!(encoder.push(b"12345"), Err(RequestError::Long { len: 5, max: 4 }));
    encoder.push(b"1234").unwrap();
    assert_eq!((encoder.push(b"1"), encoder.flush()), (Err(RequestError::Busy), Err(RequestError::Busy)));
    assert_eq!(encoder.poll_transmit(&mut [0; 16]), None, "too little room: the symbol waits");
    assert_eq!(encoder.poll_transmit(&mut [0; 17]), Some(17));
    assert_eq!(encoder.poll_transmit(&mut [0; 17]), None);
}

/// A burst that takes as many symbols in a row as there are repair symbols in all interleaved blocks.
#[test]
fn a_fade_over_interleaved_blocks_is_repaired() {
    let parameters = Parameters::checked(10, 4, 5, 100).unwrap();
    let units = units(100, 100, 1);
    let symbols = sent(&mut Encoder::new(parameters), &units);
    assert_eq!(symbols.len(), 140);
    for start in 0..=120 {
        let arrived = symbols.iter().enumerate().filter(|(at, _)| !(start..start + 20).contains(at));
        let mut decoder = Decoder::new(parameters);
        let got = received(&mut decoder, arrived.map(|(_, symbol)| symbol));
        assert_eq!(in_order(got, 5), units, "fade from symbol {start}");
        assert_eq!(decoder.counts().lost, 0);
    }
}

/// A channel with bursts that flip bits: symbols with a wrong check sequence count as lost.
#[test]
fn loss_and_bursts_of_a_channel_are_repaired() {
    let parameters = Parameters::checked(32, 8, 8, 200).unwrap();
    let units = units(2048, 200, 2);
    let impairments = Impairments {
        loss: 0.02,
        bursts: Some(Bursts { mean_gap_bits: 400_000.0, mean_burst_bits: 12_000.0, bit_error_rate: 0.01 }),
        reordering: 0.05,
        reordering_delay: Duration::from_millis(2),
        duplication: 0.01,
        rate: Some(10_000_000),
        ..Impairments::default()
    };
    let mut channel = Channel::new(Duration::from_millis(5), impairments, ChaCha8Rng::seed_from_u64(3));
    for symbol in sent(&mut Encoder::new(parameters), &units) {
        channel.send(Instant::ZERO, &symbol);
    }
    let mut arrived = Vec::new();
    while let Some(at) = channel.poll_timeout() {
        arrived.extend(channel.receive(at));
    }
    let mut decoder = Decoder::new(parameters);
    let got = received(&mut decoder, arrived.iter());
    let counts = decoder.counts();
    assert!(counts.repaired > 50 && counts.refused > 20 && counts.surplus > 10, "{counts:?}");
    assert_eq!(in_order(got, 8), units);
}

#[test]
fn what_is_beyond_repair_is_counted_and_the_rest_delivered() {
    let parameters = Parameters::checked(4, 2, 1, 50).unwrap();
    let units = units(40, 50, 4);
    let symbols = sent(&mut Encoder::new(parameters), &units);
    // Block 3 loses three of six symbols, two of them units.
    let arrived =
        symbols.iter().enumerate().filter(|(at, _)| ![18, 20, 23].contains(at)).map(|(_, symbol)| symbol);
    let mut decoder = Decoder::new(parameters);
    let got = received(&mut decoder, arrived);
    assert_eq!(got.len(), 38);
    assert_eq!((decoder.counts().lost, decoder.counts().received), (2, 38));
    assert_eq!(decoder.held_len(), 0, "nothing is kept of blocks that are whole or gone");
}

#[test]
fn foreign_and_late_symbols_are_refused() {
    let parameters = Parameters::checked(2, 1, 1, 8).unwrap();
    let mut decoder = Decoder::new(parameters);
    let symbols = sent(&mut Encoder::new(parameters), &units(20, 8, 5));
    let mut flipped = symbols[0].clone();
    flipped[10] ^= 1;
    let check = Refused::Malformed(DecodeError::Check { unit: "erasure symbol" });
    assert_eq!(decoder.handle_input(&flipped), Err(check));
    assert!(matches!(decoder.handle_input(&[]), Err(Refused::Malformed(DecodeError::Short { .. }))));
    for other in [(3, 1, 8), (2, 2, 8), (2, 1, 9)] {
        let other = Parameters::checked(other.0, other.1, 1, other.2).unwrap();
        let symbols = sent(&mut Encoder::new(other), &[vec![7; usize::from(other.max_unit_len() as u8)]]);
        let refused = decoder.handle_input(&symbols[0]);
        assert!(matches!(refused, Err(Refused::Malformed(DecodeError::Field { .. }))), "{refused:?}");
    }
    decoder.handle_input(&symbols[29]).unwrap();
    assert_eq!(decoder.handle_input(&symbols[0]), Err(Refused::Late { block: 0 }));
    assert_eq!(decoder.counts().refused, 6);
    decoder.handle_input(&symbols[27]).unwrap();
    assert_eq!(decoder.handle_input(&symbols[28]), Err(Refused::Busy), "units wait");
}

proptest! {
    #[test]
    fn any_loss_within_reach_is_repaired(
        (data, repair) in (1..20u8, 1..8u8),
        interleave in 1..4u8,
        count in 1..60usize,
        seed: u64,
    ) {
        let parameters = Parameters::checked(data, repair, interleave, 40).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let units: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let mut unit = vec![0; (rng.next_u32() % 41) as usize];
                rng.fill_bytes(&mut unit);
                unit
            })
            .collect();
        let mut encoder = Encoder::new(parameters);
        let symbols = sent(&mut encoder, &units);
        // Of each block at most as many are lost as there are repair symbols.
        let mut left = std::collections::BTreeMap::new();
        let arrived: Vec<&Vec<u8>> = symbols
            .iter()
            .filter(|symbol| {
                let block = u32::from_be_bytes(*symbol[5..].first_chunk().unwrap());
                let left = left.entry(block).or_insert(repair);
                let lose = *left > 0 && rng.next_u32() % 3 == 0;
                *left -= u8::from(lose);
                !lose
            })
            .collect();
        let mut decoder = Decoder::new(parameters);
        let got = received(&mut decoder, arrived.into_iter());
        prop_assert_eq!(in_order(got, interleave.into()), units);
        decoder.close();
        prop_assert_eq!((decoder.counts().lost, decoder.counts().refused), (0, 0));
    }

    /// Symbols with valid check sequences and any header, mixed with true ones: memory stays bounded, and no unit is
    /// handed out twice.
    #[test]
    fn forged_symbols_do_no_harm(
        forged in prop::collection::vec((any::<[u8; 9]>(), prop::collection::vec(any::<u8>(), 0..24), any::<bool>()), 0..80),
    ) {
        let parameters = Parameters::checked(3, 2, 2, 16).unwrap();
        let mut decoder = Decoder::new(parameters);
        let mut seen = std::collections::HashMap::new();
        for (header, octets, near) in forged {
            let mut symbol = header.to_vec();
            if near {
                symbol[..3].copy_from_slice(&[0xE1, 3, 2]);
                symbol[3] %= 5;
                symbol[4] = if symbol[3] < 3 { 0 } else { 1 + symbol[4] % 3 };
                symbol[5..8].fill(0);
                symbol[8] %= 8;
            }
            symbol.extend(octets);
            symbol.extend(spacelink::crc::crc32c(&symbol).to_be_bytes());
            let _ = decoder.handle_input(&symbol);
            while let Some(unit) = decoder.poll_event() {
                *seen.entry((unit.block, unit.index)).or_insert(0) += 1;
            }
            prop_assert!(decoder.held_len() <= parameters.window() * 5 * 18);
        }
        // Blocks may come into the window again after the newest was forged far ahead, but not among these eight.
        let counts = decoder.counts();
        prop_assert!(counts.received + counts.repaired >= seen.len() as u64);
    }
}

fn units(count: usize, len: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let unit = || {
        let mut unit = vec![0; len];
        rng.fill_bytes(&mut unit);
        unit
    };
    std::iter::repeat_with(unit).take(count).collect()
}

fn sent(encoder: &mut Encoder, units: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut symbols = Vec::new();
    let mut symbol = vec![0; 70_000];
    for unit in units {
        encoder.push(unit).unwrap();
        while let Some(len) = encoder.poll_transmit(&mut symbol) {
            symbols.push(symbol[..len].to_vec());
        }
    }
    encoder.flush().unwrap();
    while let Some(len) = encoder.poll_transmit(&mut symbol) {
        symbols.push(symbol[..len].to_vec());
    }
    symbols
}

fn received<'a>(decoder: &mut Decoder, symbols: impl Iterator<Item = &'a Vec<u8>>) -> Vec<Unit> {
    let mut units = Vec::new();
    for symbol in symbols {
        let _ = decoder.handle_input(symbol);
        units.extend(std::iter::from_fn(|| decoder.poll_event()));
    }
    units
}

/// Units in the order in which they were pushed, when `interleave` blocks are filled in turn.
fn in_order(mut units: Vec<Unit>, interleave: u32) -> Vec<Vec<u8>> {
    units.sort_by_key(|unit| (unit.block / interleave, unit.index, unit.block % interleave));
    units.into_iter().map(|unit| unit.octets).collect()
}
