use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;

use super::downlink::{
    CodingSettings, DownlinkError, DownlinkReceiver, DownlinkSender, DownlinkSettings, Found,
};
use crate::coding::channel::{Coding, ReedSolomon};
use crate::coding::randomizer::Randomizer;
use crate::frame::aos::AosSettings;
use crate::frame::receive::Seen;
use crate::frame::send::{ChannelSettings, Refused, Service};
use crate::frame::{AnySettings, Scid, Vcid};

/// Managed parameters of both directions of a link, as one of its nodes sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketLinkSettings {
    /// What this node sends, packets on the first of the channels set up.
    pub outbound: DownlinkSettings,
    /// What it receives.
    pub inbound: DownlinkSettings,
}

/// Why settings are no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketLinkError {
    /// The sending end cannot be set up.
    #[error("outbound: {0}")]
    Outbound(DownlinkError),
    /// The receiving end cannot be set up.
    #[error("inbound: {0}")]
    Inbound(DownlinkError),
    /// The first channel of the sending end carries something else than packets.
    #[error("outbound: send: virtual channel {} carries no packets", .0.value())]
    NoPackets(Vcid),
    /// A frame in this coding is not received before the next, which may never be sent.
    #[error("outbound: coding: a frame is not received before the next is sent")]
    Waits,
}

impl PacketLinkSettings {
    /// The profile that the examples use, both ways: AOS frames of 1115 octets with check sequence, Reed-Solomon (255,223)
    /// interleaved five deep, the 131,071-bit randomizer, packets on virtual channel 1.
    #[must_use]
    pub fn reed_solomon(scid: u16, peer_scid: u16) -> Self {
        let aos = AosSettings { fecf: true, ..AosSettings::of_len(1115) };
        let coding = CodingSettings::Channel {
            coding: Coding::ReedSolomon(ReedSolomon { error_correction: 16, interleaving_depth: 5 }),
            slicing: None,
            randomizer: Some(Randomizer::Tm),
            any_convention: false,
        };
        let of = |scid| DownlinkSettings {
            scid: Some(Scid(scid)),
            coding,
            send: vec![ChannelSettings::new(Vcid::new(1).expect("1 is a virtual channel"))],
            ..DownlinkSettings::new(AnySettings::Aos(aos))
        };
        Self { outbound: of(scid), inbound: of(peer_scid) }
    }
}

/// Figures of one link since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketLinkCounters {
    /// Frames sent.
    pub frames_sent: u64,
    /// Good frames received, duplicates included.
    pub frames_received: u64,
    /// Frames that gaps in the frame count say are missing.
    pub frames_missing: u64,
    /// Frames that came twice.
    pub frames_duplicate: u64,
    /// Frames that a correct code let through and that are no good frame of the peer's.
    pub frames_refused: u64,
    /// Symbols or bits repaired by the code.
    pub symbols_corrected: u64,
    /// Frames with at least one codeword beyond repair.
    pub codeblocks_uncorrectable: u64,
    /// Packets received whole.
    pub packets_received: u64,
}

/// Both ends of one link at one node: packets to coded frames, and coded frames to packets.
///
/// No part of it waits for time, so it has no timeouts. Frames are made only when packets are waiting; so a frame must be
/// received without the next behind it, which leaves Reed-Solomon, alone, and no code.
#[derive(Debug)]
pub struct PacketLink {
    sender: DownlinkSender,
    vcid: Vcid,
    /// What the frame just made puts on the channel.
    unit: Vec<u8>,
    max_unit_len: usize,
    frames_sent: u64,
    receiver: DownlinkReceiver,
    packets: VecDeque<Bytes>,
}

impl PacketLink {
    /// A link with nothing sent or received yet.
    ///
    /// # Errors
    /// [`PacketLinkError`] when the settings contradict each other.
    pub fn new(settings: &PacketLinkSettings) -> Result<Self, PacketLinkError> {
        let sender = DownlinkSender::new(&settings.outbound).map_err(PacketLinkError::Outbound)?;
        let max_unit_len = sender.max_unit_len().ok_or(PacketLinkError::Waits)?;
        // A sender has one channel at least.
        let first = settings.outbound.send.first().copied().unwrap_or_default();
        if first.service != Service::Packets {
            return Err(PacketLinkError::NoPackets(first.vcid));
        }
        Ok(Self {
            sender,
            vcid: first.vcid,
            unit: Vec::with_capacity(max_unit_len),
            max_unit_len,
            frames_sent: 0,
            receiver: DownlinkReceiver::new(&settings.inbound).map_err(PacketLinkError::Inbound)?,
            packets: VecDeque::new(),
        })
    }

    /// Octets of the longest unit that this link sends: all that one frame puts on the channel.
    #[must_use]
    pub const fn max_unit_len(&self) -> usize {
        self.max_unit_len
    }

    /// Octets of packets in one frame: a packet of this length can have a frame to itself.
    #[must_use]
    pub fn packet_zone_len(&self) -> usize {
        self.sender.multiplexer().zone_len(self.vcid)
    }

    /// Queues one whole packet, space or encapsulation.
    ///
    /// # Errors
    /// [`Refused`] when it is no packet or the queue is full.
    pub fn enqueue(&mut self, packet: Bytes) -> Result<(), Refused> {
        self.sender.enqueue(self.vcid, packet)
    }

    /// Whether the packets waiting may not fill the next frame. Whoever can should
    /// [`enqueue`](Self::enqueue) more before it is made.
    #[must_use]
    pub fn is_hungry(&self) -> bool {
        // A packet in progress counts in full though most of it may be gone, so one zone could be next to nothing.
        self.sender.multiplexer().waiting() < 2 * self.packet_zone_len()
    }

    /// Writes the next unit to the front of `out`, which holds [`max_unit_len`](Self::max_unit_len) octets. `None`
    /// when no packet is waiting.
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        if out.len() < self.max_unit_len {
            return None;
        }
        self.unit.clear();
        // Settings that were checked let no frame be refused.
        let sent = self.sender.poll_transmit(&mut self.unit).ok()?;
        if !sent {
            return None;
        }
        self.frames_sent += 1;
        let len = self.unit.len();
        out.get_mut(..len)?.copy_from_slice(&self.unit);
        Some(len)
    }

    /// Takes octets off the channel: units, parts of them, or noise.
    pub fn handle_input(&mut self, octets: &[u8]) {
        let Self { receiver, packets, .. } = self;
        receiver.receive(octets, |found| {
            if let Found::Unit { seen: Seen::Packet(packet), .. } = found {
                packets.push_back(Bytes::copy_from_slice(packet));
            }
        });
    }

    /// The next packet received.
    pub fn poll_packet(&mut self) -> Option<Bytes> {
        self.packets.pop_front()
    }

    /// Figures since the start.
    #[must_use]
    pub fn counters(&self) -> PacketLinkCounters {
        let link = self.receiver.counters();
        let mut counters = PacketLinkCounters {
            frames_sent: self.frames_sent,
            frames_refused: link.check_failed + link.malformed + link.foreign,
            codeblocks_uncorrectable: link.uncorrectable,
            symbols_corrected: self.receiver.quality().map_or(0, |quality| quality.symbols_corrected),
            ..PacketLinkCounters::default()
        };
        for (_, channel) in self.receiver.spacecraft().flat_map(|spacecraft| spacecraft.channels()) {
            counters.frames_received += channel.frames;
            counters.frames_missing += channel.missing;
            counters.frames_duplicate += channel.duplicates;
            counters.packets_received += channel.packets;
        }
        counters
    }
}
