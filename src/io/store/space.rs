use alloc::vec::Vec;
use std::collections::{BTreeMap, BTreeSet};

/// Sectors of the payload file that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Extent {
    pub start: u64,
    pub sectors: u64,
}

impl Extent {
    pub fn end(self) -> u64 {
        self.start.saturating_add(self.sectors)
    }
}

/// Which sectors of the payload file are free. Not kept on the disk: what no record names is free.
///
/// Room is taken from the largest hole, one piece after the other, so that what is written together lies together.
#[derive(Debug, Default)]
pub(super) struct Space {
    /// Free extents by start; none touches another.
    holes: BTreeMap<u64, u64>,
    /// The same by length.
    by_len: BTreeSet<(u64, u64)>,
    /// The hole that room is being taken from; in none of the above.
    run: Option<Extent>,
    /// All from here on is free.
    end: u64,
}

impl Space {
    /// All but `used` is free. Extents that overlap, of damaged records, do no harm here.
    pub fn around(mut used: Vec<Extent>) -> Self {
        used.sort_unstable();
        let mut space = Self::default();
        for extent in used {
            if extent.start > space.end {
                space.add_hole(Extent { start: space.end, sectors: extent.start - space.end });
            }
            space.end = space.end.max(extent.end());
        }
        space
    }

    /// Takes so many sectors that follow one another.
    pub fn take(&mut self, sectors: u64) -> Extent {
        if self.run.is_none_or(|run| run.sectors < sectors) {
            if let Some(run) = self.run.take() {
                self.give(run);
            }
            self.run = self.by_len.last().copied().filter(|(len, _)| *len >= sectors).map(|(len, start)| {
                let hole = Extent { start, sectors: len };
                self.remove_hole(hole);
                hole
            });
        }
        let start = match &mut self.run {
            Some(run) => &mut run.start,
            None => &mut self.end,
        };
        let taken = Extent { start: *start, sectors };
        *start += sectors;
        if let Some(run) = &mut self.run {
            run.sectors -= sectors;
        }
        taken
    }

    /// Takes back what is no longer used.
    pub fn give(&mut self, mut extent: Extent) {
        if extent.sectors == 0 {
            return;
        }
        let before = self.holes.range(..extent.start).next_back();
        let before = before.map(|(start, sectors)| Extent { start: *start, sectors: *sectors });
        if let Some(before) = before.filter(|before| before.end() == extent.start) {
            self.remove_hole(before);
            extent = Extent { start: before.start, sectors: before.sectors + extent.sectors };
        }
        if let Some(sectors) = self.holes.get(&extent.end()).copied() {
            self.remove_hole(Extent { start: extent.end(), sectors });
            extent.sectors += sectors;
        }
        match extent.end() == self.end {
            true => self.end = extent.start,
            false => self.add_hole(extent),
        }
    }

    /// Sectors up to the last one that is used.
    pub fn end(&self) -> u64 {
        self.end
    }

    fn add_hole(&mut self, hole: Extent) {
        self.holes.insert(hole.start, hole.sectors);
        self.by_len.insert((hole.sectors, hole.start));
    }

    fn remove_hole(&mut self, hole: Extent) {
        self.holes.remove(&hole.start);
        self.by_len.remove(&(hole.sectors, hole.start));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    proptest! {
        /// Nothing is given twice, and when all is back the file is empty.
        #[test]
        fn what_is_taken_is_taken_once(steps in prop::collection::vec((any::<bool>(), 1..200_u64), 1..200)) {
            let mut space = Space::default();
            let mut taken: Vec<Extent> = Vec::new();
            for (take, number) in steps {
                if take {
                    let extent = space.take(number);
                    prop_assert_eq!(extent.sectors, number);
                    prop_assert!(taken.iter().all(|other| other.end() <= extent.start || extent.end() <= other.start));
                    prop_assert!(extent.end() <= space.end());
                    taken.push(extent);
                } else if !taken.is_empty() {
                    space.give(taken.swap_remove(number as usize % taken.len()));
                }
            }
            let mut again = Space::around(taken.clone());
            let extent = again.take(1);
            prop_assert!(taken.iter().all(|other| other.end() <= extent.start || extent.end() <= other.start));
            taken.into_iter().for_each(|extent| space.give(extent));
            if let Some(run) = space.run.take() {
                space.give(run);
            }
            prop_assert_eq!((space.end(), space.holes.len(), space.by_len.len()), (0, 0, 0));
        }
    }

    #[test]
    fn what_is_written_together_lies_together() {
        let mut space =
            Space::around(vec![Extent { start: 2, sectors: 1 }, Extent { start: 100, sectors: 1 }]);
        let starts = [3, 3, 3].map(|sectors| space.take(sectors).start);
        assert_eq!(starts, [3, 6, 9]);
        assert_eq!(space.take(200).start, 101);
        assert_eq!(space.end(), 301);
    }
}
