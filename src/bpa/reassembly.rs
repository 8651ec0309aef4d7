use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound;

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
    /// Neighbours among them between which something is missing. Counted as they come and go: looking for gaps whenever
    /// one comes would take time with the square of their number, and their number is the sender's choice.
    gaps: usize,
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

impl Parts {
    fn insert(&mut self, start: u64, part: Part) {
        self.gaps -= self.gaps_around(start);
        self.parts.insert(start, part);
        self.gaps += self.gaps_around(start);
    }

    fn remove(&mut self, start: u64) {
        self.gaps -= self.gaps_around(start);
        self.parts.remove(&start);
        self.gaps += self.gaps_around(start);
    }

    /// Gaps between what starts here, if anything does, and its neighbours; or between the neighbours.
    fn gaps_around(&self, start: u64) -> usize {
        let end = |(start, part): (&u64, &Part)| start + part.len;
        let before = self.parts.range(..start).next_back().map(end);
        let here = self.parts.get(&start).map(|part| (start, start + part.len));
        let after =
            self.parts.range((Bound::Excluded(start), Bound::Unbounded)).next().map(|(start, _)| *start);
        let gap = |end: Option<u64>, start: Option<u64>| {
            usize::from(end.zip(start).is_some_and(|(end, start)| end < start))
        };
        match here {
            Some((start, end)) => gap(before, Some(start)) + gap(Some(end), after),
            None => gap(before, after),
        }
    }

    fn is_whole(&self, total: u64) -> bool {
        let starts = self.parts.first_key_value().is_some_and(|(start, _)| *start == 0);
        starts
            && self.gaps == 0
            && self.parts.last_key_value().is_some_and(|(start, part)| start + part.len >= total)
    }
}

impl Reassembly {
    /// Adds a fragment.
    pub fn add(&mut self, unit: BundleId, place: Fragment, key: Key, len: u64) -> Added {
        let end = place.offset.saturating_add(len);
        let unit = self.units.entry((unit, place.total)).or_default();
        // The parts' ends grow with their starts, so only the last one that starts no later can cover all.
        let before = unit.parts.range(..=place.offset).next_back();
        if before.is_some_and(|(start, part)| start + part.len >= end) {
            return Added::Nothing;
        }
        let within =
            unit.parts.range(place.offset..end).take_while(|(start, part)| **start + part.len <= end);
        let needless: Vec<_> = within.map(|(start, part)| (*start, part.key)).collect();
        for (start, _) in &needless {
            unit.remove(*start);
        }
        unit.insert(place.offset, Part { key, len });
        Added::Some(needless.into_iter().map(|(_, key)| key).collect())
    }

    /// Takes out a fragment that is given up.
    pub fn remove(&mut self, unit: BundleId, place: Fragment, key: Key) {
        let name = (unit, place.total);
        let Some(unit) = self.units.get_mut(&name) else { return };
        if unit.parts.get(&place.offset).is_some_and(|part| part.key == key) {
            unit.remove(place.offset);
        }
        if unit.parts.is_empty() {
            self.units.remove(&name);
        }
    }

    /// The whole unit, in pieces that follow one another, if all of it is here; it is then forgotten.
    pub fn take_whole(&mut self, unit: &BundleId, total: u64) -> Option<Vec<Extent>> {
        let name = (unit.clone(), total);
        self.units.get(&name).filter(|unit| unit.is_whole(total))?;
        let Parts { parts, .. } = self.units.remove(&name)?;
        let mut have = 0;
        let mut extents = Vec::with_capacity(parts.len());
        for (start, Part { key, len }) in parts {
            let skip = have - start;
            let len = len.saturating_sub(skip);
            extents.push(Extent { key, skip, len, at: have });
            have += len;
        }
        Some(extents)
    }

    /// Units of which something is here.
    pub fn len(&self) -> usize {
        self.units.len()
    }
}

/// Units put together, each named by its first fragment.
#[derive(Debug, Default)]
pub(super) struct Parcels {
    extents: BTreeMap<Key, Vec<Extent>>,
    /// The unit that each fragment is part of: how many units wait is the senders' choice, so none is looked for.
    part_of: BTreeMap<Key, Key>,
}

impl Parcels {
    pub fn insert(&mut self, first: Key, extents: Vec<Extent>) {
        self.part_of.extend(extents.iter().map(|extent| (extent.key, first)));
        self.extents.insert(first, extents);
    }

    pub fn remove(&mut self, first: Key) -> Option<Vec<Extent>> {
        let extents = self.extents.remove(&first)?;
        for extent in &extents {
            self.part_of.remove(&extent.key);
        }
        Some(extents)
    }

    pub fn get(&self, first: Key) -> Option<&[Extent]> {
        self.extents.get(&first).map(Vec::as_slice)
    }

    pub fn contains(&self, first: Key) -> bool {
        self.extents.contains_key(&first)
    }

    /// The unit that a fragment is part of.
    pub fn with(&self, part: Key) -> Option<Key> {
        self.part_of.get(&part).copied()
    }
}
