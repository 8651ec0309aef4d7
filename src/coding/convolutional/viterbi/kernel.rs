use super::reference;
use super::segment::Shape;
use crate::coding::KernelLevel;
#[cfg(feature = "simd")]
use crate::coding::simd::bytes::Wide;
use crate::coding::simd::bytes::Word;
use crate::coding::simd::viterbi;
#[cfg(all(feature = "simd", target_arch = "aarch64"))]
use fearless_simd::Neon;
#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
use fearless_simd::{Avx2, Avx512};

/// The kernel of a level, with the proof that the machine can run it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kernel {
    Reference,
    Portable,
    #[cfg(all(feature = "simd", target_arch = "aarch64"))]
    Neon(Neon),
    #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
    Avx2(Avx2),
    #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
    Avx512(Avx512),
}

impl Kernel {
    /// `None` where the machine has not got the instructions.
    pub(super) fn new(level: KernelLevel) -> Option<Self> {
        match level {
            KernelLevel::Reference => return Some(Self::Reference),
            KernelLevel::Portable => return Some(Self::Portable),
            _ => {}
        }
        #[cfg(feature = "simd")]
        return match level.vectors()? {
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon(token) => Some(Self::Neon(token)),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2(token) => Some(Self::Avx2(token)),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx512(token) => Some(Self::Avx512(token)),
            _ => None,
        };
        #[cfg(not(feature = "simd"))]
        None
    }

    /// Segments it decodes side by side at `level`.
    pub(super) const fn lanes(level: KernelLevel) -> usize {
        match level {
            KernelLevel::Reference => 1,
            KernelLevel::Portable => 8,
            KernelLevel::Neon => 16,
            KernelLevel::Avx2 => 32,
            KernelLevel::Avx512 => 64,
        }
    }

    pub(super) const fn level(self) -> KernelLevel {
        match self {
            Self::Reference => KernelLevel::Reference,
            Self::Portable => KernelLevel::Portable,
            #[cfg(all(feature = "simd", target_arch = "aarch64"))]
            Self::Neon(_) => KernelLevel::Neon,
            #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
            Self::Avx2(_) => KernelLevel::Avx2,
            #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
            Self::Avx512(_) => KernelLevel::Avx512,
        }
    }

    /// Decodes as many segments as `bits` has room for, at most one a lane.
    pub(super) fn decode(self, shape: Shape, pairs: &[u8], work: &mut [u8], bits: &mut [u8]) {
        if shape.exact {
            let octets = shape.segment / 8;
            for (at, bits) in bits.chunks_exact_mut(octets).enumerate() {
                reference::decode(shape, &pairs[2 * at * shape.segment..], work, bits);
            }
            return;
        }
        match self {
            Self::Reference => reference::decode(shape, pairs, work, bits),
            Self::Portable => viterbi::decode::<Word>((), shape, pairs, work, bits),
            #[cfg(all(feature = "simd", target_arch = "aarch64"))]
            Self::Neon(token) => viterbi::decode::<Wide<Neon>>(token, shape, pairs, work, bits),
            #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
            Self::Avx2(token) => viterbi::decode::<Wide<Avx2>>(token, shape, pairs, work, bits),
            #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
            Self::Avx512(token) => viterbi::decode::<Wide<Avx512>>(token, shape, pairs, work, bits),
        }
    }

    /// Counts for each octet the symbols that are not what an encoder in `state` would have sent.
    pub(super) fn compare(self, state: u8, pairs: &[u8], bits: &[u8], wrong: &mut [u8]) {
        match self {
            Self::Reference => reference::compare(state, pairs, bits, wrong),
            Self::Portable => viterbi::compare::<Word>((), state, pairs, bits, wrong),
            #[cfg(all(feature = "simd", target_arch = "aarch64"))]
            Self::Neon(token) => viterbi::compare::<Wide<Neon>>(token, state, pairs, bits, wrong),
            #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
            Self::Avx2(token) => viterbi::compare::<Wide<Avx2>>(token, state, pairs, bits, wrong),
            #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
            Self::Avx512(token) => viterbi::compare::<Wide<Avx512>>(token, state, pairs, bits, wrong),
        }
    }
}
