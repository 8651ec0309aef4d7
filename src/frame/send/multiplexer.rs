use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;

use super::lane::Lane;
use super::{
    ChannelSettings, FrameOf, Load, MultiplexerError, Protect, Refused, SendFormat, Service, UnitLen,
};
use crate::frame::scheduler::Scheduler;
use crate::frame::{IdleFiller, MapId, Scid, Vcid};
use crate::packet::packet_len;
use crate::wire::EncodeError;

/// Makes frames of what the channels of one spacecraft have to send.
///
/// A ready packet never waits for others to fill a frame: what it leaves is filled with idle packets. Units of one
/// channel stay in order. See the [module above](crate::frame) for an example.
#[derive(Debug)]
pub struct Multiplexer<F> {
    format: F,
    scid: Scid,
    lanes: Vec<Lane>,
    scheduler: Scheduler,
    /// Frames made of each virtual channel, sequence-controlled and expedited ones apart.
    counts: [[u64; 2]; 64],
    master_count: u64,
    insert_zone: Vec<u8>,
    ocf: Option<[u8; 4]>,
    filler: IdleFiller,
}

impl<F: SendFormat> Multiplexer<F> {
    /// Frames of spacecraft `scid` for `channels`. Insert zone (or TM secondary header) and operational control field are
    /// zero until they are set; where the format leaves them to each frame, there are none until then.
    ///
    /// # Errors
    /// [`MultiplexerError`] when the settings contradict each other or the format.
    pub fn new(format: F, scid: Scid, channels: &[ChannelSettings]) -> Result<Self, MultiplexerError> {
        if channels.is_empty() {
            return Err(MultiplexerError::NoChannel);
        }
        let insert_zone_len = format.insert_zone_len().unwrap_or(0);
        let ocf = format.has_ocf().unwrap_or(false).then_some([0; 4]);
        let multiplexer = Self {
            format,
            scid,
            lanes: channels.iter().copied().map(Lane::new).collect(),
            scheduler: Scheduler::new(channels.iter().map(|settings| settings.share)),
            counts: [[0; 2]; 64],
            master_count: 0,
            insert_zone: vec![0; insert_zone_len],
            ocf,
            filler: IdleFiller::new(),
        };
        for (at, settings) in channels.iter().enumerate() {
            let ChannelSettings { vcid, map, expedited, .. } = *settings;
            let same =
                |other: &ChannelSettings| (other.vcid, other.map, other.expedited) == (vcid, map, expedited);
            if channels[..at].iter().any(same) {
                return Err(MultiplexerError::Twice { vcid, map });
            }
            let fits = multiplexer.format.unit_len(&multiplexer.frame_of(settings));
            fits.map_err(|error| MultiplexerError::Channel { vcid, error })?;
        }
        Ok(multiplexer)
    }

    /// What the frames look like.
    #[must_use]
    pub const fn format(&self) -> &F {
        &self.format
    }

    /// Queues `unit` on the first channel set up for `vcid`, behind those queued before it. As
    /// [`enqueue_on`](Self::enqueue_on).
    ///
    /// # Errors
    /// [`Refused`]; [`Refused::Full`] is back-pressure, see [`room`](Self::room).
    pub fn enqueue(&mut self, vcid: Vcid, unit: Bytes) -> Result<(), Refused> {
        let at = self.lanes.iter().position(|lane| lane.settings.vcid == vcid);
        self.take(at.ok_or(Refused::NoChannel { vcid, map: MapId::ZERO })?, unit)
    }

    /// Queues `unit` on a MAP of a virtual channel, behind those queued before it.
    ///
    /// A unit longer than the queue limit is taken when the queue is empty, since it could never be taken otherwise.
    ///
    /// # Errors
    /// [`Refused`]; [`Refused::Full`] is back-pressure.
    pub fn enqueue_on(
        &mut self,
        vcid: Vcid,
        map: MapId,
        expedited: bool,
        unit: Bytes,
    ) -> Result<(), Refused> {
        let wanted = |lane: &Lane| {
            let settings = &lane.settings;
            (settings.vcid, settings.map, settings.expedited) == (vcid, map, expedited)
        };
        let at = self.lanes.iter().position(wanted);
        self.take(at.ok_or(Refused::NoChannel { vcid, map })?, unit)
    }

    /// Octets that the queue of the first channel set up for `vcid` takes now; 0 when there is none.
    #[must_use]
    pub fn room(&self, vcid: Vcid) -> usize {
        self.lanes.iter().find(|lane| lane.settings.vcid == vcid).map_or(0, Lane::room)
    }

