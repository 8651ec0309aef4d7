use crate::coding::sync::Marker;
use crate::coding::{ldpc, soft, turbo};
use crate::crc;
use crate::wire::EncodeError;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// A code whose codewords stand behind markers of its own and are decoded from soft bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockCode {
    Ldpc(ldpc::Code),
    /// With the iterations after which its decoder gives up, and whether it ends as soon as the check sequence of the
    /// message, which is a frame, is right.
    Turbo {
        code: turbo::Code,
        iterations: u8,
        stop_at_fecf: bool,
    },
}

impl BlockCode {
    pub(super) const fn message_len(self) -> usize {
        match self {
            Self::Ldpc(code) => code.message_len(),
            Self::Turbo { code, .. } => code.message_bits() / 8,
        }
    }

    /// Symbols of a codeword, which at some rates do not fill whole octets.
    pub(super) const fn codeword_bits(self) -> usize {
        match self {
            Self::Ldpc(code) => code.codeword_bits(),
            Self::Turbo { code, .. } => code.codeword_bits(),
        }
    }

    /// Source: CCSDS 131.0-B-5 §9.3.
    pub(super) const fn marker(self) -> Marker {
        match self {
            Self::Ldpc(ldpc::Code::C2) => Marker::ASM_32,
            Self::Ldpc(_) => Marker::ASM_64,
            Self::Turbo { code, .. } => match code.rate() {
                turbo::Rate::Half => Marker::ASM_64,
                turbo::Rate::Third => Marker::ASM_96,
                turbo::Rate::Quarter => Marker::ASM_128,
                turbo::Rate::Sixth => Marker::ASM_192,
            },
        }
    }

    pub(super) fn encoder(self) -> BlockEncoder {
        match self {
            Self::Ldpc(code) => BlockEncoder::Ldpc(Box::new(ldpc::Encoder::new(code))),
            Self::Turbo { code, .. } => BlockEncoder::Turbo(code),
        }
    }

    pub(super) fn decoder(self) -> BlockDecoder {
        match self {
            Self::Ldpc(code) => BlockDecoder::Ldpc(Box::new(ldpc::Decoder::new(code))),
            Self::Turbo { code, iterations, stop_at_fecf } => BlockDecoder::Turbo {
                decoder: Box::new(turbo::Decoder::new(code).with_max_iterations(iterations)),
                stop_at_fecf,
                received: vec![0; code.codeword_len()],
                sent: vec![0; code.codeword_len()],
            },
        }
    }
}

#[derive(Debug)]
pub(super) enum BlockEncoder {
    Ldpc(Box<ldpc::Encoder>),
    Turbo(turbo::Code),
}

impl BlockEncoder {
    /// Writes the codeword; a last octet that is not full ends in zeros.
    pub(super) fn encode(&self, message: &[u8], codeword: &mut [u8]) -> Result<usize, EncodeError> {
        match self {
            Self::Ldpc(encoder) => encoder.encode(message, codeword),
            Self::Turbo(code) => code.encode(message, codeword),
        }
    }
}

#[derive(Debug)]
pub(super) enum BlockDecoder {
    Ldpc(Box<ldpc::Decoder<Vec<i8>>>),
    Turbo {
        decoder: Box<turbo::Decoder<Vec<i16>>>,
        stop_at_fecf: bool,
        /// Hard decisions of the codeword, and what they should have been.
        received: Vec<u8>,
        sent: Vec<u8>,
    },
}

/// What became of a codeword.
pub(super) struct Word {
    pub(super) iterations: u32,
    /// Bits whose hard decision was wrong; `None` when the codeword is beyond repair.
    pub(super) corrected: Option<u32>,
}

impl BlockDecoder {
    /// Decodes one codeword. Beyond repair, `message` is as received (LDPC) or the decoder's last guess (turbo).
    pub(super) fn decode(&mut self, soft_bits: &[i8], message: &mut [u8]) -> Word {
        match self {
            Self::Ldpc(decoder) => match decoder.decode(soft_bits, message) {
                Ok(decoded) => {
                    Word { iterations: decoded.iterations.into(), corrected: Some(decoded.corrected.into()) }
                }
                Err(error) => {
                    // The code is systematic: its message is there as received.
                    soft::hard(&soft_bits[..8 * message.len()], message);
                    let iterations = match error {
                        ldpc::Uncorrectable::NotFound { iterations } => iterations.into(),
                        _ => 0,
                    };
                    Word { iterations, corrected: None }
                }
            },
            Self::Turbo { decoder, stop_at_fecf, received, sent } => {
                let outcome = if *stop_at_fecf {
                    decoder.decode_until(soft_bits, message, has_fecf)
                } else {
                    decoder.decode(soft_bits, message)
                };
                match outcome {
                    Ok(decoded) => {
                        soft::hard(soft_bits, received);
                        let encoded = decoder.code().encode(message, sent);
                        let wrong = received.iter().zip(&*sent).map(|(a, b)| (a ^ b).count_ones()).sum();
                        Word { iterations: decoded.iterations.into(), corrected: encoded.ok().map(|_| wrong) }
                    }
                    Err(error) => {
                        let iterations = match error {
                            turbo::Uncorrectable::Unsettled { iterations } => iterations.into(),
                            _ => 0,
                        };
                        Word { iterations, corrected: None }
                    }
                }
            }
        }
    }
}

/// Whether a frame ends in its own check sequence.
fn has_fecf(frame: &[u8]) -> bool {
    frame.split_last_chunk().is_some_and(|(checked, fecf)| crc::fecf(checked).to_be_bytes() == *fecf)
}
