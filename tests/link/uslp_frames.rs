//! USLP frames octet by octet, what must be refused, and every way to build a data field.

use proptest::prelude::*;
use spacelink::frame::packets::{FirstHeader, PacketInserter};
use spacelink::frame::receive::{
    Demultiplexer, DemultiplexerSettings, Event, Format, FrameRefused, Opened, Seen,
};
use spacelink::frame::uslp::{
    DataField, DataZone, FrameLen, ScidRole, TruncatedLengths, Upid, UslpControl, UslpCount, UslpDraft,
    UslpFrame, UslpHeader, UslpParameters, UslpSettings,
};
use spacelink::frame::{MapId, Scid, SecurityLengths, Vcid};
use spacelink::packet::{EncapsulationPacket, IdleKind, SequenceFlags};
use spacelink::wire::{Decode, DecodeError, Encode};

fn vcid(value: u8) -> Vcid {
    Vcid::new(value).unwrap()
}

fn map(value: u8) -> MapId {
    MapId::new(value).unwrap()
}

fn link(settings: UslpSettings) -> UslpParameters {
    UslpParameters::new(settings).unwrap()
}

fn variable() -> UslpSettings {
    UslpSettings::new(FrameLen::Variable { most: 2048 })
}

fn whole(data: &[u8]) -> DataField<'_> {
    DataField { protocol: Upid::MISSION, zone: DataZone::Segment { flags: SequenceFlags::Unsegmented, data } }
}

fn encode(parameters: &UslpParameters, header: &UslpHeader, field: &DataField<'_>) -> Vec<u8> {
    let mut out = vec![0xA5; 2100];
    let mut draft = UslpDraft::begin(parameters, header, field.encoded_len(), &mut out).unwrap();
    draft.insert_zone().fill(0x11);
    field.encode(draft.data_field()).unwrap();
    draft.finish().to_vec()
}

/// Two frames of other implementations: a whole one, and a truncated one.
#[test]
fn published_frames() {
    let octets = hex::decode("C1234AB4000B02BEEFE5AABB").unwrap();
    let (frame, rest) = UslpFrame::decode(&link(variable()), &octets).unwrap();
    let control = UslpControl { count: UslpCount::new(2, 0xBEEF).unwrap(), ..UslpControl::default() };
    let header = UslpHeader {
        scid: Scid(0x1234),
        role: ScidRole::Destination,
        vcid: vcid(21),
        map: map(10),
        control: Some(control),
    };
    assert_eq!((frame.header, frame.ocf, rest), (header, None, &[][..]));
    assert_eq!(DataField::decode(frame.data).unwrap().0, whole(&[0xAA, 0xBB]));
    assert_eq!(encode(&link(variable()), &header, &whole(&[0xAA, 0xBB])), octets);

    let octets = hex::decode("C12340ADE5010203").unwrap();
    let truncated = TruncatedLengths::NONE.with(vcid(5), 8).unwrap();
    let parameters = link(UslpSettings { truncated, fecf: true, insert_zone_len: 4, ..variable() });
    let header =
        UslpHeader { scid: Scid(0x1234), role: ScidRole::Source, vcid: vcid(5), map: map(6), control: None };
    let (frame, _) = UslpFrame::decode(&parameters, &octets).unwrap();
    assert_eq!(frame.header, header);
    assert_eq!(DataField::decode(frame.data).unwrap().0, whole(&[1, 2, 3]));
    assert_eq!(encode(&parameters, &header, &whole(&[1, 2, 3])), octets);
    let without = UslpFrame::decode(&link(variable()), &octets);
    assert!(matches!(
        without,
        Err(DecodeError::Field { field: "truncated frame on virtual channel", value: 5, .. })
    ));
    assert!(
        TruncatedLengths::NONE.with(vcid(5), 33).is_err() && TruncatedLengths::NONE.with(vcid(5), 5).is_err()
    );
}

