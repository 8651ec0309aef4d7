//! Vector kernels. Each gives what the portable form of its code gives, bit for bit, and asks for a proof that the
//! machine has its instructions; [`KernelLevel`](super::KernelLevel) hands that out.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(super) mod gf256_avx2;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(super) mod gf256_avx512;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod gf256_tables;
pub(super) mod ldpc;
