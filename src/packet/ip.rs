use super::{EncapsulationPacket, HeaderLen, ProtocolId};
use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// Which datagram follows: the value of the Internet Protocol Extension header.
///
/// Values are odd in their last octet, which is how the header's end is found. They are the numbers that PPP uses.
///
/// Source: CCSDS 702.1-B-1 §2.3.1, values of its SANA registry (second source: NASA's channel emulator).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ipe(u32);

impl Ipe {
    /// An IPv4 datagram.
    pub const IPV4: Self = Self(0x21);
    /// An IPv6 datagram.
    pub const IPV6: Self = Self(0x57);

    /// `None` unless the last octet is odd and every octet before it, the leading zeros not counted, is even.
    #[must_use]
    pub const fn new(value: u32) -> Option<Self> {
        let mut rest = value >> 8;
        let mut legal = value & 1 == 1;
        while rest > 0 {
            legal = legal && rest & 1 == 0;
            rest >>= 8;
        }
        if legal { Some(Self(value)) } else { None }
    }

    /// The number, octets of the header in order.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    /// Octets of the header, 1 to 4.
    #[allow(clippy::len_without_is_empty, reason = "no header is empty")]
    #[must_use]
    pub const fn len(self) -> usize {
        match self.0 {
            0..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFF_FFFF => 3,
            _ => 4,
        }
    }
}

/// An IP datagram in an Encapsulation Packet: one header octet says which version, the datagram follows.
///
/// ```
/// use spacelink::packet::{IpPacket, Ipe};
/// use spacelink::wire::{Decode, Encode};
///
/// let datagram = [0x45, 0, 0, 4];
/// let octets = IpPacket::datagram(&datagram)?.to_vec()?;
/// assert_eq!(octets, [0xE9, 7, 0x21, 0x45, 0, 0, 4]);
/// let (packet, _rest) = IpPacket::decode(&octets)?;
/// assert_eq!((packet.ipe(), packet.content()), (Ipe::IPV4, &datagram[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: CCSDS 702.1-B-1 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpPacket<'a> {
    ipe: Ipe,
    content: &'a [u8],
}

impl<'a> IpPacket<'a> {
    /// Most octets that an Encapsulation Packet adds to an IP datagram of up to 65,530 octets.
    pub const OVERHEAD: usize = 5;

    /// A packet around `datagram`, whose first four bits say which version of IP it is.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when it is neither version 4 nor 6.
    pub fn datagram(datagram: &'a [u8]) -> Result<Self, EncodeError> {
        let version = datagram.first().map_or(0, |first| first >> 4);
        let ipe = match version {
            4 => Ipe::IPV4,
            6 => Ipe::IPV6,
            _ => return Err(EncodeError::field(UNIT, "version", version.into())),
        };
        Ok(Self { ipe, content: datagram })
    }

    /// A packet around `content` of whatever kind `ipe` says: a compressed header, say.
    #[must_use]
    pub const fn new(ipe: Ipe, content: &'a [u8]) -> Self {
        Self { ipe, content }
    }

    /// What the content is.
    #[must_use]
    pub const fn ipe(&self) -> Ipe {
        self.ipe
    }

    /// What follows the header, as a rule an IP datagram.
    #[must_use]
    pub const fn content(&self) -> &'a [u8] {
        self.content
    }

    /// What `packet` carries.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when it is of another protocol or its header does not end within four octets,
    /// [`DecodeError::Short`] when it ends before its header does.
    pub fn of(packet: &EncapsulationPacket<'a>) -> Result<Self, DecodeError> {
        if packet.protocol() != ProtocolId::IPE {
            return Err(DecodeError::field(UNIT, "protocol identifier", packet.protocol().value().into()));
        }
        let data = packet.data();
        let mut value = 0;
        for (at, &octet) in data.iter().take(MAX_IPE_LEN).enumerate() {
            value = value << 8 | u32::from(octet);
            if octet & 1 == 1 {
                // Zeros in front would make two forms of one value.
                let ipe = Ipe::new(value).filter(|ipe| ipe.len() == at + 1);
                let ipe = ipe.ok_or(DecodeError::field(UNIT, "extension header", value.into()))?;
                return Ok(Self { ipe, content: &data[at + 1..] });
            }
        }
        if data.len() >= MAX_IPE_LEN {
            return Err(DecodeError::field(UNIT, "extension header", value.into()));
        }
        Err(DecodeError::Short { unit: UNIT, required: data.len() + 1, found: data.len() })
    }

    fn header_len(&self) -> Result<HeaderLen, EncodeError> {
        let data_len = self.ipe.len() + self.content.len();
        [HeaderLen::Two, HeaderLen::Four, HeaderLen::Eight]
            .into_iter()
            .find(|header_len| (data_len + header_len.octets()) as u64 <= header_len.max_packet_len().into())
            .ok_or(EncodeError::field(UNIT, "length", self.content.len() as u64))
    }
}

