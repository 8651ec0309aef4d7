//! Any stream in any pieces: every octet is of a packet or garbage, whatever the pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::packet::{Expected, PacketStream, packet_len};

fuzz_target!(|input: (u16, bool, Vec<Vec<u8>>)| {
    let (max_len, encapsulation, pieces) = input;
    let expected = Expected { encapsulation, max_len: max_len.into(), ..Expected::default() };
    let mut stream = PacketStream::new(expected);
    let mut packets = 0;
    let mut count = |packet: &[u8]| {
        assert_eq!(packet_len(packet), Ok(Some(packet.len() as u32)));
        assert!(packet.len() <= max_len.into());
        packets += packet.len();
    };
    pieces.iter().for_each(|piece| stream.push(piece, &mut count));
    let garbage = stream.finish(&mut count);
    assert_eq!(packets + garbage as usize, pieces.iter().map(Vec::len).sum::<usize>());
});