#[test]
fn wrong_frames_are_told_apart() {
    let octets = hex::decode("C1234AB4000B02BEEFE5AABB").unwrap();
    let decode =
        |octets: &[u8]| UslpFrame::decode(&link(variable()), octets).map(|(frame, _)| frame.data.len());
    let changed = |at: usize, value: u8| {
        let mut octets = octets.clone();
        octets[at] = value;
        octets
    };
    assert_eq!(decode(&octets), Ok(3));
    assert!(matches!(decode(&octets[..11]), Err(DecodeError::Short { required: 12, found: 11, .. })));
    assert!(matches!(decode(&octets[..8]), Err(DecodeError::Short { required: 9, found: 8, .. })));
    assert!(matches!(decode(&octets[..6]), Err(DecodeError::Short { required: 7, .. })));
    assert!(matches!(decode(&octets[..3]), Err(DecodeError::Short { required: 4, .. })));
    assert!(matches!(
        decode(&changed(0, 0xD1)),
        Err(DecodeError::Field { field: "version", value: 0xD, .. })
    ));
    let length = decode(&changed(5, 8));
    assert!(
        matches!(length, Err(DecodeError::Field { field: "frame length", value: 9, .. })),
        "no data field left"
    );
    assert!(
        matches!(decode(&changed(4, 8)), Err(DecodeError::Field { field: "frame length", .. })),
        "above the most"
    );
    let fixed = link(UslpSettings::new(FrameLen::Fixed(13)));
    assert!(matches!(
        UslpFrame::decode(&fixed, &[&octets[..], &[0]].concat()),
        Err(DecodeError::Field { field: "frame length", value: 12, .. })
    ));
    let checked = link(UslpSettings { fecf: true, ..variable() });
    let mut octets = encode(&checked, &UslpHeader::new(Scid(1), vcid(2), map(3)), &whole(b"abc"));
    for bit in 0..8 * octets.len() {
        octets[bit / 8] ^= 0x80 >> (bit % 8);
        assert!(UslpFrame::decode(&checked, &octets).is_err(), "bit {bit}");
        octets[bit / 8] ^= 0x80 >> (bit % 8);
    }
    for wrong in
        [&[][..], &[0x05], &[0x00, 0x00, 0x04, 1, 2, 3, 4], &[0x25, 0x00, 0x01, 9], &[0x45, 0xFF, 0xFE, 9]]
    {
        assert!(DataField::decode(wrong).is_err(), "{wrong:02x?}");
    }
    let header = UslpHeader { map: map(16), ..UslpHeader::new(Scid(1), vcid(2), map(0)) };
    assert!(UslpDraft::begin(&checked, &header, 4, &mut [0; 64]).is_err(), "a MAP of five bits");
}

/// Frames of fixed length with insert zone, OCF and FECF: units of any length on one MAP, packets on another.
#[test]
fn fixed_frames_carry_units_and_packets() {
    let parameters =
        link(UslpSettings { fecf: true, insert_zone_len: 2, ..UslpSettings::new(FrameLen::Fixed(40)) });
    let mut receiver = Demultiplexer::new(parameters, Scid(9), DemultiplexerSettings::default());
    let mut count = UslpCount::new(3, 0xFF_FFFE).unwrap();
    let mut next = |map_id| {
        let control = UslpControl { ocf: true, count, ..UslpControl::default() };
        count = count.next();
        UslpHeader { control: Some(control), ..UslpHeader::new(Scid(9), vcid(1), map(map_id)) }
    };
    let unit: Vec<u8> = (0..100).collect();
    let packet = EncapsulationPacket::ltp(&unit).unwrap().to_vec().unwrap();
    let mut inserter = PacketInserter::new(IdleKind::Encapsulation);
    let (mut sent, mut inserted) = (0, false);
    while sent < unit.len() || !inserted {
        let header = next(4);
        let zone_len = parameters.data_len(&header) - DataZone::MAX_HEADER_LEN;
        assert_eq!(zone_len, 40 - 10 - 2 - 3 - 4 - 2);
        if sent < unit.len() {
            let end = unit.len().min(sent + zone_len);
            let mut zone = unit[sent..end].to_vec();
            zone.resize(zone_len, 0x55);
            let zone = DataZone::access(sent > 0, unit.len() - sent, &zone).unwrap();
            receiver
                .handle_frame(&encode(&parameters, &header, &DataField { protocol: Upid::MISSION, zone }))
                .unwrap();
            sent = end;
        }
        if !inserted {
            let mut zone = vec![0; zone_len];
            let mut filling = inserter.begin(&mut zone).unwrap();
            inserted = inserter.insert(&mut filling, &packet);
            let first = inserter.finish(filling);
            let zone = DataZone::Packets { first, zone: &zone };
            let field = DataField { protocol: Upid::PACKETS, zone };
            receiver.handle_frame(&encode(&parameters, &next(5), &field)).unwrap();
        }
    }
    let mut events: Vec<_> = std::iter::from_fn(|| receiver.poll_event()).collect();
    events.retain(|event| !matches!(event, Event::InsertZone { .. } | Event::Ocf { .. }));
    assert!(
        matches!(&events[..], [
        Event::Access { source: access, data },
        Event::Packet { source, packet: found },
    ] if access.map == Some(map(4)) && source.map == Some(map(5)) && data[..] == unit && found[..] == packet),
        "{events:?}"
    );
    assert_eq!(receiver.channel_counters(vcid(1)).gaps, 0);
}

