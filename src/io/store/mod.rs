//! The durable bundle store: an embedded database, a file of payloads, group commits, nothing in memory but an index.
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
//! # Where what is kept
//!
//! What is known of bundles is in the database, some twenty-five of them to a row that fills a page. Payloads are in one
//! file beside it, in pieces of 64 KiB with a check sequence each, where the records say. Which places are free is not
//! on the disk: what no record names is free, and is used again once the commit that frees it is done. So there
//! is no collector of garbage, and a payload is written once.
//!
//! `cargo bench --bench bpa -- bpa/store` puts bundles, makes them durable in a group, reads them back and removes
//! them, three ways; MiB in a second, alone on a machine of two virtual processors (AMD EPYC, Zen 5), medians of ten
//! samples:
//!
//! | payload, bundles in a group | one payload file | database rows of 60 KiB | a file for each | the octets alone, written over those of the time before and flushed |
//! | --- | --- | --- | --- | --- |
//! | 1 kB, 2,048 | 703 | 248 | 1.8 | 1,094 |
//! | 100 kB, 128 | 3,870 | 821 | 104 | 5,285 |
//! | 10 MB, 2 | 2,781 | 1,045 | 1,349 | 5,765 |
//!
//! Where Linux and the disk allow it, payloads are written past the page cache, which saves a copy of every octet.
//!
//! A file for each bundle waits for the file system's journal once for each. Payloads in the database are copied into
//! its pages, hashed there, and copied again when its tree changes.
//!
//! The price of the payload file: a hole too small for a piece waits for smaller ones, so that with bundles of very
//! different sizes and lifetimes the file may be larger than what is in it. It shrinks when its end is free.
//!
//! # What a loss of power leaves
//!
//! The state of the last commit that had finished, whole. Payloads are flushed before the database that names them, and
//! no two bundles share a sector. The database flushes twice (two phases). Recovery reads the records and the identities
//! that are remembered, and no payload. Spools that had not become bundles are gone.
//!
//! # What changes on the disk
//!
//! Each piece's check sequence is over what it is a piece of and its octets. A payload that is not what was given is
//! [`Damaged`](crate::bpa::StoreError::Damaged) by whatever way it is read, and the agent gives the bundle up with a
//! report instead of sending it on.
//!
//! # Who waits for the disk
//!
//! A commit is work apart from the store ([`Commit`](crate::bpa::Commit)): a host can have it done on another thread while
//! the agent goes on ([`Agent::hand_out_commits`](crate::bpa::Agent::hand_out_commits)), as the UDP host does. Nothing
//! is confirmed to anybody before its commit has come back.

mod batch;
mod durable;
mod medium;
mod near;
mod payloads;
mod space;

pub use durable::DurableStore;
pub use medium::OpenError;
