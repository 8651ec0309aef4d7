//! The two ends: machines of the library, a socket each, and dice for what is lost.

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use spacelink::coding::cltu::{CltuCode, CltuCounters};
use spacelink::cop::{Directive, FarmWindow, FopParameters};
use spacelink::frame::counter::Count;
use spacelink::frame::packets::FirstHeader;
use spacelink::frame::receive::Service;
use spacelink::frame::tc::ChannelSettings;
use spacelink::frame::tm::{DataStatus, TmDraft, TmHeader, TmParameters, TmSettings};
use spacelink::frame::{MapId, Scid, Vcid};
use spacelink::link::tc::{
    ClcwReader, ServiceType, TcChannel, TcLinkParameters, TcReceived, TcReceiver, TcReceiverCounters,
    TcSender, TcSenderCounters, TcSenderEvent,
};
use spacelink::time::Instant;
use std::error::Error;
use std::time::Duration;
use tokio::net::UdpSocket;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SCID: Scid = Scid(0x155);
const TELEMETRY_EVERY: Duration = Duration::from_millis(5);
const CHANNELS: [u8; 2] = [1, 2];

/// Two virtual channels that carry numbered units.
pub fn link(code: CltuCode) -> TcLinkParameters {
    let channels = CHANNELS.map(|vcid| {
        let settings = ChannelSettings {
            service: Service::Access,
            ..ChannelSettings::new(Vcid::new(vcid).expect("six bits"))
        };
        let fop = FopParameters {
            window: 10,
            t1_initial: Duration::from_millis(60),
            transmission_limit: 255,
            ..FopParameters::default()
        };
        let farm = FarmWindow::new(20).expect("an even width");
        TcChannel { fop, farm, max_queued: usize::MAX, ..TcChannel::new(settings) }
    });
    TcLinkParameters::with_code(SCID, code, &channels)
}

fn telemetry() -> TmParameters {
    TmParameters::new(TmSettings { fecf: true, ..TmSettings::of_len(64) }).expect("a legal frame")
}

/// One in `loss` of all.
fn is_lost(rng: &mut ChaCha8Rng, loss: f64) -> bool {
    f64::from(rng.next_u32()) < loss * f64::from(u32::MAX)
}

/// Telecommand `number`: some take several frames.
fn telecommand(number: u32) -> Bytes {
    let len = if number.is_multiple_of(10) { 2_500 } else { 60 };
    [&number.to_be_bytes()[..], &vec![number as u8; len]].concat().into()
}

/// The ground station.
pub struct Ground {
    sender: TcSender,
    clcws: ClcwReader,
    socket: UdpSocket,
    start: tokio::time::Instant,
    loss: f64,
    rng: ChaCha8Rng,
    wanted: u64,
    confirmed: u64,
    lost: u64,
    flipped: u64,
    cltu: Vec<u8>,
}

impl Ground {
    pub fn new(
        link: &TcLinkParameters,
        socket: UdpSocket,
        loss: f64,
        rng: ChaCha8Rng,
        count: u32,
    ) -> Result<Self> {
        let mut sender = TcSender::new(link)?;
        for vcid in CHANNELS.map(|vcid| Vcid::new(vcid).expect("six bits")) {
            sender.directive(Instant::ZERO, vcid, Directive::InitiateWithUnlock)?;
            for number in 0..count {
                let map = MapId::new(0).expect("six bits");
                sender.send(
                    Instant::ZERO,
                    vcid,
                    map,
                    ServiceType::SequenceControlled,
                    telecommand(number),
                )?;
            }
        }
        let cltu = vec![0; sender.max_cltu_len()];
        let wanted = 2 * u64::from(count);
        let clcws = ClcwReader::new(telemetry(), SCID);
        let start = tokio::time::Instant::now();
        Ok(Self { sender, clcws, socket, start, loss, rng, wanted, confirmed: 0, lost: 0, flipped: 0, cltu })
    }

    /// Sends what there is to send, then waits for telemetry or the timer.
    pub async fn step(&mut self) -> Result<()> {
        let now = self.now();
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
        let mut frame = [0; 2_048];
        if let Ok(received) = tokio::time::timeout(due, self.socket.recv(&mut frame)).await {
            let len = received?;
            // Refused are frames that come late; the next is right behind.
            if let Ok(clcw) = self.clcws.handle_frame(&frame[..len]) {
                self.sender.handle_clcw(self.now(), clcw)?;
            }
        }
        Ok(())
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.start.elapsed()
    }

    pub fn is_done(&self) -> bool {
        self.confirmed == self.wanted
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
pub struct Satellite {
    receiver: TcReceiver,
    socket: UdpSocket,
    loss: f64,
    rng: ChaCha8Rng,
    tick: tokio::time::Interval,
    sent: u64,
    lost: u64,
    /// Numbers of telecommands as they came, by channel.
    arrived: [Vec<u32>; 2],
}

impl Satellite {
    pub fn new(link: &TcLinkParameters, socket: UdpSocket, loss: f64, rng: ChaCha8Rng) -> Result<Self> {
        Ok(Self {
            receiver: TcReceiver::new(link)?,
            socket,
            loss,
            rng,
            tick: tokio::time::interval(TELEMETRY_EVERY),
            sent: 0,
            lost: 0,
            arrived: [Vec::new(), Vec::new()],
        })
    }

    /// Waits for a CLTU or for the time of the next frame of telemetry.
    pub async fn step(&mut self) -> Result<()> {
        let mut cltu = [0; 8_192];
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
            let TcReceived::Access { source, unit } = event else { return Err(format!("{event:?}").into()) };
            let number = unit.first_chunk().map_or(u32::MAX, |number| u32::from_be_bytes(*number));
            let right = unit == telecommand(number);
            let at = usize::from(source.vcid.value() - CHANNELS[0]);
            self.arrived[at].push(if right { number } else { u32::MAX });
        }
        Ok(())
    }

    async fn send_telemetry(&mut self) -> Result<()> {
        let frames = telemetry();
        let header = TmHeader {
            ocf: true,
            master_count: Count::wrapping(self.sent),
            count: Count::wrapping(self.sent),
            status: DataStatus::Packets(FirstHeader::IdleOnly),
            ..TmHeader::new(SCID, Vcid::new(0).expect("six bits"))
        };
        let mut frame = [0; 64];
        let mut draft = TmDraft::begin(&frames, &header, &[], &mut frame)?;
        if let Some(clcw) = self.receiver.next_clcw() {
            draft.set_ocf(clcw.to_octets());
        }
        let frame = draft.finish();
        self.sent += 1;
        if is_lost(&mut self.rng, self.loss) {
            self.lost += 1;
        } else {
            self.socket.send(frame).await?;
        }
        Ok(())
    }

    /// Whether each of `count` telecommands of both channels came once, in order.
    pub fn delivered(&self, count: u32) -> bool {
        self.arrived.iter().all(|arrived| arrived.iter().copied().eq(0..count))
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
