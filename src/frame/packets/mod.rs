//! Packets in and out of the packet zones of frames.
//!
//! In a zone packets follow one another without a gap; they may start anywhere and go on over any number of zones. A
//! [first header pointer](FirstHeader) says where the first one starts. [`PacketInserter`] fills zones;
//! [`PacketExtractor`] takes them apart. Neither needs an allocator.
//!
//! ```
//! use spacelink::frame::packets::{Extracted, PacketExtractor, PacketInserter};
//! use spacelink::packet::{IdleKind, SliceBuffer};
//!
//! let packet = [0xE5, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]; // an LTP segment in 12 octets
//! let mut inserter = PacketInserter::new(IdleKind::Encapsulation);
//! let mut store = [0; 64];
//! let mut extractor = PacketExtractor::new(SliceBuffer::new(&mut store), 64);
//! let mut seen = 0;
//! for _ in 0..2 {
//!     let mut octets = [0; 8];
//!     let mut zone = inserter.begin(&mut octets)?;
//!     inserter.insert(&mut zone, &packet);
//!     let first = inserter.finish(zone);
//!     extractor.extract(first, &octets, |found| {
//!         if found == Extracted::Packet(&packet) {
//!             seen += 1;
//!         }
//!     });
//! }
//! assert_eq!(seen, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: choosing which packet comes next (a multiplexer does), and noticing lost frames (a demultiplexer does,
//! and tells the extractor).

mod extractor;
mod first_header;
mod inserter;

pub use extractor::{Broken, Extracted, PacketExtractor};
pub use first_header::{FirstHeader, PointerForm};
pub use inserter::{PacketInserter, Zone};
