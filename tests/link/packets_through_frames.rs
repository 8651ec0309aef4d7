//! Packets into frames and out again: all of them on a clean link, and on a bad one only whole ones.

use bytes::Bytes;
use proptest::prelude::*;
use spacelink::frame::aos::{AosParameters, AosSettings};
use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings, Event};
use spacelink::frame::send::{ChannelSettings, Multiplexer, Refused};
use spacelink::frame::{MapId, Scid, Vcid};
use spacelink::packet::EncapsulationPacket;
use spacelink::wire::Encode;

const SCID: Scid = Scid(0x321);

fn vcid(value: u8) -> Vcid {
    Vcid::new(value).unwrap()
}

/// A packet that says which one it is, of `len` octets of data.
fn packet(number: usize, len: usize) -> Bytes {
    let data: Vec<u8> = (0..4 + len).map(|at| (number.to_be_bytes()[4 + at % 4]) ^ (at / 4) as u8).collect();
    EncapsulationPacket::ltp(&data).unwrap().to_vec().unwrap().into()
}

fn link(frame_len: usize) -> (Multiplexer<AosParameters>, Demultiplexer<AosParameters>) {
    let settings =
        AosSettings { fecf: true, ocf: true, insert_zone_len: 2, ..AosSettings::of_len(frame_len) };
    let parameters = AosParameters::new(settings).unwrap();
    let channels = [1, 2].map(|channel| ChannelSettings::new(vcid(channel)));
    let sender = Multiplexer::new(parameters, SCID, &channels).unwrap();
    (sender, Demultiplexer::new(parameters, SCID, DemultiplexerSettings::default()))
}

fn frames(sender: &mut Multiplexer<AosParameters>) -> Vec<Vec<u8>> {
    let mut out = vec![0; sender.format().frame_len()];
    std::iter::from_fn(|| sender.poll_transmit(&mut out).map(|len| out[..len].to_vec())).collect()
}

/// Packets and missing frames that come of `frames`; a frame that is refused counts as not come.
fn receive(receiver: &mut Demultiplexer<AosParameters>, frames: &[Vec<u8>]) -> (Vec<(u8, Bytes)>, u64) {
    let (mut packets, mut missing) = (Vec::new(), 0);
    for frame in frames {
        let _ = receiver.handle_frame(frame);
        while let Some(event) = receiver.poll_event() {
            match event {
                Event::Packet { source, packet } => packets.push((source.vcid.value(), packet)),
                Event::Gap { missing: more, .. } => missing += more,
                _ => {}
            }
        }
    }
    (packets, missing)
}

#[test]
fn a_full_queue_refuses_and_frames_make_room() {
    let parameters = AosParameters::new(AosSettings::of_len(64)).unwrap();
    let channel = ChannelSettings { queue_limit: 100, ..ChannelSettings::new(vcid(1)) };
    let mut sender = Multiplexer::new(parameters, SCID, &[channel]).unwrap();
    sender.enqueue(vcid(1), packet(0, 80)).unwrap();
    let refused = sender.enqueue(vcid(1), packet(1, 80));
    assert!(matches!(refused, Err(Refused::Full { room, .. }) if room < 84));
    frames(&mut sender);
    sender.enqueue(vcid(1), packet(1, 80)).unwrap();
    assert!(matches!(
        sender.enqueue(vcid(1), Bytes::from_static(&[0xE5, 9])),
        Err(Refused::NotAPacket { len: 2 })
    ));
    assert_eq!(
        sender.enqueue(vcid(9), packet(0, 1)),
        Err(Refused::NoChannel { vcid: vcid(9), map: MapId::ZERO })
    );
}

proptest! {
    #[test]
    fn a_clean_link_brings_everything_in_order(
        frame_len in 20..300usize,
        sizes in prop::collection::vec((1..3u8, 0..700usize), 1..40),
    ) {
        let (mut sender, mut receiver) = link(frame_len);
        let mut made = Vec::new();
        for (number, &(channel, len)) in sizes.iter().enumerate() {
            let packet = packet(number, len);
            sender.enqueue(vcid(channel), packet.clone()).unwrap();
            made.push((channel, packet));
        }
        let (packets, missing) = receive(&mut receiver, &frames(&mut sender));
        prop_assert_eq!(missing, 0);
        for channel in [1, 2] {
            let of = |all: &[(u8, Bytes)]| -> Vec<_> { all.iter().filter(|p| p.0 == channel).cloned().collect() };
            prop_assert_eq!(of(&packets), of(&made));
        }
    }

    #[test]
    fn a_bad_link_never_joins_or_alters(
        frame_len in 20..120usize,
        sizes in prop::collection::vec(0..300usize, 1..40),
        fates in prop::collection::vec(0..6u8, 1..64),
    ) {
        let (mut sender, mut receiver) = link(frame_len);
        let made: Vec<_> = sizes.iter().enumerate().map(|(number, len)| packet(number, *len)).collect();
        made.iter().for_each(|packet| sender.enqueue(vcid(1), packet.clone()).unwrap());
        let sent = frames(&mut sender);
        let mut arriving: Vec<Vec<u8>> = Vec::new();
        let mut lost = 0;
        for (frame, fate) in sent.iter().zip(fates.iter().cycle()) {
            match fate {
                0 => lost += 1,
                1 => arriving.extend([frame.clone(), frame.clone()]),
                2 => arriving.insert(arriving.len().saturating_sub(1), frame.clone()),
                3 => {
                    lost += 1;
                    let mut bad = frame.clone();
                    bad[frame_len / 2] ^= 0x10;
                    arriving.push(bad);
                }
                _ => arriving.push(frame.clone()),
            }
        }
        let (packets, missing) = receive(&mut receiver, &arriving);
        for (_, packet) in &packets {
            prop_assert!(made.contains(packet), "a packet that was never sent");
        }
        if !fates.contains(&2) {
            prop_assert!(missing <= lost);
            let in_order: Vec<_> = packets.iter().map(|(_, p)| made.iter().position(|m| m == p)).collect();
            prop_assert!(in_order.is_sorted(), "out of order");
        }
    }

    #[test]
    fn any_frames_at_all_leave_the_receiver_usable(noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..20)) {
        let (mut sender, mut receiver) = link(64);
        receive(&mut receiver, &noise);
        sender.enqueue(vcid(1), packet(7, 500)).unwrap();
        let (packets, _) = receive(&mut receiver, &frames(&mut sender));
        prop_assert_eq!(packets, [(1, packet(7, 500))]);
    }
}
