//! The durable bundle store: an embedded database, group commits, nothing in memory but an index.
//!
//! ```
//! use spacelink::bpa::{Agent, AgentParameters};
//! use spacelink::bundle::NodeNumber;
//! use spacelink::io::store::DurableStore;
//! use spacelink::routing::ContactPlan;
//!
//! let folder = tempfile::tempdir()?;
//! let store = DurableStore::open(folder.path().join("bundles.redb"))?;
//! let agent = Agent::with_store(AgentParameters::new(NodeNumber(7)), ContactPlan::default(), store)?;
//! assert_eq!(agent.counters().recovered, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Why all of it is in the database
//!
//! Payloads in files of their own cost two more operations of the file system for each bundle, and a second thing
//! that a loss of power can leave half done; payloads in shared segment files need a collector of garbage. The
//! database gives space back by itself and has one commit for everything. `cargo bench --bench bpa -- store`
//! measures one against the other at 1 kB, 100 kB and 10 MB. Payloads are cut into pieces of 60 KiB, which fit the
//! database's pages of 64 KiB.
//!
//! # What a loss of power leaves
//!
//! The state of the last commit that had finished, whole. Every commit is flushed twice (two phases), so that the
//! database opens after a crash without walking through its contents; recovery then reads the records, and no
//! payload. Spools that had not become bundles are removed.

mod durable;
mod pending;

pub use durable::{DurableStore, OpenError};
