use crate::frame::packets::{FirstHeader, PointerForm};
use crate::packet::SequenceFlags;
use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// USLP protocol identifier: what the data zone of a frame carries. Five bits.
///
/// Source: CCSDS 732.1-B-3 §4.1.4.2.3 and the SANA registry of USLP protocol identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upid(u8);

impl Upid {
    /// Space Packets or Encapsulation Packets.
    pub const PACKETS: Self = Self(0);
    /// Control commands of COP-1.
    pub const COP_1: Self = Self(1);
    /// Control commands of COP-P.
    pub const COP_P: Self = Self(2);
    /// Control commands of link security.
    pub const SECURITY: Self = Self(3);
    /// An octet stream.
    pub const STREAM: Self = Self(4);
    /// Mission-specific data: MAP or virtual channel access.
    pub const MISSION: Self = Self(5);
    /// Idle data.
    pub const IDLE: Self = Self(31);

    /// `None` beyond five bits.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 31 { Some(Self(value)) } else { None }
    }

    /// The number, 0 to 31.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// How the data zone of a frame is built, and the zone itself: the eight construction rules.
///
/// Source: CCSDS 732.1-B-3 §4.1.4.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataZone<'a> {
    /// Rule 000: packets that may span frames. Fixed-length frames.
    Packets {
        /// Where the first packet starts.
        first: FirstHeader,
        /// The packets.
        zone: &'a [u8],
    },
    /// Rule 001: a unit starts at the front of the zone. Fixed-length frames.
    Start {
        /// The last octet of the unit in this zone; `None` when the unit fills the zone and goes on.
        last: Option<u16>,
        /// The unit, then fill.
        zone: &'a [u8],
    },
    /// Rule 010: a unit begun earlier goes on at the front of the zone. Fixed-length frames.
    Continuation {
        /// As in [`Start`](Self::Start).
        last: Option<u16>,
        /// As in [`Start`](Self::Start).
        zone: &'a [u8],
    },
    /// Rule 011: part of an octet stream. Variable-length frames.
    Stream(&'a [u8]),
    /// Rules 100 to 111: the first, a middle or the last part of a unit, or units as a whole. Variable-length frames.
    Segment {
        /// Which part.
        flags: SequenceFlags,
        /// Its octets.
        data: &'a [u8],
    },
}

impl<'a> DataZone<'a> {
    /// Octets of the longest header of a data field.
    pub const MAX_HEADER_LEN: usize = 3;

    /// Part of a unit for a zone of `zone_len` octets of fixed length, filled by the caller: [`Start`](Self::Start) or
    /// [`Continuation`](Self::Continuation) with the right pointer when `left` octets of the unit are still to come, those
    /// in this zone included.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when nothing is left.
    pub fn access(begun: bool, left: usize, zone: &'a [u8]) -> Result<Self, EncodeError> {
        let refused = EncodeError::field(UNIT, "octets left", left as u64);
        let last = match left.checked_sub(1).ok_or(refused)? {
            last if last < zone.len() => Some(u16::try_from(last).map_err(|_| refused)?),
            _ => None,
        };
        Ok(if begun { Self::Continuation { last, zone } } else { Self::Start { last, zone } })
    }

    const fn rule(&self) -> u8 {
        match self {
            Self::Packets { .. } => 0b000,
            Self::Start { .. } => 0b001,
            Self::Continuation { .. } => 0b010,
            Self::Stream(_) => 0b011,
            Self::Segment { flags, .. } => match flags {
                SequenceFlags::First => 0b100,
                SequenceFlags::Continuation => 0b101,
                SequenceFlags::Last => 0b110,
                SequenceFlags::Unsegmented => 0b111,
            },
        }
    }

