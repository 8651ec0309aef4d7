//! Time as machines see it, as bundles carry it, and as spacecraft write it.
//!
//! [`Instant`] is what every machine is driven with: nanoseconds since a start that the host chooses. It may be a
//! monotonic clock, a hardware timer or the virtual time of a simulation. [`DtnTime`] is what bundles carry. The
//! host that knows both keeps a [`Epoch`] to go from one to the other.
//!
//! [`code`] reads and writes the CCSDS time codes; [`UtcTime`] and [`TaiTime`] are the scales they count in, and
//! [`LeapSeconds`] leads from one to the other.
//!
//! Left out: reading a clock (only [`io`](crate::io) does).

pub mod code;

mod dtn;
mod instant;
mod tai;
mod utc;

pub use dtn::{DtnTime, Epoch};
pub use instant::Instant;
pub use tai::{LeapSecond, LeapSeconds, TaiTime};
pub use utc::{Calendar, UtcTime};
