//! Packets of the packet utilization standard: Space Packets whose secondary header names a service and a message.
//!
//! [`PusTc`] and [`PusTm`] read and write whole packets, the check sequence at their end included. What is not said in
//! a packet is managed: [`PusParameters`].
//!
//! ```
//! use spacelink::packet::pus::{AckFlags, PusParameters, PusTc, TcSecondaryHeader};
//! use spacelink::packet::{Apid, SpaceHeader};
//!
//! // An "are you alive" test, TC[17,1], with every report asked for.
//! let request = PusTc {
//!     header: SpaceHeader::telecommand(Apid::new(1).unwrap()),
//!     secondary: TcSecondaryHeader { ack: AckFlags::ALL, service: 17, subtype: 1, source: 0 },
//!     data: &[],
//! };
//! let mut out = [0; 16];
//! let len = request.encode(&PusParameters::default(), &mut out)?;
//! let read = PusTc::decode(&PusParameters::default(), &out[..len])?;
//! assert_eq!((read.secondary.service, read.secondary.subtype), (17, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: what services do, and PUS-A.
//!
//! Source: ECSS-E-ST-70-41C §7.4.

mod packet;
mod secondary;

pub use packet::{PusParameters, PusTc, PusTm};
pub use secondary::{AckFlags, TcSecondaryHeader, TmSecondaryHeader};
