use super::check::{Digest, KnownCheck};
use super::{BlockFlags, BundleError, CrcType, Eid};
use crate::wire::{DecodeError, EncodeError, Writer, cbor};
use alloc::vec;
use bytes::Bytes;
use core::time::Duration;

/// Block type codes this crate knows.
///
/// Source: RFC 9171 §9.1, RFC 9172 §11.1.
pub mod block_type {
    /// The payload.
    pub const PAYLOAD: u64 = 1;
    /// Which node sent the bundle last.
    pub const PREVIOUS_NODE: u64 = 6;
    /// How long ago the bundle was made.
    pub const AGE: u64 = 7;
    /// How many nodes the bundle may pass and has passed.
    pub const HOP_COUNT: u64 = 10;
    /// Integrity of other blocks.
    pub const INTEGRITY: u64 = 11;
    /// Confidentiality of other blocks.
    pub const CONFIDENTIALITY: u64 = 12;
}

/// How many nodes a bundle may pass, and how many it has passed.
///
/// Source: RFC 9171 §4.4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HopCount {
    /// The limit, 1 to 255.
    pub limit: u8,
    /// Nodes passed so far.
    pub count: u64,
}

impl HopCount {
    /// Whether the bundle has passed more nodes than it may, and is to be deleted.
    #[must_use]
    pub const fn exceeded(&self) -> bool {
        self.count > self.limit as u64
    }
}

/// What is in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockContent {
    /// Which node sent the bundle last. RFC 9171 §4.4.1.
    PreviousNode(Eid),
    /// Milliseconds since the bundle was made. RFC 9171 §4.4.2.
    Age(u64),
    /// How many nodes the bundle may pass and has passed. RFC 9171 §4.4.3.
    HopCount(HopCount),
    /// The payload, which is kept apart from the header: so many octets.
    Payload {
        /// Octets of the payload.
        len: u64,
    },
    /// A block of a type this crate leaves alone, or one that is encrypted.
    Octets {
        /// Block type code.
        block_type: u64,
        /// Block-type-specific data.
        data: Bytes,
    },
}

/// A block other than the primary.
///
/// Source: RFC 9171 §4.3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub(super) number: u64,
    pub(super) flags: BlockFlags,
    pub(super) crc: CrcType,
    pub(super) content: BlockContent,
    pub(super) check: KnownCheck,
}

impl Block {
    /// A block to put into a bundle: no flags, CRC-32C, a number chosen by the builder.
    #[must_use]
    pub const fn new(content: BlockContent) -> Self {
        Self {
            number: UNNUMBERED,
            flags: BlockFlags::NONE,
            crc: CrcType::Crc32C,
            content,
            check: KnownCheck(None),
        }
    }

    /// A block of any type.
    #[must_use]
    pub fn of_type(block_type: u64, data: impl Into<Bytes>) -> Self {
        Self::new(BlockContent::Octets { block_type, data: data.into() })
    }

    /// With these flags.
    #[must_use]
    pub const fn with_flags(mut self, flags: BlockFlags) -> Self {
        self.flags = flags;
        self.check = KnownCheck(None);
        self
    }

    /// With this check sequence.
    #[must_use]
    pub const fn with_crc(mut self, crc: CrcType) -> Self {
        self.crc = crc;
        self.check = KnownCheck(None);
        self
    }

    /// With this number.
    #[must_use]
    pub const fn with_number(mut self, number: u64) -> Self {
        self.number = number;
        self.check = KnownCheck(None);
        self
    }

    /// Names the block within its bundle; 1 is the payload.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Block processing control flags.
    #[must_use]
    pub const fn flags(&self) -> BlockFlags {
        self.flags
    }

    /// Which check sequence the block carries.
    #[must_use]
    pub const fn crc_type(&self) -> CrcType {
        self.crc
    }

    /// What is in it.
    #[must_use]
    pub const fn content(&self) -> &BlockContent {
        &self.content
    }

