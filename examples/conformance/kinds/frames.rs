//! AOS frames: fields to octets, octets to fields, and what must be refused.

use serde_json::Value;
use spacelink::frame::aos::{
    AosDraft, AosFrame, AosHeader, AosParameters, AosSettings, BitstreamPdu, HeaderErrorControl, Mpdu,
};
use spacelink::frame::counter::Count;
use spacelink::frame::packets::FirstHeader;
use spacelink::frame::{Scid, Vcid};
use spacelink::wire::Decode;

use crate::runner::{Case, Failure, Tally, expect, expect_octets, expect_refusal, list};

pub fn aos_frames(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", frame);
    tally.cases(file, "negative", negative);
    let disputed = |case: &&Value| disputed_header_check(&Case(case)).unwrap_or(false);
    let count = list(file, "vectors").iter().chain(list(file, "negative")).filter(disputed).count();
    if count > 0 {
        tally.notes.push(format!(
            "{count} frames hold a header check that is no codeword of the (10,6) code of 732.0-B-5 §4.1.2.6: zero at \
             the first and last of its four roots, not at the two between; all else of them is compared"
        ));
    }
}

/// Whether the header error control of a case is the oracle's own code instead of the book's.
///
/// The book's codewords (16 bits of identification, 8 of signalling, 16 of check, as nibbles) are zero at α^6, α^7, α^8
/// and α^9. The oracle's are zero at α^6 and α^9 only; anything else is a wrong octet in the case.
fn disputed_header_check(case: &Case) -> Result<bool, Failure> {
    let octets = case.hex("hex")?;
    let header = octets.first_chunk::<8>().filter(|_| case.0["fhec_present"] == true);
    let Some(&[a, b, .., signalling, check, check_end]) = header else { return Ok(false) };
    let zero_at = |exponent: usize| {
        let nibbles =
            [a, b, signalling, check, check_end].into_iter().flat_map(|octet| [octet >> 4, octet & 0xF]);
        let times_root =
            |value| (0..exponent).fold(value, |value: u8, _| (value << 1) ^ (0x13 * (value >> 3)));
        nibbles.fold(0, |sum, nibble| times_root(sum) ^ nibble) == 0
    };
    Ok(zero_at(6) && zero_at(9) && !(zero_at(7) && zero_at(8)))
}

fn frame(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let insert_zone = if case.has("insert_zone") { case.hex("insert_zone")? } else { Vec::new() };
    let ocf = if case.has("ocf") { Some(case.hex("ocf")?) } else { None };
    // A header check of the oracle's own is looked at as part of the insert zone behind it.
    let disputed = disputed_header_check(case)?;
    let insert_zone = if disputed { [&octets[6..8], &insert_zone].concat() } else { insert_zone };
    let parameters = parameters(
        case.u64("frame_length")? as usize,
        case.bool("fhec_present")? && !disputed,
        insert_zone.len(),
        case.bool("ocf_present")?,
        case.bool("fecf_present")?,
    )?;
    let header = AosHeader {
        scid: Scid(case.u64("scid")? as u16),
        vcid: Vcid::new(case.u64("vcid")? as u8).ok_or("vcid is beyond 6 bits")?,
        count: Count::new(case.u64("vc_count")?).ok_or("vc_count is beyond 24 bits")?,
        replay: case.bool("replay")?,
        cycle: match case.bool("cycle_use")? {
            true => Some(Count::new(case.u64("cycle")?).ok_or("cycle is beyond 4 bits")?),
            false => None,
        },
    };

    let found = AosFrame::decode(&parameters, &octets).map_err(|error| error.to_string())?;
    expect("header", &header, &found.header)?;
    expect("header symbols repaired", &0, &found.header_repaired)?;
    expect_octets("insert zone", &insert_zone, found.insert_zone)?;
    expect("OCF", &ocf.as_deref(), &found.ocf.as_ref().map(<[u8; 4]>::as_slice))?;

    // Link security is opaque here: its header and trailer lie at the ends of the data zone.
    let (front, back) = (case.hex("sdls_header")?, case.hex("sdls_trailer")?);
    let inner = found.data.strip_prefix(&front[..]).and_then(|rest| rest.strip_suffix(&back[..]));
    let inner = inner.ok_or("security header or trailer not at the ends of the data zone")?;
    data_zone(case, inner)?;

    let mut out = vec![0; octets.len()];
    let mut draft = AosDraft::begin(&parameters, &header, &mut out).map_err(|error| error.to_string())?;
    draft.insert_zone().copy_from_slice(&insert_zone);
    if let Some(ocf) = ocf.and_then(|ocf| <[u8; 4]>::try_from(ocf).ok()) {
        draft.set_ocf(ocf);
    }
    draft.data_zone().copy_from_slice(found.data);
    expect_octets("encoded", &octets, draft.finish())
}

