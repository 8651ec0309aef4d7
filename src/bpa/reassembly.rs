use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::store::Key;
use crate::bundle::{BundleId, Fragment};

/// Fragments that wait for the rest of their application data unit.
///
/// They stay in the store as the bundles they came as: nothing is copied, so a unit grows on disk as its
/// fragments come, a claimed total costs nothing, and a restart finds all of it again.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    units: BTreeMap<Unit, Parts>,
}

/// Identity of the unit, and the total its fragments claim: those that disagree make different units.
type Unit = (BundleId, u64);

#[derive(Debug, Default)]
struct Parts {
    /// By offset; ranges may overlap, but none lies within the one before it.
    parts: BTreeMap<u64, Part>,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    key: Key,
    len: u64,
}

/// A piece of a unit: `len` octets of the payload kept as `key`, from `skip` on, are those from `at` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub key: Key,
    pub skip: u64,
    pub len: u64,
    pub at: u64,
}

/// What a fragment has brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// All of it had come before: the fragment can go.
    Nothing,
    /// Something; these other fragments hold nothing that it does not.
    Some(Vec<Key>),
}

impl Reassembly {
    /// Adds a fragment.
    pub fn add(&mut self, unit: BundleId, place: Fragment, key: Key, len: u64) -> Added {
        let end = place.offset.saturating_add(len);
        let Parts { parts } = self.units.entry((unit, place.total)).or_default();
        // The parts' ends grow with their starts, so only the last one that starts no later can cover all.
        if parts.range(..=place.offset).next_back().is_some_and(|(start, part)| start + part.len >= end) {
            return Added::Nothing;
        }
        let within = parts.range(place.offset..end).take_while(|(start, part)| **start + part.len <= end);
        let needless: Vec<_> = within.map(|(start, part)| (*start, part.key)).collect();
        for (start, _) in &needless {
            parts.remove(start);
        }
        parts.insert(place.offset, Part { key, len });
        Added::Some(needless.into_iter().map(|(_, key)| key).collect())
    }

    /// Takes out a fragment that is given up.
    pub fn remove(&mut self, unit: BundleId, place: Fragment, key: Key) {
        let unit = (unit, place.total);
        if let Some(Parts { parts }) = self.units.get_mut(&unit) {
            if parts.get(&place.offset).is_some_and(|part| part.key == key) {
                parts.remove(&place.offset);
            }
            if parts.is_empty() {
                self.units.remove(&unit);
            }
        }
    }

    /// The whole unit, in pieces that follow one another, if all of it is here; it is then forgotten.
    pub fn take_whole(&mut self, unit: &BundleId, total: u64) -> Option<Vec<Extent>> {
        let unit = (unit.clone(), total);
        let Parts { parts } = self.units.get(&unit)?;
        // The common case is that the last or first one is missing.
        let (start, part) = parts.last_key_value()?;
        if start + part.len < total || parts.first_key_value().is_none_or(|(start, _)| *start > 0) {
            return None;
        }
        let mut have = 0;
        let mut extents = Vec::with_capacity(parts.len());
        for (&start, part) in parts {
            if start > have {
                return None;
            }
            let skip = have - start;
            let len = part.len.saturating_sub(skip);
            extents.push(Extent { key: part.key, skip, len, at: have });
            have += len;
        }
        self.units.remove(&unit);
        Some(extents)
    }

    /// Units of which something is here.
    pub fn len(&self) -> usize {
        self.units.len()
    }
}
