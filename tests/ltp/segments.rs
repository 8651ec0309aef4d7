//! LTP segments as octets: typed by hand, there and back, and everything that must be refused.

use proptest::prelude::*;
use spacelink::ltp::segment::{
    CancelReason, Claim, Content, Data, DataKind, Extension, Extensions, Party, ReceptionClaims, RedEnd,
    Report, Segment,
};
use spacelink::ltp::{ClientServiceId, EngineId, SessionId};
use spacelink::wire::{Decode, DecodeError, Encode, EncodeError};

/// One segment of each type, typed by hand from the figures of RFC 5326 §3, with what it says.
#[test]
fn every_type_by_hand() {
    let data = |kind, offset| {
        Content::Data(Data { kind, client_service: ClientServiceId(1), offset, octets: b"abc" })
    };
    let checkpoint = |end| DataKind::Checkpoint { serial: 6, report: 129, end };
    let claims = [Claim { offset: 0, len: 100 }, Claim { offset: 128, len: 1 }];
    let report =
        Report { serial: 5, checkpoint: 6, lower: 200, upper: 400, claims: ReceptionClaims::new(&claims) };
    let cancel = |by| Content::Cancel { by, reason: CancelReason::Miscoloured };
    let known: [(Content<'_>, &[u8]); 12] = [
        (data(DataKind::Red, 0), &[0x00, 0x07, 0x81, 0x00, 0x00, 1, 0, 3, b'a', b'b', b'c']),
        (
            data(checkpoint(RedEnd::Nothing), 300),
            &[0x01, 0x07, 0x81, 0x00, 0x00, 1, 0x82, 0x2C, 3, 6, 0x81, 0x01, b'a', b'b', b'c'],
        ),
        (
            data(checkpoint(RedEnd::RedPart), 3),
            &[0x02, 0x07, 0x81, 0x00, 0x00, 1, 3, 3, 6, 0x81, 0x01, b'a', b'b', b'c'],
        ),
        (
            data(checkpoint(RedEnd::Block), 3),
            &[0x03, 0x07, 0x81, 0x00, 0x00, 1, 3, 3, 6, 0x81, 0x01, b'a', b'b', b'c'],
        ),
        (
            data(DataKind::Green { end_of_block: false }, 6),
            &[0x04, 0x07, 0x81, 0x00, 0x00, 1, 6, 3, b'a', b'b', b'c'],
        ),
        (
            data(DataKind::Green { end_of_block: true }, 9),
            &[0x07, 0x07, 0x81, 0x00, 0x00, 1, 9, 3, b'a', b'b', b'c'],
        ),
        (
            Content::Report(report),
            &[0x08, 0x07, 0x81, 0x00, 0x00, 5, 6, 0x83, 0x10, 0x81, 0x48, 2, 0, 100, 0x81, 0x00, 1],
        ),
        (Content::ReportAck { report: 5 }, &[0x09, 0x07, 0x81, 0x00, 0x00, 5]),
        (cancel(Party::Sender), &[0x0C, 0x07, 0x81, 0x00, 0x00, 3]),
        (Content::CancelAck { of: Party::Sender }, &[0x0D, 0x07, 0x81, 0x00, 0x00]),
        (cancel(Party::Receiver), &[0x0E, 0x07, 0x81, 0x00, 0x00, 3]),
        (Content::CancelAck { of: Party::Receiver }, &[0x0F, 0x07, 0x81, 0x00, 0x00]),
    ];
    for (content, octets) in known {
        let segment = Segment::new(SESSION, content);
        assert_eq!(Segment::decode_exact("segment", octets), Ok(segment));
        assert_eq!(segment.to_vec().unwrap(), octets);
        assert_eq!(segment.encoded_len(), octets.len());
    }
}

#[test]
fn extensions_on_both_sides() {
    let header = [Extension { tag: 0, value: &[0xAA, 0xBB] }, Extension { tag: 0xC0, value: &[] }];
    let trailer = [Extension { tag: 1, value: &[0xCC] }];
    let segment = Segment {
        header_extensions: Extensions::new(&header),
        trailer_extensions: Extensions::new(&trailer),
        ..Segment::new(SESSION, Content::ReportAck { report: 5 })
    };
    let octets = [0x09, 0x07, 0x81, 0x00, 0x21, 0x00, 0x02, 0xAA, 0xBB, 0xC0, 0x00, 0x05, 0x01, 0x01, 0xCC];
    assert_eq!(segment.to_vec().unwrap(), octets);
    let found = Segment::decode_exact("segment", &octets).unwrap();
    assert_eq!(found, segment);
    assert_eq!(found.header_extensions.iter().collect::<Vec<_>>(), header);
    assert_eq!((found.header_extensions.len(), found.trailer_extensions.len()), (2, 1));
}

#[test]
fn sixteen_extensions_do_not_fit() {
    let list = [Extension { tag: 1, value: &[] }; 16];
    let with = |count: usize| Segment {
        trailer_extensions: Extensions::new(&list[..count]),
        ..Segment::new(SESSION, Content::ReportAck { report: 5 })
    };
    assert!(Segment::decode_exact("segment", &with(15).to_vec().unwrap()).is_ok());
    assert!(matches!(with(16).to_vec(), Err(EncodeError::Field { field: "count", value: 16, .. })));
}

#[test]
fn versions_types_and_reasons_that_do_not_exist_are_refused() {
    for version in 1..16 {
        let octets = [version << 4 | 9, 1, 1, 0, 1];
        let refused = Segment::decode(&octets);
        assert_eq!(refused, Err(DecodeError::field("LTP segment", "version", version.into())));
    }
    for undefined in [5, 6, 10, 11] {
        let octets = [undefined, 1, 1, 0, 1, 1, 1, 1, 1, 1];
        let refused = Segment::decode(&octets);
        assert_eq!(refused, Err(DecodeError::field("LTP segment", "type", undefined.into())));
    }
    for reason in 6..=255 {
        let refused = Segment::decode_exact("segment", &[12, 1, 1, 0, reason]).unwrap_err();
        assert_eq!(refused, DecodeError::field("LTP cancel segment", "reason", reason.into()));
    }
}

#[test]
fn every_cut_is_refused() {
    let list = [Extension { tag: 0, value: &[1, 2, 3] }];
    for content in contents() {
        let segment = Segment { header_extensions: Extensions::new(&list), ..Segment::new(SESSION, content) };
        let octets = segment.to_vec().unwrap();
        for len in 0..octets.len() {
            assert!(Segment::decode(&octets[..len]).is_err(), "{content:?} cut to {len}");
            assert!(matches!(segment.encode(&mut vec![0; len]), Err(EncodeError::Room { .. })));
        }
    }
}

#[test]
fn octets_behind_the_segment_are_refused() {
    let refused = Segment::decode_exact("segment", &[0x09, 1, 1, 0, 1, 0xFF]);
    assert_eq!(refused, Err(DecodeError::Trailing { unit: "segment", extra: 1 }));
}

#[test]
fn numbers_beyond_64_bits_are_refused() {
    let long = [0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    let mut session = vec![0x09, 1];
    session.extend(long);
    session.extend([0, 1]);
    assert!(matches!(Segment::decode(&session), Err(DecodeError::Field { unit: "SDNV", .. })));
}

#[test]
fn a_piece_that_ends_beyond_64_bits_is_refused() {
    let mut octets = vec![0x00, 1, 1, 0, 1, 0x81];
    octets.extend([0xFF; 8]);
    octets.extend([0x7F, 1, b'a']);
    assert!(matches!(Segment::decode(&octets), Err(DecodeError::Rule { .. })));
}

/// Each report: upper, lower, claims.
#[test]
fn claims_out_of_order_or_out_of_bounds_are_refused() {
    let report = |upper, lower, claims: &[(u8, u8)]| {
        let mut octets = vec![0x08, 1, 1, 0, 1, 1, upper, lower, claims.len() as u8];
        octets.extend(claims.iter().flat_map(|&(offset, len)| [offset, len]));
        Segment::decode_exact("segment", &octets).map(|segment| format!("{segment:?}"))
    };
    assert!(report(100, 0, &[(0, 50), (50, 50)]).is_ok());
    assert!(report(100, 0, &[]).is_ok());
    for (upper, lower, claims) in [
        (10, 20, &[(0, 1)][..]),
        (100, 0, &[(50, 10), (0, 10)]),
        (100, 0, &[(0, 20), (19, 10)]),
        (100, 0, &[(0, 101)]),
        (100, 60, &[(0, 41)]),
        (100, 0, &[(0, 0)]),
        (100, 0, &[(0, 20), (20, 0)]),
    ] {
        assert!(report(upper, lower, claims).is_err(), "{lower}..{upper} {claims:?}");
    }
    let wide = [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
    let mut octets = vec![0x08, 1, 1, 0, 1, 1, 100, 0, 1, 1];
    octets.extend(wide);
    assert!(Segment::decode(&octets).is_err(), "offset and length together leave 64 bits");
}

/// A claim count of 2^63 must neither allocate nor take its time.
#[test]
fn a_huge_claim_count_is_refused_at_once() {
    let mut octets = vec![0x08, 1, 1, 0, 1, 1, 100, 0, 0x81];
    octets.extend([0x80; 8]);
    octets.extend([0x00, 0, 1]);
    assert!(matches!(Segment::decode(&octets), Err(DecodeError::Short { .. })));
}

#[test]
fn a_report_with_bad_claims_cannot_be_encoded() {
    for claims in
        [[Claim { offset: 5, len: 5 }, Claim { offset: 0, len: 1 }], [Claim { offset: 0, len: 0 }; 2]]
    {
        let claims = ReceptionClaims::new(&claims);
        let report = Report { serial: 1, checkpoint: 1, lower: 0, upper: 10, claims };
        assert!(matches!(
            Segment::new(SESSION, Content::Report(report)).to_vec(),
            Err(EncodeError::Field { field: "claim", .. })
        ));
    }
}

proptest! {
    #[test]
    fn there_and_back(
        (originator, number) in any::<(u64, u64)>(),
        kind in kinds(),
        (client_service, offset) in (any::<u64>(), 0..u64::MAX - 1000),
        octets in prop::collection::vec(any::<u8>(), 0..500),
        extensions in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)), 0..16),
    ) {
        let list: Vec<_> = extensions.iter().map(|(tag, value)| Extension { tag: *tag, value }).collect();
        let data = Data { kind, client_service: ClientServiceId(client_service), offset, octets: &octets };
        let segment = Segment {
            header_extensions: Extensions::new(&list),
            trailer_extensions: Extensions::new(&list[list.len() / 2..]),
            ..Segment::new(SessionId { originator: EngineId(originator), number }, Content::Data(data))
        };
        let encoded = segment.to_vec().unwrap();
        prop_assert_eq!(encoded.len(), segment.encoded_len());
        prop_assert_eq!(Segment::decode_exact("segment", &encoded), Ok(segment));
    }

    #[test]
    fn reports_there_and_back(
        (serial, checkpoint) in any::<(u64, u64)>(),
        lower in 0..u64::MAX / 2,
        steps in prop::collection::vec((0..1u64 << 40, 1..1u64 << 40), 0..60),
        beyond in 0..1000u64,
    ) {
        let mut end = 0;
        let claims: Vec<_> = steps.iter().map(|&(gap, len)| {
            let offset = end + gap;
            end = offset + len;
            Claim { offset, len }
        }).collect();
        let upper = lower + end + beyond;
        let report = Report { serial, checkpoint, lower, upper, claims: ReceptionClaims::new(&claims) };
        let segment = Segment::new(SESSION, Content::Report(report));
        let octets = segment.to_vec().unwrap();
        prop_assert_eq!(octets.len(), segment.encoded_len());
        prop_assert_eq!(Segment::decode_exact("segment", &octets), Ok(segment));
    }

    #[test]
    fn any_octets_are_refused_or_read_back(mut octets: Vec<u8>, first in 0..16u8) {
        if let Some(octet) = octets.first_mut() {
            *octet = first;
        }
        if let Ok((segment, _)) = Segment::decode(&octets) {
            let again = segment.to_vec().unwrap();
            prop_assert_eq!(Segment::decode_exact("segment", &again), Ok(segment));
        }
    }
}

