//! Convergence-layer adapters: bundles over what lies below. No sockets.
//!
//! [`LtpAdapter`] sends each bundle as one LTP block, all red, and says that it is across only when the peer's
//! engine has acknowledged all of it. Blocks that are all green it takes, too. Its segments travel in encapsulation packets ([`encapsulation`]) or one in a
//! datagram. [`datagram`] tells what a datagram holds.
//!
//! Left out so far: TCPCLv4, UDPCL beyond one whole bundle a datagram, bundles aggregated into one block on sending
//! (they are taken apart on receipt).

pub mod datagram;
pub mod encapsulation;
mod green;
mod ltp;

pub use ltp::{Event, LtpAdapter, LtpCounters, Peer, Token};
