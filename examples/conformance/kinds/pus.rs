//! PUS-C packets: fields to octets, octets to fields, and what must be refused.

use serde_json::Value;
use spacelink::packet::pus::{AckFlags, PusParameters, PusTc, PusTm, TcSecondaryHeader, TmSecondaryHeader};
use spacelink::packet::{Apid, SequenceCount, SpaceHeader};
use spacelink::time::code::{Cds, TimeCode};
use spacelink::wire::Decode;

use crate::runner::{Case, Failure, Tally, expect, expect_octets, expect_refusal};

pub fn pus_tc_tm(file: &Value, tally: &mut Tally) {
    tally.cases(file, "tc", tc);
    tally.cases(file, "tm", tm);
    tally.cases(file, "tc_negative", |case| {
        expect_refusal("decoding", PusTc::decode(&PusParameters::default(), &case.hex("hex")?))
    });
}

fn header(case: &Case, header: fn(Apid) -> SpaceHeader) -> Result<SpaceHeader, Failure> {
    Ok(SpaceHeader {
        secondary_header: true,
        sequence_count: SequenceCount::new(case.u64("seq_count")? as u16)
            .ok_or("seq_count is beyond 14 bits")?,
        ..header(Apid::new(case.u64("apid")? as u16).ok_or("apid is beyond 11 bits")?)
    })
}

fn tc(case: &Case) -> Result<(), Failure> {
    let (octets, data) = (case.hex("hex")?, case.hex("app_data")?);
    let made = PusTc {
        header: header(case, SpaceHeader::telecommand)?,
        secondary: TcSecondaryHeader {
            ack: AckFlags::of(case.u64("ack_flags")? as u8),
            service: case.u64("service")? as u8,
            subtype: case.u64("subservice")? as u8,
            source: case.u64("source_id")? as u16,
        },
        data: &data,
    };
    let parameters = PusParameters::default();
    expect("decoded", &Ok(made), &PusTc::decode(&parameters, &octets))?;
    let mut out = vec![0; octets.len()];
    let len = made.encode(&parameters, &mut out).map_err(|error| error.to_string())?;
    expect_octets("encoded", &octets, &out[..len])
}

fn tm(case: &Case) -> Result<(), Failure> {
    let (octets, time, data) = (case.hex("hex")?, case.hex("time_field")?, case.hex("source_data")?);
    let made = PusTm {
        header: header(case, SpaceHeader::telemetry)?,
        secondary: TmSecondaryHeader {
            time_status: case.u64("time_ref_status")? as u8,
            service: case.u64("service")? as u8,
            subtype: case.u64("subservice")? as u8,
            counter: case.u64("msg_counter")? as u16,
            destination: case.u64("dest_id")? as u16,
        },
        time: &time,
        data: &data,
    };
    let parameters = PusParameters { time_len: time.len(), ..PusParameters::default() };
    let found = PusTm::decode(&parameters, &octets);
    expect("decoded", &Ok(made), &found)?;
    let code = TimeCode::decode_exact("time", &time).map_err(|error| error.to_string())?;
    let (days, millis) = (case.u64("cds_days")? as u32, case.u64("cds_ms")? as u32);
    let expected = Cds::new(Default::default(), days, millis, 0).map(TimeCode::Cds);
    expect("time", &expected, &Some(code))?;
    let mut out = vec![0; octets.len()];
    let len = made.encode(&parameters, &mut out).map_err(|error| error.to_string())?;
    expect_octets("encoded", &octets, &out[..len])
}
