//! LTP segments as octets: data, reports, cancellations and their acknowledgements.
//!
//! A segment is decoded without copying and without an allocator: data, extensions and claims stay where they were
//! received and are read as one iterates over them.
//!
//! ```
//! use spacelink::ltp::segment::{Content, Segment};
//! use spacelink::wire::{Decode, Encode};
//!
//! // The report ION sends for a block of 82 octets that arrived whole.
//! let octets = [0x08, 0x01, 0x03, 0x00, 0x9C, 0x03, 0xFB, 0x60, 0x52, 0x00, 0x01, 0x00, 0x52];
//! let segment = Segment::decode_exact("LTP segment", &octets)?;
//! let Content::Report(report) = segment.content else { panic!("a report") };
//! assert_eq!(report.ranges().next(), Some(0..82));
//! assert_eq!(segment.to_vec()?, octets);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: what the authentication and cookie extensions of RFC 5327 mean; they are carried as they are.
//!
//! Source: RFC 5326 §3.

mod cancel;
mod data;
mod extension;
mod report;

pub use cancel::{CancelReason, Party};
pub use data::{Data, DataKind, RedEnd};
pub use extension::{Extension, Extensions, ExtensionsIter};
pub use report::{Claim, ReceptionClaims, ReceptionClaimsIter, Report};

use super::{EngineId, SessionId};
use crate::wire::{Decode, DecodeError, Encode, EncodeError, Sdnv, Writer};

/// One LTP segment.
///
/// Source: RFC 5326 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The session it belongs to.
    pub session: SessionId,
    /// Extensions between header and content.
    pub header_extensions: Extensions<'a>,
    /// What the segment is for.
    pub content: Content<'a>,
    /// Extensions behind the content.
    pub trailer_extensions: Extensions<'a>,
}

/// What a segment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A piece of the block. Types 0 to 4 and 7.
    Data(Data<'a>),
    /// What the receiver has. Type 8.
    Report(Report<'a>),
    /// A report arrived. Type 9.
    ReportAck {
        /// Serial number of that report.
        report: u64,
    },
    /// The session ends here. Types 12 (by the sender) and 14 (by the receiver).
    Cancel {
        /// Who ends it.
        by: Party,
        /// Why.
        reason: CancelReason,
    },
    /// A cancellation arrived. Types 13 (of the sender's) and 15 (of the receiver's).
    CancelAck {
        /// Whose cancellation it was.
        of: Party,
    },
}

impl<'a> Segment<'a> {
    /// A segment without extensions.
    #[must_use]
    pub const fn new(session: SessionId, content: Content<'a>) -> Self {
        Self { session, header_extensions: Extensions::NONE, content, trailer_extensions: Extensions::NONE }
    }

    /// Octets of the header of a segment of this session that has no extensions.
    pub(crate) fn header_len(session: SessionId) -> usize {
        2 + Sdnv(session.originator.0).encoded_len() + Sdnv(session.number).encoded_len()
    }
}

impl Content<'_> {
    /// The segment type code, 0 to 15.
    #[must_use]
    pub const fn segment_type(&self) -> u8 {
        match self {
            Self::Data(data) => match data.kind {
                DataKind::Red => 0,
                DataKind::Checkpoint { end: RedEnd::Nothing, .. } => 1,
                DataKind::Checkpoint { end: RedEnd::RedPart, .. } => 2,
                DataKind::Checkpoint { end: RedEnd::Block, .. } => 3,
                DataKind::Green { end_of_block: false } => 4,
                DataKind::Green { end_of_block: true } => 7,
            },
            Self::Report(_) => 8,
            Self::ReportAck { .. } => 9,
            Self::Cancel { by: Party::Sender, .. } => 12,
            Self::CancelAck { of: Party::Sender } => 13,
            Self::Cancel { by: Party::Receiver, .. } => 14,
            Self::CancelAck { of: Party::Receiver } => 15,
        }
    }
}

