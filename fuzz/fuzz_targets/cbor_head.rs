//! Any octets are refused as one item, or passed over as one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::wire::Writer;
use spacelink::wire::cbor::{self, Head, Reader};

fuzz_target!(|octets: &[u8]| {
    let mut reader = Reader::new("fuzz", octets);
    if let Ok(head) = reader.head() {
        let mut room = [0; 9];
        let mut out = Writer::new(&mut room);
        let written = match head {
            Head::Unsigned(value) => cbor::put_unsigned(&mut out, value),
            Head::Bytes(len) => cbor::put_bytes_head(&mut out, len),
            Head::Array(items) => cbor::put_array(&mut out, items),
            Head::Bool(value) => cbor::put_bool(&mut out, value),
            Head::IndefiniteArray => cbor::put_indefinite_array(&mut out),
            Head::Break => cbor::put_break(&mut out),
            _ => return,
        };
        written.unwrap();
        assert_eq!(out.written(), reader.since(0));
    }
    let mut whole = Reader::new("fuzz", octets);
    if let Ok(item) = whole.skip() {
        assert_eq!(item.len() + whole.rest().len(), octets.len());
    }
});
