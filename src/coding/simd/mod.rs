//! Vector kernels, and the lanes that some are written over. Each gives what the portable form of its code gives, bit
//! for bit, and asks for a proof that the machine has its instructions; [`KernelLevel`](super::KernelLevel) hands
//! that out.
//!
//! Kernels over [`bytes::ByteLanes`] and [`words::WordLanes`] are written once and built for each vector width, and for plain words, where
//! they are the portable form themselves.

pub(super) mod bytes;
#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
pub(super) mod gf256_avx2;
#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
pub(super) mod gf256_avx512;
#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
mod gf256_basis;
#[cfg(feature = "simd")]
pub(super) mod gf256_nibbles;
#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
mod gf256_tables;
#[cfg(feature = "simd")]
pub(super) mod ldpc;
pub(super) mod turbo;
pub(super) mod viterbi;
pub(super) mod words;
