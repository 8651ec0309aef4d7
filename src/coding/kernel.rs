//! Which of its kernels a code runs on.
//!
//! Each numeric kernel exists as a plain reference and as a portable fast path; where they pay there are vector
//! versions too. All give the same result, bit for bit. A code picks its level once, when it is built; tests force
//! each.

/// How a kernel computes. Later levels are faster where they are available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KernelLevel {
    /// Written to be read against the standard.
    Reference,
    /// Fast on any target: tables and whole words, no vector instructions of its own.
    Portable,
    /// 128-bit vectors of 64-bit ARM.
    Neon,
    /// 256-bit vectors of x86-64-v3.
    Avx2,
    /// 512-bit vectors of Ice Lake and later, with GFNI, VBMI and VPCLMULQDQ.
    Avx512,
}

impl KernelLevel {
    /// Every level there is, slowest first.
    pub const ALL: [Self; 5] = [Self::Reference, Self::Portable, Self::Neon, Self::Avx2, Self::Avx512];

    /// The fastest level of this machine.
    ///
    /// With `std` the processor is asked, once; without, what the target was compiled for decides. Without the
    /// feature `simd` it is [`Portable`](Self::Portable).
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|level| level.is_available()).unwrap_or(Self::Portable)
    }

    /// The levels of this machine, slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|level| level.is_available())
    }

    /// Whether this machine has the instructions.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Reference | Self::Portable => true,
            #[cfg(feature = "simd")]
            Self::Neon | Self::Avx2 | Self::Avx512 => self.vectors().is_some(),
            #[cfg(not(feature = "simd"))]
            Self::Neon | Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The proof that this machine has the vector instructions of this level, which vector kernels ask for.
    #[cfg(feature = "simd")]
    #[must_use]
    pub fn vectors(self) -> Option<fearless_simd::Level> {
        let machine = fearless_simd::Level::try_detect().unwrap_or(fearless_simd::Level::baseline());
        match self {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx2 => machine.as_avx2().map(fearless_simd::Level::Avx2),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx512 => machine.as_avx512().map(fearless_simd::Level::Avx512),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => machine.as_neon().map(fearless_simd::Level::Neon),
            _ => {
                let _ = machine;
                None
            }
        }
    }
}

impl Default for KernelLevel {
    fn default() -> Self {
        Self::best()
    }
}

#[cfg(test)]
mod tests {
    use super::KernelLevel;

    #[test]
    fn the_best_level_is_the_last_available() {
        assert_eq!(KernelLevel::available().last(), Some(KernelLevel::best()));
        assert!(KernelLevel::Reference.is_available() && KernelLevel::Portable.is_available());
    }
}
