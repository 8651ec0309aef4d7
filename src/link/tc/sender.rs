use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};

use super::settings::data_len;
use super::{ChannelError, TcChannelSettings, TcLinkError, TcLinkSettings};
use crate::coding::cltu::CltuEncoder;
use crate::cop::{AlertCode, Directive, Fop, FopEvent, FopFrame, FopTransmit, Rejected, RequestId};
use crate::frame::scheduler::Scheduler;
use crate::frame::tc::{Segment, Segments, TcFrame, TcHeader, TcKind, TcParameters};
use crate::frame::{Clcw, MapId, Scid, Vcid};
use crate::time::Instant;
use crate::wire::Encode;

/// The ground end of a telecommand link.
///
/// Drive it as any [machine](crate::machine). [`poll_transmit`](Self::poll_transmit) gives CLTUs of one frame each.
#[derive(Debug)]
pub struct TcSender {
    scid: Scid,
    frames: TcParameters,
    max_cltu_len: usize,
    encoder: CltuEncoder,
    scheduler: Scheduler,
    channels: Vec<Channel>,
    frame: Vec<u8>,
    last_unit: u64,
    events: VecDeque<TcSenderEvent>,
    counters: TcSenderCounters,
}

#[derive(Debug)]
struct Channel {
    settings: TcChannelSettings,
    data_len: usize,
    fop: Fop<Bytes>,
    /// Data fields not handed to FOP-1 yet: sequence-controlled and expedited.
    queued: VecDeque<Queued>,
    expedited: VecDeque<Queued>,
    /// Frames with FOP-1, in the order of requests.
    open: VecDeque<(RequestId, UnitId, bool)>,
}

#[derive(Debug)]
struct Queued {
    unit: UnitId,
    last: bool,
    data: Bytes,
}

/// By which service a unit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceType {
    /// AD: once, in order, and confirmed.
    SequenceControlled,
    /// BD: at once, with no promise.
    Expedited,
}

/// Names a unit, in the order of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(u64);

/// Why a unit was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The channel is not set up.
    #[error(transparent)]
    Channel(#[from] UnknownChannel),
    /// There is nothing in it.
    #[error("TC link: empty unit")]
    Empty,
    /// It does not fit in a frame, and the channel has no segments.
    #[error("TC link: unit of {len} octets on a channel without segments, {most} at most")]
    TooLong {
        /// Octets of the unit.
        len: usize,
        /// Octets that fit.
        most: usize,
    },
    /// The queue of the channel has no room for its frames.
    #[error("TC link: {required} frames to queue, room for {available}")]
    QueueFull {
        /// Frames of the unit.
        required: usize,
        /// Frames there is room for.
        available: usize,
    },
}

/// A channel that is not set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TC link: channel {} is not set up", .0.value())]
pub struct UnknownChannel(pub Vcid);

/// A CLTU to send now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcSent {
    /// Its octets.
    pub len: usize,
    /// The channel of the frame in it.
    pub vcid: Vcid,
    /// What frame it is.
    pub kind: TcKind,
    /// Whether the frame was sent before.
    pub again: bool,
}

/// What the user is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcSenderEvent {
    /// The spacecraft has accepted all of a sequence-controlled unit.
    Confirmed {
        /// Its channel.
        vcid: Vcid,
        /// Which unit.
        unit: UnitId,
    },
    /// The AD service ended while a unit was on its way: the spacecraft may have all of it, part, or nothing.
    NotConfirmed {
        /// Its channel.
        vcid: Vcid,
        /// Which unit.
        unit: UnitId,
    },
    /// A directive was executed.
    DirectiveConfirmed {
        /// The channel.
        vcid: Vcid,
        /// Which directive.
        directive: Directive,
    },
    /// An initiation failed.
    DirectiveNotConfirmed {
        /// The channel.
        vcid: Vcid,
        /// Which directive.
        directive: Directive,
    },
    /// The AD service of a channel ended. Units that were not begun stay queued.
    Alert {
        /// The channel.
        vcid: Vcid,
        /// Why.
        code: AlertCode,
    },
    /// The AD service of a channel is suspended.
    Suspended {
        /// The channel.
        vcid: Vcid,
    },
}

