//! The turbo codes of CCSDS: rates 1/2, 1/3, 1/4 and 1/6, frames of 1784, 3568, 7136 and 8920 bits.
//!
//! Two recursive encoders of 16 states take the same bits, the second in another order. Two decoders, one for each,
//! tell one another in turn how likely each bit is, until they are settled.
//!
//! ```
//! use spacelink::coding::soft;
//! use spacelink::coding::turbo::{Code, Decoder, Rate};
//!
//! let code = Code::new(Rate::Third, 1784)?;
//! let frame = [0x2A; 223];
//! let mut codeword = [0; 671];
//! assert_eq!(code.encode(&frame, &mut codeword)?, code.codeword_len());
//!
//! let mut received = [0; 5364];
//! soft::from_hard(&codeword, 1, &mut received);
//! received.iter_mut().step_by(16).for_each(|soft| *soft = -*soft); // the channel
//!
//! let mut decoder = Decoder::new(code);
//! let mut message = [0; 223];
//! let decoded = decoder.decode(&received, &mut message)?;
//! assert_eq!(message, frame);
//! assert!(decoded.iterations < 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Symbols are packed bits when sent and [soft bits](super::soft) when received. A decoder without an allocator works
//! in memory of the caller: [`Decoder::with_memory`].
//!
//! The decoder is the BCJR algorithm on 16-bit integers: sums of probabilities are the larger one, corrected on a
//! straight line, windows are decoded side by side, and it ends as soon as both decoders are sure of the same
//! decisions. No decoder of turbo codes can tell a wrong message for certain: the book asks for a check sequence in
//! the frame.
//!
//! Left out: the block length of 16,384 bits, which issue 3 had for further study and no issue specified.
//!
//! Source: CCSDS 131.0-B-5 §6 (issue 6: §7).

mod code;
mod component;
mod decoder;
mod encoder;
mod permutation;
mod reference;
mod trellis;
mod workspace;

pub use code::{Code, Rate};
pub use decoder::{Decoded, Decoder, Uncorrectable};

pub(super) use code::Generator;
pub(super) use component::{CORRECTION, MAX_EXTRINSIC, Pass, SURE, Verdict, WINDOWS};
pub(super) use reference::pass as reference_pass;
pub(super) use trellis::STATES;
