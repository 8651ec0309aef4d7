//! Any symbols, with check sequences that are right: bounded memory, and every unit within its length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::erasure::{Decoder, Parameters};
use spacelink::crc::crc32c;

fuzz_target!(|symbols: Vec<(bool, u8, u8, u8, Vec<u8>)>| {
    let parameters = Parameters::checked(4, 2, 2, 32).expect("possible parameters");
    let mut decoder = Decoder::new(parameters);
    for (raw, index, used, block, octets) in symbols {
        let symbol = if raw {
            octets
        } else {
            let mut symbol = vec![0xE1, 4, 2, index % 7, used % 5, 0, 0, 0, block];
            symbol.extend(octets);
            symbol.extend(crc32c(&symbol).to_be_bytes());
            symbol
        };
        let _ = decoder.handle_input(&symbol);
        while let Some(unit) = decoder.poll_event() {
            assert!(unit.octets.len() <= parameters.max_unit_len());
        }
        assert!(decoder.held_len() <= parameters.window() * 6 * (2 + parameters.max_unit_len()));
    }
});
