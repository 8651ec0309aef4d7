//! Any codeword and any erasures are repaired to a codeword or left as received, alike on all kernel levels and by the
//! general form of the same code; and so does any general code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::KernelLevel;
use spacelink::coding::rs::{Basis, Code, GeneralCode, GeneralSettings, ReedSolomon};

type Input = (bool, bool, u8, Vec<u8>, Vec<u8>, Option<(u16, u8, u8, u8)>);

fuzz_target!(|input: Input| {
    let (short, dual, fill, octets, erasures, general) = input;
    let code = if short { Code::E8 } else { Code::E16 };
    let basis = if dual { Basis::Dual } else { Basis::Conventional };
    let max_errors = code.max_errors() as u8;
    let first = 128 - max_errors;
    let mut settings = GeneralSettings { first, max_errors, fill, basis, ..GeneralSettings::default() };
    if let Some((polynomial, first, step, max_errors)) = general {
        settings = GeneralSettings { polynomial, first, step, max_errors, ..settings };
    }
    let Ok(plain) = GeneralCode::new(settings) else { return };
    let mut received = octets;
    received.resize(plain.codeword_len(), 0);
    let mut codeword = received.clone();
    let outcome = plain.correct(&mut codeword, &erasures);
    match outcome {
        Ok(_) => {
            let (data, check) = codeword.split_at(plain.data_len());
            let mut parity = [0; 32];
            let len = plain.encode(data, &mut parity).expect("room for the check symbols");
            assert_eq!(check, &parity[..len]);
        }
        Err(_) => assert_eq!(codeword, received),
    }
    if general.is_some() {
        return;
    }
    let rs = ReedSolomon::new(code, basis).with_fill(fill).expect("fill that the general code takes too");
    for level in KernelLevel::available() {
        let rs = rs.with_level(level).expect("an available level");
        let mut word = received.clone();
        assert_eq!(rs.correct(&mut word, &erasures), outcome, "{level:?}");
        assert_eq!(word, codeword, "{level:?}");
    }
});
