//! The bundle agent: receives, stores, forwards, delivers.
//!
//! [`Agent`] is sans-IO. It is told of bundles that arrived and of transfers that ended; it says which bundle to
//! hand to which neighbour now, what was delivered here, and when contacts start and end.
//!
//! ```
//! use bytes::Bytes;
//! use spacelink::bpa::{Agent, AgentParameters, Event, Registration, TransmissionRequest};
//! use spacelink::bundle::{Eid, NodeNumber};
//! use spacelink::routing::ContactPlan;
//! use spacelink::time::Instant;
//! use std::time::Duration;
//!
//! let now = Instant::ZERO;
//! let here = Eid::ipn(NodeNumber(7), 1);
//! let mut agent = Agent::new(AgentParameters::new(NodeNumber(7)), ContactPlan::default());
//! agent.register(Registration::new(&here));
//! let request = TransmissionRequest::new(here.clone(), Bytes::from_static(b"to myself"), Duration::from_secs(60));
//! agent.transmit(now, request)?;
//!
//! let Some(Event::Delivered(delivery)) = agent.poll_event(now) else { panic!("nothing delivered") };
//! assert_eq!(delivery.payload.octets().unwrap(), "to myself");
//! agent.acknowledge(now, delivery.delivery);
//! assert!(agent.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Nothing is lost
//!
//! A bundle leaves the [`Store`] only on proof: the layer below has confirmed it ([`Outcome::Across`]), the application
//! has acknowledged it ([`Agent::acknowledge`]), or its lifetime is over. The neighbour it came from may be told that
//! it is across only when [`Reception::Safe`] or [`Event::Kept`] says so; a refusal that
//! [is temporary](Refusal::is_temporary) leaves it with the neighbour. After a restart on the same store the agent goes
//! on with what it finds.
//!
//! # Payloads need not be in memory
//!
//! A bundle comes whole ([`Agent::receive`]) or header first ([`Agent::begin`], [`append`](Agent::append),
//! [`finish`](Agent::finish)), and goes out whole ([`Agent::octets`]) or by pieces ([`Agent::read_transfer`]). What is
//! in memory for each bundle is its header and a few words.
//!
//! # Fragments
//!
//! A bundle that does not fit what a neighbour takes, or what is left of the contact, is cut
//! ([`NeighbourParameters`]); one whose transfer broke part way goes on from there ([`Outcome::Partly`],
//! [`Agent::interrupt`]). Fragments for this node wait in the store as they came, overlapping or twice, and make one
//! delivery.
//!
//! # Copies and loops
//!
//! A second copy of a bundle is refused as one, also after a restart. Only a bundle that was sent on and comes back,
//! having passed more nodes than when it was here, is taken again: the neighbour that returns it has no better place
//! for it. Hop limits end that.
//!
//! # When it is full
//!
//! [`Quotas`] bound what is kept by octets and by bundles, in all, by source and by class. Less urgent bundles make
//! room for more urgent ones, those first that are still coming, since whoever sends them has them yet; otherwise the
//! bundle is refused, for now. Reports are off unless [`AgentParameters::reports_per_second`] allows them.
//!
//! # Security
//!
//! With a [policy](Security) the agent adds security blocks to what is made here, checks or opens what comes from
//! elsewhere, and as a gateway secures what passes (feature `crypto`). All of that is done from the store to the
//! store, before a bundle is sent on or delivered: small bundles in [`Agent::poll_event`], long ones a piece at each
//! [`Agent::handle_timeout`], which is wanted at once as long as there is more to do. The most urgent bundle goes
//! first. What fails is deleted or goes on as the policy says; [`Event::Deleted`] and status reports have the reason.
//! The old form of a bundle leaves the store when the new one is durable, and room for both is set aside when it
//! comes. Fragments are opened when they are whole, and pass a node as they are.
//!
//! Left out: custody, more than one route at a time.

mod agent;
mod committing;
mod contacts;
mod counters;
mod delivering;
mod event;
mod forwarding;
mod keeping;
mod managed;
mod memory;
mod parameters;
mod ping;
mod quota;
mod reassembly;
mod receiving;
mod record;
mod reporting;
#[cfg(feature = "crypto")]
mod securing;
#[cfg(feature = "crypto")]
mod security;
mod seen;
mod sending;
mod services;
mod store;
mod table;
mod units;
#[cfg(not(feature = "crypto"))]
mod unsecured;

pub use agent::Agent;
pub use counters::{AgentCounters, NeighbourCounters};
pub use event::{
    Delivery, DeliveryId, Event, Outbound, Outcome, Payload, ReadError, Reception, Refusal, RequestError,
    TransferId,
};
#[cfg(feature = "metrics")]
pub use managed::publish;
pub use managed::{ManagedInformation, RegistrationState};
pub use memory::MemoryStore;
pub use parameters::{
    AgentParameters, DeliveryFailure, GroupCommit, NeighbourParameters, Registration, RegistrationId, Rule,
    TransmissionRequest,
};
pub use ping::{Ping, PingStats};
pub use quota::{Amount, Class, Quota, Quotas, StoreFull};
#[cfg(feature = "crypto")]
pub use security::Security;
pub use store::{Commit, Durability, Key, Memory, Recovered, Store, StoreError, StoreEvent};

/// One line for the `tracing` facade, where that is wanted.
#[cfg(feature = "tracing")]
macro_rules! trace {
    ($what:literal, $($field:tt)*) => {
        tracing::debug!(target: "spacelink::bpa", $($field)*, $what)
    };
}

/// A span of the `tracing` facade from here to the end of the block, where that is wanted.
#[cfg(feature = "tracing")]
macro_rules! span {
    ($what:literal, $($field:tt)*) => {
        let _span = tracing::debug_span!(target: "spacelink::bpa", $what, $($field)*).entered();
    };
}

#[cfg(not(feature = "tracing"))]
macro_rules! trace {
    ($($anything:tt)*) => {};
}

#[cfg(not(feature = "tracing"))]
macro_rules! span {
    ($($anything:tt)*) => {};
}

#[cfg(not(feature = "crypto"))]
use unsecured as security;

use {span, trace};
