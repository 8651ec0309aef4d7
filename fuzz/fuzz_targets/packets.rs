//! Any octets are refused or are a packet that reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::packet::{EncapsulationPacket, IpPacket, SpacePacket, packet_len};
use spacelink::wire::{Decode, Encode};

fuzz_target!(|input: &[u8]| {
    let len = packet_len(input);
    if let Ok((packet, rest)) = SpacePacket::decode(input) {
        assert_eq!(len, Ok(Some((input.len() - rest.len()) as u32)));
        let octets = packet.to_vec().expect("a decoded packet can be encoded");
        assert_eq!(octets, input[..octets.len()]);
    }
    if let Ok((packet, rest)) = EncapsulationPacket::decode(input) {
        assert_eq!(len, Ok(Some((input.len() - rest.len()) as u32)));
        if let Ok(octets) = packet.to_vec() {
            assert_eq!(EncapsulationPacket::decode(&octets).expect("what was encoded decodes").0, packet);
        }
    }
    if let Ok((packet, _rest)) = IpPacket::decode(input) {
        let octets = packet.to_vec().expect("a decoded packet can be encoded");
        assert_eq!(IpPacket::decode(&octets).expect("what was encoded decodes").0, packet);
    }
});
