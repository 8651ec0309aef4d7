//! TM frames octet by octet, what must be refused, and packets through them.

use proptest::prelude::*;
use spacelink::frame::counter::Count;
use spacelink::frame::packets::{Broken, FirstHeader, PacketInserter};
use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings, Seen};
use spacelink::frame::tm::{DataStatus, TmDraft, TmFrame, TmHeader, TmParameters, TmSettings};
use spacelink::frame::{Clcw, Scid, SecurityLengths, Vcid};
use spacelink::packet::{EncapsulationPacket, IdleKind};
use spacelink::wire::{DecodeError, Encode, EncodeError};

fn vcid(value: u8) -> Vcid {
    Vcid::new(value).unwrap()
}

fn link(settings: TmSettings) -> TmParameters {
    TmParameters::new(settings).unwrap()
}

fn count(value: u8) -> Count<8> {
    Count::wrapping(value.into())
}

/// An Elixir CCSDS library: spacecraft 1, virtual channel 2, counts 9 and 7.
#[test]
fn a_primary_header() {
    let octets = [0x00, 0x14, 0x09, 0x07, 0x18, 0x00];
    let header = TmHeader { master_count: count(9), count: count(7), ..TmHeader::new(Scid(1), vcid(2)) };
    assert_eq!(header.to_octets(), Ok(octets));
    assert_eq!(TmHeader::from_octets(octets), Ok(header));
    assert!(TmHeader { scid: Scid(1024), ..header }.to_octets().is_err());
    assert!(TmHeader { vcid: vcid(8), ..header }.to_octets().is_err());
    let beyond = TmHeader { status: DataStatus::Packets(FirstHeader::At(0x7FE)), ..header };
    assert!(beyond.to_octets().is_err());
}

/// A secondary header of three octets of data, 03010203, by the same library; OCF and FECF around the data.
#[test]
fn all_the_optional_fields() {
    let settings =
        TmSettings { ocf: Some(true), secondary_header_len: Some(3), fecf: true, ..TmSettings::of_len(24) };
    let parameters = link(settings);
    assert_eq!(parameters.data_len(3, true), 8);
    let header = TmHeader { ocf: true, status: DataStatus::ACCESS, ..TmHeader::new(Scid(1), vcid(2)) };
    let mut frame = [0; 24];
    let mut draft = TmDraft::begin(&parameters, &header, &[1, 2, 3], &mut frame).unwrap();
    draft.data_field().copy_from_slice(b"access!!");
    draft.set_ocf([0x15, 0x44, 0xAC, 0x63]);
    draft.finish();
    assert_eq!(hex::encode(&frame[..22]), "00150000dfff0301020361636365737321211544ac63");
    let read = TmFrame::decode(&parameters, &frame).unwrap();
    assert_eq!((read.secondary_header, read.data), (Some(&[1, 2, 3][..]), &b"access!!"[..]));
    assert_eq!(Clcw::from_octets(read.ocf.unwrap()).unwrap().report_value, 99);
    for bit in 0..8 * 24 {
        frame[bit / 8] ^= 0x80 >> (bit % 8);
        assert!(TmFrame::decode(&parameters, &frame).is_err(), "bit {bit}");
        frame[bit / 8] ^= 0x80 >> (bit % 8);
    }
}

#[test]
fn wrong_frames_are_told_apart() {
    let parameters = link(TmSettings::of_len(16));
    let frame = |head: &str| {
        let mut octets = hex::decode(head).unwrap();
        octets.resize(16, 0);
        octets
    };
    let decode = |head: &str| TmFrame::decode(&parameters, &frame(head)).map(|frame| frame.data.len());
    assert_eq!(decode("001409071800"), Ok(10));
    let field = |outcome: Result<usize, DecodeError>| match outcome {
        Err(DecodeError::Field { field, value, .. }) => (field, value),
        other => panic!("{other:?}"),
    };
    assert_eq!(field(decode("401409071800")), ("version", 1));
    assert_eq!(field(decode("001409073800")), ("packet order flag of packets", 1));
    assert_eq!(field(decode("001409070800")), ("segment length identifier of packets", 1));
    assert_eq!(field(decode("00140907980043")), ("version", 1));
    assert!(matches!(decode("0014090798000A"), Err(DecodeError::Short { required: 11, found: 10, .. })));
    assert_eq!(decode("00140907980008"), Ok(1));
    // ESCAPADE flies a secondary header without data.
    assert_eq!(decode("07b49f9f980600"), Ok(9));
    let short = TmFrame::decode(&parameters, &[0; 15]);
    assert_eq!(short, Err(DecodeError::Short { unit: "TM frame", required: 16, found: 15 }));
    let long = TmFrame::decode(&parameters, &[0; 17]);
    assert_eq!(long, Err(DecodeError::Trailing { unit: "TM frame", extra: 1 }));

    let managed =
        link(TmSettings { ocf: Some(true), secondary_header_len: Some(0), ..TmSettings::of_len(16) });
    let refused = TmFrame::decode(&managed, &frame("001409071800")).map(|frame| frame.data.len());
    assert_eq!(field(refused), ("operational control field flag", 0));
    let refused = TmFrame::decode(&managed, &frame("0015090798000101")).map(|frame| frame.data.len());
    assert_eq!(field(refused), ("secondary header length", 1));
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(TmParameters::new(TmSettings::of_len(2049)).is_err());
    assert!(TmParameters::new(TmSettings::of_len(6)).is_err());
    assert!(
        TmParameters::new(TmSettings { secondary_header_len: Some(64), ..TmSettings::of_len(100) }).is_err()
    );
    let parameters = link(TmSettings::of_len(16));
    let header = TmHeader::new(Scid(1), vcid(2));
    let mut out = [0; 16];
    let room = TmDraft::begin(&parameters, &header, &[], &mut out[..15]).map(|_| ());
    assert_eq!(room, Err(EncodeError::Room { required: 16, available: 15 }));
    assert!(TmDraft::begin(&parameters, &header, &[0; 9], &mut out).is_err(), "no data field left");
    let mut draft = TmDraft::begin(&parameters, &header, &[], &mut out).unwrap();
    assert!(draft.set_first_header(FirstHeader::At(10)).is_err());
    assert!(draft.set_first_header(FirstHeader::At(9)).is_ok());
}

