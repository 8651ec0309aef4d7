//! Transfer frames: AOS, with packets in and out of their data zones.
//!
//! A frame belongs to a [virtual channel](Vcid) of a [spacecraft](Scid), has the same length as all others of its
//! link, and carries whatever the channel carries. What frames of a link look like is set beforehand and not said in them:
//! the managed parameters. Codecs ([`aos`], [`mpdu`]) work on slices; the engines
//! ([`aos::Multiplexer`], [`aos::Demultiplexer`]) need an allocator.
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use bytes::Bytes;
//! use spacelink::frame::aos::{
//!     AosParameters, AosSettings, ChannelSettings, Demultiplexer, DemultiplexerSettings, Event, Multiplexer,
//! };
//! use spacelink::frame::{Scid, Vcid};
//!
//! let link = AosParameters::new(AosSettings { fecf: true, ..AosSettings::of_len(256) })?;
//! let (scid, vcid) = (Scid(42), Vcid::new(1).unwrap());
//! let mut sender = Multiplexer::new(link, scid, &[ChannelSettings::new(vcid)])?;
//! let mut receiver = Demultiplexer::new(link, scid, DemultiplexerSettings::default());
//!
//! let packet = Bytes::from_static(&[0xE5, 5, b'L', b'T', b'P']);
//! sender.enqueue(vcid, packet.clone())?;
//! let mut frame = [0; 256];
//! while let Some(len) = sender.poll_transmit(&mut frame) {
//!     receiver.handle_frame(&frame[..len])?;
//! }
//! assert_eq!(receiver.poll_event(), Some(Event::Packet { vcid, packet }));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: TM, TC and USLP frames, and everything below a frame (markers, codes, randomizers), which is
//! [`coding`](crate::coding).

pub mod aos;
pub mod counter;
pub mod mpdu;
#[cfg(feature = "alloc")]
pub mod scheduler;
pub mod tc;

mod fecf;
mod id;
mod idle;
mod parameters;

pub use id::{FrameVersion, Gvcid, MapId, Scid, Vcid};
pub use idle::IdleFiller;
pub use parameters::{ParameterError, SecurityLengths};
