//! Whole downlinks, from packets through frames, codes and a channel with bit errors and back, in virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::coding::channel::{Coding, LdpcRate, ReedSolomon, Slicing, TURBO_ITERATIONS};
use spacelink::coding::convolutional::{Convolutional, Rate};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::turbo;
use spacelink::frame::aos::AosSettings;
use spacelink::frame::receive::Seen;
use spacelink::frame::send::ChannelSettings;
use spacelink::frame::tm::TmSettings;
use spacelink::frame::uslp::{FrameLen, TruncatedLengths, UslpSettings};
use spacelink::frame::{AnySettings, Scid, Vcid};
use spacelink::io::channel::{Channel, Impairments};
use spacelink::link::downlink::{
    CodingSettings, DownlinkReceiver, DownlinkSender, DownlinkSettings, Found, InputForm, InputSettings,
};
use spacelink::packet::{Apid, SequenceCount, SpaceHeader, SpacePacket};
use spacelink::time::Instant;
use spacelink::wire::Encode;

const SCID: u16 = 42;

/// Codings, the length of their frames, and a bit error rate at which they lose no frame.
fn codings() -> Vec<(&'static str, CodingSettings, usize, f64)> {
    let rs = |depth| ReedSolomon { error_correction: 16, interleaving_depth: depth };
    let sliced = |coding, slicing| CodingSettings::Channel {
        coding,
        slicing,
        randomizer: Some(Randomizer::Tm),
        any_convention: false,
    };
    let channel = |coding| sliced(coding, None);
    let concatenated = Coding::Concatenated { outer: rs(2), inner: Convolutional::ccsds(Rate::R3_4) };
    let turbo = Coding::Turbo {
        rate: turbo::Rate::Third,
        channel_interleaved: false,
        iterations: TURBO_ITERATIONS,
        stop_at_fecf: false,
    };
    vec![
        ("frames", CodingSettings::Frames, 300, 0.0),
        (
            "codeblocks",
            CodingSettings::Codeblocks {
                reed_solomon: rs(1),
                accept_fill_errors: false,
                randomizer: Some(Randomizer::Tm),
            },
            200,
            1e-3,
        ),
        ("uncoded", channel(Coding::Uncoded), 300, 0.0),
        ("reed-solomon", channel(Coding::ReedSolomon(rs(5))), 1115, 1e-3),
        ("sliced reed-solomon", sliced(Coding::ReedSolomon(rs(1)), Some(Slicing::new(223))), 300, 1e-3),
        ("convolutional", channel(Coding::Convolutional(Convolutional::ccsds(Rate::R1_2))), 300, 1e-3),
        ("concatenated", channel(concatenated), 446, 3e-3),
        ("ldpc", channel(Coding::Ldpc { rate: LdpcRate::R1_2 }), 128, 1e-2),
        ("turbo", channel(turbo), 223, 5e-2),
    ]
}

fn frames(frame_len: usize) -> [AnySettings; 3] {
    [
        AnySettings::Tm(TmSettings { fecf: true, ..TmSettings::of_len(frame_len) }),
        AnySettings::Aos(AosSettings {
            fecf: true,
            ocf: true,
            insert_zone_len: 2,
            ..AosSettings::of_len(frame_len)
        }),
        AnySettings::Uslp(UslpSettings { fecf: true, ..UslpSettings::new(FrameLen::Fixed(frame_len)) }),
    ]
}

fn settings(frame: AnySettings, coding: CodingSettings) -> DownlinkSettings {
    let send = [0, 3].map(|vcid| ChannelSettings::new(Vcid::new(vcid).unwrap()));
    DownlinkSettings { scid: Some(Scid(SCID)), coding, send: send.into(), ..DownlinkSettings::new(frame) }
}

