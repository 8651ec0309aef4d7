//! Where machines meet the world: the in-memory channel, the drive loop, sockets.
//!
//! The only layer that knows a socket or a clock. Everything below runs here unchanged: over [`channel`]s in
//! virtual time, or over UDP.

pub mod channel;
mod windows;

pub use windows::{Window, Windows};
