//! Every service of every format, from the multiplexer to the demultiplexer: all units, in order, whatever shares the link.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use spacelink::frame::aos::{AosParameters, AosSettings};
use spacelink::frame::receive::{self, Demultiplexer, DemultiplexerSettings, Format, Seen, Source};
use spacelink::frame::scheduler::Share;
use spacelink::frame::send::{ChannelSettings, Multiplexer, MultiplexerError, Refused, SendFormat, Service};
use spacelink::frame::tm::{TmParameters, TmSettings};
use spacelink::frame::uslp::{FrameLen, UslpParameters, UslpSettings};
use spacelink::frame::{MapId, Scid, SecurityLengths, Vcid};
use spacelink::packet::{Apid, IdleKind, SpaceHeader, SpacePacket};
use spacelink::wire::Encode;

const SCID: Scid = Scid(0x123);
const FRAME_LEN: usize = 100;
const SECURITY: SecurityLengths = SecurityLengths { header: 3, trailer: 2 };

fn vcid(value: u8) -> Vcid {
    Vcid::new(value).unwrap()
}

fn aos() -> AosParameters {
    let settings = AosSettings { fecf: true, insert_zone_len: 3, ..AosSettings::of_len(FRAME_LEN) };
    AosParameters::new(settings).unwrap()
}

fn tm() -> TmParameters {
    TmParameters::new(TmSettings { fecf: true, ..TmSettings::of_len(FRAME_LEN) }).unwrap()
}

fn uslp(frame_len: FrameLen) -> UslpParameters {
    UslpParameters::new(UslpSettings { fecf: true, ..UslpSettings::new(frame_len) }).unwrap()
}

fn space_packet(number: u8, len: usize) -> Bytes {
    let data = vec![number; len + 1];
    SpacePacket::new(SpaceHeader::telemetry(Apid::new(7).unwrap()), &data).unwrap().to_vec().unwrap().into()
}

/// Units as long as `sizes` says, or as long as one frame carries where it must be so.
fn units<F: SendFormat>(
    sender: &Multiplexer<F>,
    channel: &ChannelSettings,
    exact: bool,
    sizes: &[usize],
) -> Vec<Bytes> {
    let numbered = sizes.iter().zip(1..);
    match channel.service {
        Service::Packets => numbered.map(|(&len, number)| space_packet(number, len)).collect(),
        _ if exact => {
            numbered.map(|(_, number)| vec![number; sender.zone_len(channel.vcid)].into()).collect()
        }
        _ => numbered.map(|(&len, number)| vec![number; len + 1].into()).collect(),
    }
}