/// Packet `number` of a virtual channel: its application is the channel, its data tell it from all others.
fn packet(vcid: Vcid, number: u16, data_len: usize) -> Bytes {
    let header = SpaceHeader {
        sequence_count: SequenceCount::new(number % SequenceCount::MODULUS).unwrap(),
        ..SpaceHeader::telemetry(Apid::new(vcid.value().into()).unwrap())
    };
    let data: Vec<u8> =
        (0..data_len).map(|at| (usize::from(number) * 31 + at * 7 + at / 251) as u8).collect();
    let packet = SpacePacket::new(header, &data).unwrap();
    let mut octets = vec![0; packet.encoded_len()];
    packet.encode(&mut octets).unwrap();
    octets.into()
}

/// Packets by virtual channel.
type Streams = BTreeMap<Vcid, Vec<Bytes>>;

struct Outcome {
    sent: Streams,
    received: Streams,
    receiver: DownlinkReceiver,
    bits_flipped: u64,
}

/// Sends packets with data of `lens` octets on two channels in turn, an idle frame now and then, through a channel
/// that flips bits.
fn run(settings: &DownlinkSettings, lens: &[usize], bit_error_rate: f64, seed: u64) -> Outcome {
    let mut sender = DownlinkSender::new(settings).unwrap();
    let mut receiver = DownlinkReceiver::new(settings).unwrap();
    let impairments = Impairments { rate: Some(1_000_000), bit_error_rate, ..Impairments::default() };
    let rng = ChaCha8Rng::seed_from_u64(seed);
    let mut channel = Channel::new(Duration::from_millis(700), impairments, rng);
    let mut sent = Streams::new();
    for (number, &len) in lens.iter().enumerate() {
        let vcid = settings.send[number % 2].vcid;
        let packet = packet(vcid, (number / 2) as u16, len);
        sender.enqueue(vcid, packet.clone()).unwrap();
        sent.entry(vcid).or_default().push(packet);
    }
    let mut symbols = Vec::new();
    // Codes that decode by stretches need some to find out how pairs lie.
    (0..8).for_each(|_| sender.idle(&mut symbols).unwrap());
    while sender.poll_transmit(&mut symbols).unwrap() {
        if symbols.len() % 3 == 0 {
            sender.idle(&mut symbols).unwrap();
        }
    }
    // What is in a packet's last frame has to be followed by what lets a decoder decide.
    (0..4).for_each(|_| sender.idle(&mut symbols).unwrap());
    sender.finish(&mut symbols).unwrap();
    let mut now = Instant::ZERO;
    for unit in symbols.chunks(997) {
        channel.send(now, unit);
        now = channel.ready_at();
    }
    let mut received = Streams::new();
    let mut take = |found: Found<'_>| {
        if let Found::Unit { scid, source, seen: Seen::Packet(packet) } = found {
            assert_eq!(scid, Scid(SCID));
            received.entry(source.vcid).or_default().push(Bytes::copy_from_slice(packet));
        }
    };
    while let Some(arrival) = channel.poll_timeout() {
        now = arrival;
        while let Some(unit) = channel.receive(now) {
            receiver.receive(&unit, &mut take);
        }
    }
    receiver.finish(&mut take);
    Outcome { sent, received, receiver, bits_flipped: channel.counters().bits_flipped }
}

/// Whether `part` is `whole` with some left out.
fn is_subsequence(part: &[Bytes], whole: &[Bytes]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|wanted| rest.any(|packet| packet == wanted))
}

#[test]
fn every_format_over_every_coding_delivers_all() {
    let lens: Vec<usize> = (0..120).map(|number| 1 + number * 37 % 701).collect();
    for (name, coding, frame_len, bit_error_rate) in codings() {
        for frame in frames(frame_len) {
            let outcome = run(&settings(frame, coding), &lens, bit_error_rate, 7);
            assert_eq!(outcome.received, outcome.sent, "{name}, {frame:?}");
            assert_eq!(outcome.bits_flipped > 0, bit_error_rate > 0.0);
            let spacecraft = outcome.receiver.spacecraft().next().unwrap();
            assert!(spacecraft.packets().all(|(.., counters)| counters.gaps == 0 && counters.repeated == 0));
            assert_eq!(spacecraft.channels().map(|(_, counters)| counters.missing).sum::<u64>(), 0);
        }
    }
}

