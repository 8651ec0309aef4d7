//! Where machines meet the world: the in-memory channel, the drive loop, sockets.
//!
//! The only layer that knows a socket or a clock. Everything below runs here unchanged: over [`channel`]s in
//! virtual time ([`simulation`]), or over UDP (feature `tokio`). IP runs over any of the links through a device for
//! smoltcp (feature `smoltcp`), on bare metal too.

#[cfg(feature = "std")]
pub mod channel;
#[cfg(feature = "smoltcp")]
pub mod ip_device;
#[cfg(feature = "std")]
pub mod simulation;
#[cfg(feature = "durable")]
pub mod store;
#[cfg(feature = "tokio")]
pub mod udp;

#[cfg(feature = "tokio")]
mod clock;
#[cfg(feature = "std")]
mod windows;

#[cfg(feature = "tokio")]
pub use clock::Clock;
#[cfg(feature = "std")]
pub use windows::{Window, Windows};
