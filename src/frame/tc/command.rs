use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// What a BC frame tells the receiving end of the COP.
///
/// Source: CCSDS 232.0-B-4 §4.1.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlCommand {
    /// Leave lockout; one octet, 00.
    Unlock,
    /// Expect this frame sequence number next; 82 00 and the number.
    SetVr(u8),
}

impl<'a> Decode<'a> for ControlCommand {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let short = |required| DecodeError::Short { unit: UNIT, required, found: input.len() };
        match *input {
            [UNLOCK, ref rest @ ..] => Ok((Self::Unlock, rest)),
            [SET_VR, 0, vr, ref rest @ ..] => Ok((Self::SetVr(vr), rest)),
            [SET_VR, second, _, ..] => Err(DecodeError::field(UNIT, "second octet", second.into())),
            [SET_VR, ..] => Err(short(3)),
            [first, ..] => Err(DecodeError::field(UNIT, "first octet", first.into())),
            [] => Err(short(1)),
        }
    }
}

impl Encode for ControlCommand {
    fn encoded_len(&self) -> usize {
        match self {
            Self::Unlock => 1,
            Self::SetVr(_) => 3,
        }
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let octets = match *self {
            Self::Unlock => [UNLOCK, 0, 0],
            Self::SetVr(vr) => [SET_VR, 0, vr],
        };
        let (required, available) = (self.encoded_len(), out.len());
        let room = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        room.copy_from_slice(&octets[..required]);
        Ok(required)
    }
}

const UNIT: &str = "TC control command";
const UNLOCK: u8 = 0x00;
const SET_VR: u8 = 0x82;
