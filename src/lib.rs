//! Data between satellites and ground, from bits to bundles.
//!
//! ```text
//! bits <-> coding <-> frame <-> packet, ltp <-> bundle <-> applications
//! ```
//!
//! Every layer can be used alone. Codecs and codes work on slices and need neither an allocator nor an operating
//! system; engines need an allocator; only [`io`] knows sockets. See the [`manual`] for the layers and what is in.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod coding;
pub mod crc;
pub mod frame;
pub mod machine;
pub mod manual;
pub mod packet;
pub mod time;
pub mod wire;

#[cfg(feature = "alloc")]
pub mod bpa;
#[cfg(feature = "alloc")]
pub mod bundle;
#[cfg(feature = "alloc")]
pub mod cla;
#[cfg(feature = "std")]
pub mod io;
#[cfg(feature = "alloc")]
pub mod link;
pub mod ltp;
#[cfg(feature = "alloc")]
pub mod node;
#[cfg(feature = "alloc")]
pub mod routing;
