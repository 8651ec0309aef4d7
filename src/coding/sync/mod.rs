//! Finding where codeblocks and frames begin: attached sync markers on a stream of hard-decided bits.
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
//! Left out: soft decisions, decoding (see [`cadu`](super::cadu)), and what a missing block means.

mod block;
mod find;
mod marker;

pub use block::{Block, BlockSync, SyncCounts, SyncParameters, SyncState};
pub use find::{Finder, Hit, find};
pub use marker::Marker;
