//! Tests of the dtn layer, one file per behaviour.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;
mod eid;
mod foreign_bundles;
mod reference_routes;
