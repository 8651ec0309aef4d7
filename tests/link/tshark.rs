//! Space Packets as another program reads them: tshark, where it is installed.

use std::process::Command;

use spacelink::packet::{Apid, PacketType, SequenceCount, SequenceFlags, SpaceHeader, SpacePacket};
use spacelink::wire::Encode;

/// Fields of each packet, in the order tshark is asked for them.
const FIELDS: [&str; 7] = [
    "ccsds.version",
    "ccsds.type",
    "ccsds.secheader",
    "ccsds.apid",
    "ccsds.seqflag",
    "ccsds.seqnum",
    "ccsds.length",
];

#[test]
fn tshark_reads_space_packets() {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: tshark is not installed");
        return;
    }
    let mut packets = Vec::new();
    let mut expected = Vec::new();
    for number in 0..200_u16 {
        let header = SpaceHeader {
            packet_type: if number % 3 == 0 { PacketType::Telecommand } else { PacketType::Telemetry },
            // Its secondary headers are those of one mission; others it calls wrong.
            secondary_header: false,
            apid: Apid::new(number * 10 % 2048).unwrap(),
            sequence_flags: SequenceFlags::of(number as u8),
            sequence_count: SequenceCount::new(number * 83 % 16_384).unwrap(),
        };
        // It looks for the ten octets of that mission's secondary header in every packet.
        let data = vec![number as u8; 10 + usize::from(number) * 7];
        packets.push(SpacePacket::new(header, &data).unwrap().to_vec().unwrap());
        expected.push(format!(
            "0|{}|0|{}|{}|{}|{}|",
            u8::from(header.packet_type == PacketType::Telecommand),
            header.apid.value(),
            header.sequence_flags.bits(),
            header.sequence_count.value(),
            data.len() - 1
        ));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packets.pcap");
    std::fs::write(&path, pcap(&packets)).unwrap();

    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(&path).args(["-o", r#"uat:user_dlts:"User 0 (DLT=147)","ccsds","0","","0","""#]);
    tshark.args(["-T", "fields", "-E", "separator=|"]);
    FIELDS.iter().chain(&["_ws.malformed"]).for_each(|field| {
        tshark.args(["-e", field]);
    });
    let output = tshark.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), expected.len());
    for (found, expected) in text.lines().zip(&expected) {
        assert_eq!(found, expected);
    }
}

/// A capture file of `packets` with the first link type that is left to users.
fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    const USER_0: u32 = 147;
    let mut file = Vec::new();
    file.extend_from_slice(&0xA1B2_C3D4_u32.to_le_bytes());
    [2_u16, 4].iter().for_each(|version| file.extend_from_slice(&version.to_le_bytes()));
    [0, 0, 65_535, USER_0].iter().for_each(|word: &u32| file.extend_from_slice(&word.to_le_bytes()));
    for (second, packet) in (0_u32..).zip(packets) {
        let len = packet.len() as u32;
        for word in [second, 0, len, len] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(packet);
    }
    file
}
