//! The convolutional code of constraint length 7 at rate 1/2 against libfec, whose x86-64 build is portable C.

use std::ffi::{c_int, c_uint, c_void};
use std::hint::black_box;

use spacelink::coding::convolutional::{Convolutional, Encoder, Viterbi};
use spacelink::coding::{KernelLevel, soft};

use crate::measure::Report;
use crate::noise;

/// A frame of libfec's, which decodes frame by frame; ours takes the stream of them.
const FRAME_BITS: usize = 8920;
const FRAMES: usize = 32;

pub fn compare(report: &mut Report) {
    let code = Convolutional { g2_inverted: false, ..Convolutional::default() };
    let data = noise(FRAME_BITS * FRAMES / 8, 4);
    let mut symbols = vec![0; 2 * data.len()];
    Encoder::new(code).encode(&data, &mut symbols).expect("room for the symbols");
    let mut received = vec![0; 8 * symbols.len()];
    soft::from_hard(&symbols, 60, &mut received);
    for (soft, noise) in received.iter_mut().zip(noise(8 * symbols.len(), 5)) {
        *soft = soft.saturating_add(noise as i8 / 4);
    }
    let what = "Viterbi K=7 r=1/2, stream";

    let offset: Vec<u8> = received.iter().map(|&soft| (128 - i16::from(soft)).clamp(0, 255) as u8).collect();
    let mut out = vec![0u8; FRAME_BITS / 8 + 8];
    // SAFETY: a plain allocation of libfec's, which lives as long as the program.
    let decoder = unsafe { create_viterbi27(FRAME_BITS as c_int) };
    assert!(!decoder.is_null());
    report.row(what, "libfec viterbi27", FRAME_BITS, || {
        // SAFETY: `offset` holds more than 2 symbols for each of the bits, `out` has room for all of them.
        unsafe {
            init_viterbi27(decoder, 0);
            update_viterbi27_blk(decoder, black_box(&offset).as_ptr(), FRAME_BITS as c_int);
            chainback_viterbi27(decoder, out.as_mut_ptr(), (FRAME_BITS - 6) as c_uint, 0);
        }
    });
    for level in KernelLevel::available().filter(|&level| level != KernelLevel::Reference) {
        let mut decoder = Viterbi::with_level(code, level).expect("an available level");
        report.row(what, &format!("spacelink {level:?}"), FRAME_BITS * FRAMES, || {
            decoder.decode(black_box(&received), |decoded| {
                black_box(decoded);
            });
        });
    }
}

#[link(name = "fec")]
unsafe extern "C" {
    fn create_viterbi27(len: c_int) -> *mut c_void;
    fn init_viterbi27(decoder: *mut c_void, starting_state: c_int) -> c_int;
    fn update_viterbi27_blk(decoder: *mut c_void, symbols: *const u8, bits: c_int) -> c_int;
    fn chainback_viterbi27(decoder: *mut c_void, data: *mut u8, bits: c_uint, end_state: c_uint) -> c_int;
}
