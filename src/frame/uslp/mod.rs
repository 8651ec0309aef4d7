//! USLP transfer frames: the unified space data link protocol, for links of any kind and frames of any length.
//!
//! [`UslpFrame`] reads a frame in place, [`UslpDraft`] writes one in place, truncated frames included. The data field of
//! a frame is a [`DataField`]: how it is built (the construction rules), whose it is, and its zone.
//! [`Demultiplexer`](crate::frame::receive::Demultiplexer) gives packets and units back by MAP and says what was lost.
//!
//! ```
//! use spacelink::frame::uslp::{DataField, FrameLen, Upid, UslpDraft, UslpFrame, UslpHeader, UslpParameters, UslpSettings, DataZone};
//! use spacelink::frame::{MapId, Scid, Vcid};
//! use spacelink::packet::SequenceFlags;
//! use spacelink::wire::{Decode, Encode};
//!
//! let link = UslpParameters::new(UslpSettings { fecf: true, ..UslpSettings::new(FrameLen::Variable { most: 2048 }) })?;
//! let header = UslpHeader::new(Scid(0x1234), Vcid::new(21).unwrap(), MapId::new(10).unwrap());
//! let field = DataField {
//!     protocol: Upid::MISSION,
//!     zone: DataZone::Segment { flags: SequenceFlags::Unsegmented, data: b"whole unit" },
//! };
//! let mut out = [0; 64];
//! let mut draft = UslpDraft::begin(&link, &header, field.encoded_len(), &mut out)?;
//! field.encode(draft.data_field())?;
//! let len = draft.finish().len();
//!
//! let (frame, _rest) = UslpFrame::decode(&link, &out[..len])?;
//! assert_eq!(DataField::decode(frame.data)?.0, field);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: what a security header says; its room is at the ends of the data field, before the data field header. The
//! insert zone is not bound to fixed-length links, as the book has it.
//!
//! Source: CCSDS 732.1-B-3.

mod data_field;
mod frame;
mod header;
mod parameters;

#[cfg(feature = "alloc")]
mod format;
#[cfg(feature = "alloc")]
mod send;

pub use data_field::{DataField, DataZone, Upid};
pub use frame::{UslpDraft, UslpFrame};
pub use header::{ScidRole, UslpControl, UslpCount, UslpHeader};
pub use parameters::{FrameLen, TruncatedLengths, UslpParameters, UslpSettings};
