//! Lanes of octets.

/// A vector of octets, one a lane.
pub(in crate::coding) trait ByteLanes: Copy {
    /// How many, at most [`MAX_LANES`].
    const LANES: usize;
    /// The proof that the machine has the instructions.
    type Token: Copy;

    fn splat(token: Self::Token, octet: u8) -> Self;
    /// The first [`LANES`](Self::LANES) octets of `octets`, which has as many.
    fn load(token: Self::Token, octets: &[u8]) -> Self;
    /// To the first [`LANES`](Self::LANES) octets of `octets`, which has as many.
    fn store(self, octets: &mut [u8]);
    /// Sum, which in no lane may exceed 255.
    fn add(self, other: Self) -> Self;
    /// Difference, zero where negative.
    fn saturating_sub(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn shift_left<const BY: u32>(self) -> Self;
    fn shift_right<const BY: u32>(self) -> Self;
    /// The lesser of both; sets `bit` in `picked` where that is `other` and not `self`.
    fn pick(self, other: Self, bit: Self, picked: &mut Self) -> Self;
    /// `yes` where `self` and `other` are equal, else `no`.
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self;
    /// The lanes of both in turn: of their first halves, then of their second.
    fn zip(self, other: Self) -> (Self, Self);
    /// In which lanes the top bit is set, lane 0 in bit 0.
    fn top_bits(self) -> u64;
    /// Which lanes are zero, lane 0 in bit 0.
    fn zeros(self) -> u64;
    /// Runs `work` where the compiler may use the instructions that the token proves.
    fn run<R>(token: Self::Token, work: impl FnOnce() -> R) -> R;
}

/// Lanes of the widest vector.
pub(in crate::coding) const MAX_LANES: usize = 64;

/// The portable lanes: the eight octets of a word, lane 0 the lowest.
#[derive(Clone, Copy)]
pub(in crate::coding) struct Word(u64);

/// The top bits of all lanes, and the bottom bits.
const TOPS: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = TOPS >> 7;

impl Word {
    /// The top bit of each lane where `self` is less than `other`.
    #[inline(always)]
    const fn less(self, other: Self) -> u64 {
        let (a, b) = (self.0, other.0);
        // Lanes lend nothing to each other, because each has its top bit to lend from; where that is gone, the lower
        // bits of `a` are less.
        let lent = !(a | TOPS).wrapping_sub(b & !TOPS);
        ((!a & b) | (!(a ^ b) & lent)) & TOPS
    }

    /// The top bit of each lane where `self` and `other` differ.
    #[inline(always)]
    const fn differing(self, other: Self) -> u64 {
        let differing = self.0 ^ other.0;
        (((differing & !TOPS) + !TOPS) | differing) & TOPS
    }

    /// Whole lanes of ones for top bits.
    #[inline(always)]
    const fn lanes(tops: u64) -> u64 {
        (tops << 1).wrapping_sub(tops >> 7)
    }

    /// The top bits of all lanes next to each other.
    #[inline(always)]
    const fn gathered(tops: u64) -> u64 {
        (tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    }
}

impl ByteLanes for Word {
    const LANES: usize = 8;
    type Token = ();

    #[inline(always)]
    fn splat((): (), octet: u8) -> Self {
        Self(ONES * octet as u64)
    }

    #[inline(always)]
    fn load((): (), octets: &[u8]) -> Self {
        Self(octets.first_chunk().map_or(0, |octets| u64::from_le_bytes(*octets)))
    }

