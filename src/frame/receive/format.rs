use core::fmt;

use crate::frame::aos::BitstreamPdu;
use crate::frame::counter::Step;
use crate::frame::packets::FirstHeader;
use crate::frame::uslp::Upid;
use crate::frame::{MapId, Scid, Vcid};
use crate::packet::SequenceFlags;
use crate::wire::DecodeError;

/// A frame format with its managed parameters, as a demultiplexer sees it.
pub trait Format {
    /// Its primary header.
    type Header: Copy + fmt::Debug + PartialEq;

    /// Reads the frame that `octets` are, from first to last.
    ///
    /// # Errors
    /// [`DecodeError`] when they are no good frame of this link.
    fn open<'a>(&self, octets: &'a [u8]) -> Result<Opened<'a, Self::Header>, DecodeError>;

    /// What the data field `field` of a frame holds; link security is taken off.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not what it must be.
    fn content<'a>(
        &self,
        header: &Self::Header,
        service: Service,
        field: &'a [u8],
    ) -> Result<Content<'a>, DecodeError>;
}

/// A good frame: whose it is, how it is counted, and its parts where they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened<'a, H> {
    /// Its primary header.
    pub header: H,
    /// Symbols of the header that were repaired.
    pub header_repaired: u8,
    /// Which spacecraft.
    pub scid: Scid,
    /// Which virtual channel.
    pub vcid: Vcid,
    /// Which MAP, when the format has them.
    pub map: Option<MapId>,
    /// Whether it bypasses the sequence of its channel, and so has a count of its own.
    pub expedited: bool,
    /// The count of its virtual channel.
    pub count: Option<FrameCount>,
    /// The count of its master channel, eight bits.
    pub master_count: Option<u8>,
    /// The insert zone, or the secondary header of a TM frame; empty without.
    pub insert_zone: &'a [u8],
    /// The operational control field.
    pub ocf: Option<[u8; 4]>,
    /// The data field, room of link security included.
    pub field: &'a [u8],
}

/// A frame count of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameCount {
    /// The count.
    pub value: u64,
    /// How many bits it has, 1 to 56.
    pub bits: u32,
}

impl FrameCount {
    /// How the count goes on from `last`; where one is longer, its low bits are compared.
    #[must_use]
    pub fn step_from(self, last: Self) -> Step {
        let bits = self.bits.min(last.bits).clamp(1, 56);
        let mask = (1 << bits) - 1;
        Step::between(bits, last.value & mask, self.value & mask)
    }
}

/// What the data fields of a virtual channel hold, as far as the frames do not say it themselves: AOS and TM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Service {
    /// Packets.
    #[default]
    Packets,
    /// Access data of a fixed length, handed on frame by frame.
    Access,
    /// Bits; AOS only, access data elsewhere.
    Bitstream,
}

/// What a data field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// Packets that may span frames.
    Packets {
        /// Where the first one starts.
        first: FirstHeader,
        /// Where they lie.
        zone: &'a [u8],
    },
    /// A unit or part of one; `packets` when units are packets.
    Part {
        /// Which part.
        flags: SequenceFlags,
        /// Whether the units are packets: several whole ones in a whole unit, a single one in parts.
        packets: bool,
        /// Its octets.
        data: &'a [u8],
    },
    /// Octets without boundaries.
    Stream(&'a [u8]),
    /// Bits.
    Bitstream(BitstreamPdu<'a>),
    /// Control of a protocol of the link, and which.
    Command {
        /// Whose.
        protocol: Upid,
        /// Its octets.
        data: &'a [u8],
    },
    /// Nothing.
    Idle,
}
