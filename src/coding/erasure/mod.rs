//! Packet erasure coding: units lost at known places are computed from those that came.
//!
//! An [`Encoder`] takes units (frames, LTP segments, bundles) and sends each at once, as it is, behind a short header.
//! After every `data` units it adds `repair` symbols; any `data` of them all give all units back to the
//! [`Decoder`]. Blocks can be interleaved, so that a fade takes a few symbols of many blocks rather than many of one.
//!
//! ```
//! use spacelink::coding::erasure::{Decoder, Encoder, Parameters};
//!
//! let parameters = Parameters::checked(4, 2, 1, 64)?;
//! let (mut encoder, mut decoder) = (Encoder::new(parameters), Decoder::new(parameters));
//! let mut symbol = [0; 64 + Parameters::OVERHEAD];
//! let mut sent = 0;
//! let mut received = Vec::new();
//! for unit in ["to", "boldly", "go", "where"] {
//!     encoder.push(unit.as_bytes())?;
//!     while let Some(len) = encoder.poll_transmit(&mut symbol) {
//!         sent += 1;
//!         if sent == 2 || sent == 4 {
//!             continue; // the channel
//!         }
//!         decoder.handle_input(&symbol[..len])?;
//!         while let Some(unit) = decoder.poll_event() {
//!             received.push((unit.index, String::from_utf8(unit.octets)?));
//!         }
//!     }
//! }
//! let expected = [(0, "to"), (2, "go"), (1, "boldly"), (3, "where")];
//! assert_eq!(received, expected.map(|(index, text)| (index, text.to_owned())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # On the wire
//! No open standard says how (CCSDS 131.5-O-1 is experimental and for other codes): the format is this project's own,
//! version 1, and both ends have to be this crate. All fields are big-endian.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | version, `E1` hexadecimal |
//! | 1 | units of a whole block, k |
//! | 1 | repair symbols of a block, m |
//! | 1 | index: a unit's place in its block, or k and up for repair symbols |
//! | 1 | units in this block, for repair symbols; 0 for units |
//! | 4 | block number, modulo 2^32 |
//! | … | the unit, or the repair octets |
//! | 4 | CRC-32C of all that is in front of it |
//!
//! Repair symbols are computed over shards: a unit behind its length in two octets, filled up with zeros. The code is
//! the systematic Vandermonde code of the crate `reed-solomon-erasure`, over the field of 256 elements by
//! x^8 + x^4 + x^3 + x^2 + 1. A block that ends early counts as filled up with shards of zeros, which are not sent.
//! Repair symbols end where the longest shard of their block does.
//!
//! # Bounds
//! The decoder holds shards of at most [`Parameters::window`] blocks. A symbol of other parameters than its
//! own, or of a block that has left the window, is refused. Whoever can forge a check sequence can push the window on
//! and so make blocks be given up, or make repaired units wrong: authenticate below or above where that matters.
//!
//! Left out: telling the sender what is missing, rates that adapt, codes of more than 255 symbols.

mod decoder;
mod encoder;
mod parameters;
mod symbol;

pub use decoder::{Decoder, DecoderCounts, Refused, Unit};
pub use encoder::{Encoder, RequestError};
pub use parameters::{ErasureParameterError, Parameters};