#[test]
fn control_words_are_summed_up() {
    use spacelink::frame::Clcw;
    let [_, aos, _] = frames(300);
    let settings = settings(aos, CodingSettings::Frames);
    let (mut sender, mut receiver) =
        (DownlinkSender::new(&settings).unwrap(), DownlinkReceiver::new(&settings).unwrap());
    let mut octets = Vec::new();
    for report_value in [0, 0, 1, 2, 2] {
        let clcw = Clcw { report_value, wait: report_value == 1, ..Clcw::new(Vcid::new(5).unwrap()) };
        sender.multiplexer_mut().set_ocf(clcw.to_octets()).unwrap();
        sender.idle(&mut octets).unwrap();
    }
    sender.multiplexer_mut().set_ocf([0x80, 0, 0, 0]).unwrap();
    sender.idle(&mut octets).unwrap();
    let mut ocfs = 0;
    receiver.receive(&octets, |found| {
        ocfs += usize::from(matches!(found, Found::Unit { seen: Seen::Ocf(_), .. }));
    });
    assert_eq!(ocfs, 6);
    let spacecraft = receiver.spacecraft().next().unwrap();
    let (vcid, counters) = spacecraft.clcws().next().unwrap();
    assert_eq!((vcid.value(), counters.words, counters.report_changes, counters.wait), (5, 5, 2, 1));
    assert_eq!(counters.last.report_value, 2);
    assert_eq!(spacecraft.other_reports(), 1);
}

#[test]
fn spacecraft_beyond_the_limit_are_foreign() {
    let tm = AnySettings::Tm(TmSettings::of_len(20));
    let mut listening = DownlinkSettings::new(tm);
    listening.receive.max_spacecraft = 2;
    let mut receiver = DownlinkReceiver::new(&listening).unwrap();
    for scid in [1, 2, 3, 1] {
        let send = vec![ChannelSettings::new(Vcid::ZERO)];
        let one = DownlinkSettings { scid: Some(Scid(scid)), send, ..DownlinkSettings::new(tm) };
        let mut octets = Vec::new();
        DownlinkSender::new(&one).unwrap().idle(&mut octets).unwrap();
        receiver.receive(&octets, |_| ());
    }
    receiver.receive(&[0; 7], |_| ());
    receiver.finish(|_| ());
    assert_eq!(receiver.spacecraft().map(|spacecraft| spacecraft.scid().0).collect::<Vec<_>>(), [1, 2]);
    let counters = receiver.counters();
    assert_eq!((counters.frames, counters.foreign, counters.cut_octets), (4, 1, 7));
}

/// USLP frames as long as what they carry, truncated ones of eight octets on virtual channel 5.
fn variable() -> DownlinkSettings {
    let uslp = UslpSettings {
        fecf: true,
        truncated: TruncatedLengths::NONE.with(Vcid::new(5).unwrap(), 8).unwrap(),
        ..UslpSettings::new(FrameLen::Variable { most: 400 })
    };
    settings(AnySettings::Uslp(uslp), CodingSettings::Frames)
}

#[test]
fn frames_of_variable_length_deliver_all() {
    let lens: Vec<usize> = (0..120).map(|number| 1 + number * 37 % 701).collect();
    let outcome = run(&variable(), &lens, 0.0, 7);
    assert_eq!(outcome.received, outcome.sent);
    let counters = outcome.receiver.counters();
    assert_eq!((counters.skipped_octets, counters.cut_octets, counters.malformed), (0, 0, 0));
}

