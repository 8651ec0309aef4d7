//! Channel access data units: the whole chain from frame to channel octets and back.
//!
//! [`CaduParameters`] says what both ends agree on and makes CADUs; [`CaduReceiver`] takes the received stream, cut
//! anywhere and aligned to no octet, and gives frames with their quality. A runnable example is on the
//! [layer's page](super).
//!
//! Left out: frames' own check sequences, and everything inside a frame.

mod parameters;
mod receiver;

pub use super::quality::{Quality, ReceivedFrame};
pub use parameters::{BlockQuality, CaduParameters, Coding};
pub use receiver::{CaduReceiver, LinkQuality};
