//! Whole telecommand links, from units to bits and back, with telemetry for the CLCWs: losses and bit errors both ways.

use bytes::Bytes;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::coding::bch::Mode;
use spacelink::coding::cltu::{CltuCode, LdpcTail};
use spacelink::cop::{AlertCode, Directive, FarmWindow, FopParameters};
use spacelink::frame::aos::{AosParameters, AosSettings};
use spacelink::frame::counter::{Count, Step};
use spacelink::frame::packets::FirstHeader;
use spacelink::frame::receive::Service;
use spacelink::frame::send::{self, Multiplexer};
use spacelink::frame::tc::TcKind;
use spacelink::frame::tm::{DataStatus, TmDraft, TmHeader, TmParameters, TmSettings};
use spacelink::frame::{Clcw, MapId, Scid, Vcid};
use spacelink::io::channel::{Channel, Impairments};
use spacelink::link::tc::{
    ChannelError, ClcwReader, ClcwRefused, SendError, ServiceType, TcChannelSettings, TcLinkError,
    TcLinkSettings, TcMapSettings, TcReceived, TcReceiver, TcSender, TcSenderEvent,
};
use spacelink::time::Instant;
use std::time::Duration;

const SCID: Scid = Scid(0x155);
const LIGHT_TIME: Duration = Duration::from_millis(50);

fn vcid(value: u8) -> Vcid {
    Vcid::new(value).unwrap()
}

fn map(value: u8) -> MapId {
    MapId::new(value).unwrap()
}

fn channel(value: u8) -> TcChannelSettings {
    let fop = FopParameters {
        window: 8,
        t1_initial: Duration::from_millis(400),
        transmission_limit: 255,
        ..FopParameters::default()
    };
    TcChannelSettings {
        service: Service::Access,
        fop,
        farm: FarmWindow::new(16).unwrap(),
        max_received: 4,
        ..TcChannelSettings::new(vcid(value))
    }
}

fn unit(channel: u8, number: usize, len: usize) -> Bytes {
    [&[channel, number as u8][..], &vec![number as u8 ^ 0x5A; len]].concat().into()
}

/// A frame of idle telemetry with a CLCW.
fn telemetry(frames: &TmParameters, count: u64, clcw: Clcw) -> Vec<u8> {
    let header = TmHeader {
        ocf: true,
        master_count: Count::wrapping(count),
        status: DataStatus::Packets(FirstHeader::IdleOnly),
        ..TmHeader::new(SCID, vcid(0))
    };
    let mut frame = vec![0; frames.frame_len()];
    let mut draft = TmDraft::begin(frames, &header, &[], &mut frame).unwrap();
    draft.set_ocf(clcw.to_octets());
    draft.finish();
    frame
}

