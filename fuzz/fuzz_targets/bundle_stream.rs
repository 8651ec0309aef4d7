//! Octets in pieces are read as the same octets are read whole, errors included.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use spacelink::bundle::{Bundle, BundleError, BundleReader, Header, Part, Rules};

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (lens, octets) = input;
    let whole = Bundle::decode_prefix(Bytes::copy_from_slice(&octets), &Rules::LENIENT)
        .map(|(bundle, _)| (bundle.header().clone(), bundle.payload().to_vec()));
    assert_eq!(in_pieces(&octets, &lens), whole);
});

fn in_pieces(mut octets: &[u8], lens: &[u8]) -> Result<(Header, Vec<u8>), BundleError> {
    let mut reader = BundleReader::new(Rules::LENIENT);
    let mut payload = Vec::new();
    let mut lens = lens.iter().cycle();
    while !octets.is_empty() && !reader.is_finished() {
        let len = usize::from(*lens.next().unwrap_or(&0)) + 1;
        let (mut piece, rest) = octets.split_at(octets.len().min(len));
        octets = rest;
        while let Some(part) = reader.read(&mut piece)? {
            if let Part::Data(data) = part {
                payload.extend_from_slice(data);
            }
        }
    }
    Ok((reader.finish()?, payload))
}
