use super::encapsulation::write_header;
use super::{EncapsulationPacket, HeaderLen, SpaceHeader, SpacePacket};
use crate::wire::EncodeError;

/// Which packets fill room when nothing is to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum IdleKind {
    /// Encapsulation Packets with protocol identifier 0: any length from one octet on.
    #[default]
    Encapsulation,
    /// Space Packets with APID 2047, for missions that use no other kind: 7 octets or more.
    Space,
}

impl IdleKind {
    /// Octets of the shortest idle packet.
    #[must_use]
    pub const fn min_len(self) -> usize {
        match self {
            Self::Encapsulation => 1,
            Self::Space => SpacePacket::MIN_LEN,
        }
    }

    /// Octets of the longest idle packet.
    #[must_use]
    pub const fn max_len(self) -> u32 {
        match self {
            Self::Encapsulation => u32::MAX,
            Self::Space => (SpacePacket::HEADER_LEN + SpacePacket::MAX_DATA_LEN) as u32,
        }
    }

    /// Makes the whole of `out` one idle packet.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when no idle packet of this kind is as long as `out`.
    pub fn write(self, out: &mut [u8]) -> Result<(), EncodeError> {
        let refused = EncodeError::field("idle packet", "length", out.len() as u64);
        let len = u32::try_from(out.len()).map_err(|_| refused)?;
        if out.len() < self.min_len() || len > self.max_len() {
            return Err(refused);
        }
        let data = match self {
            Self::Encapsulation => {
                let header_len = HeaderLen::for_packet_len(len);
                let (header, data) = out.split_at_mut(header_len.octets());
                let packet = EncapsulationPacket::IDLE;
                write_header(&packet.sized(header_len), len, header);
                data
            }
            Self::Space => {
                let (header, data) = out.split_at_mut(SpacePacket::HEADER_LEN);
                let length = u16::try_from(data.len() - 1).map_err(|_| refused)?;
                header.copy_from_slice(&SpaceHeader::IDLE.to_octets(length));
                data
            }
        };
        data.fill(FILLING);
        Ok(())
    }
}

/// Alternating bits keep a receiver's clock running on links without a randomizer.
const FILLING: u8 = 0x55;
