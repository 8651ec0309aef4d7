//! Tests of the dtn layer, one file per behaviour.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;
mod reference_routes;
mod agent;
