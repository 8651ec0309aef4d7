//! TC transfer frames: telecommands, in frames as long as what they carry.
//!
//! [`TcFrame`] reads a frame in place, [`TcDraft`] writes one in place. What an AD or BD frame carries is a
//! [`Segment`] on virtual channels with segment headers, else packets or access data; a BC frame carries a
//! [`ControlCommand`]. [`Segments`] cuts a unit that is too long for a frame, [`block`] puts several packets into one, and
//! [`Demultiplexer`] gives packets and units back.
//!
//! ```
//! use spacelink::frame::tc::{ControlCommand, Segments, TcFrame, TcHeader, TcKind, TcParameters, TcSettings};
//! use spacelink::frame::{MapId, Scid, Vcid};
//! use spacelink::wire::{Decode, Encode};
//!
//! let link = TcParameters::new(TcSettings { fecf: true, ..TcSettings::default() })?;
//! let vcid = Vcid::new(5).unwrap();
//!
//! // A unit of 1500 octets on MAP 3 takes two frames.
//! let unit = [0x5A; 1500];
//! for (ns, segment) in (0..).zip(Segments::new(MapId::new(3).unwrap(), &unit, link.max_data_len() - 1)) {
//!     let header = TcHeader { scid: Scid(42), vcid, kind: TcKind::Ad { ns } };
//!     let data = segment.to_vec()?;
//!     let mut out = [0; 1024];
//!     let len = TcFrame { header, data: &data }.encode(&link, &mut out)?;
//!     let (read, _fill) = TcFrame::decode(&link, &out[..len])?;
//!     assert_eq!((read.header, read.data), (header, &data[..]));
//! }
//!
//! // Set V(R) to 7.
//! assert_eq!(ControlCommand::SetVr(7).to_vec()?, [0x82, 0x00, 7]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: whether an AD frame comes in its turn (COP-1), CLTUs ([`coding`](crate::coding)), and what a security
//! header says.
//!
//! Source: CCSDS 232.0-B-4.

mod block;
mod command;
mod frame;
mod header;
mod parameters;
mod segment;

#[cfg(feature = "alloc")]
mod demultiplexer;

pub use block::{Blocked, block};
pub use command::ControlCommand;
pub use frame::{TcDraft, TcFrame};
pub use header::{TcHeader, TcKind};
pub use parameters::{TcParameters, TcSettings};
pub use segment::{Segment, Segments};

#[cfg(feature = "alloc")]
pub use demultiplexer::{ChannelSettings, Demultiplexer, NotSetUp};
