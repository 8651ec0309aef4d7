//! Reed-Solomon (255,223) against libfec, both bases; the frame is interleaved five deep on our side, which libfec
//! leaves to its caller, so there five codewords one after the other are the same work without the interleaving.

use std::ffi::c_int;
use std::hint::black_box;
use std::ptr::null_mut;

use spacelink::coding::KernelLevel;
use spacelink::coding::rs::{Basis, Code, Interleaved};

use crate::measure::Report;
use crate::noise;

const DEPTH: usize = 5;
const BITS: usize = 8 * 223 * DEPTH;

type Encode = unsafe extern "C" fn(*mut u8, *mut u8, c_int);
type Decode = unsafe extern "C" fn(*mut u8, *mut c_int, c_int, c_int) -> c_int;

pub fn compare(report: &mut Report) {
    peer(report, "libfec encode/decode_rs_8", encode_rs_8, decode_rs_8);
    peer(report, "libfec encode/decode_rs_ccsds", encode_rs_ccsds, decode_rs_ccsds);
    for level in KernelLevel::available().filter(|&level| level != KernelLevel::Reference) {
        for basis in [Basis::Conventional, Basis::Dual] {
            ours(report, &format!("spacelink {level:?} {basis:?}"), basis, level);
        }
    }
}

fn peer(report: &mut Report, who: &str, encode: Encode, decode: Decode) {
    let mut words: Vec<[u8; 255]> =
        (0..DEPTH).map(|seed| noise(255, seed as u64).try_into().expect("255 octets")).collect();
    let mut run = || {
        for word in &mut words {
            let (data, parity) = black_box(word).split_at_mut(223);
            // SAFETY: libfec reads 223 octets of `data` and writes 32 of `parity`, as without padding.
            unsafe { encode(data.as_mut_ptr(), parity.as_mut_ptr(), 0) };
        }
    };
    run();
    report.row("RS(255,223) I=5 encode", who, BITS, run);
    for (what, errors) in DECODES {
        let mut received = words.clone();
        for (at, word) in received.iter_mut().enumerate() {
            (0..errors).for_each(|error| word[error * 15 + at] ^= 0x5A + error as u8);
        }
        let mut work = received.clone();
        report.row(what, who, BITS, || {
            work.copy_from_slice(black_box(&received));
            for word in &mut work {
                // SAFETY: libfec changes 255 octets of `word`; without erasures it takes no list of them.
                let found = unsafe { decode(word.as_mut_ptr(), null_mut(), 0, 0) };
                assert_eq!(found, errors as c_int);
            }
        });
        assert!(work == words || work == received, "repaired, or not run");
    }
}

fn ours(report: &mut Report, who: &str, basis: Basis, level: KernelLevel) {
    let rs = Interleaved::new(Code::E16, basis, DEPTH as u8, 0).expect("a legal codeblock");
    let rs = rs.with_level(level).expect("an available level");
    let frame = noise(rs.frame_len(), 1);
    let mut codeblock = vec![0; rs.codeblock_len()];
    rs.encode(&frame, &mut codeblock).expect("room for the codeblock");
    let mut out = codeblock.clone();
    report.row("RS(255,223) I=5 encode", who, BITS, || {
        rs.encode(black_box(&frame), black_box(&mut out)).expect("room for the codeblock");
    });
    for (what, errors) in DECODES {
        let mut received = codeblock.clone();
        for codeword in 0..DEPTH {
            (0..errors)
                .for_each(|error| received[(error * 15 + codeword) * DEPTH + codeword] ^= 0x5A + error as u8);
        }
        let mut work = received.clone();
        report.row(what, who, BITS, || {
            work.copy_from_slice(black_box(&received));
            let outcome = rs.correct(&mut work, &[]).expect("a whole codeblock");
            assert_eq!(usize::from(outcome.symbols()), DEPTH * errors);
        });
        assert!(work == codeblock || work == received, "repaired, or not run");
    }
}

const DECODES: [(&str, usize); 4] = [
    ("RS(255,223) I=5 decode, clean", 0),
    ("RS(255,223) I=5 decode, 1 error", 1),
    ("RS(255,223) I=5 decode, 8 errors", 8),
    ("RS(255,223) I=5 decode, 16 errors", 16),
];

#[link(name = "fec")]
unsafe extern "C" {
    fn encode_rs_8(data: *mut u8, parity: *mut u8, pad: c_int);
    fn decode_rs_8(data: *mut u8, eras_pos: *mut c_int, no_eras: c_int, pad: c_int) -> c_int;
    fn encode_rs_ccsds(data: *mut u8, parity: *mut u8, pad: c_int);
    fn decode_rs_ccsds(data: *mut u8, eras_pos: *mut c_int, no_eras: c_int, pad: c_int) -> c_int;
}
