use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// Where the first packet of an M_PDU packet zone starts.
///
/// Two octets: five spare bits, then the 11-bit first header pointer. The spare bits are ignored when received; one
/// flight implementation sends them as ones.
///
/// Source: CCSDS 732.0-B-5 §4.1.4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FirstHeader {
    /// Octets from the start of the packet zone, 0 to 2045.
    At(u16),
    /// The zone only continues a packet begun earlier.
    NoStart,
    /// The zone holds idle data and no packet at all.
    IdleOnly,
}

impl FirstHeader {
    /// Octets of the M_PDU header.
    pub const LEN: usize = 2;

    /// From the two octets of the M_PDU header.
    #[must_use]
    pub const fn from_octets(octets: [u8; Self::LEN]) -> Self {
        match u16::from_be_bytes(octets) & POINTER {
            NO_START => Self::NoStart,
            IDLE_ONLY => Self::IdleOnly,
            offset => Self::At(offset),
        }
    }
}

impl<'a> Decode<'a> for FirstHeader {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: Self::LEN, found: input.len() };
        let (octets, rest) = input.split_first_chunk().ok_or(short)?;
        Ok((Self::from_octets(*octets), rest))
    }
}

impl Encode for FirstHeader {
    fn encoded_len(&self) -> usize {
        Self::LEN
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let available = out.len();
        let field = out.first_chunk_mut().ok_or(EncodeError::Room { required: Self::LEN, available })?;
        let pointer = match *self {
            Self::At(offset) if offset < IDLE_ONLY => offset,
            Self::At(offset) => return Err(EncodeError::field(UNIT, "pointer", offset.into())),
            Self::NoStart => NO_START,
            Self::IdleOnly => IDLE_ONLY,
        };
        *field = pointer.to_be_bytes();
        Ok(Self::LEN)
    }
}

const UNIT: &str = "M_PDU header";
const POINTER: u16 = 0x07FF;
const NO_START: u16 = POINTER;
const IDLE_ONLY: u16 = POINTER - 1;
