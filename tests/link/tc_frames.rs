//! TC frames octet by octet, and units through segments and back.

use proptest::prelude::*;
use spacelink::frame::receive::{Seen, Service};
use spacelink::frame::tc::{
    ChannelSettings, ControlCommand, Demultiplexer, NotSetUp, Segment, Segments, TcFrame, TcHeader, TcKind,
    TcParameters, TcSettings, block,
};
use spacelink::frame::{MapId, Scid, SecurityLengths, Vcid};
use spacelink::packet::{EncapsulationPacket, SequenceFlags, Torn};
use spacelink::wire::{Decode, DecodeError, Encode, EncodeError};

const PLAIN: TcSettings = TcSettings { max_frame_len: 1024, fecf: false };

fn link(fecf: bool) -> TcParameters {
    TcParameters::new(TcSettings { fecf, ..PLAIN }).unwrap()
}

fn vcid() -> Vcid {
    Vcid::new(5).unwrap()
}

fn header(kind: TcKind) -> TcHeader {
    TcHeader { scid: Scid(42), vcid: vcid(), kind }
}

fn packet(data: &[u8]) -> Vec<u8> {
    EncapsulationPacket::ltp(data).unwrap().to_vec().unwrap()
}

/// An Elixir CCSDS library: BD, spacecraft 42, virtual channel 5, three octets.
#[test]
fn an_expedited_frame() {
    let octets = hex::decode("202A14074DAABBCC").unwrap();
    let (frame, rest) = TcFrame::decode(&link(false), &octets).unwrap();
    assert_eq!(frame, TcFrame { header: header(TcKind::Bd), data: &[0xAA, 0xBB, 0xCC] });
    assert!(rest.is_empty());
    let mut out = [0; 8];
    assert_eq!(frame.encode(&link(false), &mut out), Ok(8));
    // The library numbers an expedited frame; the book wants zero (232.0-B-4 §4.1.2.8).
    assert_eq!(out[..], hex::decode("202A140700AABBCC").unwrap());
}

/// A Java library: Set V(R) to 154 with a check sequence, and Unlock without one.
#[test]
fn control_commands() {
    let set = hex::decode("33b728090082009ab358").unwrap();
    let (frame, _) = TcFrame::decode(&link(true), &set).unwrap();
    assert_eq!(frame.command(), Ok(Some(ControlCommand::SetVr(154))));
    let unlock = hex::decode("30d744050000").unwrap();
    let (frame, _) = TcFrame::decode(&link(false), &unlock).unwrap();
    assert_eq!((frame.header.kind, frame.command()), (TcKind::Bc, Ok(Some(ControlCommand::Unlock))));
    for wrong in [&[0x01][..], &[0x82], &[0x82, 0x00], &[0x82, 0x01, 0x05], &[0x00, 0x00], &[]] {
        assert!(ControlCommand::decode_exact("command", wrong).is_err(), "{wrong:02x?}");
    }
}

