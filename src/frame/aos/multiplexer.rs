use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;

use super::{AosDraft, AosHeader, AosIssue, AosParameters, Mpdu};
use crate::frame::counter::Count;
use crate::frame::packets::PacketInserter;
use crate::frame::scheduler::{Scheduler, Share};
use crate::frame::{IdleFiller, Scid, Vcid};
use crate::packet::{IdleKind, packet_len};
use crate::wire::EncodeError;

/// What is managed for each virtual channel of a [`Multiplexer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelSettings {
    /// Which channel; not 63.
    pub vcid: Vcid,
    /// What it gets of the frames.
    pub share: Share,
    /// Octets of packets that may wait, the packet in progress included.
    pub queue_limit: usize,
    /// What fills a frame that the ready packets do not fill.
    pub idle: IdleKind,
    /// Whether the frame count cycle is in use, which makes the frame count 28 bits long.
    pub cycle: bool,
}

impl ChannelSettings {
    /// Highest priority, a mebibyte of queue, encapsulation idle packets, no cycle.
    #[must_use]
    pub const fn new(vcid: Vcid) -> Self {
        Self {
            vcid,
            share: Share::of_priority(0),
            queue_limit: 1 << 20,
            idle: IdleKind::Encapsulation,
            cycle: false,
        }
    }
}

/// Why a multiplexer cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultiplexerError {
    /// Channel 63 is for idle frames.
    #[error("virtual channel 63 carries idle frames only")]
    IdleChannel,
    /// A channel is set up twice.
    #[error("virtual channel {} is set up twice", .0.value())]
    Twice(Vcid),
    /// The spacecraft identifier does not fit the link, or the data zone has no room for packets.
    #[error("{0}")]
    Encode(EncodeError),
}

