use crate::frame::counter::Count;
use crate::frame::packets::{FirstHeader, PointerForm};
use crate::frame::{Scid, Vcid};
use crate::wire::{DecodeError, EncodeError};

/// What the data field of a TM frame holds.
///
/// Source: CCSDS 132.0-B-3 §4.1.2.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataStatus {
    /// Packets, or idle data; synchronization flag 0.
    Packets(FirstHeader),
    /// Access data; synchronization flag 1. The book leaves the other fields to the mission.
    Access {
        /// The packet order flag.
        packet_order: bool,
        /// The segment length identifier, two bits.
        segment_len: u8,
        /// The first header pointer, 11 bits.
        pointer: u16,
    },
}

impl DataStatus {
    /// Access data as it is usually sent: no order, ones in the rest.
    pub const ACCESS: Self = Self::Access { packet_order: false, segment_len: 0b11, pointer: 0x7FF };

    fn to_bits(self) -> Result<u16, EncodeError> {
        match self {
            Self::Packets(first) => {
                let refused = match first {
                    FirstHeader::At(offset) => offset,
                    FirstHeader::NoStart | FirstHeader::IdleOnly => 0,
                };
                let refused = EncodeError::field(UNIT, "first header pointer", refused.into());
                Ok(UNSEGMENTED << 11 | first.pointer(PointerForm::Eleven).ok_or(refused)?)
            }
            Self::Access { packet_order, segment_len, pointer } => {
                if segment_len > 0b11 {
                    return Err(EncodeError::field(UNIT, "segment length identifier", segment_len.into()));
                }
                if pointer > 0x7FF {
                    return Err(EncodeError::field(UNIT, "first header pointer", pointer.into()));
                }
                Ok(1 << 14 | u16::from(packet_order) << 13 | u16::from(segment_len) << 11 | pointer)
            }
        }
    }

    fn of(bits: u16) -> Result<Self, DecodeError> {
        let packet_order = bits >> 13 & 1 == 1;
        let segment_len = bits >> 11 & 0b11;
        if bits >> 14 & 1 == 1 {
            return Ok(Self::Access { packet_order, segment_len: segment_len as u8, pointer: bits & 0x7FF });
        }
        if packet_order {
            return Err(DecodeError::field(UNIT, "packet order flag of packets", 1));
        }
        if segment_len != UNSEGMENTED {
            return Err(DecodeError::field(UNIT, "segment length identifier of packets", segment_len.into()));
        }
        Ok(Self::Packets(FirstHeader::of(PointerForm::Eleven, bits)))
    }
}

/// The primary header of a TM frame.
///
/// Source: CCSDS 132.0-B-3 §4.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TmHeader {
    /// Which spacecraft; 10 bits.
    pub scid: Scid,
    /// Which virtual channel; 3 bits.
    pub vcid: Vcid,
    /// Whether an operational control field follows the data field.
    pub ocf: bool,
    /// Counts the frames of the master channel.
    pub master_count: Count<8>,
    /// Counts the frames of the virtual channel.
    pub count: Count<8>,
    /// Whether a secondary header follows; set by what is asked of [`TmDraft`](super::TmDraft).
    pub secondary_header: bool,
    /// What the data field holds.
    pub status: DataStatus,
}

impl TmHeader {
    /// Octets of the header.
    pub const LEN: usize = 6;
    /// The largest virtual channel.
    pub const MAX_VCID: u8 = 7;

    /// Header of the first frame of a channel, without optional fields, that starts with a packet.
    #[must_use]
    pub const fn new(scid: Scid, vcid: Vcid) -> Self {
        Self {
            scid,
            vcid,
            ocf: false,
            master_count: Count::ZERO,
            count: Count::ZERO,
            secondary_header: false,
            status: DataStatus::Packets(FirstHeader::At(0)),
        }
    }

    /// The header as it is sent.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when a value has too many bits.
    pub fn to_octets(&self) -> Result<[u8; Self::LEN], EncodeError> {
        if self.scid.0 > 0x3FF {
            return Err(EncodeError::field(UNIT, "spacecraft identifier", self.scid.0.into()));
        }
        if self.vcid.value() > Self::MAX_VCID {
            return Err(EncodeError::field(UNIT, "virtual channel identifier", self.vcid.value().into()));
        }
        let identification = self.scid.0 << 4 | u16::from(self.vcid.value()) << 1 | u16::from(self.ocf);
        let status = u16::from(self.secondary_header) << 15 | self.status.to_bits()?;
        let [a, b] = identification.to_be_bytes();
        let [e, f] = status.to_be_bytes();
        Ok([a, b, self.master_count.value() as u8, self.count.value() as u8, e, f])
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when the version is not that of TM, or for flags that packets cannot have.
    pub fn from_octets(octets: [u8; Self::LEN]) -> Result<Self, DecodeError> {
        let [a, b, master_count, count, e, f] = octets;
        let identification = u16::from_be_bytes([a, b]);
        let version = identification >> 14;
        if version != 0 {
            return Err(DecodeError::field(UNIT, "version", version.into()));
        }
        let status = u16::from_be_bytes([e, f]);
        Ok(Self {
            scid: Scid(identification >> 4),
            vcid: Vcid::masked(identification >> 1 & 0b111),
            ocf: identification & 1 == 1,
            master_count: Count::wrapping(master_count.into()),
            count: Count::wrapping(count.into()),
            secondary_header: status >> 15 == 1,
            status: DataStatus::of(status)?,
        })
    }
}

const UNIT: &str = "TM frame header";
/// The segment length identifier of packets.
const UNSEGMENTED: u16 = 0b11;
