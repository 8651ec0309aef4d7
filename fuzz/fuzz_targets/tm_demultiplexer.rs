//! Any sequence of TM frames: no panic, and every packet that comes out says its own length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::Scid;
use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings, Seen};
use spacelink::frame::tm::{TmParameters, TmSettings};
use spacelink::packet::packet_len;

fuzz_target!(|frames: Vec<Vec<u8>>| {
    let parameters = TmParameters::new(TmSettings::of_len(40)).expect("a legal frame");
    let settings = DemultiplexerSettings { max_packet_len: 100, idle_packets: true, repeat_ocf: true };
    let mut demultiplexer = Demultiplexer::new(parameters, Scid(0), settings);
    for mut frame in frames {
        frame.resize(40, 0);
        frame[0] = 0;
        frame[1] &= 0x0F;
        let _ = demultiplexer.process(&frame, |_, seen| {
            if let Seen::Packet(packet) = seen {
                assert_eq!(packet_len(packet), Ok(Some(packet.len() as u32)));
                assert!(packet.len() <= 100);
            }
        });
    }
});