    /// Block type code.
    #[must_use]
    pub const fn block_type(&self) -> u64 {
        match &self.content {
            BlockContent::PreviousNode(_) => block_type::PREVIOUS_NODE,
            BlockContent::Age(_) => block_type::AGE,
            BlockContent::HopCount(_) => block_type::HOP_COUNT,
            BlockContent::Payload { .. } => block_type::PAYLOAD,
            BlockContent::Octets { block_type, .. } => *block_type,
        }
    }

    /// Reads a block and checks its check sequence; of a payload block, all before its data. `keep` makes data that
    /// was read last.
    ///
    /// The content stays octets until [`interpret`](Self::interpret): whether it is encrypted is known only when all
    /// blocks are.
    #[inline]
    pub(super) fn read(
        reader: &mut cbor::Reader<'_>,
        keep: &impl Fn(&[u8]) -> Bytes,
    ) -> Result<Self, BundleError> {
        let start = reader.position();
        let items = reader.array("array")?;
        let block_type = reader.unsigned("type")?;
        let number = reader.unsigned("number")?;
        let flags = BlockFlags(reader.unsigned("flags")?);
        let crc = BundleError::crc_type(number, reader.unsigned("CRC type")?)?;
        let required = Self::items(crc);
        if items != required {
            return Err(BundleError::BlockItems { required, found: items });
        }
        let len = reader.bytes_head("data")?;
        if block_type == block_type::PAYLOAD {
            let content = BlockContent::Payload { len };
            return Ok(Self { number, flags, crc, content, check: KnownCheck(None) });
        }
        let data = reader.bytes_of(len)?;
        let mut digest = Digest::new(crc);
        digest.update(reader.since(start));
        let check = crc.read(number, digest, reader)?;
        let data = keep(data);
        Ok(Self { number, flags, crc, content: BlockContent::Octets { block_type, data }, check })
    }

    /// Whether the content of blocks of this type is read.
    pub(super) const fn is_understood(&self) -> bool {
        matches!(self.block_type(), block_type::PREVIOUS_NODE | block_type::AGE | block_type::HOP_COUNT)
    }

    /// Whether it is an integrity or confidentiality block.
    pub(crate) const fn is_security(&self) -> bool {
        matches!(self.block_type(), block_type::INTEGRITY | block_type::CONFIDENTIALITY)
    }

    /// Reads the content of a block in the clear whose type is known.
    pub(super) fn interpret(&mut self) -> Result<(), BundleError> {
        let BlockContent::Octets { block_type, data } = &self.content else { return Ok(()) };
        let block_type = *block_type;
        let content = match block_type {
            block_type::PREVIOUS_NODE => read_content("previous node block", data, |reader| {
                Eid::read(reader).map(BlockContent::PreviousNode)
            }),
            block_type::AGE => {
                read_content("age block", data, |reader| reader.unsigned("age").map(BlockContent::Age))
            }
            block_type::HOP_COUNT => read_content("hop count block", data, read_hop_count),
            _ => return Ok(()),
        };
        match content {
            Ok(content) => self.content = content,
            Err(DecodeError::Field { field: HOP_LIMIT, value, .. }) => {
                return Err(BundleError::HopLimit { limit: value });
            }
            Err(error) => return Err(BundleError::Content { block: self.number, block_type, error }),
        }
        Ok(())
    }

    /// Octets of the encoded block.
    #[must_use]
    pub fn encoded_len(&self) -> u64 {
        let rest = self.head_len() + self.crc.field_len();
        self.data_len().saturating_add(rest as u64)
    }

    /// Octets of the block before its data.
    pub(super) fn head_len(&self) -> usize {
        2 + cbor::head_len(self.block_type())
            + cbor::head_len(self.number)
            + cbor::head_len(self.flags.0)
            + cbor::head_len(self.data_len())
    }

