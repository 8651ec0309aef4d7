//! What a UDP datagram of a bundle or LTP peer holds.
//!
//! Peers send one bundle a datagram (port 4556) or one LTP segment a datagram (port 1113). The first octet tells
//! them apart where one port serves both.

use bytes::Bytes;

use crate::bundle::{Bundle, BundleError, Rules};

/// What the first octet of a datagram says of the rest.
///
/// Source: draft-ietf-dtn-udpcl-04 for all but LTP; RFC 5326 §3.1 for LTP, whose version 0 and segment types take
/// `00` to `0F`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// A version 7 bundle: a CBOR array.
    Bundle,
    /// An LTP segment, or padding of the UDP convergence layer where no LTP is spoken.
    LtpSegment,
    /// An extension map of the UDP convergence layer.
    ExtensionMap,
    /// Something else, such as DTLS.
    Other,
}

impl Content {
    /// What `datagram` holds.
    #[must_use]
    pub fn of(datagram: &[u8]) -> Self {
        match datagram.first() {
            Some(0x80..=0x9F) => Self::Bundle,
            Some(0x00..=0x0F) => Self::LtpSegment,
            Some(0xA0..=0xBF) => Self::ExtensionMap,
            _ => Self::Other,
        }
    }
}

/// The bundle that fills `datagram`, read as strictly as `rules` say.
///
/// # Errors
/// [`BundleError`] says which rule the octets break.
pub fn bundle(datagram: &[u8], rules: &Rules) -> Result<Bundle, BundleError> {
    Bundle::decode_with(Bytes::copy_from_slice(datagram), rules)
}
