//! CBOR heads: the examples of RFC 8949 appendix A, and what a strict reader must not take.

use proptest::prelude::*;
use spacelink::wire::cbor::{self, Head, Reader};
use spacelink::wire::{DecodeError, EncodeError, Writer};

/// RFC 8949 appendix A.
const NUMBERS: &[(u64, &[u8])] = &[
    (0, &[0x00]),
    (10, &[0x0A]),
    (23, &[0x17]),
    (24, &[0x18, 0x18]),
    (100, &[0x18, 0x64]),
    (1000, &[0x19, 0x03, 0xE8]),
    (1_000_000, &[0x1A, 0x00, 0x0F, 0x42, 0x40]),
    (1_000_000_000_000, &[0x1B, 0x00, 0x00, 0x00, 0xE8, 0xD4, 0xA5, 0x10, 0x00]),
    (u64::MAX, &[0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
];

fn reader(octets: &[u8]) -> Reader<'_> {
    Reader::new("test", octets)
}

fn written(write: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>) -> Vec<u8> {
    let mut room = [0; 64];
    let mut out = Writer::new(&mut room);
    write(&mut out).unwrap();
    out.written().to_vec()
}

#[test]
fn numbers_of_the_standard() {
    for &(value, octets) in NUMBERS {
        assert_eq!(reader(octets).unsigned("n"), Ok(value));
        assert_eq!(written(|out| cbor::put_unsigned(out, value)), octets);
        assert_eq!(cbor::head_len(value), octets.len());
    }
}

#[test]
fn strings_arrays_and_truth_of_the_standard() {
    assert_eq!(reader(&[0x44, 1, 2, 3, 4]).bytes("b"), Ok(&[1, 2, 3, 4][..]));
    assert_eq!(reader(&[0x64, b'I', b'E', b'T', b'F']).text("t"), Ok("IETF"));
    assert_eq!(reader(&[0x62, 0xC3, 0xBC]).text("t"), Ok("\u{fc}"));
    assert_eq!(reader(&[0x83, 1, 2, 3]).array("a"), Ok(3));
    assert_eq!(reader(&[0xF4]).bool("t"), Ok(false));
    assert_eq!(reader(&[0xF5]).bool("t"), Ok(true));
    assert_eq!(written(|out| cbor::put_bytes(out, &[1, 2, 3, 4])), [0x44, 1, 2, 3, 4]);
    assert_eq!(written(|out| cbor::put_text(out, "IETF")), *b"\x64IETF");
    assert_eq!(written(|out| cbor::put_bool(out, true)), [0xF5]);
    let array = written(|out| cbor::put_indefinite_array(out).and_then(|()| cbor::put_break(out)));
    assert_eq!(array, [0x9F, 0xFF]);
    let mut both = reader(&array);
    assert_eq!(both.indefinite_array("a"), Ok(()));
    assert!(both.take_break() && both.is_empty() && !both.take_break());
}

#[test]
fn heads_longer_than_needed_are_refused() {
    let long: &[&[u8]] = &[
        &[0x18, 23],
        &[0x19, 0, 0xFF],
        &[0x1A, 0, 0, 0xFF, 0xFF],
        &[0x1B, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x58, 1, 0],
        &[0x78, 1, b'a'],
        &[0x98, 1, 0],
        &[0xF8, 21],
    ];
    for octets in long {
        assert!(matches!(reader(octets).head(), Err(DecodeError::Rule { .. })), "{octets:02x?}");
    }
}

#[test]
fn other_types_are_refused_by_name() {
    let wrong = DecodeError::Field { unit: "test", field: "n", value: 0x41 };
    assert_eq!(reader(&[0x41, 0]).unsigned("n"), Err(wrong));
    assert!(reader(&[0x20]).unsigned("n").is_err());
    assert!(reader(&[0xFB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]).unsigned("float").is_err());
    assert!(reader(&[0x61, b'a']).bytes("text").is_err());
    assert!(reader(&[0x41, b'a']).text("octets").is_err());
    assert!(reader(&[0x9F]).array("indefinite").is_err());
    assert!(reader(&[0x80]).indefinite_array("definite").is_err());
    assert!(reader(&[0xD9, 0xD9, 0xF7, 0x9F]).indefinite_array("tag").is_err());
    for indefinite in [0x5F, 0x7F, 0xBF, 0x1F, 0x3F, 0xDF] {
        assert!(
            matches!(reader(&[indefinite, 0xFF]).head(), Err(DecodeError::Rule { .. })),
            "{indefinite:02x}"
        );
    }
    for reserved in [0x1C, 0x1D, 0x1E, 0x5C, 0xFC] {
        assert!(matches!(reader(&[reserved]).head(), Err(DecodeError::Field { .. })), "{reserved:02x}");
    }
    assert!(matches!(reader(&[0x61, 0xFF]).text("utf-8"), Err(DecodeError::Rule { .. })));
}

#[test]
fn hostile_lengths_cost_nothing() {
    let endless = [0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0];
    assert!(matches!(reader(&endless).bytes("b"), Err(DecodeError::Short { found: 1, .. })));
    let items = [0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0];
    assert!(matches!(reader(&items).skip(), Err(DecodeError::Short { .. })));
    let pairs = [0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0];
    assert!(matches!(reader(&pairs).skip(), Err(DecodeError::Short { .. })));
    assert!(matches!(reader(&[]).head(), Err(DecodeError::Short { required: 1, found: 0, .. })));
}

#[test]
fn whole_items_are_passed_over() {
    // Appendix A: {"a": 1, "b": [2, 3]}, then a tagged date, −1, 1.1, and nothing left open.
    let items: &[&[u8]] = &[
        &[0xA2, 0x61, 0x61, 0x01, 0x61, 0x62, 0x82, 0x02, 0x03],
        &[0xC1, 0x1A, 0x51, 0x4B, 0x67, 0xB0],
        &[0x20],
        &[0xFB, 0x3F, 0xF1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A],
        &[0x80],
    ];
    for item in items {
        let followed: Vec<u8> = item.iter().copied().chain([0xFF]).collect();
        assert_eq!(reader(&followed).skip(), Ok(*item));
    }
    let mut deep = vec![0x81; 1_000_000];
    deep.push(0);
    assert_eq!(reader(&deep).skip().map(<[u8]>::len), Ok(deep.len()));
}

#[test]
fn room_is_checked() {
    let mut room = [0; 2];
    let mut out = Writer::new(&mut room);
    assert_eq!(cbor::put_unsigned(&mut out, 1000), Err(EncodeError::Room { required: 3, available: 2 }));
}

proptest! {
    #[test]
    fn there_and_back(value: u64, octets: Vec<u8>, text: String) {
        let mut room = vec![0; 27 + octets.len() + text.len()];
        let mut out = Writer::new(&mut room);
        cbor::put_unsigned(&mut out, value).unwrap();
        cbor::put_bytes(&mut out, &octets).unwrap();
        cbor::put_text(&mut out, &text).unwrap();
        let mut back = reader(out.written());
        prop_assert_eq!(back.unsigned("n"), Ok(value));
        prop_assert_eq!(back.bytes("b"), Ok(&octets[..]));
        prop_assert_eq!(back.text("t"), Ok(&text[..]));
        prop_assert!(back.finish().is_ok());
    }

    /// No two strings of octets are read as the same head.
    #[test]
    fn a_head_has_one_form(octets in prop::collection::vec(any::<u8>(), 1..12)) {
        let mut heads = reader(&octets);
        if let Ok(Head::Unsigned(value)) = heads.head() {
            let again = written(|out| cbor::put_unsigned(out, value));
            prop_assert_eq!(&again[..], heads.since(0));
        }
    }
}