/// Sends `units` of each of two channels, AD, with BD units in between; returns what arrived AD, by channel.
fn run(code: CltuCode, seed: u64, loss: f64, bit_error_rate: f64, units: usize) -> [Vec<Bytes>; 2] {
    let link = TcLinkSettings::with_code(SCID, code, &[channel(1), channel(2)]);
    let (mut ground, mut board) = (TcSender::new(&link).unwrap(), TcReceiver::new(&link).unwrap());
    let frames = TmParameters::new(TmSettings { fecf: true, ..TmSettings::of_len(32) }).unwrap();
    let mut clcws = ClcwReader::new(frames, SCID);
    let rng = |salt| ChaCha8Rng::seed_from_u64(seed.wrapping_mul(8) + salt);
    let bad = Impairments {
        loss,
        bit_error_rate,
        duplication: 0.1,
        reordering: 0.1,
        reordering_delay: Duration::from_millis(20),
        ..Impairments::default()
    };
    let mut up = Channel::new(LIGHT_TIME, bad, rng(0));
    let mut down = Channel::new(LIGHT_TIME, bad, rng(1));
    let mut now = Instant::ZERO;
    for value in [1, 2] {
        ground.directive(now, vcid(value), Directive::InitiateWithUnlock).unwrap();
        for number in 0..units {
            let len = if number % 7 == 0 { 1_500 } else { 40 };
            let unit = unit(value, number, len);
            ground
                .send(now, vcid(value), map(number as u8 % 3), ServiceType::SequenceControlled, unit)
                .unwrap();
        }
        let expedited = Bytes::from_static(b"bd");
        ground.send(now, vcid(value), map(9), ServiceType::Expedited, expedited).unwrap();
    }
    let (mut telemetry_at, mut count, mut confirmed) = (now, 0, 0);
    let mut arrived = [Vec::new(), Vec::new()];
    let mut cltu = vec![0; ground.max_cltu_len()];
    for step in 0.. {
        assert!(step < 40_000, "still busy at {now}: {:?} {:?}", ground.counters(), board.counters());
        while let Some(sent) = ground.poll_transmit(now, &mut cltu) {
            up.send(now, &cltu[..sent.len]);
        }
        while let Some(event) = ground.poll_event() {
            match event {
                TcSenderEvent::Confirmed { .. } => confirmed += 1,
                TcSenderEvent::DirectiveConfirmed { .. } => {}
                other => panic!("{other:?} at {now}"),
            }
        }
        while let Some(octets) = up.receive(now) {
            board.handle_octets(&octets);
            // The carrier stays, with idle bits: they end a CLTU without a tail.
            board.handle_octets(&[0x55; 64]);
        }
        // The user on board is slow, so that FARM-1 has to ask for patience.
        if step % 3 == 0 {
            match board.poll_event() {
                Some(TcReceived::Access { source, unit }) if !source.expedited => {
                    arrived[usize::from(source.vcid.value()) - 1].push(unit);
                }
                Some(TcReceived::Access { unit, .. }) => assert_eq!(unit, &b"bd"[..]),
                Some(other) => panic!("{other:?}"),
                None => {}
            }
        }
        if now >= telemetry_at {
            telemetry_at = now + Duration::from_millis(10);
            down.send(now, &telemetry(&frames, count, board.next_clcw().unwrap()));
            count += 1;
        }
        while let Some(frame) = down.receive(now) {
            match clcws.handle_frame(&frame) {
                Ok(clcw) => ground.handle_clcw(now, clcw).unwrap(),
                Err(ClcwRefused::Decode(_) | ClcwRefused::Late(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        ground.handle_timeout(now);
        if confirmed == 2 * units && arrived.iter().all(|arrived| arrived.len() == units) {
            break;
        }
        let due = [up.poll_timeout(), down.poll_timeout(), ground.poll_timeout(), Some(telemetry_at)];
        now = now.max(due.into_iter().flatten().min().unwrap());
    }
    arrived
}

fn expected(value: u8, units: usize) -> Vec<Bytes> {
    (0..units).map(|number| unit(value, number, if number % 7 == 0 { 1_500 } else { 40 })).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn every_unit_once_in_order(seed in any::<u64>(), loss in 0.0..0.3, code in 0..5) {
        let code = match code {
            0 => CltuCode::Bch { mode: Mode::Correct, randomized: true },
            1 => CltuCode::Bch { mode: Mode::Detect, randomized: false },
            2 => CltuCode::Ldpc128 { tail: LdpcTail::Current },
            3 => CltuCode::Ldpc128 { tail: LdpcTail::Absent },
            _ => CltuCode::Ldpc512,
        };
        // LDPC lives with what would end most BCH frames.
        let ber = if matches!(code, CltuCode::Bch { .. }) { 1e-5 } else { 1e-3 };
        let arrived = run(code, seed, loss, ber, 25);
        prop_assert_eq!(&arrived[0], &expected(1, 25));
        prop_assert_eq!(&arrived[1], &expected(2, 25));
    }

    #[test]
    fn no_octets_do_harm(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut board = TcReceiver::new(&TcLinkSettings::bch(SCID, &[channel(1)])).unwrap();
        board.handle_octets(&octets);
        board.flush();
        prop_assert_eq!(board.counters().frames_accepted, 0);
    }
}

#[test]
fn channels_know_nothing_of_each_other() {
    let link = TcLinkSettings::bch(SCID, &[channel(1), channel(2)]);
    let (mut ground, mut board) = (TcSender::new(&link).unwrap(), TcReceiver::new(&link).unwrap());
    let now = Instant::ZERO;
    let mut cltu = vec![0; ground.max_cltu_len()];
    ground.directive(now, vcid(2), Directive::InitiateWithoutClcwCheck).unwrap();
    for value in [1, 2] {
        ground.send(now, vcid(value), map(0), ServiceType::SequenceControlled, unit(value, 0, 9)).unwrap();
    }
    // Channel 1 has no AD service yet.
    let sent = ground.poll_transmit(now, &mut cltu).unwrap();
    assert_eq!((sent.vcid, sent.kind), (vcid(2), TcKind::Ad { ns: 0 }));
    assert_eq!(ground.poll_transmit(now, &mut cltu), None);
    board.handle_octets(&cltu[..sent.len]);
    assert_eq!([1, 2].map(|value| board.clcw(vcid(value)).unwrap().report_value), [0, 1]);
    // A lockout of one leaves the other alone.
    let lockout = Clcw { lockout: true, ..Clcw::new(vcid(2)) };
    ground.handle_clcw(now, lockout).unwrap();
    let events: Vec<_> = std::iter::from_fn(|| ground.poll_event()).collect();
    assert!(events.contains(&TcSenderEvent::Alert { vcid: vcid(2), code: AlertCode::Lockout }));
    assert!(matches!(events[1], TcSenderEvent::NotConfirmed { .. }));
    ground.directive(now, vcid(1), Directive::InitiateWithoutClcwCheck).unwrap();
    assert_eq!(ground.poll_transmit(now, &mut cltu).unwrap().vcid, vcid(1));
    assert!(ground.handle_clcw(now, Clcw::new(vcid(5))).is_err());
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |channels: &[TcChannelSettings]| {
        let link = TcLinkSettings::bch(SCID, channels);
        let error = TcSender::new(&link).map(|_| ()).unwrap_err();
        assert_eq!(TcReceiver::new(&link).map(|_| ()), Err(error));
        error
    };
    let wide =
        TcChannelSettings { fop: FopParameters { window: 9, ..FopParameters::default() }, ..channel(1) };
    let error = ChannelError::Window { window: 9, positive: 8 };
    assert_eq!(refused(&[wide]), TcLinkError::Channel { vcid: vcid(1), error });
    assert_eq!(refused(&[channel(1), channel(1)]), TcLinkError::Twice(vcid(1)));
    let plain = TcChannelSettings { segment_headers: false, max_queued: 2, ..channel(1) };
    let few = TcChannelSettings { max_queued: 2, ..channel(2) };
    let mut ground = TcSender::new(&TcLinkSettings::bch(SCID, &[plain, few])).unwrap();
    let mut send = |value, len| {
        ground
            .send(Instant::ZERO, vcid(value), map(0), ServiceType::SequenceControlled, vec![7; len].into())
            .map(|_| ())
    };
    assert_eq!(send(1, 1_018), Err(SendError::TooLong { len: 1_018, most: 1_017 }));
    assert_eq!(send(1, 0), Err(SendError::Empty));
    assert_eq!(send(2, 3 * 1_016), Err(SendError::QueueFull { required: 3, available: 2 }));
    assert_eq!(send(1, 1_017), Ok(()));
}

#[test]
fn each_map_carries_what_its_settings_say() {
    let maps = vec![TcMapSettings { map: map(5), service: Service::Packets }];
    let link = TcLinkSettings::bch(SCID, &[TcChannelSettings { maps, ..channel(1) }]);
    let (mut ground, mut board) = (TcSender::new(&link).unwrap(), TcReceiver::new(&link).unwrap());
    // Two encapsulation packets of two octets, or a unit of four.
    let unit = Bytes::from_static(&[0xE5, 2, 0xE5, 2]);
    for value in [4, 5] {
        ground.send(Instant::ZERO, vcid(1), map(value), ServiceType::Expedited, unit.clone()).unwrap();
    }
    let mut cltu = vec![0; ground.max_cltu_len()];
    while let Some(sent) = ground.poll_transmit(Instant::ZERO, &mut cltu) {
        board.handle_octets(&cltu[..sent.len]);
    }
    let came: Vec<_> = std::iter::from_fn(|| board.poll_event()).collect();
    assert!(
        matches!(&came[0], TcReceived::Access { source, unit: whole } if source.map == Some(map(4)) && *whole == unit)
    );
    for event in &came[1..] {
        assert!(
            matches!(event, TcReceived::Packet { source, packet } if source.map == Some(map(5)) && packet.len() == 2)
        );
    }
    assert_eq!(came.len(), 3);
}

/// AOS frames have no count of the master channel: CLCWs are in order by virtual channel.
#[test]
fn clcws_come_in_aos_frames_too() {
    let aos = AosParameters::new(AosSettings { ocf: true, ..AosSettings::of_len(64) }).unwrap();
    let mut multiplexer = Multiplexer::new(aos, SCID, &[send::ChannelSettings::new(vcid(1))]).unwrap();
    let mut frames = Vec::new();
    for value in 0..3 {
        let clcw = Clcw { report_value: value, ..Clcw::new(vcid(1)) };
        multiplexer.set_ocf(clcw.to_octets()).unwrap();
        let mut frame = vec![0; 64];
        multiplexer.idle_frame(&mut frame).unwrap();
        frames.push(frame);
    }
    let mut reader = ClcwReader::new(aos, SCID);
    let mut read = |at: usize| reader.handle_frame(&frames[at]).map(|clcw| clcw.report_value);
    assert_eq!(read(0), Ok(0));
    assert_eq!(read(2), Ok(2));
    assert_eq!(read(1), Err(ClcwRefused::Late(Step::Back { by: 1 })));
    assert_eq!(read(2), Err(ClcwRefused::Late(Step::Duplicate)));
    reader.restart();
    assert_eq!(reader.handle_frame(&frames[1]).map(|clcw| clcw.report_value), Ok(1));
    let mut other = ClcwReader::new(aos, Scid(1));
    assert_eq!(other.handle_frame(&frames[0]), Err(ClcwRefused::OtherSpacecraft(SCID)));
}