/// What the data zone holds, by the kind of service.
fn data_zone(case: &Case, zone: &[u8]) -> Result<(), Failure> {
    let content = content(case)?;
    match case.str("data_type")? {
        "M_PDU" => {
            let Mpdu { first, zone: packets } = Mpdu::decode(zone).map_err(|error| error.to_string())?;
            // With a security header the oracle reads its pointer out of that; the content says what it must be.
            let pointer_field = match case.str("sdls_header")? {
                "" => case.u64("fhp")?,
                _ => start_of_first_packet(case)?,
            };
            let expected = match pointer_field {
                0x7FF => FirstHeader::NoStart,
                0x7FE => FirstHeader::IdleOnly,
                at => FirstHeader::At(at as u16),
            };
            expect("first header pointer", &expected, &first)?;
            same_front("packets", &content, packets)
        }
        "B_PDU" => {
            let (pdu, _) = BitstreamPdu::decode(zone).map_err(|error| error.to_string())?;
            // The oracle takes the pointer for the number of valid bits; it is the place of the last one, counted
            // from 0 (732.0-B-5 §4.1.4.3). With a security header it reads the pointer from there: not compared.
            let valid_bits = case.u64("valid_bits")?;
            let all = valid_bits == 8 * pdu.zone().len() as u64;
            let pointer = if all { u64::from(BitstreamPdu::ALL_VALID) } else { valid_bits };
            expect("bitstream pointer", &pointer, &u64::from(pdu.pointer()))?;
            expect("valid bits", &(valid_bits + u64::from(!all)), &(pdu.valid_bits() as u64))?;
            same_front("bitstream", &content, pdu.zone())
        }
        "VCA" => same_front("access data", &content, zone),
        "IDLE" => expect("virtual channel", &63, &case.u64("vcid")?),
        other => Err(format!("data_type is {other}")),
    }
}

/// Octets of packets begun earlier, in front of the first that begins here.
fn start_of_first_packet(case: &Case) -> Result<u64, Failure> {
    let parts = case.list("content")?.iter().map(Case);
    let earlier =
        parts.take_while(|part| part.str("role").is_ok_and(|role| role.starts_with("continuation")));
    earlier.map(|part| Ok(part.hex("hex")?.len() as u64)).sum()
}

/// The shorter of the two is the front of the other: the last packet may go on in a frame that is not given, and behind
/// the last may be fill.
fn same_front(what: &str, content: &[u8], zone: &[u8]) -> Result<(), Failure> {
    let len = content.len().min(zone.len());
    expect_octets(what, &content[..len], &zone[..len])
}

fn content(case: &Case) -> Result<Vec<u8>, Failure> {
    let parts = case.list("content")?.iter().map(|part| Case(part).hex("hex"));
    Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
}

/// One flipped bit. A frame check sequence sees it anywhere, header error control in the header alone; where neither
/// covers it, nobody can tell, and the oracle takes the frame too.
fn negative(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let disputed = disputed_header_check(case)?;
    let parameters = parameters(
        octets.len(),
        case.bool("fhec_present")? && !disputed,
        case.u64("insert_zone_len")? as usize + if disputed { 2 } else { 0 },
        false,
        case.bool("fecf_present")?,
    )?;
    let outcome = AosFrame::decode(&parameters, &octets);
    if case.str("oracle")? == "valid=true valid_header=true" {
        return outcome.map(|_| ()).map_err(|error| format!("expected a frame, found: {error}"));
    }
    expect_refusal("decoding", outcome)
}

fn parameters(
    frame_len: usize,
    fhec: bool,
    insert_zone_len: usize,
    ocf: bool,
    fecf: bool,
) -> Result<AosParameters, Failure> {
    let header_error_control = if fhec { HeaderErrorControl::Check } else { HeaderErrorControl::Absent };
    let settings =
        AosSettings { header_error_control, insert_zone_len, ocf, fecf, ..AosSettings::of_len(frame_len) };
    AosParameters::new(settings).map_err(|error| error.to_string())
}
