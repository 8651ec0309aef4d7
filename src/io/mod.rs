//! Where machines meet the world: the in-memory channel, the drive loop, sockets.
//!
//! The only layer that knows a socket or a clock. Everything below runs here unchanged: over [`channel`]s in
//! virtual time ([`simulation`]), or over UDP (feature `tokio`).

pub mod channel;
pub mod simulation;
#[cfg(feature = "durable")]
pub mod store;
#[cfg(feature = "tokio")]
pub mod udp;

#[cfg(feature = "tokio")]
mod clock;
mod windows;

#[cfg(feature = "tokio")]
pub use clock::Clock;
pub use windows::{Window, Windows};
