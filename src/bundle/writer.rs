//! Writing bundles whose payload need not be in memory.

use super::check::{Digest, KnownCheck};
use super::{BundleError, CrcType, Header};
use crate::wire::{Writer, cbor};
use alloc::vec::Vec;

/// Writes a bundle around a payload that is passed through in pieces.
///
/// ```
/// use core::time::Duration;
/// use spacelink::bundle::{Bundle, BundleWriter};
///
/// let pieces = ["a payload ", "from elsewhere"];
/// let header = Bundle::builder("ipn:1.7".parse()?, "ipn:2.7".parse()?)
///     .age(Duration::ZERO)
///     .build_header(24)?;
///
/// let (mut writer, start) = BundleWriter::new(&header);
/// let mut sent = start;
/// for piece in pieces {
///     writer.payload(piece.as_bytes())?;
///     sent.extend_from_slice(piece.as_bytes());
/// }
/// sent.extend_from_slice(writer.finish()?.as_ref());
///
/// let bundle = Bundle::decode(sent.into())?;
/// assert_eq!(bundle.payload(), "a payload from elsewhere");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct BundleWriter {
    crc: CrcType,
    known: KnownCheck,
    digest: Digest,
    len: u64,
    seen: u64,
}

impl BundleWriter {
    /// Starts to write the bundle of `header`; returns the octets that go before the payload.
    #[must_use]
    pub fn new(header: &Header) -> (Self, Vec<u8>) {
        Self::with_room(header, header.start_len())
    }

    /// As [`new`](Self::new), in a buffer with room for `octets` of the bundle.
    pub(crate) fn with_room(header: &Header, octets: usize) -> (Self, Vec<u8>) {
        let payload = &header.payload;
        let mut start = Vec::with_capacity(octets);
        start.resize(header.start_len(), 0);
        // The room is exact, and lack of room is all that can go wrong.
        let written = header.write_start(&mut Writer::new(&mut start));
        debug_assert!(written.is_ok());
        // A check sequence that came with the payload goes out as it came, so none is computed.
        let mut digest = Digest::new(if payload.check.0.is_some() { CrcType::None } else { payload.crc });
        digest.update(written.ok().and_then(|at| start.get(at..)).unwrap_or_default());
        let len = header.payload_len();
        (Self { crc: payload.crc, known: payload.check, digest, len, seen: 0 }, start)
    }

    /// Covers the next octets of the payload, which go out after what went before.
    ///
    /// # Errors
    /// [`BundleError::PayloadLength`] when the payload is longer than the header says.
    pub fn payload(&mut self, piece: &[u8]) -> Result<(), BundleError> {
        let found = self.seen.saturating_add(piece.len() as u64);
        if found > self.len {
            return Err(BundleError::PayloadLength { required: self.len, found });
        }
        self.seen = found;
        self.digest.update(piece);
        Ok(())
    }

    /// The octets that go after the payload.
    ///
    /// # Errors
    /// [`BundleError::PayloadLength`] when the payload is shorter than the header says.
    pub fn finish(self) -> Result<Trailer, BundleError> {
        if self.seen != self.len {
            return Err(BundleError::PayloadLength { required: self.len, found: self.seen });
        }
        let mut trailer = Trailer { octets: [0; TRAILER], len: 0 };
        let mut out = Writer::new(&mut trailer.octets);
        let value = self.known.0.unwrap_or_else(|| self.digest.finish());
        let written = self.crc.write_field(value, &mut out).and_then(|()| cbor::put_break(&mut out));
        debug_assert!(written.is_ok());
        trailer.len = out.len();
        Ok(trailer)
    }
}

/// What comes after the payload: its check sequence and the end of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    octets: [u8; TRAILER],
    len: usize,
}

impl AsRef<[u8]> for Trailer {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

/// A check field with its head, and a break.
const TRAILER: usize = 6;
