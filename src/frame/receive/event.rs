use bytes::Bytes;

use crate::frame::packets::Broken;
use crate::frame::uslp::Upid;
use crate::frame::{MapId, Vcid};
use crate::packet::Torn;
use crate::wire::DecodeError;

/// Where a unit came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// Which virtual channel.
    pub vcid: Vcid,
    /// Which MAP; `None` where the format, or the channel, has none.
    pub map: Option<MapId>,
    /// Whether it came in expedited frames instead of sequence-controlled ones; TC and USLP.
    pub expedited: bool,
}

impl Source {
    /// A channel of a format without MAPs.
    #[must_use]
    pub const fn channel(vcid: Vcid) -> Self {
        Self { vcid, map: None, expedited: false }
    }
}

/// What a frame brought, as octets that stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen<'a> {
    /// A whole packet.
    Packet(&'a [u8]),
    /// A whole unit of access data.
    Access(&'a [u8]),
    /// Octets of a stream without boundaries.
    Stream(&'a [u8]),
    /// The first `bits` bits of `octets`.
    Bitstream {
        /// How many bits are data.
        bits: usize,
        /// The bits, then fill.
        octets: &'a [u8],
    },
    /// Control of a protocol of the link.
    Command {
        /// Whose.
        protocol: Upid,
        /// Its octets.
        data: &'a [u8],
    },
    /// Frames are missing before this one; reported before anything else in it.
    Gap {
        /// How many, by the frame count.
        missing: u64,
    },
    /// The frame counts back from the one before: out of order, or the sender started anew.
    Back {
        /// How far.
        by: u64,
    },
    /// The same frame once more; nothing else of it is reported.
    Duplicate,
    /// Octets of packets that span frames were given up.
    Broken(Broken),
    /// Parts of a unit were given up.
    Torn(Torn),
    /// The data field, or what it holds where packets should be, is no such thing.
    NoPacket(DecodeError),
    /// The insert zone, or the secondary header of a TM frame.
    InsertZone(&'a [u8]),
    /// The operational control field.
    Ocf([u8; 4]),
}

impl Seen<'_> {
    /// The same from `source`, with the octets in hand.
    pub(super) fn keep(self, source: Source, mut keep: impl FnMut(&[u8]) -> Bytes) -> Event {
        match self {
            Self::Packet(packet) => Event::Packet { source, packet: keep(packet) },
            Self::Access(data) => Event::Access { source, data: keep(data) },
            Self::Stream(data) => Event::Stream { source, data: keep(data) },
            Self::Bitstream { bits, octets } => Event::Bitstream { source, bits, octets: keep(octets) },
            Self::Command { protocol, data } => Event::Command { source, protocol, data: keep(data) },
            Self::Gap { missing } => Event::Gap { source, missing },
            Self::Back { by } => Event::Back { source, by },
            Self::Duplicate => Event::Duplicate { source },
            Self::Broken(broken) => Event::Resync { source, broken },
            Self::Torn(torn) => Event::Torn { source, torn },
            Self::NoPacket(error) => Event::NoPacket { source, error },
            Self::InsertZone(content) => Event::InsertZone { source, content: keep(content) },
            Self::Ocf(ocf) => Event::Ocf { source, ocf },
        }
    }
}

/// What happened on a virtual channel, with the octets in hand. See [`Seen`] for what each means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of Seen, with their source")]
pub enum Event {
    /// A whole packet, unaltered.
    Packet { source: Source, packet: Bytes },
    /// A whole unit of access data.
    Access { source: Source, data: Bytes },
    /// Octets of a stream.
    Stream { source: Source, data: Bytes },
    /// Bits.
    Bitstream { source: Source, bits: usize, octets: Bytes },
    /// Control of a protocol of the link.
    Command { source: Source, protocol: Upid, data: Bytes },
    /// Frames are missing, so many by the frame count.
    Gap { source: Source, missing: u64 },
    /// A frame counts back from the one before it.
    Back { source: Source, by: u64 },
    /// A frame came twice and was dropped.
    Duplicate { source: Source },
    /// Octets of packets were given up; packets go on at the next first header pointer.
    Resync { source: Source, broken: Broken },
    /// Parts of a unit were given up; units go on with the next that begins.
    Torn { source: Source, torn: Torn },
    /// The data field, or what it holds where packets should be, is no such thing.
    NoPacket { source: Source, error: DecodeError },
    /// The insert zone, or the secondary header of a TM frame.
    InsertZone { source: Source, content: Bytes },
    /// The operational control field.
    Ocf { source: Source, ocf: [u8; 4] },
}
