//! Reed-Solomon: octets of another encoder, every number of errors and erasures, and all kernel levels alike.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use spacelink::coding::rs::{
    Basis, Code, Corrected, FillErrors, GeneralCode, GeneralSettings, Interleaved, ReedSolomon, Uncorrectable,
};
use spacelink::coding::{KernelLevel, ParameterError};
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
        for level in KernelLevel::available() {
            println!("{level:?}");
            let rs = ReedSolomon::new(code, basis).with_level(level).unwrap();
            let data: Vec<u8> = (0..rs.data_len()).map(|octet| octet as u8).collect();
            let mut out = [0; 32];
            assert_eq!(rs.encode(&data, &mut out), Ok(code.check_len()));
            assert_eq!(out[..code.check_len()], hex::decode(parity).unwrap(), "{level:?}");
        }
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

/// Random words are beyond repair but for the part of all words that lies within reach of a codeword: for E = 8
/// Σ C(255, i)·255^i·256^-16 over i up to 8, which is 2.1·10^-5 and 1 in 8! at most; for E = 16 next to none.
#[test]
fn random_words_are_beyond_repair() {
    for (code, words, by_chance) in [(Code::E16, 4_000, 0..=0), (Code::E8, 100_000, 0..=8)] {
        let rs = ReedSolomon::new(code, Basis::Dual);
        let octets = noise(255 * words, 7);
        let mut repaired = 0;
        for word in octets.chunks(255) {
            let mut received = word.to_vec();
            match rs.correct(&mut received, &[]) {
                Ok(corrected) => {
                    repaired += 1;
                    let changed = received.iter().zip(word).filter(|(a, b)| a != b).count();
                    assert_eq!(usize::from(corrected.symbols()), changed);
                    assert!(changed <= code.max_errors());
                    assert_eq!(rs.correct(&mut received, &[]).unwrap().symbols(), 0);
                }
                Err(reason) => {
                    assert_eq!(reason, Uncorrectable::TooManyErrors);
                    assert_eq!(received, word);
                }
            }
        }
        assert!(by_chance.contains(&repaired), "{code:?}: {repaired} of {words}");
    }
}

/// Check symbols of 00 01 02 … over x^8 + x^4 + x^3 + x^2 + 1 with roots α^0 to α^9, computed by polynomial division
/// in another language.
/// Twenty bursts of two octets: codeword 0 is in all of them, and beyond repair but for what the others tell.
#[test]
fn codewords_beside_repaired_ones_are_repaired() {
    for level in KernelLevel::available() {
        let rs = Interleaved::new(Code::E16, Basis::Dual, 5, 0).unwrap().with_level(level).unwrap();
        let mut sent = vec![0; rs.codeblock_len()];
        rs.encode(&noise(rs.frame_len(), 3), &mut sent).unwrap();
        let mut received = sent.clone();
        for burst in 0..20 {
            let at = 60 * burst + if burst % 2 == 0 { 4 } else { 5 };
            received[at] ^= 0x81;
            received[at + 1] ^= 0x18;
        }
        let mut block = received.clone();
        let each = rs.correct(&mut block, &[]).unwrap();
        assert_eq!(each.each()[0], Err(Uncorrectable::TooManyErrors));
        assert_eq!((each.uncorrectable(), each.symbols()), (1, 20));

        let mut block = received.clone();
        let each = rs.with_bursts(true).correct(&mut block, &[]).unwrap();
        assert_eq!(each.each()[0], Ok(Corrected { errors: 8, erasures: 12, in_fill: 0 }));
        assert_eq!((each.uncorrectable(), each.symbols()), (0, 40));
        assert!(block == sent);
    }
}

