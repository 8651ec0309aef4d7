//! One end: smoltcp's stack on top of a coded link of AOS frames.

use rand_chacha::ChaCha8Rng;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use spacelink::io::channel::Channel;
use spacelink::io::ip_device::IpDevice;
use spacelink::link::{PacketLink, PacketLinkSettings};
use spacelink::packet::IpPacket;
use spacelink::time::Instant;
use std::time::Duration;

/// Datagrams that may wait each way between the stack and the link.
const QUEUE: usize = 64;

pub struct Host {
    pub sockets: SocketSet<'static>,
    pub link: PacketLink,
    pub device: IpDevice,
    interface: Interface,
    unit: Vec<u8>,
}

impl Host {
    /// A host with the address 10.0.0.`number`, its datagrams as long as one frame carries.
    pub fn new(number: u8, link: &PacketLinkSettings) -> Self {
        let link = PacketLink::new(link).expect("the profile's parts go together");
        let mut device = IpDevice::new(link.packet_zone_len() - IpPacket::OVERHEAD, QUEUE);
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = number.into();
        let mut interface = Interface::new(config, &mut device, smoltcp::time::Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(address(number), 24)).expect("the first address has room");
        });
        let unit = vec![0; link.max_unit_len()];
        Self { sockets: SocketSet::new(Vec::new()), link, device, interface, unit }
    }

    /// The stack's context, for connecting.
    pub fn connect(&mut self, socket: smoltcp::iface::SocketHandle, to: (IpAddress, u16), port: u16) {
        let socket = self.sockets.get_mut::<smoltcp::socket::tcp::Socket>(socket);
        socket.connect(self.interface.context(), to, port).expect("a fresh socket connects");
    }

    /// Octets off the channel.
    pub fn handle_input(&mut self, octets: &[u8]) {
        self.link.handle_input(octets);
        while let Some(packet) = self.link.poll_packet() {
            // A datagram too many is lost, as IP allows; TCP sends it again.
            let _ = self.device.handle_packet(&packet);
        }
    }

    /// Lets the stack work and hands the channel what the link has to send.
    pub fn poll(&mut self, now: Instant, channel: &mut Channel<ChaCha8Rng>) {
        self.interface.poll(stack_time(now), &mut self.device, &mut self.sockets);
        let Self { link, device, unit, .. } = self;
        channel.pump(now, unit, |unit| {
            while link.is_hungry()
                && let Some(packet) = device.poll_packet()
            {
                link.enqueue(packet).expect("a hungry link has room for a datagram");
            }
            link.poll_transmit(unit)
        });
    }

    /// When the stack has something to do next.
    pub fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let wait = self.interface.poll_delay(stack_time(now), &self.sockets)?;
        Some(now + Duration::from_micros(wait.total_micros().max(1)))
    }
}

/// 10.0.0.`number`.
pub fn address(number: u8) -> IpAddress {
    IpAddress::v4(10, 0, 0, number)
}

fn stack_time(now: Instant) -> smoltcp::time::Instant {
    smoltcp::time::Instant::from_micros(i64::try_from(now.as_micros()).expect("less than a lifetime"))
}
