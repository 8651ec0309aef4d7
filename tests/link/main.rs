//! Tests of the link layer, one file per behaviour.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;

mod cop1_pair;
mod downlink;
mod missions;
mod multiplexer;
mod packet_link;
mod packet_octets;
mod packet_streams;
mod packets_through_frames;
mod recordings;
mod tc_frames;
mod tc_link;
mod tm_frames;
mod tshark;
mod uslp_frames;
