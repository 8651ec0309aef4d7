//! Tests of the link layer, one file per behaviour.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;

//mod aos_frame;
//mod counter;
//mod idle_filler;
//mod mpdu;
//mod packets;
mod recordings;
//mod stream;