    /// Octets waiting on all channels, units in progress counted in full.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lanes.iter().map(|lane| lane.waiting).sum()
    }

    /// Octets of user data that one frame of the first channel set up for `vcid` carries; 0 when there is none.
    #[must_use]
    pub fn zone_len(&self, vcid: Vcid) -> usize {
        let lane = self.lanes.iter().find(|lane| lane.settings.vcid == vcid);
        lane.and_then(|lane| self.format.unit_len(&self.frame_of(&lane.settings)).ok())
            .map_or(0, UnitLen::per_frame)
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has a frame to give.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.queue.is_empty())
    }

    /// What the insert zone (or TM secondary header) of the frames to come holds. Where its length is managed, shorter
    /// content leaves the rest as it was and longer is cut; else it is as long as `content`, and none when that is empty.
    ///
    /// # Errors
    /// [`EncodeError`] when frames would have no room for data; nothing has changed then.
    pub fn set_insert_zone(&mut self, content: &[u8]) -> Result<(), EncodeError> {
        if self.format.insert_zone_len().is_none() {
            let before = core::mem::replace(&mut self.insert_zone, content.to_vec());
            return self.check().inspect_err(|_| self.insert_zone = before);
        }
        let len = content.len().min(self.insert_zone.len());
        self.insert_zone[..len].copy_from_slice(&content[..len]);
        Ok(())
    }

    /// What the operational control field of the frames to come holds. Does nothing on a link without one; where each frame
    /// says whether it has one, those to come do.
    ///
    /// # Errors
    /// [`EncodeError`] when frames would have no room for data; nothing has changed then.
    pub fn set_ocf(&mut self, ocf: [u8; 4]) -> Result<(), EncodeError> {
        if self.ocf.is_some() || self.format.has_ocf().is_none() {
            let before = self.ocf.replace(ocf);
            return self.check().inspect_err(|_| self.ocf = before);
        }
        Ok(())
    }

    /// Whether every channel has room for data.
    fn check(&self) -> Result<(), EncodeError> {
        self.lanes
            .iter()
            .try_for_each(|lane| self.format.unit_len(&self.frame_of(&lane.settings)).map(|_| ()))
    }

    /// Writes the next frame to the front of `out`, which has room for the longest, and returns its length. `None` when
    /// nothing is ready (or `out` is too short); call it again after [`enqueue`](Self::enqueue).
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        self.poll_transmit_with(out, &mut |_, _| {})
    }

    /// The same with link security: `protect` is given the data field of the frame, the room of header and trailer zero,
    /// before the check sequence is computed.
    pub fn poll_transmit_with(&mut self, out: &mut [u8], protect: Protect<'_>) -> Option<usize> {
        if out.len() < self.format.frame_len() {
            return None;
        }
        let at = self.scheduler.next(|at| !self.lanes[at].queue.is_empty())?;
        self.write(at, protect, out)
    }

    /// Writes an idle frame to the front of `out`, for links that must never pause, and returns its length. `None` when
    /// `out` is too short. Where the format has no channel of its own for them, idle frames go on the first channel whose
    /// packets they do not tear; where all are in the middle of one, a frame with the rest of it is written instead.
    pub fn idle_frame(&mut self, out: &mut [u8]) -> Option<usize> {
        let channel = match self.format.idle_channel() {
            Some(vcid) => ChannelSettings::new(vcid),
            None => match self.lanes.iter().find(|lane| lane.is_at_boundary()) {
                Some(lane) => lane.settings,
                None => return self.write(0, &mut |_, _| {}, out),
            },
        };
        let Self { format, scid, counts, master_count, insert_zone, ocf, filler, .. } = self;
        let of = frame_of(*scid, &channel, counts, *master_count, insert_zone, *ocf);
        let len = format.write_idle(&of, filler, out).ok()?;
        self.count(&channel);
        Some(len)
    }

    /// Writes the next frame of the channel `at`.
    fn write(&mut self, at: usize, protect: Protect<'_>, out: &mut [u8]) -> Option<usize> {
        let channel = self.lanes[at].settings;
        let Self { format, scid, lanes, counts, master_count, insert_zone, ocf, .. } = self;
        let of = frame_of(*scid, &channel, counts, *master_count, insert_zone, *ocf);
        let len = format.write(&of, &mut Load(&mut lanes[at]), protect, out).ok()?;
        self.count(&channel);
        Some(len)
    }

    fn count(&mut self, channel: &ChannelSettings) {
        let count = &mut self.counts[channel.vcid.index()][usize::from(channel.expedited)];
        *count = count.wrapping_add(1);
        self.master_count = self.master_count.wrapping_add(1);
    }

    fn frame_of<'a>(&'a self, channel: &'a ChannelSettings) -> FrameOf<'a> {
        frame_of(self.scid, channel, &self.counts, self.master_count, &self.insert_zone, self.ocf)
    }

    fn take(&mut self, at: usize, unit: Bytes) -> Result<(), Refused> {
        let settings = &self.lanes[at].settings;
        let len = unit.len();
        if settings.service == Service::Packets {
            let named = packet_len(&unit).ok().flatten().and_then(|named| usize::try_from(named).ok());
            if named != Some(len) {
                return Err(Refused::NotAPacket { len });
            }
        }
        let (least, most) = match self.format.unit_len(&self.frame_of(settings)) {
            Ok(UnitLen::Exactly(len)) => (len, len),
            Ok(UnitLen::Any(_)) => (1, usize::MAX),
            // Checked when the channel was set up.
            Err(_) => (0, 0),
        };
        if !(least..=most).contains(&len) {
            return Err(Refused::UnitLen { len, least, most });
        }
        let lane = &mut self.lanes[at];
        let room = lane.room();
        if len > room && lane.waiting > 0 {
            return Err(Refused::Full { vcid: lane.settings.vcid, room });
        }
        lane.waiting = lane.waiting.saturating_add(len);
        lane.queue.push_back(unit);
        Ok(())
    }
}

fn frame_of<'a>(
    scid: Scid,
    channel: &'a ChannelSettings,
    counts: &[[u64; 2]; 64],
    master_count: u64,
    insert_zone: &'a [u8],
    ocf: Option<[u8; 4]>,
) -> FrameOf<'a> {
    let count = counts[channel.vcid.index()][usize::from(channel.expedited)];
    FrameOf { scid, channel, count, master_count, insert_zone, ocf }
}