/// A word at random between codewords full of errors is not taken for one, whatever is erased, and is left as it is.
#[test]
fn random_words_between_repaired_ones_are_beyond_repair() {
    let rs = Interleaved::new(Code::E16, Basis::Dual, 5, 0).unwrap().with_bursts(true);
    let mut sent = vec![0; rs.codeblock_len()];
    rs.encode(&noise(rs.frame_len(), 4), &mut sent).unwrap();
    for seed in 0..200 {
        let mut received = sent.clone();
        for (position, &octet) in noise(255, seed).iter().enumerate() {
            received[5 * position + 2] = octet;
            if position % 17 < 1 {
                received[5 * position + 1] ^= 1;
                received[5 * position + 3] ^= octet | 1;
            }
        }
        let mut block = received.clone();
        let each = rs.correct(&mut block, &[]).unwrap();
        assert_eq!(each.uncorrectable(), 1);
        assert!((0..255).all(|position| block[5 * position + 2] == received[5 * position + 2]));
    }
}

#[test]
fn a_code_over_another_field() {
    let settings = GeneralSettings {
        polynomial: 0x11D,
        first: 0,
        step: 1,
        max_errors: 5,
        fill: 225,
        ..Default::default()
    };
    let code = GeneralCode::new(settings).unwrap();
    assert_eq!((code.data_len(), code.check_len(), code.codeword_len()), (20, 10, 30));
    let mut word: Vec<u8> = (0..30).collect();
    let (data, parity) = word.split_at_mut(20);
    assert_eq!(code.encode(data, parity), Ok(10));
    assert_eq!(hex::encode(parity), "29803ffcbc8f10b9bf4f");
}

#[test]
fn general_codes_that_are_none() {
    let of = |change: fn(&mut GeneralSettings)| {
        let mut settings = GeneralSettings::default();
        change(&mut settings);
        GeneralCode::new(settings).map(|_| ())
    };
    assert_eq!(of(|_| ()), Ok(()));
    // The polynomial of AES is irreducible, but its root has only 51 powers.
    for polynomial in [0, 0x87, 0x11B, 0x186, 0x387] {
        let settings = GeneralSettings { polynomial, ..Default::default() };
        let refused = GeneralCode::new(settings).map(|_| ());
        assert_eq!(refused, Err(ParameterError::FieldPolynomial { polynomial }));
    }
    let changes: [fn(&mut GeneralSettings); 4] =
        [|s| s.step = 51, |s| s.step = 0, |s| s.max_errors = 0, |s| s.max_errors = 17];
    for change in changes {
        assert!(matches!(of(change), Err(ParameterError::Roots { .. })));
    }
    assert_eq!(of(|s| s.fill = 223), Err(ParameterError::Fill { fill: 223, max: 222 }));
}

