use super::{CltuCode, CltuParameters};
use crate::coding::bch;
use crate::coding::ldpc;
use crate::coding::randomizer::Randomizer;
use crate::wire::EncodeError;

/// Makes CLTUs of frames.
#[derive(Clone, Debug)]
pub struct CltuEncoder {
    parameters: CltuParameters,
    ldpc: Option<ldpc::Encoder>,
}

impl CltuEncoder {
    /// An encoder for links with these parameters.
    #[must_use]
    pub fn new(parameters: CltuParameters) -> Self {
        Self { parameters, ldpc: parameters.ldpc().map(ldpc::Encoder::new) }
    }

    /// Writes the CLTU that carries `frames`, one or several whole ones, to the front of `out`, and returns its length,
    /// [`CltuParameters::cltu_len`].
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `out` is too short.
    pub fn encode(&self, frames: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        let parameters = &self.parameters;
        let (required, available) = (parameters.cltu_len(frames.len()), out.len());
        let room = EncodeError::Room { required, available };
        let out = out.get_mut(..required).ok_or(room)?;
        let (start, rest) = out.split_at_mut(parameters.start().len());
        let (blocks, tail) = rest.split_at_mut(rest.len() - parameters.tail().len());
        start.copy_from_slice(parameters.start());
        tail.copy_from_slice(parameters.tail());
        match (parameters.code, &self.ldpc) {
            (CltuCode::Bch { randomized, .. }, _) => encode_bch(frames, randomized, blocks),
            (_, Some(encoder)) => {
                let message_len = parameters.message_len();
                for (message, block) in
                    frames.chunks(message_len).zip(blocks.chunks_exact_mut(parameters.block_len()))
                {
                    let mut filled = [FILL; LONGEST_MESSAGE];
                    filled[..message.len()].copy_from_slice(message);
                    encoder.encode(&filled[..message_len], block)?;
                    Randomizer::Tc.apply(block);
                }
            }
            (_, None) => {}
        }
        Ok(required)
    }
}

fn encode_bch(frames: &[u8], randomized: bool, blocks: &mut [u8]) {
    let (blocks, _) = blocks.as_chunks_mut();
    // Seven octets at a time keep in step with the sequence, which is made once for 255 codeblocks.
    let mut sequence = [0; bch::MESSAGE_LEN * 255];
    if randomized {
        Randomizer::Tc.apply(&mut sequence);
    }
    let (sequence, _) = sequence.as_chunks::<{ bch::MESSAGE_LEN }>();
    for ((message, block), mask) in frames.chunks(bch::MESSAGE_LEN).zip(blocks).zip(sequence.iter().cycle()) {
        let mut filled = [FILL; bch::MESSAGE_LEN];
        for ((filled, octet), mask) in filled.iter_mut().zip(message).zip(mask) {
            *filled = octet ^ mask;
        }
        *block = bch::encode(&filled);
    }
}

/// What fills the last codeblock (§5.2.3).
const FILL: u8 = 0x55;
/// Octets of information in an LDPC (512,256) codeword.
const LONGEST_MESSAGE: usize = 32;
