//! Randomizers and Reed-Solomon.

use crate::runner::{Case, Failure, Tally, expect, expect_octets};
use serde_json::Value;
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved, ReedSolomon};

pub fn randomizer(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        let randomizer = match case.str("name")? {
            // The source knows only the telemetry randomizer of 255 bits.
            "tm" | "tm_255" | "tm_legacy" => Randomizer::TmLegacy,
            "tm_131071" => Randomizer::Tm,
            "tc" => Randomizer::Tc,
            other => return Err(format!("no randomizer has the name {other}")),
        };
        let sequence = case.hex("sequence")?;
        let mut octets = vec![0; sequence.len()];
        randomizer.apply(&mut octets);
        expect_octets("sequence", &sequence, &octets)?;
        randomizer.apply(&mut octets);
        expect_octets("sequence over itself", &vec![0; sequence.len()], &octets)
    });
}

pub fn reed_solomon(file: &Value, tally: &mut Tally) {
    tally.cases(file, "single", single);
    tally.cases(file, "interleaved", interleaved);
    tally.cases(file, "beyond_limit", beyond_limit);
    tally.cases(file, "erasures", erasures);
}

fn single(case: &Case) -> Result<(), Failure> {
    let rs = codeword(case)?;
    let codeword = case.hex("codeword")?;
    expect_octets("codeword", &codeword, &encoded(&rs, &case.hex("data")?)?)?;
    let mut received = case.hex("received")?;
    let errors = differences(&received, &codeword);
    let corrected = rs.correct(&mut received, &[]).map_err(|error| error.to_string())?;
    expect_octets("corrected", &codeword, &received)?;
    expect("errors", &case.u64("errors")?, &corrected.symbols().into())?;
    expect("oracle_corrected", &case.u64("oracle_corrected")?, &corrected.errors.into())?;
    expect("symbols that differ", &errors, &corrected.symbols().into())
}

fn interleaved(case: &Case) -> Result<(), Failure> {
    let depth = u8::try_from(case.u64("interleave")?).map_err(|error| error.to_string())?;
    let fill = case.u64("virtual_fill_per_codeword")? * u64::from(depth);
    let fill = u16::try_from(fill).map_err(|error| error.to_string())?;
    let rs = Interleaved::new(code(case)?, basis(case)?, depth, fill).map_err(|error| error.to_string())?;
    let codeblock = case.hex("codeblock")?;
    let mut block = vec![0; rs.codeblock_len()];
    rs.encode(&case.hex("data")?, &mut block).map_err(|error| error.to_string())?;
    expect_octets("codeblock", &codeblock, &block)?;
    let mut received = case.hex("received")?;
    let outcome = rs.correct(&mut received, &[]).map_err(|error| error.to_string())?;
    expect_octets("corrected", &codeblock, &received)?;
    let errors: Vec<Option<u64>> =
        outcome.each().iter().map(|each| each.ok().map(|corrected| corrected.errors.into())).collect();
    let expected: Vec<Option<u64>> = case.list("errors_per_codeword")?.iter().map(Value::as_u64).collect();
    expect("errors_per_codeword", &expected, &errors)
}

fn beyond_limit(case: &Case) -> Result<(), Failure> {
    let rs = codeword(case)?;
    let received = case.hex("received")?;
    let sent = case.hex("sent")?;
    expect("errors", &case.u64("errors")?, &differences(&received, &sent))?;
    let data = sent.get(..rs.data_len()).ok_or("sent is shorter than its information")?;
    expect_octets("sent", &sent, &encoded(&rs, data)?)?;
    let mut block = received.clone();
    let outcome = rs.correct(&mut block, &[]);
    match case.field("oracle")? {
        Value::String(verdict) if verdict == "uncorrectable" => {
            if let Ok(corrected) = outcome {
                return Err(format!("expected uncorrectable, found {corrected:?}"));
            }
            expect_octets("left as received", &received, &block)
        }
        // A word within reach of another codeword than the one sent: every decoder takes it for that.
        Value::Number(symbols) => {
            let corrected = outcome.map_err(|error| error.to_string())?;
            expect("oracle", &symbols.as_u64(), &Some(corrected.symbols().into()))
        }
        other => Err(format!("oracle is {other}")),
    }
}

fn erasures(case: &Case) -> Result<(), Failure> {
    let rs = codeword(case)?;
    let mut positions = Vec::new();
    for position in case.list("erasures")? {
        let position = position.as_u64().and_then(|position| u8::try_from(position).ok());
        positions.push(position.ok_or("an erasure is not a position")?);
    }
    let codeword = case.hex("codeword")?;
    let received = case.hex("received")?;
    let mut block = received.clone();
    let outcome = rs.correct(&mut block, &positions);
    if !case.bool("oracle_ok")? {
        if let Ok(corrected) = outcome {
            return Err(format!("expected uncorrectable, found {corrected:?}"));
        }
        return expect_octets("left as received", &received, &block);
    }
    let corrected = outcome.map_err(|error| error.to_string())?;
    let data = codeword.get(..rs.data_len()).ok_or("codeword is shorter than its information")?;
    expect_octets("codeword", &codeword, &encoded(&rs, data)?)?;
    expect_octets("corrected", &codeword, &block)?;
    expect("errors", &case.u64("errors")?, &corrected.errors.into())?;
    expect("symbols that differ", &differences(&received, &codeword), &corrected.symbols().into())?;
    // Erased symbols that were right all the same are not counted by the oracle either.
    expect("oracle_return", &case.u64("oracle_return")?, &corrected.symbols().into())
}

fn codeword(case: &Case) -> Result<ReedSolomon, Failure> {
    let fill = if case.has("virtual_fill") { case.u64("virtual_fill")? } else { 0 };
    let fill = u8::try_from(fill).map_err(|error| error.to_string())?;
    ReedSolomon::new(code(case)?, basis(case)?).with_fill(fill).map_err(|error| error.to_string())
}

fn code(case: &Case) -> Result<Code, Failure> {
    match case.str("code")? {
        "RS(255,223)" => Ok(Code::E16),
        "RS(255,239)" => Ok(Code::E8),
        other => Err(format!("no code has the name {other}")),
    }
}

fn basis(case: &Case) -> Result<Basis, Failure> {
    match case.str("basis")? {
        "dual" => Ok(Basis::Dual),
        "conventional" => Ok(Basis::Conventional),
        other => Err(format!("no basis has the name {other}")),
    }
}

fn encoded(rs: &ReedSolomon, data: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut codeword = data.to_vec();
    codeword.resize(data.len() + rs.code().check_len(), 0);
    rs.encode(data, &mut codeword[data.len()..]).map_err(|error| error.to_string())?;
    Ok(codeword)
}

fn differences(a: &[u8], b: &[u8]) -> u64 {
    a.iter().zip(b).filter(|(a, b)| a != b).count() as u64 + a.len().abs_diff(b.len()) as u64
}