impl TcSenderEvent {
    /// Whether it says that the spacecraft has `unit`.
    #[must_use]
    pub fn confirms(&self, unit: UnitId) -> bool {
        matches!(self, Self::Confirmed { unit: confirmed, .. } if *confirmed == unit)
    }
}

/// Figures since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcSenderCounters {
    /// CLTUs made, each of one frame.
    pub frames_sent: u64,
    /// Of these, frames that had been sent before.
    pub frames_sent_again: u64,
    /// CLCWs taken.
    pub clcws: u64,
    /// Units confirmed.
    pub units_confirmed: u64,
    /// Units not confirmed.
    pub units_not_confirmed: u64,
}

impl TcSender {
    /// A sender with no AD service yet: give each channel an initiating [`directive`](Self::directive).
    ///
    /// # Errors
    /// [`TcLinkError`]
    pub fn new(settings: &TcLinkSettings) -> Result<Self, TcLinkError> {
        let frames = settings.check()?;
        let channel = |channel: &TcChannelSettings| {
            let vcid = channel.vcid;
            Ok(Channel {
                data_len: data_len(&frames, channel),
                fop: Fop::new(channel.fop)
                    .map_err(|error| TcLinkError::Channel { vcid, error: ChannelError::Fop(error) })?,
                settings: channel.clone(),
                queued: VecDeque::new(),
                expedited: VecDeque::new(),
                open: VecDeque::new(),
            })
        };
        let max_frame_len = settings.frame.max_frame_len;
        Ok(Self {
            scid: settings.scid,
            frames,
            max_cltu_len: settings.coding.cltu_len(max_frame_len),
            encoder: CltuEncoder::new(settings.coding),
            scheduler: Scheduler::new(settings.channels.iter().map(|channel| channel.share)),
            channels: settings.channels.iter().map(channel).collect::<Result<_, TcLinkError>>()?,
            frame: vec![0; max_frame_len],
            last_unit: 0,
            events: VecDeque::new(),
            counters: TcSenderCounters::default(),
        })
    }

    /// Octets of the longest CLTU.
    #[must_use]
    pub const fn max_cltu_len(&self) -> usize {
        self.max_cltu_len
    }

    /// Queues a unit for `map` of a channel; `map` does not matter on channels without segment headers. It goes out
    /// as soon as there is AD service, or at once by the expedited service.
    ///
    /// # Errors
    /// [`SendError`]
    pub fn send(
        &mut self,
        now: Instant,
        vcid: Vcid,
        map: MapId,
        service: ServiceType,
        unit: Bytes,
    ) -> Result<UnitId, SendError> {
        let channel = channel_mut(&mut self.channels, vcid)?;
        let id = UnitId(self.last_unit);
        channel.queue(id, map, service, unit)?;
        self.last_unit += 1;
        self.advance(now);
        Ok(id)
    }

    /// Frames of units that FOP-1 has not taken yet.
    ///
    /// # Errors
    /// [`UnknownChannel`]
    pub fn queued(&self, vcid: Vcid) -> Result<usize, UnknownChannel> {
        let channel = self.channels.iter().find(|channel| channel.settings.vcid == vcid);
        channel.map(|channel| channel.queued.len() + channel.expedited.len()).ok_or(UnknownChannel(vcid))
    }

    /// The FOP-1 of a channel, to look at.
    ///
    /// # Errors
    /// [`UnknownChannel`]
    pub fn fop(&self, vcid: Vcid) -> Result<&Fop<Bytes>, UnknownChannel> {
        let channel = self.channels.iter().find(|channel| channel.settings.vcid == vcid);
        channel.map(|channel| &channel.fop).ok_or(UnknownChannel(vcid))
    }

