//! LDPC codes: codewords of other encoders, and words with errors that another decoder repairs.

use crate::runner::{Case, Failure, Tally, expect, expect_octets};
use serde_json::Value;
use spacelink::coding::KernelLevel;
use spacelink::coding::ldpc::{Code, Decoder, Encoder, Length, Rate};
use spacelink::coding::soft;

pub fn ldpc(file: &Value, tally: &mut Tally) {
    tally.cases(file, "tc_and_ar4ja", |case| {
        codeword(case)?;
        with_errors(case)
    });
    tally.cases(file, "ar4ja_16384", codeword);
    tally.cases(file, "c2", codeword);
}

fn codeword(case: &Case) -> Result<(), Failure> {
    let code = code(case)?;
    expect("k", &case.u64("k")?, &(code.message_bits() as u64))?;
    expect("n", &case.u64("n")?, &(code.codeword_bits() as u64))?;
    let (data, expected) = (case.hex("data")?, case.hex("codeword")?);
    for level in KernelLevel::available().filter(|level| *level != KernelLevel::Reference) {
        let encoder = Encoder::with_level(code, level).ok_or("level vanished")?;
        let mut codeword = vec![0; code.codeword_len()];
        encoder.encode(&data, &mut codeword).map_err(|error| error.to_string())?;
        expect_octets("codeword", &expected, &codeword)?;
    }
    let (message, corrected) = decoded(code, &expected)?;
    expect_octets("data", &data, &message)?;
    expect("corrected", &0, &corrected)
}

fn with_errors(case: &Case) -> Result<(), Failure> {
    let mut received = case.hex("codeword")?;
    let positions = case.list("error_positions")?;
    for position in positions {
        let position =
            position.as_u64().and_then(|at| usize::try_from(at).ok()).ok_or("a position is none")?;
        *received.get_mut(position / 8).ok_or("a position is beyond the codeword")? ^= 0x80 >> (position % 8);
    }
    let outcome = decoded(code(case)?, &received);
    if !case.bool("oracle_decoder_ok")? || !case.bool("oracle_decoder_data_correct")? {
        // Words beyond the oracle's reach may be within ours.
        return Ok(());
    }
    let (message, corrected) = outcome?;
    expect_octets("data", &case.hex("data")?, &message)?;
    expect("corrected", &positions.len(), &corrected)
}

fn decoded(code: Code, received: &[u8]) -> Result<(Vec<u8>, usize), Failure> {
    let mut bits = vec![0; code.codeword_bits()];
    soft::from_hard(received, 32, &mut bits);
    let mut message = vec![0; code.message_len()];
    let decoded = Decoder::new(code).decode(&bits, &mut message).map_err(|error| error.to_string())?;
    Ok((message, decoded.corrected.into()))
}

fn code(case: &Case) -> Result<Code, Failure> {
    Ok(match case.str("code")? {
        "TC128" => Code::Tc128,
        "TC256" => Code::Tc256,
        "TC512" => Code::Tc512,
        "TM2048" => Code::Ar4ja(Rate::Half, Length::K1024),
        "TM1536" => Code::Ar4ja(Rate::TwoThirds, Length::K1024),
        "TM1280" => Code::Ar4ja(Rate::FourFifths, Length::K1024),
        "TM8192" => Code::Ar4ja(Rate::Half, Length::K4096),
        "TM6144" => Code::Ar4ja(Rate::TwoThirds, Length::K4096),
        "TM5120" => Code::Ar4ja(Rate::FourFifths, Length::K4096),
        "AR4JA k=16384 r=1/2" => Code::Ar4ja(Rate::Half, Length::K16384),
        "AR4JA k=16384 r=2/3" => Code::Ar4ja(Rate::TwoThirds, Length::K16384),
        "AR4JA k=16384 r=4/5" => Code::Ar4ja(Rate::FourFifths, Length::K16384),
        "C2 (8160,7136)" => Code::C2,
        other => return Err(format!("no code has the name {other}")),
    })
}
