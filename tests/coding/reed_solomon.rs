//! Reed-Solomon: octets of another encoder, every number of errors and erasures, and the plain reference.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use spacelink::coding::ParameterError;
use spacelink::coding::rs::{Basis, Code, FillErrors, Interleaved, ReedSolomon, Uncorrectable, reference};
use spacelink::wire::EncodeError;

/// Check symbols of the information 00 01 02 …, as the encoder of libfec prints them.
const KNOWN: &[(Code, Basis, &str)] = &[
    (Code::E16, Basis::Dual, "4FFB92DD557EC67F27FB8982CF58F8FD028AD117FCEF6B2793D0418826578651"),
    (Code::E8, Basis::Dual, "9755133F2714A3FBE0101E8F0E0AC1D2"),
    (Code::E16, Basis::Conventional, "2FBD4FB4748494B9ACD554627212EEB3EBED41191DE1D36320EA49290B25ABCF"),
];

#[test]
fn known_parity() {
    for &(code, basis, parity) in KNOWN {
        let rs = ReedSolomon::new(code, basis);
        let data: Vec<u8> = (0..rs.data_len()).map(|octet| octet as u8).collect();
        let mut out = [0; 32];
        assert_eq!(rs.encode(&data, &mut out), Ok(code.check_len()));
        assert_eq!(out[..code.check_len()], hex::decode(parity).unwrap());
        assert_eq!(reference::encode(&rs, &data), out);
    }
}

#[test]
fn depths_and_fill_that_the_book_forbids() {
    let rs = |depth, fill| Interleaved::new(Code::E16, Basis::Dual, depth, fill);
    for depth in [0, 6, 7, 9, 255] {
        assert_eq!(rs(depth, 0), Err(ParameterError::Interleave { depth }));
    }
    assert_eq!(rs(4, 6), Err(ParameterError::UnevenFill { fill: 6, depth: 4 }));
    assert_eq!(rs(5, 5 * 223), Err(ParameterError::Fill { fill: 1115, max: 1110 }));
    let least = rs(5, 5 * 222).unwrap();
    assert_eq!((least.frame_len(), least.codeblock_len()), (5, 5 * 33));
    let single = ReedSolomon::new(Code::E8, Basis::Dual);
    assert_eq!(single.with_fill(239), Err(ParameterError::Fill { fill: 239, max: 238 }));
}

#[test]
fn wrong_lengths_are_refused() {
    let rs = Interleaved::new(Code::E16, Basis::Dual, 2, 0).unwrap();
    let field = rs.encode(&[0; 445], &mut [0; 510]);
    assert!(matches!(field, Err(EncodeError::Field { value: 445, .. })));
    let room = rs.encode(&[0; 446], &mut [0; 509]);
    assert_eq!(room, Err(EncodeError::Room { required: 510, available: 509 }));
    let length = Uncorrectable::Length { required: 510, found: 511 };
    assert_eq!(rs.correct(&mut [0; 511], &[]), Err(length));
    let erasure = Uncorrectable::ErasurePosition { position: 510, len: 510 };
    assert_eq!(rs.correct(&mut [0; 510], &[510]), Err(erasure));

    let rs = ReedSolomon::new(Code::E8, Basis::Dual);
    assert!(rs.encode(&[0; 239], &mut [0; 15]).is_err());
    assert!(rs.encode(&[0; 240], &mut [0; 16]).is_err());
    let erasures: Vec<u8> = (0..17).collect();
    let many = Uncorrectable::TooManyErasures { found: 17, max: 16 };
    assert_eq!(rs.correct(&mut [0; 255], &erasures), Err(many));
    assert!(rs.correct(&mut [0; 255], &[3; 17]).is_ok(), "the same mark many times is one erasure");
}

#[test]
fn errors_located_in_fill_are_refused_or_accepted() {
    let full = ReedSolomon::new(Code::E16, Basis::Dual);
    let mut sent = [0x33; 255];
    let (data, parity) = sent.split_at_mut(223);
    full.encode(data, parity).unwrap();
    // An encoder that has something else than zeros where the receiver takes virtual fill of three symbols.
    let rs = full.with_fill(3).unwrap();
    let mut received = sent[3..].to_vec();
    received[100] ^= 1;
    let before = received.clone();
    assert_eq!(rs.correct(&mut received, &[]), Err(Uncorrectable::InFill { symbols: 3 }));
    assert_eq!(received, before);
    let corrected = rs.with_fill_errors(FillErrors::Accept).correct(&mut received, &[]).unwrap();
    assert_eq!((corrected.errors, corrected.in_fill, corrected.symbols()), (4, 3, 4));
    assert_eq!(received, sent[3..]);
}

/// Random words are beyond repair but for 1 in 16!, and are left alone.
#[test]
fn random_words_are_beyond_repair() {
    let rs = ReedSolomon::new(Code::E16, Basis::Dual);
    let mut state = 1u64;
    for _ in 0..5000 {
        let word: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(255)
        .collect();
        let mut received = word.clone();
        assert_eq!(rs.correct(&mut received, &[]), Err(Uncorrectable::TooManyErrors));
        assert_eq!(received, word);
    }
}

