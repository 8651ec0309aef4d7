use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// Which protocol's data unit an Encapsulation Packet carries. Three bits.
///
/// Source: CCSDS 133.1-B-3 §4.1.2 and the SANA registry of encapsulation protocol identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolId(u8);

impl ProtocolId {
    /// The packet only fills room.
    pub const IDLE: Self = Self(0);
    /// LTP segments.
    pub const LTP: Self = Self(1);
    /// Internet protocols, told apart by the extension header in the data.
    pub const IPE: Self = Self(2);
    /// Bundles.
    pub const BUNDLE: Self = Self(4);
    /// The protocol stands in the extension field.
    pub const EXTENDED: Self = Self(6);
    /// Whatever the mission agreed on.
    pub const MISSION: Self = Self(7);

    /// `None` beyond three bits. Takes the reserved identifiers 3 (CFDP in earlier issues) and 5 too.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 7 { Some(Self(value)) } else { None }
    }

    /// The number, 0 to 7.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// Octets of an Encapsulation Packet's header, which decide how long the packet can be.
///
/// Source: CCSDS 133.1-B-3 §4.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeaderLen {
    /// One octet, the whole of an idle packet.
    One,
    /// Two octets; packets of up to 255.
    Two,
    /// Four octets with user-defined and extension fields; packets of up to 65 535.
    Four,
    /// Eight octets with the CCSDS-defined field too; packets of up to 4 294 967 295.
    Eight,
}

impl HeaderLen {
    /// The number of octets.
    #[must_use]
    pub const fn octets(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// Octets of the longest packet, header included.
    #[must_use]
    pub const fn max_packet_len(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 0xFF,
            Self::Four => 0xFFFF,
            Self::Eight => u32::MAX,
        }
    }

    /// The header for a packet of `packet_len` octets in all when no other field asks for more.
    pub(super) const fn for_packet_len(packet_len: u32) -> Self {
        match packet_len {
            0..=1 => Self::One,
            2..=0xFF => Self::Two,
            0x100..=0xFFFF => Self::Four,
            _ => Self::Eight,
        }
    }

    const fn of(first: u8) -> Self {
        match first & 0b11 {
            0b00 => Self::One,
            0b01 => Self::Two,
            0b10 => Self::Four,
            _ => Self::Eight,
        }
    }

    const fn length_of_length(self) -> u8 {
        match self {
            Self::One => 0b00,
            Self::Two => 0b01,
            Self::Four => 0b10,
            Self::Eight => 0b11,
        }
    }
}

/// An Encapsulation Packet whose data stay where they are.
///
/// [`new`](Self::new) takes the shortest header that can say everything; the `with_` methods lengthen it.
///
/// Source: CCSDS 133.1-B-3 §4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EncapsulationPacket<'a> {
    protocol: ProtocolId,
    header_len: HeaderLen,
    user_defined: u8,
    extension: u8,
    ccsds_defined: u16,
    data: &'a [u8],
}

impl<'a> EncapsulationPacket<'a> {
    /// Most octets of data, with the longest header.
    pub const MAX_DATA_LEN: u32 = u32::MAX - 8;

