use crate::frame::packets::{FirstHeader, PointerForm};
use crate::wire::{DecodeError, EncodeError};

/// An M_PDU: a packet zone with its first header pointer in front.
///
/// Two octets of header: five spare bits, then the 11-bit first header pointer, 7FF when no packet starts and 7FE for
/// idle data. The spare bits are ignored when received; one flight framework takes the pointer for 16 bits wide and
/// sends FFFF and FFFE ([`AosSettings::wide_pointers`](super::AosSettings::wide_pointers)).
///
/// Source: CCSDS 732.0-B-5 §4.1.4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mpdu<'a> {
    /// Where the first packet starts.
    pub first: FirstHeader,
    /// The packets.
    pub zone: &'a [u8],
}

impl<'a> Mpdu<'a> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = HEADER_LEN;

    /// Reads the M_PDU that all of `octets` are.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when there is nothing after the header.
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: HEADER_LEN + 1, found: octets.len() };
        let (header, zone) = octets.split_first_chunk().ok_or(short)?;
        if zone.is_empty() {
            return Err(short);
        }
        Ok(Self { first: FirstHeader::of(PointerForm::Eleven, u16::from_be_bytes(*header)), zone })
    }

    /// Splits an M_PDU to be written into its header and its packet zone.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `octets` leave nothing for the zone.
    pub fn split(octets: &mut [u8]) -> Result<(&mut [u8; HEADER_LEN], &mut [u8]), EncodeError> {
        let room = EncodeError::Room { required: HEADER_LEN + 1, available: octets.len() };
        let (header, zone) = octets.split_first_chunk_mut().ok_or(room)?;
        if zone.is_empty() { Err(room) } else { Ok((header, zone)) }
    }

    /// The header; with `wide` the reserved values are FFFF and FFFE.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the pointer has more than 11 bits or is a reserved value.
    pub fn header(first: FirstHeader, wide: bool) -> Result<[u8; HEADER_LEN], EncodeError> {
        let pointer = match (first, first.pointer(PointerForm::Eleven)) {
            (FirstHeader::NoStart | FirstHeader::IdleOnly, Some(reserved)) if wide => reserved | SPARE,
            (_, Some(pointer)) => pointer,
            (FirstHeader::At(offset), None) => {
                return Err(EncodeError::field(UNIT, "first header pointer", offset.into()));
            }
            (FirstHeader::NoStart | FirstHeader::IdleOnly, None) => {
                return Err(EncodeError::field(UNIT, "first header pointer", 0));
            }
        };
        Ok(pointer.to_be_bytes())
    }
}

const UNIT: &str = "M_PDU";
const HEADER_LEN: usize = 2;
/// The spare bits.
const SPARE: u16 = 0xF800;
