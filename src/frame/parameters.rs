use core::ops::Range;

use crate::wire::{DecodeError, EncodeError};

/// Why settings are no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// Frames longer than the book, or the coding book, takes.
    #[error("frame length {frame_len} is above {most}")]
    FrameTooLong {
        /// Octets asked for.
        frame_len: usize,
        /// Octets allowed.
        most: usize,
    },
    /// Frames too short to hold anything.
    #[error("frame length {frame_len} leaves no data field beside {overhead} octets of other fields")]
    NoDataField {
        /// Octets asked for.
        frame_len: usize,
        /// Octets of all other fields.
        overhead: usize,
    },
    /// A field of a length its book does not allow.
    #[error("{field} of {len} octets, {most} allowed")]
    FieldLen {
        /// Which field.
        field: &'static str,
        /// Octets asked for.
        len: usize,
        /// Octets allowed.
        most: usize,
    },
}

/// Octets that link security takes at the two ends of a data field; zero both without it.
///
/// In TC frames the security header follows the segment header; in AOS frames it precedes the M_PDU header, in USLP frames
/// the data field header.
///
/// Source: CCSDS 355.0-B-2 §2.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "kebab-case"))]
pub struct SecurityLengths {
    /// Octets of the security header.
    pub header: usize,
    /// Octets of the security trailer.
    pub trailer: usize,
}

impl SecurityLengths {
    /// What lies between header and trailer in `field`.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when `field` is shorter than both.
    pub fn inner<'a>(&self, unit: &'static str, field: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        let required = self.header.saturating_add(self.trailer);
        let short = DecodeError::Short { unit, required, found: field.len() };
        field.get(self.range(field.len())).ok_or(short)
    }

    /// As [`inner`](Self::inner), to be written, with zeros in the room of header and trailer.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `field` is shorter than both.
    pub fn inner_mut<'a>(
        &self,
        unit: &'static str,
        field: &'a mut [u8],
    ) -> Result<&'a mut [u8], EncodeError> {
        let (required, available) = (self.header.saturating_add(self.trailer), field.len());
        if available < required {
            return Err(EncodeError::field(unit, "data field length", available as u64));
        }
        let (header, rest) = field.split_at_mut(self.header);
        let (inner, trailer) = rest.split_at_mut(available - required);
        header.fill(0);
        trailer.fill(0);
        Ok(inner)
    }

    /// Where in a field of `len` octets the data lie that are protected. Empty or backward when there is no room for
    /// both header and trailer.
    #[must_use]
    pub const fn range(&self, len: usize) -> Range<usize> {
        self.header..len.saturating_sub(self.trailer)
    }
}