/// Sends units of `sizes` on each channel, an idle frame before every third, and gives back what arrived on each.
fn carry<F: SendFormat + Format + Copy>(
    format: F,
    channels: &[ChannelSettings],
    exact: bool,
    sizes: &[usize],
) {
    let mut sender = Multiplexer::new(format, SCID, channels).unwrap();
    let mut receiver = Demultiplexer::new(format, SCID, DemultiplexerSettings::default());
    let made: Vec<_> = channels.iter().map(|channel| units(&sender, channel, exact, sizes)).collect();
    for (channel, units) in channels.iter().zip(&made) {
        let managed = match channel.service {
            Service::Packets => receive::Service::Packets,
            Service::Access => receive::Service::Access,
            Service::Stream => receive::Service::Bitstream,
        };
        receiver.set_service(channel.vcid, managed);
        receiver.set_security(channel.vcid, channel.security);
        for unit in units {
            sender.enqueue_on(channel.vcid, channel.map, channel.expedited, unit.clone()).unwrap();
        }
    }
    let mut found: Vec<Vec<Bytes>> = vec![Vec::new(); channels.len()];
    let mut stream = vec![BytesMut::new(); channels.len()];
    let mut frame = [0; FRAME_LEN];
    for turn in 0.. {
        let len =
            if turn % 3 == 0 { sender.idle_frame(&mut frame) } else { sender.poll_transmit(&mut frame) };
        let Some(len) = len else { break };
        let sink = |source: Source, seen: Seen<'_>| {
            let is_source = |c: &&ChannelSettings| {
                c.vcid == source.vcid
                    && source.map.is_none_or(|map| map == c.map)
                    && c.expedited == source.expedited
            };
            if matches!(seen, Seen::InsertZone(_) | Seen::Ocf(_)) {
                return;
            }
            let at =
                channels.iter().position(|channel| is_source(&channel)).expect("a channel that was set up");
            match seen {
                Seen::Packet(unit) | Seen::Access(unit) => found[at].push(Bytes::copy_from_slice(unit)),
                Seen::Stream(octets) => stream[at].extend_from_slice(octets),
                Seen::Bitstream { bits, octets } => stream[at].extend_from_slice(&octets[..bits / 8]),
                other => panic!("{other:?}"),
            }
        };
        receiver.process(&frame[..len], sink).unwrap();
    }
    for (at, channel) in channels.iter().enumerate() {
        match channel.service {
            Service::Stream => assert_eq!(stream[at], made[at].concat()),
            _ => assert_eq!(found[at], made[at], "{channel:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn aos_carries_every_service(sizes in prop::collection::vec(0..400usize, 1..12), space in any::<bool>()) {
        let idle = if space { IdleKind::Space } else { IdleKind::Encapsulation };
        let bulk = ChannelSettings { idle, share: Share { minimum: 300, ..Share::of_priority(2) }, ..ChannelSettings::new(vcid(1)) };
        let secured = ChannelSettings { security: SECURITY, cycle: true, ..ChannelSettings::new(vcid(2)) };
        let access = ChannelSettings { service: Service::Access, ..ChannelSettings::new(vcid(3)) };
        let bits = ChannelSettings { service: Service::Stream, security: SECURITY, ..ChannelSettings::new(vcid(62)) };
        carry(aos(), &[bulk, secured, access, bits], true, &sizes);
    }

    #[test]
    fn tm_carries_packets_and_access_data(sizes in prop::collection::vec(0..400usize, 1..12), space in any::<bool>()) {
        let idle = if space { IdleKind::Space } else { IdleKind::Encapsulation };
        let packets = ChannelSettings { idle, ..ChannelSettings::new(vcid(0)) };
        let secured = ChannelSettings { security: SECURITY, ..ChannelSettings::new(vcid(7)) };
        let access = ChannelSettings { service: Service::Access, ..ChannelSettings::new(vcid(3)) };
        carry(tm(), &[packets, secured, access], true, &sizes);
    }

    #[test]
    fn uslp_carries_every_service(sizes in prop::collection::vec(0..400usize, 1..12)) {
        let map = |map, service| {
            ChannelSettings { map: MapId::new(map).unwrap(), service, count_len: 2, ..ChannelSettings::new(vcid(5)) }
        };
        let packets = map(0, Service::Packets);
        let access = ChannelSettings { security: SECURITY, ..map(1, Service::Access) };
        let access = ChannelSettings { vcid: vcid(6), ..access };
        let urgent = ChannelSettings { expedited: true, ..map(2, Service::Access) };
        carry(uslp(FrameLen::Fixed(FRAME_LEN)), &[packets, access, urgent, map(15, Service::Packets)], false, &sizes);
        let stream = map(3, Service::Stream);
        let variable = uslp(FrameLen::Variable { most: FRAME_LEN });
        carry(variable, &[packets, access, urgent, stream, map(15, Service::Packets)], false, &sizes);
    }
}

#[test]
fn settings_that_contradict_are_refused() {
    let made = |channels: &[ChannelSettings]| Multiplexer::new(aos(), SCID, channels).map(|_| ());
    let one = ChannelSettings::new(vcid(1));
    assert_eq!(made(&[]), Err(MultiplexerError::NoChannel));
    assert_eq!(made(&[one, one]), Err(MultiplexerError::Twice { vcid: vcid(1), map: MapId::ZERO }));
    assert!(matches!(made(&[ChannelSettings::new(Vcid::IDLE)]), Err(MultiplexerError::Channel { .. })));
    let no_room = ChannelSettings { security: SecurityLengths { header: 60, trailer: 60 }, ..one };
    assert!(matches!(
        made(&[one, ChannelSettings { vcid: vcid(2), ..no_room }]),
        Err(MultiplexerError::Channel { .. })
    ));
    let made = |channel| Multiplexer::new(tm(), SCID, &[channel]).map(|_| ());
    assert!(made(ChannelSettings::new(vcid(8))).is_err(), "three bits of channel");
    assert!(made(ChannelSettings { service: Service::Stream, ..one }).is_err());
    let fixed = uslp(FrameLen::Fixed(FRAME_LEN));
    let made = |channel| Multiplexer::new(fixed, SCID, &[channel]).map(|_| ());
    assert!(
        made(ChannelSettings { service: Service::Stream, ..one }).is_err(),
        "rule 011 is for variable lengths"
    );
    assert!(made(ChannelSettings { count_len: 8, ..one }).is_err());
    assert!(made(ChannelSettings { map: MapId::new(16).unwrap(), ..one }).is_err(), "four bits of MAP");
}

#[test]
fn units_of_a_wrong_length_are_refused() {
    let access = ChannelSettings { service: Service::Access, ..ChannelSettings::new(vcid(3)) };
    let mut sender = Multiplexer::new(aos(), SCID, &[access]).unwrap();
    let len = sender.zone_len(vcid(3));
    let refused = sender.enqueue(vcid(3), Bytes::from(vec![0; len - 1]));
    assert_eq!(refused, Err(Refused::UnitLen { len: len - 1, least: len, most: len }));
    assert_eq!(sender.enqueue(vcid(3), Bytes::from(vec![0; len])), Ok(()));
    let access = ChannelSettings { service: Service::Access, ..ChannelSettings::new(vcid(3)) };
    let mut sender = Multiplexer::new(uslp(FrameLen::Fixed(FRAME_LEN)), SCID, &[access]).unwrap();
    assert!(matches!(sender.enqueue(vcid(3), Bytes::new()), Err(Refused::UnitLen { len: 0, least: 1, .. })));
}

#[test]
fn security_sees_the_field_before_the_check_sequence() {
    let channel = ChannelSettings { security: SECURITY, ..ChannelSettings::new(vcid(1)) };
    let mut sender = Multiplexer::new(tm(), SCID, &[channel]).unwrap();
    sender.enqueue(vcid(1), space_packet(1, 200)).unwrap();
    let mut frame = [0xEE; FRAME_LEN];
    let mut mask = |_: &ChannelSettings, field: &mut [u8]| {
        assert_eq!((&field[..3], &field[field.len() - 2..]), (&[0; 3][..], &[0; 2][..]));
        field.iter_mut().for_each(|octet| *octet ^= 0xFF);
    };
    let len = sender.poll_transmit_with(&mut frame, &mut mask).unwrap();
    assert_eq!(spacelink::crc::fecf(&frame[..len]), 0, "a frame with its check sequence leaves no remainder");
    assert_eq!(frame[6..9], [0xFF; 3]);
}

#[test]
fn a_field_that_is_set_is_in_the_frames_to_come() {
    let mut sender = Multiplexer::new(tm(), SCID, &[ChannelSettings::new(vcid(1))]).unwrap();
    let before = sender.zone_len(vcid(1));
    sender.set_ocf([1, 2, 3, 4]).unwrap();
    sender.set_insert_zone(&[9; 5]).unwrap();
    assert_eq!(sender.zone_len(vcid(1)), before - 4 - 6);
    assert!(sender.set_insert_zone(&[9; 90]).is_err(), "no room for data");
    let mut frame = [0; FRAME_LEN];
    sender.idle_frame(&mut frame).unwrap();
    let mut seen = Vec::new();
    let mut receiver = Demultiplexer::new(tm(), SCID, DemultiplexerSettings::default());
    receiver.process(&frame, |_, found| seen.push(format!("{found:?}"))).unwrap();
    assert_eq!(seen, ["InsertZone([9, 9, 9, 9, 9])", "Ocf([1, 2, 3, 4])"]);
}