    /// The one-octet idle packet, `E0`.
    pub const IDLE: EncapsulationPacket<'static> = EncapsulationPacket {
        protocol: ProtocolId::IDLE,
        header_len: HeaderLen::One,
        user_defined: 0,
        extension: 0,
        ccsds_defined: 0,
        data: &[],
    };

    /// A packet of `protocol` with the shortest header: one octet when idle without data, four at least when the
    /// protocol stands in the extension field.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when `data` are longer than [`MAX_DATA_LEN`](Self::MAX_DATA_LEN).
    pub fn new(protocol: ProtocolId, data: &'a [u8]) -> Result<Self, EncodeError> {
        let least = match protocol {
            ProtocolId::IDLE => HeaderLen::One,
            ProtocolId::EXTENDED => HeaderLen::Four,
            _ => HeaderLen::Two,
        };
        Self { protocol, data, ..EncapsulationPacket::IDLE }.lengthened(least)
    }

    /// A packet around an LTP segment.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn ltp(segment: &'a [u8]) -> Result<Self, EncodeError> {
        Self::new(ProtocolId::LTP, segment)
    }

    /// A packet around a bundle.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn bundle(bundle: &'a [u8]) -> Result<Self, EncodeError> {
        Self::new(ProtocolId::BUNDLE, bundle)
    }

    /// A packet of the extended protocol `extension`, 0 to 15.
    ///
    /// # Errors
    /// [`EncodeError::Field`] beyond four bits; else as [`new`](Self::new).
    pub fn extended(extension: u8, data: &'a [u8]) -> Result<Self, EncodeError> {
        if extension > NIBBLE {
            return Err(EncodeError::field(UNIT, "protocol identifier extension", extension.into()));
        }
        Ok(Self { extension, ..Self::new(ProtocolId::EXTENDED, data)? })
    }

    /// The same with the user-defined field set, 0 to 15, in a header of four octets at least.
    ///
    /// # Errors
    /// [`EncodeError::Field`] beyond four bits or when the data no longer fit.
    pub fn with_user_defined(self, user_defined: u8) -> Result<Self, EncodeError> {
        if user_defined > NIBBLE {
            return Err(EncodeError::field(UNIT, "user-defined field", user_defined.into()));
        }
        Self { user_defined, ..self }.lengthened(HeaderLen::Four)
    }

    /// The same with the CCSDS-defined field set, in a header of eight octets.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the data no longer fit.
    pub fn with_ccsds_defined(self, ccsds_defined: u16) -> Result<Self, EncodeError> {
        Self { ccsds_defined, ..self }.lengthened(HeaderLen::Eight)
    }

    /// The same with a header of exactly `header_len`.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the length, the protocol or a field that is not zero does not fit in it.
    pub fn with_header_len(self, header_len: HeaderLen) -> Result<Self, EncodeError> {
        let refused = || EncodeError::field(UNIT, "header length", header_len.octets() as u64);
        let packet_len = (self.data.len() as u64).saturating_add(header_len.octets() as u64);
        let fits = packet_len <= header_len.max_packet_len().into()
            && (header_len != HeaderLen::One || self.protocol == ProtocolId::IDLE)
            && (header_len >= HeaderLen::Four
                || (self.user_defined == 0 && self.protocol != ProtocolId::EXTENDED))
            && (header_len == HeaderLen::Eight || self.ccsds_defined == 0);
        if fits { Ok(Self { header_len, ..self }) } else { Err(refused()) }
    }

    /// The protocol of the data.
    #[must_use]
    pub const fn protocol(&self) -> ProtocolId {
        self.protocol
    }

    /// Octets of the header.
    #[must_use]
    pub const fn header_len(&self) -> HeaderLen {
        self.header_len
    }

    /// The user-defined field; 0 when the header has none.
    #[must_use]
    pub const fn user_defined(&self) -> u8 {
        self.user_defined
    }

    /// The protocol identifier extension; 0 unless the protocol is [`ProtocolId::EXTENDED`].
    #[must_use]
    pub const fn extension(&self) -> u8 {
        self.extension
    }

    /// The CCSDS-defined field; 0 when the header has none.
    #[must_use]
    pub const fn ccsds_defined(&self) -> u16 {
        self.ccsds_defined
    }

    /// The encapsulated data unit, or the filling of an idle packet.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Whether the packet only fills room.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.protocol == ProtocolId::IDLE
    }

    /// The protocol in the first octet of an Encapsulation Packet.
    pub(super) fn peek_protocol(packet: &[u8]) -> Option<ProtocolId> {
        packet.first().map(|&first| ProtocolId(first >> 2 & 0b111))
    }

    /// Writes the header of a packet of `protocol` whose data are written apart; `packet_len` octets in all, `header`
    /// as long as `header_len` says.
    pub(super) fn write_bare_header(
        protocol: ProtocolId,
        header_len: HeaderLen,
        packet_len: u32,
        header: &mut [u8],
    ) {
        write_header(&Self { protocol, header_len, ..EncapsulationPacket::IDLE }, packet_len, header);
    }

    /// With `header_len`, unchecked: for idle packets whose data are written apart.
    pub(super) const fn sized(self, header_len: HeaderLen) -> Self {
        Self { header_len, ..self }
    }

    /// With the shortest header of at least `least`, and no shorter than it is now.
    fn lengthened(self, least: HeaderLen) -> Result<Self, EncodeError> {
        let least = least.max(self.header_len);
        [HeaderLen::One, HeaderLen::Two, HeaderLen::Four, HeaderLen::Eight]
            .into_iter()
            .filter(|&header_len| header_len >= least)
            .find_map(|header_len| self.with_header_len(header_len).ok())
            .ok_or(EncodeError::field(UNIT, "data length", self.data.len() as u64))
    }
}

