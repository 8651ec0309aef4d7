//! LTP segments and bundles in encapsulation packets.
//!
//! Source: CCSDS 133.1-B-3 §4.1.2.3; CCSDS 734.1-B-1 for LTP; CCSDS 734.20-O-1 annex B for bundles.

use bytes::Bytes;

use crate::packet::{EncapsulationPacket, ProtocolId};
use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// What an encapsulation packet brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// One LTP segment.
    LtpSegment(&'a [u8]),
    /// One bundle.
    Bundle(&'a [u8]),
    /// Nothing.
    Idle,
    /// A unit of another protocol.
    Other(ProtocolId),
}

/// Octets that the header adds to a segment or bundle of ordinary size (up to 65,531 octets).
pub const HEADER_LEN: usize = 4;

/// The packet that carries `segment`.
///
/// # Errors
/// [`EncodeError`] when it is longer than a packet can say.
pub fn wrap_segment(segment: &[u8]) -> Result<Bytes, EncodeError> {
    Ok(EncapsulationPacket::ltp(segment)?.to_vec()?.into())
}

/// The packet that carries `bundle`.
///
/// # Errors
/// [`EncodeError`] when it is longer than a packet can say.
pub fn wrap_bundle(bundle: &[u8]) -> Result<Bytes, EncodeError> {
    Ok(EncapsulationPacket::bundle(bundle)?.to_vec()?.into())
}

/// What `packet` brought.
///
/// # Errors
/// [`DecodeError`] when it is no encapsulation packet, or not a whole one.
pub fn unwrap(packet: &[u8]) -> Result<Content<'_>, DecodeError> {
    let packet = EncapsulationPacket::decode_exact("encapsulation packet", packet)?;
    Ok(match packet.protocol() {
        ProtocolId::IDLE => Content::Idle,
        ProtocolId::LTP => Content::LtpSegment(packet.data()),
        ProtocolId::BUNDLE => Content::Bundle(packet.data()),
        other => Content::Other(other),
    })
}
