//! Time codes: UTC to octets and back.

use serde_json::Value;
use spacelink::time::code::{Cds, CdsFormat, CodeEpoch, Cuc, CucFormat, SubMillis, TimeCode};
use spacelink::time::{Calendar, LeapSeconds, TaiTime, UtcTime};
use spacelink::wire::{Decode, Encode};

use crate::runner::{Case, Failure, Tally, expect, expect_octets, list};

pub fn time_cds(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        let octets = case.hex("hex")?;
        let (day, millis) = (case.u64("days")? as u32, case.u64("ms_of_day")? as u32);
        let code = Cds::new(CdsFormat::default(), day, millis, 0).ok_or("days or milliseconds do not fit")?;
        expect("decoded", &Ok((TimeCode::Cds(code), &[][..])), &TimeCode::decode(&octets))?;
        expect_octets("encoded", &octets, &code.to_vec().map_err(|error| error.to_string())?)?;
        let utc = utc(case.str("utc")?)?;
        let expected = if before_1970(case)? { mirrored(utc) } else { Some(utc) };
        expect("UTC", &expected, &code.to_utc(0))?;
        let found = expected.and_then(|utc| CdsFormat::default().of_utc(0, utc));
        expect("of UTC", &Some(code), &found)
    });
    let disputed =
        list(file, "vectors").iter().filter(|case| before_1970(&Case(case)).unwrap_or(false)).count();
    if disputed > 0 {
        tally.notes.push(format!(
            "{disputed} times lie before 1970, where the oracle takes the milliseconds of the day off its midnight \
             instead of adding them (301.0-B-4 §3.3 adds); the same distance the right way is compared"
        ));
    }
}

fn before_1970(case: &Case) -> Result<bool, Failure> {
    Ok(case.u64("days")? < 4_383)
}

/// As far after the next midnight as `utc` is before it; a midnight stays.
fn mirrored(utc: UtcTime) -> Option<UtcTime> {
    const DAY: u64 = 86_400_000_000_000_000;
    match utc.picos_of_day() {
        0 => Some(utc),
        picos => UtcTime::new(utc.day() + 1, DAY - picos),
    }
}

pub fn time_cuc_cds(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| match case.str("form")? {
        "CUC" => cuc(case),
        "CDS" => cds(case),
        other => Err(format!("form is {other}")),
    });
}

/// Which epoch the preamble names, and the day of it.
fn epoch(case: &Case) -> Result<(CodeEpoch, UtcTime), Failure> {
    if case.has("agency_epoch") {
        return Ok((CodeEpoch::Agency, utc(case.str("agency_epoch")?)?));
    }
    Ok((CodeEpoch::Ccsds, UtcTime::EPOCH_1958))
}

fn cuc(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let (kind, start) = epoch(case)?;
    let (coarse, fine) = (case.u64("coarse")? as u8, case.u64("fine")? as u8);
    let format = CucFormat::new(kind, coarse, fine).ok_or("coarse or fine is out of range")?;
    let leap = LeapSeconds::BUILT_IN;
    let epoch = if kind == CodeEpoch::Agency { leap.to_tai(start) } else { TaiTime::EPOCH_1958 };
    let tai = leap.to_tai(utc(case.str("utc")?)?);
    // The oracle rounds fractions and cuts off whole seconds.
    let made = if fine == 0 { format.of_tai(epoch, tai) } else { format.nearest_tai(epoch, tai) };
    let made = made.ok_or("the time cannot be written")?;
    let (found, written) = if case.bool("p_field")? {
        let (found, rest) = Cuc::decode(&octets).map_err(|error| error.to_string())?;
        expect_octets("after the code", &[], rest)?;
        (found, made.to_vec().map_err(|error| error.to_string())?)
    } else {
        let (found, rest) = format.decode_time(&octets).map_err(|error| error.to_string())?;
        expect_octets("after the code", &[], rest)?;
        let mut out = vec![0; format.time_len()];
        made.encode_time(&mut out).map_err(|error| error.to_string())?;
        (found, out)
    };
    expect("decoded", &made, &found)?;
    expect_octets("encoded", &octets, &written)?;
    same_nanosecond(case, leap.to_utc(found.to_tai(epoch)))
}

fn cds(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let (epoch, start) = epoch(case)?;
    let format = CdsFormat {
        epoch,
        long_days: !case.bool("days_16bit")?,
        sub_millis: match case.u64("submilli_code")? {
            0 => SubMillis::None,
            1 => SubMillis::Micros,
            2 => SubMillis::Picos,
            other => return Err(format!("submilli_code is {other}")),
        },
    };
    let made = format.of_utc(start.day(), utc(case.str("utc")?)?).ok_or("the time cannot be written")?;
    let (found, written) = if case.bool("p_field")? {
        let (found, rest) = Cds::decode(&octets).map_err(|error| error.to_string())?;
        expect_octets("after the code", &[], rest)?;
        (found, made.to_vec().map_err(|error| error.to_string())?)
    } else {
        let (found, rest) = format.decode_time(&octets).map_err(|error| error.to_string())?;
        expect_octets("after the code", &[], rest)?;
        let mut out = vec![0; format.time_len()];
        made.encode_time(&mut out).map_err(|error| error.to_string())?;
        (found, out)
    };
    expect("decoded", &made, &found)?;
    expect_octets("encoded", &octets, &written)?;
    same_nanosecond(case, found.to_utc(start.day()).ok_or("no such time")?)
}

/// What the oracle reads back it gives in nanoseconds, cut off.
fn same_nanosecond(case: &Case, found: UtcTime) -> Result<(), Failure> {
    let expected = utc(case.str("decoded")?)?;
    let near =
        found.day() == expected.day() && found.picos_of_day().abs_diff(expected.picos_of_day()) <= 1_000;
    if near { Ok(()) } else { Err(format!("read back: expected {expected}, found {found}")) }
}

/// From text as in 2016-01-06T21:55:42.598545494Z, with a zone of zero in either writing.
fn utc(text: &str) -> Result<UtcTime, Failure> {
    let refused = || format!("{text} is no time");
    let plain = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).ok_or_else(refused)?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let numbers: Vec<u32> =
        whole.split(['-', 'T', ':']).map(str::parse).collect::<Result<_, _>>().map_err(|_| refused())?;
    let &[year, month, day, hour, minute, second] = &numbers[..] else { return Err(refused()) };
    let calendar = Calendar {
        year: year as i32,
        month: month as u8,
        day: day as u8,
        hour: hour as u8,
        minute: minute as u8,
        second: second as u8,
        picos: format!("{fraction:0<12}").parse().map_err(|_| refused())?,
    };
    UtcTime::from_calendar(calendar).ok_or_else(refused)
}
