//! Transfer frames: TC, TM, AOS and USLP, with packets and other units in and out of their data fields.
//!
//! A frame belongs to a [virtual channel](Vcid) of a [spacecraft](Scid) and carries whatever the channel carries. What
//! frames of a link look like is in part set beforehand and not said in them: the managed parameters. Codecs ([`tc`],
//! [`tm`], [`aos`], [`uslp`], [`packets`], [`Clcw`]) work on slices; what keeps state for many channels needs an allocator:
//! [`tc::Demultiplexer`], and [`send::Multiplexer`] and [`receive::Demultiplexer`] for all other formats.
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use bytes::Bytes;
//! use spacelink::frame::aos::{AosParameters, AosSettings};
//! use spacelink::frame::receive::{Demultiplexer, DemultiplexerSettings, Event, Source};
//! use spacelink::frame::send::{ChannelSettings, Multiplexer};
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
//! assert_eq!(receiver.poll_event(), Some(Event::Packet { source: Source::channel(vcid), packet }));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: everything below a frame (markers, codes, randomizers), which is [`coding`](crate::coding), and the
//! procedures that repeat lost frames.

#[cfg(feature = "alloc")]
mod any;
pub mod aos;
pub mod counter;
pub mod packets;
#[cfg(feature = "alloc")]
pub mod receive;
#[cfg(feature = "alloc")]
pub mod scheduler;
#[cfg(feature = "alloc")]
pub mod send;
pub mod tc;
pub mod tm;
pub mod uslp;

mod clcw;
mod fecf;
mod id;
mod idle;
mod parameters;

#[cfg(feature = "alloc")]
pub use any::{AnyHeader, AnyParameters, AnySettings};
pub use clcw::Clcw;
pub use id::{FrameVersion, Gvcid, IdTooLarge, MapId, Scid, Vcid};
pub use idle::IdleFiller;
pub use parameters::{ParameterError, SecurityLengths};
