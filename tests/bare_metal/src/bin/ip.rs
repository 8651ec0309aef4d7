//! TCP without an operating system: two smoltcp stacks talk through coded links of AOS frames whose bits flip.
//!
//! Runs on an emulated Cortex-M4 (`tests/bare_metal/run`) and ends the emulator with its verdict. Engines need an
//! allocator, and this is the only one of the programs here that has one.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use embedded_alloc::LlffHeap as Heap;
use panic_semihosting as _;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use spacelink::io::ip_device::IpDevice;
use spacelink::link::{PacketLink, PacketLinkSettings};
use spacelink::packet::IpPacket;

#[global_allocator]
static HEAP: Heap = Heap::empty();
const HEAP_LEN: usize = 1 << 20;

const MESSAGE: &[u8] = b"TCP over AOS frames, without an operating system";
const PORT: u16 = 7;
/// One octet of this many is hit on the way: about six in each codeword of 255.
const HIT_EVERY: usize = 41;
/// Milliseconds of virtual time after which it has failed.
const DEADLINE: i64 = 60_000;

struct Host {
    interface: Interface,
    sockets: SocketSet<'static>,
    socket: SocketHandle,
    device: IpDevice,
    link: PacketLink,
}

impl Host {
    fn new(number: u8, peer: u8) -> Self {
        let link = PacketLink::new(&PacketLinkSettings::reed_solomon(number.into(), peer.into()))
            .expect("a legal link");
        let mut device = IpDevice::new(link.packet_zone_len() - IpPacket::OVERHEAD, 8);
        let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(address(number), 24)).expect("room for an address");
        });
        let buffer = || tcp::SocketBuffer::new(vec![0; 1_024]);
        let mut sockets = SocketSet::new(Vec::new());
        let socket = sockets.add(tcp::Socket::new(buffer(), buffer()));
        Self { interface, sockets, socket, device, link }
    }

    fn socket(&mut self) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(self.socket)
    }

    /// Lets the stack work, sends its frames to `peer`, and returns how many there were.
    fn poll(&mut self, now: Instant, peer: &mut Host) -> usize {
        self.interface.poll(now, &mut self.device, &mut self.sockets);
        while let Some(packet) = self.device.poll_packet() {
            self.link.enqueue(packet).expect("room in the queue");
        }
        let mut cadu = vec![0; self.link.max_unit_len()];
        let mut frames = 0;
        while let Some(len) = self.link.poll_transmit(&mut cadu) {
            cadu[4..len].iter_mut().step_by(HIT_EVERY).for_each(|octet| *octet ^= 0x42);
            peer.link.handle_input(&cadu[..len]);
            frames += 1;
        }
        while let Some(packet) = peer.link.poll_packet() {
            peer.device.handle_packet(&packet).expect("an IP packet");
        }
        frames
    }
}

fn address(number: u8) -> IpAddress {
    IpAddress::v4(10, 0, 0, number)
}

#[entry]
fn main() -> ! {
    // SAFETY: the first thing the program does, and the only time.
    unsafe {
        embedded_alloc::init!(HEAP, HEAP_LEN);
    }
    let (mut ground, mut satellite) = (Host::new(1, 2), Host::new(2, 1));
    satellite.socket().listen(PORT).expect("a fresh socket");
    let Host { interface, sockets, socket, .. } = &mut ground;
    let client = sockets.get_mut::<tcp::Socket>(*socket);
    client.connect(interface.context(), (address(2), PORT), 49_152).expect("a fresh socket");

    let (mut asked, mut echoed) = (false, Vec::new());
    let (mut frames, mut now) = (0, 0);
    while echoed.len() < MESSAGE.len() {
        assert!(now < DEADLINE, "no echo in time");
        frames += ground.poll(Instant::from_millis(now), &mut satellite);
        frames += satellite.poll(Instant::from_millis(now), &mut ground);
        let server = satellite.socket();
        if server.can_recv() && server.can_send() {
            let mut octets = [0; 256];
            let len = server.recv_slice(&mut octets).expect("octets are there");
            server.send_slice(&octets[..len]).expect("room to answer");
        }
        let client = ground.socket();
        if !asked && client.can_send() {
            client.send_slice(MESSAGE).expect("room to ask");
            asked = true;
        }
        if client.can_recv() {
            client.recv(|octets| (octets.len(), echoed.extend_from_slice(octets))).expect("octets are there");
        }
        now += 1;
    }
    assert_eq!(echoed, MESSAGE);
    let repaired = ground.link.counters().symbols_corrected + satellite.link.counters().symbols_corrected;
    hprintln!(
        "bare metal: {} octets echoed over TCP in {} frames, {} symbols repaired",
        echoed.len(),
        frames,
        repaired
    );
    debug::exit(debug::EXIT_SUCCESS);
    loop {
        cortex_m::asm::wfi();
    }
}