/// Frames of 32 octets with `packets` in them, link security around them.
fn frames(packets: &[Vec<u8>], security: SecurityLengths) -> Vec<Vec<u8>> {
    let parameters = link(TmSettings { fecf: true, ..TmSettings::of_len(32) });
    let mut header = TmHeader::new(Scid(7), vcid(3));
    let mut inserter = PacketInserter::new(IdleKind::Encapsulation);
    let mut waiting = packets.iter().peekable();
    let mut frames = Vec::new();
    while waiting.peek().is_some() {
        let mut frame = vec![0xA5; 32];
        let mut draft = TmDraft::begin(&parameters, &header, &[], &mut frame).unwrap();
        let field = draft.data_field();
        let inner = security.range(field.len());
        let mut zone = inserter.begin(&mut field[inner]).unwrap();
        while let Some(packet) = waiting.peek() {
            if !inserter.insert(&mut zone, packet) {
                break;
            }
            waiting.next();
        }
        let first = inserter.finish(zone);
        draft.set_first_header(first).unwrap();
        draft.finish();
        frames.push(frame);
        header.count = header.count.next();
        header.master_count = header.master_count.next();
    }
    frames
}

fn receiver() -> Demultiplexer<TmParameters> {
    let parameters = link(TmSettings { fecf: true, ..TmSettings::of_len(32) });
    Demultiplexer::new(parameters, Scid(7), DemultiplexerSettings::default())
}

fn packet(number: u8, len: usize) -> Vec<u8> {
    EncapsulationPacket::ltp(&vec![number; len]).unwrap().to_vec().unwrap()
}

#[test]
fn losses_are_told_and_never_joined_over() {
    let packets: Vec<_> = (0..20).map(|number| packet(number, 30)).collect();
    let frames = frames(&packets, SecurityLengths::default());
    let mut receiver = receiver();
    let (mut found, mut gaps, mut broken) = (Vec::new(), Vec::new(), 0);
    for (number, frame) in frames.iter().enumerate() {
        if number % 7 == 3 {
            continue;
        }
        receiver
            .process(frame, |_, seen| match seen {
                Seen::Packet(packet) => found.push(packet.to_vec()),
                Seen::Gap { missing } => gaps.push(missing),
                Seen::Broken(Broken::Interrupted { .. }) => broken += 1,
                other => panic!("{other:?}"),
            })
            .unwrap();
    }
    assert!(found.iter().all(|packet| packets.contains(packet)));
    assert!(found.len() < packets.len() && found.len() > packets.len() / 2);
    let lost = frames.iter().skip(3).step_by(7).count();
    assert!(gaps.iter().all(|&missing| missing == 1) && gaps.len() >= lost - 1, "{gaps:?}");
    assert!(broken > 0);
    assert_eq!(receiver.counters().master_missing, gaps.len() as u64);
}

/// The same count of the channel with another of the master channel is a whole turn lost, not the same frame again.
#[test]
fn a_whole_turn_is_no_duplicate() {
    let parameters = link(TmSettings::of_len(16));
    let mut receiver = Demultiplexer::new(parameters, Scid(7), DemultiplexerSettings::default());
    let mut seen = Vec::new();
    for master in [5, 5, 6] {
        let header = TmHeader {
            master_count: count(master),
            status: DataStatus::ACCESS,
            ..TmHeader::new(Scid(7), vcid(1))
        };
        let mut frame = [0; 16];
        TmDraft::begin(&parameters, &header, &[], &mut frame).unwrap().finish();
        receiver
            .process(&frame, |_, what| seen.push(format!("{what:?}").split('(').next().unwrap().to_owned()))
            .unwrap();
    }
    assert_eq!(seen, ["Access", "Duplicate", "Gap { missing: 255 }", "Access"]);
}

