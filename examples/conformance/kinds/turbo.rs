//! Turbo codes.

use crate::runner::{Case, Failure, Tally, expect, expect_octets};
use serde_json::Value;
use spacelink::coding::soft;
use spacelink::coding::turbo::{Code, Decoder, Rate};

pub fn turbo(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| {
        let data = case.hex("data")?;
        let code = Code::new(rate(case)?, data.len() * 8).map_err(|error| error.to_string())?;
        expect("info_bytes", &case.u64("info_bytes")?, &(data.len() as u64))?;
        expect("n_bits", &case.u64("n_bits")?, &(code.codeword_bits() as u64))?;
        let sent = case.hex("codeword")?;
        let mut codeword = vec![0; code.codeword_len()];
        code.encode(&data, &mut codeword).map_err(|error| error.to_string())?;
        expect_octets("codeword", &sent, &codeword)?;
        if case.has("flips") { noisy(case, code, &data, &sent) } else { Ok(()) }
    });
}

/// Hard decisions, some of them wrong; the oracle's decoder ran 10 iterations.
fn noisy(case: &Case, code: Code, data: &[u8], sent: &[u8]) -> Result<(), Failure> {
    let mut received = vec![0; code.codeword_bits()];
    soft::from_hard(sent, 1, &mut received);
    for flip in case.list("flips")? {
        let at = flip.as_u64().and_then(|at| usize::try_from(at).ok());
        let soft = at.and_then(|at| received.get_mut(at)).ok_or("a flip is outside of the codeword")?;
        *soft = -*soft;
    }
    let mut message = vec![0; data.len()];
    let outcome = Decoder::new(code).decode(&received, &mut message);
    if case.bool("oracle_decodes")? {
        outcome.map_err(|error| error.to_string())?;
        expect_octets("message", data, &message)?;
    }
    Ok(())
}

fn rate(case: &Case) -> Result<Rate, Failure> {
    match case.str("rate")? {
        "1/2" => Ok(Rate::Half),
        "1/3" => Ok(Rate::Third),
        "1/4" => Ok(Rate::Quarter),
        "1/6" => Ok(Rate::Sixth),
        other => Err(format!("no code has the rate {other}")),
    }
}
