//! LTP segments: fields to octets, octets to fields, and what must be refused.

use serde_json::Value;
use spacelink::ltp::segment::{
    CancelReason, Claim, Content, Data, DataKind, Extension, Extensions, Party, ReceptionClaims, RedEnd,
    Report, Segment,
};
use spacelink::ltp::{ClientServiceId, EngineId, SessionId};
use spacelink::wire::{Decode, Encode};

use crate::runner::{Case, Failure, Tally, expect, expect_octets, expect_refusal};

pub fn ltp_segments(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", segment);
    tally.cases(file, "negative", |case| {
        expect_refusal(
            "decoding",
            Segment::decode_exact(UNIT, &case.hex("hex")?).map(|segment| format!("{segment:?}")),
        )
    });
}

fn segment(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let (data, claims) = (optional_hex(case, "data")?, claims(case)?);
    let header = extensions(case, "header_extensions")?;
    let trailer = extensions(case, "trailer_extensions")?;
    let (header, trailer) = (borrowed(&header), borrowed(&trailer));
    let expected = Segment {
        session: SessionId {
            originator: EngineId(case.u64("session_originator")?),
            number: case.u64("session_number")?,
        },
        header_extensions: Extensions::new(&header),
        content: content(case, &data, &claims)?,
        trailer_extensions: Extensions::new(&trailer),
    };

    let found = Segment::decode_exact(UNIT, &octets).map_err(|error| error.to_string())?;
    expect("decoded", &expected, &found)?;
    expect("type", &case.u64("segment_type")?, &found.content.segment_type().into())?;
    let encoded = expected.to_vec().map_err(|error| error.to_string())?;
    expect_octets("encoded", &octets, &encoded)
}

fn content<'a>(case: &Case, data: &'a [u8], claims: &'a [Claim]) -> Result<Content<'a>, Failure> {
    let checkpoint = |end| -> Result<_, Failure> {
        Ok(DataKind::Checkpoint { serial: case.u64("checkpoint")?, report: case.u64("report")?, end })
    };
    let piece = |kind| -> Result<_, Failure> {
        case.field("data")?;
        let client_service = ClientServiceId(case.u64("client_service")?);
        Ok(Content::Data(Data { kind, client_service, offset: case.u64("offset")?, octets: data }))
    };
    let cancel = |by| -> Result<_, Failure> {
        let code = u8::try_from(case.u64("reason")?).map_err(|error| error.to_string())?;
        let reason = CancelReason::try_from(code).map_err(|error| error.to_string())?;
        Ok(Content::Cancel { by, reason })
    };
    match case.u64("segment_type")? {
        0 => piece(DataKind::Red),
        1 => piece(checkpoint(RedEnd::Nothing)?),
        2 => piece(checkpoint(RedEnd::RedPart)?),
        3 => piece(checkpoint(RedEnd::Block)?),
        4 => piece(DataKind::Green { end_of_block: false }),
        7 => piece(DataKind::Green { end_of_block: true }),
        8 => Ok(Content::Report(Report {
            serial: case.u64("report")?,
            checkpoint: case.u64("checkpoint")?,
            lower: case.u64("lower")?,
            upper: case.u64("upper")?,
            claims: ReceptionClaims::new(claims),
        })),
        9 => Ok(Content::ReportAck { report: case.u64("report")? }),
        12 => cancel(Party::Sender),
        13 => Ok(Content::CancelAck { of: Party::Sender }),
        14 => cancel(Party::Receiver),
        15 => Ok(Content::CancelAck { of: Party::Receiver }),
        other => Err(format!("segment_type {other} is undefined")),
    }
}

fn optional_hex(case: &Case, key: &str) -> Result<Vec<u8>, Failure> {
    if case.has(key) { case.hex(key) } else { Ok(Vec::new()) }
}

fn claims(case: &Case) -> Result<Vec<Claim>, Failure> {
    let list = if case.has("claims") { case.list("claims")? } else { &[] };
    let one =
        |claim: &Value| match (claim.get(0).and_then(Value::as_u64), claim.get(1).and_then(Value::as_u64)) {
            (Some(offset), Some(len)) => Ok(Claim { offset, len }),
            _ => Err(format!("claim {claim} is not two whole numbers")),
        };
    list.iter().map(one).collect()
}

fn extensions(case: &Case, key: &str) -> Result<Vec<(u8, Vec<u8>)>, Failure> {
    let list = if case.has(key) { case.list(key)? } else { &[] };
    let one = |extension: &Value| {
        let tag = extension.get(0).and_then(Value::as_u64).and_then(|tag| u8::try_from(tag).ok());
        let value = extension.get(1).and_then(Value::as_str).and_then(|value| hex::decode(value).ok());
        tag.zip(value).ok_or_else(|| format!("extension {extension} is not a tag and octets"))
    };
    list.iter().map(one).collect()
}

fn borrowed(list: &[(u8, Vec<u8>)]) -> Vec<Extension<'_>> {
    list.iter().map(|(tag, value)| Extension { tag: *tag, value }).collect()
}

const UNIT: &str = "LTP segment";
