use alloc::boxed::Box;
use alloc::collections::VecDeque;
use bytes::{Bytes, BytesMut};

use super::{AosFrame, AosHeader, AosParameters};
use crate::frame::counter::Step;
use crate::frame::mpdu::{Broken, Extracted, PacketExtractor};
use crate::frame::{Scid, Vcid};
use crate::packet::is_idle;
use crate::wire::DecodeError;

/// What is managed at the receiving end besides the form of the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DemultiplexerSettings {
    /// Octets of the longest packet that is put together; longer ones are skipped and reported.
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

/// What the data zones of a virtual channel hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Service {
    /// M_PDUs.
    #[default]
    Packets,
    /// Anything else (access data, bitstreams), handed on zone by zone.
    Access,
}

/// What a frame brought, as octets that stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen<'a> {
    /// A whole packet.
    Packet(&'a [u8]),
    /// The data zone of a channel that carries no packets.
    Access(&'a [u8]),
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
    /// Octets of packets were given up.
    Broken(Broken),
    /// The insert zone.
    InsertZone(&'a [u8]),
    /// The operational control field.
    Ocf([u8; 4]),
}

/// What happened on a virtual channel, with the octets in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A whole packet, unaltered.
    Packet {
        /// On which channel.
        vcid: Vcid,
        /// All its octets.
        packet: Bytes,
    },
    /// The data zone of a channel that carries no packets.
    Access {
        /// On which channel.
        vcid: Vcid,
        /// All its octets.
        data: Bytes,
    },
    /// Frames are missing.
    Gap {
        /// On which channel.
        vcid: Vcid,
        /// How many, by the frame count.
        missing: u64,
    },
    /// A frame counts back from the one before it: out of order, or the sender started anew.
    Back {
        /// On which channel.
        vcid: Vcid,
        /// How far.
        by: u64,
    },
    /// A frame came twice and was dropped.
    Duplicate {
        /// On which channel.
        vcid: Vcid,
    },
    /// Octets of packets were given up; packets go on at the next first header pointer.
    Resync {
        /// On which channel.
        vcid: Vcid,
        /// Why.
        broken: Broken,
    },
    /// The insert zone of a frame.
    InsertZone(Bytes),
    /// The operational control field of a frame.
    Ocf([u8; 4]),
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
pub struct Received {
    /// Its primary header.
    pub header: AosHeader,
    /// Symbols of the header that were repaired.
    pub header_repaired: u8,
    /// How its count goes on from the frame before on this channel; `None` for the first.
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
    /// Times that octets of packets were given up.
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
}

/// Takes the frames of one spacecraft apart: packets of every virtual channel, and what was lost.
///
/// [`process`](Self::process) hands everything on in place, without a copy or an allocation for a frame;
/// [`handle_frame`](Self::handle_frame) and [`poll_event`](Self::poll_event) are the same with the octets in hand.
/// See the [module](crate::frame) for an example.
#[derive(Debug)]
pub struct Demultiplexer {
    parameters: AosParameters,
    scid: Scid,
    settings: DemultiplexerSettings,
    channels: [Option<Box<Channel>>; 64],
    services: [Service; 64],
    last_ocf: Option<[u8; 4]>,
    counters: Counters,
    events: VecDeque<Event>,
    /// Where the octets of events lie; its memory is used again once they are dropped.
    arena: BytesMut,
}

#[derive(Debug)]
struct Channel {
    last: AosHeader,
    extractor: PacketExtractor<BytesMut>,
    counters: ChannelCounters,
}

impl Demultiplexer {
    /// Receives frames of spacecraft `scid`; all channels but 63 carry packets.
    #[must_use]
    pub fn new(parameters: AosParameters, scid: Scid, settings: DemultiplexerSettings) -> Self {
        Self {
            parameters,
            scid,
            settings,
            channels: [const { None }; 64],
            services: [Service::Packets; 64],
            last_ocf: None,
            counters: Counters::default(),
            events: VecDeque::new(),
            arena: BytesMut::new(),
        }
    }

    /// Says what `vcid` carries.
    pub const fn set_service(&mut self, vcid: Vcid, service: Service) {
        self.services[vcid.index()] = service;
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
            if channel.extractor.interrupt().is_some() {
                channel.counters.broken += 1;
            }
        }
    }

    /// Takes `frame`, all octets from its header to its last, and keeps what it brought for
    /// [`poll_event`](Self::poll_event).
    ///
    /// # Errors
    /// [`FrameRefused`]: nothing of the frame was used.
    pub fn handle_frame(&mut self, frame: &[u8]) -> Result<Received, FrameRefused> {
        let mut events = core::mem::take(&mut self.events);
        let mut arena = core::mem::take(&mut self.arena);
        let mut keep = |octets: &[u8]| {
            arena.extend_from_slice(octets);
            arena.split().freeze()
        };
        let outcome = self.process(frame, |vcid, seen| {
            events.push_back(match seen {
                Seen::Packet(packet) => Event::Packet { vcid, packet: keep(packet) },
                Seen::Access(data) => Event::Access { vcid, data: keep(data) },
                Seen::Gap { missing } => Event::Gap { vcid, missing },
                Seen::Back { by } => Event::Back { vcid, by },
                Seen::Duplicate => Event::Duplicate { vcid },
                Seen::Broken(broken) => Event::Resync { vcid, broken },
                Seen::InsertZone(content) => Event::InsertZone(keep(content)),
                Seen::Ocf(ocf) => Event::Ocf(ocf),
            });
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
        mut sink: impl FnMut(Vcid, Seen<'_>),
    ) -> Result<Received, FrameRefused> {
        self.counters.frames += 1;
        let frame = AosFrame::decode(&self.parameters, frame).inspect_err(|_| self.counters.bad += 1)?;
        let AosFrame { header, header_repaired, .. } = frame;
        if header.scid != self.scid {
            self.counters.foreign += 1;
            return Err(FrameRefused::Foreign(header.scid));
        }
        self.counters.repaired += u64::from(header_repaired > 0);
        let vcid = header.vcid;
        let mut sink = |seen: Seen<'_>| sink(vcid, seen);
        let (channel, step) = self.channel(header);
        let received = Received { header, header_repaired, step };
        channel.counters.frames += 1;
        match step {
            None | Some(Step::Next) => {}
            Some(Step::Duplicate) => {
                channel.counters.duplicates += 1;
                sink(Seen::Duplicate);
                return Ok(received);
            }
            Some(Step::Gap { missing }) => {
                channel.counters.gaps += 1;
                channel.counters.missing += missing;
                sink(Seen::Gap { missing });
            }
            Some(Step::Back { by }) => {
                channel.counters.back += 1;
                sink(Seen::Back { by });
            }
        }
        if !matches!(step, Some(Step::Next))
            && let Some(broken) = channel.extractor.interrupt()
        {
            channel.counters.broken += 1;
            sink(Seen::Broken(broken));
        }
        if !frame.insert_zone.is_empty() {
            sink(Seen::InsertZone(frame.insert_zone));
        }
        if let Some(ocf) = frame.ocf
            && (self.settings.repeat_ocf || self.last_ocf.replace(ocf) != Some(ocf))
        {
            sink(Seen::Ocf(ocf));
        }
        if vcid == Vcid::IDLE {
            self.counters.idle += 1;
            return Ok(received);
        }
        let Some(channel) = &mut self.channels[vcid.index()] else { return Ok(received) };
        match self.services[vcid.index()] {
            Service::Access => sink(Seen::Access(frame.data)),
            Service::Packets => channel.extract(frame.data, self.settings.idle_packets, sink),
        }
        Ok(received)
    }

    /// The channel of `header`, made when it is the first of its channel, and the step of its count.
    fn channel(&mut self, header: AosHeader) -> (&mut Channel, Option<Step>) {
        let slot = &mut self.channels[header.vcid.index()];
        let step = slot.as_ref().map(|channel| step_between(&channel.last, &header));
        let limit = self.settings.max_packet_len;
        let channel = slot.get_or_insert_with(|| {
            let extractor = PacketExtractor::new(BytesMut::new(), limit);
            Box::new(Channel { last: header, extractor, counters: ChannelCounters::default() })
        });
        channel.last = header;
        (channel, step)
    }
}

impl Channel {
    fn extract(&mut self, mpdu: &[u8], idle_packets: bool, mut sink: impl FnMut(Seen<'_>)) {
        let counters = &mut self.counters;
        self.extractor.extract(mpdu, |extracted| match extracted {
            Extracted::Packet(packet) if is_idle(packet) => {
                counters.idle_packets += 1;
                if idle_packets {
                    sink(Seen::Packet(packet));
                }
            }
            Extracted::Packet(packet) => {
                counters.packets += 1;
                sink(Seen::Packet(packet));
            }
            Extracted::Broken(broken) => {
                counters.broken += 1;
                sink(Seen::Broken(broken));
            }
        });
    }
}

/// How the count goes on; 28 bits are compared when both frames have the cycle, else 24.
fn step_between(last: &AosHeader, now: &AosHeader) -> Step {
    let ((last_count, last_bits), (now_count, now_bits)) = (last.long_count(), now.long_count());
    let bits = last_bits.min(now_bits);
    let mask = (1 << bits) - 1;
    Step::between(bits, last_count & mask, now_count & mask)
}
