//! The convolutional code of constraint length 7: rate 1/2, and punctured to 2/3, 3/4, 5/6 and 7/8.
//!
//! [`Encoder`] turns octets into channel symbols, [`Viterbi`] turns soft bits into octets. Both work on streams that
//! never end and on blocks whose ends are known. Runnable examples are on their pages.
//!
//! Left out: what the bits are (see [`sync`](super::sync) for the markers among them). The encoder of the book has
//! the differential encoding of no mission.

mod code;
mod encoder;
mod puncture;
pub(super) mod trellis;
pub(super) mod viterbi;

pub use code::{Convolutional, Rate};
pub use encoder::Encoder;
pub use viterbi::{Decoded, Edge, NewViterbiError, Viterbi, ViterbiCounts};