    /// Writes the block, without the data and check sequence of a payload block.
    pub(super) fn write(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = out.len();
        self.write_head(out)?;
        match &self.content {
            BlockContent::Payload { .. } => return Ok(()),
            _ => self.write_data(out)?,
        }
        self.crc.write(self.check, start, out)
    }

    /// Writes all before the data.
    fn write_head(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        cbor::put_array(out, Self::items(self.crc))?;
        cbor::put_unsigned(out, self.block_type())?;
        cbor::put_unsigned(out, self.number)?;
        cbor::put_unsigned(out, self.flags.0)?;
        cbor::put_unsigned(out, self.crc.code())?;
        cbor::put_bytes_head(out, self.data_len())
    }

    /// Writes the block-type-specific data, unless it is the payload.
    pub(super) fn write_data(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match &self.content {
            BlockContent::PreviousNode(eid) => eid.write(out),
            BlockContent::Age(millis) => cbor::put_unsigned(out, *millis),
            BlockContent::HopCount(hops) => {
                cbor::put_array(out, 2)?;
                cbor::put_unsigned(out, hops.limit.into())?;
                cbor::put_unsigned(out, hops.count)
            }
            BlockContent::Octets { data, .. } => out.put(data),
            BlockContent::Payload { .. } => Ok(()),
        }
    }

    /// The block-type-specific data as encoded; nothing for the payload, which is kept apart.
    #[must_use]
    pub fn data(&self) -> Bytes {
        if let BlockContent::Octets { data, .. } = &self.content {
            return data.clone();
        }
        if matches!(self.content, BlockContent::Payload { .. }) {
            return Bytes::new();
        }
        // What is in memory can be counted.
        let mut data = vec![0; usize::try_from(self.data_len()).unwrap_or_default()];
        let written: Result<(), EncodeError> = self.write_data(&mut Writer::new(&mut data));
        debug_assert!(written.is_ok());
        data.into()
    }

    /// Octets of the block-type-specific data.
    #[must_use]
    pub fn data_len(&self) -> u64 {
        let len = match &self.content {
            BlockContent::Payload { len } => return *len,
            BlockContent::PreviousNode(eid) => eid.wire_len(),
            BlockContent::Age(millis) => cbor::head_len(*millis),
            BlockContent::HopCount(hops) => {
                1 + cbor::head_len(hops.limit.into()) + cbor::head_len(hops.count)
            }
            BlockContent::Octets { data, .. } => data.len(),
        };
        len as u64
    }

    /// Replaces the content; the check sequence will be computed afresh.
    pub(super) fn set_content(&mut self, content: BlockContent) {
        self.content = content;
        self.check = KnownCheck(None);
    }

    const fn items(crc: CrcType) -> u64 {
        if matches!(crc, CrcType::None) { 5 } else { 6 }
    }
}

impl BlockContent {
    /// An age block; parts of a millisecond count as a whole one.
    #[must_use]
    pub fn age(age: Duration) -> Self {
        Self::Age(millis_up(age))
    }
}

/// Whole milliseconds, rounded up: a bundle may look older than it is, never younger.
pub(super) fn millis_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// Reads content that must fill `data`.
fn read_content<T>(
    unit: &'static str,
    data: &[u8],
    read: impl FnOnce(&mut cbor::Reader<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = cbor::Reader::new(unit, data);
    let content = read(&mut reader)?;
    reader.finish()?;
    Ok(content)
}

fn read_hop_count(reader: &mut cbor::Reader<'_>) -> Result<BlockContent, DecodeError> {
    reader.array_of(2, "array")?;
    let limit = reader.unsigned("limit")?;
    let count = reader.unsigned("count")?;
    match u8::try_from(limit) {
        Ok(limit) if limit > 0 => Ok(BlockContent::HopCount(HopCount { limit, count })),
        _ => Err(DecodeError::field("hop count block", HOP_LIMIT, limit)),
    }
}

/// The number of a block that has none yet; 0 is the primary block's, so no other can have it.
pub(super) const UNNUMBERED: u64 = 0;
const HOP_LIMIT: &str = "hop limit";
