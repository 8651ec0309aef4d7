use alloc::collections::BTreeMap;

use super::counters::{ClcwCounters, PacketCounters, PacketId};
use super::receiver::Found;
use super::settings::ReceiveSettings;
use crate::frame::receive::{
    ChannelCounters, Counters, Demultiplexer, DemultiplexerSettings, FrameRefused, Opened, Received, Seen,
    Service,
};
use crate::frame::{AnyHeader, AnyParameters, Clcw, Scid, Vcid};
use crate::packet::is_idle;

/// What is kept of one spacecraft's link.
#[derive(Debug)]
pub struct Spacecraft {
    scid: Scid,
    demultiplexer: Demultiplexer<AnyParameters>,
    idle_packets: bool,
    accounts: Accounts,
}

#[derive(Debug, Default)]
struct Accounts {
    packets: BTreeMap<(Vcid, PacketId), PacketCounters>,
    clcws: BTreeMap<Vcid, ClcwCounters>,
    other_reports: u64,
}

impl Spacecraft {
    pub(super) fn new(format: AnyParameters, scid: Scid, settings: &ReceiveSettings) -> Self {
        // Everything has to be seen to be counted.
        let all = DemultiplexerSettings {
            max_packet_len: settings.max_packet_len,
            idle_packets: true,
            repeat_ocf: true,
        };
        let mut demultiplexer = Demultiplexer::new(format, scid, all);
        for vcid in (0..64).filter_map(Vcid::new) {
            let service = if settings.bitstream.contains(&vcid) {
                Service::Bitstream
            } else if settings.packets.contains(vcid) {
                Service::Packets
            } else {
                Service::Access
            };
            demultiplexer.set_service(vcid, service);
        }
        for security in &settings.security {
            demultiplexer.set_security(security.vcid, security.lengths());
        }
        Self { scid, demultiplexer, idle_packets: settings.idle_packets, accounts: Accounts::default() }
    }

    /// Takes a frame of this spacecraft.
    pub(super) fn accept(
        &mut self,
        frame: Opened<'_, AnyHeader>,
        sink: &mut impl FnMut(Found<'_>),
    ) -> Result<Received<AnyHeader>, FrameRefused> {
        let Self { scid, demultiplexer, idle_packets, accounts } = self;
        demultiplexer.accept(frame, |source, seen| {
            match seen {
                Seen::Packet(packet) => {
                    accounts.packet(source.vcid, packet);
                    if !*idle_packets && is_idle(packet) {
                        return;
                    }
                }
                Seen::Ocf(ocf) => accounts.ocf(ocf),
                _ => {}
            }
            sink(Found::Unit { scid: *scid, source, seen });
        })
    }

    /// Which spacecraft.
    #[must_use]
    pub const fn scid(&self) -> Scid {
        self.scid
    }

    /// Counts of all its channels together.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.demultiplexer.counters()
    }

    /// The virtual channels heard of, by number, and their counts.
    pub fn channels(&self) -> impl Iterator<Item = (Vcid, ChannelCounters)> {
        self.demultiplexer.channels().map(|vcid| (vcid, self.demultiplexer.channel_counters(vcid)))
    }

    /// Packets by virtual channel, application and protocol, idle ones included.
    pub fn packets(&self) -> impl Iterator<Item = (Vcid, PacketId, PacketCounters)> {
        self.accounts.packets.iter().map(|(&(vcid, id), counters)| (vcid, id, *counters))
    }

    /// Control words by the telecommand channel they report on.
    pub fn clcws(&self) -> impl Iterator<Item = (Vcid, ClcwCounters)> {
        self.accounts.clcws.iter().map(|(&vcid, counters)| (vcid, *counters))
    }

    /// Operational control fields that are no control words of COP-1.
    #[must_use]
    pub const fn other_reports(&self) -> u64 {
        self.accounts.other_reports
    }
}

impl Accounts {
    fn packet(&mut self, vcid: Vcid, packet: &[u8]) {
        // The demultiplexer hands on nothing that is no packet.
        if let Ok((id, count)) = PacketId::of(packet) {
            self.packets.entry((vcid, id)).or_default().add(packet.len(), count);
        }
    }

    fn ocf(&mut self, ocf: [u8; 4]) {
        match Clcw::from_octets(ocf) {
            Ok(clcw) => {
                self.clcws.entry(clcw.vcid).or_insert_with(|| ClcwCounters::new(clcw)).add(clcw);
            }
            Err(_) => self.other_reports += 1,
        }
    }
}
