//! Vector kernels, and the lanes they are written over.
//!
//! Each gives what the portable form of its code gives, bit for bit, and asks for a proof that the machine has its
//! instructions; [`KernelLevel`](super::KernelLevel) hands that out. Where portable and vector forms differ in
//! nothing but width, a kernel is written once, over a trait of the operations it needs, and built for plain arrays
//! too.

#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
pub(super) mod gf256_avx2;
#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
pub(super) mod gf256_avx512;
#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
mod gf256_tables;
#[cfg(feature = "simd")]
pub(super) mod ldpc;
pub(super) mod turbo;
pub(super) mod words;
