//! What every codec shares: the two codec traits, their errors, and the variable-length numbers of LTP and CBOR.
//!
//! A codec works on slices only: octets in, value and remaining octets out; value in, octets out. It needs no
//! allocator. A type that implements [`Decode`] cannot hold nonsense: what was decoded can be encoded again.
//!
//! ```
//! use spacelink::wire::{Decode, Encode, Sdnv};
//!
//! let (value, rest) = Sdnv::decode(&[0x81, 0x00, 0xFF])?;
//! assert_eq!((value.0, rest), (128, &[0xFF][..]));
//!
//! let mut out = [0; 10];
//! let len = Sdnv(128).encode(&mut out)?;
//! assert_eq!(&out[..len], &[0x81, 0x00]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: everything a protocol decides for itself, such as which fields depend on managed parameters.

mod error;
mod sdnv;
mod writer;

pub mod cbor;

pub use error::{DecodeError, EncodeError};
pub use sdnv::Sdnv;
pub use writer::Writer;
#[cfg(feature = "alloc")]
pub(crate) use writer::written;

/// A unit that can be read from octets.
pub trait Decode<'a>: Sized {
    /// Reads one unit from the front of `input` and returns it with the octets after it.
    ///
    /// # Errors
    /// [`DecodeError`] when `input` does not start with a valid unit.
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError>;

    /// Reads one unit that must fill `input` to the last octet.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and [`DecodeError::Trailing`] when octets are left over.
    fn decode_exact(unit: &'static str, input: &'a [u8]) -> Result<Self, DecodeError> {
        match Self::decode(input)? {
            (value, []) => Ok(value),
            (_, rest) => Err(DecodeError::Trailing { unit, extra: rest.len() }),
        }
    }
}

/// A unit that can be written as octets.
pub trait Encode {
    /// Octets that [`encode`](Self::encode) will write.
    fn encoded_len(&self) -> usize;

    /// Writes the unit to the front of `out` and returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError`] when `out` is too small or a field holds a value the wire cannot carry. `out` may then be
    /// partly written.
    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError>;

    /// The unit as octets of its own.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    #[cfg(feature = "alloc")]
    fn to_vec(&self) -> Result<alloc::vec::Vec<u8>, EncodeError> {
        let mut out = alloc::vec![0; self.encoded_len()];
        let len = self.encode(&mut out)?;
        out.truncate(len);
        Ok(out)
    }
}
