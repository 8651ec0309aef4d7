use super::BundleError;
use crate::crc::{Crc16X25, Crc32C};
use crate::wire::{EncodeError, Writer, cbor};

/// Which check sequence a block carries.
///
/// Source: RFC 9171 §4.2.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrcType {
    /// No check sequence.
    None,
    /// CRC-16 of ITU-T X.25, two octets.
    Crc16,
    /// CRC-32C (Castagnoli), four octets.
    #[default]
    Crc32C,
}

impl CrcType {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Crc16 => 1,
            Self::Crc32C => 2,
        }
    }

    /// The type with this code; `None` for a code that is not assigned.
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 => Some(Self::Crc16),
            2 => Some(Self::Crc32C),
            _ => None,
        }
    }

    /// Octets of the check sequence.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a length on the wire, not of a collection")]
    pub const fn len(self) -> usize {
        match self {
            Self::None => 0,
            Self::Crc16 => 2,
            Self::Crc32C => 4,
        }
    }

    /// Octets of the field with its head.
    pub(super) const fn field_len(self) -> usize {
        match self {
            Self::None => 0,
            other => 1 + other.len(),
        }
    }

    /// Reads the check field that ends a block, and compares; `digest` is over all of the block before the field.
    #[inline]
    pub(super) fn read(
        self,
        block: u64,
        digest: Digest,
        reader: &mut cbor::Reader<'_>,
    ) -> Result<KnownCheck, BundleError> {
        if self == Self::None {
            return Ok(KnownCheck(Some(0)));
        }
        // The length is compared before anything waits for so many octets.
        let (required, len) = (self.len(), reader.bytes_head("CRC")?);
        if len != required as u64 {
            let found = usize::try_from(len).unwrap_or(usize::MAX);
            return Err(BundleError::CrcLength { block, required, found });
        }
        let found = match *reader.bytes_of(len)? {
            [a, b] => u16::from_be_bytes([a, b]).into(),
            [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
            _ => 0,
        };
        if found != digest.finish() {
            return Err(BundleError::Crc { block });
        }
        Ok(KnownCheck(Some(found)))
    }

    /// Writes the check field that ends the block begun at `start`.
    ///
    /// A check sequence that came with the block goes out again as it came: computed afresh, it would hide what
    /// happened to the octets in this node's memory.
    #[inline]
    pub(super) fn write(
        self,
        known: KnownCheck,
        start: usize,
        out: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        let value = match known.0 {
            Some(value) => value,
            None => {
                let mut digest = Digest::new(self);
                digest.update(out.written().get(start..).unwrap_or_default());
                digest.finish()
            }
        };
        self.write_field(value, out)
    }

    /// Writes the check field with this value.
    #[inline]
    pub(super) fn write_field(self, value: u32, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self == Self::None {
            return Ok(());
        }
        cbor::put_bytes_head(out, self.len() as u64)?;
        out.put(value.to_be_bytes().get(4 - self.len()..).unwrap_or_default())
    }
}

/// Computes the check sequence of a block that comes in pieces. The check field itself counts as zeros.
#[derive(Clone)]
pub(super) enum Digest {
    None,
    Crc16(Crc16X25),
    Crc32C(Crc32C),
}

impl Digest {
    #[inline]
    pub(super) fn new(crc: CrcType) -> Self {
        match crc {
            CrcType::None => Self::None,
            CrcType::Crc16 => Self::Crc16(Crc16X25::new()),
            CrcType::Crc32C => Self::Crc32C(Crc32C::new()),
        }
    }

    /// Covers octets before the check field.
    #[inline]
    pub(super) fn update(&mut self, octets: &[u8]) {
        match self {
            Self::None => {}
            Self::Crc16(crc) => crc.update(octets),
            Self::Crc32C(crc) => crc.update(octets),
        }
    }

    /// Covers the check field, and gives the check sequence.
    #[inline]
    pub(super) fn finish(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Crc16(mut crc) => {
                crc.update(&[BYTES | 2, 0, 0]);
                crc.finish().into()
            }
            Self::Crc32C(mut crc) => {
                crc.update(&[BYTES | 4, 0, 0, 0, 0]);
                crc.finish()
            }
        }
    }
}

/// Head of an octet string, less its length.
const BYTES: u8 = 0x40;

/// The check sequence a block came with, until the block is changed. Blocks are equal whether it is known or not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownCheck(pub(super) Option<u32>);

impl PartialEq for KnownCheck {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KnownCheck {}
