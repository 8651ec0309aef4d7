use bytes::BytesMut;

use super::{ChannelCounters, Content, Seen};
use crate::frame::packets::{Extracted, PacketExtractor};
use crate::packet::{Packets, Reassembler, SequenceFlags, is_idle};
use crate::wire::DecodeError;

/// What is in progress on one MAP.
#[derive(Debug)]
pub(super) struct Lane {
    extractor: PacketExtractor<BytesMut>,
    reassembler: Reassembler<BytesMut>,
}

impl Lane {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            extractor: PacketExtractor::new(BytesMut::new(), limit),
            reassembler: Reassembler::new(BytesMut::new(), limit),
        }
    }

    /// Gives up what is in progress; frames are missing.
    pub(super) fn interrupt(&mut self, counters: &mut ChannelCounters, mut sink: impl FnMut(Seen<'_>)) {
        if let Some(broken) = self.extractor.interrupt() {
            counters.broken += 1;
            sink(Seen::Broken(broken));
        }
        if let Some(torn) = self.reassembler.interrupt() {
            counters.broken += 1;
            sink(Seen::Torn(torn));
        }
    }

    /// Takes what the next frame brought.
    pub(super) fn take(
        &mut self,
        content: Content<'_>,
        counters: &mut ChannelCounters,
        idle_packets: bool,
        mut sink: impl FnMut(Seen<'_>),
    ) {
        let mut sink = |seen: Seen<'_>| {
            match seen {
                Seen::Packet(packet) if is_idle(packet) => {
                    counters.idle_packets += 1;
                    if !idle_packets {
                        return;
                    }
                }
                Seen::Packet(_) => counters.packets += 1,
                Seen::Broken(_) | Seen::Torn(_) | Seen::NoPacket(_) => counters.broken += 1,
                _ => {}
            }
            sink(seen);
        };
        match content {
            Content::Packets { first, zone } => self.extractor.extract(first, zone, |extracted| {
                sink(match extracted {
                    Extracted::Packet(packet) => Seen::Packet(packet),
                    Extracted::Broken(broken) => Seen::Broken(broken),
                });
            }),
            Content::Part { flags, packets, data } => {
                let (torn, whole) = self.reassembler.push(flags, data);
                if let Some(torn) = torn {
                    sink(Seen::Torn(torn));
                }
                if let Some(whole) = whole {
                    unit(packets, flags, whole, &mut sink);
                }
            }
            Content::Stream(data) => sink(Seen::Stream(data)),
            Content::Bitstream(pdu) => sink(Seen::Bitstream { bits: pdu.valid_bits(), octets: pdu.zone() }),
            Content::Command { protocol, data } => sink(Seen::Command { protocol, data }),
            Content::Idle => {}
        }
    }
}

/// Hands on a whole unit. One of packets that came in parts must be a single packet: segments and blocking do not mix
/// (232.0-B-4 §4.1.3.2.2.2), so anything else is parts of several joined.
pub(in crate::frame) fn unit(
    packets: bool,
    flags: SequenceFlags,
    octets: &[u8],
    sink: &mut impl FnMut(Seen<'_>),
) {
    if !packets {
        return sink(Seen::Access(octets));
    }
    let mut packets = Packets::new(octets);
    if flags != SequenceFlags::Unsegmented {
        return match packets.next() {
            Some(Ok(packet)) if packet.len() == octets.len() => sink(Seen::Packet(packet)),
            Some(Ok(packet)) => {
                let extra = octets.len() - packet.len();
                sink(Seen::NoPacket(DecodeError::Trailing { unit: "segmented packet", extra }));
            }
            Some(Err(error)) => sink(Seen::NoPacket(error)),
            None => {}
        };
    }
    for packet in packets {
        sink(match packet {
            Ok(packet) => Seen::Packet(packet),
            Err(error) => Seen::NoPacket(error),
        });
    }
}
