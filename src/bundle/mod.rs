//! Bundle Protocol version 7: bundles, blocks, endpoint identifiers and administrative records.
//!
//! A [`Bundle`] is read from one received buffer and keeps slices of it, so its payload is never copied. Reading
//! enforces the encoding and the rules of RFC 9171 and says which one was broken. [`BundleBuilder`] makes bundles
//! and cannot make one that the reader would refuse.
//!
//! ```
//! use core::time::Duration;
//! use spacelink::bundle::{Bundle, CreationTimestamp};
//! use spacelink::time::DtnTime;
//!
//! let sent = Bundle::builder("ipn:1.7".parse()?, "ipn:977.3.1".parse()?)
//!     .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 0 })
//!     .lifetime(Duration::from_secs(3600))
//!     .hop_limit(16)
//!     .payload("hello")
//!     .build()?;
//!
//! let mut bundle = Bundle::decode(sent.encode().into())?;
//! assert_eq!(bundle, sent);
//! assert_eq!(&bundle.payload()[..], b"hello");
//!
//! // What a forwarding node does to it.
//! assert!(bundle.raise_hop_count());
//! bundle.set_previous_node("ipn:2.0".parse()?);
//! assert_eq!(bundle.hop_count().map(|hops| hops.count), Some(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A bundle is a [`Header`], all that a node decides by and changes, and a payload. [`BundleReader`] gives the header
//! as soon as it is there and passes the payload on in pieces; [`BundleWriter`] writes a header around a payload that
//! comes in pieces. Neither holds the payload, so its length is bounded by nothing but its 64-bit length field.
//! [`Header::cut`] makes the headers of fragments, [`Header::reassembled`] the header of the whole.
//!
//! Left out: what a node does with bundles (see `bpa`), when fragments are made and put together, and the making and
//! checking of BPSec blocks, which are carried as they came.
//!
//! Source: RFC 9171, RFC 9713 (administrative record types), RFC 9758 (`ipn` with allocators).

mod admin;
mod block;
mod builder;
mod check;
mod codec;
#[cfg(feature = "crypto")]
mod edit;
mod eid;
mod error;
mod flags;
mod forward;
mod fragment;
mod header;
mod pattern;
mod primary;
mod reader;
mod rules;
mod security;
mod text;
mod writer;

pub use admin::{AdminRecord, Reason, Status, StatusReport};
pub use block::{Block, BlockContent, HopCount, block_type};
pub use builder::BundleBuilder;
pub use check::CrcType;
pub use codec::Bundle;
pub use eid::{Eid, IpnElements, NodeNumber};
pub use error::BundleError;
pub use flags::{BlockFlags, BundleFlags};
pub use header::Header;
pub use pattern::{EidPattern, PatternError};
pub use primary::{BundleId, CreationTimestamp, Fragment, FragmentRange, Primary};
pub use reader::{BundleReader, Part};
pub use rules::Rules;
pub use text::EidTextError;
pub use writer::{BundleWriter, Trailer};
