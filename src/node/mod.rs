//! A whole node as one machine: agent, adapters, links.
//!
//! [`Node`] is where the agent and the adapters meet. A host hands it what came in on a link, asks it what to send
//! on each link, and tells it the time; applications ask it to send and are told what was delivered.
//!
//! Left out so far: files (CFDP), several links to one neighbour.

mod link;
mod machine;

pub use link::{LinkCounters, LinkParameters};
pub use machine::{Event, InputRefused, LinkId, LinkRefused, Node, NodeAgent, NodeParameters, Transmit};
