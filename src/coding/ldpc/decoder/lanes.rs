//! What the decoder's kernel asks of a vector.

/// Signed octets side by side. Magnitudes are octets too, taken as 0 to 255.
pub trait Lanes: Copy {
    /// How many.
    const LEN: usize;
    /// Whether loops over few vectors are better unrolled.
    const UNROLLED: bool;
    /// Proof that the machine can.
    type Token: Copy;

    fn splat(token: Self::Token, value: i8) -> Self;
    /// The octets from `at` on.
    fn load(token: Self::Token, from: &[i8], at: usize) -> Self;
    fn store(self, into: &mut [i8], at: usize);
    /// Saturating.
    fn add(self, other: Self) -> Self;
    /// Saturating.
    fn sub(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    /// As a magnitude: 128 for -128.
    fn magnitude(self) -> Self;
    /// The lesser magnitude.
    fn least(self, other: Self) -> Self;
    /// The greater magnitude.
    fn greatest(self, other: Self) -> Self;
    /// The difference of magnitudes, no less than 0.
    fn less(self, other: Self) -> Self;
    /// A quarter of the magnitude, rounded down.
    fn quarter(self) -> Self;
    /// `then` where both are equal, else `otherwise`.
    fn if_equal(self, other: Self, then: Self, otherwise: Self) -> Self;
    /// `self`, negated where `sign` is negative.
    fn with_sign(self, sign: Self) -> Self;
    /// `self` in the first `count` lanes, `other` in the rest.
    fn first(self, count: usize, other: Self) -> Self;
    /// Bit n says whether lane n is negative.
    fn negatives(self) -> u64;
}

/// Sixteen octets in plain Rust, which compilers turn into the vectors of the target.
#[derive(Clone, Copy)]
pub struct Plain([i8; 16]);

impl Plain {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(i8, i8) -> i8) -> Self {
        Self(core::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }

    #[inline(always)]
    fn zip_magnitudes(self, other: Self, f: impl Fn(u8, u8) -> u8) -> Self {
        self.zip(other, |a, b| f(a as u8, b as u8) as i8)
    }
}

impl Lanes for Plain {
    const LEN: usize = 16;
    // Compilers find the vectors in a loop over lanes, but not in a hundred of them unrolled.
    const UNROLLED: bool = false;
    type Token = ();

    #[inline(always)]
    fn splat((): (), value: i8) -> Self {
        Self([value; 16])
    }

    #[inline(always)]
    fn load((): (), from: &[i8], at: usize) -> Self {
        let mut lanes = [0; 16];
        lanes.copy_from_slice(&from[at..at + 16]);
        Self(lanes)
    }

    #[inline(always)]
    fn store(self, into: &mut [i8], at: usize) {
        into[at..at + 16].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, i8::saturating_add)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, i8::saturating_sub)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    #[inline(always)]
    fn magnitude(self) -> Self {
        Self(self.0.map(|lane| lane.unsigned_abs() as i8))
    }

    #[inline(always)]
    fn least(self, other: Self) -> Self {
        self.zip_magnitudes(other, u8::min)
    }

    #[inline(always)]
    fn greatest(self, other: Self) -> Self {
        self.zip_magnitudes(other, u8::max)
    }

    #[inline(always)]
    fn less(self, other: Self) -> Self {
        self.zip_magnitudes(other, u8::saturating_sub)
    }

    #[inline(always)]
    fn quarter(self) -> Self {
        Self(self.0.map(|lane| (lane as u8 >> 2) as i8))
    }

    #[inline(always)]
    fn if_equal(self, other: Self, then: Self, otherwise: Self) -> Self {
        Self(core::array::from_fn(|lane| {
            // Without a branch, or the lanes come apart.
            let mask = -i8::from(self.0[lane] == other.0[lane]);
            then.0[lane] & mask | otherwise.0[lane] & !mask
        }))
    }

    #[inline(always)]
    fn with_sign(self, sign: Self) -> Self {
        self.zip(sign, |value, sign| (value ^ sign >> 7).wrapping_sub(sign >> 7))
    }

    #[inline(always)]
    fn first(self, count: usize, other: Self) -> Self {
        Self(core::array::from_fn(|lane| if lane < count { self.0[lane] } else { other.0[lane] }))
    }

    #[inline(always)]
    fn negatives(self) -> u64 {
        self.0.iter().rev().fold(0, |bits, &lane| bits << 1 | u64::from(lane < 0))
    }
}
