//! smoltcp over Encapsulation Packets: what the device takes, refuses, and holds back.

use proptest::prelude::*;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::socket::udp;
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use spacelink::io::ip_device::{IpDevice, Refused};
use spacelink::packet::{EncapsulationPacket, IpPacket, Ipe};
use spacelink::wire::{Decode, Encode};

const QUEUE: usize = 4;

fn host(number: u8) -> (IpDevice, Interface, SocketSet<'static>) {
    let mut device = IpDevice::new(1_000, QUEUE);
    let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut device, Instant::ZERO);
    interface.update_ip_addrs(|addresses| {
        addresses.push(IpCidr::new(IpAddress::v4(10, 0, 0, number), 24)).unwrap();
    });
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 64], vec![0; 65_536]);
    let mut sockets = SocketSet::new(Vec::new());
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(7_000).unwrap();
    sockets.add(socket);
    (device, interface, sockets)
}

fn socket<'a>(sockets: &'a mut SocketSet<'static>) -> &'a mut udp::Socket<'static> {
    let handle = sockets.iter().next().unwrap().0;
    sockets.get_mut(handle)
}

#[test]
fn a_full_queue_holds_the_stack_back_and_loses_nothing() {
    let (mut device, mut interface, mut sockets) = host(1);
    let (mut far_device, mut far_interface, mut far_sockets) = host(2);
    for number in 0..20_u8 {
        socket(&mut sockets).send_slice(&[number; 100], (IpAddress::v4(10, 0, 0, 2), 7_000)).unwrap();
    }
    let mut received = Vec::new();
    for _ in 0..20 {
        interface.poll(Instant::ZERO, &mut device, &mut sockets);
        let mut batch = 0;
        while let Some(packet) = device.poll_packet() {
            batch += 1;
            far_device.handle_packet(&packet).unwrap();
            far_interface.poll(Instant::ZERO, &mut far_device, &mut far_sockets);
        }
        assert!(batch <= QUEUE);
        while let Ok((octets, _)) = socket(&mut far_sockets).recv() {
            received.push(octets[0]);
        }
    }
    assert_eq!(received, (0..20).collect::<Vec<_>>());
    assert_eq!((device.counters().sent, far_device.counters().received), (20, 20));
}

#[test]
fn refusals_say_why() {
    let mut device = IpDevice::new(100, 1);
    let packet = |datagram: &[u8]| IpPacket::datagram(datagram).unwrap().to_vec().unwrap();
    assert_eq!(device.handle_packet(&packet(&[0x45; 101])), Err(Refused::TooLong { len: 101, mtu: 100 }));
    assert_eq!(device.handle_packet(&packet(&[0x45; 100])), Ok(()));
    assert_eq!(device.handle_packet(&packet(&[0x60; 40])), Err(Refused::Full { queued: 1 }));
    let compressed = Ipe::new(0x61).unwrap();
    let octets = IpPacket::new(compressed, &[1]).to_vec().unwrap();
    assert_eq!(device.handle_packet(&octets), Err(Refused::Kind(compressed)));
    let ltp = EncapsulationPacket::ltp(&[0x21, 0x45]).unwrap().to_vec().unwrap();
    assert!(matches!(device.handle_packet(&ltp), Err(Refused::Decode(_))));
    assert_eq!((device.counters().received, device.counters().refused), (1, 4));
}

proptest! {
    #[test]
    fn any_octets_are_refused_or_read_back(octets: Vec<u8>, ipe in any::<u32>()) {
        if let Ok((packet, rest)) = IpPacket::decode(&octets) {
            let again = packet.to_vec().unwrap();
            prop_assert_eq!(IpPacket::decode(&again).unwrap().0, packet);
            prop_assert!(again.len() + rest.len() <= octets.len());
        }
        if let Some(ipe) = Ipe::new(ipe) {
            let packet = IpPacket::new(ipe, &octets);
            let wire = packet.to_vec().unwrap();
            prop_assert_eq!(IpPacket::decode(&wire), Ok((packet, &[][..])));
        }
    }
}
