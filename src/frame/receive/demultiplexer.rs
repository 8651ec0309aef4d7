use alloc::boxed::Box;
use alloc::collections::VecDeque;
use bytes::BytesMut;

use super::lane::Lane;
use super::{Content, Event, Format, FrameCount, Opened, Seen, Service, Source};
use crate::frame::counter::{Step, ahead};
use crate::frame::packets::FirstHeader;
use crate::frame::{Scid, SecurityLengths, Vcid};
use crate::wire::DecodeError;

/// What is managed at the receiving end besides the form of the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DemultiplexerSettings {
    /// Octets of the longest packet or unit that is put together; longer ones are skipped and reported.
    pub max_packet_len: u32,
    /// Whether idle packets are reported as packets; they are counted in any case.
    pub idle_packets: bool,
    /// Whether an operational control field that is the same as the one before is reported again.
    pub repeat_ocf: bool,
}

impl Default for DemultiplexerSettings {
    /// Packets of up to 16 MiB; idle packets and repeated fields kept back.
    fn default() -> Self {
        Self { max_packet_len: 16 << 20, idle_packets: false, repeat_ocf: false }
    }
}

/// Why a frame was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameRefused {
    /// It is no good frame of this link.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// It comes from another spacecraft.
    #[error("frame of spacecraft {}", .0.0)]
    Foreign(Scid),
}

/// A frame that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<H> {
    /// Its primary header.
    pub header: H,
    /// Symbols of the header that were repaired.
    pub header_repaired: u8,
    /// How its count goes on from the frame before on this channel; `None` for the first, and for frames without a
    /// count.
    pub step: Option<Step>,
}

/// Counts of one virtual channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChannelCounters {
    /// Good frames, duplicates included.
    pub frames: u64,
    /// Times that frames were missing.
    pub gaps: u64,
    /// Frames missing.
    pub missing: u64,
    /// Frames that came twice.
    pub duplicates: u64,
    /// Frames that counted back.
    pub back: u64,
    /// Whole packets, idle ones not included.
    pub packets: u64,
    /// Idle packets.
    pub idle_packets: u64,
    /// Times that octets of packets or units were given up.
    pub broken: u64,
}

/// Counts of a whole link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counters {
    /// Frames handed in, good or bad.
    pub frames: u64,
    /// Frames whose length, version or check sequence was wrong.
    pub bad: u64,
    /// Good frames of another spacecraft.
    pub foreign: u64,
    /// Idle frames.
    pub idle: u64,
    /// Frames whose header was repaired.
    pub repaired: u64,
    /// Frames missing by the master channel count, on whatever channel; TM only.
    pub master_missing: u64,
}

/// Takes the frames of one spacecraft apart: packets of every virtual channel, and what was lost.
///
/// [`process`](Self::process) hands everything on in place, without a copy or an allocation for a frame;
/// [`handle_frame`](Self::handle_frame) and [`poll_event`](Self::poll_event) are the same with the octets in hand.
/// See the [module above](crate::frame) for an example.
#[derive(Debug)]
pub struct Demultiplexer<F> {
    format: F,
    scid: Scid,
    settings: DemultiplexerSettings,
    channels: [Option<Box<Channel>>; 64],
    managed: [(Service, SecurityLengths); 64],
    last_ocf: Option<[u8; 4]>,
    last_master: Option<u8>,
    counters: Counters,
    events: VecDeque<Event>,
    /// Where the octets of events lie; its memory is used again once they are dropped.
    arena: BytesMut,
}

#[derive(Debug, Default)]
struct Channel {
    counters: ChannelCounters,
    /// Sequence-controlled and expedited frames, which are counted apart.
    sides: [Side; 2],
}

#[derive(Debug, Default)]
struct Side {
    /// Counts of the frame before, of the channel and of the master channel.
    last: Option<(FrameCount, Option<u8>)>,
    /// What is in progress, by MAP.
    lanes: [Option<Box<Lane>>; 16],
}

impl<F: Format> Demultiplexer<F> {
    /// Receives frames of spacecraft `scid`; all channels carry packets, as far as their frames do not say otherwise,
    /// without link security.
    #[must_use]
    pub fn new(format: F, scid: Scid, settings: DemultiplexerSettings) -> Self {
        Self {
            format,
            scid,
            settings,
            channels: [const { None }; 64],
            managed: [(Service::Packets, SecurityLengths { header: 0, trailer: 0 }); 64],
            last_ocf: None,
            last_master: None,
            counters: Counters::default(),
            events: VecDeque::new(),
            arena: BytesMut::new(),
        }
    }

    /// What the frames look like.
    #[must_use]
    pub const fn format(&self) -> &F {
        &self.format
    }

    /// Says what `vcid` carries, where its frames do not.
    pub const fn set_service(&mut self, vcid: Vcid, service: Service) {
        self.managed[vcid.index()].0 = service;
    }

    /// Says how much room link security takes on `vcid`.
    pub const fn set_security(&mut self, vcid: Vcid, security: SecurityLengths) {
        self.managed[vcid.index()].1 = security;
    }

    /// Counts of the whole link.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Counts of one channel; all zero when it was never heard of.
    #[must_use]
    pub fn channel_counters(&self, vcid: Vcid) -> ChannelCounters {
        self.channels[vcid.index()].as_ref().map_or_else(ChannelCounters::default, |channel| channel.counters)
    }

    /// The channels heard of.
    pub fn channels(&self) -> impl Iterator<Item = Vcid> {
        (0..64u8).filter_map(Vcid::new).filter(|vcid| self.channels[vcid.index()].is_some())
    }

