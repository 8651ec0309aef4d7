//! The bundle agent: receives, stores, forwards, delivers.
//!
//! [`Agent`] is sans-IO. It is told of bundles that arrived and of transfers that ended; it says which bundle to
//! hand to which neighbour now, what was delivered here, and when contacts start and end. A bundle stays in its
//! [`Store`] until the layer below has proved that it is across, until it is delivered, or until its lifetime is
//! over: never is it dropped because a link broke.
//!
//! ```
//! use bytes::Bytes;
//! use spacelink::bpa::{Agent, AgentParameters, Event, TransmissionRequest};
//! use spacelink::bundle::{Eid, NodeNumber};
//! use spacelink::routing::ContactPlan;
//! use spacelink::time::Instant;
//! use std::time::Duration;
//!
//! let here = Eid::ipn(NodeNumber(7), 1);
//! let mut agent = Agent::new(AgentParameters::new(NodeNumber(7)), ContactPlan::default());
//! agent.register(1);
//! let request = TransmissionRequest::new(here.clone(), Bytes::from_static(b"to myself"), Duration::from_secs(60));
//! agent.transmit(Instant::ZERO, request)?;
//! let Some(Event::Delivered(delivery)) = agent.poll_event() else { panic!("nothing delivered") };
//! assert_eq!((delivery.destination, &delivery.payload[..]), (here, &b"to myself"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out so far: status reports, fragmentation, security, priorities, custody, a durable store.

mod agent;
mod contacts;
mod event;
mod forwarding;
mod seen;
mod store;

pub use agent::{Agent, AgentCounters, AgentParameters, TransmissionRequest};
pub use event::{Delivery, Event, Outbound, Outcome, Refusal, RequestError};
pub use store::{Key, MemoryStore, Store, StoreFull, Stored};
