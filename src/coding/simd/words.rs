//! Lanes of 16-bit integers.

#[cfg(feature = "simd")]
use fearless_simd::prelude::*;

/// A vector of 16-bit lanes. Arithmetic wraps unless it says otherwise.
pub(in crate::coding) trait WordLanes: Copy {
    /// How many: a power of two, at most 32.
    const LEN: usize;
    /// What proves that the machine has such vectors.
    type Token: Copy;

    fn splat(token: Self::Token, value: i16) -> Self;
    /// What `of` makes of 0 to 7.
    fn eight<T>(of: impl FnMut(usize) -> T) -> [T; 8];
    /// `from` has as many values as there are lanes.
    fn load(token: Self::Token, from: &[i16]) -> Self;
    fn store(self, to: &mut [i16]);
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn saturating_minus(self, other: Self) -> Self;
    fn larger(self, other: Self) -> Self;
    fn smaller(self, other: Self) -> Self;
    /// Half, rounded down.
    fn half(self) -> Self;
    /// -1 where negative, else 0.
    fn sign(self) -> Self;
    fn differing_bits(self, other: Self) -> Self;
    fn all_bits(self, other: Self) -> Self;
}

/// Lanes of any machine.
#[derive(Clone, Copy)]
pub(in crate::coding) struct Plain([i16; 8]);

impl Plain {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(i16, i16) -> i16) -> Self {
        let mut out = self;
        for (x, y) in out.0.iter_mut().zip(other.0) {
            *x = f(*x, y);
        }
        out
    }
}

impl WordLanes for Plain {
    const LEN: usize = 8;
    type Token = ();

    #[inline(always)]
    fn splat((): (), value: i16) -> Self {
        Self([value; 8])
    }

    /// A loop, so that the compiler leaves lanes together in memory and finds vectors for them.
    #[inline(always)]
    fn eight<T>(of: impl FnMut(usize) -> T) -> [T; 8] {
        core::array::from_fn(of)
    }

    #[inline(always)]
    fn load((): (), from: &[i16]) -> Self {
        let mut lanes = [0; 8];
        lanes.copy_from_slice(from);
        Self(lanes)
    }

    #[inline(always)]
    fn store(self, to: &mut [i16]) {
        to.copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_add)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_sub)
    }

    #[inline(always)]
    fn saturating_minus(self, other: Self) -> Self {
        self.zip(other, i16::saturating_sub)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.zip(other, i16::max)
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self.zip(other, i16::min)
    }

    #[inline(always)]
    fn half(self) -> Self {
        self.zip(self, |x, _| x >> 1)
    }

    #[inline(always)]
    fn sign(self) -> Self {
        self.zip(self, |x, _| x >> 15)
    }

    #[inline(always)]
    fn differing_bits(self, other: Self) -> Self {
        self.zip(other, |x, y| x ^ y)
    }

    #[inline(always)]
    fn all_bits(self, other: Self) -> Self {
        self.zip(other, |x, y| x | y)
    }
}

/// Lanes of vector instructions.
#[cfg(feature = "simd")]
#[derive(Clone, Copy)]
pub(in crate::coding) struct Vector<S: Simd>(S::i16s);

#[cfg(feature = "simd")]
impl<S: Simd> WordLanes for Vector<S> {
    const LEN: usize = S::i16s::LEN;
    type Token = S;

    #[inline(always)]
    fn splat(token: S, value: i16) -> Self {
        Self(S::i16s::splat(token, value))
    }

    /// No loop, so that the compiler keeps vectors in registers.
    #[inline(always)]
    fn eight<T>(mut of: impl FnMut(usize) -> T) -> [T; 8] {
        [of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7)]
    }

    #[inline(always)]
    fn load(token: S, from: &[i16]) -> Self {
        Self(S::i16s::from_slice(token, from))
    }

    #[inline(always)]
    fn store(self, to: &mut [i16]) {
        self.0.store_slice(to);
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    #[inline(always)]
    fn saturating_minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    #[inline(always)]
    fn half(self) -> Self {
        Self(self.0 >> 1)
    }

    #[inline(always)]
    fn sign(self) -> Self {
        Self(self.0 >> 15)
    }

    #[inline(always)]
    fn differing_bits(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    #[inline(always)]
    fn all_bits(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
