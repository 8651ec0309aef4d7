//! Counts that wrap: sizes, distances, and what a received count says about the frames before it.
//!
//! ```
//! use spacelink::frame::counter::{Count, Step, ahead};
//!
//! let last = Count::<24>::new(0xFF_FFFF).unwrap();
//! assert_eq!(last.next().value(), 0);
//! assert_eq!(ahead(24, 0xFF_FFFF, 2), 3);
//! assert_eq!(Step::between(24, 0xFF_FFFF, 2), Step::Gap { missing: 2 });
//! assert_eq!(Step::between(24, 2, 2), Step::Duplicate);
//! assert_eq!(Step::between(24, 2, 1), Step::Back { by: 1 });
//! ```

/// A count of `BITS` bits, at most 56.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Count<const BITS: u32>(u64);

impl<const BITS: u32> Count<BITS> {
    /// The first count of a channel.
    pub const ZERO: Self = Self(0);

    /// `None` when `value` has more than `BITS` bits.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value >> BITS == 0 { Some(Self(value)) } else { None }
    }

    /// The low `BITS` bits of `value`.
    #[must_use]
    pub const fn wrapping(value: u64) -> Self {
        Self(value & mask(BITS))
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// One more, or zero after the largest.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::wrapping(self.0 + 1)
    }

    /// What it says that this count came after `last`.
    #[must_use]
    pub const fn step_from(self, last: Self) -> Step {
        Step::between(BITS, last.0, self.0)
    }
}

/// What a received count says, given the one received before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The one that was expected.
    Next,
    /// The same once more.
    Duplicate,
    /// Counts in between are missing.
    Gap {
        /// How many.
        missing: u64,
    },
    /// An earlier count: frames out of order, or a sender that started anew.
    Back {
        /// How far before the last one.
        by: u64,
    },
}

impl Step {
    /// From the count `last` to the count `now`, both of `bits` bits (1 to 56). A distance of more than half the modulus is
    /// taken for a step back, except for counts of eight bits or fewer: there long losses are common and frames out of
    /// order are not, so that any distance is a gap.
    #[must_use]
    pub const fn between(bits: u32, last: u64, now: u64) -> Self {
        let distance = ahead(bits, last, now);
        if distance == 0 {
            Self::Duplicate
        } else if distance == 1 {
            Self::Next
        } else if bits <= 8 || distance <= mask(bits) / 2 + 1 {
            Self::Gap { missing: distance - 1 }
        } else {
            Self::Back { by: ahead(bits, now, last) }
        }
    }
}

/// How often a count of `bits` bits (1 to 56) must be raised to get from `from` to `to`.
#[must_use]
pub const fn ahead(bits: u32, from: u64, to: u64) -> u64 {
    to.wrapping_sub(from) & mask(bits)
}

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}
