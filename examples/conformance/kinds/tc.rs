//! TC frames, and CLTUs with them in: fields to octets, octets to fields.

use serde_json::Value;
use spacelink::coding::bch;
use spacelink::coding::cltu::{CltuCode, CltuEncoder, CltuParameters, CltuReceiver, End, Judgement};
use spacelink::frame::tc::{ControlCommand, Segment, TcFrame, TcHeader, TcKind, TcParameters, TcSettings};
use spacelink::frame::{MapId, Scid, Vcid};
use spacelink::packet::SequenceFlags;
use spacelink::wire::{Decode, Encode};

use crate::runner::{Case, Failure, Tally, expect, expect_octets};

pub fn tc_frames_cltu(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        frame(case)?;
        cltu(case, "cltu", false)?;
        cltu(case, "cltu_of_randomized", true)
    });
    tally.cases(file, "bch_decode", bch_decode);
}

/// The CLTU of the frame, and the frame from the CLTU.
fn cltu(case: &Case, key: &str, randomized: bool) -> Result<(), Failure> {
    let (frame, expected) = (case.hex("hex")?, case.hex(key)?);
    let link = CltuParameters::new(CltuCode::Bch { mode: bch::Mode::Correct, randomized });
    let mut out = vec![0; link.cltu_len(frame.len())];
    CltuEncoder::new(link).encode(&frame, &mut out).map_err(|error| error.to_string())?;
    expect_octets(key, &expected, &out)?;
    let mut receiver = CltuReceiver::with_vec(link, 2 * TcParameters::MAX_FRAME_LEN);
    let mut received = Vec::new();
    receiver.push_octets(&expected, |cltu| {
        received.push((cltu.octets.get(..frame.len()).map(<[u8]>::to_vec), cltu.end));
        Judgement::Taken(frame.len())
    });
    expect(&format!("{key}, received"), &vec![(Some(frame), End::Tail)], &received)
}

fn bch_decode(case: &Case) -> Result<(), Failure> {
    let info: [u8; 7] = case.hex("info")?.try_into().map_err(|_| "info has seven octets")?;
    let received: [u8; 8] = case.hex("received")?.try_into().map_err(|_| "received has eight octets")?;
    let mut block = received;
    let outcome = bch::decode(&mut block, bch::Mode::Correct);
    let verdict = match outcome {
        Ok(None) => "no_error".into(),
        Ok(Some(bit)) => format!("corrected_bit_{bit}"),
        Err(_) => "uncorrectable".into(),
    };
    expect("verdict", &case.str("verdict")?, &verdict.as_str())?;
    if outcome.is_ok() {
        expect_octets("decoded", &case.hex("decoded")?, &block[..7])?;
        expect("decoded is right", &case.bool("decoded_is_right")?, &(block[..7] == info))?;
    } else {
        expect_octets("left as received", &received, &block)?;
    }
    // Detection only: whatever is not a codeword is seen.
    let mut block = received;
    let wrong = !case.list("flipped_bits")?.is_empty();
    expect("detected", &wrong, &bch::decode(&mut block, bch::Mode::Detect).is_err())
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