/// Why a packet was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No such channel.
    #[error("virtual channel {} is not set up", .0.value())]
    NoChannel(Vcid),
    /// The octets are not exactly one packet; they would break the packet stream for the receiver.
    #[error("{len} octets that are not one packet")]
    NotAPacket {
        /// Octets handed in.
        len: usize,
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

/// Makes AOS frames of the packets of several virtual channels.
///
/// A ready packet never waits for others to fill a frame: what it leaves is filled with idle packets. Packets of one
/// channel stay in order. See the [module](crate::frame) for an example.
#[derive(Debug)]
pub struct Multiplexer {
    parameters: AosParameters,
    channels: Vec<Channel>,
    scheduler: Scheduler,
    insert_zone: Box<[u8]>,
    ocf: [u8; 4],
    idle: AosHeader,
    filler: IdleFiller,
}

#[derive(Debug)]
struct Channel {
    settings: ChannelSettings,
    header: AosHeader,
    inserter: PacketInserter,
    queue: VecDeque<Bytes>,
    /// Octets in the queue.
    waiting: usize,
}

impl Multiplexer {
    /// Frames of spacecraft `scid` for `channels`. Insert zone and operational control field are zero until set.
    ///
    /// # Errors
    /// [`MultiplexerError`] when the settings contradict each other or the link.
    pub fn new(
        parameters: AosParameters,
        scid: Scid,
        channels: &[ChannelSettings],
    ) -> Result<Self, MultiplexerError> {
        let idle = AosHeader::new(scid, Vcid::IDLE);
        idle.to_octets(parameters.settings().issue).map_err(MultiplexerError::Encode)?;
        let available = parameters.data_zone_len();
        if available <= Mpdu::HEADER_LEN {
            let required = Mpdu::HEADER_LEN + 1;
            return Err(MultiplexerError::Encode(EncodeError::Room { required, available }));
        }
        let mut made: Vec<Channel> = Vec::with_capacity(channels.len());
        for &settings in channels {
            if settings.vcid == Vcid::IDLE {
                return Err(MultiplexerError::IdleChannel);
            }
            if made.iter().any(|channel| channel.settings.vcid == settings.vcid) {
                return Err(MultiplexerError::Twice(settings.vcid));
            }
            let cycle = settings.cycle.then_some(Count::ZERO);
            made.push(Channel {
                settings,
                header: AosHeader { cycle, ..AosHeader::new(scid, settings.vcid) },
                inserter: PacketInserter::new(settings.idle),
                queue: VecDeque::new(),
                waiting: 0,
            });
        }
        let insert_zone = alloc::vec![0; parameters.insert_zone().len()].into();
        let filler = IdleFiller::new();
        let scheduler = Scheduler::new(channels.iter().map(|settings| settings.share));
        Ok(Self { parameters, channels: made, scheduler, insert_zone, ocf: [0; 4], idle, filler })
    }

    /// What the frames look like.
    #[must_use]
    pub const fn parameters(&self) -> &AosParameters {
        &self.parameters
    }

    /// Queues `packet`, which goes out after those queued before it on the same channel.
    ///
    /// A packet longer than the queue limit is taken when the queue is empty, since it could never be taken
    /// otherwise.
    ///
    /// # Errors
    /// [`Refused`]; [`Refused::Full`] is back-pressure, see [`room`](Self::room).
    pub fn enqueue(&mut self, vcid: Vcid, packet: Bytes) -> Result<(), Refused> {
        let len = packet.len();
        let named = packet_len(&packet).ok().flatten().and_then(|named| usize::try_from(named).ok());
        if named != Some(len) {
            return Err(Refused::NotAPacket { len });
        }
        let channel = self.channel_mut(vcid).ok_or(Refused::NoChannel(vcid))?;
        let room = channel.room();
        if len > room && channel.waiting > 0 {
            return Err(Refused::Full { vcid, room });
        }
        channel.waiting = channel.waiting.saturating_add(len);
        channel.queue.push_back(packet);
        Ok(())
    }

    /// Octets that the queue of `vcid` takes now; 0 when there is no such channel.
    #[must_use]
    pub fn room(&self, vcid: Vcid) -> usize {
        self.channels.iter().find(|channel| channel.settings.vcid == vcid).map_or(0, Channel::room)
    }

    /// Octets waiting on all channels, packets in progress counted in full.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.channels.iter().map(|channel| channel.waiting).sum()
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has a frame to give.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.channels.iter().any(|channel| !channel.queue.is_empty())
    }

    /// What the insert zone of the frames to come holds; shorter content leaves the rest as it was, longer is cut.
    pub fn set_insert_zone(&mut self, content: &[u8]) {
        let len = content.len().min(self.insert_zone.len());
        self.insert_zone[..len].copy_from_slice(&content[..len]);
    }

    /// What the operational control field of the frames to come holds.
    pub const fn set_ocf(&mut self, ocf: [u8; 4]) {
        self.ocf = ocf;
    }

    /// Writes the next frame to the front of `out`, which has room for one, and returns its length. `None` when no
    /// packet is ready (or `out` is too short); call it again after [`enqueue`](Self::enqueue).
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        if out.len() < self.parameters.frame_len() {
            return None;
        }
        let at = self.scheduler.next(|at| !self.channels[at].queue.is_empty())?;
        let channel = &mut self.channels[at];
        let mut draft = AosDraft::begin(&self.parameters, &channel.header, out).ok()?;
        draft.insert_zone().copy_from_slice(&self.insert_zone);
        draft.set_ocf(self.ocf);
        channel.fill(self.parameters.settings().issue, draft.data_zone()).ok()?;
        channel.header = channel.header.next();
        Some(draft.finish().len())
    }

    /// Writes an idle frame (virtual channel 63) to the front of `out`, for links that must never pause, and returns its
    /// length. `None` when `out` is too short.
    pub fn idle_frame(&mut self, out: &mut [u8]) -> Option<usize> {
        let mut draft = AosDraft::begin(&self.parameters, &self.idle, out).ok()?;
        draft.insert_zone().copy_from_slice(&self.insert_zone);
        draft.set_ocf(self.ocf);
        self.filler.fill(draft.data_zone());
        self.idle = self.idle.next();
        Some(draft.finish().len())
    }

    fn channel_mut(&mut self, vcid: Vcid) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| channel.settings.vcid == vcid)
    }
}

impl Channel {
    fn room(&self) -> usize {
        self.settings.queue_limit.saturating_sub(self.waiting)
    }

    /// Fills one M_PDU from the queue.
    fn fill(&mut self, issue: AosIssue, mpdu: &mut [u8]) -> Result<(), EncodeError> {
        let (header, packets) = Mpdu::split(mpdu)?;
        let mut zone = self.inserter.begin(packets)?;
        while let Some(packet) = self.queue.front()
            && self.inserter.insert(&mut zone, packet)
        {
            self.waiting -= packet.len();
            self.queue.pop_front();
        }
        *header = Mpdu::header(issue, self.inserter.finish(zone))?;
        Ok(())
    }
}
