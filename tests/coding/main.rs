//! Tests of the coding layer, one file per behaviour.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;

mod cadu;
mod channel;
mod cltu;
mod convolutional;
#[cfg(feature = "erasure")]
mod erasure;
mod ldpc;
mod marker;
mod randomizer;
mod real_data;
mod receiver;
mod recordings;
mod reed_solomon;
mod turbo;
