//! TC frames: fields to octets, octets to fields.

use serde_json::Value;
use spacelink::frame::tc::{ControlCommand, Segment, TcFrame, TcHeader, TcKind, TcParameters, TcSettings};
use spacelink::frame::{MapId, Scid, Vcid};
use spacelink::packet::SequenceFlags;
use spacelink::wire::{Decode, Encode};

use crate::runner::{Case, Failure, Tally, expect, expect_octets};

pub fn tc_frames_cltu(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", frame);
}

fn frame(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let settings = TcSettings { fecf: case.bool("fecf_present")?, ..TcSettings::default() };
    let parameters = TcParameters::new(settings).map_err(|error| error.to_string())?;
    let kind = match case.str("type")? {
        "AD" => TcKind::Ad { ns: case.u64("fsn")? as u8 },
        "BD" => TcKind::Bd,
        "BC" => TcKind::Bc,
        other => return Err(format!("type is {other}")),
    };
    let header = TcHeader {
        scid: Scid(case.u64("scid")? as u16),
        vcid: Vcid::new(case.u64("vcid")? as u8).ok_or("vcid is beyond 6 bits")?,
        kind,
    };
    let (found, rest) = TcFrame::decode(&parameters, &octets).map_err(|error| error.to_string())?;
    expect("header", &header, &found.header)?;
    expect_octets("after the frame", &[], rest)?;
    let data = data_field(case)?;
    expect_octets("data field", &data, found.data)?;
    if kind == TcKind::Bc {
        expect(
            "command",
            &command(case)?,
            &found.command().map_err(|error| error.to_string())?.ok_or("none")?,
        )?;
    } else if case.bool("segmented")? {
        let (segment, _) = Segment::decode(found.data).map_err(|error| error.to_string())?;
        expect("map", &case.u64("map_id")?, &segment.map.value().into())?;
        expect_octets("segment data", &case.hex("data")?, segment.data)?;
    }
    let mut out = vec![0; octets.len()];
    let made = TcFrame { header, data: &data };
    let len = made.encode(&parameters, &mut out).map_err(|error| error.to_string())?;
    expect_octets("encoded", &octets, &out[..len])
}

/// The data field that the fields of a case ask for.
fn data_field(case: &Case) -> Result<Vec<u8>, Failure> {
    if case.bool("control_command")? {
        return command(case)?.to_vec().map_err(|error| error.to_string());
    }
    let data = case.hex("data")?;
    if !case.bool("segmented")? {
        return Ok(data);
    }
    let flags = match case.str("sequence_flag")? {
        "CONTINUE" => SequenceFlags::Continuation,
        "FIRST" => SequenceFlags::First,
        "LAST" => SequenceFlags::Last,
        "NO_SEGMENT" => SequenceFlags::Unsegmented,
        other => return Err(format!("sequence_flag is {other}")),
    };
    let map = MapId::new(case.u64("map_id")? as u8).ok_or("map_id is beyond 6 bits")?;
    Segment { flags, map, data: &data }.to_vec().map_err(|error| error.to_string())
}

fn command(case: &Case) -> Result<ControlCommand, Failure> {
    match case.str("command")? {
        "UNLOCK" => Ok(ControlCommand::Unlock),
        "SET_VR" => Ok(ControlCommand::SetVr(case.u64("set_vr")? as u8)),
        other => Err(format!("command is {other}")),
    }
}
