use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// A B_PDU: bits that need not be whole octets, filled up with idle bits.
///
/// Two octets: two spare bits, then the 14-bit bitstream data pointer; then the bits. The pointer is the place of the last
/// bit that is user data, 3FFF when all are, 3FFE when none is.
///
/// Source: CCSDS 732.0-B-5 §4.1.4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BitstreamPdu<'a> {
    pointer: u16,
    zone: &'a [u8],
}

impl<'a> BitstreamPdu<'a> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = 2;
    /// The pointer that says that every bit of the zone is valid.
    pub const ALL_VALID: u16 = ALL;

    /// A B_PDU that fills `zone`, of which the first `valid_bits` bits are user data.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when there are not so many bits in `zone`.
    pub fn new(zone: &'a [u8], valid_bits: usize) -> Result<Self, EncodeError> {
        let refused = EncodeError::field(UNIT, "valid bits", valid_bits as u64);
        if valid_bits > zone.len() * 8 {
            return Err(refused);
        }
        let pointer = if valid_bits == zone.len() * 8 {
            ALL
        } else if valid_bits == 0 {
            NONE
        } else {
            u16::try_from(valid_bits - 1).ok().filter(|&last| last < NONE).ok_or(refused)?
        };
        Ok(Self { pointer, zone })
    }

    /// The bitstream data pointer as sent.
    #[must_use]
    pub const fn pointer(&self) -> u16 {
        self.pointer
    }

    /// How many bits from the start of the zone are user data.
    #[must_use]
    pub const fn valid_bits(&self) -> usize {
        match self.pointer {
            ALL => self.zone.len() * 8,
            NONE => 0,
            last => last as usize + 1,
        }
    }

    /// All octets after the header, idle bits included.
    #[must_use]
    pub const fn zone(&self) -> &'a [u8] {
        self.zone
    }
}

impl<'a> Decode<'a> for BitstreamPdu<'a> {
    /// Takes all of `input`.
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: Self::HEADER_LEN, found: input.len() };
        let (header, zone) = input.split_first_chunk().ok_or(short)?;
        let pointer = u16::from_be_bytes(*header) & ALL;
        if pointer < NONE && usize::from(pointer) >= zone.len() * 8 {
            return Err(DecodeError::field(UNIT, "bitstream data pointer", pointer.into()));
        }
        Ok((Self { pointer, zone }, &[]))
    }
}

impl Encode for BitstreamPdu<'_> {
    fn encoded_len(&self) -> usize {
        Self::HEADER_LEN + self.zone.len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(), out.len());
        let room = EncodeError::Room { required, available };
        let (header, rest) = out.split_first_chunk_mut().ok_or(room)?;
        rest.get_mut(..self.zone.len()).ok_or(room)?.copy_from_slice(self.zone);
        *header = self.pointer.to_be_bytes();
        Ok(required)
    }
}

const UNIT: &str = "B_PDU";
const ALL: u16 = 0x3FFF;
const NONE: u16 = 0x3FFE;