proptest! {
    #[test]
    fn what_the_code_allows_is_repaired_and_no_more(
        (rs, data) in configuration_and_data(),
        order in Just((0..255usize).collect::<Vec<_>>()).prop_shuffle(),
        errors in 0..25usize,
        erasures in 0..36usize,
        spare in 0..4usize,
        changes in prop::collection::vec(1..=255u8, 64),
    ) {
        let mut sent = data.clone();
        sent.resize(rs.codeword_len(), 0);
        rs.encode(&data, &mut sent[data.len()..]).unwrap();
        prop_assert_eq!(&sent[data.len()..], &reference::encode(&rs, &data)[..rs.code().check_len()]);

        let places: Vec<usize> = order.into_iter().filter(|&place| place < sent.len()).collect();
        let errors = errors.min(places.len());
        let erasures = erasures.min(places.len() - errors);
        let spare = spare.min(places.len() - errors - erasures);
        let mut received = sent.clone();
        for (&place, change) in places[..errors + erasures].iter().zip(&changes) {
            received[place] ^= change;
        }
        // Marked symbols, the last of which were received right all the same.
        let marks: Vec<u8> =
            places[errors..errors + erasures + spare].iter().map(|&place| place as u8).collect();

        let before = received.clone();
        let mut by_reference = received.clone();
        let outcome = rs.correct(&mut received, &marks);
        prop_assert_eq!(outcome, reference::correct(&rs, &mut by_reference, &marks));
        prop_assert_eq!(&received, &by_reference);

        let clean = errors + erasures == 0;
        if 2 * errors + marks.len() <= rs.code().check_len() || clean && marks.len() <= rs.code().check_len() {
            let corrected = outcome.unwrap();
            prop_assert_eq!(usize::from(corrected.errors), errors);
            prop_assert_eq!(usize::from(corrected.erasures), erasures);
            prop_assert_eq!(received, sent);
        } else if let Ok(corrected) = outcome {
            // Within reach of another codeword: it has to be one, and no farther than the code allows.
            let mut again = received.clone();
            prop_assert_eq!(rs.correct(&mut again, &[]).unwrap().symbols(), 0);
            prop_assert!(2 * usize::from(corrected.errors) + marks.len() <= rs.code().check_len());
        } else {
            prop_assert_eq!(received, before);
        }
    }

    #[test]
    fn a_codeblock_is_its_codewords_in_turn(
        (code, basis) in code_and_basis(),
        depth in prop::sample::select(vec![1u8, 2, 3, 4, 5, 8]),
        fill: Index,
        seed: u64,
        damage in prop::collection::vec((any::<Index>(), 1..=255u8), 0..100),
        marks in prop::collection::vec(any::<Index>(), 0..20),
    ) {
        let fill = fill.index(code.data_len()) as u16;
        let block = Interleaved::new(code, basis, depth, fill * u16::from(depth)).unwrap();
        let rs = ReedSolomon::new(code, basis).with_fill(fill as u8).unwrap();
        let frame = noise(block.frame_len(), seed);
        let mut sent = vec![0; block.codeblock_len()];
        prop_assert_eq!(block.encode(&frame, &mut sent), Ok(sent.len()));
        prop_assert_eq!(&sent[..frame.len()], &frame);

        let mut received = sent.clone();
        for (place, change) in &damage {
            received[place.index(sent.len())] ^= change;
        }
        let marks: Vec<u16> = marks.iter().map(|mark| mark.index(sent.len()) as u16).collect();
        let mut corrected = received.clone();
        let outcome = block.correct(&mut corrected, &marks).unwrap();
        let depth = usize::from(depth);
        prop_assert_eq!(outcome.each().len(), depth);
        for (codeword, &each) in outcome.each().iter().enumerate() {
            let pick = |octets: &[u8]| octets.iter().skip(codeword).step_by(depth).copied().collect::<Vec<_>>();
            let parity = reference::encode(&rs, &pick(&frame));
            prop_assert_eq!(&pick(&sent)[rs.data_len()..], &parity[..code.check_len()]);
            let mut alone = pick(&received);
            let own = marks.iter().map(|&mark| usize::from(mark)).filter(|mark| mark % depth == codeword);
            let own: Vec<u8> = own.map(|mark| (mark / depth) as u8).collect();
            prop_assert_eq!(each, rs.correct(&mut alone, &own));
            prop_assert_eq!(pick(&corrected), alone);
        }
    }

    #[test]
    fn any_word_is_repaired_as_the_reference_does(
        (rs, _) in configuration_and_data(),
        word in prop::collection::vec(any::<u8>(), 255),
        near in any::<bool>(),
        marks in subsequence((0..33u8).collect::<Vec<_>>(), 0..33),
    ) {
        let mut word = word[..rs.codeword_len()].to_vec();
        if near {
            word.iter_mut().skip(20).for_each(|symbol| *symbol = 0);
        }
        let (mut fast, mut plain) = (word.clone(), word.clone());
        let rs = rs.with_fill_errors(if near { FillErrors::Accept } else { FillErrors::Refuse });
        let marks: Vec<u8> = marks.into_iter().filter(|&mark| usize::from(mark) < word.len()).collect();
        let outcome = rs.correct(&mut fast, &marks);
        prop_assert_eq!(outcome, reference::correct(&rs, &mut plain, &marks));
        prop_assert_eq!(&fast, &plain);
        if outcome.is_err() {
            prop_assert_eq!(fast, word);
        }
    }
}

fn code_and_basis() -> impl Strategy<Value = (Code, Basis)> {
    (
        prop::sample::select(vec![Code::E16, Code::E8]),
        prop::sample::select(vec![Basis::Dual, Basis::Conventional]),
    )
}

fn configuration_and_data() -> impl Strategy<Value = (ReedSolomon, Vec<u8>)> {
    (code_and_basis(), any::<Index>(), any::<bool>(), any::<u64>()).prop_map(
        |((code, basis), fill, filled, seed)| {
            let fill = if filled { fill.index(code.data_len()) as u8 } else { 0 };
            let rs = ReedSolomon::new(code, basis).with_fill(fill).unwrap();
            (rs, noise(rs.data_len(), seed))
        },
    )
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(len)
    .collect()
}
