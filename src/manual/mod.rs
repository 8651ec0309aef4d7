//! Rustdoc-only chapters.