    /// Gives a directive to the FOP-1 of a channel.
    ///
    /// # Errors
    /// [`DirectiveError`]
    pub fn directive(
        &mut self,
        now: Instant,
        vcid: Vcid,
        directive: Directive,
    ) -> Result<(), DirectiveError> {
        channel_mut(&mut self.channels, vcid)?.fop.directive(now, directive)?;
        self.advance(now);
        Ok(())
    }

    /// Takes a CLCW, of frames in the order in which they were sent (see [`ClcwReader`](super::ClcwReader)).
    ///
    /// # Errors
    /// [`UnknownChannel`]
    pub fn handle_clcw(&mut self, now: Instant, clcw: Clcw) -> Result<(), UnknownChannel> {
        channel_mut(&mut self.channels, clcw.vcid)?.fop.handle_report(now, clcw.into());
        self.counters.clcws += 1;
        self.advance(now);
        Ok(())
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.channels.iter_mut().for_each(|channel| channel.fop.handle_timeout(now));
        self.advance(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.channels.iter().filter_map(|channel| channel.fop.poll_timeout()).min()
    }

    /// Writes the next CLTU to the front of `out`, which holds [`max_cltu_len`](Self::max_cltu_len) octets.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut [u8]) -> Option<TcSent> {
        if out.len() < self.max_cltu_len() {
            return None;
        }
        let Self { channels, scheduler, .. } = self;
        let at = scheduler.next(|at| channels[at].fop.has_transmit())?;
        let vcid = channels[at].settings.vcid;
        let FopTransmit { frame, again } = channels[at].fop.poll_transmit(now)?;
        let mut command = [0; 3];
        let (kind, data) = match &frame {
            FopFrame::Ad { ns, fdu } => (TcKind::Ad { ns: *ns }, &fdu[..]),
            FopFrame::Bd { fdu } => (TcKind::Bd, &fdu[..]),
            FopFrame::Bc(ordered) => {
                let len = ordered.encode(&mut command).ok()?;
                (TcKind::Bc, &command[..len])
            }
        };
        let header = TcHeader { scid: self.scid, vcid, kind };
        let encoded = TcFrame { header, data }.encode(&self.frames, &mut self.frame);
        let encoded = encoded.and_then(|len| self.encoder.encode(&self.frame[..len], out));
        let Ok(len) = encoded else {
            // Data fields were measured when they were queued, and all else when the settings were checked.
            self.channels[at].fop.lower_procedures_failed(now, &frame);
            self.advance(now);
            return None;
        };
        self.counters.frames_sent += 1;
        self.counters.frames_sent_again += u64::from(again);
        self.advance(now);
        Some(TcSent { len, vcid, kind, again })
    }

    /// What happened since the last call.
    pub fn poll_event(&mut self) -> Option<TcSenderEvent> {
        self.events.pop_front()
    }

    /// Figures since the start.
    #[must_use]
    pub const fn counters(&self) -> TcSenderCounters {
        self.counters
    }

    /// The spacecraft commands go to.
    #[must_use]
    pub const fn scid(&self) -> Scid {
        self.scid
    }

    /// Feeds every FOP-1 and hears what it says.
    fn advance(&mut self, now: Instant) {
        for channel in &mut self.channels {
            channel.advance(now, &mut self.events, &mut self.counters);
        }
    }
}