    /// The pointer in the header; `None` when there is none, and `Err` when it says nothing of this zone.
    fn pointer(&self) -> Result<Option<u16>, u16> {
        match *self {
            Self::Packets { first, zone } => match (first, first.pointer(PointerForm::Uslp)) {
                (FirstHeader::At(offset), _) if usize::from(offset) >= zone.len() => Err(offset),
                (_, Some(pointer)) => Ok(Some(pointer)),
                (_, None) => Err(0),
            },
            Self::Start { last: None, .. } | Self::Continuation { last: None, .. } => Ok(Some(GOES_ON)),
            Self::Start { last: Some(last), zone } | Self::Continuation { last: Some(last), zone } => {
                if last < GOES_ON && usize::from(last) < zone.len() { Ok(Some(last)) } else { Err(last) }
            }
            Self::Stream(_) | Self::Segment { .. } => Ok(None),
        }
    }

    /// All octets of the zone, fill included.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        match *self {
            Self::Packets { zone, .. } | Self::Start { zone, .. } | Self::Continuation { zone, .. } => zone,
            Self::Stream(zone) | Self::Segment { data: zone, .. } => zone,
        }
    }
}

/// The data field of a USLP frame.
///
/// One octet: three bits of construction rule, five of protocol; for the rules of fixed-length frames two octets of
/// pointer; then the zone.
///
/// Source: CCSDS 732.1-B-3 §4.1.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DataField<'a> {
    /// What it carries.
    pub protocol: Upid,
    /// How, and the octets.
    pub zone: DataZone<'a>,
}

impl<'a> DataField<'a> {
    /// Writes the header in front of a zone that is already in place behind it. For packets and units that are put
    /// together in the frame itself.
    ///
    /// # Errors
    /// As [`encode`](Encode::encode).
    pub fn header(protocol: Upid, zone: &DataZone<'_>) -> Result<([u8; 3], usize), EncodeError> {
        let pointer =
            zone.pointer().map_err(|pointer| EncodeError::field(UNIT, "pointer", pointer.into()))?;
        let first = zone.rule() << 5 | protocol.0;
        let [p0, p1] = pointer.unwrap_or_default().to_be_bytes();
        Ok(([first, p0, p1], if pointer.is_some() { 3 } else { 1 }))
    }
}

impl<'a> Decode<'a> for DataField<'a> {
    /// Takes all of `input`.
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let short = |required| DecodeError::Short { unit: UNIT, required, found: input.len() };
        let (&first, rest) = input.split_first().ok_or(short(1))?;
        let pointed = || -> Result<(u16, &'a [u8]), DecodeError> {
            let (pointer, zone) = rest.split_first_chunk().ok_or(short(3))?;
            Ok((u16::from_be_bytes(*pointer), zone))
        };
        let last = |pointer| (pointer != GOES_ON).then_some(pointer);
        let segment = |flags| DataZone::Segment { flags, data: rest };
        let zone = match first >> 5 {
            0b000 => {
                let (pointer, zone) = pointed()?;
                DataZone::Packets { first: FirstHeader::of(PointerForm::Uslp, pointer), zone }
            }
            0b001 => {
                let (pointer, zone) = pointed()?;
                DataZone::Start { last: last(pointer), zone }
            }
            0b010 => {
                let (pointer, zone) = pointed()?;
                DataZone::Continuation { last: last(pointer), zone }
            }
            0b011 => DataZone::Stream(rest),
            0b100 => segment(SequenceFlags::First),
            0b101 => segment(SequenceFlags::Continuation),
            0b110 => segment(SequenceFlags::Last),
            _ => segment(SequenceFlags::Unsegmented),
        };
        match zone.pointer() {
            Ok(_) => Ok((Self { protocol: Upid(first & 0x1F), zone }, &[])),
            Err(pointer) => Err(DecodeError::field(UNIT, "pointer", pointer.into())),
        }
    }
}

impl Encode for DataField<'_> {
    fn encoded_len(&self) -> usize {
        let header = if self.zone.rule() <= 0b010 { 3 } else { 1 };
        header + self.zone.octets().len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(), out.len());
        let room = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let (header, len) = Self::header(self.protocol, &self.zone)?;
        let (front, zone) = room.split_at_mut(len);
        front.copy_from_slice(&header[..len]);
        zone.copy_from_slice(self.zone.octets());
        Ok(required)
    }
}

const UNIT: &str = "USLP data field";
/// The pointer that says that a unit fills the zone and goes on.
const GOES_ON: u16 = 0xFFFF;
