use super::{Decode, DecodeError, Encode, EncodeError};

/// A self-delimiting numeric value: seven bits an octet, most significant first, top bit set on all but the last.
///
/// Takes values up to 64 bits, in at most ten octets. Leading `80` octets are redundant but legal, so they are
/// read as long as the ten octets hold.
///
/// Source: RFC 5326 §2 (RFC 6256 for the arithmetic).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sdnv(pub u64);

impl Sdnv {
    /// Octets of the longest value read or written.
    pub const MAX_LEN: usize = 10;
}

impl<'a> Decode<'a> for Sdnv {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let mut value = 0u64;
        for (at, &octet) in input.iter().take(Self::MAX_LEN).enumerate() {
            if value >> 57 != 0 {
                return Err(DecodeError::field(UNIT, "value beyond 64 bits", value));
            }
            value = value << 7 | u64::from(octet & 0x7F);
            if octet & 0x80 == 0 {
                return Ok((Self(value), &input[at + 1..]));
            }
        }
        if input.len() >= Self::MAX_LEN {
            return Err(DecodeError::field(UNIT, "length", Self::MAX_LEN as u64 + 1));
        }
        Err(DecodeError::Short { unit: UNIT, required: input.len() + 1, found: input.len() })
    }
}

impl Encode for Sdnv {
    fn encoded_len(&self) -> usize {
        let bits = (u64::BITS - self.0.leading_zeros()).max(1);
        bits.div_ceil(7) as usize
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(), out.len());
        let room = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let mut value = self.0;
        for (back, octet) in room.iter_mut().rev().enumerate() {
            *octet = (value & 0x7F) as u8 | if back == 0 { 0 } else { 0x80 };
            value >>= 7;
        }
        Ok(required)
    }
}

const UNIT: &str = "SDNV";
