use super::check::Digest;
use super::reader::{read_next, read_start, read_trailer, within};
use super::{BlockContent, BundleBuilder, BundleError, Eid, Header, Rules};
use crate::wire::{EncodeError, cbor};
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use core::ops::Deref;

/// A bundle that keeps the rules of RFC 9171: its [`Header`], and its payload in memory.
///
/// Payload and unknown blocks are slices of the buffer it was read from. Blocks that were not changed go out as the
/// octets they came in, check sequence included. For payloads that are not in memory see
/// [`BundleReader`](super::BundleReader) and [`BundleWriter`](super::BundleWriter).
///
/// Source: RFC 9171 §4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    pub(super) header: Header,
    pub(super) payload: Bytes,
}

impl Bundle {
    /// Starts a new bundle.
    pub fn builder(source: Eid, destination: Eid) -> BundleBuilder {
        BundleBuilder::new(source, destination)
    }

    /// Reads a bundle that fills `octets`, by the letter of the standards.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn decode(octets: Bytes) -> Result<Self, BundleError> {
        Self::decode_with(octets, &Rules::STRICT)
    }

    /// Reads a bundle that fills `octets`, as strictly as `rules` say.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn decode_with(octets: Bytes, rules: &Rules) -> Result<Self, BundleError> {
        let (bundle, len) = Self::read(&octets, rules)?;
        match octets.len() - len {
            0 => Ok(bundle),
            extra => Err(BundleError::Trailing { extra }),
        }
    }

    /// Reads one bundle from the front of `octets` and returns it with the octets after it, for adapters that put
    /// bundles one after the other.
    ///
    /// # Errors
    /// The rule that was broken; [`DecodeError::Short`](crate::wire::DecodeError::Short) when the bundle is cut off.
    pub fn decode_prefix(octets: Bytes, rules: &Rules) -> Result<(Self, Bytes), BundleError> {
        let (bundle, len) = Self::read(&octets, rules)?;
        Ok((bundle, octets.slice(len..)))
    }

    fn read(octets: &Bytes, rules: &Rules) -> Result<(Self, usize), BundleError> {
        let mut reader = cbor::Reader::new("bundle", octets.get(..rules.max_header).unwrap_or(octets));
        let keep = |data: &[u8]| octets.slice_ref(data);
        let (mut header, start) =
            read_header(&mut reader, rules, keep).map_err(|error| within(error, reader.position(), rules))?;
        // The payload is no part of the header, and as long as it says.
        let at = reader.position();
        let mut reader = cbor::Reader::new("block", octets.get(at..).unwrap_or_default());
        let payload = octets.slice_ref(reader.bytes_of(header.payload_len())?);
        let mut digest = Digest::new(header.payload.crc);
        digest.update(octets.get(start..at + payload.len()).unwrap_or_default());
        header.payload.check = read_trailer(&mut reader, &header.payload, digest)?;
        Ok((Self { header, payload }, at + reader.position()))
    }

    /// Octets of the encoded bundle.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        // Payload and blocks are in memory.
        usize::try_from(self.header.encoded_len()).unwrap_or(usize::MAX)
    }

    /// Writes the bundle to the front of `out` and returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `out` is too small; it may then be partly written.
    pub fn encode_into(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        self.header.encode_with(&self.payload, out)
    }

    /// The bundle as octets of its own.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; self.encoded_len()];
        // The room is exact, and lack of room is all that can go wrong.
        let written = self.encode_into(&mut out);
        debug_assert_eq!(written, Ok(out.len()));
        out
    }

    /// All but the octets of the payload.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Header and payload apart.
    #[must_use]
    pub fn into_parts(self) -> (Header, Bytes) {
        (self.header, self.payload)
    }

    /// The application data unit, a fragment of it, or an administrative record.
    #[must_use]
    pub const fn payload(&self) -> &Bytes {
        &self.payload
    }
}

/// What a bundle says of itself is said by its header.
impl Deref for Bundle {
    type Target = Header;

    fn deref(&self) -> &Header {
        &self.header
    }
}

/// Reads all before the payload's octets, and says where the payload block starts.
#[inline]
fn read_header(
    reader: &mut cbor::Reader<'_>,
    rules: &Rules,
    keep: impl Fn(&[u8]) -> Bytes,
) -> Result<(Header, usize), BundleError> {
    let primary = read_start(reader, rules)?;
    reader.rename("block");
    let mut blocks = Vec::new();
    loop {
        let start = reader.position();
        let block = read_next(reader, blocks.len(), rules, &keep)?;
        if matches!(block.content, BlockContent::Payload { .. }) {
            let mut header = Header { primary, blocks, payload: block };
            header.check_blocks(rules)?;
            return Ok((header, start));
        }
        blocks.push(block);
    }
}