/// Frames of any length: segments, streams and commands; expedited frames between the parts of a unit.
#[test]
fn variable_frames_carry_the_rest() {
    let parameters = link(variable());
    let mut receiver = Demultiplexer::new(parameters, Scid(9), DemultiplexerSettings::default());
    let count = |value| UslpCount::new(1, value).unwrap();
    let header = |expedited, command, value| UslpHeader {
        control: Some(UslpControl { expedited, protocol_command: command, ocf: false, count: count(value) }),
        ..UslpHeader::new(Scid(9), vcid(1), map(0))
    };
    let segment = |flags, data| DataZone::Segment { flags, data };
    let field = |protocol, zone| DataField { protocol, zone };
    let frames = [
        (header(false, false, 0), field(Upid::PACKETS, segment(SequenceFlags::First, &[0xE5, 6, 1]))),
        (header(true, false, 0), field(Upid::MISSION, segment(SequenceFlags::Unsegmented, b"urgent"))),
        (header(false, false, 1), field(Upid::PACKETS, segment(SequenceFlags::Continuation, &[2]))),
        (header(false, false, 2), field(Upid::PACKETS, segment(SequenceFlags::Last, &[3, 4]))),
        (
            header(false, false, 3),
            field(Upid::PACKETS, segment(SequenceFlags::Unsegmented, &[0xE0, 0xE5, 3, 9])),
        ),
        (header(false, false, 4), field(Upid::STREAM, DataZone::Stream(b"octets"))),
        (header(true, true, 1), field(Upid::COP_1, segment(SequenceFlags::Unsegmented, &[0]))),
        // A frame is missing in the middle of a unit.
        (header(false, false, 5), field(Upid::MISSION, segment(SequenceFlags::First, b"ha"))),
        (header(false, false, 7), field(Upid::MISSION, segment(SequenceFlags::Last, b"lf"))),
    ];
    let mut seen = Vec::new();
    for (header, field) in &frames {
        receiver
            .process(&encode(&parameters, header, field), |_, what| seen.push(format!("{what:?}")))
            .unwrap();
    }
    assert_eq!(
        seen,
        [
            "Access([117, 114, 103, 101, 110, 116])",
            "Packet([229, 6, 1, 2, 3, 4])",
            "Packet([229, 3, 9])",
            "Stream([111, 99, 116, 101, 116, 115])",
            "Command { protocol: Upid(1), data: [0] }",
            "Gap { missing: 1 }",
            "Torn(Interrupted { received: 2 })",
        ]
    );
    let idle = field(Upid::IDLE, DataZone::Start { last: None, zone: &[0x55; 9] });
    let idle_frame = encode(&parameters, &UslpHeader::new(Scid(9), Vcid::IDLE, map(0)), &idle);
    receiver.process(&idle_frame, |_, what| panic!("{what:?}")).unwrap();
    assert_eq!(receiver.counters().idle, 1);
    let foreign = encode(&parameters, &UslpHeader::new(Scid(8), vcid(1), map(0)), &idle);
    assert_eq!(receiver.process(&foreign, |_, _| {}), Err(FrameRefused::Foreign(Scid(8))));
}

/// One mission control system had the security header behind the data field header (yamcs#1042); it lies before it.
#[test]
fn the_security_header_lies_before_the_data_field_header() {
    let parameters = link(variable());
    let mut receiver = Demultiplexer::new(parameters, Scid(9), DemultiplexerSettings::default());
    let security = SecurityLengths { header: 6, trailer: 4 };
    receiver.set_security(vcid(1), security);
    let field = whole(b"clear").to_vec().unwrap();
    let protected = [&[0x5E; 6][..], &field, &[0xAC; 4]].concat();
    let mut out = [0; 64];
    let header = UslpHeader::new(Scid(9), vcid(1), map(0));
    let mut draft = UslpDraft::begin(&parameters, &header, protected.len(), &mut out).unwrap();
    let inner = security.range(draft.data_field().len());
    draft.data_field().copy_from_slice(&protected);
    assert_eq!(&draft.data_field()[inner], field);
    let len = draft.finish().len();
    let mut seen = Vec::new();
    receiver.process(&out[..len], |_, what| seen.push(format!("{what:?}"))).unwrap();
    assert_eq!(seen, [format!("Access({:?})", b"clear")]);
    // A frame too short for both is told, and nothing of it is used.
    let mut draft = UslpDraft::begin(&parameters, &header, 9, &mut out).unwrap();
    draft.data_field().fill(0xE5);
    let len = draft.finish().len();
    receiver.process(&out[..len], |_, what| seen.push(format!("{what:?}"))).unwrap();
    assert!(
        seen[1].starts_with("NoPacket(Short { unit: \"frame data field\", required: 10, found: 9 }"),
        "{seen:?}"
    );
}

