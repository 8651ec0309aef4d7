//! Synchronization and channel coding: markers, randomizers, Reed-Solomon, and the chain that makes and reads CADUs.
//!
//! A CADU (channel access data unit) is an attached sync marker and the coded frame behind it. [`cadu`] holds the
//! whole chain, configured by one checked value; the parts can be used alone.
//!
//! ```
//! use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding};
//! use spacelink::coding::randomizer::Randomizer;
//! use spacelink::coding::rs::{Basis, Code, Interleaved};
//! use spacelink::coding::sync::{Marker, SyncParameters};
//!
//! let rs = Interleaved::new(Code::E16, Basis::Dual, 5, 0)?;
//! let link = CaduParameters::checked(Coding::ReedSolomon(rs), Some(Randomizer::Tm), Marker::ASM_32)?;
//!
//! let frame = [0x2A; 1115];
//! let mut cadu = [0; 4 + 1275];
//! assert_eq!(link.encode(&frame, &mut cadu)?, link.cadu_len());
//!
//! cadu[77] ^= 0x10; // the channel
//!
//! let mut receiver = CaduReceiver::new(link, SyncParameters::default(), [0; 4096])?;
//! let mut rest = &cadu[..];
//! let mut found = 0;
//! loop {
//!     let (left, received) = receiver.push(rest);
//!     rest = left;
//!     let Some(received) = received else { break };
//!     assert_eq!(received.frame, &frame[..]);
//!     assert_eq!(received.quality.symbols_corrected, 1);
//!     found += 1;
//! }
//! assert_eq!(found, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything here works on slices and needs no allocator. Bits are counted from the most significant bit of the
//! first octet.
//!
//! Left out: slicing; what a frame means, and
//! whether its own check sequence holds (see `frame`).

mod error;

pub mod bch;
pub mod cadu;
#[cfg(feature = "alloc")]
pub mod channel;
pub mod cltu;
pub mod convolutional;
#[cfg(feature = "erasure")]
pub mod erasure;
mod kernel;
pub mod ldpc;
mod quality;
pub mod randomizer;
pub mod rs;
mod simd;
pub mod soft;
pub mod sync;
pub mod turbo;

pub use error::ParameterError;
pub use kernel::KernelLevel;