    /// Frames were lost, nobody knows on which channel: gives up every packet in progress. The frame counts would tell
    /// too, but for a loss of a whole turn of the count.
    pub fn interrupt(&mut self) {
        for channel in self.channels.iter_mut().flatten() {
            let Channel { counters, sides } = &mut **channel;
            for lane in sides.iter_mut().flat_map(|side| &mut side.lanes).flatten() {
                lane.interrupt(counters, |_| {});
            }
        }
    }

    /// Takes `frame`, all octets from its header to its last, and keeps what it brought for
    /// [`poll_event`](Self::poll_event).
    ///
    /// # Errors
    /// [`FrameRefused`]: nothing of the frame was used.
    pub fn handle_frame(&mut self, frame: &[u8]) -> Result<Received<F::Header>, FrameRefused> {
        let mut events = core::mem::take(&mut self.events);
        let mut arena = core::mem::take(&mut self.arena);
        let outcome = self.process(frame, |source, seen| {
            events.push_back(seen.keep(source, |octets| {
                arena.extend_from_slice(octets);
                arena.split().freeze()
            }));
        });
        self.events = events;
        self.arena = arena;
        outcome
    }

    /// What frames brought, in order. Call it after every [`handle_frame`](Self::handle_frame) until it says `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Takes `frame`, all octets from its header to its last, and hands what it brought to `sink` in order.
    ///
    /// # Errors
    /// [`FrameRefused`]: nothing of the frame was used.
    pub fn process(
        &mut self,
        frame: &[u8],
        sink: impl FnMut(Source, Seen<'_>),
    ) -> Result<Received<F::Header>, FrameRefused> {
        match self.format.open(frame) {
            Ok(opened) => self.accept(opened, sink),
            Err(error) => {
                self.counters.frames += 1;
                self.counters.bad += 1;
                Err(error.into())
            }
        }
    }

    /// Takes a frame that was opened before, perhaps with its data field replaced by what that stands for, and hands
    /// what it brought to `sink` in order.
    ///
    /// # Errors
    /// [`FrameRefused::Foreign`]: nothing of the frame was used.
    pub fn accept(
        &mut self,
        frame: Opened<'_, F::Header>,
        mut sink: impl FnMut(Source, Seen<'_>),
    ) -> Result<Received<F::Header>, FrameRefused> {
        self.counters.frames += 1;
        if frame.scid != self.scid {
            self.counters.foreign += 1;
            return Err(FrameRefused::Foreign(frame.scid));
        }
        let Opened { header, header_repaired, vcid, map, expedited, count, master_count, .. } = frame;
        self.counters.repaired += u64::from(header_repaired > 0);
        let source = Source { vcid, map, expedited };
        let mut sink = |seen: Seen<'_>| sink(source, seen);
        let channel = self.channels[vcid.index()].get_or_insert_default();
        let Channel { counters, sides } = &mut **channel;
        let side = &mut sides[usize::from(expedited)];
        let step = side.step(count, master_count);
        let received = Received { header, header_repaired, step };
        counters.frames += 1;
        match step {
            None | Some(Step::Next) => {}
            Some(Step::Duplicate) => {
                counters.duplicates += 1;
                sink(Seen::Duplicate);
                return Ok(received);
            }
            Some(Step::Gap { missing }) => {
                counters.gaps += 1;
                counters.missing += missing;
                sink(Seen::Gap { missing });
            }
            Some(Step::Back { by }) => {
                counters.back += 1;
                sink(Seen::Back { by });
            }
        }
        if let (Some(now), Some(last)) = (master_count, self.last_master) {
            self.counters.master_missing += ahead(8, last.into(), now.into()).saturating_sub(1);
        }
        self.last_master = master_count.or(self.last_master);
        if step.is_some_and(|step| step != Step::Next) {
            // Nobody knows on which MAP the missing frames were.
            side.lanes.iter_mut().flatten().for_each(|lane| lane.interrupt(counters, &mut sink));
        }
        if !frame.insert_zone.is_empty() {
            sink(Seen::InsertZone(frame.insert_zone));
        }
        if let Some(ocf) = frame.ocf
            && (self.settings.repeat_ocf || self.last_ocf.replace(ocf) != Some(ocf))
        {
            sink(Seen::Ocf(ocf));
        }
        let (service, security) = self.managed[vcid.index()];
        let content = security
            .inner("frame data field", frame.field)
            .and_then(|inner| self.format.content(&header, service, inner));
        let at = map.map_or(0, |map| usize::from(map.value()) % side.lanes.len());
        let limit = self.settings.max_packet_len;
        let lane = side.lanes[at].get_or_insert_with(|| Box::new(Lane::new(limit)));
        match content {
            Ok(content) => {
                let idle =
                    matches!(content, Content::Idle | Content::Packets { first: FirstHeader::IdleOnly, .. });
                self.counters.idle += u64::from(idle);
                lane.take(content, counters, self.settings.idle_packets, sink);
            }
            Err(error) => {
                counters.broken += 1;
                sink(Seen::NoPacket(error));
                lane.interrupt(counters, sink);
            }
        }
        Ok(received)
    }
}

impl Side {
    /// How the counts go on from the frame before.
    ///
    /// The same count once more with another count of the master channel is no duplicate: a whole turn of frames is
    /// missing, or the sender does not count.
    fn step(&mut self, count: Option<FrameCount>, master: Option<u8>) -> Option<Step> {
        let count = count?;
        let (last, last_master) = self.last.replace((count, master))?;
        match count.step_from(last) {
            Step::Duplicate if master != last_master => Some(Step::Gap { missing: (1 << count.bits) - 1 }),
            step => Some(step),
        }
    }
}
