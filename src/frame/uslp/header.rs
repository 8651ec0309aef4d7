use crate::frame::{MapId, Scid, Vcid};
use crate::wire::{DecodeError, EncodeError};

/// Whose identifier a USLP frame carries.
///
/// Source: CCSDS 732.1-B-3 §4.1.2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScidRole {
    /// That of the sender; 0.
    Source,
    /// That of the receiver; 1.
    Destination,
}

/// A frame count of 0 to 7 octets: how long it is, is said in each frame.
///
/// Source: CCSDS 732.1-B-3 §4.1.2.11, §4.1.2.12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UslpCount {
    octets: u8,
    value: u64,
}

impl UslpCount {
    /// No count.
    pub const ABSENT: Self = Self { octets: 0, value: 0 };

    /// `None` for more than seven octets or a value that does not fit in them.
    #[must_use]
    pub const fn new(octets: u8, value: u64) -> Option<Self> {
        if octets <= 7 && value >> (8 * octets as u32) == 0 { Some(Self { octets, value }) } else { None }
    }

    /// How many octets it has.
    #[must_use]
    pub const fn octets(self) -> u8 {
        self.octets
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.value
    }

    /// One more, or zero after the largest.
    #[must_use]
    pub const fn next(self) -> Self {
        let mask = (1 << (8 * self.octets as u32)) - 1;
        Self { value: (self.value + 1) & mask, ..self }
    }
}

/// What the header of a frame says that is not truncated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UslpControl {
    /// Whether the frame is expedited (bypass flag 1) instead of sequence-controlled.
    pub expedited: bool,
    /// Whether it carries commands of a protocol of the link instead of user data.
    pub protocol_command: bool,
    /// Whether an operational control field follows the data field.
    pub ocf: bool,
    /// Counts the frames of the virtual channel, sequence-controlled and expedited ones apart.
    pub count: UslpCount,
}

/// The primary header of a USLP frame but its length, which follows from what it carries.
///
/// Source: CCSDS 732.1-B-3 §4.1.2, annex D.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UslpHeader {
    /// Which spacecraft; 16 bits.
    pub scid: Scid,
    /// Whether that is the sender or the receiver.
    pub role: ScidRole,
    /// Which virtual channel.
    pub vcid: Vcid,
    /// Which MAP; 4 bits.
    pub map: MapId,
    /// The rest of the header; `None` for a truncated frame.
    pub control: Option<UslpControl>,
}

impl UslpHeader {
    /// Octets of the header of a truncated frame.
    pub const TRUNCATED_LEN: usize = 4;
    /// Octets of any other header, the frame count not included.
    pub const LEN: usize = 7;

    /// Header of a sequence-controlled frame from `scid` with user data, without count and operational control field.
    #[must_use]
    pub const fn new(scid: Scid, vcid: Vcid, map: MapId) -> Self {
        let control =
            UslpControl { expedited: false, protocol_command: false, ocf: false, count: UslpCount::ABSENT };
        Self { scid, role: ScidRole::Source, vcid, map, control: Some(control) }
    }

    /// Octets that this header takes.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        match self.control {
            None => Self::TRUNCATED_LEN,
            Some(control) => Self::LEN + control.count.octets as usize,
        }
    }

    /// Writes the header of a frame of `frame_len` octets to the front of `out`; returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`], or [`EncodeError::Field`] for a MAP beyond four bits or a length that is not 1 to 65,536.
    pub fn encode(&self, frame_len: usize, out: &mut [u8]) -> Result<usize, EncodeError> {
        if self.map.value() > MAX_MAP {
            return Err(EncodeError::field(UNIT, "MAP identifier", self.map.value().into()));
        }
        let (required, available) = (self.encoded_len(), out.len());
        let out = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let word = VERSION << 28
            | u32::from(self.scid.0) << 12
            | u32::from(self.role == ScidRole::Destination) << 11
            | u32::from(self.vcid.value()) << 5
            | u32::from(self.map.value()) << 1
            | u32::from(self.control.is_none());
        let (front, rest) = out.split_at_mut(Self::TRUNCATED_LEN);
        front.copy_from_slice(&word.to_be_bytes());
        if let (Some(control), [l0, l1, flags, count @ ..]) = (self.control, rest) {
            let length = frame_len.checked_sub(1).and_then(|length| u16::try_from(length).ok());
            let length = length.ok_or(EncodeError::field(UNIT, "frame length", frame_len as u64))?;
            [*l0, *l1] = length.to_be_bytes();
            *flags = u8::from(control.expedited) << 7
                | u8::from(control.protocol_command) << 6
                | u8::from(control.ocf) << 3
                | control.count.octets;
            let value = control.count.value.to_be_bytes();
            count.copy_from_slice(&value[8 - usize::from(control.count.octets)..]);
        }
        Ok(required)
    }

    /// Reads a header; returns it with the octets of the whole frame, which a truncated frame does not say. The spare
    /// bits are ignored.
    ///
    /// # Errors
    /// [`DecodeError::Short`], or [`DecodeError::Field`] when the version is not that of USLP.
    pub fn decode(octets: &[u8]) -> Result<(Self, Option<usize>), DecodeError> {
        let short = |required| DecodeError::Short { unit: UNIT, required, found: octets.len() };
        let (word, rest) = octets.split_first_chunk().ok_or(short(Self::TRUNCATED_LEN))?;
        let word = u32::from_be_bytes(*word);
        let version = word >> 28;
        if version != VERSION {
            return Err(DecodeError::field(UNIT, "version", version.into()));
        }
        let header = Self {
            scid: Scid((word >> 12 & 0xFFFF) as u16),
            role: if word >> 11 & 1 == 1 { ScidRole::Destination } else { ScidRole::Source },
            vcid: Vcid::masked((word >> 5 & 0x3F) as u16),
            map: MapId::masked((word >> 1) as u8 & MAX_MAP),
            control: None,
        };
        if word & 1 == 1 {
            return Ok((header, None));
        }
        let (&[l0, l1, flags], rest) = rest.split_first_chunk().ok_or(short(Self::LEN))?;
        let octets = flags & 0b111;
        let count = rest.get(..octets.into()).ok_or(short(Self::LEN + usize::from(octets)))?;
        let value = count.iter().fold(0, |value, &octet| value << 8 | u64::from(octet));
        let control = UslpControl {
            expedited: flags >> 7 & 1 == 1,
            protocol_command: flags >> 6 & 1 == 1,
            ocf: flags >> 3 & 1 == 1,
            count: UslpCount { octets, value },
        };
        let frame_len = usize::from(u16::from_be_bytes([l0, l1])) + 1;
        Ok((Self { control: Some(control), ..header }, Some(frame_len)))
    }
}

const UNIT: &str = "USLP frame header";
const VERSION: u32 = 0b1100;
const MAX_MAP: u8 = 0xF;
