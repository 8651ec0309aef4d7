//! A bundle read in pieces is the bundle read whole, with the same errors, and in bounded memory.

use crate::bundle_properties::bundle;
use bytes::Bytes;
use proptest::prelude::*;
use spacelink::bundle::{
    Bundle, BundleError, BundleReader, BundleWriter, CreationTimestamp, Header, Part, Rules,
};
use spacelink::time::DtnTime;
use spacelink::wire::DecodeError;

/// What a reader makes of octets in pieces of these lengths, used in turn; with the octets after the bundle.
fn in_pieces(octets: &[u8], lens: &[usize], rules: Rules) -> Result<(Header, Vec<u8>, usize), BundleError> {
    let mut reader = BundleReader::new(rules);
    let (mut rest, mut lens) = (octets, lens.iter().cycle());
    let mut payload = Vec::new();
    while !rest.is_empty() && !reader.is_finished() {
        let (mut piece, after) = rest.split_at(rest.len().min(1 + lens.next().unwrap()));
        rest = after;
        while let Some(part) = reader.read(&mut piece)? {
            match part {
                Part::Primary => assert!(reader.primary().is_some()),
                Part::Block => assert!(!reader.blocks().is_empty()),
                Part::Payload(len) => assert_eq!(reader.header().unwrap().payload_len(), len),
                Part::Data(data) => {
                    assert!(!data.is_empty());
                    payload.extend_from_slice(data);
                }
                Part::End => {}
            }
        }
        assert!(piece.is_empty() || reader.is_finished());
        rest = &octets[octets.len() - rest.len() - piece.len()..];
    }
    Ok((reader.finish()?, payload, rest.len()))
}

fn pieces_equal_whole(octets: &[u8], lens: &[usize], rules: Rules) {
    let whole = Bundle::decode_prefix(Bytes::copy_from_slice(octets), &rules)
        .map(|(bundle, rest)| (bundle.header().clone(), bundle.payload().to_vec(), rest.len()));
    assert_eq!(in_pieces(octets, lens, rules), whole);
}

proptest! {
    /// Whole, cut off, changed, and with something after it.
    #[test]
    fn pieces(
        bundle in bundle().prop_filter_map("against the rules", |bundle| bundle),
        lens in prop::collection::vec(0usize..40, 1..6),
        (cut, at, value) in any::<(usize, usize, u8)>(),
        room in 1usize..200,
    ) {
        let rules = Rules::LENIENT;
        let mut octets = bundle.encode();
        pieces_equal_whole(&octets, &lens, rules);
        pieces_equal_whole(&octets, &[0], rules);
        pieces_equal_whole(&octets, &lens, Rules::STRICT);
        pieces_equal_whole(&octets[..cut % octets.len()], &lens, rules);
        let mut small = rules;
        small.max_header = room;
        small.max_blocks = room % 4;
        pieces_equal_whole(&octets, &lens, small);
        octets.extend_from_slice(b"more");
        let at = at % octets.len();
        octets[at] = value;
        pieces_equal_whole(&octets, &lens, rules);
    }

    #[test]
    fn written_in_pieces(
        bundle in bundle().prop_filter_map("against the rules", |bundle| bundle),
        len in 1usize..50,
    ) {
        let octets = bundle.encode();
        let received = Bundle::decode_with(octets.clone().into(), &Rules::LENIENT).unwrap();
        for header in [bundle.header(), received.header()] {
            let (mut writer, mut out) = BundleWriter::new(header);
            for piece in bundle.payload().chunks(len) {
                writer.payload(piece).unwrap();
                out.extend_from_slice(piece);
            }
            out.extend_from_slice(writer.finish().unwrap().as_ref());
            prop_assert_eq!(&out, &octets);
        }
    }
}

fn plain(payload_len: u64) -> Header {
    Bundle::builder("ipn:1.7".parse().unwrap(), "ipn:2.7".parse().unwrap())
        .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 3 })
        .build_header(payload_len)
        .unwrap()
}