impl Encode for IpPacket<'_> {
    fn encoded_len(&self) -> usize {
        let header_len = self.header_len().unwrap_or(HeaderLen::Eight);
        header_len.octets() + self.ipe.len() + self.content.len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let header_len = self.header_len()?;
        let (required, available) = (self.encoded_len(), out.len());
        let room = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let length = u32::try_from(required)
            .map_err(|_| EncodeError::field(UNIT, "length", self.content.len() as u64))?;
        let (header, data) = room.split_at_mut(header_len.octets());
        EncapsulationPacket::write_bare_header(ProtocolId::IPE, header_len, length, header);
        let (ipe, content) = data.split_at_mut(self.ipe.len());
        ipe.copy_from_slice(&self.ipe.0.to_be_bytes()[MAX_IPE_LEN - self.ipe.len()..]);
        content.copy_from_slice(self.content);
        Ok(required)
    }
}

impl<'a> Decode<'a> for IpPacket<'a> {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let (packet, rest) = EncapsulationPacket::decode(input)?;
        Ok((Self::of(&packet)?, rest))
    }
}

const UNIT: &str = "IP packet";
const MAX_IPE_LEN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_headers_end_with_an_odd_octet() {
        assert_eq!(Ipe::new(0x20), None);
        assert_eq!(Ipe::new(0x2121), None);
        assert_eq!(Ipe::new(0x2021).map(Ipe::len), Some(2));
        let decode = |octets: &'static [u8]| IpPacket::decode(octets).map(|(packet, _)| packet);
        assert_eq!(decode(&[0xE9, 5, 0x20, 0x21, 0xAA]), Ok(IpPacket::new(Ipe(0x2021), &[0xAA])));
        assert!(matches!(
            decode(&[0xE9, 4, 0x20, 0x20]),
            Err(DecodeError::Short { required: 3, found: 2, .. })
        ));
        let field = "extension header";
        assert!(
            matches!(decode(&[0xE9, 4, 0x00, 0x21]), Err(DecodeError::Field { field: f, .. }) if f == field)
        );
        assert!(
            matches!(decode(&[0xE9, 6, 2, 2, 2, 2]), Err(DecodeError::Field { field: f, .. }) if f == field)
        );
        assert!(matches!(decode(&[0xE5, 3, 0x21]), Err(DecodeError::Field { value: 1, .. })));
    }

    #[test]
    fn long_datagrams_get_longer_headers() {
        let mut out = [0; 70_009];
        for (len, header) in [(20, 2), (251, 2), (252, 2), (253, 4), (65_530, 4), (65_531, 8), (70_000, 8)] {
            let mut datagram = [0; 70_000];
            datagram[0] = 0x60;
            let packet = IpPacket::datagram(&datagram[..len]).unwrap();
            assert_eq!(packet.encode(&mut out).unwrap(), header + 1 + len, "{len}");
            assert_eq!(IpPacket::decode(&out[..header + 1 + len]).unwrap(), (packet, &[][..]));
        }
    }

    #[test]
    fn what_is_no_ip_is_refused() {
        assert!(IpPacket::datagram(&[]).is_err());
        assert!(IpPacket::datagram(&[0x50]).is_err());
        let packet = IpPacket::datagram(&[0x45; 40]).unwrap();
        assert!(matches!(
            packet.encode(&mut [0; 42]),
            Err(EncodeError::Room { required: 43, available: 42 })
        ));
    }
}
