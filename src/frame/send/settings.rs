use crate::frame::scheduler::Share;
use crate::frame::{MapId, SecurityLengths, Vcid};
use crate::packet::IdleKind;
use crate::wire::EncodeError;

/// What a channel carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Service {
    /// Packets, which span frames where the length of frames is fixed.
    #[default]
    Packets,
    /// Units of the user's own: one a frame in AOS and TM frames, over as many as they need in USLP frames.
    Access,
    /// Octets without boundaries: B_PDUs in AOS frames, the octet stream of variable-length USLP frames.
    Stream,
}

/// What is managed for each channel of a [`Multiplexer`](super::Multiplexer): a virtual channel or, in USLP frames, a
/// MAP of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "kebab-case"))]
pub struct ChannelSettings {
    /// Which virtual channel; not 63 in AOS and USLP frames.
    pub vcid: Vcid,
    /// Which MAP; USLP only, 0 elsewhere.
    pub map: MapId,
    /// Whether frames bypass the sequence of their channel; USLP only.
    pub expedited: bool,
    /// What it carries.
    pub service: Service,
    /// What it gets of the frames.
    pub share: Share,
    /// Octets that may wait, the unit in progress included.
    pub queue_limit: usize,
    /// What fills a frame that the ready packets do not fill.
    pub idle: IdleKind,
    /// Whether the frame count cycle is in use, which makes the frame count 28 bits long; AOS only.
    pub cycle: bool,
    /// Octets of the frame count, 0 to 7; USLP only. The same for all MAPs of a virtual channel.
    pub count_len: u8,
    /// Room for link security at the ends of the data field.
    pub security: SecurityLengths,
}

impl ChannelSettings {
    /// Packets of the highest priority: a mebibyte of queue, encapsulation idle packets, no cycle, in USLP MAP 0 with a
    /// count of four octets.
    #[must_use]
    pub const fn new(vcid: Vcid) -> Self {
        Self {
            vcid,
            map: MapId::ZERO,
            expedited: false,
            service: Service::Packets,
            share: Share::of_priority(0),
            queue_limit: 1 << 20,
            idle: IdleKind::Encapsulation,
            cycle: false,
            count_len: 4,
            security: SecurityLengths { header: 0, trailer: 0 },
        }
    }
}

impl Default for ChannelSettings {
    /// Virtual channel 0.
    fn default() -> Self {
        Self::new(Vcid::ZERO)
    }
}

/// Why a multiplexer cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultiplexerError {
    /// There is no channel.
    #[error("no virtual channel is set up")]
    NoChannel,
    /// A channel is set up twice.
    #[error("virtual channel {} map {} is set up twice", .vcid.value(), .map.value())]
    Twice {
        /// Which virtual channel.
        vcid: Vcid,
        /// Which MAP.
        map: MapId,
    },
    /// A channel does not fit the format, or its frames have no room for data.
    #[error("virtual channel {}: {error}", .vcid.value())]
    Channel {
        /// Which virtual channel.
        vcid: Vcid,
        /// What does not fit.
        error: EncodeError,
    },
}

/// Why a unit was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No such channel.
    #[error("virtual channel {} map {} is not set up", .vcid.value(), .map.value())]
    NoChannel {
        /// Which virtual channel.
        vcid: Vcid,
        /// Which MAP.
        map: MapId,
    },
    /// The octets are not exactly one packet; they would break the packet stream for the receiver.
    #[error("{len} octets that are not one packet")]
    NotAPacket {
        /// Octets handed in.
        len: usize,
    },
    /// A unit of a length that no frame can carry, or an empty one.
    #[error("unit of {len} octets, {most} are the most and {least} the least")]
    UnitLen {
        /// Octets handed in.
        len: usize,
        /// The least that is taken.
        least: usize,
        /// The most that is taken.
        most: usize,
    },
    /// The queue has no room now; try again after frames have gone out.
    #[error("queue of virtual channel {} has room for {room} octets", .vcid.value())]
    Full {
        /// The channel.
        vcid: Vcid,
        /// Octets it could still take.
        room: usize,
    },
}
