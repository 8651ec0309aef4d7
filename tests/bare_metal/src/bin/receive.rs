//! A receive chain without an allocator or an operating system: an AOS frame in a damaged CADU becomes a packet.
//!
//! Runs on an emulated Cortex-M4 (`tests/bare_metal/run`) and ends the emulator with its verdict.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use panic_semihosting as _;
use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Marker, SyncParameters};
use spacelink::frame::aos::{AosDraft, AosFrame, AosHeader, AosParameters, AosSettings, Mpdu};
use spacelink::frame::packets::{Extracted, PacketExtractor, PacketInserter};
use spacelink::frame::{Scid, Vcid};
use spacelink::packet::{Apid, IdleKind, SliceBuffer, SpaceHeader, SpacePacket};
use spacelink::wire::{Decode, Encode};

const FRAME_LEN: usize = 223;
const CADU_LEN: usize = 4 + 255;
/// Wrong octets in the codeword; the code repairs no more than 16.
const ERRORS: usize = 16;

#[entry]
fn main() -> ! {
    let payload = *b"telemetry from a computer without an operating system";
    let mut cadu = [0; CADU_LEN];
    let (aos, coding) = parameters();
    send(&aos, &coding, &payload, &mut cadu);
    for error in 0..ERRORS {
        cadu[4 + error * 15] ^= 0x5A;
    }
    let (repaired, received) = receive(&aos, &coding, &cadu);
    assert_eq!(repaired as usize, ERRORS);
    assert_eq!(received, payload.len());
    hprintln!("bare metal: {} octets received, {} symbols repaired", received, repaired);
    debug::exit(debug::EXIT_SUCCESS);
    loop {
        cortex_m::asm::wfi();
    }
}

fn parameters() -> (AosParameters, CaduParameters) {
    let settings = AosSettings { fecf: true, ..AosSettings::of_len(FRAME_LEN) };
    let code = Interleaved::new(Code::E16, Basis::Dual, 1, 0).expect("a legal code");
    let coding = Coding::ReedSolomon(code);
    let coding =
        CaduParameters::checked(coding, Some(Randomizer::Tm), Marker::ASM_32).expect("a legal coding");
    (AosParameters::new(settings).expect("a legal frame"), coding)
}

fn send(aos: &AosParameters, coding: &CaduParameters, payload: &[u8], cadu: &mut [u8]) {
    let mut packet = [0; 64];
    let header = SpaceHeader::telemetry(Apid::new(42).expect("an APID"));
    let len = SpacePacket::new(header, payload).expect("a packet").encode(&mut packet).expect("room");
    let mut frame = [0; FRAME_LEN];
    let header = AosHeader::new(Scid(0x321), Vcid::new(5).expect("a channel"));
    let mut draft = AosDraft::begin(aos, &header, &mut frame).expect("room");
    let mut inserter = PacketInserter::new(IdleKind::Space);
    let (pointer, packets) = Mpdu::split(draft.data_zone()).expect("room");
    let mut zone = inserter.begin(packets).expect("room");
    assert!(inserter.insert(&mut zone, &packet[..len]));
    *pointer = Mpdu::header(inserter.finish(zone), false).expect("a pointer");
    let frame = draft.finish();
    coding.encode(frame, cadu).expect("room");
}

/// Symbols repaired, and octets of the data of the packet that is not idle.
fn receive(aos: &AosParameters, coding: &CaduParameters, cadu: &[u8]) -> (u32, usize) {
    let mut receiver =
        CaduReceiver::new(*coding, SyncParameters::default(), [0; 1024]).expect("enough memory");
    let mut memory = [0; 256];
    let mut extractor = PacketExtractor::new(SliceBuffer::new(&mut memory), 256);
    let (mut repaired, mut received) = (0, 0);
    receiver.receive(cadu, |found| {
        repaired = found.quality.symbols_corrected;
        let frame = AosFrame::decode(aos, found.frame).expect("a frame");
        let mpdu = Mpdu::decode(frame.data).expect("an M_PDU");
        extractor.extract(mpdu.first, mpdu.zone, |extracted| {
            if let Extracted::Packet(octets) = extracted {
                let (packet, _) = SpacePacket::decode(octets).expect("a packet");
                if !packet.is_idle() {
                    received = packet.data().len();
                }
            }
        });
    });
    (repaired, received)
}
