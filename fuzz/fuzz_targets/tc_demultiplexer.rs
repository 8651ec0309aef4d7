//! Any sequence of TC data fields: no panic, no unit above the limit, and every packet says its own length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::frame::receive::{Seen, Service};
use spacelink::frame::tc::{ChannelSettings, Demultiplexer, TcFrame, TcHeader, TcKind};
use spacelink::frame::{MapId, Scid, SecurityLengths, Vcid};
use spacelink::packet::packet_len;

fuzz_target!(|frames: Vec<(u8, Vec<u8>)>| {
    let channel = |number| Vcid::new(number).expect("a channel");
    let security = SecurityLengths { header: 1, trailer: 1 };
    let settings = [
        ChannelSettings { max_unit_len: 100, ..ChannelSettings::new(channel(0)) },
        ChannelSettings { segment_headers: false, security, ..ChannelSettings::new(channel(1)) },
    ];
    let mut demultiplexer = Demultiplexer::new(&settings);
    let access = MapId::new(1).expect("a MAP");
    demultiplexer.set_service(channel(0), access, Service::Access).expect("the channel is set up");
    for (flags, data) in &frames {
        let kind = match flags >> 1 & 3 {
            0 => TcKind::Bd,
            1 => TcKind::Bc,
            _ => TcKind::Ad { ns: 0 },
        };
        let header = TcHeader { scid: Scid(0), vcid: channel(flags & 1), kind };
        let outcome = demultiplexer.process(&TcFrame { header, data }, |_, seen| match seen {
            Seen::Packet(packet) => assert_eq!(packet_len(packet), Ok(Some(packet.len() as u32))),
            Seen::Access(unit) => assert!(unit.len() <= 100 || unit.len() < data.len()),
            _ => {}
        });
        outcome.expect("the channel is set up");
        if flags & 0x80 != 0 {
            demultiplexer.interrupt(channel(0), |_, _| {});
        }
    }
});
