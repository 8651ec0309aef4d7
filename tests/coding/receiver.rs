//! The receive chain over streams that lose, repeat, damage and slip.

use proptest::prelude::*;
use proptest::sample::select;
use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding, LinkQuality, Quality};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Marker, SyncParameters, SyncState};

/// What one piece of the stream is.
#[derive(Clone, Debug)]
enum Piece {
    /// A CADU as sent, or with bits flipped.
    Cadu { flips: Vec<u32> },
    /// The first so many bits of a CADU.
    Cut { bits: usize },
    /// Bits that mean nothing.
    Noise { bits: usize, seed: u64 },
    /// The last CADU once more.
    Repeat,
    /// A marker and nothing behind it.
    Marker,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn coded_cadus_are_found_whatever_is_around_them(
        link in select(vec![coded(Code::E16, 1, 200), coded(Code::E8, 2, 400), coded(Code::E16, 3, 0)]),
        pieces in prop::collection::vec(piece(), 0..24),
        sync in sync_parameters(),
        inverted: bool,
        chunks in prop::collection::vec(1..4000usize, 1..40),
    ) {
        let sync = SyncParameters { inverted: sync.inverted || inverted, ..sync };
        let stream = Stream::new(&link, &pieces, inverted);
        let whole = receive(link, sync, &stream.octets, &[stream.octets.len().max(1)]);
        prop_assert_eq!(&whole, &receive(link, sync, &stream.octets, &chunks));
        for (position, frame) in &stream.undamaged {
            let found = whole.frames.iter().find(|(quality, _)| quality.bit_position == *position);
            let Some((quality, octets)) = found else {
                return Err(TestCaseError::fail(format!("the CADU at bit {position} is missing")));
            };
            prop_assert_eq!(octets, frame);
            prop_assert!(quality.is_certain());
            prop_assert_eq!(quality.inverted, inverted);
        }
        // What is handed up as certain was sent.
        for (quality, octets) in &whole.frames {
            if quality.is_certain() {
                prop_assert!(stream.sent.contains(octets));
            }
        }
    }

    #[test]
    fn uncoded_cadus_are_found_when_cadus_are_missing(
        randomizer in select(vec![None, Some(Randomizer::Tm)]),
        frame_len in 30..90usize,
        pieces in prop::collection::vec(prop_oneof![
            6 => Just(Piece::Cadu { flips: Vec::new() }),
            1 => (40..240usize).prop_map(|bits| Piece::Cut { bits }),
            1 => (0..900usize, any::<u64>()).prop_map(|(bits, seed)| Piece::Noise { bits, seed }),
        ], 0..24),
        chunks in prop::collection::vec(1..300usize, 1..40),
    ) {
        let link = CaduParameters::checked(Coding::Uncoded { frame_len }, randomizer, Marker::ASM_32).unwrap();
        let sync = SyncParameters { search_tolerance: 0, locked_tolerance: 1, ..SyncParameters::default() };
        let stream = Stream::new(&link, &pieces, false);
        let whole = receive(link, sync, &stream.octets, &[stream.octets.len().max(1)]);
        prop_assert_eq!(&whole, &receive(link, sync, &stream.octets, &chunks));
        for (position, frame) in &stream.undamaged {
            let found = whole.frames.iter().find(|(quality, _)| quality.bit_position == *position);
            prop_assert_eq!(found.map(|(_, octets)| octets), Some(frame), "at bit {}", position);
        }
    }

    #[test]
    fn any_octets_cut_anywhere_give_the_same(
        octets in prop::collection::vec(any::<u8>(), 0..1500),
        marker in select(vec![vec![0x00], vec![0xFF], vec![0x12, 0x34], vec![0; 24]]),
        frame_len in 1..50usize,
        sync in (0..5u8, 0..9u8, 0..4u8, 0..4u8, any::<bool>()),
        chunks in prop::collection::vec(1..100usize, 1..40),
    ) {
        let marker = Marker::new(&marker).unwrap();
        let link = CaduParameters::deviating(Coding::Uncoded { frame_len }, None, marker).unwrap();
        let sync = SyncParameters {
            search_tolerance: sync.0,
            locked_tolerance: sync.1,
            verify: sync.2,
            flywheel: sync.3,
            inverted: sync.4,
        };
        let whole = receive(link, sync, &octets, &[octets.len().max(1)]);
        prop_assert_eq!(&whole, &receive(link, sync, &octets, &chunks));
        prop_assert_eq!(whole.totals.sync.octets, octets.len() as u64);
    }
}

