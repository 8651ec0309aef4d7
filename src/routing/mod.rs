//! Contact plans and earliest-arrival routes through them.
//!
//! A [`ContactPlan`] says when each node can send to which other, how fast, and how long light takes. A [`Router`]
//! finds the best route from a node to another at a time: earliest arrival, then fewest contacts, then latest
//! termination, then smallest entry node.
//!
//! ```
//! use spacelink::bundle::NodeNumber;
//! use spacelink::routing::{ContactPlan, PlanTime, Query, Router};
//!
//! let text = "
//!     a contact +0   +600  1 2 125000
//!     a contact +300 +900  2 3 125000
//!     a range   +0   +900  1 2 1
//!     a range   +0   +900  2 3 2
//! ";
//! let mut router = Router::new(ContactPlan::from_ion(text, None)?);
//!
//! let query = Query::new(NodeNumber(1), NodeNumber(3), PlanTime::from_secs(10));
//! let route = router.route(&query).expect("a way from 1 to 3");
//! assert_eq!(route.arrival, PlanTime::from_secs(302));
//! assert_eq!(route.entry, NodeNumber(2));
//! assert_eq!(route.hops.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: volumes and bookings of contacts, priorities and backlog (the rest of SABR), and critical bundles.
//!
//! Source: CCSDS 734.3-B-1 (schedule-aware bundle routing).

mod csv;
mod earliest;
mod graph;
mod ion;
mod plan;
mod router;

pub use csv::CsvError;
pub use ion::{IonError, IonProblem};
pub use plan::{Contact, ContactId, ContactPlan, PlanError, PlanTime};
pub use router::{Hop, Query, Route, Router};
