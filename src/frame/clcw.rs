use super::Vcid;
use super::counter::Count;
use crate::wire::DecodeError;

/// Communications link control word: how the receiving end of COP-1 on board fares, sent to ground in the operational
/// control field of TM, AOS and USLP frames.
///
/// ```
/// use spacelink::frame::Clcw;
///
/// let clcw = Clcw::from_octets([0x15, 0x44, 0xAC, 0x63])?;
/// assert_eq!((clcw.vcid.value(), clcw.report_value), (17, 99));
/// assert!(clcw.lockout && clcw.retransmit && !clcw.wait);
/// assert_eq!(clcw.to_octets(), [0x15, 0x44, 0xAC, 0x60 | 3]);
/// # Ok::<(), spacelink::wire::DecodeError>(())
/// ```
///
/// Source: CCSDS 232.0-B-4 §4.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Clcw {
    /// Status field, for the mission to use; the low three bits are sent.
    pub status: u8,
    /// The TC virtual channel reported on.
    pub vcid: Vcid,
    /// The physical layer is not available.
    pub no_rf_available: bool,
    /// The receiver has no bit lock.
    pub no_bit_lock: bool,
    /// An AD frame was outside the window; only a control command helps.
    pub lockout: bool,
    /// There is no room for AD frames now.
    pub wait: bool,
    /// AD frames are missing.
    pub retransmit: bool,
    /// Counts BD and BC frames accepted.
    pub farm_b: Count<2>,
    /// V(R), the AD frame expected next.
    pub report_value: u8,
}

impl Clcw {
    /// Octets of the word.
    pub const LEN: usize = 4;

    /// No flag set, all counts zero.
    #[must_use]
    pub const fn new(vcid: Vcid) -> Self {
        Self {
            status: 0,
            vcid,
            no_rf_available: false,
            no_bit_lock: false,
            lockout: false,
            wait: false,
            retransmit: false,
            farm_b: Count::ZERO,
            report_value: 0,
        }
    }

    /// The word as it is sent, with COP-1 in effect and the reserved bits zero.
    #[must_use]
    pub fn to_octets(&self) -> [u8; Self::LEN] {
        let flags = u8::from(self.no_rf_available) << 7
            | u8::from(self.no_bit_lock) << 6
            | u8::from(self.lockout) << 5
            | u8::from(self.wait) << 4
            | u8::from(self.retransmit) << 3
            | (self.farm_b.value() as u8) << 1;
        [(self.status & 0b111) << 2 | COP_1, self.vcid.value() << 2, flags, self.report_value]
    }

    /// Reads a word. The reserved bits are ignored.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when it is a type-2 report, of another version, or of another COP.
    pub fn from_octets(octets: [u8; Self::LEN]) -> Result<Self, DecodeError> {
        let [first, vcid, flags, report_value] = octets;
        for (field, value, wanted) in [
            ("type", first >> 7, 0),
            ("version", first >> 5 & 0b11, 0),
            ("COP in effect", first & 0b11, COP_1),
        ] {
            if value != wanted {
                return Err(DecodeError::field("CLCW", field, value.into()));
            }
        }
        let flag = |bit: u8| flags >> bit & 1 == 1;
        Ok(Self {
            status: first >> 2 & 0b111,
            vcid: Vcid::masked(u16::from(vcid >> 2)),
            no_rf_available: flag(7),
            no_bit_lock: flag(6),
            lockout: flag(5),
            wait: flag(4),
            retransmit: flag(3),
            farm_b: Count::wrapping(u64::from(flags >> 1)),
            report_value,
        })
    }
}

const COP_1: u8 = 0b01;