#[test]
fn a_missing_marker_is_flown_over_and_its_frame_handed_up() {
    let link = CaduParameters::checked(Coding::Uncoded { frame_len: 64 }, None, Marker::ASM_32).unwrap();
    let mut stream = Stream::new(&link, &vec![Piece::Cadu { flips: Vec::new() }; 20], false).octets;
    for cadu in [5, 6, 10, 11, 12, 13, 14] {
        stream[68 * cadu..][..4].fill(0x55);
    }
    let sync = SyncParameters::default();
    let received = receive(link, sync, &stream, &[1000]);
    let positions: Vec<u64> =
        received.frames.iter().map(|(quality, _)| quality.bit_position / (8 * 68)).collect();
    // The fifth missing marker in a row is one too many.
    assert_eq!(positions, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19]);
    let flown: Vec<usize> =
        (0..received.frames.len()).filter(|&at| received.frames[at].0.is_flown_over()).collect();
    assert_eq!(flown, [5, 6, 10, 11, 12, 13]);
    let sync = received.totals.sync;
    assert_eq!((sync.flywheels, sync.locks, sync.locks_lost), (6, 2, 1));
    assert_eq!(received.frames[0].0.sync, SyncState::Verify);
    assert_eq!(received.frames[1].0.sync, SyncState::Lock);
    assert_eq!(received.frames[14].0.sync, SyncState::Verify);
}

#[test]
fn wrong_bits_in_markers_are_tolerated_and_reported() {
    let link = coded(Code::E16, 1, 0);
    let flips = [vec![0, 9], vec![], vec![1, 2, 3, 30], vec![0, 1, 2, 3, 4]];
    let pieces: Vec<Piece> = flips.into_iter().map(|flips| Piece::Cadu { flips }).collect();
    let stream = Stream::new(&link, &pieces, false).octets;
    let received = receive(link, SyncParameters::default(), &stream, &[77]);
    let seen: Vec<(u8, bool)> =
        received.frames.iter().map(|(q, _)| (q.marker_distance, q.is_flown_over())).collect();
    assert_eq!(seen, [(2, false), (0, false), (4, false), (0, true)]);
    assert_eq!(received.totals.sync.marker_bit_errors, 6);
    let strict = SyncParameters { search_tolerance: 1, ..SyncParameters::default() };
    assert_eq!(receive(link, strict, &stream, &[77]).frames.len(), 3, "two wrong bits are one too many");
}

#[test]
fn frames_beyond_repair_are_handed_up_in_lock_as_received() {
    let link = coded(Code::E16, 2, 0);
    let hit: Vec<u32> = (0..40).map(|symbol| 32 + 16 * symbol).collect();
    let damaged = Piece::Cadu { flips: hit };
    let good = Piece::Cadu { flips: Vec::new() };
    let stream = Stream::new(&link, &[damaged.clone(), good.clone(), damaged, good], false);
    let received = receive(link, SyncParameters::default(), &stream.octets, &[500]);
    let uncorrectable: Vec<u8> =
        received.frames.iter().map(|(quality, _)| quality.codewords_uncorrectable).collect();
    // The first is dropped: before lock nothing but its marker speaks for it.
    assert_eq!(uncorrectable, [0, 1, 0]);
    assert_eq!(received.totals.blocks_dropped, 1);
    assert_eq!(received.totals.frames_uncorrectable, 1);
    assert_eq!(received.totals.codewords_uncorrectable, 1);
    let sent = &stream.sent[2];
    let differing: Vec<usize> = (0..sent.len()).filter(|&at| sent[at] != received.frames[1].1[at]).collect();
    assert_eq!(differing, (0..40).map(|symbol| 2 * symbol).collect::<Vec<_>>());
}

#[derive(Debug, PartialEq)]
struct Received {
    frames: Vec<(Quality, Vec<u8>)>,
    totals: LinkQuality,
    state: SyncState,
}