fn kinds() -> impl Strategy<Value = DataKind> {
    let ends = prop::sample::select(vec![RedEnd::Nothing, RedEnd::RedPart, RedEnd::Block]);
    prop_oneof![
        Just(DataKind::Red),
        (any::<u64>(), any::<u64>(), ends).prop_map(|(serial, report, end)| DataKind::Checkpoint {
            serial,
            report,
            end
        }),
        any::<bool>().prop_map(|end_of_block| DataKind::Green { end_of_block }),
    ]
}

fn contents() -> [Content<'static>; 5] {
    let kind = DataKind::Checkpoint { serial: 300, report: 0, end: RedEnd::Block };
    let report = Report {
        serial: 1,
        checkpoint: 300,
        lower: 0,
        upper: 10,
        claims: ReceptionClaims::new(&[Claim { offset: 1, len: 2 }]),
    };
    [
        Content::Data(Data { kind, client_service: ClientServiceId(1), offset: 1000, octets: b"abcdef" }),
        Content::Report(report),
        Content::ReportAck { report: 1000 },
        Content::Cancel { by: Party::Sender, reason: CancelReason::UserCancelled },
        Content::CancelAck { of: Party::Receiver },
    ]
}

const SESSION: SessionId = SessionId { originator: EngineId(7), number: 128 };