/// Frames typed by hand from 732.1-B-3 §4.1 and annex D, with garbage between: version 1100, spacecraft 42, virtual
/// channel, MAP, end of header; length less one, flags with a count of one octet, count; rule 7 with protocol 0; an
/// encapsulation packet; check sequence of 16 bits.
#[test]
fn lengths_are_read_from_headers() {
    let mut settings = variable();
    let AnySettings::Uslp(uslp) = &mut settings.frame else { unreachable!() };
    uslp.fecf = false;
    // Virtual channel 3, 13 octets: eight of header, one of data field header, a packet of four.
    let frame = [0xC0, 0x02, 0xA0, 0x60, 0x00, 0x0C, 0x01, 0x07, 0xE0, 0xE5, 0x04, 0xAA, 0xBB];
    // Virtual channel 5, truncated: four of header, rule 7, a packet of three.
    let truncated = [0xC0, 0x02, 0xA0, 0xA1, 0xE0, 0xE5, 0x03, 0xCC];
    // Where no frame begins: another version, a truncated frame on channel 3, a length above the longest.
    let garbage = [0x00, 0xFF, 0xC0, 0x02, 0xA0, 0x61, 0xC0, 0x02, 0xA0, 0x60, 0xFF, 0xFF, 0x00];
    let stream = [&frame[..], &truncated, &garbage, &truncated, &frame[..9]].concat();
    for cut in [1, 2, 5, 11, 100] {
        let mut receiver = DownlinkReceiver::new(&settings).unwrap();
        let mut packets = Vec::new();
        let mut take = |found: Found<'_>| {
            if let Found::Unit { source, seen: Seen::Packet(packet), .. } = found {
                packets.push((source.vcid.value(), packet.to_vec()));
            }
        };
        stream.chunks(cut).for_each(|octets| receiver.receive(octets, &mut take));
        receiver.finish(&mut take);
        let truncated = (5, truncated[5..].to_vec());
        assert_eq!(packets, [(3, frame[9..].to_vec()), truncated.clone(), truncated], "cut by {cut}");
        let counters = receiver.counters();
        assert_eq!((counters.frames, counters.skipped_octets, counters.cut_octets), (3, 13, 9));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Packets come in order and none altered, however bad the channel, and all of them on a clean one.
    #[test]
    fn packets_come_in_order_and_unaltered(
        which in 0..7usize,
        format in 0..3usize,
        lens in prop::collection::vec(1..900usize, 2..40),
        errors in prop_oneof![Just(0.0), 1e-5..2e-2],
        seed: u64,
    ) {
        let (_, coding, frame_len, _) = codings()[which];
        let outcome = run(&settings(frames(frame_len)[format], coding), &lens, errors, seed);
        for (vcid, received) in &outcome.received {
            prop_assert!(is_subsequence(received, &outcome.sent[vcid]));
        }
        if errors == 0.0 {
            prop_assert_eq!(outcome.received, outcome.sent);
        }
    }

    /// Any octets, cut anywhere, bring the same as uncut.
    #[test]
    fn cuts_do_not_matter(
        which in 0..7usize,
        format in 0..4usize,
        form in prop::sample::select(vec![InputForm::Bits, InputForm::I8, InputForm::U8, InputForm::F32]),
        octets in prop::collection::vec(any::<u8>(), 0..9000),
        cuts in prop::collection::vec(1..3000usize, 1..5),
    ) {
        let (_, coding, frame_len, _) = codings()[which];
        let mut settings = match frames(frame_len).get(format) {
            Some(frame) => settings(*frame, coding),
            None => variable(),
        };
        settings.scid = None;
        if matches!(settings.coding, CodingSettings::Channel { .. }) {
            settings.input = InputSettings { form, ..InputSettings::BITS };
        }
        let found = |cuts: &[usize]| {
            let mut receiver = DownlinkReceiver::new(&settings).unwrap();
            let (mut rest, mut cuts, mut all) = (&octets[..], cuts.iter().cycle(), Vec::new());
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                rest = later;
                receiver.receive(piece, |found| all.push(format!("{found:?}")));
            }
            receiver.finish(|found| all.push(format!("{found:?}")));
            (all, receiver.counters())
        };
        prop_assert_eq!(found(&cuts), found(&[usize::MAX]));
    }
}
