use super::{Apid, EncapsulationPacket, ProtocolId, SpacePacket, encapsulation, space};
use crate::wire::DecodeError;

/// What a packet is, by the packet version number in its first three bits.
///
/// Source: CCSDS 133.0-B-2 §4.1.3, 133.1-B-3 §4.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketKind {
    /// Version 000.
    Space,
    /// Version 111.
    Encapsulation,
}

impl PacketKind {
    /// The kind of the packet that starts with the octet `first`.
    ///
    /// # Errors
    /// [`DecodeError::Field`] for any version but 000 and 111.
    pub const fn of(first: u8) -> Result<Self, DecodeError> {
        match first >> 5 {
            0b000 => Ok(Self::Space),
            0b111 => Ok(Self::Encapsulation),
            version => Err(DecodeError::field("packet", "version", version as u64)),
        }
    }
}

/// Octets of the packet that starts at the front of `first`, header included; `None` when the header goes on beyond
/// `first`. Asks for 6 octets of a Space Packet and 1, 2, 4 or 8 of an Encapsulation Packet; more are not looked at.
///
/// # Errors
/// [`DecodeError::Field`] when no packet can start like this.
pub fn packet_len(first: &[u8]) -> Result<Option<u32>, DecodeError> {
    let Some(&octet) = first.first() else { return Ok(None) };
    match PacketKind::of(octet)? {
        PacketKind::Space => Ok(space::packet_len(first)),
        PacketKind::Encapsulation => encapsulation::packet_len(first),
    }
}

/// Whether `packet`, a whole packet or at least its first two octets, only fills room: APID 2047 or protocol identifier 0.
#[must_use]
pub fn is_idle(packet: &[u8]) -> bool {
    let Some(&first) = packet.first() else { return false };
    match PacketKind::of(first) {
        Ok(PacketKind::Space) => SpacePacket::peek_apid(packet) == Some(Apid::IDLE),
        Ok(PacketKind::Encapsulation) => EncapsulationPacket::peek_protocol(packet) == Some(ProtocolId::IDLE),
        Err(_) => false,
    }
}
