//! Time as machines see it and as bundles carry it.
//!
//! [`Instant`] is what every machine is driven with: nanoseconds since a start that the host chooses. It may be a
//! monotonic clock, a hardware timer or the virtual time of a simulation. [`DtnTime`] is what bundles carry. The
//! host that knows both keeps a [`Epoch`] to go from one to the other.
//!
//! Left out: reading a clock (only [`io`](crate::io) does), leap seconds, and the CCSDS time codes.

mod dtn;
mod instant;

pub use dtn::{DtnTime, Epoch};
pub use instant::Instant;
