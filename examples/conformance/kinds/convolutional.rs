//! The convolutional code: encoding at all rates, and decoding of noisy symbols.

use crate::runner::{Case, Failure, Tally, expect, expect_octets};
use serde_json::Value;
use spacelink::coding::convolutional::{Convolutional, Edge, Encoder, Rate, Viterbi};

pub fn convolutional(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", vectors);
    tally.cases(file, "noisy", noisy);
}

fn vectors(case: &Case) -> Result<(), Failure> {
    let data = case.hex("data")?;
    expect("n_bits", &case.u64("n_bits")?, &(8 * data.len() as u64))?;
    let basic = Convolutional::ccsds(Rate::R1_2);
    let plain = Convolutional { g2_inverted: false, ..basic };
    for (name, code) in [("rate_1_2_g2_inverted", basic), ("rate_1_2_not_inverted", plain)] {
        let symbols = case.hex(name)?;
        expect_octets(name, &symbols, &encoded(code, &data)?.0)?;
        decodes(code, &symbols, 8 * symbols.len(), &data)?;
    }
    let rates = [("2/3", Rate::R2_3), ("3/4", Rate::R3_4), ("5/6", Rate::R5_6), ("7/8", Rate::R7_8)];
    for (name, rate) in rates {
        let punctured = Case(Case(case.field("punctured_not_inverted")?).field(name)?);
        let code = Convolutional::ccsds(rate);
        let (symbols, bits) = encoded(code, &data)?;
        expect(name, &punctured.u64("n_bits")?, &(bits as u64))?;
        // The source fills up to whole 32-bit words.
        let mut expected = punctured.hex("symbols")?;
        expect_octets(name, &vec![0; expected.len() - symbols.len()], &expected.split_off(symbols.len()))?;
        expect_octets(name, &expected, &symbols)?;
        decodes(code, &symbols, bits, &data)?;
    }
    Ok(())
}

/// Clean symbols give the data back, all but the last bits, which have no symbols behind them.
fn decodes(code: Convolutional, symbols: &[u8], bits: usize, data: &[u8]) -> Result<(), Failure> {
    let mut soft = vec![0; bits];
    spacelink::coding::soft::from_hard(symbols, 1, &mut soft);
    let decoded = decoded(code, &soft, Edge::Open);
    let sure = data.len().saturating_sub(4);
    expect_octets("decoded", &data[..sure], &decoded[..sure])
}

/// With metrics of full resolution the answer is that of the oracle, errors included.
fn noisy(case: &Case) -> Result<(), Failure> {
    let data = case.hex("data")?;
    let soft: Vec<i8> =
        case.hex("soft_i8_plus_is_one")?.iter().map(|&s| (s as i8).saturating_neg()).collect();
    let tail = case.u64("tail_bits")?;
    expect("soft symbols", &(2 * (case.u64("n_bits")? + tail)), &(soft.len() as u64))?;
    let decoded = decoded(Convolutional::default(), &soft, Edge::Zero);
    let decoded = &decoded[..data.len()];
    expect_octets("decoded", &case.hex("oracle_decoded")?, decoded)?;
    expect("oracle_bit_errors", &case.u64("oracle_bit_errors")?, &differences(decoded, &data))
}

fn encoded(code: Convolutional, data: &[u8]) -> Result<(Vec<u8>, usize), Failure> {
    let mut encoder = Encoder::new(code);
    let mut symbols = vec![0; encoder.encoded_len(data.len()) + 3];
    let full = encoder.encode(data, &mut symbols).map_err(|error| error.to_string())?;
    let bits = 8 * full + encoder.finish(false, &mut symbols[full..]).map_err(|error| error.to_string())?;
    symbols.truncate(bits.div_ceil(8));
    Ok((symbols, bits))
}

fn decoded(code: Convolutional, soft: &[i8], end: Edge) -> Vec<u8> {
    let mut decoder = Viterbi::with_vec(code).starting(Edge::Zero).exact();
    let mut octets = Vec::new();
    decoder.decode(soft, |decoded| octets.extend_from_slice(decoded.octets));
    decoder.finish(end, |decoded| octets.extend_from_slice(decoded.octets));
    octets
}

fn differences(a: &[u8], b: &[u8]) -> u64 {
    a.iter().zip(b).map(|(a, b)| u64::from((a ^ b).count_ones())).sum()
}
