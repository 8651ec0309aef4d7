//! The two ends: machines of the library, a socket each, and dice for what is lost.

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use spacelink::coding::cltu::CltuCounters;
use spacelink::cop::Directive;
use spacelink::frame::receive::Source;
use spacelink::frame::tc::TcParameters;
use spacelink::frame::{AnyParameters, MapId, Vcid};
use spacelink::link::downlink::{DownlinkReceiver, DownlinkSender, DownlinkSettings, Found};
use spacelink::link::tc::{
    ClcwReader, SendError, ServiceType, TcLinkSettings, TcReceived, TcReceiver, TcReceiverCounters, TcSender,
    TcSenderCounters, TcSenderEvent,
};
use spacelink::packet::{Apid, SequenceCount, SpaceHeader, SpacePacket};
use spacelink::time::Instant;
use spacelink::wire::Encode;
use std::error::Error;
use std::time::Duration;
use tokio::net::UdpSocket;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Octets of a Space Packet's header.
const HEADER_LEN: usize = 6;
const TELEMETRY_EVERY: Duration = Duration::from_millis(5);

/// Both links of a mission.
pub struct Links {
    pub up: TcLinkSettings,
    pub down: DownlinkSettings,
}

impl Links {
    /// Telecommand `number` of a channel: a packet. Some take several frames where there are segments to cut them into.
    fn telecommand(&self, vcid: Vcid, number: u32) -> Result<Bytes> {
        let channel = self.up.channels.iter().find(|channel| channel.vcid == vcid);
        let segments = channel.is_some_and(|channel| channel.segment_headers);
        let frame = TcParameters::new(self.up.frame)?.max_data_len();
        let len = match number.is_multiple_of(10) {
            true if segments => 2_500,
            _ => 60.min(frame.saturating_sub(HEADER_LEN + 4)),
        };
        let mut header = SpaceHeader::telecommand(Apid::new(1).expect("eleven bits"));
        header.sequence_count = SequenceCount::new(number as u16 & 0x3FFF).expect("fourteen bits");
        let data = [&number.to_be_bytes()[..], &vec![number as u8; len]].concat();
        Ok(SpacePacket::new(header, &data)?.to_vec()?.into())
    }

    fn channels(&self) -> impl Iterator<Item = Vcid> {
        self.up.channels.iter().map(|channel| channel.vcid)
    }
}

/// The number in a telecommand.
fn number(unit: &[u8]) -> Option<u32> {
    unit.get(HEADER_LEN..)?.first_chunk().map(|number| u32::from_be_bytes(*number))
}

/// One in `loss` of all.
fn is_lost(rng: &mut ChaCha8Rng, loss: f64) -> bool {
    f64::from(rng.next_u32()) < loss * f64::from(u32::MAX)
}

/// The ground station.
pub struct Ground<'a> {
    links: &'a Links,
    sender: TcSender,
    /// The next telecommand of each channel.
    next: Vec<(Vcid, u32)>,
    count: u32,
    telemetry: DownlinkReceiver,
    clcws: ClcwReader<AnyParameters>,
    socket: UdpSocket,
    start: tokio::time::Instant,
    loss: f64,
    rng: ChaCha8Rng,
    confirmed: u64,
    lost: u64,
    flipped: u64,
    cltu: Vec<u8>,
}

impl<'a> Ground<'a> {
    pub fn new(links: &'a Links, socket: UdpSocket, loss: f64, rng: ChaCha8Rng, count: u32) -> Result<Self> {
        let mut sender = TcSender::new(&links.up)?;
        for vcid in links.channels() {
            sender.directive(Instant::ZERO, vcid, Directive::InitiateWithUnlock)?;
        }
        let telemetry = DownlinkReceiver::new(&links.down)?;
        let scid = links.down.scid.ok_or("downlink: no scid")?;
        Ok(Self {
            next: links.channels().map(|vcid| (vcid, 0)).collect(),
            count,
            clcws: ClcwReader::new(*telemetry.format(), scid),
            telemetry,
            socket,
            start: tokio::time::Instant::now(),
            loss,
            rng,
            confirmed: 0,
            lost: 0,
            flipped: 0,
            cltu: vec![0; sender.max_cltu_len()],
            sender,
            links,
        })
    }

