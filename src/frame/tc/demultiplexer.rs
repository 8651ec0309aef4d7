use alloc::boxed::Box;
use bytes::BytesMut;

use super::{Segment, TcFrame, TcKind};
use crate::frame::receive::{Seen, Service, Source, unit};
use crate::frame::{MapId, SecurityLengths, Vcid};
use crate::packet::{Reassembler, SequenceFlags};
use crate::wire::{Decode, DecodeError};

/// What is managed for a virtual channel at the receiving end.
///
/// Source: CCSDS 232.0-B-4 §5.3, §5.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelSettings {
    /// Which channel.
    pub vcid: Vcid,
    /// Whether data fields start with a segment header.
    pub segment_headers: bool,
    /// What the channel carries; on channels with segment headers, what each MAP does until
    /// [`set_service`](Demultiplexer::set_service) says otherwise.
    pub service: Service,
    /// Room of link security, which is skipped. Ciphertext must have been replaced by what it stands for.
    pub security: SecurityLengths,
    /// Octets of the longest unit that is put together.
    pub max_unit_len: u32,
}

impl ChannelSettings {
    /// A channel of packets in segments, without link security; units as long as a packet can be.
    #[must_use]
    pub const fn new(vcid: Vcid) -> Self {
        let security = SecurityLengths { header: 0, trailer: 0 };
        Self { vcid, segment_headers: true, service: Service::Packets, security, max_unit_len: 65_542 }
    }
}

/// The virtual channel of a frame is not set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("virtual channel {} is not set up", .0.value())]
pub struct NotSetUp(pub Vcid);

/// Takes the data of TC frames apart, after COP-1 has accepted them: packets and units of every virtual channel and
/// MAP.
///
/// Segments of sequence-controlled and of expedited frames are put together apart, so that neither tears the other.
///
/// ```
/// use spacelink::frame::receive::Seen;
/// use spacelink::frame::tc::{ChannelSettings, Demultiplexer, TcFrame, TcHeader, TcKind};
/// use spacelink::frame::{Scid, Vcid};
///
/// let vcid = Vcid::new(5).unwrap();
/// let mut demultiplexer = Demultiplexer::new(&[ChannelSettings::new(vcid)]);
/// let header = TcHeader { scid: Scid(42), vcid, kind: TcKind::Ad { ns: 0 } };
/// let mut packets = Vec::new();
/// // MAP 0, first part; then the last part: a packet of five octets.
/// for data in [&[0x40, 0xE5, 5, 1][..], &[0x80, 2, 3]] {
///     demultiplexer.process(&TcFrame { header, data }, |_source, seen| {
///         if let Seen::Packet(packet) = seen {
///             packets.push(packet.to_vec());
///         }
///     })?;
/// }
/// assert_eq!(packets, [[0xE5, 5, 1, 2, 3]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Demultiplexer {
    channels: [Option<Box<Channel>>; 64],
}

#[derive(Debug)]
struct Channel {
    settings: ChannelSettings,
    services: [Service; 64],
    /// Units in progress: sequence-controlled and expedited, by MAP.
    maps: [[Option<Box<Reassembler<BytesMut>>>; 64]; 2],
}

impl Demultiplexer {
    /// Receives on `channels`; of two with the same identifier the later counts.
    #[must_use]
    pub fn new(channels: &[ChannelSettings]) -> Self {
        let mut demultiplexer = Self { channels: [const { None }; 64] };
        for &settings in channels {
            demultiplexer.channels[settings.vcid.index()] = Some(Box::new(Channel {
                settings,
                services: [settings.service; 64],
                maps: [const { [const { None }; 64] }; 2],
            }));
        }
        demultiplexer
    }

    /// Says what `map` of `vcid` carries.
    ///
    /// # Errors
    /// [`NotSetUp`]
    pub fn set_service(&mut self, vcid: Vcid, map: MapId, service: Service) -> Result<(), NotSetUp> {
        let channel = self.channels[vcid.index()].as_mut().ok_or(NotSetUp(vcid))?;
        channel.services[usize::from(map.value())] = service;
        Ok(())
    }

    /// Sequence-controlled frames of `vcid` start anew (Unlock or Set V(R) was obeyed, or the sender said so): units
    /// in progress are given up and handed to `sink`.
    pub fn interrupt(&mut self, vcid: Vcid, mut sink: impl FnMut(Source, Seen<'_>)) {
        let Some(channel) = &mut self.channels[vcid.index()] else { return };
        for (map, slot) in (0..).zip(&mut channel.maps[0]) {
            if let Some(torn) = slot.as_mut().and_then(|reassembler| reassembler.interrupt()) {
                sink(Source { vcid, map: MapId::new(map), expedited: false }, Seen::Torn(torn));
            }
        }
    }

    /// Takes the data of `frame` and hands what it brought to `sink` in order. BC frames bring nothing.
    ///
    /// # Errors
    /// [`NotSetUp`]
    pub fn process(
        &mut self,
        frame: &TcFrame<'_>,
        mut sink: impl FnMut(Source, Seen<'_>),
    ) -> Result<(), NotSetUp> {
        let vcid = frame.header.vcid;
        let channel = self.channels[vcid.index()].as_mut().ok_or(NotSetUp(vcid))?;
        let expedited = match frame.header.kind {
            TcKind::Ad { .. } => false,
            TcKind::Bd => true,
            TcKind::Bc => return Ok(()),
        };
        let outcome = channel.process(expedited, frame.data, &mut sink);
        if let Err(error) = outcome {
            sink(Source { vcid, map: None, expedited }, Seen::NoPacket(error));
        }
        Ok(())
    }
}

impl Channel {
    fn process(
        &mut self,
        expedited: bool,
        field: &[u8],
        sink: &mut impl FnMut(Source, Seen<'_>),
    ) -> Result<(), DecodeError> {
        let ChannelSettings { vcid, segment_headers, service, security, max_unit_len } = self.settings;
        if !segment_headers {
            let source = Source { vcid, map: None, expedited };
            unit(
                service == Service::Packets,
                SequenceFlags::Unsegmented,
                security.inner(UNIT, field)?,
                &mut |seen| sink(source, seen),
            );
            return Ok(());
        }
        let (Segment { flags, map, data }, _) = Segment::decode(field)?;
        let data = security.inner(UNIT, data)?;
        let source = Source { vcid, map: Some(map), expedited };
        let mut sink = |seen: Seen<'_>| sink(source, seen);
        let at = usize::from(map.value());
        let packets = self.services[at] == Service::Packets;
        let slot = &mut self.maps[usize::from(expedited)][at];
        if flags == SequenceFlags::Unsegmented && slot.is_none() {
            // The common case needs no memory.
            unit(packets, flags, data, &mut sink);
            return Ok(());
        }
        let reassembler =
            slot.get_or_insert_with(|| Box::new(Reassembler::new(BytesMut::new(), max_unit_len)));
        let (torn, whole) = reassembler.push(flags, data);
        if let Some(torn) = torn {
            sink(Seen::Torn(torn));
        }
        if let Some(whole) = whole {
            unit(packets, flags, whole, &mut sink);
        }
        Ok(())
    }
}

const UNIT: &str = "TC data field";