    #[inline(always)]
    fn store(self, octets: &mut [u8]) {
        octets[..8].copy_from_slice(&self.0.to_le_bytes());
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    #[inline(always)]
    fn saturating_sub(self, other: Self) -> Self {
        let least = self.min(other);
        Self(self.0.wrapping_sub(least.0))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let less = Self::lanes(other.less(self));
        Self(self.0 ^ (self.0 ^ other.0) & less)
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    fn shift_left<const BY: u32>(self) -> Self {
        Self((self.0 & (ONES * (0xFF >> BY))) << BY)
    }

    #[inline(always)]
    fn shift_right<const BY: u32>(self) -> Self {
        Self((self.0 >> BY) & (ONES * (0xFF >> BY)))
    }

    #[inline(always)]
    fn pick(self, other: Self, bit: Self, picked: &mut Self) -> Self {
        let less = Self::lanes(other.less(self));
        picked.0 |= bit.0 & less;
        Self(self.0 ^ (self.0 ^ other.0) & less)
    }

    #[inline(always)]
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self {
        let differing = Self::lanes(self.differing(other));
        Self(yes.0 ^ (yes.0 ^ no.0) & differing)
    }

    #[inline(always)]
    fn zip(self, other: Self) -> (Self, Self) {
        // Four octets to the even places of a word.
        let spread = |octets: u64| {
            let octets = (octets | octets << 16) & 0x0000_FFFF_0000_FFFF;
            (octets | octets << 8) & 0x00FF_00FF_00FF_00FF
        };
        let half =
            |shift: u32| spread(self.0 >> shift & 0xFFFF_FFFF) | spread(other.0 >> shift & 0xFFFF_FFFF) << 8;
        (Self(half(0)), Self(half(32)))
    }

    #[inline(always)]
    fn top_bits(self) -> u64 {
        Self::gathered(self.0 & TOPS)
    }

    #[inline(always)]
    fn zeros(self) -> u64 {
        Self::gathered(!self.differing(Self(0)) & TOPS)
    }

    #[inline(always)]
    fn run<R>((): (), work: impl FnOnce() -> R) -> R {
        work()
    }
}

#[cfg(feature = "simd")]
use fearless_simd::prelude::*;

/// The widest vector of a level of `fearless_simd`.
#[cfg(feature = "simd")]
#[derive(Clone, Copy)]
pub(in crate::coding) struct Wide<S: fearless_simd::Simd>(S::u8s);

#[cfg(feature = "simd")]
impl<S: fearless_simd::Simd> ByteLanes for Wide<S> {
    const LANES: usize = <S::u8s as fearless_simd::SimdBase<S>>::LEN;
    type Token = S;

    #[inline(always)]
    fn splat(token: S, octet: u8) -> Self {
        Self(S::u8s::simd_from(token, octet))
    }

    #[inline(always)]
    fn load(token: S, octets: &[u8]) -> Self {
        Self(S::u8s::from_slice(token, &octets[..Self::LANES]))
    }

    #[inline(always)]
    fn store(self, octets: &mut [u8]) {
        self.0.store_slice(&mut octets[..Self::LANES]);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    fn shift_left<const BY: u32>(self) -> Self {
        Self(self.0 << BY)
    }

    #[inline(always)]
    fn shift_right<const BY: u32>(self) -> Self {
        Self(self.0 >> BY)
    }

    #[inline(always)]
    fn pick(self, other: Self, bit: Self, picked: &mut Self) -> Self {
        let best = self.min(other);
        picked.0 = best.0.simd_eq(self.0).select(picked.0, picked.0 | bit.0);
        best
    }

    #[inline(always)]
    fn if_eq(self, other: Self, yes: Self, no: Self) -> Self {
        Self(self.0.simd_eq(other.0).select(yes.0, no.0))
    }

    #[inline(always)]
    fn zip(self, other: Self) -> (Self, Self) {
        (Self(self.0.zip_low(other.0)), Self(self.0.zip_high(other.0)))
    }

    #[inline(always)]
    fn top_bits(self) -> u64 {
        let half = S::u8s::simd_from(self.0.token(), 0x80);
        self.0.simd_ge(half).to_bitmask()
    }

    #[inline(always)]
    fn zeros(self) -> u64 {
        let zero = S::u8s::simd_from(self.0.token(), 0);
        self.0.simd_eq(zero).to_bitmask()
    }

    #[inline(always)]
    fn run<R>(token: S, work: impl FnOnce() -> R) -> R {
        token.vectorize(work)
    }
}
