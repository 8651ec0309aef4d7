//! The relay itself: two sockets, a link, a channel.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::cla::{datagram, encapsulation};
use spacelink::io::Clock;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::link::{PacketLink, PacketLinkSettings};
use spacelink::time::Instant;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;

use crate::options::Options;

pub struct Relay {
    datagrams: UdpSocket,
    datagrams_to: SocketAddr,
    frames: UdpSocket,
    frames_to: SocketAddr,
    link: PacketLink,
    channel: Channel<ChaCha8Rng>,
    clock: Clock,
    buffer: Vec<u8>,
    datagrams_in: u64,
    datagrams_out: u64,
    /// Datagrams that hold neither a bundle nor a segment, came from elsewhere, or found the queue full.
    datagrams_dropped: u64,
}

/// A line for people.
pub struct Figures {
    datagrams_in: u64,
    datagrams_out: u64,
    datagrams_dropped: u64,
    frames_sent: u64,
    frames_lost: u64,
    frames_received: u64,
    frames_missing: u64,
    symbols_corrected: u64,
    codeblocks_uncorrectable: u64,
}

impl Relay {
    pub async fn bind(options: &Options) -> io::Result<Self> {
        let impairments = Impairments {
            rate: Some(options.rate),
            bit_error_rate: options.ber,
            loss: options.loss,
            ..Impairments::default()
        };
        let rng = ChaCha8Rng::seed_from_u64(options.seed);
        let clock = Clock::start(1.0);
        Ok(Self {
            datagrams: UdpSocket::bind(options.datagrams).await?,
            datagrams_to: options.datagrams_to,
            frames: UdpSocket::bind(options.frames).await?,
            frames_to: options.frames_to,
            link: PacketLink::new(&PacketLinkSettings::reed_solomon(1, 1)).map_err(io::Error::other)?,
            channel: Channel::new(Duration::from_millis(options.delay), impairments, rng),
            clock,
            buffer: vec![0; 65_536],
            datagrams_in: 0,
            datagrams_out: 0,
            datagrams_dropped: 0,
        })
    }

    /// Waits until something arrives or is due, and passes on all there is.
    pub async fn step(&mut self) -> io::Result<()> {
        let due = [self.channel.poll_timeout(), self.channel.poll_pump()].into_iter().flatten().min();
        let due = due.and_then(|due| self.clock.real(due));
        tokio::select! {
            ready = self.datagrams.readable() => ready?,
            ready = self.frames.readable() => ready?,
            () = tokio::time::sleep_until(due.unwrap_or_else(tokio::time::Instant::now)), if due.is_some() => {}
        }
        let now = self.clock.now();
        self.take_datagrams();
        self.take_frames();
        self.send_frames(now);
        self.send_datagrams();
        Ok(())
    }

    fn take_datagrams(&mut self) {
        for _ in 0..UNITS_A_STEP {
            let Ok((len, from)) = self.datagrams.try_recv_from(&mut self.buffer) else { return };
            let unit = &self.buffer[..len];
            let packet = match datagram::Content::of(unit) {
                // Many nodes send from another port than they listen on.
                _ if from.ip() != self.datagrams_to.ip() => None,
                datagram::Content::Bundle => encapsulation::wrap_bundle(unit).ok(),
                datagram::Content::LtpSegment => encapsulation::wrap_segment(unit).ok(),
                _ => None,
            };
            match packet.map(|packet| self.link.enqueue(packet)) {
                Some(Ok(())) => self.datagrams_in += 1,
                _ => self.datagrams_dropped += 1,
            }
        }
    }

    fn take_frames(&mut self) {
        for _ in 0..UNITS_A_STEP {
            let Ok((len, from)) = self.frames.try_recv_from(&mut self.buffer) else { return };
            if from == self.frames_to {
                self.link.handle_input(&self.buffer[..len]);
            }
        }
    }

    /// Sends what the link has to send as far as the transmitter is free, and what has come out of the channel.
    fn send_frames(&mut self, now: Instant) {
        let link = &mut self.link;
        self.channel.pump(now, &mut self.buffer, |unit| link.poll_transmit(unit));
        while let Some(unit) = self.channel.receive(now) {
            // A socket that does not take it loses it, as the network might.
            let _ = self.frames.try_send_to(&unit, self.frames_to);
        }
    }

    fn send_datagrams(&mut self) {
        while let Some(packet) = self.link.poll_packet() {
            let unit = match encapsulation::unwrap(&packet) {
                Ok(encapsulation::Content::Bundle(unit) | encapsulation::Content::LtpSegment(unit)) => unit,
                _ => continue,
            };
            if self.datagrams.try_send_to(unit, self.datagrams_to).is_ok() {
                self.datagrams_out += 1;
            }
        }
    }

    pub fn figures(&self) -> Figures {
        let (link, channel) = (self.link.counters(), self.channel.counters());
        Figures {
            datagrams_in: self.datagrams_in,
            datagrams_out: self.datagrams_out,
            datagrams_dropped: self.datagrams_dropped,
            frames_sent: channel.sent,
            frames_lost: channel.lost,
            frames_received: link.frames_received,
            frames_missing: link.frames_missing,
            symbols_corrected: link.symbols_corrected,
            codeblocks_uncorrectable: link.codeblocks_uncorrectable,
        }
    }
}

/// Units taken from a socket before what they lead to is sent.
const UNITS_A_STEP: usize = 64;

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "datagrams {} in, {} out, {} dropped; frames {} sent ({} lost on the way), {} received, {} missing; \
             {} symbols corrected, {} codeblocks beyond repair",
            self.datagrams_in,
            self.datagrams_out,
            self.datagrams_dropped,
            self.frames_sent,
            self.frames_lost,
            self.frames_received,
            self.frames_missing,
            self.symbols_corrected,
            self.codeblocks_uncorrectable
        )
    }
}
