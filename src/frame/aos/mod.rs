//! AOS transfer frames.
//!
//! [`AosParameters`] say what the frames of a link look like. [`AosDraft`] writes a frame in place, [`AosFrame`]
//! reads one in place. [`Multiplexer`](crate::frame::send::Multiplexer) makes frames of the packets of several virtual channels,
//! [`Demultiplexer`](crate::frame::receive::Demultiplexer) gives the packets back and says what was lost.
//!
//! Left out: link security. Its header and trailer lie at the ends of the data zone.
//!
//! Source: CCSDS 732.0-B-5, and 732.0-B-4 for 8-bit spacecraft identifiers.

mod bpdu;
mod fhec;
mod frame;
mod header;
mod mpdu;
mod parameters;

#[cfg(feature = "alloc")]
mod format;
#[cfg(feature = "alloc")]
mod send;

pub use bpdu::BitstreamPdu;
pub use fhec::Fhec;
pub use frame::{AosDraft, AosFrame};
pub use header::AosHeader;
pub use mpdu::Mpdu;
pub use parameters::{AosIssue, AosParameters, AosSettings, HeaderErrorControl};
