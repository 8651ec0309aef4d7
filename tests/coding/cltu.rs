//! CLTUs through the receiver: any alignment, polarity and cutting, with bit errors, cut ones and false starts.

use proptest::prelude::*;
use spacelink::coding::bch::Mode;
use spacelink::coding::cltu::{
    Cltu, CltuCode, CltuEncoder, CltuMemory, CltuParameters, CltuReceiver, End, Judgement, LdpcTail,
};
use spacelink::coding::soft;

const CODES: [CltuCode; 8] = [
    CltuCode::Bch { mode: Mode::Correct, randomized: false },
    CltuCode::Bch { mode: Mode::Correct, randomized: true },
    CltuCode::Bch { mode: Mode::Detect, randomized: false },
    CltuCode::Bch { mode: Mode::Detect, randomized: true },
    CltuCode::Ldpc128 { tail: LdpcTail::Current },
    CltuCode::Ldpc128 { tail: LdpcTail::BeforeCor1 },
    CltuCode::Ldpc128 { tail: LdpcTail::Absent },
    CltuCode::Ldpc512,
];

const MOST: usize = 320;

#[derive(Clone, Debug, PartialEq)]
struct Found {
    octets: Vec<u8>,
    bit_position: u64,
    inverted: bool,
    bits_corrected: u32,
    end: End,
}

impl From<Cltu<'_>> for Found {
    fn from(cltu: Cltu<'_>) -> Self {
        Self {
            octets: cltu.octets.to_vec(),
            bit_position: cltu.bit_position,
            inverted: cltu.inverted,
            bits_corrected: cltu.bits_corrected,
            end: cltu.end,
        }
    }
}

fn encode(link: CltuParameters, frames: &[u8]) -> Vec<u8> {
    let mut out = vec![0; link.cltu_len(frames.len())];
    assert_eq!(CltuEncoder::new(link).encode(frames, &mut out), Ok(out.len()));
    out
}

fn bits(octets: &[u8]) -> Vec<i8> {
    let mut bits = vec![0; 8 * octets.len()];
    soft::from_hard(octets, 30, &mut bits);
    bits
}

/// Receives in pieces of `piece` bits; takes what `judge` says.
fn receive(
    link: CltuParameters,
    stream: &[i8],
    piece: usize,
    judge: impl Fn(&Cltu<'_>) -> bool,
) -> Vec<Found> {
    let mut receiver = CltuReceiver::with_vec(link, MOST);
    let mut found = Vec::new();
    let mut sink = |cltu: Cltu<'_>| {
        if judge(&cltu) {
            found.push(Found::from(cltu));
            Judgement::Taken(cltu.octets.len())
        } else {
            Judgement::Abandoned
        }
    };
    for piece in stream.chunks(piece) {
        receiver.push(piece, &mut sink);
    }
    receiver.flush(sink);
    found
}

fn frame(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 37 + 11) as u8).collect()
}

#[test]
fn the_book_s_sequences() {
    let bch = CltuParameters::new(CODES[0]);
    // Oracle: dariol83/ccsds, Set V(R) to 124 on VC 22 of spacecraft 401.
    let frame = [0x31, 0x91, 0x58, 0x07, 0, 0x82, 0, 0x7C];
    let cltu = "eb9031915807008200027c55555555555500c5c5c5c5c5c5c579";
    assert_eq!(hex::encode(encode(bch, &frame)), cltu);
    let randomized = "eb90cea8c65d686b065a895555555555558ec5c5c5c5c5c5c579";
    assert_eq!(hex::encode(encode(CltuParameters::new(CODES[1]), &frame)), randomized);
    let ldpc = encode(CltuParameters::new(CODES[4]), &frame);
    assert_eq!(hex::encode(&ldpc[..8]), "034776c7272895b0");
    assert_eq!(hex::encode(&ldpc[24..]), "63a1ed72c6ac79e25555555555555555");
    let old = encode(CltuParameters::new(CODES[5]), &frame);
    assert_eq!(hex::encode(&old[24..]), "55555556aaaaaaaa5555555555555555");
    assert_eq!(encode(CltuParameters::new(CODES[7]), &frame).len(), 8 + 64);
}

