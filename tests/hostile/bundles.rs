//! Bundles, whole and in pieces, and administrative records.

use super::{alone, bounded, head, refused};
use bytes::Bytes;
use spacelink::bundle::{AdminRecord, Bundle, BundleError, BundleReader, Part, Rules};

/// Version 7, no flags, no CRC, ipn:2.7, ipn:1.7, dtn:none, time 1, sequence 0, lifetime 60.
const PRIMARY: &str = "88070000820282020782028201078201008201 00183c";
const PAYLOAD: &str = "85010100004178";

fn octets(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

/// The start of the bundle, `rest`, and a payload.
fn bundle(rest: &[u8]) -> Vec<u8> {
    [&[0x9F], &octets(PRIMARY)[..], rest, &octets(PAYLOAD), &[0xFF]].concat()
}

fn whole(octets: &Bytes) -> Result<(), BundleError> {
    Bundle::decode_with(octets.clone(), &Rules::LENIENT).map(drop)
}

/// As a link brings it, in pieces of so many octets.
fn in_pieces(octets: &[u8], len: usize) -> Result<(), BundleError> {
    let mut reader = BundleReader::new(Rules::LENIENT);
    for mut piece in octets.chunks(len) {
        while let Some(part) = reader.read(&mut piece)? {
            if part == Part::End {
                return Ok(());
            }
        }
    }
    reader.finish().map(drop)
}

/// Every length field in turn is 2^64 − 1, or counts 2^64 − 1 items.
#[test]
fn the_greatest_length_in_every_place() {
    let _alone = alone();
    let most = |major| head(major, u64::MAX);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("bundle array", most(4), "bundle: bundle array is 0x9b"),
        (
            "primary array",
            [&[0x9F], &most(4)[..], &[7, 0, 0]].concat(),
            "primary block: 8 items required, 18446744073709551615 found",
        ),
        (
            "endpoint array",
            [&[0x9F, 0x88, 7, 0, 0], &most(4)[..], &[2, 2]].concat(),
            "primary block: endpoint items is 0xffffffffffffffff",
        ),
        (
            "endpoint name",
            [&[0x9F, 0x88, 7, 0, 0, 0x82, 1], &most(3)[..], b"//n/"].concat(),
            "bundle: more than 1048576 octets before its payload",
        ),
        (
            "ipn elements",
            [&[0x9F, 0x88, 7, 0, 0, 0x82, 2], &most(4)[..], &[1, 1]].concat(),
            "EID: ipn elements is 0xffffffffffffffff",
        ),
        ("block array", bundle(&most(4)), "block: type is 0x85"),
        (
            "block data",
            bundle(&[&octets("8518c80200 00")[..], &most(2)].concat()),
            "bundle: more than 1048576 octets before its payload",
        ),
        (
            "check sequence",
            bundle(&[&octets("8618c8020001 40")[..], &most(2)].concat()),
            "block 2: CRC of 18446744073709551615 octets, 2 required",
        ),
    ];
    for (name, octets, words) in cases {
        let octets = Bytes::from(octets);
        let len = octets.len();
        refused(name, len, words, || whole(&octets));
        for piece in [1, 7, 1_400] {
            refused(name, len, words, || in_pieces(&octets, piece));
        }
    }
    // Of the payload only so many octets are missing: whoever stores it decides by its length.
    let payload = [&[0x9F], &octets(PRIMARY)[..], &octets("8501010000"), &most(2), &[0x78]].concat();
    let payload = Bytes::from(payload);
    let short = "block: 18446744073709551615 octets required, 1 found";
    refused("payload", payload.len(), short, || whole(&payload));
    refused("payload in pieces", payload.len(), short, || in_pieces(&payload, 7));
}

#[test]
fn a_million_blocks() {
    let _alone = alone();
    let blocks: Vec<u8> = (0..1_000_000u32)
        .flat_map(|number| {
            [&[0x85, 0x18, 200, 0x1A], &(number + 70_000).to_be_bytes()[..], &[0, 0, 0x40]].concat()
        })
        .collect();
    let octets = Bytes::from(bundle(&blocks));
    let words = "bundle: more than 128 extension blocks";
    // What is looked at is not a hundredth of it.
    refused("whole", 10_000, words, || whole(&octets));
    refused("in pieces", 10_000, words, || in_pieces(&octets, 1_400));
}

/// What a block of an unknown type holds is nobody's business, and is not looked into.
#[test]
fn nesting_in_an_unknown_block() {
    let _alone = alone();
    for item in [0x81, 0x9F, 0xA1, 0xC1] {
        let data = vec![item; 1_000_000];
        let mut block = octets("8518c80200 00 5a000f4240");
        block.extend_from_slice(&data);
        let octets = Bytes::from(bundle(&block));
        let len = octets.len();
        bounded("whole", len, 1, || whole(&octets)).unwrap();
        bounded("in pieces", len, 3, || in_pieces(&octets, 11)).unwrap();
        // But for the two that say what is encrypted, and what is signed where that is all there is.
        let mut block = self::octets("850c0200 00 5a000f4240");
        block.extend_from_slice(&data);
        let octets = Bytes::from(bundle(&block));
        bounded("a security block", len, 1, || whole(&octets)).unwrap_err();
    }
}

#[test]
fn administrative_records() {
    let _alone = alone();
    let report = "8201 84 8481f581f481f481f4 00";
    let deep = |item: u8| [octets("82 19fc00"), vec![item; 1_000_000]].concat();
    let cases = [
        (
            "a source of a gigabyte",
            [octets(report), octets("8201 7a40000000"), b"//n/".to_vec()].concat(),
            "status report: 1073741824 octets required, 4 found",
        ),
        ("nested arrays", deep(0x81), "administrative record: 1 octets required, 0 found"),
        ("nested tags", deep(0xC1), "administrative record: 1 octets required, 0 found"),
        ("nested arrays without end", deep(0x9F), "administrative record: indefinite length"),
        (
            "an array of 2^64 − 1",
            [octets("82 19fc00"), head(4, u64::MAX), vec![0; 100_000]].concat(),
            "administrative record: 18446744073709551615 octets required, 100000 found",
        ),
        (
            "a map of 2^64 − 1",
            [octets("82 19fc00"), head(5, u64::MAX), vec![0; 100_000]].concat(),
            "administrative record: 18446744073709551615 octets required, 100000 found",
        ),
        (
            "more status items",
            [octets("8201 84"), head(4, 1 << 40), octets("81f4").repeat(100_000)].concat(),
            "status report: status items is 0x10000000000",
        ),
    ];
    for (name, record, words) in cases {
        let record = Bytes::from(record);
        refused(name, record.len(), words, || AdminRecord::decode(&record));
    }
}
