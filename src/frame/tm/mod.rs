//! TM transfer frames: telemetry, in frames of one length.
//!
//! [`TmParameters`] say what the frames of a link look like. [`TmDraft`] writes a frame in place, [`TmFrame`] reads one
//! in place; [`Demultiplexer`](crate::frame::receive::Demultiplexer) gives packets back and says what was lost.
//!
//! ```
//! use spacelink::frame::packets::{FirstHeader, PacketInserter};
//! use spacelink::frame::tm::{DataStatus, TmDraft, TmFrame, TmHeader, TmParameters, TmSettings};
//! use spacelink::frame::{Clcw, Scid, Vcid};
//! use spacelink::packet::IdleKind;
//!
//! let link = TmParameters::new(TmSettings { fecf: true, ..TmSettings::of_len(64) })?;
//! let vcid = Vcid::new(2).unwrap();
//! let header = TmHeader { ocf: true, ..TmHeader::new(Scid(42), vcid) };
//! let mut frame = [0; 64];
//! let mut draft = TmDraft::begin(&link, &header, b"secondary", &mut frame)?;
//! draft.set_ocf(Clcw::new(vcid).to_octets());
//! let mut inserter = PacketInserter::new(IdleKind::Encapsulation);
//! let mut zone = inserter.begin(draft.data_field())?;
//! inserter.insert(&mut zone, &[0xE5, 3, 7]);
//! let first = inserter.finish(zone);
//! draft.set_first_header(first)?;
//! draft.finish();
//!
//! let read = TmFrame::decode(&link, &frame)?;
//! assert_eq!(read.header.status, DataStatus::Packets(FirstHeader::At(0)));
//! assert_eq!((read.secondary_header, &read.data[..3]), (Some(&b"secondary"[..]), &[0xE5, 3, 7][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: what a security header says; its room is at the ends of the data field.
//!
//! Source: CCSDS 132.0-B-3.

mod frame;
mod header;
mod parameters;

#[cfg(feature = "alloc")]
mod format;
#[cfg(feature = "alloc")]
mod send;

pub use frame::{TmDraft, TmFrame};
pub use header::{DataStatus, TmHeader};
pub use parameters::{TmParameters, TmSettings};
