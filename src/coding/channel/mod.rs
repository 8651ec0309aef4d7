//! A whole channel: one checked set of managed parameters, and the send and receive chains built from it.
//!
//! [`ChannelParameters`] are plain values, which a mission's file can hold. [`checked`](ChannelParameters::checked)
//! refuses what the book does not allow, with the reason; the [`Channel`] it gives builds a [`Sender`] and a
//! [`Receiver`]. Frames go in and come out; between them are octets or soft bits, cut anywhere.
//!
//! ```
//! use spacelink::coding::channel::{ChannelParameters, Coding, ReedSolomon};
//! use spacelink::coding::convolutional::Convolutional;
//! use spacelink::coding::randomizer::Randomizer;
//! use spacelink::coding::soft;
//!
//! let channel = ChannelParameters {
//!     coding: Coding::Concatenated {
//!         outer: ReedSolomon { error_correction: 16, interleaving_depth: 5 },
//!         inner: Convolutional::default(),
//!     },
//!     frame_len: 1115,
//!     slicing: None,
//!     randomizer: Some(Randomizer::Tm),
//! }
//! .checked()?;
//!
//! let mut symbols = Vec::new();
//! let mut sender = channel.sender();
//! for frame in 0..4 {
//!     sender.send(&[frame; 1115], &mut symbols)?;
//! }
//! sender.finish(&mut symbols)?;
//!
//! // A symbol more in front, so that it is not known which make a pair.
//! let mut received = vec![0; 1 + 8 * symbols.len()];
//! soft::from_hard(&symbols, 40, &mut received[1..]);
//! received.iter_mut().step_by(15).for_each(|soft| *soft = -*soft); // the channel
//!
//! let mut receiver = channel.receiver();
//! let mut frames = Vec::new();
//! receiver.receive(&received, |frame| frames.push(frame.frame[0]));
//! receiver.finish(|frame| frames.push(frame.frame[0]));
//! assert_eq!(frames, [0, 1, 2, 3]);
//! assert!(receiver.totals().inner.symbol_errors > 4000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The chains allocate their working memory once, when they are built; their parts work without an allocator.
//!
//! Behind a convolutional code, Reed-Solomon codewords beyond repair are tried again with erasures, since errors of the
//! inner decoder come in bursts. Beside symbols that were wrong in interleaved codewords there are likely others: of
//! frames in 5 codewords at rate 1/2, this leaves 72 of 3000 lost instead of 236 at an Eb/N0 of 2.1 dB, 6 instead of 41
//! at 2.2 dB, and 2 of 8000 instead of 15 at 2.3 dB; no codeword was repaired wrongly. The Viterbi decoder's own doubts,
//! wrong symbols to each octet, do not tell as much: of 37 frames lost at 2.2 dB they alone saved none, and with the
//! others 3 more than the 29 that these saved. They are left out.
//!
//! Left out: what a frame means.

mod block;
mod inner;
mod parameters;
mod receiver;
mod sender;
mod slicing;

pub use super::quality::{Quality, ReceivedFrame};
pub use parameters::{Channel, ChannelParameters, Coding, LdpcRate, ReedSolomon, Slicing, TURBO_ITERATIONS};
pub use receiver::{LinkQuality, Receiver, ReceiverParameters};
pub use sender::Sender;
