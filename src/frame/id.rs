/// Spacecraft identifier. Ten bits in TM, TC and AOS frames (eight in AOS before issue 5), sixteen in USLP frames;
/// each frame type refuses what it cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Scid(pub u16);

/// Virtual channel identifier: 6 bits (3 in TM frames).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u8", into = "u8"))]
pub struct Vcid(u8);

impl Vcid {
    /// The first channel.
    pub const ZERO: Self = Self(0);
    /// The channel of idle frames in AOS and USLP: 63.
    pub const IDLE: Self = Self(63);

    /// `None` beyond six bits.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value <= Self::IDLE.0 { Some(Self(value)) } else { None }
    }

    /// The low six bits of `value`.
    pub(super) const fn masked(value: u16) -> Self {
        Self((value & Self::IDLE.0 as u16) as u8)
    }

    /// The number, 0 to 63.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }

    /// The number as an index of a table with 64 entries.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Multiplexer access point identifier: which of the users of a virtual channel; 6 bits in TC segments, 4 in USLP
/// frames.
///
/// Source: CCSDS 232.0-B-4 §4.1.3.2.2.3; 732.1-B-3 §4.1.2.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u8", into = "u8"))]
pub struct MapId(u8);

impl MapId {
    /// The first user.
    pub const ZERO: Self = Self(0);
    /// `None` beyond six bits.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value < 64 { Some(Self(value)) } else { None }
    }

    /// The low six bits of `value`.
    pub(super) const fn masked(value: u8) -> Self {
        Self(value & 0x3F)
    }

    /// The number, 0 to 63.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// A number that an identifier has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id} {value} is above 63")]
pub struct IdTooLarge {
    id: &'static str,
    value: u8,
}

impl TryFrom<u8> for Vcid {
    type Error = IdTooLarge;

    fn try_from(value: u8) -> Result<Self, IdTooLarge> {
        Self::new(value).ok_or(IdTooLarge { id: "virtual channel identifier", value })
    }
}

impl From<Vcid> for u8 {
    fn from(vcid: Vcid) -> Self {
        vcid.0
    }
}

impl TryFrom<u8> for MapId {
    type Error = IdTooLarge;

    fn try_from(value: u8) -> Result<Self, IdTooLarge> {
        Self::new(value).ok_or(IdTooLarge { id: "MAP identifier", value })
    }
}

impl From<MapId> for u8 {
    fn from(map: MapId) -> Self {
        map.0
    }
}

/// Transfer frame version: which of the frame formats it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FrameVersion {
    /// TM and TC frames; version 1, bits 00.
    One,
    /// AOS frames; version 2, bits 01.
    Two,
    /// USLP frames; version 4, bits 1100.
    Four,
}

/// Global virtual channel identifier: names a virtual channel among all missions'.
///
/// Source: CCSDS 732.0-B-5 §2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvcid {
    /// Format of the frames.
    pub version: FrameVersion,
    /// Which spacecraft.
    pub scid: Scid,
    /// Which of its channels.
    pub vcid: Vcid,
}
