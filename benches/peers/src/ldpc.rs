//! LDPC codes against labrador-ldpc, which has the telecommand codes and AR4JA up to k = 4096 and no vector kernels.
//!
//! Decoders get noise, which is no codeword, so all run ten iterations.

use std::hint::black_box;

use labrador_ldpc::LDPCCode;
use spacelink::coding::KernelLevel;
use spacelink::coding::ldpc::{Code, Decoder, Encoder, Length, Limits, Rate};

use crate::measure::Report;
use crate::noise;

const ITERATIONS: u16 = 10;

pub fn compare(report: &mut Report) {
    contest(report, "LDPC (128,64)", Code::Tc128, LDPCCode::TC128, 64);
    contest(report, "LDPC (256,128)", Code::Tc256, LDPCCode::TC256, 64);
    contest(report, "LDPC (512,256)", Code::Tc512, LDPCCode::TC512, 64);
    contest(report, "LDPC AR4JA 1/2 k=1024", Code::Ar4ja(Rate::Half, Length::K1024), LDPCCode::TM2048, 1);
    contest(report, "LDPC AR4JA 1/2 k=4096", Code::Ar4ja(Rate::Half, Length::K4096), LDPCCode::TM8192, 1);
}

fn contest(report: &mut Report, what: &str, code: Code, peer: LDPCCode, batch: usize) {
    let message = noise(code.message_len(), 1);
    let encode = format!("{what} encode");
    let mut words = vec![0_u64; peer.n() / 64];
    report.row(&encode, "labrador-ldpc", 8 * message.len(), || {
        black_box(peer.copy_encode(black_box(&message), &mut words));
    });
    let mut codeword = vec![0; code.codeword_len()];
    for level in levels() {
        let encoder = Encoder::with_level(code, level).expect("an available level");
        report.row(&encode, &format!("spacelink {level:?}"), 8 * message.len(), || {
            encoder.encode(black_box(&message), &mut codeword).expect("room for a codeword");
        });
    }

    let decode = format!("{what} decode, 10 iterations");
    let soft: Vec<i8> =
        noise(batch * code.codeword_bits(), 2).into_iter().map(|octet| octet as i8 >> 2).collect();
    let mut out = vec![0; peer.output_len()];
    let mut working = vec![0_i8; peer.decode_ms_working_len()];
    let mut working_octets = vec![0; peer.decode_ms_working_u8_len()];
    report.row(&decode, "labrador-ldpc i8", 8 * message.len(), || {
        let soft = black_box(&soft[..peer.n()]);
        black_box(peer.decode_ms(soft, &mut out, &mut working, &mut working_octets, ITERATIONS.into()));
    });
    let mut messages = vec![0; batch * code.message_len()];
    for level in levels() {
        let limits = Limits { iterations: ITERATIONS, stop_early: false };
        let mut decoder = Decoder::with_level(code, level).expect("an available level").with_limits(limits);
        report.row(&decode, &format!("spacelink {level:?}"), 8 * messages.len(), || {
            let outcome =
                decoder.decode_batch(black_box(&soft), &mut messages, |_, outcome| _ = black_box(outcome));
            outcome.expect("whole codewords and room for their messages");
        });
    }
}

fn levels() -> impl Iterator<Item = KernelLevel> {
    KernelLevel::available().filter(|&level| level != KernelLevel::Reference)
}
