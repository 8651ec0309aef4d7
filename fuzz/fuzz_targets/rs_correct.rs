//! Any codeword and any erasures are repaired to a codeword or left as received.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::coding::rs::{Basis, Code, ReedSolomon};

fuzz_target!(|input: (bool, u8, Vec<u8>, Vec<u8>)| {
    let (short, fill, octets, erasures) = input;
    let code = if short { Code::E8 } else { Code::E16 };
    let Ok(rs) = ReedSolomon::new(code, Basis::Dual).with_fill(fill) else { return };
    let mut codeword = octets;
    codeword.resize(rs.codeword_len(), 0);
    let received = codeword.clone();
    match rs.correct(&mut codeword, &erasures) {
        Ok(_) => {
            let (data, check) = codeword.split_at(rs.data_len());
            let mut parity = [0; 32];
            let len = rs.encode(data, &mut parity).expect("room for the check symbols");
            assert_eq!(check, &parity[..len]);
        }
        Err(_) => assert_eq!(codeword, received),
    }
});
