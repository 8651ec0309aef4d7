//! Vector kernels.

pub mod ldpc;
