//! Tests of the ltp layer, one file per behaviour.

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test binary reads shared data")]
mod common;

mod claims;
mod driver;
mod hostile;
mod ion;
mod pair;
mod restart;
mod segments;
