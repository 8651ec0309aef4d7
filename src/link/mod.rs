//! Whole links: frames and channel coding from one set of managed parameters.
//!
//! ```
//! use bytes::Bytes;
//! use spacelink::link::{PacketLink, PacketLinkSettings};
//!
//! let mut satellite = PacketLink::new(&PacketLinkSettings::reed_solomon(42, 43))?;
//! let mut ground = PacketLink::new(&PacketLinkSettings::reed_solomon(43, 42))?;
//!
//! let packet = Bytes::from_static(&[0xE5, 5, b'L', b'T', b'P']);
//! satellite.enqueue(packet.clone())?;
//! let mut cadu = vec![0; satellite.max_unit_len()];
//! while let Some(len) = satellite.poll_transmit(&mut cadu) {
//!     cadu[100] ^= 0xFF; // a burst of bit errors
//!     ground.handle_input(&cadu[..len]);
//! }
//! assert_eq!(ground.poll_packet(), Some(packet));
//! assert_eq!(ground.counters().symbols_corrected, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`downlink`] has telemetry links of TM, AOS and USLP frames over any coding, all virtual channels at once; [`tc`] has
//! telecommand links, with COP-1 and CLTUs; [`MissionSettings`] hold the settings of both as a mission's file.
//! [`PacketLink`] is both ends of a two-way link with packets, each way a downlink.
//!
//! Left out so far: ciphers of link security.

pub mod downlink;
mod mission;
mod packet_link;
pub mod tc;

pub use mission::MissionSettings;
pub use packet_link::{PacketLink, PacketLinkCounters, PacketLinkError, PacketLinkSettings};
