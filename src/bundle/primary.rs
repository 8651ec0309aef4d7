use super::check::{Digest, KnownCheck};
use super::{BundleError, BundleFlags, CrcType, Eid};
use crate::time::DtnTime;
use crate::wire::{Encode, EncodeError, Writer, cbor};
use core::time::Duration;

/// When a bundle was made, and which of that millisecond it is.
///
/// Source: RFC 9171 §4.2.7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreationTimestamp {
    /// Time of creation; [`DtnTime::UNKNOWN`] when the source has no accurate clock.
    pub time: DtnTime,
    /// Counts the bundles a source makes in one millisecond, or all of them when it has no clock.
    pub sequence: u64,
}

/// Where a fragment belongs in the application data it is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fragment {
    /// Octets before this fragment.
    pub offset: u64,
    /// Octets of the whole application data unit.
    pub total: u64,
}

/// The part of an application data unit that a fragment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FragmentRange {
    /// Octets before this fragment.
    pub offset: u64,
    /// Octets of this fragment's payload.
    pub len: u64,
}

/// What tells one bundle from all others.
///
/// Bundles of the null source have no identity; their ids may be equal. Ids are in order of creation first, of source
/// last: what differs most is compared first, which makes maps of them several times as fast.
///
/// Source: RFC 9171 §4.2.7, §5.8.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId {
    /// When it was made, and which of that time.
    pub timestamp: CreationTimestamp,
    /// Which part, if it is a fragment.
    pub fragment: Option<FragmentRange>,
    /// Who made it.
    pub source: Eid,
}

/// The primary block. Nobody but the source may change it.
///
/// Source: RFC 9171 §4.3.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primary {
    pub(super) flags: BundleFlags,
    pub(super) crc: CrcType,
    pub(super) destination: Eid,
    pub(super) source: Eid,
    pub(super) report_to: Eid,
    pub(super) timestamp: CreationTimestamp,
    pub(super) lifetime_ms: u64,
    pub(super) fragment: Option<Fragment>,
    pub(super) check: KnownCheck,
}

impl Primary {
    /// Bundle processing control flags.
    #[must_use]
    pub const fn flags(&self) -> BundleFlags {
        self.flags
    }

    /// Which check sequence the block carries.
    #[must_use]
    pub const fn crc_type(&self) -> CrcType {
        self.crc
    }

    /// Where the bundle goes.
    #[must_use]
    pub const fn destination(&self) -> &Eid {
        &self.destination
    }

    /// Who made it.
    #[must_use]
    pub const fn source(&self) -> &Eid {
        &self.source
    }

    /// Who is told about it.
    #[must_use]
    pub const fn report_to(&self) -> &Eid {
        &self.report_to
    }

    /// When it was made.
    #[must_use]
    pub const fn timestamp(&self) -> CreationTimestamp {
        self.timestamp
    }

    /// How long it is worth keeping, from its creation on.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        Duration::from_millis(self.lifetime_ms)
    }

    /// Where it belongs, if it is a fragment.
    #[must_use]
    pub const fn fragment(&self) -> Option<Fragment> {
        self.fragment
    }

    pub(super) fn read(reader: &mut cbor::Reader<'_>) -> Result<Self, BundleError> {
        let start = reader.position();
        let items = reader.array("array")?;
        let version = reader.unsigned("version")?;
        if version != VERSION {
            return Err(BundleError::Version(version));
        }
        let flags = BundleFlags(reader.unsigned("flags")?);
        let crc = BundleError::crc_type(0, reader.unsigned("CRC type")?)?;
        let is_fragment = flags.contains(BundleFlags::FRAGMENT);
        let required = Self::items(is_fragment, crc);
        if items != required {
            return Err(BundleError::PrimaryItems { required, found: items });
        }
        let destination = Eid::read(reader)?;
        let source = Eid::read(reader)?;
        let report_to = Eid::read(reader)?;
        reader.array_of(2, "creation timestamp")?;
        let time = DtnTime(reader.unsigned("creation time")?);
        let sequence = reader.unsigned("sequence number")?;
        let lifetime_ms = reader.unsigned("lifetime")?;
        let fragment = if is_fragment {
            let offset = reader.unsigned("fragment offset")?;
            Some(Fragment { offset, total: reader.unsigned("total length")? })
        } else {
            None
        };
        let mut digest = Digest::new(crc);
        digest.update(reader.since(start));
        let check = crc.read(0, digest, reader)?;
        let timestamp = CreationTimestamp { time, sequence };
        Ok(Self { flags, crc, destination, source, report_to, timestamp, lifetime_ms, fragment, check })
    }

    pub(super) fn wire_len(&self) -> usize {
        3 + cbor::head_len(self.flags.0)
            + self.destination.wire_len()
            + self.source.wire_len()
            + self.report_to.wire_len()
            + 1
            + cbor::head_len(self.timestamp.time.0)
            + cbor::head_len(self.timestamp.sequence)
            + cbor::head_len(self.lifetime_ms)
            + self.fragment.map_or(0, |part| cbor::head_len(part.offset) + cbor::head_len(part.total))
            + self.crc.field_len()
    }

    pub(super) fn write(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = out.len();
        cbor::put_array(out, Self::items(self.fragment.is_some(), self.crc))?;
        cbor::put_unsigned(out, VERSION)?;
        cbor::put_unsigned(out, self.flags.0)?;
        cbor::put_unsigned(out, self.crc.code())?;
        self.destination.write(out)?;
        self.source.write(out)?;
        self.report_to.write(out)?;
        cbor::put_array(out, 2)?;
        cbor::put_unsigned(out, self.timestamp.time.0)?;
        cbor::put_unsigned(out, self.timestamp.sequence)?;
        cbor::put_unsigned(out, self.lifetime_ms)?;
        if let Some(part) = self.fragment {
            cbor::put_unsigned(out, part.offset)?;
            cbor::put_unsigned(out, part.total)?;
        }
        self.crc.write(self.check, start, out)
    }

    const fn items(is_fragment: bool, crc: CrcType) -> u64 {
        8 + if is_fragment { 2 } else { 0 } + if matches!(crc, CrcType::None) { 0 } else { 1 }
    }
}

impl Encode for Primary {
    fn encoded_len(&self) -> usize {
        self.wire_len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut out = Writer::new(out);
        self.write(&mut out)?;
        Ok(out.len())
    }
}

const VERSION: u64 = 7;
