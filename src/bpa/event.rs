use bytes::Bytes;

use super::store::{Key, StoreFull};
use crate::bundle::{BundleError, BundleId, Eid, NodeNumber, Reason};
use crate::routing::Contact;
use crate::time::Instant;

/// What the user of an agent is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A bundle for an endpoint registered here.
    Delivered(Delivery),
    /// The layer below has proved that a bundle reached the neighbour; it is no longer kept here.
    Forwarded {
        /// Which bundle.
        id: BundleId,
        /// The neighbour that has it now.
        to: NodeNumber,
    },
    /// A bundle was given up here.
    Deleted {
        /// Which bundle.
        id: BundleId,
        /// Why, as a status report would say it.
        reason: Reason,
    },
    /// A contact of this node has started: the neighbour can be reached until its end.
    ContactStarted(Contact),
    /// A contact of this node is over.
    ContactEnded(Contact),
}

/// A bundle's payload, handed to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which bundle it came in.
    pub id: BundleId,
    /// Who sent it.
    pub source: Eid,
    /// The endpoint here.
    pub destination: Eid,
    /// What was sent.
    pub payload: Bytes,
    /// Nodes the bundle was forwarded by on its way, when it carried a hop count.
    pub hops: Option<u64>,
    /// When it got here.
    pub received: Instant,
}

/// A bundle to be handed to a neighbour now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// How to name it in [`Agent::transfer_ended`](super::Agent::transfer_ended).
    pub key: Key,
    /// The bundle as it goes out.
    pub bundle: Bytes,
}

/// How a transfer to a neighbour ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The neighbour has all of it.
    Across,
    /// It is not known to have arrived: send it again, this way or another.
    Failed,
}

/// Why a received bundle was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A copy of it has been here before.
    #[error("bundle: received before")]
    Duplicate,
    /// Its lifetime is over.
    #[error("bundle: lifetime over")]
    Expired,
    /// It has been forwarded as often as it may.
    #[error("bundle: hop limit {limit} exceeded")]
    HopLimit {
        /// The limit it carries.
        limit: u64,
    },
    /// There is no room for it now.
    #[error(transparent)]
    Full(#[from] StoreFull),
}

/// Why a request to send was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No legal bundle can be made of it.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// This node does not take it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}
