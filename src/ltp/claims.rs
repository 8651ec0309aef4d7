//! Which octets of a block are across: a sorted set of ranges that cannot grow without limit.
//!
//! ```
//! use spacelink::ltp::claims::Claims;
//!
//! let mut claims = Claims::new(8);
//! claims.insert(0..100)?;
//! claims.insert(200..300)?;
//! assert_eq!(claims.first_gap(0..300), Some(100..200));
//! claims.insert(100..200)?;
//! assert!(claims.covers(0..300));
//! # Ok::<(), spacelink::ltp::claims::Full>(())
//! ```
//!
//! Left out: the octets themselves, and how claims are put into reports.

use alloc::collections::BTreeMap;
use core::ops::Range;

/// A set of octets, kept as ranges that neither overlap nor touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Start to end.
    ranges: BTreeMap<u64, u64>,
    octets: u64,
    limit: usize,
}

/// One more range would be more than the set may hold; it was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("LTP claims: more than {limit} separate ranges")]
pub struct Full {
    /// How many ranges the set may hold.
    pub limit: usize,
}

impl Claims {
    /// An empty set that may hold `limit` separate ranges.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { ranges: BTreeMap::new(), octets: 0, limit }
    }

    /// Adds a range and says how many octets of it are new. An empty range adds nothing.
    ///
    /// # Errors
    /// [`Full`] when the range touches no other and the set holds as many as it may.
    pub fn insert(&mut self, range: Range<u64>) -> Result<u64, Full> {
        if range.is_empty() {
            return Ok(0);
        }
        let Range { mut start, mut end } = range;
        let before = self.ranges.range(..=start).next_back().map(|(&s, &e)| (s, e));
        if let Some((before, until)) = before.filter(|&(_, until)| until >= start) {
            if until >= end {
                return Ok(0);
            }
            start = before;
        }
        let touches = self.ranges.range(start..=end).next().is_some();
        if !touches && self.ranges.len() >= self.limit {
            return Err(Full { limit: self.limit });
        }
        let mut known = 0;
        while let Some((&s, &e)) = self.ranges.range(start..=end).next() {
            self.ranges.remove(&s);
            known += e - s;
            end = end.max(e);
        }
        self.ranges.insert(start, end);
        let new = end - start - known;
        self.octets += new;
        Ok(new)
    }

    /// Whether every octet of `range` is in the set; an empty range always is.
    #[must_use]
    pub fn covers(&self, range: Range<u64>) -> bool {
        self.first_gap(range).is_none()
    }

    /// The first run of octets of `range` that are not in the set.
    #[must_use]
    pub fn first_gap(&self, range: Range<u64>) -> Option<Range<u64>> {
        let before = self.ranges.range(..=range.start).next_back();
        let start = before.map_or(range.start, |(_, &end)| end.max(range.start));
        if start >= range.end {
            return None;
        }
        let next = self.ranges.range(start..).next().map_or(range.end, |(&next, _)| next);
        Some(start..next.min(range.end))
    }

    /// The last run of octets of `range` that are not in the set.
    #[must_use]
    pub fn last_gap(&self, range: Range<u64>) -> Option<Range<u64>> {
        let last = self.ranges.range(..range.end).next_back();
        let Some((&start, &end)) = last else { return (!range.is_empty()).then_some(range) };
        let (gap_end, before) = if end >= range.end {
            (start, self.ranges.range(..start).next_back())
        } else {
            (range.end, last)
        };
        let gap_start = before.map_or(range.start, |(_, &end)| end.max(range.start));
        (gap_start < gap_end).then_some(gap_start..gap_end)
    }

    /// The ranges that lie in `scope`, in order, cut at its ends.
    pub fn within(&self, scope: Range<u64>) -> impl Iterator<Item = Range<u64>> + '_ {
        let first = self.ranges.range(..=scope.start).next_back().map_or(scope.start, |(&start, _)| start);
        self.ranges
            .range(first..)
            .take_while({
                let end = scope.end;
                move |&(&start, _)| start < end
            })
            .map(move |(&start, &end)| start.max(scope.start)..end.min(scope.end))
            .filter(|range| !range.is_empty())
    }

    /// How many separate ranges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many octets are in the set.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// The first offset behind everything in the set; zero when it is empty.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.ranges.last_key_value().map_or(0, |(_, &end)| end)
    }
}
