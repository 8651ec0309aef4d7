//! Data between satellites and ground, from bits to bundles.
//!
//! ```text
//! bits <-> coding <-> frame <-> packet, ltp <-> bundle <-> applications
//! ```
//!
//! Every layer can be used alone. Codecs and codes work on slices and need neither an allocator nor an operating
//! system; engines need an allocator; only [`io`] knows sockets. See the [`manual`] for the layers and what is in.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `alloc` | engines: LTP, COP-1's sending end, bundles, agent, routing, links, whole channels |
//! | `std` (default) | the in-memory channel and the simulation, faster check sequences, kernels chosen at run time |
//! | `simd` (default) | vector kernels of the codes |
//! | `tokio` | the UDP host |
//! | `smoltcp` | IP over space links, as a device for smoltcp |
//! | `crypto` | BPSec and where its keys come from |
//! | `durable` | the bundle store that survives restarts |
//! | `erasure` | packet erasure coding |
//! | `serde` | managed parameters as TOML or JSON |
//! | `metrics`, `tracing` | figures and spans through these facades |
//!
//! ```
//! use spacelink::coding::randomizer::Randomizer;
//! use spacelink::packet::{Apid, SpaceHeader, SpacePacket};
//! use spacelink::wire::{Decode, Encode};
//!
//! let mut octets = [0; 8];
//! SpacePacket::new(SpaceHeader::telemetry(Apid::new(42).unwrap()), b"hi")?.encode(&mut octets)?;
//! Randomizer::Tm.apply(&mut octets);
//! Randomizer::Tm.apply(&mut octets);
//! let (packet, _rest) = SpacePacket::decode(&octets)?;
//! assert_eq!(packet.data(), b"hi");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod coding;
pub mod cop;
pub mod crc;
pub mod frame;
pub mod machine;
pub mod manual;
pub mod packet;
pub mod time;
pub mod wire;

#[cfg(feature = "alloc")]
pub mod bpa;
#[cfg(all(feature = "alloc", feature = "crypto"))]
pub mod bpsec;
#[cfg(feature = "alloc")]
pub mod bundle;
#[cfg(feature = "alloc")]
pub mod cla;
#[cfg(feature = "alloc")]
mod figures;
#[cfg(feature = "alloc")]
pub mod io;
#[cfg(feature = "crypto")]
pub mod keys;
#[cfg(feature = "alloc")]
pub mod link;
pub mod ltp;
#[cfg(feature = "alloc")]
pub mod node;
#[cfg(feature = "alloc")]
pub mod routing;
