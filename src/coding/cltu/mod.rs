//! CLTUs (communications link transmission units): telecommand frames as they go over the radio.
//!
//! A CLTU is a start sequence, codeblocks, and a tail that no decoder takes for a codeblock. [`CltuEncoder`] makes
//! one of whole frames; [`CltuReceiver`] finds them in a stream of bits, soft or hard, aligned to nothing, and of
//! either polarity.
//!
//! ```
//! use spacelink::coding::cltu::{CltuCode, CltuEncoder, CltuParameters, CltuReceiver, Judgement};
//!
//! let link = CltuParameters::new(CltuCode::Ldpc128 { tail: Default::default() });
//! let mut cltu = [0; 64];
//! let len = CltuEncoder::new(link).encode(b"a TC frame", &mut cltu)?;
//! cltu[10] ^= 0x40; // the channel
//!
//! let mut receiver = CltuReceiver::with_vec(link, 1024);
//! let mut received = Vec::new();
//! receiver.push_octets(&[0x55; 5], |_| Judgement::Abandoned);
//! receiver.push_octets(&cltu[..len], |cltu| {
//!     received.push(cltu.octets.to_vec());
//!     Judgement::Taken(10)
//! });
//! // What does not fill the last codeblock is 55.
//! assert_eq!(received, [b"a TC frameUUUUUU"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: what frames say ([`frame::tc`](crate::frame::tc)); a frame says its length, so fill after it needs no
//! mark.
//!
//! Source: CCSDS 231.0-B-4 with Cor. 1.

mod encoder;
mod parameters;
mod receiver;

pub use encoder::CltuEncoder;
pub use parameters::{CltuCode, CltuParameters, LdpcTail};
pub use receiver::{Cltu, CltuCounters, CltuMemory, CltuReceiver, End, Judgement, TooLittleMemory};

/// What is sent for the receiver to lock on to before the first CLTU: this octet, 16 times at least (§7.2.2). Idle
/// between CLTUs is the same octet, any number of times.
pub const ACQUISITION: u8 = 0x55;
/// Least octets of the acquisition sequence.
pub const ACQUISITION_LEN: usize = 16;
