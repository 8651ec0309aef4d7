//! Tests of the wire layer, one file per behaviour.

mod cbor;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;
mod crc;
mod sdnv;
mod time_codes;
