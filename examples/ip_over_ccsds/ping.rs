//! Echo requests to the satellite, whose stack answers by itself.

use smoltcp::iface::SocketHandle;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::socket::icmp;
use smoltcp::wire::{Icmpv4Packet, Icmpv4Repr, IpAddress};
use spacelink::time::Instant;
use std::time::Duration;

use crate::host::Host;
use crate::world::Program;

const IDENT: u16 = 0x5350;
const INTERVAL: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Ping {
    socket: SocketHandle,
    to: IpAddress,
    count: u16,
    sent: Vec<Instant>,
    round_trips: Vec<Duration>,
    next_at: Instant,
}

/// Requests sent, and how long each answer took.
pub struct Pinged {
    pub sent: usize,
    pub round_trips: Vec<Duration>,
}

impl Ping {
    pub fn new(now: Instant, host: &mut Host, to: IpAddress, count: u16) -> Self {
        let buffer = || icmp::PacketBuffer::new(vec![icmp::PacketMetadata::EMPTY; 16], vec![0; 4_096]);
        let mut socket = icmp::Socket::new(buffer(), buffer());
        socket.bind(icmp::Endpoint::Ident(IDENT)).expect("a fresh socket binds");
        let socket = host.sockets.add(socket);
        Self { socket, to, count, sent: Vec::new(), round_trips: Vec::new(), next_at: now }
    }

    fn receive(&mut self, now: Instant, socket: &mut icmp::Socket<'_>) {
        while let Ok((octets, _)) = socket.recv() {
            let Ok(packet) = Icmpv4Packet::new_checked(octets) else { continue };
            let parsed = Icmpv4Repr::parse(&packet, &ChecksumCapabilities::default());
            if let Ok(Icmpv4Repr::EchoReply { seq_no, .. }) = parsed
                && let Some(sent) = self.sent.get(usize::from(seq_no))
            {
                self.round_trips.push(now.since(*sent));
            }
        }
    }

    fn send(&mut self, now: Instant, socket: &mut icmp::Socket<'_>) {
        let seq_no = u16::try_from(self.sent.len()).expect("no more than `count`");
        let request = Icmpv4Repr::EchoRequest { ident: IDENT, seq_no, data: b"are you there, satellite?" };
        if let Ok(room) = socket.send(request.buffer_len(), self.to) {
            request.emit(&mut Icmpv4Packet::new_unchecked(room), &ChecksumCapabilities::default());
            self.sent.push(now);
            self.next_at = now + INTERVAL;
        }
    }
}

impl Program for Ping {
    type Outcome = Pinged;

    fn poll(&mut self, now: Instant, host: &mut Host) -> Option<Pinged> {
        let socket = host.sockets.get_mut::<icmp::Socket>(self.socket);
        self.receive(now, socket);
        let all_sent = self.sent.len() == usize::from(self.count);
        if !all_sent && now >= self.next_at {
            self.send(now, socket);
        }
        let all_back = self.round_trips.len() == usize::from(self.count);
        let given_up = all_sent && self.sent.last().is_some_and(|last| now >= *last + PATIENCE);
        let round_trips = &mut self.round_trips;
        (all_back || given_up)
            .then(|| Pinged { sent: self.sent.len(), round_trips: std::mem::take(round_trips) })
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.sent.len() == usize::from(self.count) {
            self.sent.last().map(|last| *last + PATIENCE)
        } else {
            Some(self.next_at)
        }
    }
}
