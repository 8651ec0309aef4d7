use super::AosIssue;
use super::fhec::Fhec;
use crate::frame::counter::Count;
use crate::frame::{Scid, Vcid};
use crate::wire::{DecodeError, EncodeError};

/// The primary header of an AOS frame.
///
/// Source: CCSDS 732.0-B-5 §4.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AosHeader {
    /// Which spacecraft; 10 bits in issue 5, 8 bits before.
    pub scid: Scid,
    /// Which virtual channel.
    pub vcid: Vcid,
    /// Counts the frames of the virtual channel.
    pub count: Count<24>,
    /// Whether the frame was recorded on board and is played back now.
    pub replay: bool,
    /// Counts how often `count` has wrapped; `None` when the link does not use it.
    pub cycle: Option<Count<4>>,
}

impl AosHeader {
    /// Octets of the header, the header error control field not included.
    pub const LEN: usize = 6;

    /// Header of the first frame of a channel.
    #[must_use]
    pub const fn new(scid: Scid, vcid: Vcid) -> Self {
        Self { scid, vcid, count: Count::ZERO, replay: false, cycle: None }
    }

    /// The count with its cycle in front when there is one, and how many bits that makes: 24 or 28.
    #[must_use]
    pub fn long_count(&self) -> (u64, u32) {
        match self.cycle {
            Some(cycle) => (cycle.value() << 24 | self.count.value(), 28),
            None => (self.count.value(), 24),
        }
    }

    /// The header of the next frame of this channel.
    #[must_use]
    pub fn next(self) -> Self {
        let count = self.count.next();
        let wrapped = count == Count::ZERO;
        Self { count, cycle: self.cycle.map(|cycle| if wrapped { cycle.next() } else { cycle }), ..self }
    }

    /// The header as it is sent.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the spacecraft identifier does not fit `issue`.
    pub fn to_octets(&self, issue: AosIssue) -> Result<[u8; Self::LEN], EncodeError> {
        let most = match issue {
            AosIssue::Four => 0xFF,
            AosIssue::Five => 0x3FF,
        };
        if self.scid.0 > most {
            return Err(EncodeError::field(UNIT, "spacecraft identifier", self.scid.0.into()));
        }
        let identification = VERSION << 14 | (self.scid.0 & 0xFF) << 6 | u16::from(self.vcid.value());
        let signalling = u8::from(self.replay) << 7
            | u8::from(self.cycle.is_some()) << 6
            | ((self.scid.0 >> 8) as u8) << 4
            | self.cycle.map_or(0, |cycle| cycle.value() as u8);
        let [a, b] = identification.to_be_bytes();
        let [.., c, d, e] = self.count.value().to_be_bytes();
        Ok([a, b, c, d, e, signalling])
    }

    /// Reads a header. Before issue 5 the two spare bits are ignored, and so is the cycle when its use flag is zero.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when the version is not that of AOS.
    pub fn from_octets(octets: [u8; Self::LEN], issue: AosIssue) -> Result<Self, DecodeError> {
        let [a, b, c, d, e, signalling] = octets;
        let identification = u16::from_be_bytes([a, b]);
        let version = identification >> 14;
        if version != VERSION {
            return Err(DecodeError::field(UNIT, "version", version.into()));
        }
        let high = match issue {
            AosIssue::Four => 0,
            AosIssue::Five => u16::from(signalling >> 4 & 0b11),
        };
        Ok(Self {
            scid: Scid(high << 8 | (identification >> 6 & 0xFF)),
            vcid: Vcid::masked(identification),
            count: Count::wrapping(u64::from(u32::from_be_bytes([0, c, d, e]))),
            replay: signalling & 0x80 != 0,
            cycle: (signalling & 0x40 != 0).then(|| Count::wrapping(u64::from(signalling & 0xF))),
        })
    }

    /// The check symbols of a header as it is sent.
    #[must_use]
    pub fn fhec(octets: &[u8; Self::LEN]) -> Fhec {
        let [a, b, _, _, _, signalling] = *octets;
        Fhec::of(u16::from_be_bytes([a, b]), signalling)
    }

    /// Repairs a received header by its check symbols; returns how many symbols were wrong.
    ///
    /// # Errors
    /// [`DecodeError::Check`] when they are too many; `octets` are left as they were.
    pub fn correct(octets: &mut [u8; Self::LEN], fhec: Fhec) -> Result<u8, DecodeError> {
        let [a, b, c, d, e, mut signalling] = *octets;
        let mut identification = u16::from_be_bytes([a, b]);
        let repaired = fhec.correct(&mut identification, &mut signalling)?;
        let [a, b] = identification.to_be_bytes();
        *octets = [a, b, c, d, e, signalling];
        Ok(repaired)
    }
}

const UNIT: &str = "AOS frame header";
const VERSION: u16 = 0b01;