#[test]
fn any_alignment_and_polarity() {
    for code in CODES {
        let link = CltuParameters::new(code);
        let (frame, idle) = (frame(100), bits(&[0x55; 80]));
        let cltu = bits(&encode(link, &frame));
        for shift in 0..17 {
            let mut stream = [&idle[..100 + shift], &cltu, &idle].concat();
            for inverted in [false, true] {
                for piece in [1, 7, 64, 10_000] {
                    let found = receive(link, &stream, piece, |_| true);
                    assert_eq!(found.len(), 1, "{code:?}");
                    assert_eq!(found[0].octets[..100], frame);
                    assert!(
                        found[0].octets[100..].iter().all(|fill| *fill == 0x55 || link.start().len() == 2)
                    );
                    assert_eq!((found[0].bit_position, found[0].inverted), (100 + shift as u64, inverted));
                    let tail = !link.tail().is_empty();
                    assert_eq!(found[0].end, if tail { End::Tail } else { End::Failure }, "{code:?}");
                }
                soft::invert(&mut stream);
            }
        }
    }
}

#[test]
fn only_one_polarity_where_the_link_knows_it() {
    let link = CltuParameters { either_polarity: false, ..CltuParameters::new(CODES[0]) };
    let mut stream = bits(&encode(link, &frame(20)));
    assert_eq!(receive(link, &stream, 99, |_| true).len(), 1);
    soft::invert(&mut stream);
    assert_eq!(receive(link, &stream, 99, |_| true), []);
}

#[test]
fn start_sequences_tolerate_what_the_book_allows() {
    for (code, tolerated) in [(CODES[0], 1), (CODES[2], 0), (CODES[4], 10)] {
        let link = CltuParameters::new(code);
        let clean = bits(&encode(link, &frame(20)));
        for wrong in 0..=tolerated + 1 {
            let mut stream = clean.clone();
            stream[2..2 + wrong].iter_mut().for_each(|bit| *bit = -*bit);
            assert_eq!(
                receive(link, &stream, 99, |_| true).len(),
                usize::from(wrong <= tolerated),
                "{code:?}, {wrong}"
            );
        }
    }
}

/// Found by fuzzing: with such a tolerance both polarities pass everywhere.
#[test]
fn a_tolerance_of_all_bits_does_not_invert() {
    for code in [CODES[0], CODES[4]] {
        let link = CltuParameters { start_tolerance: 64, ..CltuParameters::new(code) };
        let found = receive(link, &bits(&encode(link, &frame(1))), 99, |_| true);
        assert_eq!((found[0].octets[0], found[0].inverted), (frame(1)[0], false), "{code:?}");
    }
}

#[test]
fn one_wrong_bit_in_each_codeblock_is_repaired_or_ends_the_cltu() {
    for code in &CODES[..4] {
        let link = CltuParameters::new(*code);
        let frame = frame(70);
        let mut cltu = encode(link, &frame);
        for block in 0..10 {
            cltu[2 + 8 * block + block % 8] ^= 0x10;
        }
        let found = receive(link, &bits(&cltu), 500, |_| true);
        if matches!(code, CltuCode::Bch { mode: Mode::Correct, .. }) {
            assert_eq!((&found[0].octets, found[0].bits_corrected), (&frame, 10));
        } else {
            assert_eq!(found, []);
        }
    }
}

#[test]
fn ldpc_repairs_what_the_hard_decision_gets_wrong() {
    for code in &CODES[4..] {
        let link = CltuParameters::new(*code);
        let frame = frame(96);
        let mut stream = bits(&encode(link, &frame));
        // Every thirtieth bit is wrong, and less sure than the others.
        let blocks = 64..stream.len() - 8 * link.tail().len();
        stream[blocks].iter_mut().step_by(30).for_each(|bit| *bit = -*bit / 2);
        let found = receive(link, &stream, 500, |_| true);
        assert_eq!(found[0].octets[..96], frame);
        assert!(found[0].bits_corrected >= 20);
    }
}