/// Writes the header in front of the data of a packet of `packet_len` octets; `header` has the octets of
/// `packet.header_len`.
pub(super) fn write_header(packet: &EncapsulationPacket<'_>, packet_len: u32, header: &mut [u8]) {
    let first = 0b111 << 5 | packet.protocol.0 << 2 | packet.header_len.length_of_length();
    let fields = packet.user_defined << 4 | packet.extension;
    let [c0, c1] = packet.ccsds_defined.to_be_bytes();
    let [l0, l1, l2, l3] = packet_len.to_be_bytes();
    match packet.header_len {
        HeaderLen::One => header.copy_from_slice(&[first]),
        HeaderLen::Two => header.copy_from_slice(&[first, l3]),
        HeaderLen::Four => header.copy_from_slice(&[first, fields, l2, l3]),
        HeaderLen::Eight => header.copy_from_slice(&[first, fields, c0, c1, l0, l1, l2, l3]),
    }
}

impl<'a> Decode<'a> for EncapsulationPacket<'a> {
    /// An extension field is read as zero when the protocol is not [`ProtocolId::EXTENDED`] (§4.1.2.5).
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let found = input.len();
        let short = |required| DecodeError::Short { unit: UNIT, required, found };
        let first = *input.first().ok_or(short(1))?;
        let header_len = HeaderLen::of(first);
        let packet_len = packet_len(input)?.ok_or(short(header_len.octets()))?;
        let packet_len = usize::try_from(packet_len).map_err(|_| short(usize::MAX))?;
        let (packet, rest) = input.split_at_checked(packet_len).ok_or(short(packet_len))?;
        let (header, data) = packet.split_at_checked(header_len.octets()).ok_or(short(packet_len))?;
        let protocol = ProtocolId(first >> 2 & 0b111);
        let (fields, ccsds_defined) = match *header {
            [_, fields, _, _] => (fields, 0),
            [_, fields, c0, c1, ..] => (fields, u16::from_be_bytes([c0, c1])),
            _ => (0, 0),
        };
        let extension = if protocol == ProtocolId::EXTENDED { fields & NIBBLE } else { 0 };
        let value = Self { protocol, header_len, user_defined: fields >> 4, extension, ccsds_defined, data };
        Ok((value, rest))
    }
}

impl Encode for EncapsulationPacket<'_> {
    fn encoded_len(&self) -> usize {
        self.header_len.octets() + self.data.len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(), out.len());
        let room = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let length = u32::try_from(required)
            .map_err(|_| EncodeError::field(UNIT, "data length", self.data.len() as u64))?;
        let (header, data) = room.split_at_mut(self.header_len.octets());
        write_header(self, length, header);
        data.copy_from_slice(self.data);
        Ok(required)
    }
}

/// Octets of the Encapsulation Packet that starts with `first`; `None` when its header goes on.
pub(super) fn packet_len(first: &[u8]) -> Result<Option<u32>, DecodeError> {
    let Some(&octet) = first.first() else { return Ok(None) };
    if octet >> 5 != 0b111 {
        return Err(DecodeError::field(UNIT, "version", u64::from(octet >> 5)));
    }
    let header_len = HeaderLen::of(octet);
    let Some(header) = first.get(..header_len.octets()) else { return Ok(None) };
    let length = match *header {
        [_, length] => length.into(),
        [_, _, l0, l1] => u16::from_be_bytes([l0, l1]).into(),
        [_, _, _, _, l0, l1, l2, l3] => u32::from_be_bytes([l0, l1, l2, l3]),
        _ => {
            let protocol = octet >> 2 & 0b111;
            if protocol != ProtocolId::IDLE.0 {
                return Err(DecodeError::field(UNIT, "protocol identifier without length", protocol.into()));
            }
            1
        }
    };
    if (length as usize) < header_len.octets() {
        return Err(DecodeError::field(UNIT, "packet length", length.into()));
    }
    Ok(Some(length))
}

const UNIT: &str = "encapsulation packet";
const NIBBLE: u8 = 0xF;
