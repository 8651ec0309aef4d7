//! Chapters for people; no code.
//!
//! - [`layers`]: what each layer is for and what may use what
//! - [`conformance`]: which clauses of which standard are in, and what they were held against
//! - [`interoperability`]: peers that were spoken with live, how to set them up, what differs
//! - [`security`]: what a hostile peer can and cannot do
//! - [`error_rates`]: how near to the limits the codes come, with curves
//! - [`figures`]: what a node tells of itself, and under which names
//! - [`performance`]: measured figures, and how to measure them

#[doc = include_str!("layers.md")]
pub mod layers {}
#[doc = include_str!("conformance.md")]
pub mod conformance {}
#[doc = include_str!("interoperability.md")]
pub mod interoperability {}
#[doc = include_str!("security.md")]
pub mod security {}
#[doc = include_str!("error_rates.md")]
#[doc = include_str!("pictures/turbo.svg")]
///
#[doc = include_str!("pictures/ar4ja.svg")]
///
#[doc = include_str!("pictures/short.svg")]
pub mod error_rates {}
#[doc = include_str!("figures.md")]
pub mod figures {}
#[doc = include_str!("performance.md")]
pub mod performance {}
