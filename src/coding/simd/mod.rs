//! Vector kernels, and the lanes they are written over.
//!
//! A kernel is written once, over a trait of the operations it needs, and built for plain arrays (the portable
//! level, which the compiler turns into whatever the target has) and for each vector width that is chosen at run
//! time.

pub(super) mod turbo;
pub(super) mod words;