fn receive(link: CaduParameters, sync: SyncParameters, octets: &[u8], chunks: &[usize]) -> Received {
    let mut receiver = CaduReceiver::with_vec(link, sync);
    let mut frames = Vec::new();
    let mut rest = octets;
    for &chunk in chunks.iter().cycle() {
        let (now, later) = rest.split_at(chunk.min(rest.len()));
        receiver.receive(now, |received| frames.push((received.quality, received.frame.to_vec())));
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    Received { frames, totals: receiver.totals(), state: receiver.state() }
}

/// A stream as received, and what was put into it.
struct Stream {
    octets: Vec<u8>,
    /// Every frame sent.
    sent: Vec<Vec<u8>>,
    /// Where each CADU without a wrong bit begins, and its frame.
    undamaged: Vec<(u64, Vec<u8>)>,
}

impl Stream {
    fn new(link: &CaduParameters, pieces: &[Piece], inverted: bool) -> Self {
        let mut bits: Vec<bool> = Vec::new();
        let mut sent: Vec<Vec<u8>> = Vec::new();
        let mut undamaged = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let frame = match piece {
                Piece::Repeat if !sent.is_empty() => sent[sent.len() - 1].clone(),
                _ => noise(link.frame_len(), at as u64 + 1),
            };
            let mut cadu = vec![0; link.cadu_len()];
            link.encode(&frame, &mut cadu).unwrap();
            let mut cadu = to_bits(&cadu);
            match piece {
                Piece::Cadu { flips } => {
                    for &flip in flips {
                        let place = flip as usize % cadu.len();
                        cadu[place] = !cadu[place];
                    }
                    if flips.is_empty() {
                        undamaged.push((bits.len() as u64, frame.clone()));
                    }
                }
                Piece::Repeat => undamaged.push((bits.len() as u64, frame.clone())),
                Piece::Cut { bits } => cadu.truncate(*bits),
                Piece::Marker => cadu.truncate(link.marker().bits()),
                Piece::Noise { bits, seed } => {
                    cadu = to_bits(&noise(bits.div_ceil(8), *seed));
                    cadu.truncate(*bits);
                }
            }
            bits.extend(cadu);
            sent.push(frame);
        }
        // Whole octets only: the last CADU is not to be cut by the end.
        bits.resize(bits.len().next_multiple_of(8), true);
        let octets = bits
            .chunks_exact(8)
            .map(|bits| bits.iter().fold(0, |octet, &bit| octet << 1 | u8::from(bit ^ inverted)))
            .collect();
        Self { octets, sent, undamaged }
    }
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        4 => Just(Piece::Cadu { flips: Vec::new() }),
        2 => prop::collection::vec(any::<u32>(), 0..60).prop_map(|flips| Piece::Cadu { flips }),
        1 => prop::collection::vec(0..32u32, 0..12).prop_map(|flips| Piece::Cadu { flips }),
        2 => (0..3000usize).prop_map(|bits| Piece::Cut { bits }),
        1 => (0..3000usize, any::<u64>()).prop_map(|(bits, seed)| Piece::Noise { bits, seed }),
        1 => Just(Piece::Repeat),
        1 => Just(Piece::Marker),
    ]
}

fn sync_parameters() -> impl Strategy<Value = SyncParameters> {
    (0..4u8, 0..6u8, 0..4u8, 0..5u8, any::<bool>()).prop_map(
        |(search_tolerance, locked_tolerance, verify, flywheel, inverted)| SyncParameters {
            search_tolerance,
            locked_tolerance,
            verify,
            flywheel,
            inverted,
        },
    )
}

fn coded(code: Code, depth: u8, fill: u16) -> CaduParameters {
    let rs = Interleaved::new(code, Basis::Dual, depth, fill).unwrap();
    CaduParameters::checked(Coding::ReedSolomon(rs), Some(Randomizer::Tm), Marker::ASM_32).unwrap()
}

fn to_bits(octets: &[u8]) -> Vec<bool> {
    octets.iter().flat_map(|octet| (0..8).map(move |bit| octet >> (7 - bit) & 1 != 0)).collect()
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(len)
    .collect()
}
