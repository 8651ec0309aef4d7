//! Licklider transmission: a block crosses a link with a long light time, whole or not at all.
//!
//! [`segment`] is the codec and needs no allocator. The engine is a [`Machine`](crate::machine::Machine): it cuts
//! blocks into segments, reports what arrived, sends again what did not, and ends every session whatever is lost.
//! The first part of a block may be red (sent until it is across), the rest green (sent once).
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use bytes::Bytes;
//! use spacelink::ltp::engine::{Engine, EngineParameters, Event, SpanParameters, TransmissionRequest};
//! use spacelink::ltp::{ClientServiceId, EngineId};
//! use spacelink::machine::Machine;
//! use spacelink::time::Instant;
//!
//! # fn rng() -> Box<dyn rand_core::Rng + Send> {
//! #     Box::new(<rand_chacha::ChaCha8Rng as rand_core::SeedableRng>::seed_from_u64(1))
//! # }
//! let (ground, satellite) = (EngineId(1), EngineId(2));
//! let mut sender = Engine::new(EngineParameters::new(satellite), rng());
//! let mut receiver = Engine::new(EngineParameters::new(ground), rng());
//! sender.add_span(ground, SpanParameters::default())?;
//! receiver.add_span(satellite, SpanParameters::default())?;
//! receiver.open_client_service(ClientServiceId::BUNDLE);
//!
//! let now = Instant::ZERO;
//! let block = Bytes::from_static(b"a bundle");
//! let red_len = block.len() as u64;
//! let request = TransmissionRequest { to: ground, client_service: ClientServiceId::BUNDLE, block, red_len };
//! let session = sender.transmit(now, request)?;
//!
//! let mut out = [0; 1500];
//! // Data there, report back, acknowledgement there.
//! for _ in 0..2 {
//!     while let Some(sent) = sender.poll_transmit(now, &mut out) {
//!         receiver.handle_input(now, &out[..sent.len])?;
//!     }
//!     while let Some(sent) = receiver.poll_transmit(now, &mut out) {
//!         sender.handle_input(now, &out[..sent.len])?;
//!     }
//! }
//! assert!(matches!(receiver.poll_event(), Some(Event::RedPartReceived { block, .. }) if block == "a bundle"));
//! assert_eq!(sender.poll_event(), Some(Event::InitialTransmissionCompleted { session }));
//! assert_eq!(sender.poll_event(), Some(Event::BlockAcknowledged { session }));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: authentication and cookies (RFC 5327: their extensions are read and ignored, never sent), sessions that
//! outlive the process, packing several bundles into a block, and the link below.
//!
//! Source: RFC 5326; CCSDS 734.1-B-1 profiles it.

mod id;

#[cfg(feature = "alloc")]
pub mod claims;
#[cfg(feature = "alloc")]
pub mod engine;
pub mod segment;

pub use id::{ClientServiceId, EngineId, SessionId};
