//! The set of claims against a plain set of octets, and its limit.

use proptest::prelude::*;
use spacelink::ltp::claims::{Claims, Full};
use std::collections::BTreeSet;

#[test]
fn every_other_octet_hits_the_limit() {
    let mut claims = Claims::new(100);
    for offset in 0..100u64 {
        assert_eq!(claims.insert(2 * offset..2 * offset + 1), Ok(1));
    }
    assert_eq!(claims.insert(1000..1001), Err(Full { limit: 100 }));
    assert_eq!((claims.len(), claims.octets()), (100, 100));
    // What joins ranges is still taken.
    assert_eq!(claims.insert(1..2), Ok(1));
    assert_eq!(claims.len(), 99);
}

#[test]
fn the_ends_of_the_numbers_are_no_trap() {
    let mut claims = Claims::new(4);
    assert_eq!(claims.insert(u64::MAX - 1..u64::MAX), Ok(1));
    assert_eq!(claims.insert(5..5), Ok(0));
    assert_eq!(claims.first_gap(0..u64::MAX), Some(0..u64::MAX - 1));
    assert_eq!(claims.last_gap(0..u64::MAX), Some(0..u64::MAX - 1));
    assert!(claims.covers(7..7));
}

proptest! {
    #[test]
    fn as_a_plain_set(pieces in prop::collection::vec((0..60u64, 0..12u64), 0..30), scope in (0..80u64, 0..30u64)) {
        let scope = scope.0..scope.0 + scope.1;
        let mut claims = Claims::new(usize::MAX);
        let mut plain = BTreeSet::new();
        for (start, len) in pieces {
            let before = plain.len();
            plain.extend(start..start + len);
            prop_assert_eq!(claims.insert(start..start + len), Ok((plain.len() - before) as u64));
        }
        prop_assert_eq!(claims.octets(), plain.len() as u64);
        prop_assert_eq!(claims.end(), plain.last().map_or(0, |last| last + 1));

        let ranges: Vec<_> = claims.within(0..100).collect();
        prop_assert_eq!(ranges.len(), claims.len());
        prop_assert!(ranges.windows(2).all(|pair| pair[0].end < pair[1].start), "apart and in order");
        prop_assert_eq!(ranges.into_iter().flatten().collect::<BTreeSet<_>>(), plain.clone());

        let inside: Vec<u64> = claims.within(scope.clone()).flatten().collect();
        prop_assert_eq!(inside, plain.range(scope.clone()).copied().collect::<Vec<_>>());

        let missing: Vec<u64> = scope.clone().filter(|octet| !plain.contains(octet)).collect();
        prop_assert_eq!(claims.covers(scope.clone()), missing.is_empty());
        let first = claims.first_gap(scope.clone());
        prop_assert_eq!(first.clone().map(|gap| gap.start), missing.first().copied());
        prop_assert!(first.is_none_or(|gap| !gap.is_empty() && gap.clone().all(|octet| !plain.contains(&octet))
            && (gap.end == scope.end || plain.contains(&gap.end))));
        let last = claims.last_gap(scope.clone());
        prop_assert_eq!(last.clone().map(|gap| gap.end - 1), missing.last().copied());
        prop_assert!(last.is_none_or(|gap| !gap.is_empty() && gap.clone().all(|octet| !plain.contains(&octet))
            && (gap.start == scope.start || plain.contains(&(gap.start - 1)))));
    }
}