#[test]
fn a_cltu_behind_one_cut_short_is_found() {
    let mut ends = Vec::new();
    for code in CODES {
        let link = CltuParameters::new(code);
        let (first, second) = (frame(100), frame(33));
        let whole = bits(&encode(link, &first));
        let next = bits(&encode(link, &second));
        // Cut at any bit of more than one codeblock.
        for cut in (link.start().len() * 8 + 600..whole.len() - 150).take(600) {
            let stream = [&whole[..cut], &next].concat();
            // Frames of 20 octets, whole ones are taken; or, as an LDPC decoder is to be trusted, all there is.
            for all in [false, true] {
                if all && link.start().len() == 2 {
                    continue;
                }
                let mut receiver = CltuReceiver::with_vec(link, MOST);
                let mut found = Vec::new();
                let mut sink = |cltu: Cltu<'_>| {
                    let len = cltu.octets.iter().zip(&first).take_while(|(a, b)| a == b).count().min(80);
                    ends.push(cltu.end);
                    found.push((cltu.bit_position, cltu.octets.to_vec()));
                    Judgement::Taken(if all { cltu.octets.len() } else { len / 20 * 20 })
                };
                receiver.push(&stream, &mut sink);
                receiver.flush(sink);
                let hit = found.iter().any(|(at, octets)| *at == cut as u64 && octets.starts_with(&second));
                assert!(hit, "{code:?} cut at {cut}, all taken: {all}");
                assert!(found[0].1.starts_with(&first[..20]));
            }
        }
    }
    assert!(ends.contains(&End::Start) && ends.contains(&End::Failure) && ends.contains(&End::Tail));
}

#[test]
fn a_cltu_inside_a_false_start_is_not_lost() {
    let link = CltuParameters::new(CODES[0]);
    let frame = frame(21);
    // A start sequence and two codeblocks by chance, the second of which hides the true start.
    let mut hidden = bits(&[0xEB, 0x90]);
    hidden.extend(bits(&spacelink::coding::bch::encode(&[9; 7])));
    let cltu = bits(&encode(link, &frame));
    let stream = [&hidden, &cltu[..]].concat();
    let found = receive(link, &stream, 50, |cltu| cltu.octets.starts_with(&frame));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].bit_position, hidden.len() as u64);
    // A first codeblock beyond repair abandons the candidate without asking.
    let stream = [&bits(&[0xEB, 0x90, 0xEB]), &cltu[..]].concat();
    assert_eq!(receive(link, &stream, 50, |cltu| cltu.octets.starts_with(&frame)).len(), 1);
}

#[test]
fn a_cltu_longer_than_the_memory_is_given_up_at_its_limit() {
    let link = CltuParameters::new(CODES[0]);
    let long = encode(link, &frame(7 * 60));
    let found = receive(link, &bits(&long), 1000, |_| true);
    assert_eq!((found[0].end, found[0].octets.len()), (End::Full, MOST.next_multiple_of(7)));
    let memory = CltuMemory { soft: [0i8; 100], decoder: [0; 100], octets: [0u8; 7] };
    assert!(CltuReceiver::new(link, memory).is_err());
    let memory = CltuMemory { soft: [0i8; 144], decoder: [0; 144], octets: [0u8; 7] };
    assert!(CltuReceiver::new(link, memory).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cutting_does_not_matter(
        octets in prop::collection::vec(any::<u8>(), 0..400),
        payload in prop::collection::vec(any::<u8>(), 1..60),
        at in 0usize..400,
        cuts in prop::collection::vec(1usize..900, 1..20),
        code in 0usize..8,
        taken in any::<bool>(),
    ) {
        let link = CltuParameters::new(CODES[code]);
        let at = at.min(octets.len());
        let stream = bits(&[&octets[..at], &encode(link, &payload), &octets[at..]].concat());
        let judge = |cltu: &Cltu<'_>| taken || cltu.octets.starts_with(&payload);
        let whole = receive(link, &stream, usize::MAX, judge);
        prop_assert!(taken || whole.iter().any(|found| found.octets.starts_with(&payload)));
        let mut receiver = CltuReceiver::with_vec(link, MOST);
        let mut found = Vec::new();
        let mut sink = |cltu: Cltu<'_>| {
            if judge(&cltu) {
                found.push(Found::from(cltu));
                return Judgement::Taken(cltu.octets.len());
            }
            Judgement::Abandoned
        };
        let (mut rest, mut cuts) = (&stream[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (front, back) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            receiver.push(front, &mut sink);
            rest = back;
        }
        receiver.flush(sink);
        prop_assert_eq!(whole, found);
    }
}
