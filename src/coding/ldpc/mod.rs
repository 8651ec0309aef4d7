//! Low-density parity-check codes of telemetry and telecommand, encoder and decoder.
//!
//! [`Code`] names all thirteen: AR4JA of rates 1/2, 2/3 and 4/5 with 1024, 4096 and 16384 information bits, the
//! (8160,7136) code of rate 7/8, and the short codes of telecommand links.
//!
//! ```
//! use spacelink::coding::ldpc::{Code, Decoder, Length, Rate};
//! use spacelink::coding::soft;
//!
//! let code = Code::Ar4ja(Rate::Half, Length::K1024);
//! let message = [0x2A; 128];
//! let mut codeword = [0; 256];
//! code.encode(&message, &mut codeword)?;
//!
//! let mut received = [0; 2048];
//! soft::from_hard(&codeword, 40, &mut received);
//! for bit in (0..2048).step_by(16) {
//!     received[bit] = -received[bit] / 4; // the channel
//! }
//!
//! let mut decoder = Decoder::new(code);
//! let mut decoded = [0; 128];
//! let quality = decoder.decode(&received, &mut decoded)?;
//! assert_eq!(decoded, message);
//! assert_eq!(quality.corrected, 128);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The decoder is layered, on octets: each check in turn updates its variables, so that information runs through a
//! codeword in half the iterations of a decoder that updates all checks at once. AR4JA takes A-min*, which keeps to
//! the box-plus of the sum-product decoder; the other codes do as well with the scaled minimum. Longer codes are decoded with many checks of one codeword side by side, short ones with many codewords
//! side by side. Every kernel gives the same result, bit for bit.
//!
//! What is returned as decoded satisfies every check of the code. A word without a codeword in reach is said to be
//! uncorrectable. Whatever the decoder, a word may lie nearer to another codeword than to the one that was sent.
//!
//! Markers, randomizers and slicing are not here.

mod code;
pub(super) mod decoder;
mod encode;
mod generators;
pub(super) mod graph;
mod ordered;
mod product;
mod tables;
mod telecommand;

pub use code::{Code, Length, Rate};
pub use decoder::{Decoded, Decoder, Limits, SetupError, Uncorrectable};
pub use encode::Encoder;
pub use ordered::OrderedStatistics;

use crate::wire::EncodeError;

impl Code {
    /// Writes the codeword of `message` to the front of `codeword` and returns its length in octets.
    ///
    /// An [`Encoder`] that is kept is faster for many messages. Needs about 14 KiB of stack.
    ///
    /// # Errors
    /// A message that is not [`message_len`](Self::message_len) octets long, or too little room.
    pub fn encode(self, message: &[u8], codeword: &mut [u8]) -> Result<usize, EncodeError> {
        Encoder::new(self).encode(message, codeword)
    }
}