/// Encrypted frames are opened, their data replaced, and then taken.
#[test]
fn data_fields_can_be_replaced_before_they_are_taken() {
    let parameters = link(UslpSettings { fecf: true, ..variable() });
    let mut receiver = Demultiplexer::new(parameters, Scid(9), DemultiplexerSettings::default());
    let cipher: Vec<u8> = whole(b"secret").to_vec().unwrap().iter().map(|octet| octet ^ 0x77).collect();
    let header = UslpHeader::new(Scid(9), vcid(1), map(0));
    let mut out = [0; 64];
    let mut draft = UslpDraft::begin(&parameters, &header, cipher.len(), &mut out).unwrap();
    draft.data_field().copy_from_slice(&cipher);
    let len = draft.finish().len();
    let opened = parameters.open(&out[..len]).unwrap();
    let plain: Vec<u8> = opened.field.iter().map(|octet| octet ^ 0x77).collect();
    let mut seen = 0;
    receiver
        .accept(Opened { field: &plain, ..opened }, |_, what| {
            seen += usize::from(what == Seen::Access(b"secret"))
        })
        .unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn counts_have_any_length() {
    assert_eq!(UslpCount::new(0, 0), Some(UslpCount::ABSENT));
    assert_eq!(UslpCount::new(0, 1), None);
    assert_eq!(UslpCount::new(8, 0), None);
    let most = UslpCount::new(7, (1 << 56) - 1).unwrap();
    assert_eq!(UslpCount::new(7, 1 << 56), None);
    assert_eq!(most.next().value(), 0);
    assert_eq!(UslpCount::ABSENT.next(), UslpCount::ABSENT);
    let header = UslpHeader {
        control: Some(UslpControl { count: most, ..UslpControl::default() }),
        ..UslpHeader::new(Scid(65_535), vcid(62), map(15))
    };
    let mut out = [0; 14];
    assert_eq!(header.encode(65_536, &mut out), Ok(14));
    assert_eq!(UslpHeader::decode(&out), Ok((header, Some(65_536))));
}

proptest! {
    #[test]
    fn any_octets_are_refused_or_read_back(mut octets in prop::collection::vec(any::<u8>(), 0..80), fecf: bool, zone in 0..4usize) {
        let truncated = TruncatedLengths::NONE.with(vcid(1), 10).unwrap();
        let parameters = link(UslpSettings { fecf, insert_zone_len: zone, truncated, ..variable() });
        // Most random octets are no frames; steer them.
        if octets.len() > 8 {
            octets[0] = 0xC0 | octets[0] & 0xF;
            octets[4] = 0;
            octets[5] = octets.len() as u8 - 1;
        }
        if let Ok((frame, rest)) = UslpFrame::decode(&parameters, &octets) {
            let mut out = vec![0; octets.len()];
            let mut draft = UslpDraft::begin(&parameters, &frame.header, frame.data.len(), &mut out).unwrap();
            draft.insert_zone().copy_from_slice(frame.insert_zone);
            draft.data_field().copy_from_slice(frame.data);
            draft.set_ocf(frame.ocf.unwrap_or_default());
            let made = draft.finish().to_vec();
            prop_assert_eq!(made.len(), octets.len() - rest.len());
            prop_assert_eq!(UslpFrame::decode(&parameters, &made).unwrap().0, frame);
            if let Ok((field, _)) = DataField::decode(frame.data) {
                prop_assert_eq!(field.to_vec().unwrap(), frame.data);
            }
        }
    }

    #[test]
    fn any_frames_leave_the_receiver_usable(noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let parameters = link(variable());
        let mut receiver = Demultiplexer::new(parameters, Scid(9), DemultiplexerSettings { max_packet_len: 100, ..Default::default() });
        for data in &noise {
            let header = UslpHeader::new(Scid(9), vcid(1), map(data.first().map_or(0, |first| first & 1)));
            let Ok((field, _)) = DataField::decode(data) else { continue };
            let mut max = 0;
            receiver.process(&encode(&parameters, &header, &field), |_, seen| if let Seen::Packet(p) | Seen::Access(p) = seen { max = max.max(p.len()) }).unwrap();
            prop_assert!(max <= 100);
        }
        let field = DataField { protocol: Upid::PACKETS, zone: DataZone::Packets { first: FirstHeader::At(0), zone: &[0xE5, 4, 1, 2] } };
        let mut found = 0;
        receiver.process(&encode(&parameters, &UslpHeader::new(Scid(9), vcid(1), map(0)), &field), |_, seen| found += usize::from(seen == Seen::Packet(&[0xE5, 4, 1, 2]))).unwrap();
        prop_assert_eq!(found, 1);
    }
}