/// Idle frames between the frames of a channel, pointers beyond the zone, packets that do not end where one starts.
#[test]
fn contradictions_are_reported_and_passed() {
    let parameters = link(TmSettings::of_len(16));
    let mut receiver = Demultiplexer::new(parameters, Scid(7), DemultiplexerSettings::default());
    let mut number = 0;
    let mut push = |first, data: [u8; 10]| {
        let header = TmHeader {
            count: count(number),
            master_count: count(number),
            status: DataStatus::Packets(first),
            ..TmHeader::new(Scid(7), vcid(1))
        };
        number += 1;
        let mut frame = [0; 16];
        let mut draft = TmDraft::begin(&parameters, &header, &[], &mut frame).unwrap();
        draft.data_field().copy_from_slice(&data);
        draft.finish();
        let mut all = Vec::new();
        receiver.process(&frame, |_, seen| all.push(format!("{seen:?}"))).unwrap();
        all
    };
    let start = [0xE5, 30, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(push(FirstHeader::At(0), start).is_empty());
    assert!(push(FirstHeader::IdleOnly, [0x55; 10])[0].contains("IdleOnly"));
    assert!(push(FirstHeader::At(0), start).is_empty());
    assert!(
        push(FirstHeader::At(700), [0; 10])[0].contains("PointerBeyondZone { pointer: 700, zone_len: 10 }")
    );
    assert!(push(FirstHeader::At(0), start).is_empty());
    let resumed = push(FirstHeader::At(5), [0, 0, 0, 0, 0, 0xE5, 5, 1, 2, 3]);
    assert!(resumed[0].contains("At(5)"), "the packet ends later: {resumed:?}");
    assert_eq!(resumed[1], "Packet([229, 5, 1, 2, 3])");
}

/// Packets that leave less room than an idle packet takes: one link harness made malformed frames of those (kble#178).
#[test]
fn packets_of_every_length_leave_frames_whole() {
    let parameters = link(TmSettings::of_len(32));
    for idle in [IdleKind::Encapsulation, IdleKind::Space] {
        for len in 1..120 {
            let packet = packet(len as u8, len);
            let mut inserter = PacketInserter::new(idle);
            let mut receiver = Demultiplexer::new(parameters, Scid(7), DemultiplexerSettings::default());
            let (mut header, mut sent, mut found) = (TmHeader::new(Scid(7), vcid(1)), false, 0);
            // One frame more than the packet needs: the rest of an idle packet may go on into it.
            while !sent || header.count.value() % 2 == 1 {
                let mut frame = [0; 32];
                let mut draft = TmDraft::begin(&parameters, &header, &[], &mut frame).unwrap();
                let mut zone = inserter.begin(draft.data_field()).unwrap();
                sent = sent || inserter.insert(&mut zone, &packet);
                let first = inserter.finish(zone);
                draft.set_first_header(first).unwrap();
                draft.finish();
                receiver
                    .process(&frame, |_, seen| match seen {
                        Seen::Packet(octets) => found += usize::from(octets == packet),
                        other => panic!("{len} octets: {other:?}"),
                    })
                    .unwrap();
                header.count = header.count.next();
                header.master_count = header.master_count.next();
            }
            assert_eq!(found, 1, "{len} octets, filled with {idle:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_octets_are_refused_or_read_back(mut octets in prop::collection::vec(any::<u8>(), 0..100), tame: bool) {
        if tame && octets.len() > 6 {
            octets[0] &= 0x3F;
            octets[4] = octets[4] & 0xC7 | 0x18;
            octets[6] &= 0x0F;
        }
        let Ok(parameters) = TmParameters::new(TmSettings::of_len(octets.len())) else { return Ok(()) };
        if let Ok(frame) = TmFrame::decode(&parameters, &octets)
            && frame.secondary_header != Some(&[])
        {
            let mut out = vec![0; octets.len()];
            let secondary = frame.secondary_header.unwrap_or_default();
            let mut draft = TmDraft::begin(&parameters, &frame.header, secondary, &mut out).unwrap();
            draft.data_field().copy_from_slice(frame.data);
            draft.set_ocf(frame.ocf.unwrap_or_default());
            prop_assert_eq!(&*draft.finish(), &octets[..]);
        }
    }

    #[test]
    fn packets_come_back(sizes in prop::collection::vec(0..100usize, 1..30), header in 0..5usize, trailer in 0..5usize) {
        let packets: Vec<_> = (0..).zip(&sizes).map(|(number, &len)| packet(number, len)).collect();
        let security = SecurityLengths { header, trailer };
        let mut receiver = receiver();
        receiver.set_security(vcid(3), security);
        let mut found = Vec::new();
        for frame in frames(&packets, security) {
            receiver.process(&frame, |_, seen| match seen {
                Seen::Packet(packet) => found.push(packet.to_vec()),
                other => panic!("{other:?}"),
            }).unwrap();
        }
        prop_assert_eq!(found, packets);
    }
}
