use alloc::collections::VecDeque;
use bytes::Bytes;

use super::{ChannelSettings, Service};
use crate::frame::packets::{FirstHeader, PacketInserter};
use crate::packet::SequenceFlags;
use crate::wire::EncodeError;

/// What one channel has to send.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) settings: ChannelSettings,
    pub(super) queue: VecDeque<Bytes>,
    /// Octets in the queue, the unit in progress in full.
    pub(super) waiting: usize,
    /// Octets of the front unit that went into earlier frames.
    sent: usize,
    inserter: PacketInserter,
}

impl Lane {
    pub(super) fn new(settings: ChannelSettings) -> Self {
        let inserter = PacketInserter::new(settings.idle);
        Self { settings, queue: VecDeque::new(), waiting: 0, sent: 0, inserter }
    }

    pub(super) fn room(&self) -> usize {
        self.settings.queue_limit.saturating_sub(self.waiting)
    }

    /// Whether another frame may come between the last of this channel and its next.
    pub(super) const fn is_at_boundary(&self) -> bool {
        self.sent == 0 && self.inserter.is_at_boundary()
    }

    fn pop(&mut self) {
        if let Some(unit) = self.queue.pop_front() {
            self.waiting -= unit.len();
        }
        self.sent = 0;
    }

    /// What is left of the front unit.
    fn front(&self) -> &[u8] {
        self.queue.front().and_then(|unit| unit.get(self.sent..)).unwrap_or_default()
    }
}

/// What a frame can take from its channel. A format fills a frame with one of [`packets`](Self::packets),
/// [`part`](Self::part) and [`stream`](Self::stream).
#[derive(Debug)]
pub struct Load<'a>(pub(super) &'a mut Lane);

/// Which part of a unit was written, and how many octets it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// First, middle, last, or whole.
    pub flags: SequenceFlags,
    /// Octets written.
    pub len: usize,
}

impl Load<'_> {
    /// What the channel carries.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.0.settings.service
    }

    /// Fills `zone` with packets, which may go on over several frames, and with idle packets; says where the first one
    /// starts.
    ///
    /// # Errors
    /// [`EncodeError`] when `zone` is empty or longer than any frame.
    pub fn packets(&mut self, zone: &mut [u8]) -> Result<FirstHeader, EncodeError> {
        let lane = &mut *self.0;
        let mut zone = lane.inserter.begin(zone)?;
        while let Some(packet) = lane.queue.front()
            && lane.inserter.insert(&mut zone, packet)
        {
            lane.pop();
        }
        Ok(lane.inserter.finish(zone))
    }

    /// How many octets [`part`](Self::part) or, in a stream, [`stream`](Self::stream) would write into a zone of `most`
    /// octets.
    #[must_use]
    pub fn part_len(&self, most: usize) -> usize {
        let lane = &*self.0;
        match lane.settings.service {
            Service::Stream => return (lane.waiting - lane.sent).min(most),
            Service::Packets if lane.sent == 0 => {}
            Service::Packets | Service::Access => return lane.front().len().min(most),
        }
        // Whole packets share a frame.
        let mut len = 0;
        for packet in &lane.queue {
            match len + packet.len() {
                longer if longer <= most => len = longer,
                _ => break,
            }
        }
        if len == 0 { lane.front().len().min(most) } else { len }
    }

    /// Writes what is next to the front of `zone`: as many whole packets as fit, or one unit or part of one.
    pub fn part(&mut self, zone: &mut [u8]) -> Part {
        let lane = &mut *self.0;
        let first = lane.sent == 0;
        let unit = lane.front();
        let len = unit.len().min(zone.len());
        zone[..len].copy_from_slice(&unit[..len]);
        if len < unit.len() {
            lane.sent += len;
            let flags = if first { SequenceFlags::First } else { SequenceFlags::Continuation };
            return Part { flags, len };
        }
        lane.pop();
        if !first {
            return Part { flags: SequenceFlags::Last, len };
        }
        let mut part = Part { flags: SequenceFlags::Unsegmented, len };
        while lane.settings.service == Service::Packets
            && let Some(packet) = lane.queue.front()
            && let Some(room) = zone.get_mut(part.len..part.len + packet.len())
        {
            room.copy_from_slice(packet);
            part.len += packet.len();
            lane.pop();
        }
        part
    }

    /// Writes as many octets as there are and fit to the front of `zone`; returns how many that were.
    pub fn stream(&mut self, zone: &mut [u8]) -> usize {
        let lane = &mut *self.0;
        let mut filled = 0;
        while filled < zone.len() && !lane.queue.is_empty() {
            let octets = lane.front();
            let len = octets.len().min(zone.len() - filled);
            zone[filled..filled + len].copy_from_slice(&octets[..len]);
            filled += len;
            if len == octets.len() {
                lane.pop();
            } else {
                lane.sent += len;
            }
        }
        filled
    }
}
