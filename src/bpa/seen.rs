use alloc::collections::{BTreeMap, BTreeSet};

use crate::bundle::BundleId;
use crate::time::Instant;

/// Which bundles have been here, so that a second copy is known for one.
///
/// An identity is forgotten when the bundle's lifetime is over (a later copy is refused as expired anyway) and,
/// beyond `limit` of them, in order of expiry.
#[derive(Debug)]
pub(super) struct Seen {
    limit: usize,
    expiries: BTreeMap<BundleId, Instant>,
    by_expiry: BTreeSet<(Instant, BundleId)>,
}

impl Seen {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, expiries: BTreeMap::new(), by_expiry: BTreeSet::new() }
    }

    pub(super) fn contains(&self, id: &BundleId) -> bool {
        self.expiries.contains_key(id)
    }

    pub(super) fn insert(&mut self, now: Instant, id: BundleId, expires: Instant) {
        while let Some((expiry, _)) = self.by_expiry.first() {
            if *expiry > now && self.by_expiry.len() < self.limit {
                break;
            }
            if let Some((_, id)) = self.by_expiry.pop_first() {
                self.expiries.remove(&id);
            }
        }
        if self.expiries.insert(id.clone(), expires).is_none() {
            self.by_expiry.insert((expires, id));
        }
    }
}
