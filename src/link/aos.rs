use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;

use crate::coding::cadu::{CaduParameters, CaduReceiver, Coding};
use crate::coding::randomizer::Randomizer;
use crate::coding::rs::{Basis, Code, Interleaved};
use crate::coding::sync::{Marker, SyncParameters};
use crate::frame::aos::{AosParameters, AosSettings};
use crate::frame::receive::{Demultiplexer, DemultiplexerSettings, Seen};
use crate::frame::send::{ChannelSettings, Multiplexer, Refused};
use crate::frame::{Scid, Vcid};

/// Managed parameters of a two-way link of AOS frames in CADUs, the same both ways but for the spacecraft.
#[derive(Clone, Debug)]
pub struct AosLinkParameters {
    /// Form of the frames.
    pub aos: AosParameters,
    /// Spacecraft identifier of frames sent.
    pub scid: Scid,
    /// Spacecraft identifier of frames received.
    pub peer_scid: Scid,
    /// The virtual channel that carries the packets, both ways.
    pub channel: ChannelSettings,
    /// Coding of frames.
    pub cadu: CaduParameters,
    /// Behaviour of the marker search.
    pub sync: SyncParameters,
    /// What the receiving end puts together.
    pub reception: DemultiplexerSettings,
}

/// Why parts of a link do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AosLinkError {
    /// Frames of one length, a code for another.
    #[error("link: frames of {frame_len} octets, a code for {coded_len}")]
    FrameLen {
        /// Octets of a frame.
        frame_len: usize,
        /// Octets the code takes.
        coded_len: usize,
    },
    /// The sending end cannot be set up.
    #[error(transparent)]
    Multiplexer(#[from] crate::frame::send::MultiplexerError),
}

impl AosLinkParameters {
    /// The profile that the examples use: frames of 1115 octets with check sequence, Reed-Solomon (255,223)
    /// interleaved five deep, the 131,071-bit randomizer, packets on virtual channel 1.
    #[must_use]
    pub fn reed_solomon(scid: u16, peer_scid: u16) -> Self {
        let code =
            Interleaved::new(Code::E16, Basis::Dual, 5, 0).expect("interleave 5 without fill is legal");
        let coding = Coding::ReedSolomon(code);
        let settings = AosSettings { fecf: true, ..AosSettings::of_len(code.frame_len()) };
        Self {
            aos: AosParameters::new(settings).expect("1115 octets are a legal frame"),
            scid: Scid(scid),
            peer_scid: Scid(peer_scid),
            channel: ChannelSettings::new(Vcid::new(1).expect("1 is a virtual channel")),
            cadu: CaduParameters::checked(coding, Some(Randomizer::Tm), Marker::ASM_32)
                .expect("the book allows this coding"),
            sync: SyncParameters::default(),
            reception: DemultiplexerSettings::default(),
        }
    }
}

/// Figures of one link since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AosLinkCounters {
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
    /// Reed-Solomon symbols repaired.
    pub symbols_corrected: u64,
    /// Codeblocks with at least one codeword beyond repair.
    pub codeblocks_uncorrectable: u64,
    /// Packets received whole.
    pub packets_received: u64,
}

/// Both ends of one link at one node: packets to CADUs, and CADUs to packets.
///
/// No part of it waits for time, so it has no timeouts. Frames are made only when packets are waiting.
pub struct AosLink {
    multiplexer: Multiplexer<AosParameters>,
    vcid: Vcid,
    cadu: CaduParameters,
    frame: Vec<u8>,
    receiver: CaduReceiver<Vec<u8>>,
    demultiplexer: Demultiplexer<AosParameters>,
    packets: VecDeque<Bytes>,
    frames_sent: u64,
    codeblocks_uncorrectable: u64,
    frames_refused: u64,
}

impl AosLink {
    /// A link with nothing sent or received yet.
    ///
    /// # Errors
    /// [`AosLinkError`] when the parameters contradict each other.
    pub fn new(parameters: AosLinkParameters) -> Result<Self, AosLinkError> {
        let AosLinkParameters { aos, scid, peer_scid, channel, cadu, sync, reception } = parameters;
        let (frame_len, coded_len) = (aos.frame_len(), cadu.frame_len());
        if frame_len != coded_len {
            return Err(AosLinkError::FrameLen { frame_len, coded_len });
        }
        Ok(Self {
            multiplexer: Multiplexer::new(aos, scid, &[channel])?,
            vcid: channel.vcid,
            cadu,
            frame: vec![0; frame_len],
            receiver: CaduReceiver::with_vec(cadu, sync),
            demultiplexer: Demultiplexer::new(aos, peer_scid, reception),
            packets: VecDeque::new(),
            frames_sent: 0,
            codeblocks_uncorrectable: 0,
            frames_refused: 0,
        })
    }

    /// Octets of a unit that this link sends, a CADU.
    #[must_use]
    pub fn max_unit_len(&self) -> usize {
        self.cadu.cadu_len()
    }

    /// Octets of packets in one frame: a packet of this length can have a frame to itself.
    #[must_use]
    pub fn packet_zone_len(&self) -> usize {
        self.multiplexer.zone_len(self.vcid)
    }

    /// Queues one whole packet, space or encapsulation.
    ///
    /// # Errors
    /// [`Refused`] when it is no packet or the queue is full.
    pub fn enqueue(&mut self, packet: Bytes) -> Result<(), Refused> {
        self.multiplexer.enqueue(self.vcid, packet)
    }

    /// Whether the packets waiting may not fill the next frame. Whoever can should
    /// [`enqueue`](Self::enqueue) more before it is made.
    #[must_use]
    pub fn is_hungry(&self) -> bool {
        // A packet in progress counts in full though most of it may be gone, so one zone could be next to nothing.
        self.multiplexer.waiting() < 2 * self.packet_zone_len()
    }

    /// Writes the next CADU to the front of `out`, which holds [`max_unit_len`](Self::max_unit_len) octets. `None`
    /// when no packet is waiting.
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        if out.len() < self.max_unit_len() {
            return None;
        }
        self.multiplexer.poll_transmit(&mut self.frame)?;
        let len = self.cadu.encode(&self.frame, out).ok()?;
        self.frames_sent += 1;
        Some(len)
    }

    /// Takes octets off the channel: CADUs, parts of them, or noise.
    pub fn handle_input(&mut self, octets: &[u8]) {
        let Self { receiver, demultiplexer, packets, codeblocks_uncorrectable, frames_refused, .. } = self;
        receiver.receive(octets, |received| {
            if received.quality.codewords_uncorrectable > 0 {
                *codeblocks_uncorrectable += 1;
                return;
            }
            let taken = demultiplexer.process(received.frame, |_, seen| {
                if let Seen::Packet(packet) = seen {
                    packets.push_back(Bytes::copy_from_slice(packet));
                }
            });
            *frames_refused += u64::from(taken.is_err());
        });
    }

    /// The next packet received.
    pub fn poll_packet(&mut self) -> Option<Bytes> {
        self.packets.pop_front()
    }

    /// Figures since the start.
    #[must_use]
    pub fn counters(&self) -> AosLinkCounters {
        let channel = self.demultiplexer.channel_counters(self.vcid);
        AosLinkCounters {
            frames_sent: self.frames_sent,
            frames_received: channel.frames,
            frames_missing: channel.missing,
            frames_duplicate: channel.duplicates,
            frames_refused: self.frames_refused,
            symbols_corrected: self.receiver.totals().symbols_corrected,
            codeblocks_uncorrectable: self.codeblocks_uncorrectable,
            packets_received: channel.packets,
        }
    }
}