/// 6 GiB in pieces of 1 MiB, neither held here nor there. Without a check sequence, whose speed is not the point.
#[test]
fn a_payload_beyond_4_gib() {
    const LEN: u64 = 6 << 30;
    let header = Bundle::builder("ipn:1.7".parse().unwrap(), "ipn:2.7".parse().unwrap())
        .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 3 })
        .payload_crc(spacelink::bundle::CrcType::None)
        .build_header(LEN)
        .unwrap();
    let (mut writer, start) = BundleWriter::new(&header);
    let mut reader = BundleReader::new(Rules::STRICT);
    let mut input = &start[..];
    while reader.read(&mut input).unwrap().is_some() {}
    assert_eq!(reader.payload_left(), LEN);
    let piece = vec![0; 1 << 20];
    for _ in 0..LEN >> 20 {
        writer.payload(&piece).unwrap();
        let mut input = &piece[..];
        assert_eq!(reader.read(&mut input), Ok(Some(Part::Data(&piece))));
    }
    assert_eq!(reader.payload_left(), 0);
    let trailer = writer.finish().unwrap();
    assert_eq!(reader.read(&mut trailer.as_ref()), Ok(Some(Part::End)));
    assert_eq!(reader.finish(), Ok(header));
}

#[test]
fn a_hostile_length_waits_for_nothing() {
    let start = BundleWriter::new(&plain(1)).1;
    let primary = &start[..start.len() - 6];
    // A block whose data are said to be 2^64 - 1 octets.
    let block = [primary, &[0x85, 0x18, 0xC8, 2, 0, 0, 0x5B], &[0xFF; 8]].concat();
    // A primary block whose destination is said to be a text of 2^32 octets.
    let text = [0x9F, 0x88, 7, 0, 0, 0x82, 1, 0x7B, 0, 0, 0, 1, 0, 0, 0, 0];
    for octets in [&block[..], &text] {
        let refused = BundleError::HeaderTooLong { limit: Rules::MAX_HEADER };
        assert_eq!(in_pieces(octets, &[0], Rules::STRICT), Err(refused));
        assert_eq!(Bundle::decode(octets.to_vec().into()), Err(refused));
    }
    // A check sequence of 2^32 octets.
    let (mut writer, start) = BundleWriter::new(&plain(1));
    writer.payload(b"x").unwrap();
    let octets = [&start[..], b"x", &[0x5B, 0, 0, 0, 1, 0, 0, 0, 0]].concat();
    let refused = BundleError::CrcLength { block: 1, required: 4, found: 1 << 32 };
    assert_eq!(in_pieces(&octets, &[0], Rules::STRICT), Err(refused));
    assert_eq!(Bundle::decode(octets.into()), Err(refused));
}

/// The rule is named before the payload comes, and again whenever asked.
#[test]
fn refused_at_the_header() {
    let mut octets = BundleWriter::new(&plain(1 << 40)).1;
    let number = octets.len() - 12;
    assert_eq!(octets[number], 1, "the payload's block number");
    octets[number] = 2;
    let mut reader = BundleReader::new(Rules::STRICT);
    let mut input = &octets[..];
    assert_eq!(reader.read(&mut input), Ok(Some(Part::Primary)));
    let refused = Err(BundleError::PayloadNumber { number: 2 });
    assert_eq!(reader.read(&mut input), refused);
    assert_eq!(reader.read(&mut &b"more"[..]), refused);
    assert_eq!(reader.finish().map(|_| None), refused);
}

#[test]
fn cut_off_in_the_payload() {
    let (_, start) = BundleWriter::new(&plain(1 << 40));
    let octets = [&start[..], b"only this"].concat();
    let short = DecodeError::Short { unit: "block", required: 1 << 40, found: 9 };
    assert_eq!(in_pieces(&octets, &[3], Rules::STRICT), Err(short.into()));
}

#[test]
fn a_payload_of_another_length() {
    let (mut writer, _) = BundleWriter::new(&plain(3));
    writer.payload(b"ab").unwrap();
    let wrong = |found| BundleError::PayloadLength { required: 3, found };
    assert_eq!(writer.payload(b"cd"), Err(wrong(4)));
    assert_eq!(writer.finish(), Err(wrong(2)));
    assert_eq!(plain(3).with_payload("abcd".into()), Err(wrong(4)));
}
