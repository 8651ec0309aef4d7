//! IP over CCSDS links: a network device for smoltcp, whose TCP, UDP and ICMP then run over packets, frames and coding.
//!
//! The device has no link of its own. The host moves packets between it and whatever carries Encapsulation Packets:
//! what [`poll_packet`](IpDevice::poll_packet) says goes to the link, what the link brings goes to
//! [`handle_packet`](IpDevice::handle_packet). It needs an allocator and no operating system.
//!
//! ```
//! use smoltcp::iface::{Config, Interface, SocketSet};
//! use smoltcp::time::Instant;
//! use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
//! use spacelink::io::ip_device::IpDevice;
//!
//! let mut device = IpDevice::new(1_080, 64);
//! let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut device, Instant::ZERO);
//! interface.update_ip_addrs(|addresses| addresses.push(IpCidr::new(IpAddress::v4(10, 0, 0, 1), 24)).unwrap());
//!
//! // An echo request to 10.0.0.1, in an Encapsulation Packet; the answer is one too.
//! let request = [
//!     0xE9, 31, 0x21, // header and extension header
//!     0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0x66, 0xDF, 10, 0, 0, 2, 10, 0, 0, 1, // IPv4
//!     8, 0, 0xF7, 0xFC, 0, 1, 0, 2, // ICMP
//! ];
//! device.handle_packet(&request)?;
//! interface.poll(Instant::ZERO, &mut device, &mut SocketSet::new([]));
//! let answer = device.poll_packet().unwrap();
//! assert_eq!(answer.len(), request.len());
//! assert_eq!(answer[23], 0); // echo reply
//! # Ok::<(), spacelink::io::ip_device::Refused>(())
//! ```
//!
//! Source: CCSDS 702.1-B-1.

use alloc::collections::VecDeque;
use alloc::vec;
use bytes::Bytes;
use smoltcp::phy::{self, Device, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

use crate::packet::{IpPacket, Ipe};
use crate::wire::{Decode, DecodeError, Encode};

/// Why a packet was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It carries no IP datagram.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It carries something for an IP layer that is no IPv4 or IPv6 datagram.
    #[error("IP packet: extension header {:#x} is neither IPv4 nor IPv6", .0.value())]
    Kind(Ipe),
    /// The datagram is longer than this device takes.
    #[error("IP packet: {len} octets, {mtu} are the most")]
    TooLong {
        /// Octets of the datagram.
        len: usize,
        /// Octets it takes.
        mtu: usize,
    },
    /// Poll the interface first.
    #[error("IP packet: {queued} wait already")]
    Full {
        /// Packets that wait.
        queued: usize,
    },
}

/// Figures since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IpDeviceCounters {
    /// Datagrams received.
    pub received: u64,
    /// Packets refused.
    pub refused: u64,
    /// Datagrams sent.
    pub sent: u64,
}

/// A network device of smoltcp whose datagrams travel in Encapsulation Packets.
#[derive(Debug)]
pub struct IpDevice {
    mtu: usize,
    queue_limit: usize,
    inbound: VecDeque<Bytes>,
    outbound: VecDeque<Bytes>,
    counters: IpDeviceCounters,
}

impl IpDevice {
    /// A device for datagrams of up to `mtu` octets that keeps up to `queue_limit` of them each way.
    ///
    /// A datagram that shares its frame with no other is lost alone: the data zone of a frame less
    /// [`IpPacket::OVERHEAD`] makes a good `mtu`. Links hold back by not calling [`poll_packet`](Self::poll_packet);
    /// once the queue is full, smoltcp waits.
    #[must_use]
    pub fn new(mtu: usize, queue_limit: usize) -> Self {
        let counters = IpDeviceCounters::default();
        Self { mtu, queue_limit, inbound: VecDeque::new(), outbound: VecDeque::new(), counters }
    }

    /// Takes a whole Encapsulation Packet off a link.
    ///
    /// # Errors
    /// [`Refused`] says why the packet was dropped.
    pub fn handle_packet(&mut self, packet: &[u8]) -> Result<(), Refused> {
        let taken = self.take(packet);
        match taken {
            Ok(()) => self.counters.received += 1,
            Err(_) => self.counters.refused += 1,
        }
        taken
    }

    /// The next Encapsulation Packet to send. Ask whenever the link has room and the interface was polled.
    pub fn poll_packet(&mut self) -> Option<Bytes> {
        self.outbound.pop_front()
    }

    /// Figures since the start.
    #[must_use]
    pub const fn counters(&self) -> IpDeviceCounters {
        self.counters
    }

    fn take(&mut self, packet: &[u8]) -> Result<(), Refused> {
        let packet = IpPacket::decode_exact("IP packet", packet)?;
        let content = packet.content();
        if packet.ipe() != Ipe::IPV4 && packet.ipe() != Ipe::IPV6 {
            return Err(Refused::Kind(packet.ipe()));
        }
        if content.len() > self.mtu {
            return Err(Refused::TooLong { len: content.len(), mtu: self.mtu });
        }
        if self.inbound.len() >= self.queue_limit {
            return Err(Refused::Full { queued: self.inbound.len() });
        }
        self.inbound.push_back(Bytes::copy_from_slice(content));
        Ok(())
    }
}

impl Device for IpDevice {
    type RxToken<'a> = RxToken;
    type TxToken<'a> = TxToken<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(RxToken, TxToken<'_>)> {
        // Whoever receives may have to answer.
        if self.outbound.len() >= self.queue_limit {
            return None;
        }
        let datagram = self.inbound.pop_front()?;
        Some((RxToken(datagram), TxToken(self)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<TxToken<'_>> {
        (self.outbound.len() < self.queue_limit).then_some(TxToken(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

/// One datagram received.
#[derive(Debug)]
pub struct RxToken(Bytes);

impl phy::RxToken for RxToken {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// Room for one datagram to send.
#[derive(Debug)]
pub struct TxToken<'a>(&'a mut IpDevice);

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let mut datagram = vec![0; len];
        let result = write(&mut datagram);
        // smoltcp makes nothing but IPv4 and IPv6 datagrams, no longer than the device says.
        if let Ok(packet) = IpPacket::datagram(&datagram).and_then(|packet| packet.to_vec()) {
            self.0.outbound.push_back(packet.into());
            self.0.counters.sent += 1;
        }
        result
    }
}