    /// Queues telecommands as long as there is room.
    fn queue(&mut self, now: Instant) -> Result<()> {
        for (vcid, next) in &mut self.next {
            while *next < self.count {
                let unit = self.links.telecommand(*vcid, *next)?;
                match self.sender.send(now, *vcid, MapId::ZERO, ServiceType::SequenceControlled, unit) {
                    Ok(_) => *next += 1,
                    Err(SendError::QueueFull { .. }) => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Sends what there is to send, then waits for telemetry or the timer.
    pub async fn step(&mut self) -> Result<()> {
        let now = self.now();
        self.queue(now)?;
        self.sender.handle_timeout(now);
        while let Some(sent) = self.sender.poll_transmit(now, &mut self.cltu) {
            let cltu = &mut self.cltu[..sent.len];
            if is_lost(&mut self.rng, self.loss) {
                self.lost += 1;
                continue;
            }
            // A bit error somewhere behind the start sequence, for the decoder to repair.
            let bit = 64 + self.rng.next_u32() as usize % (8 * (cltu.len() - 24));
            cltu[bit / 8] ^= 0x80 >> (bit % 8);
            self.flipped += 1;
            self.socket.send(cltu).await?;
        }
        while let Some(event) = self.sender.poll_event() {
            match event {
                TcSenderEvent::Confirmed { .. } => self.confirmed += 1,
                TcSenderEvent::DirectiveConfirmed { .. } => {}
                other => return Err(format!("{other:?}").into()),
            }
        }
        let due = self.sender.poll_timeout().map_or(TELEMETRY_EVERY, |due| due.since(now));
        let mut symbols = [0; 65_536];
        if let Ok(received) = tokio::time::timeout(due, self.socket.recv(&mut symbols)).await {
            let len = received?;
            let (now, mut words) = (self.now(), Vec::new());
            let Self { telemetry, clcws, .. } = self;
            telemetry.receive(&symbols[..len], |found| {
                if let Found::Frame { frame, .. } = found {
                    // Refused are frames that come late; the next is right behind.
                    words.extend(clcws.handle_frame(frame));
                }
            });
            for clcw in words {
                self.sender.handle_clcw(now, clcw)?;
            }
        }
        Ok(())
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.start.elapsed()
    }

    pub fn is_done(&self) -> bool {
        self.confirmed == self.wanted()
    }

    pub fn wanted(&self) -> u64 {
        self.next.len() as u64 * u64::from(self.count)
    }

    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    pub fn lost(&self) -> u64 {
        self.lost
    }

    pub fn flipped(&self) -> u64 {
        self.flipped
    }

    pub fn counters(&self) -> TcSenderCounters {
        self.sender.counters()
    }
}

/// The satellite.
pub struct Satellite<'a> {
    links: &'a Links,
    receiver: TcReceiver,
    telemetry: DownlinkSender,
    socket: UdpSocket,
    loss: f64,
    rng: ChaCha8Rng,
    tick: tokio::time::Interval,
    sent: u64,
    lost: u64,
    /// Numbers of telecommands as they came, by channel; `None` for what is none.
    arrived: Vec<(Vcid, Vec<Option<u32>>)>,
}

impl<'a> Satellite<'a> {
    pub fn new(links: &'a Links, socket: UdpSocket, loss: f64, rng: ChaCha8Rng) -> Result<Self> {
        Ok(Self {
            receiver: TcReceiver::new(&links.up)?,
            telemetry: DownlinkSender::new(&links.down)?,
            socket,
            loss,
            rng,
            tick: tokio::time::interval(TELEMETRY_EVERY),
            sent: 0,
            lost: 0,
            arrived: links.channels().map(|vcid| (vcid, Vec::new())).collect(),
            links,
        })
    }

    /// Waits for a CLTU or for the time of the next frame of telemetry.
    pub async fn step(&mut self) -> Result<()> {
        let mut cltu = [0; 65_536];
        tokio::select! {
            received = self.socket.recv(&mut cltu) => {
                let len = received?;
                self.receiver.handle_octets(&cltu[..len]);
                // A datagram holds one CLTU, so what it does not end will not be ended.
                self.receiver.flush();
            }
            _ = self.tick.tick() => self.send_telemetry().await?,
        }
        while let Some(event) = self.receiver.poll_event() {
            match event {
                TcReceived::Packet { source, packet: unit } | TcReceived::Access { source, unit } => {
                    self.take(source, &unit)?;
                }
                other => return Err(format!("{other:?}").into()),
            }
        }
        Ok(())
    }

    fn take(&mut self, source: Source, unit: &Bytes) -> Result<()> {
        let number = match number(unit) {
            Some(number) if *unit == self.links.telecommand(source.vcid, number)? => Some(number),
            _ => None,
        };
        let of = self.arrived.iter_mut().find(|(vcid, _)| *vcid == source.vcid);
        of.expect("the receiver has no other channels").1.push(number);
        Ok(())
    }

    /// Sends a frame of nothing but a CLCW.
    async fn send_telemetry(&mut self) -> Result<()> {
        if let Some(clcw) = self.receiver.next_clcw() {
            self.telemetry.multiplexer_mut().set_ocf(clcw.to_octets())?;
        }
        let mut symbols = Vec::new();
        self.telemetry.idle(&mut symbols)?;
        self.sent += 1;
        if is_lost(&mut self.rng, self.loss) {
            self.lost += 1;
        } else {
            self.socket.send(&symbols).await?;
        }
        Ok(())
    }

    /// Whether each of `count` telecommands of all channels came once, in order.
    pub fn delivered(&self, count: u32) -> bool {
        self.arrived.iter().all(|(_, arrived)| arrived.iter().copied().eq((0..count).map(Some)))
    }

    pub fn sent(&self) -> u64 {
        self.sent
    }

    pub fn lost(&self) -> u64 {
        self.lost
    }

    pub fn counters(&self) -> TcReceiverCounters {
        self.receiver.counters()
    }

    pub fn cltu_counters(&self) -> CltuCounters {
        self.receiver.cltu_counters()
    }
}
