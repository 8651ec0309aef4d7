use alloc::collections::BTreeMap;

use crate::bundle::Eid;

/// How urgent a bundle is. Urgent ones go out first, and less urgent ones make room for them.
///
/// BPv7 has no field for it: the class is what [`Rule`](super::Rule)s of the node or the request to send say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// When nothing else is to be done.
    Bulk,
    /// Ordinary traffic.
    #[default]
    Normal,
    /// Before everything else.
    Expedited,
}

impl Class {
    /// All classes, the least urgent first.
    pub const ALL: [Self; 3] = [Self::Bulk, Self::Normal, Self::Expedited];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Normal => "normal",
            Self::Expedited => "expedited",
        }
    }

    pub(super) const fn of(code: u8) -> Self {
        match code {
            0 => Self::Bulk,
            1 => Self::Normal,
            _ => Self::Expedited,
        }
    }
}

/// So much, in octets of encoded bundles and in bundles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Octets of bundles.
    pub octets: u64,
    /// Bundles.
    pub bundles: u64,
}

impl Amount {
    /// More than there will ever be.
    pub const UNLIMITED: Self = Self { octets: u64::MAX, bundles: u64::MAX };

    fn admits(self, used: Self, octets: u64) -> bool {
        used.bundles < self.bundles && used.octets.saturating_add(octets) <= self.octets
    }

    fn add(&mut self, octets: u64) {
        self.octets = self.octets.saturating_add(octets);
        self.bundles += 1;
    }

    fn take(&mut self, octets: u64) {
        self.octets = self.octets.saturating_sub(octets);
        self.bundles = self.bundles.saturating_sub(1);
    }
}

/// What an agent may keep, whatever store it keeps it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// All bundles together.
    pub store: Amount,
    /// The bundles of one source node.
    pub source: Amount,
    /// The bundles of each class, the least urgent first.
    pub class: [Amount; 3],
}

impl Quotas {
    /// So much in all; one source or class may take all of it.
    #[must_use]
    pub const fn of(store: Amount) -> Self {
        Self { store, source: Amount::UNLIMITED, class: [Amount::UNLIMITED; 3] }
    }
}

/// Which quota is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Of the store as a whole.
    Store,
    /// Of the bundle's source node.
    Source,
    /// Of the bundle's class.
    Class(Class),
}

/// No room for one more bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store: {needed} octets needed, {} octets and {} bundles free under the quota of {quota:?}", free.octets, free.bundles)]
pub struct StoreFull {
    /// Octets the bundle takes.
    pub needed: u64,
    /// Which quota is in the way.
    pub quota: Quota,
    /// What there is room for under it.
    pub free: Amount,
}

/// What is kept, by what the quotas count.
#[derive(Debug)]
pub(super) struct Ledger {
    quotas: Quotas,
    pub store: Amount,
    pub class: [Amount; 3],
    /// By source node; nodes without bundles are not in it. Only kept when there is a quota on it.
    sources: BTreeMap<Eid, Amount>,
}

impl Ledger {
    pub fn new(quotas: Quotas) -> Self {
        Self { quotas, store: Amount::default(), class: [Amount::default(); 3], sources: BTreeMap::new() }
    }

    /// Whether a bundle of so many octets has room.
    pub fn check(&self, source: &Eid, class: Class, octets: u64) -> Result<(), StoreFull> {
        let by_source = match self.counts_sources() {
            true => self.sources.get(&source.node_id()).copied().unwrap_or_default(),
            false => Amount::default(),
        };
        let at = class as usize;
        let limits = [
            (Quota::Class(class), self.quotas.class[at], self.class[at]),
            (Quota::Source, self.quotas.source, by_source),
            (Quota::Store, self.quotas.store, self.store),
        ];
        match limits.into_iter().find(|(_, limit, used)| !limit.admits(*used, octets)) {
            None => Ok(()),
            Some((quota, limit, used)) => Err(StoreFull {
                needed: octets,
                quota,
                free: Amount {
                    octets: limit.octets.saturating_sub(used.octets),
                    bundles: limit.bundles.saturating_sub(used.bundles),
                },
            }),
        }
    }

    /// Whether a bundle of so many octets could have room if nothing else were kept.
    pub fn could_hold(&self, octets: u64) -> bool {
        self.quotas.store.admits(Amount::default(), octets)
    }

    pub fn add(&mut self, source: &Eid, class: Class, octets: u64) {
        self.store.add(octets);
        self.class[class as usize].add(octets);
        if self.counts_sources() {
            self.sources.entry(source.node_id()).or_default().add(octets);
        }
    }

    pub fn take(&mut self, source: &Eid, class: Class, octets: u64) {
        self.store.take(octets);
        self.class[class as usize].take(octets);
        if !self.counts_sources() {
            return;
        }
        let node = source.node_id();
        if let Some(used) = self.sources.get_mut(&node) {
            used.take(octets);
            if used.bundles == 0 {
                self.sources.remove(&node);
            }
        }
    }

    fn counts_sources(&self) -> bool {
        self.quotas.source != Amount::UNLIMITED
    }
}
