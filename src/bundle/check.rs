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

    /// The check sequence of a block of two parts.
    fn over(self, block: &[u8], rest: &[u8]) -> u32 {
        match self {
            Self::None => 0,
            Self::Crc16 => {
                let mut crc = Crc16X25::new();
                crc.update(block);
                crc.update(rest);
                crc.finish().into()
            }
            Self::Crc32C => {
                let mut crc = Crc32C::new();
                crc.update(block);
                crc.update(rest);
                crc.finish()
            }
        }
    }

    /// Reads the check field that ends the block begun at `start`, and compares.
    #[inline]
    pub(super) fn read(
        self,
        block: u64,
        start: usize,
        reader: &mut cbor::Reader<'_>,
    ) -> Result<KnownCheck, BundleError> {
        if self == Self::None {
            return Ok(KnownCheck(Some(0)));
        }
        let field = reader.bytes("CRC")?;
        let found = match *field {
            [a, b] if self == Self::Crc16 => u16::from_be_bytes([a, b]).into(),
            [a, b, c, d] if self == Self::Crc32C => u32::from_be_bytes([a, b, c, d]),
            _ => return Err(BundleError::CrcLength { block, required: self.len(), found: field.len() }),
        };
        // The field counts as zeros; what was received stays as it is.
        let whole = reader.since(start);
        let covered = whole.get(..whole.len() - field.len()).unwrap_or_default();
        if found != self.over(covered, &ZEROS[..field.len()]) {
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
        if self == Self::None {
            return Ok(());
        }
        cbor::put_bytes_head(out, self.len() as u64)?;
        let value = match known.0 {
            Some(value) => value,
            None => self.over(out.written().get(start..).unwrap_or_default(), &ZEROS[..self.len()]),
        };
        out.put(value.to_be_bytes().get(4 - self.len()..).unwrap_or_default())
    }
}

const ZEROS: [u8; 4] = [0; 4];

/// The check sequence a block came with, until the block is changed. Blocks are equal whether it is known or not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownCheck(pub(super) Option<u32>);

impl PartialEq for KnownCheck {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KnownCheck {}
