//! USLP frames: fields to octets, octets to fields.

use serde_json::Value;
use spacelink::frame::packets::FirstHeader;
use spacelink::frame::uslp::{
    DataField, DataZone, FrameLen, ScidRole, Upid, UslpControl, UslpCount, UslpDraft, UslpFrame, UslpHeader,
    UslpParameters, UslpSettings,
};
use spacelink::frame::{MapId, Scid, Vcid};
use spacelink::packet::SequenceFlags;
use spacelink::wire::{Decode, Encode};

use crate::runner::{Case, Failure, Tally, expect, expect_octets};

pub fn uslp_frames(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", frame);
}

fn frame(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let zone_octets = case.hex("tfdz")?;
    let insert_zone = if case.has("insert_zone") { case.hex("insert_zone")? } else { Vec::new() };
    let ocf = if case.has("ocf") { Some(case.hex("ocf")?) } else { None };
    let rule = case.u64("construction_rule")?;
    let settings = UslpSettings {
        insert_zone_len: insert_zone.len(),
        fecf: case.bool("fecf")?,
        ..UslpSettings::new(match rule {
            0..=2 => FrameLen::Fixed(octets.len()),
            _ => FrameLen::Variable { most: UslpParameters::MAX_FRAME_LEN },
        })
    };
    let parameters = UslpParameters::new(settings).map_err(|error| error.to_string())?;
    let header = header(case, ocf.is_some())?;
    let protocol = Upid::new(case.u64("upid")? as u8).ok_or("upid is beyond 5 bits")?;
    let field = DataField { protocol, zone: zone(case, rule, &zone_octets)? };

    let (found, rest) = UslpFrame::decode(&parameters, &octets).map_err(|error| error.to_string())?;
    expect_octets("after the frame", &[], rest)?;
    expect("header", &header, &found.header)?;
    expect_octets("insert zone", &insert_zone, found.insert_zone)?;
    expect("OCF", &ocf.as_deref(), &found.ocf.as_ref().map(<[u8; 4]>::as_slice))?;
    expect("data field", &field, &DataField::decode(found.data).map_err(|error| error.to_string())?.0)?;

    let mut out = vec![0; octets.len()];
    let mut draft = UslpDraft::begin(&parameters, &header, field.encoded_len(), &mut out)
        .map_err(|error| error.to_string())?;
    draft.insert_zone().copy_from_slice(&insert_zone);
    field.encode(draft.data_field()).map_err(|error| error.to_string())?;
    if let Some(ocf) = ocf.and_then(|ocf| <[u8; 4]>::try_from(ocf).ok()) {
        draft.set_ocf(ocf);
    }
    expect_octets("encoded", &octets, draft.finish())
}

fn header(case: &Case, ocf: bool) -> Result<UslpHeader, Failure> {
    let octets = case.u64("vcf_count_len")? as u8;
    let value = if octets == 0 {
        0
    } else {
        case.str("vcf_count")?.parse().map_err(|error| format!("vcf_count: {error}"))?
    };
    Ok(UslpHeader {
        scid: Scid(case.u64("scid")? as u16),
        role: if case.u64("source_or_dest")? == 1 { ScidRole::Destination } else { ScidRole::Source },
        vcid: Vcid::new(case.u64("vcid")? as u8).ok_or("vcid is beyond 6 bits")?,
        map: MapId::new(case.u64("map_id")? as u8).ok_or("map_id is beyond 6 bits")?,
        control: Some(UslpControl {
            expedited: case.u64("bypass")? == 1,
            protocol_command: case.u64("protocol_command")? == 1,
            ocf,
            count: UslpCount::new(octets, value).ok_or("vcf_count does not fit its octets")?,
        }),
    })
}

fn zone<'a>(case: &Case, rule: u64, octets: &'a [u8]) -> Result<DataZone<'a>, Failure> {
    let pointer = if case.has("pointer") { case.u64("pointer")? as u16 } else { 0 };
    let last = (pointer != 0xFFFF).then_some(pointer);
    let segment = |flags| DataZone::Segment { flags, data: octets };
    Ok(match rule {
        0 => DataZone::Packets { first: last.map_or(FirstHeader::NoStart, FirstHeader::At), zone: octets },
        1 => DataZone::Start { last, zone: octets },
        2 => DataZone::Continuation { last, zone: octets },
        3 => DataZone::Stream(octets),
        4 => segment(SequenceFlags::First),
        5 => segment(SequenceFlags::Continuation),
        6 => segment(SequenceFlags::Last),
        7 => segment(SequenceFlags::Unsegmented),
        other => return Err(format!("construction_rule is {other}")),
    })
}
