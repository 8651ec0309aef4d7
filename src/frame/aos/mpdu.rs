use super::AosIssue;
use crate::frame::packets::{FirstHeader, PointerForm};
use crate::wire::{DecodeError, EncodeError};

/// An M_PDU: a packet zone with its first header pointer in front.
///
/// Two octets of header. Issue 5 has a pointer of 16 bits there, earlier issues five spare bits and 11 bits of
/// pointer. An issue 5 receiver takes the earlier reserved values 7FF and 7FE too where no packet could start there, since
/// frames are too short to mean anything else by them; spare bits are ignored before issue 5.
///
/// Source: CCSDS 732.0-B-5 §4.1.4.2; 732.0-B-4 §4.1.4.2.
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
    pub fn decode(issue: AosIssue, octets: &'a [u8]) -> Result<Self, DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: Self::HEADER_LEN + 1, found: octets.len() };
        let (header, zone) = octets.split_first_chunk().ok_or(short)?;
        if zone.is_empty() {
            return Err(short);
        }
        let pointer = u16::from_be_bytes(*header);
        let first = match FirstHeader::of(form(issue), pointer) {
            FirstHeader::At(0x7FE | 0x7FF) if zone.len() <= PointerForm::Eleven.max_zone_len() => {
                FirstHeader::of(PointerForm::Eleven, pointer)
            }
            first => first,
        };
        Ok(Self { first, zone })
    }

    /// Splits an M_PDU to be written into its header and its packet zone.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `octets` leave nothing for the zone.
    pub fn split(octets: &mut [u8]) -> Result<(&mut [u8; HEADER_LEN], &mut [u8]), EncodeError> {
        let room = EncodeError::Room { required: Self::HEADER_LEN + 1, available: octets.len() };
        let (header, zone) = octets.split_first_chunk_mut().ok_or(room)?;
        if zone.is_empty() { Err(room) } else { Ok((header, zone)) }
    }

    /// The header.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the pointer is too large for `issue`.
    pub fn header(issue: AosIssue, first: FirstHeader) -> Result<[u8; HEADER_LEN], EncodeError> {
        let refused = match first {
            FirstHeader::At(offset) => EncodeError::field(UNIT, "first header pointer", offset.into()),
            FirstHeader::NoStart | FirstHeader::IdleOnly => {
                EncodeError::field(UNIT, "first header pointer", 0)
            }
        };
        Ok(first.pointer(form(issue)).ok_or(refused)?.to_be_bytes())
    }
}

const fn form(issue: AosIssue) -> PointerForm {
    match issue {
        AosIssue::Four => PointerForm::Eleven,
        AosIssue::Five => PointerForm::Sixteen,
    }
}

const UNIT: &str = "M_PDU";
const HEADER_LEN: usize = 2;