proptest! {
    #[test]
    fn a_general_code_repairs_what_it_allows(
        polynomial in prop::sample::select(vec![0x11D, 0x12B, 0x12D, 0x14D, 0x15F, 0x163, 0x187, 0x1F5]),
        first in 0..=254u8,
        step in prop::sample::select(vec![1u8, 2, 11, 254]),
        max_errors in 1..=16u8,
        seed: u64,
        (errors, erasures) in (0..18usize, 0..34usize),
        places in Just((0..255u8).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let settings = GeneralSettings { polynomial, first, step, max_errors, ..Default::default() };
        let code = GeneralCode::new(settings).unwrap();
        let mut sent = noise(255, seed);
        let (data, parity) = sent.split_at_mut(code.data_len());
        code.encode(data, parity).unwrap();
        let mut word = sent.clone();
        places[..errors + erasures].iter().for_each(|&at| word[usize::from(at)] ^= 1 + at % 200);
        let received = word.clone();
        let outcome = code.correct(&mut word, &places[errors..errors + erasures]);
        if 2 * errors + erasures <= code.check_len() {
            let corrected = outcome.unwrap();
            prop_assert_eq!((usize::from(corrected.errors), usize::from(corrected.erasures)), (errors, erasures));
            prop_assert_eq!(word, sent);
        } else if outcome.is_err() {
            prop_assert_eq!(word, received);
        } else {
            prop_assert_eq!(code.correct(&mut word, &[]).unwrap().symbols(), 0);
        }
    }

    /// The CCSDS code made as a general one is the CCSDS code.
    #[test]
    fn the_ccsds_code_is_a_general_code(
        (rs, data) in configuration_and_data(),
        damage in prop::collection::vec((any::<Index>(), 1..=255u8), 0..20),
        marks in prop::collection::vec(any::<Index>(), 0..20),
    ) {
        let max_errors = rs.code().max_errors() as u8;
        let first = 128 - max_errors;
        let (fill, basis) = (rs.fill(), rs.basis());
        let general = GeneralSettings { first, max_errors, fill, basis, ..Default::default() };
        let general = GeneralCode::new(general).unwrap();
        let mut word = data.clone();
        word.extend(parity_of(rs, &data));
        let mut parity = vec![0; general.check_len()];
        general.encode(&data, &mut parity).unwrap();
        prop_assert_eq!(&word[data.len()..], &parity);
        for (place, change) in &damage {
            word[place.index(data.len())] ^= change;
        }
        let marks: Vec<u8> = marks.iter().map(|mark| mark.index(word.len()) as u8).collect();
        let by_rs = corrected(rs, &word, &marks);
        prop_assert_eq!((general.correct(&mut word, &marks), word), by_rs);
    }

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
        prop_assert!(on_all_levels(rs, |rs| parity_of(rs, &data)) == sent[data.len()..]);

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
        let (outcome, received) = on_all_levels(rs, |rs| corrected(rs, &received, &marks));

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
        let (outcome, corrected) = {
            let mut each = KernelLevel::available().map(|level| {
                let block = block.with_level(level).unwrap();
                let (mut again, mut corrected) = (vec![0; sent.len()], received.clone());
                block.encode(&frame, &mut again).unwrap();
                let outcome = block.correct(&mut corrected, &marks).unwrap();
                assert_eq!(again, sent, "{level:?}");
                (level, outcome.each().to_vec(), corrected)
            });
            let (_, outcome, corrected) = each.next().unwrap();
            each.for_each(|(level, o, c)| assert!(o == outcome && c == corrected, "{level:?}"));
            (outcome, corrected)
        };
        let depth = usize::from(depth);
        prop_assert_eq!(outcome.len(), depth);
        for (codeword, &each) in outcome.iter().enumerate() {
            let pick = |octets: &[u8]| octets.iter().skip(codeword).step_by(depth).copied().collect::<Vec<_>>();
            prop_assert_eq!(&pick(&sent)[rs.data_len()..], &parity_of(rs, &pick(&frame)));
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
        let rs = rs.with_fill_errors(if near { FillErrors::Accept } else { FillErrors::Refuse });
        let marks: Vec<u8> = marks.into_iter().filter(|&mark| usize::from(mark) < word.len()).collect();
        let (outcome, left) = on_all_levels(rs, |rs| corrected(rs, &word, &marks));
        if outcome.is_err() {
            prop_assert_eq!(left, word);
        }
    }
}

/// What every kernel level of this machine makes of it, which has to be one and the same.
fn on_all_levels<T: PartialEq + std::fmt::Debug>(rs: ReedSolomon, run: impl Fn(ReedSolomon) -> T) -> T {
    let mut results =
        KernelLevel::available().map(|level| (level, run(rs.with_level(level).expect("an available level"))));
    let (_, first) = results.next().expect("the reference");
    results.for_each(|(level, result)| assert_eq!(result, first, "{level:?}"));
    first
}

fn parity_of(rs: ReedSolomon, data: &[u8]) -> Vec<u8> {
    let mut parity = vec![0; rs.code().check_len()];
    rs.encode(data, &mut parity).unwrap();
    parity
}

fn corrected(rs: ReedSolomon, received: &[u8], marks: &[u8]) -> (Result<Corrected, Uncorrectable>, Vec<u8>) {
    let mut word = received.to_vec();
    (rs.correct(&mut word, marks), word)
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
