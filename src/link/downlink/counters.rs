use crate::frame::Clcw;
use crate::frame::counter::Step;
use crate::packet::{Apid, PacketKind, ProtocolId, SequenceCount, SpacePacket, is_idle};
use crate::wire::{Decode, DecodeError};

/// Counts of a whole downlink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DownlinkCounters {
    /// Frames that came out of the code or were handed in, good or bad.
    pub frames: u64,
    /// Frames with a codeword beyond repair; nothing of them is used.
    pub uncorrectable: u64,
    /// Frames whose check sequence, or that of their header, did not match.
    pub check_failed: u64,
    /// Frames of another version, or that contradict themselves or the link.
    pub malformed: u64,
    /// Good frames of another spacecraft than the one asked for, or of more than are kept account of.
    pub foreign: u64,
    /// Octets of a frame or codeblock at the end of the input that was not whole.
    pub cut_octets: u64,
    /// Octets at which no frame began, in a stream of frames of variable length.
    pub skipped_octets: u64,
}

/// Whose a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketId {
    /// A Space Packet, of this application.
    Apid(Apid),
    /// An Encapsulation Packet, of this protocol.
    Protocol(ProtocolId),
}

impl PacketId {
    /// Whose `packet` is, and its sequence count if it has one that says something.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no packet.
    pub fn of(packet: &[u8]) -> Result<(Self, Option<SequenceCount>), DecodeError> {
        let first = packet.first().copied().unwrap_or(0);
        Ok(match PacketKind::of(first)? {
            PacketKind::Space => {
                let header = SpacePacket::decode(packet)?.0.header();
                (Self::Apid(header.apid), (!is_idle(packet)).then_some(header.sequence_count))
            }
            PacketKind::Encapsulation => {
                let protocol = ProtocolId::new(first >> 2 & 0b111).unwrap_or(ProtocolId::IDLE);
                (Self::Protocol(protocol), None)
            }
        })
    }
}

/// Counts of the packets of one application or protocol on one virtual channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketCounters {
    /// Whole packets.
    pub packets: u64,
    /// Their octets.
    pub octets: u64,
    /// Times that the sequence count says that packets are missing.
    pub gaps: u64,
    /// How many, by the sequence count.
    pub missing: u64,
    /// Packets with the count of the one before.
    pub repeated: u64,
    /// Packets that count back from the one before.
    pub back: u64,
    last: Option<SequenceCount>,
}

impl PacketCounters {
    pub(super) fn add(&mut self, len: usize, count: Option<SequenceCount>) {
        self.packets += 1;
        self.octets += len as u64;
        let Some(count) = count else { return };
        let Some(last) = self.last.replace(count) else { return };
        match Step::between(14, last.value().into(), count.value().into()) {
            Step::Next => {}
            Step::Duplicate => self.repeated += 1,
            Step::Gap { missing } => {
                self.gaps += 1;
                self.missing += missing;
            }
            Step::Back { .. } => self.back += 1,
        }
    }
}

/// What control words said about one telecommand channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClcwCounters {
    /// Words received.
    pub words: u64,
    /// The last one.
    pub last: Clcw,
    /// Times that the report value, V(R), was another than before.
    pub report_changes: u64,
    /// Words that said no RF available.
    pub no_rf_available: u64,
    /// Words that said no bit lock.
    pub no_bit_lock: u64,
    /// Words that said lockout.
    pub lockout: u64,
    /// Words that said wait.
    pub wait: u64,
    /// Words that said retransmit.
    pub retransmit: u64,
}

impl ClcwCounters {
    pub(super) const fn new(first: Clcw) -> Self {
        Self {
            words: 0,
            last: first,
            report_changes: 0,
            no_rf_available: 0,
            no_bit_lock: 0,
            lockout: 0,
            wait: 0,
            retransmit: 0,
        }
    }

    pub(super) fn add(&mut self, clcw: Clcw) {
        self.words += 1;
        self.report_changes += u64::from(clcw.report_value != self.last.report_value);
        self.no_rf_available += u64::from(clcw.no_rf_available);
        self.no_bit_lock += u64::from(clcw.no_bit_lock);
        self.lockout += u64::from(clcw.lockout);
        self.wait += u64::from(clcw.wait);
        self.retransmit += u64::from(clcw.retransmit);
        self.last = clcw;
    }
}
