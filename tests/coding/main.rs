//! Tests of the coding layer, one file per behaviour.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;

mod cadu;
mod convolutional;
mod ldpc;
mod marker;
mod randomizer;
mod real_data;
mod receiver;
mod reed_solomon;
mod turbo;
