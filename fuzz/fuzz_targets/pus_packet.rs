//! Any octets are refused or are a PUS packet whose fields make an equal packet again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::packet::pus::{PusParameters, PusTc, PusTm};

fuzz_target!(|input: (u8, &[u8])| {
    let (flags, octets) = input;
    let parameters = PusParameters {
        time_len: usize::from(flags & 7),
        tc_spare: usize::from(flags >> 3 & 1),
        tm_spare: usize::from(flags >> 4 & 1),
        check: false,
    };
    let mut out = vec![0; octets.len()];
    if let Ok(packet) = PusTc::decode(&parameters, octets) {
        let len = packet.encode(&parameters, &mut out).expect("a decoded packet can be encoded");
        assert_eq!(PusTc::decode(&parameters, &out[..len]), Ok(packet));
    }
    if let Ok(packet) = PusTm::decode(&parameters, octets) {
        let len = packet.encode(&parameters, &mut out).expect("a decoded packet can be encoded");
        assert_eq!(PusTm::decode(&parameters, &out[..len]), Ok(packet));
    }
});
