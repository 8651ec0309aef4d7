use crate::frame::{Scid, Vcid};
use crate::wire::{DecodeError, EncodeError};

/// What a TC frame carries and whether it goes by its turn.
///
/// Source: CCSDS 232.0-B-4 §4.1.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TcKind {
    /// Sequence-controlled data: accepted in its turn only.
    Ad {
        /// N(S), the frame sequence number.
        ns: u8,
    },
    /// Expedited data: accepted at once.
    Bd,
    /// A control command for the receiving end of the COP.
    Bc,
}

/// The primary header of a TC frame but its length, which follows from what it carries.
///
/// Source: CCSDS 232.0-B-4 §4.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TcHeader {
    /// Which spacecraft; 10 bits.
    pub scid: Scid,
    /// Which virtual channel.
    pub vcid: Vcid,
    /// What it carries.
    pub kind: TcKind,
}

impl TcHeader {
    /// Octets of the header.
    pub const LEN: usize = 5;

    /// The header of a frame of `frame_len` octets, as it is sent.
    ///
    /// # Errors
    /// [`EncodeError::Field`] for a spacecraft identifier beyond ten bits or a length that is not 1 to 1024.
    pub fn to_octets(&self, frame_len: usize) -> Result<[u8; Self::LEN], EncodeError> {
        if self.scid.0 > SCID {
            return Err(EncodeError::field(UNIT, "spacecraft identifier", self.scid.0.into()));
        }
        let length = frame_len.checked_sub(1).and_then(|length| u16::try_from(length).ok());
        let length = length.filter(|&length| length <= LENGTH);
        let length = length.ok_or(EncodeError::field(UNIT, "frame length", frame_len as u64))?;
        let (bypass, command, ns) = match self.kind {
            TcKind::Ad { ns } => (0, 0, ns),
            TcKind::Bd => (1, 0, 0),
            TcKind::Bc => (1, 1, 0),
        };
        let [a, b] = (bypass << 13 | command << 12 | self.scid.0).to_be_bytes();
        let [c, d] = (u16::from(self.vcid.value()) << 10 | length).to_be_bytes();
        Ok([a, b, c, d, ns])
    }

    /// Reads a header; returns the octets of the whole frame with it. The two reserved bits are ignored, and so is the
    /// sequence number of frames that bypass the sequence.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when the version is not that of TC, or for a control command that does not bypass.
    pub fn from_octets(octets: [u8; Self::LEN]) -> Result<(Self, usize), DecodeError> {
        let [a, b, c, d, ns] = octets;
        let front = u16::from_be_bytes([a, b]);
        let version = front >> 14;
        if version != 0 {
            return Err(DecodeError::field(UNIT, "version", version.into()));
        }
        let kind = match front >> 12 & 0b11 {
            0b00 => TcKind::Ad { ns },
            0b10 => TcKind::Bd,
            0b11 => TcKind::Bc,
            flags => return Err(DecodeError::field(UNIT, "bypass and control command flags", flags.into())),
        };
        let back = u16::from_be_bytes([c, d]);
        let header = Self { scid: Scid(front & SCID), vcid: Vcid::masked(back >> 10), kind };
        Ok((header, usize::from(back & LENGTH) + 1))
    }
}

const UNIT: &str = "TC frame header";
const SCID: u16 = 0x3FF;
const LENGTH: u16 = 0x3FF;
