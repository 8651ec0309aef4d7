use crate::crc;
use crate::wire::DecodeError;

/// Octets of the frame error control field.
pub(super) const FECF_LEN: usize = 2;

/// Takes the frame error control field off `frame` after checking it; without one hands `frame` back.
pub(super) fn strip<'a>(unit: &'static str, present: bool, frame: &'a [u8]) -> Result<&'a [u8], DecodeError> {
    if !present {
        return Ok(frame);
    }
    let short = DecodeError::Short { unit, required: FECF_LEN, found: frame.len() };
    let (covered, fecf) = frame.split_last_chunk::<FECF_LEN>().ok_or(short)?;
    if crc::fecf(covered) == u16::from_be_bytes(*fecf) {
        Ok(covered)
    } else {
        Err(DecodeError::Check { unit })
    }
}

/// Computes the frame error control field at the end of `frame`, when frames have one.
pub(super) fn seal(present: bool, frame: &mut [u8]) {
    if present && let Some((covered, fecf)) = frame.split_last_chunk_mut::<FECF_LEN>() {
        *fecf = crc::fecf(covered).to_be_bytes();
    }
}