impl<'a> Decode<'a> for Segment<'a> {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let (&first, rest) =
            input.split_first().ok_or(DecodeError::Short { unit: UNIT, required: MIN_LEN, found: 0 })?;
        let (version, kind) = (first >> 4, first & 0x0F);
        if version != 0 {
            return Err(DecodeError::field(UNIT, "version", version.into()));
        }
        let (Sdnv(originator), rest) = Sdnv::decode(rest)?;
        let (Sdnv(number), rest) = Sdnv::decode(rest)?;
        let (&counts, rest) = rest.split_first().ok_or(DecodeError::Short {
            unit: UNIT,
            required: input.len() + 1,
            found: input.len(),
        })?;
        let (header_extensions, rest) = Extensions::decode(counts >> 4, rest)?;
        let (content, rest) = decode_content(kind, rest)?;
        let (trailer_extensions, rest) = Extensions::decode(counts & 0x0F, rest)?;
        let session = SessionId { originator: EngineId(originator), number };
        Ok((Self { session, header_extensions, content, trailer_extensions }, rest))
    }
}

impl Encode for Segment<'_> {
    fn encoded_len(&self) -> usize {
        let content = match self.content {
            Content::Data(data) => data.encoded_len(),
            Content::Report(report) => report.encoded_len(),
            Content::ReportAck { report } => Sdnv(report).encoded_len(),
            Content::Cancel { .. } => 1,
            Content::CancelAck { .. } => 0,
        };
        Self::header_len(self.session)
            + self.header_extensions.encoded_len()
            + content
            + self.trailer_extensions.encoded_len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut out = Writer::new(out);
        out.put_u8(self.content.segment_type())?;
        out.put_sdnv(self.session.originator.0)?;
        out.put_sdnv(self.session.number)?;
        out.put_u8(self.header_extensions.count()? << 4 | self.trailer_extensions.count()?)?;
        self.header_extensions.encode(&mut out)?;
        match self.content {
            Content::Data(data) => data.encode(&mut out)?,
            Content::Report(report) => report.encode(&mut out)?,
            Content::ReportAck { report } => out.put_sdnv(report)?,
            Content::Cancel { reason, .. } => out.put_u8(reason.code())?,
            Content::CancelAck { .. } => {}
        }
        self.trailer_extensions.encode(&mut out)?;
        Ok(out.len())
    }
}

fn decode_content(kind: u8, input: &[u8]) -> Result<(Content<'_>, &[u8]), DecodeError> {
    let checkpoint = |end| DataKind::Checkpoint { serial: 0, report: 0, end };
    let data = |kind| Data::decode(kind, input).map(|(data, rest)| (Content::Data(data), rest));
    let cancel = |by| {
        let (&reason, rest) = input.split_first().ok_or(DecodeError::Short {
            unit: "LTP cancel segment",
            required: 1,
            found: 0,
        })?;
        Ok((Content::Cancel { by, reason: reason.try_into()? }, rest))
    };
    match kind {
        0 => data(DataKind::Red),
        1 => data(checkpoint(RedEnd::Nothing)),
        2 => data(checkpoint(RedEnd::RedPart)),
        3 => data(checkpoint(RedEnd::Block)),
        4 => data(DataKind::Green { end_of_block: false }),
        7 => data(DataKind::Green { end_of_block: true }),
        8 => Report::decode(input).map(|(report, rest)| (Content::Report(report), rest)),
        9 => Sdnv::decode(input).map(|(Sdnv(report), rest)| (Content::ReportAck { report }, rest)),
        12 => cancel(Party::Sender),
        13 => Ok((Content::CancelAck { of: Party::Sender }, input)),
        14 => cancel(Party::Receiver),
        15 => Ok((Content::CancelAck { of: Party::Receiver }, input)),
        undefined => Err(DecodeError::field(UNIT, "type", undefined.into())),
    }
}

const UNIT: &str = "LTP segment";
/// Header with two one-octet numbers and nothing behind it.
const MIN_LEN: usize = 4;
