//! Finding where codeblocks and frames begin: attached sync markers on a stream of bits.
//!
//! [`Finder`] looks for one marker in some octets. [`BlockSync`] takes a stream cut anywhere, aligned to no octet,
//! and gives the blocks between markers: it locks, flywheels over damaged markers, and searches again inside what
//! turned out not to be a block.
//!
//! ```
//! use spacelink::coding::sync::{Marker, find};
//!
//! let received = [0x55, 0x68, 0xD6, 0x7F, 0xE0, 0xE8];
//! let hit = find(&Marker::ASM_32, &received, 0, 0, false).unwrap();
//! assert_eq!((hit.bit, hit.distance), (13, 0));
//! ```
//!
//! [`SoftBlockSync`] does the same on soft bits, by correlation, for codes that work where hard decisions do not.
//!
//! Left out: decoding (see [`cadu`](super::cadu)), and what a missing block means.

mod block;
mod find;
mod marker;
mod soft;

pub use block::{Block, BlockSync, SyncCounts, SyncParameters, SyncState};
pub use find::{Finder, Hit, find};
pub use marker::Marker;
pub use soft::{SoftBlock, SoftBlockSync};
