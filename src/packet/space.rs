use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// Application process identifier: whom a Space Packet belongs to. 11 bits.
///
/// Source: CCSDS 133.0-B-2 §4.1.3.3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Apid(u16);

impl Apid {
    /// Packets that only fill room.
    pub const IDLE: Self = Self(0x7FF);

    /// `None` beyond 11 bits.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        if value <= Self::IDLE.0 { Some(Self(value)) } else { None }
    }

    /// The number, 0 to 2047.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }
}

/// Packet sequence count (or, in telecommands, packet name): 14 bits, counted per APID modulo 16 384.
///
/// Source: CCSDS 133.0-B-2 §4.1.3.4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SequenceCount(u16);

impl SequenceCount {
    /// One more than the largest count.
    pub const MODULUS: u16 = 1 << 14;

    /// `None` beyond 14 bits.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        if value < Self::MODULUS { Some(Self(value)) } else { None }
    }

    /// The number, 0 to 16 383.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// The count of the packet after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self((self.0 + 1) % Self::MODULUS)
    }

    /// Packets of this APID missing between `previous` and this one: 0 when this is the next.
    ///
    /// A repeated count looks like a loss of 16 383; ask for equality first where packets may come twice.
    #[must_use]
    pub const fn missing_since(self, previous: Self) -> u16 {
        self.0.wrapping_sub(previous.0).wrapping_sub(1) % Self::MODULUS
    }
}

/// Direction of a Space Packet.
///
/// Source: CCSDS 133.0-B-2 §4.1.3.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketType {
    /// From the spacecraft; bit 0.
    Telemetry,
    /// To the spacecraft; bit 1.
    Telecommand,
}

/// Which part of a larger user data unit a packet carries.
///
/// Source: CCSDS 133.0-B-2 §4.1.3.4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SequenceFlags {
    /// A middle part; 00.
    Continuation,
    /// The first part; 01.
    First,
    /// The last part; 10.
    Last,
    /// The whole of it; 11.
    Unsegmented,
}

impl SequenceFlags {
    /// From the low two bits of `bits`.
    #[must_use]
    pub const fn of(bits: u8) -> Self {
        match bits & 0b11 {
            0b00 => Self::Continuation,
            0b01 => Self::First,
            0b10 => Self::Last,
            _ => Self::Unsegmented,
        }
    }

    /// The two bits, in the low end of an octet.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0b00,
            Self::First => 0b01,
            Self::Last => 0b10,
            Self::Unsegmented => 0b11,
        }
    }
}

/// The fields of a Space Packet's primary header but its length, which follows from the data.
///
/// Source: CCSDS 133.0-B-2 §4.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpaceHeader {
    /// Telemetry or telecommand.
    pub packet_type: PacketType,
    /// Whether the data start with a secondary header.
    pub secondary_header: bool,
    /// Whom the packet belongs to.
    pub apid: Apid,
    /// Which part of a user data unit this is.
    pub sequence_flags: SequenceFlags,
    /// Counts the packets of an APID; in telecommands it may be a name.
    pub sequence_count: SequenceCount,
}

impl SpaceHeader {
    /// Telemetry of `apid`: whole user data, no secondary header, count 0.
    #[must_use]
    pub const fn telemetry(apid: Apid) -> Self {
        Self {
            packet_type: PacketType::Telemetry,
            secondary_header: false,
            apid,
            sequence_flags: SequenceFlags::Unsegmented,
            sequence_count: SequenceCount(0),
        }
    }

    /// A telecommand for `apid`: whole user data, no secondary header, count 0.
    #[must_use]
    pub const fn telecommand(apid: Apid) -> Self {
        Self { packet_type: PacketType::Telecommand, ..Self::telemetry(apid) }
    }

    /// Header of a packet that only fills room.
    pub(super) const IDLE: Self = Self::telemetry(Apid::IDLE);

    /// The six octets, `length` being the octets of data less one.
    pub(super) fn to_octets(self, length: u16) -> [u8; SpacePacket::HEADER_LEN] {
        let identification = u16::from(self.packet_type == PacketType::Telecommand) << 12
            | u16::from(self.secondary_header) << 11
            | self.apid.0;
        let sequence = u16::from(self.sequence_flags.bits()) << 14 | self.sequence_count.0;
        let [a, b] = identification.to_be_bytes();
        let [c, d] = sequence.to_be_bytes();
        let [e, f] = length.to_be_bytes();
        [a, b, c, d, e, f]
    }
}

