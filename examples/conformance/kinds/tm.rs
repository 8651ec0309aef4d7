//! TM frames and control words: fields to octets, octets to fields, and what must be refused.

use serde_json::Value;
use spacelink::frame::counter::Count;
use spacelink::frame::packets::FirstHeader;
use spacelink::frame::tm::{DataStatus, TmDraft, TmFrame, TmHeader, TmParameters, TmSettings};
use spacelink::frame::{Clcw, Scid, SecurityLengths, Vcid};

use crate::runner::{Case, Failure, Tally, expect, expect_octets, expect_refusal};

pub fn tm_frames(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", frame);
    tally.cases(file, "negative", |case| {
        let octets = case.hex("hex")?;
        let settings = TmSettings { fecf: case.bool("fecf_present")?, ..TmSettings::of_len(octets.len()) };
        let parameters = TmParameters::new(settings).map_err(|error| error.to_string())?;
        expect_refusal("decoding", TmFrame::decode(&parameters, &octets))
    });
}

fn frame(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let secondary = if case.has("secondary_header") { case.hex("secondary_header")? } else { Vec::new() };
    let ocf = if case.has("ocf") { Some(case.hex("ocf")?) } else { None };
    let settings = TmSettings {
        frame_len: case.u64("frame_length")? as usize,
        secondary_header_len: Some(secondary.len()),
        ocf: Some(case.bool("ocf_present")?),
        fecf: case.bool("fecf_present")?,
    };
    let parameters = TmParameters::new(settings).map_err(|error| error.to_string())?;
    let header = TmHeader {
        scid: Scid(case.u64("scid")? as u16),
        vcid: Vcid::new(case.u64("vcid")? as u8).ok_or("vcid is beyond 6 bits")?,
        ocf: ocf.is_some(),
        master_count: Count::new(case.u64("mc_count")?).ok_or("mc_count is beyond 8 bits")?,
        count: Count::new(case.u64("vc_count")?).ok_or("vc_count is beyond 8 bits")?,
        secondary_header: !secondary.is_empty(),
        status: status(case)?,
    };
    let found = TmFrame::decode(&parameters, &octets).map_err(|error| error.to_string())?;
    expect("header", &header, &found.header)?;
    expect_octets("secondary header", &secondary, found.secondary_header.unwrap_or_default())?;
    expect("OCF", &ocf.as_deref(), &found.ocf.as_ref().map(<[u8; 4]>::as_slice))?;
    // Link security is opaque here: its header and trailer lie at the ends of the data field.
    let (front, back) = (case.hex("sdls_header")?, case.hex("sdls_trailer")?);
    let lengths = SecurityLengths { header: front.len(), trailer: back.len() };
    let inner = lengths.inner("data field", found.data).map_err(|error| error.to_string())?;
    expect_octets("security header", &front, &found.data[..front.len()])?;
    expect_octets("security trailer", &back, &found.data[front.len() + inner.len()..])?;
    // The last packet may go on in a frame that is not given, and behind the last may be fill.
    let content = case.list("content")?.iter().map(|part| Case(part).hex("hex"));
    let content = content.collect::<Result<Vec<_>, _>>()?.concat();
    let len = content.len().min(inner.len());
    expect_octets("content", &content[..len], &inner[..len])?;

    let mut out = vec![0; octets.len()];
    let mut draft =
        TmDraft::begin(&parameters, &header, &secondary, &mut out).map_err(|error| error.to_string())?;
    draft.data_field().copy_from_slice(found.data);
    if let Some(ocf) = ocf.and_then(|ocf| <[u8; 4]>::try_from(ocf).ok()) {
        draft.set_ocf(ocf);
    }
    expect_octets("encoded", &octets, draft.finish())
}

fn status(case: &Case) -> Result<DataStatus, Failure> {
    let pointer = if case.has("fhp") { case.u64("fhp")? as u16 } else { 0x7FF };
    Ok(match (case.bool("sync_flag")?, pointer) {
        (true, pointer) => DataStatus::Access {
            packet_order: case.bool("packet_order")?,
            segment_len: case.u64("seg_len_id")? as u8,
            pointer,
        },
        (false, 0x7FF) => DataStatus::Packets(FirstHeader::NoStart),
        (false, 0x7FE) => DataStatus::Packets(FirstHeader::IdleOnly),
        (false, at) => DataStatus::Packets(FirstHeader::At(at)),
    })
}

pub fn clcw(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        let word = Clcw {
            status: case.u64("status")? as u8,
            vcid: Vcid::new(case.u64("vcid")? as u8).ok_or("vcid is beyond 6 bits")?,
            no_rf_available: case.bool("no_rf")?,
            no_bit_lock: case.bool("no_bitlock")?,
            lockout: case.bool("lockout")?,
            wait: case.bool("wait")?,
            retransmit: case.bool("retransmit")?,
            farm_b: Count::new(case.u64("farm_b")?).ok_or("farm_b is beyond 2 bits")?,
            report_value: case.u64("report")? as u8,
        };
        let octets = case.hex("hex")?;
        expect_octets("encoded", &octets, &word.to_octets())?;
        let octets = octets.try_into().map_err(|_| "hex is not four octets")?;
        expect("decoded", &Ok(word), &Clcw::from_octets(octets))
    });
}
