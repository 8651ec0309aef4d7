use bytes::Bytes;

use super::quota::{Class, StoreFull};
use super::store::{Key, StoreError};
use crate::bundle::{BundleError, BundleId, Eid, NodeNumber, Reason, StatusReport};
use crate::routing::Contact;
use crate::time::Instant;

/// What the user of an agent is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Something for an endpoint registered here.
    Delivered(Delivery),
    /// A delivery that was acknowledged will not be made again, not even after a restart.
    Acknowledged(DeliveryId),
    /// Octets of a delivery that were [`StoreError::Later`] are at hand: read on.
    Readable(DeliveryId),
    /// A bundle whose reception was pending is safe.
    Kept(Key),
    /// A bundle whose reception was pending is lost, as if it had not come.
    NotKept(Key),
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
    /// Another node reports what became of a bundle made here.
    Reported {
        /// Who reports.
        by: Eid,
        /// What became of which bundle.
        report: StatusReport,
    },
    /// A contact of this node has started: the neighbour can be reached until its end.
    ContactStarted(Contact),
    /// A contact of this node is over.
    ContactEnded(Contact),
}

/// How an application names something that was delivered to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub u64);

/// An application data unit, handed to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How to name it in [`Agent::acknowledge`](super::Agent::acknowledge) and [`Agent::read`](super::Agent::read).
    pub delivery: DeliveryId,
    /// Which bundle it came in; of a unit that came in fragments, which one they were fragments of.
    pub id: BundleId,
    /// Who sent it.
    pub source: Eid,
    /// The endpoint here.
    pub destination: Eid,
    /// What was sent.
    pub payload: Payload,
    /// Whether the sender asks the application for an acknowledgement of its own.
    pub acknowledgement_wanted: bool,
    /// Nodes the bundle was forwarded by on its way, when it carried a hop count.
    pub hops: Option<u64>,
    /// When it got here.
    pub received: Instant,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// All of it.
    Octets(Bytes),
    /// So many octets, too many to hand over at once: [`Agent::read`](super::Agent::read) has them.
    Stored {
        /// How many.
        len: u64,
    },
}

impl Payload {
    /// All of it, if it is in memory.
    #[must_use]
    pub fn octets(&self) -> Option<&Bytes> {
        match self {
            Self::Octets(octets) => Some(octets),
            Self::Stored { .. } => None,
        }
    }

    /// Octets of it.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Octets(octets) => octets.len() as u64,
            Self::Stored { len } => *len,
        }
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How one transfer to a neighbour is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u64);

/// A bundle, or a fragment of one, to be handed to a neighbour now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// How to name the transfer.
    pub transfer: TransferId,
    /// How urgent it is.
    pub class: Class,
    /// Octets of the bundle as it goes out.
    pub len: u64,
}

/// How a transfer to a neighbour ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The neighbour has all of it.
    Across,
    /// The neighbour has so many octets of the encoded bundle, from the first on, and keeps them.
    Partly(u64),
    /// It is not known to have arrived: send it again, this way or another.
    Failed,
    /// It was not begun, because the store has not its octets at hand ([`StoreError::Later`]): to be handed out again
    /// when it has, other bundles first.
    Later,
}

impl Outcome {
    /// How a transfer ends whose octets could not be read.
    #[must_use]
    pub const fn unread(error: ReadError) -> Self {
        match error {
            ReadError::Store(StoreError::Later) => Self::Later,
            _ => Self::Failed,
        }
    }
}

/// How safe a received bundle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// As safe as it will be: the layer below may tell the neighbour so.
    Safe,
    /// [`Event::Kept`] will say when it is, or [`Event::NotKept`] that it is lost.
    Pending(Key),
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
    /// It is for the null endpoint, where nobody is.
    #[error("bundle: its destination is the null endpoint")]
    Nowhere,
    /// It has been forwarded as often as it may.
    #[error("bundle: hop limit {limit} exceeded")]
    HopLimit {
        /// The limit it carries.
        limit: u64,
    },
    /// It has a block of a type that is not known here, and is to be deleted then.
    #[error("bundle: block of type {block_type} unsupported")]
    Unsupported {
        /// The block's type.
        block_type: u64,
    },
    /// A rule of the protocol that taking it would break.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is no room for it now.
    #[error(transparent)]
    Full(#[from] StoreFull),
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// Whether the same bundle may be taken later: the neighbour is to keep it and to try again. Otherwise it has
    /// done its part.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Store(_))
    }

    /// The reason as a status report gives it; `None` when there is nothing to report.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Duplicate => None,
            Self::Expired => Some(Reason::LIFETIME_EXPIRED),
            Self::Nowhere => Some(Reason::ENDPOINT_UNREACHABLE),
            Self::HopLimit { .. } => Some(Reason::HOP_LIMIT),
            Self::Unsupported { .. } => Some(Reason::BLOCK_UNSUPPORTED),
            Self::Bundle(_) => Some(Reason::BLOCK_UNINTELLIGIBLE),
            Self::Full(_) | Self::Store(_) => Some(Reason::DEPLETED_STORAGE),
        }
    }
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

/// Why octets cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such delivery or transfer, or its bundle has been given up.
    #[error("agent: nothing to read under that name")]
    Gone,
    /// The store does not give them.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReadError {
    pub(super) const fn store(&self) -> Option<StoreError> {
        match self {
            Self::Gone => None,
            Self::Store(error) => Some(*error),
        }
    }
}
