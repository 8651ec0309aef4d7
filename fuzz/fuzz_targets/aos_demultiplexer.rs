//! Any sequence of frames and garbage: no panic, and every packet that comes out says its own length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::Scid;
use spacelink::frame::aos::{AosParameters, AosSettings, HeaderErrorControl};
use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings, Seen};
use spacelink::packet::packet_len;

fuzz_target!(|input: (u8, Vec<Vec<u8>>)| {
    let (flags, frames) = input;
    let settings = AosSettings {
        header_error_control: if flags & 1 == 0 {
            HeaderErrorControl::Absent
        } else {
            HeaderErrorControl::Correct
        },
        insert_zone_len: usize::from(flags >> 1 & 3),
        ocf: flags & 8 != 0,
        ..AosSettings::of_len(40)
    };
    let parameters = AosParameters::new(settings).expect("a legal frame");
    let settings = DemultiplexerSettings { max_packet_len: 100, idle_packets: true, repeat_ocf: true };
    let mut demultiplexer = Demultiplexer::new(parameters, Scid(0), settings);
    for mut frame in frames {
        frame.resize(40, 0);
        frame[0] = 0x40 | frame[0] & 0x01;
        frame[1] &= 0x3F;
        frame[5] &= 0xCF;
        let _ = demultiplexer.process(&frame, |_, seen| {
            if let Seen::Packet(packet) = seen {
                assert_eq!(packet_len(packet), Ok(Some(packet.len() as u32)));
            }
        });
    }
});
