//! Chapters for people; no code.
//!
//! - [`layers`]: what each layer is for and what may use what
//! - [`conformance`]: which clauses of which standard are in, and what they were held against
//! - [`security`]: what a hostile peer can and cannot do
//! - [`performance`]: measured figures, and how to measure them

#[doc = include_str!("layers.md")]
pub mod layers {}
#[doc = include_str!("conformance.md")]
pub mod conformance {}
#[doc = include_str!("security.md")]
pub mod security {}
#[doc = include_str!("performance.md")]
pub mod performance {}