#[test]
fn wrong_frames_are_told_apart() {
    let octets = hex::decode("202A14074DAABBCC").unwrap();
    let decode = |octets: &[u8]| TcFrame::decode(&link(false), octets).map(|(frame, _)| frame.data.len());
    let changed = |at: usize, value: u8| {
        let mut octets = octets.clone();
        octets[at] = value;
        octets
    };
    assert!(matches!(decode(&octets[..7]), Err(DecodeError::Short { required: 8, found: 7, .. })));
    assert!(matches!(decode(&octets[..4]), Err(DecodeError::Short { found: 4, .. })));
    assert!(matches!(decode(&changed(0, 0x60)), Err(DecodeError::Field { field: "version", value: 1, .. })));
    let flags = decode(&changed(0, 0x10));
    assert!(matches!(
        flags,
        Err(DecodeError::Field { field: "bypass and control command flags", value: 1, .. })
    ));
    assert!(matches!(
        decode(&changed(3, 4)),
        Err(DecodeError::Field { field: "frame length", value: 5, .. })
    ));
    // Followed by the fill of a CLTU it is the same frame.
    let filled = [&octets[..], &[0x55; 6]].concat();
    assert_eq!(TcFrame::decode(&link(false), &filled).unwrap().1, [0x55; 6]);
    let mut checked = [0; 32];
    let frame = TcFrame { header: header(TcKind::Bd), data: &[1, 2, 3] };
    let len = frame.encode(&link(true), &mut checked).unwrap();
    for bit in 0..8 * len {
        checked[bit / 8] ^= 0x80 >> (bit % 8);
        assert!(TcFrame::decode(&link(true), &checked[..len]).is_err(), "bit {bit}");
        checked[bit / 8] ^= 0x80 >> (bit % 8);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut out = [0; 1024];
    let frame = |data| TcFrame { header: header(TcKind::Bd), data };
    assert_eq!(frame(&[0; 1019]).encode(&link(false), &mut out), Ok(1024));
    assert_eq!(frame(&[0; 1017]).encode(&link(true), &mut out), Ok(1024));
    assert!(matches!(frame(&[0; 1018]).encode(&link(true), &mut out), Err(EncodeError::Field { .. })));
    assert!(matches!(frame(&[]).encode(&link(true), &mut out), Err(EncodeError::Field { .. })));
    let short = frame(&[0; 10]).encode(&link(true), &mut out[..16]);
    assert_eq!(short, Err(EncodeError::Room { required: 17, available: 16 }));
    let foreign = TcHeader { scid: Scid(1024), ..header(TcKind::Bd) };
    assert!(TcFrame { header: foreign, data: &[1] }.encode(&link(false), &mut out).is_err());
    assert!(TcParameters::new(TcSettings { max_frame_len: 1025, ..PLAIN }).is_err());
    assert!(TcParameters::new(TcSettings { max_frame_len: 7, fecf: true }).is_err());
}

/// What a demultiplexer makes of the data fields of AD frames (or BD where marked).
fn receive(settings: ChannelSettings, fields: &[(bool, Vec<u8>)]) -> Vec<String> {
    let mut demultiplexer = Demultiplexer::new(&[settings]);
    let mut all = Vec::new();
    for (expedited, data) in fields {
        let kind = if *expedited { TcKind::Bd } else { TcKind::Ad { ns: 0 } };
        demultiplexer
            .process(&TcFrame { header: header(kind), data }, |source, seen| {
                assert_eq!((source.vcid, source.expedited), (vcid(), *expedited));
                all.push(match seen {
                    Seen::Packet(packet) => format!("packet {}", hex::encode(packet)),
                    Seen::Access(unit) => format!("access {}", hex::encode(unit)),
                    Seen::Torn(torn) => format!("torn {torn:?}"),
                    other => format!("{other:?}"),
                });
            })
            .unwrap();
    }
    all
}

fn segment(flags: SequenceFlags, map: u8, data: &[u8]) -> Vec<u8> {
    Segment { flags, map: MapId::new(map).unwrap(), data }.to_vec().unwrap()
}

#[test]
fn blocked_packets_come_apart() {
    let packets = [packet(&[1]), packet(&[2, 3]), packet(&[4; 50])];
    let mut field = [0; 20];
    field[0] = Segment::header(SequenceFlags::Unsegmented, MapId::new(9).unwrap());
    let blocked = block(packets.iter().map(Vec::as_slice), &mut field[1..]);
    assert_eq!((blocked.packets, blocked.len), (2, 7));
    let seen = receive(ChannelSettings::new(vcid()), &[(false, field[..1 + blocked.len].to_vec())]);
    assert_eq!(
        seen,
        [format!("packet {}", hex::encode(&packets[0])), format!("packet {}", hex::encode(&packets[1]))]
    );
}

/// Two maps and two qualities in between each other; none tears another.
#[test]
fn maps_and_qualities_are_apart() {
    use SequenceFlags::{First, Last};
    let fields = [
        (false, segment(First, 1, &[0xE5, 4])),
        (false, segment(First, 2, &[0xE5, 3])),
        (true, segment(First, 1, &[0xE5, 3])),
        (false, segment(Last, 1, &[1, 2])),
        (true, segment(Last, 1, &[9])),
        (false, segment(Last, 2, &[7])),
    ];
    assert_eq!(
        receive(ChannelSettings::new(vcid()), &fields),
        ["packet e5040102", "packet e50309", "packet e50307"]
    );
}

#[test]
fn halves_of_different_units_are_never_joined() {
    use SequenceFlags::{Continuation, First, Last, Unsegmented};
    let fields = [
        (false, segment(Last, 0, &[1])),
        (false, segment(Continuation, 0, &[1])),
        (false, segment(First, 0, &[0xE5, 5, 1])),
        (false, segment(First, 0, &[0xE5, 5, 2])),
        (false, segment(Unsegmented, 0, &[0xE5, 3, 3])),
        // A middle part is missing: the length does not agree.
        (false, segment(First, 0, &[0xE5, 5, 4])),
        (false, segment(Last, 0, &[5])),
        (false, segment(First, 0, &[0xE5, 3, 4])),
        (false, segment(Last, 0, &[5])),
    ];
    let seen = receive(ChannelSettings::new(vcid()), &fields);
    assert_eq!(seen[0], "torn Headless");
    assert_eq!(seen[1], "torn Headless", "the last part closed the headless unit, so this is another");
    assert_eq!(seen[2], "torn Unfinished { received: 3 }");
    assert_eq!(seen[3], "torn Unfinished { received: 3 }");
    assert_eq!(seen[4], "packet e50303");
    assert!(seen[5].starts_with("NoPacket(Short"), "{}", seen[5]);
    assert!(seen[6].starts_with("NoPacket(Trailing"), "{}", seen[6]);
    assert_eq!(seen.len(), 7);
}

#[test]
fn security_is_skipped_and_channels_are_managed() {
    let security = SecurityLengths { header: 2, trailer: 3 };
    let settings = ChannelSettings { security, service: Service::Access, ..ChannelSettings::new(vcid()) };
    let field = segment(SequenceFlags::Unsegmented, 7, &[0x5E, 0xC1, 10, 11, 0xAC, 0xAC, 0xAC]);
    assert_eq!(receive(settings, &[(false, field)]), ["access 0a0b"]);
    let short = segment(SequenceFlags::Unsegmented, 7, &[0x5E, 0xC1, 0xAC, 0xAC]);
    assert!(receive(settings, &[(false, short)])[0].starts_with("NoPacket(Short"));
    let bare = ChannelSettings { segment_headers: false, ..ChannelSettings::new(vcid()) };
    assert_eq!(receive(bare, &[(true, vec![0xE5, 3, 1, 0xE0])]), ["packet e50301", "packet e0"]);
    let foreign = TcHeader { vcid: Vcid::new(6).unwrap(), ..header(TcKind::Bd) };
    let outcome =
        Demultiplexer::new(&[settings]).process(&TcFrame { header: foreign, data: &[0] }, |_, _| {});
    assert_eq!(outcome, Err(NotSetUp(foreign.vcid)));
}

#[test]
fn an_interruption_and_a_long_unit_are_reported_once() {
    let mut demultiplexer =
        Demultiplexer::new(&[ChannelSettings { max_unit_len: 8, ..ChannelSettings::new(vcid()) }]);
    let mut torn = Vec::new();
    let mut push = |demultiplexer: &mut Demultiplexer, flags, data: &[u8]| {
        let field = segment(flags, 0, data);
        let frame = TcFrame { header: header(TcKind::Ad { ns: 0 }), data: &field };
        demultiplexer
            .process(&frame, |_, seen| match seen {
                Seen::Torn(why) => torn.push(why),
                other => panic!("{other:?}"),
            })
            .unwrap();
    };
    push(&mut demultiplexer, SequenceFlags::First, &[0; 5]);
    let mut interrupted = Vec::new();
    demultiplexer.interrupt(vcid(), |_, seen| interrupted.push(format!("{seen:?}")));
    assert_eq!(interrupted, ["Torn(Interrupted { received: 5 })"]);
    push(&mut demultiplexer, SequenceFlags::Last, &[0; 5]);
    push(&mut demultiplexer, SequenceFlags::First, &[0; 5]);
    push(&mut demultiplexer, SequenceFlags::Continuation, &[0; 5]);
    push(&mut demultiplexer, SequenceFlags::Continuation, &[0; 5]);
    push(&mut demultiplexer, SequenceFlags::Last, &[0; 5]);
    push(&mut demultiplexer, SequenceFlags::Last, &[0; 5]);
    assert_eq!(torn, [Torn::TooLong { len: 10 }, Torn::Headless]);
}

proptest! {
    #[test]
    fn any_octets_are_refused_or_read_back(octets: Vec<u8>, fecf: bool) {
        if let Ok((frame, rest)) = TcFrame::decode(&link(fecf), &octets) {
            let mut out = vec![0; 1024];
            let len = frame.encode(&link(fecf), &mut out).unwrap();
            prop_assert_eq!(len, octets.len() - rest.len());
            prop_assert_eq!(TcFrame::decode(&link(fecf), &out[..len]).unwrap().0, frame);
        }
    }

    #[test]
    fn units_come_back_whole(units in prop::collection::vec((0..64u8, prop::collection::vec(any::<u8>(), 1..300)), 1..10), most in 1..80usize) {
        let settings = ChannelSettings { service: Service::Access, ..ChannelSettings::new(vcid()) };
        let fields: Vec<_> = units
            .iter()
            .flat_map(|(map, unit)| Segments::new(MapId::new(*map).unwrap(), unit, most))
            .map(|segment| (false, segment.to_vec().unwrap()))
            .collect();
        let expected: Vec<_> = units.iter().map(|(_, unit)| format!("access {}", hex::encode(unit))).collect();
        prop_assert_eq!(receive(settings, &fields), expected);
    }
}
