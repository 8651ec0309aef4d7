//! Space Packets and Encapsulation Packets: fields to octets, octets to fields, and what must be refused.

use serde_json::Value;
use spacelink::packet::{
    Apid, EncapsulationPacket, HeaderLen, PacketType, ProtocolId, SequenceCount, SequenceFlags, SpaceHeader,
    SpacePacket, packet_len,
};
use spacelink::wire::{Decode, Encode};

use crate::runner::{Case, Failure, Tally, expect, expect_octets, expect_refusal};

pub fn space_packets(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        let packet_type = match case.u64("type")? {
            0 => PacketType::Telemetry,
            1 => PacketType::Telecommand,
            other => return Err(format!("type is {other}")),
        };
        let sequence_flags = match case.u64("seq_flags")? {
            0 => SequenceFlags::Continuation,
            1 => SequenceFlags::First,
            2 => SequenceFlags::Last,
            3 => SequenceFlags::Unsegmented,
            other => return Err(format!("seq_flags is {other}")),
        };
        let header = header(case, packet_type, case.bool("sec_header")?, sequence_flags)?;
        space_packet(&header, &case.hex("data")?, &case.hex("hex")?)
    });
    tally.cases(file, "negative", |case| {
        let octets = case.hex("hex")?;
        expect_refusal("decoding", SpacePacket::decode_exact("space packet", &octets))
    });
}

pub fn space_packets_java(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        let packet_type = if case.bool("tc")? { PacketType::Telecommand } else { PacketType::Telemetry };
        let sequence_flags = match case.str("seq_flag")? {
            "CONTINUE" => SequenceFlags::Continuation,
            "FIRST" => SequenceFlags::First,
            "LAST" => SequenceFlags::Last,
            "UNSEGMENTED" => SequenceFlags::Unsegmented,
            other => return Err(format!("seq_flag is {other}")),
        };
        let header = header(case, packet_type, case.bool("shf")?, sequence_flags)?;
        let octets = case.hex("hex")?;
        let data = octets.get(SpacePacket::HEADER_LEN..).ok_or("hex is shorter than a header")?;
        space_packet(&header, data, &octets)
    });
}

fn header(
    case: &Case,
    packet_type: PacketType,
    secondary_header: bool,
    sequence_flags: SequenceFlags,
) -> Result<SpaceHeader, Failure> {
    let number = |key| u16::try_from(case.u64(key)?).map_err(|error| format!("{key}: {error}"));
    Ok(SpaceHeader {
        packet_type,
        secondary_header,
        apid: Apid::new(number("apid")?).ok_or("apid is beyond 11 bits")?,
        sequence_flags,
        sequence_count: SequenceCount::new(number("seq_count")?).ok_or("seq_count is beyond 14 bits")?,
    })
}

fn space_packet(header: &SpaceHeader, data: &[u8], octets: &[u8]) -> Result<(), Failure> {
    let made =
        SpacePacket::new(*header, data).and_then(|packet| packet.to_vec()).map_err(|e| e.to_string())?;
    expect_octets("encoded", octets, &made)?;
    let found = SpacePacket::decode_exact("space packet", octets).map_err(|error| error.to_string())?;
    expect("header", header, &found.header())?;
    expect_octets("data", data, found.data())?;
    expect("packet_len", &Ok(Some(octets.len() as u32)), &packet_len(octets))
}

pub fn encapsulation_packets(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", encapsulation_packet);
}

fn encapsulation_packet(case: &Case) -> Result<(), Failure> {
    let (given, cut) = match case.str("hex")?.split_once("...") {
        Some((front, _)) => (front, true),
        None => (case.str("hex")?, false),
    };
    let given = hex::decode(given).map_err(|error| format!("hex: {error}"))?;
    let header_len = match case.u64("header_len")? {
        1 => HeaderLen::One,
        2 => HeaderLen::Two,
        4 => HeaderLen::Four,
        8 => HeaderLen::Eight,
        other => return Err(format!("header_len is {other}")),
    };
    let total = header_len.octets() + case.u64("data_len")? as usize;
    expect("packet_len", &Ok(Some(total as u32)), &packet_len(&given))?;
    // Of a long packet only the front is given; what follows is not checked and may be anything.
    let mut octets = given.clone();
    octets.resize(total.max(given.len()), 0);
    let data = if cut { octets[header_len.octets()..].to_vec() } else { case.hex("data")? };

    let found =
        EncapsulationPacket::decode_exact("encapsulation packet", &octets).map_err(|e| e.to_string())?;
    let protocol = protocol(case.str("protocol_id")?)?;
    let number = |key: &str| if case.has(key) { case.u64(key) } else { Ok(0) };
    let (extension, user_defined) = (number("protocol_id_ext")? as u8, number("user_defined")? as u8);
    let ccsds_defined = match case.has("ccsds_defined") {
        true => case.hex("ccsds_defined")?.iter().fold(0, |word, octet| word << 8 | u16::from(*octet)),
        false => 0,
    };
    expect("protocol", &protocol, &found.protocol())?;
    expect("header length", &header_len, &found.header_len())?;
    if header_len.octets() >= 4 {
        expect("user-defined field", &user_defined, &found.user_defined())?;
        expect("extension", &extension, &found.extension())?;
    }
    if header_len.octets() == 8 {
        expect("CCSDS-defined field", &ccsds_defined, &found.ccsds_defined())?;
    }
    expect_octets("data", &data, found.data())?;

    let made = if protocol == ProtocolId::EXTENDED && header_len == HeaderLen::Two {
        // Identifier 110 points to the extension field, which two octets do not have (133.1-B-3 §4.1.2.5): the oracle
        // drops the extension it was asked for. Read as it came, never sent.
        let made =
            EncapsulationPacket::new(protocol, &data).and_then(|packet| packet.with_header_len(header_len));
        return expect_refusal("an extended packet without an extension field", made);
    } else if protocol == ProtocolId::EXTENDED {
        EncapsulationPacket::extended(extension, &data)
    } else {
        EncapsulationPacket::new(protocol, &data)
    };
    let made = made.and_then(|packet| packet.with_header_len(header_len));
    let made = made.and_then(|packet| {
        if header_len.octets() >= 4 { packet.with_user_defined(user_defined) } else { Ok(packet) }
    });
    let made = made.and_then(|packet| {
        if header_len.octets() == 8 { packet.with_ccsds_defined(ccsds_defined) } else { Ok(packet) }
    });
    let made = made.and_then(|packet| packet.to_vec()).map_err(|error| error.to_string())?;
    expect_octets("encoded", &octets, &made)
}

fn protocol(name: &str) -> Result<ProtocolId, Failure> {
    let value = match name {
        "PROTOCOL_ID_IDLE" => 0,
        "PROTOCOL_ID_LTP" => 1,
        "PROTOCOL_ID_IPE" => 2,
        "PROTOCOL_ID_CFDP" => 3,
        "PROTOCOL_ID_BP" => 4,
        "PROTOCOL_ID_NO_ENTRY" => 5,
        "PROTOCOL_ID_EXTENSION" => 6,
        "PROTOCOL_ID_MISSION_SPECIFIC" => 7,
        other => return Err(format!("protocol_id is {other}")),
    };
    ProtocolId::new(value).ok_or_else(|| format!("{value} is no protocol id"))
}