/// Why a directive was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveError {
    /// The channel is not set up.
    #[error(transparent)]
    Channel(#[from] UnknownChannel),
    /// FOP-1 says no.
    #[error(transparent)]
    Rejected(#[from] Rejected),
}

impl Channel {
    fn queue(
        &mut self,
        unit: UnitId,
        map: MapId,
        service: ServiceType,
        octets: Bytes,
    ) -> Result<(), SendError> {
        let &TcChannelSettings { segment_headers, max_queued, .. } = &self.settings;
        let (len, most) = (octets.len(), self.data_len);
        if octets.is_empty() {
            return Err(SendError::Empty);
        }
        if !segment_headers && len > most {
            return Err(SendError::TooLong { len, most });
        }
        let required = len.div_ceil(most);
        let available = max_queued.saturating_sub(self.queued.len() + self.expedited.len());
        if required > available {
            return Err(SendError::QueueFull { required, available });
        }
        let queue = match service {
            ServiceType::SequenceControlled => &mut self.queued,
            ServiceType::Expedited => &mut self.expedited,
        };
        if !segment_headers {
            queue.push_back(Queued { unit, last: true, data: octets });
            return Ok(());
        }
        for (number, Segment { flags, map, data }) in Segments::new(map, &octets, most).enumerate() {
            let mut field = BytesMut::with_capacity(Segment::HEADER_LEN + data.len());
            field.extend_from_slice(&[Segment::header(flags, map)]);
            field.extend_from_slice(data);
            queue.push_back(Queued { unit, last: number + 1 == required, data: field.freeze() });
        }
        Ok(())
    }

    fn advance(
        &mut self,
        now: Instant,
        events: &mut VecDeque<TcSenderEvent>,
        counters: &mut TcSenderCounters,
    ) {
        loop {
            self.hear(events, counters);
            if self.fop.is_hungry()
                && let Some(Queued { unit, last, data }) = self.queued.pop_front()
            {
                if let Ok(request) = self.fop.transfer_ad(now, data) {
                    self.open.push_back((request, unit, last));
                }
            } else if !self.fop.is_bd_busy()
                && let Some(Queued { data, .. }) = self.expedited.pop_front()
            {
                // Nothing rejects it: there is no BD frame before it, and BD bypasses all states.
                let _ = self.fop.transfer_bd(now, data);
            } else {
                return;
            }
        }
    }

    fn hear(&mut self, events: &mut VecDeque<TcSenderEvent>, counters: &mut TcSenderCounters) {
        let vcid = self.settings.vcid;
        while let Some(event) = self.fop.poll_event() {
            match event {
                FopEvent::Accepted(_) => {}
                FopEvent::Confirmed(request) => {
                    if let Some((_, unit, last)) = self.close(request)
                        && last
                    {
                        counters.units_confirmed += 1;
                        events.push_back(TcSenderEvent::Confirmed { vcid, unit });
                    }
                }
                FopEvent::NotConfirmed(request) | FopEvent::Rejected(request) => {
                    if let Some((_, unit, _)) = self.close(request) {
                        // The other frames of the unit are of no use now.
                        self.open.retain(|(_, open, _)| *open != unit);
                        self.queued.retain(|queued| queued.unit != unit);
                        counters.units_not_confirmed += 1;
                        events.push_back(TcSenderEvent::NotConfirmed { vcid, unit });
                    }
                }
                FopEvent::DirectiveConfirmed(directive) => {
                    events.push_back(TcSenderEvent::DirectiveConfirmed { vcid, directive });
                }
                FopEvent::DirectiveNotConfirmed(directive) => {
                    events.push_back(TcSenderEvent::DirectiveNotConfirmed { vcid, directive });
                }
                FopEvent::Alert(code) => events.push_back(TcSenderEvent::Alert { vcid, code }),
                FopEvent::Suspended => events.push_back(TcSenderEvent::Suspended { vcid }),
            }
        }
    }

    /// Takes a request off the open ones.
    fn close(&mut self, request: RequestId) -> Option<(RequestId, UnitId, bool)> {
        let at = self.open.iter().position(|(open, ..)| *open == request)?;
        self.open.remove(at)
    }
}

fn channel_mut(channels: &mut [Channel], vcid: Vcid) -> Result<&mut Channel, UnknownChannel> {
    channels.iter_mut().find(|channel| channel.settings.vcid == vcid).ok_or(UnknownChannel(vcid))
}
