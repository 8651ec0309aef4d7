//! Any sequence of USLP frames: no panic, and every packet that comes out says its own length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::Scid;
use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings, Seen};
use spacelink::frame::uslp::{FrameLen, UslpParameters, UslpSettings};
use spacelink::packet::packet_len;

fuzz_target!(|frames: Vec<Vec<u8>>| {
    let parameters = UslpParameters::new(UslpSettings::new(FrameLen::Fixed(40))).expect("a legal frame");
    let settings = DemultiplexerSettings { max_packet_len: 100, idle_packets: true, repeat_ocf: true };
    let mut demultiplexer = Demultiplexer::new(parameters, Scid(0), settings);
    for mut frame in frames {
        frame.resize(40, 0);
        frame[..2].copy_from_slice(&[0xC0, 0]);
        frame[2] &= 0x0F;
        frame[3] &= 0xFE;
        frame[4..6].copy_from_slice(&[0, 39]);
        let _ = demultiplexer.process(&frame, |_, seen| match seen {
            Seen::Packet(packet) => {
                assert_eq!(packet_len(packet), Ok(Some(packet.len() as u32)));
                assert!(packet.len() <= 100);
            }
            Seen::Access(unit) => assert!(unit.len() <= 100),
            _ => {}
        });
    }
});
