//! Space Packets and Encapsulation Packets, IP datagrams in the latter: the units that travel inside transfer frames.
//!
//! Both kinds say their own length, so they can follow each other without a gap and may span frames.
//! [`packet_len`] reads that length from the first octets of either kind, asking for no more octets than the header
//! has.
//!
//! ```
//! use spacelink::packet::{packet_len, Apid, EncapsulationPacket, SpaceHeader, SpacePacket};
//! use spacelink::wire::{Decode, Encode};
//!
//! let header = SpaceHeader::telemetry(Apid::new(0x123).unwrap());
//! let packet = SpacePacket::new(header, &[0xAA, 0xBB, 0xCC])?;
//! let mut out = [0; 9];
//! packet.encode(&mut out)?;
//! assert_eq!(out, [0x01, 0x23, 0xC0, 0x00, 0x00, 0x02, 0xAA, 0xBB, 0xCC]);
//! assert_eq!(packet_len(&out[..6])?, Some(9));
//!
//! let (segment, rest) = EncapsulationPacket::decode(&[0xE5, 0x04, 0x01, 0x02])?;
//! assert_eq!((segment.data(), rest), (&[1, 2][..], &[][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`SegmentedData`] puts user data together that came in several Space Packets, [`PacketFinder`] and [`PacketStream`] find
//! packets in octet streams with garbage between them, and [`pus`] knows the secondary headers of PUS-C.
//!
//! Left out: other secondary headers (they are part of the data here), and finding packets in frames, which is
//! [`frame::packets`](crate::frame::packets).

pub mod pus;

mod buffer;
mod encapsulation;
mod idle;
mod ip;
mod length;
mod reassembly;
mod segmented;
mod sequence;
mod space;
mod stream;

pub use buffer::{Reassembly, SliceBuffer};
pub use encapsulation::{EncapsulationPacket, HeaderLen, ProtocolId};
pub use idle::IdleKind;
pub use ip::{IpPacket, Ipe};
pub use length::{PacketKind, is_idle, packet_len};
pub use reassembly::{Reassembler, Torn};
pub use segmented::{Segmented, SegmentedData};
pub use sequence::Packets;
pub use space::{Apid, PacketType, SequenceCount, SequenceFlags, SpaceHeader, SpacePacket};
#[cfg(feature = "alloc")]
pub use stream::PacketStream;
pub use stream::{ApidSet, Expected, Found, PacketFinder};
