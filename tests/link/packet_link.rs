//! Both ends of a link at one node: packets both ways over every coding that lets a frame go on its own.

use bytes::Bytes;
use spacelink::coding::channel::{Coding, LdpcRate, ReedSolomon, Slicing};
use spacelink::coding::convolutional::Convolutional;
use spacelink::frame::aos::AosSettings;
use spacelink::frame::send::{ChannelSettings, Service};
use spacelink::frame::tm::TmSettings;
use spacelink::frame::uslp::{FrameLen, UslpSettings};
use spacelink::frame::{AnySettings, Scid, Vcid};
use spacelink::link::downlink::{CodingSettings, DownlinkError, DownlinkSettings};
use spacelink::link::{PacketLink, PacketLinkError, PacketLinkSettings};
use spacelink::packet::EncapsulationPacket;
use spacelink::wire::Encode;

const RS: ReedSolomon = ReedSolomon { error_correction: 16, interleaving_depth: 1 };

fn channel(coding: Coding, slicing: Option<Slicing>) -> CodingSettings {
    CodingSettings::Channel { coding, slicing, randomizer: None, any_convention: false }
}

fn direction(scid: u16, frame: AnySettings, coding: CodingSettings) -> DownlinkSettings {
    let send = vec![ChannelSettings::new(Vcid::new(1).unwrap())];
    DownlinkSettings { scid: Some(Scid(scid)), coding, send, ..DownlinkSettings::new(frame) }
}

fn packet(number: usize) -> Bytes {
    EncapsulationPacket::ltp(&vec![number as u8; 1 + 97 * number % 500]).unwrap().to_vec().unwrap().into()
}

#[test]
fn packets_cross_both_ways_whatever_frames_and_coding() {
    let tm = AnySettings::Tm(TmSettings::of_len(128));
    let aos = AnySettings::Aos(AosSettings { fecf: true, ..AosSettings::of_len(128) });
    let uslp = AnySettings::Uslp(UslpSettings::new(FrameLen::Fixed(128)));
    let variable = AnySettings::Uslp(UslpSettings::new(FrameLen::Variable { most: 300 }));
    let codeblocks =
        CodingSettings::Codeblocks { reed_solomon: RS, accept_fill_errors: false, randomizer: None };
    for (there, back) in [
        ((tm, channel(Coding::ReedSolomon(RS), None)), (variable, CodingSettings::Frames)),
        ((aos, channel(Coding::Uncoded, None)), (tm, codeblocks)),
        ((uslp, channel(Coding::Uncoded, None)), (aos, CodingSettings::Frames)),
    ] {
        let [there, back] =
            [(7, there), (8, back)].map(|(scid, (frame, coding))| direction(scid, frame, coding));
        let ours = PacketLinkSettings { outbound: there.clone(), inbound: back.clone() };
        let theirs = PacketLinkSettings { outbound: back, inbound: there };
        let mut ends = [ours, theirs].map(|settings| PacketLink::new(&settings).unwrap());
        let packets: Vec<Bytes> = (0..30).map(packet).collect();
        for turn in 0..2 {
            let mut unit = vec![0; ends[0].max_unit_len()];
            for packet in &packets {
                ends[0].enqueue(packet.clone()).unwrap();
                // Every frame is sent, and received, before there is another.
                while let Some(len) = ends[0].poll_transmit(&mut unit) {
                    ends[1].handle_input(&unit[..len]);
                }
                assert_eq!(
                    ends[1].poll_packet().as_ref(),
                    Some(packet),
                    "turn {turn} of {ours:?}",
                    ours = ends[0]
                );
            }
            let (sent, received) = (ends[0].counters(), ends[1].counters());
            assert_eq!(received.frames_received, sent.frames_sent);
            assert_eq!((received.packets_received, received.frames_missing), (30, 0));
            assert_eq!(ends[0].poll_transmit(&mut []), None);
            ends.reverse();
        }
    }
}

#[test]
fn what_waits_or_carries_no_packets_is_refused() {
    let good = PacketLinkSettings::reed_solomon(1, 2);
    let error = |outbound: DownlinkSettings| {
        PacketLink::new(&PacketLinkSettings { outbound, ..good.clone() }).map(|_| ()).unwrap_err()
    };
    let tm = AnySettings::Tm(TmSettings::of_len(223));
    let convolutional = channel(Coding::Convolutional(Convolutional::default()), None);
    assert_eq!(error(direction(1, tm, convolutional)), PacketLinkError::Waits);
    let ldpc = direction(
        1,
        AnySettings::Tm(TmSettings::of_len(128)),
        channel(Coding::Ldpc { rate: LdpcRate::R1_2 }, None),
    );
    assert_eq!(error(ldpc), PacketLinkError::Waits);
    let sliced = channel(Coding::ReedSolomon(RS), Some(Slicing::new(100)));
    assert_eq!(error(direction(1, tm, sliced)), PacketLinkError::Waits);
    let mut access = good.outbound.clone();
    access.send[0].service = Service::Access;
    assert_eq!(error(access), PacketLinkError::NoPackets(Vcid::new(1).unwrap()));
    let nobody = DownlinkSettings { scid: None, ..good.outbound.clone() };
    assert_eq!(error(nobody).to_string(), "outbound: scid: missing, and a sender needs one");
    let inbound = direction(1, tm, channel(Coding::Ldpc { rate: LdpcRate::R1_2 }, None));
    let refused = PacketLink::new(&PacketLinkSettings { inbound, ..good.clone() }).map(|_| ());
    assert!(matches!(refused, Err(PacketLinkError::Inbound(DownlinkError::Coding(_)))));
}