/// A Space Packet whose data stay where they are.
///
/// Data are 1 to 65 536 octets, a secondary header included; the whole is 7 to 65 542 octets.
///
/// Source: CCSDS 133.0-B-2 §4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpacePacket<'a> {
    header: SpaceHeader,
    data: &'a [u8],
}

impl<'a> SpacePacket<'a> {
    /// Octets of the primary header.
    pub const HEADER_LEN: usize = 6;
    /// Most octets of data.
    pub const MAX_DATA_LEN: usize = 65_536;
    /// Fewest octets of a whole packet.
    pub const MIN_LEN: usize = Self::HEADER_LEN + 1;

    /// A packet with `data`, a secondary header included when `header` announces one.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when `data` are not 1 to 65 536 octets, or an idle packet announces a secondary header
    /// (§4.1.3.3.3.4).
    pub const fn new(header: SpaceHeader, data: &'a [u8]) -> Result<Self, EncodeError> {
        if data.is_empty() || data.len() > Self::MAX_DATA_LEN {
            return Err(EncodeError::field(UNIT, "data length", data.len() as u64));
        }
        if header.secondary_header && header.apid.0 == Apid::IDLE.0 {
            return Err(EncodeError::field(UNIT, "secondary header flag of an idle packet", 1));
        }
        Ok(Self { header, data })
    }

    /// The header fields.
    #[must_use]
    pub const fn header(&self) -> SpaceHeader {
        self.header
    }

    /// What follows the primary header: the secondary header, when there is one, and user data.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Whether the packet only fills room.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.header.apid == Apid::IDLE
    }

    /// The APID in the first two octets of a Space Packet.
    pub(super) fn peek_apid(packet: &[u8]) -> Option<Apid> {
        Some(Apid(u16::from_be_bytes(*packet.first_chunk()?) & Apid::IDLE.0))
    }
}

impl<'a> Decode<'a> for SpacePacket<'a> {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let short = |required| DecodeError::Short { unit: UNIT, required, found: input.len() };
        let (octets, rest) = input.split_first_chunk::<6>().ok_or(short(Self::HEADER_LEN))?;
        let [a, b, c, d, e, f] = *octets;
        let identification = u16::from_be_bytes([a, b]);
        let sequence = u16::from_be_bytes([c, d]);
        let version = identification >> 13;
        if version != 0 {
            return Err(DecodeError::field(UNIT, "version", version.into()));
        }
        let header = SpaceHeader {
            packet_type: match identification >> 12 & 1 {
                0 => PacketType::Telemetry,
                _ => PacketType::Telecommand,
            },
            secondary_header: identification >> 11 & 1 == 1,
            apid: Apid(identification & Apid::IDLE.0),
            sequence_flags: SequenceFlags::of(c >> 6),
            sequence_count: SequenceCount(sequence % SequenceCount::MODULUS),
        };
        let data_len = usize::from(u16::from_be_bytes([e, f])) + 1;
        let (data, rest) = rest.split_at_checked(data_len).ok_or(short(Self::HEADER_LEN + data_len))?;
        Ok((Self { header, data }, rest))
    }
}

impl Encode for SpacePacket<'_> {
    fn encoded_len(&self) -> usize {
        Self::HEADER_LEN + self.data.len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(), out.len());
        let (header, rest) = out.split_first_chunk_mut().ok_or(EncodeError::Room { required, available })?;
        let room = rest.get_mut(..self.data.len()).ok_or(EncodeError::Room { required, available })?;
        let length = u16::try_from(self.data.len() - 1)
            .map_err(|_| EncodeError::field(UNIT, "data length", self.data.len() as u64))?;
        *header = self.header.to_octets(length);
        room.copy_from_slice(self.data);
        Ok(required)
    }
}

/// Octets of the Space Packet that starts with `first`; `None` when fewer than six octets are there.
pub(super) fn packet_len(first: &[u8]) -> Option<u32> {
    let [.., high, low] = *first.first_chunk::<6>()?;
    Some(u32::from(u16::from_be_bytes([high, low])) + SpacePacket::MIN_LEN as u32)
}

const UNIT: &str = "space packet";
