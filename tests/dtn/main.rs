//! Tests of the dtn layer, one file per behaviour.

mod admin_records;
mod bpsec;
mod bpsec_policy;
mod bundle_properties;
mod bundle_rules;
mod bundle_stream;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;
mod contact_plans;
mod eid;
mod foreign_bundles;
mod forwarding;
mod fragments;
mod patterns;
mod reference_routes;
mod routes;
mod tshark;
