use super::{CreationTimestamp, Eid, FragmentRange};
use crate::time::DtnTime;
use crate::wire::{DecodeError, EncodeError, Writer, cbor, written};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// The payload of a bundle with the administrative record flag.
///
/// Source: RFC 9171 §6.1, RFC 9713 (types).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminRecord {
    /// What became of a bundle.
    StatusReport(StatusReport),
    /// A record of another type, kept as it came.
    Other {
        /// Record type code.
        record_type: u64,
        /// The content: one CBOR item.
        content: Bytes,
    },
}

/// What became of a bundle at one node.
///
/// Source: RFC 9171 §6.1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// Whether the node received it.
    pub received: Status,
    /// Whether the node forwarded it.
    pub forwarded: Status,
    /// Whether the node delivered it.
    pub delivered: Status,
    /// Whether the node deleted it.
    pub deleted: Status,
    /// Why.
    pub reason: Reason,
    /// Source of the bundle reported on.
    pub source: Eid,
    /// Creation timestamp of the bundle reported on.
    pub timestamp: CreationTimestamp,
    /// Which part, if the bundle reported on is a fragment.
    pub fragment: Option<FragmentRange>,
}

/// One thing a status report says or does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Not asserted.
    #[default]
    No,
    /// It happened.
    Yes,
    /// It happened at this time.
    At(DtnTime),
}

/// Why something became of a bundle.
///
/// Source: RFC 9171 §6.1.1, RFC 9172 §7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason(pub u64);

#[allow(missing_docs, reason = "each constant is explained by its text in `words`")]
impl Reason {
    pub const NO_INFORMATION: Self = Self(0);
    pub const LIFETIME_EXPIRED: Self = Self(1);
    pub const ONE_WAY_LINK: Self = Self(2);
    pub const CANCELLED: Self = Self(3);
    pub const DEPLETED_STORAGE: Self = Self(4);
    pub const ENDPOINT_UNREACHABLE: Self = Self(5);
    pub const NO_ROUTE: Self = Self(6);
    pub const NO_TIMELY_CONTACT: Self = Self(7);
    pub const BLOCK_UNINTELLIGIBLE: Self = Self(8);
    pub const HOP_LIMIT: Self = Self(9);
    pub const TRAFFIC_PARED: Self = Self(10);
    pub const BLOCK_UNSUPPORTED: Self = Self(11);
    pub const MISSING_SECURITY: Self = Self(12);
    pub const UNKNOWN_SECURITY: Self = Self(13);
    pub const UNEXPECTED_SECURITY: Self = Self(14);
    pub const FAILED_SECURITY: Self = Self(15);
    pub const CONFLICTING_SECURITY: Self = Self(16);

    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self.0 {
            0 => "no further information",
            1 => "lifetime over",
            2 => "forwarded over a one-way link",
            3 => "transmission cancelled",
            4 => "storage depleted",
            5 => "destination unreachable or not understood",
            6 => "no known route",
            7 => "no timely contact",
            8 => "block not understood",
            9 => "hop limit passed",
            10 => "traffic pared",
            11 => "block not supported",
            12 => "security operation missing",
            13 => "security operation unknown",
            14 => "security operation unexpected",
            15 => "security operation failed",
            16 => "security operations in conflict",
            _ => "unassigned reason",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.words(), self.0)
    }
}

impl AdminRecord {
    /// Reads the payload of a bundle with the administrative record flag.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no administrative record, or a status report with a mistake.
    pub fn decode(payload: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = cbor::Reader::new("administrative record", payload);
        reader.array_of(2, "array")?;
        let record = match reader.unsigned("record type")? {
            STATUS_REPORT => {
                reader.rename("status report");
                Self::StatusReport(StatusReport::read(&mut reader)?)
            }
            record_type => Self::Other { record_type, content: payload.slice_ref(reader.skip()?) },
        };
        reader.finish()?;
        Ok(record)
    }

    /// The record as the payload of a bundle.
    ///
    /// The content of a record of another type is written as it is.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        written(self.max_len(), |out| self.write(out))
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        cbor::put_array(out, 2)?;
        match self {
            Self::StatusReport(report) => {
                cbor::put_unsigned(out, STATUS_REPORT)?;
                report.write(out)
            }
            Self::Other { record_type, content } => {
                cbor::put_unsigned(out, *record_type)?;
                out.put(content)
            }
        }
    }

    /// No record takes more.
    fn max_len(&self) -> usize {
        const HEAD: usize = 9;
        match self {
            // Heads and numbers, four assertions with their times, and the source.
            Self::StatusReport(report) => 16 * HEAD + 4 * (2 + HEAD) + report.source.wire_len(),
            Self::Other { content, .. } => 1 + HEAD + content.len(),
        }
    }
}

impl StatusReport {
    fn read(reader: &mut cbor::Reader<'_>) -> Result<Self, DecodeError> {
        let items = reader.array("array")?;
        if items != 4 && items != 6 {
            return Err(DecodeError::field("status report", "array", items));
        }
        reader.array_of(4, "status items")?;
        let [received, forwarded, delivered, deleted] =
            [Status::read(reader)?, Status::read(reader)?, Status::read(reader)?, Status::read(reader)?];
        let reason = Reason(reader.unsigned("reason")?);
        let source = Eid::read(reader)?;
        reader.array_of(2, "creation timestamp")?;
        let time = DtnTime(reader.unsigned("creation time")?);
        let timestamp = CreationTimestamp { time, sequence: reader.unsigned("sequence number")? };
        let fragment = if items == 6 {
            let offset = reader.unsigned("fragment offset")?;
            Some(FragmentRange { offset, len: reader.unsigned("fragment length")? })
        } else {
            None
        };
        Ok(Self { received, forwarded, delivered, deleted, reason, source, timestamp, fragment })
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        cbor::put_array(out, if self.fragment.is_some() { 6 } else { 4 })?;
        cbor::put_array(out, 4)?;
        for status in [self.received, self.forwarded, self.delivered, self.deleted] {
            status.write(out)?;
        }
        cbor::put_unsigned(out, self.reason.0)?;
        self.source.write(out)?;
        cbor::put_array(out, 2)?;
        cbor::put_unsigned(out, self.timestamp.time.0)?;
        cbor::put_unsigned(out, self.timestamp.sequence)?;
        if let Some(part) = self.fragment {
            cbor::put_unsigned(out, part.offset)?;
            cbor::put_unsigned(out, part.len)?;
        }
        Ok(())
    }
}

impl Status {
    /// Whether it happened.
    #[must_use]
    pub const fn asserted(self) -> bool {
        !matches!(self, Self::No)
    }

    fn read(reader: &mut cbor::Reader<'_>) -> Result<Self, DecodeError> {
        let items = reader.array("status item")?;
        match (items, reader.bool("status indicator")?) {
            (1, false) => Ok(Self::No),
            (1, true) => Ok(Self::Yes),
            (2, true) => Ok(Self::At(DtnTime(reader.unsigned("status time")?))),
            _ => Err(DecodeError::field("status report", "status item", items)),
        }
    }

    fn write(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        cbor::put_array(out, if matches!(self, Self::At(_)) { 2 } else { 1 })?;
        cbor::put_bool(out, self.asserted())?;
        match self {
            Self::At(time) => cbor::put_unsigned(out, time.0),
            _ => Ok(()),
        }
    }
}

const STATUS_REPORT: u64 = 1;
