use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::bundle::{BundleId, CreationTimestamp, Eid, FragmentRange, NodeNumber};
use crate::time::{DtnTime, Instant};
use crate::wire::{Decode, Encode};

/// Which bundles have been here, so that a second copy is known for one.
///
/// An identity is forgotten after the second in which the bundle's lifetime ends (a later copy is refused as expired
/// anyway) and, beyond `limit` of them, in order of expiry.
#[derive(Debug)]
pub(super) struct Seen {
    limit: usize,
    fates: BTreeMap<BundleId, (Fate, Instant)>,
    /// The same by the second in which their lifetimes end. Some may be gone already, or end at another time.
    by_expiry: BTreeMap<u64, VecDeque<BundleId>>,
    /// How many are in `by_expiry`.
    listed: usize,
}

/// What became of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is here.
    Held,
    /// It is done with: a copy is of no use.
    Done,
    /// It was found damaged or failed a check, and is to be forgotten: a good copy is welcome.
    Lost,
    /// It was sent on. It had come from this neighbour (`None`: made here), having passed so many nodes.
    Forwarded { from: Option<NodeNumber>, hops: Option<u64> },
}

impl Fate {
    /// Whether a copy that comes from `from` after so many nodes is only a copy.
    ///
    /// A bundle that was sent on and comes back because nobody further on had a better way is not: the
    /// neighbour that sends it has nobody else to leave it to. Such a one has passed more nodes than when it was here
    /// first; a bundle that is merely sent once more has not.
    pub fn makes_copy(self, from: Option<NodeNumber>, hops: Option<u64>) -> bool {
        match self {
            Self::Held | Self::Done => true,
            Self::Lost => false,
            Self::Forwarded { from: before, hops: passed } => match (hops, passed) {
                (Some(hops), Some(passed)) => hops <= passed,
                _ => from == before,
            },
        }
    }
}

impl Seen {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, fates: BTreeMap::new(), by_expiry: BTreeMap::new(), listed: 0 }
    }

    pub(super) fn fate(&self, id: &BundleId) -> Option<Fate> {
        self.fates.get(id).map(|(fate, _)| *fate)
    }

    pub(super) fn insert(&mut self, now: Instant, id: &BundleId, fate: Fate, expires: Instant) {
        while let Some(mut first) = self.by_expiry.first_entry() {
            let second = *first.key();
            if second >= second_of(now) && self.listed < self.limit {
                break;
            }
            let Some(id) = first.get_mut().pop_front() else {
                first.remove();
                continue;
            };
            self.listed -= 1;
            if self.fates.get(&id).is_some_and(|(_, expires)| second_of(*expires) == second) {
                self.fates.remove(&id);
            }
        }
        let before = self.fates.insert(id.clone(), (fate, expires));
        let second = second_of(expires);
        if before.is_none_or(|(_, before)| second_of(before) != second) {
            self.by_expiry.entry(second).or_default().push_back(id.clone());
            self.listed += 1;
        }
    }

    pub(super) fn set_fate(&mut self, id: &BundleId, fate: Fate) {
        if let Some((known, _)) = self.fates.get_mut(id) {
            *known = fate;
        }
    }

    pub(super) fn forget(&mut self, id: &BundleId) {
        self.fates.remove(id);
    }

    pub(super) fn len(&self) -> usize {
        self.fates.len()
    }
}

fn second_of(instant: Instant) -> u64 {
    instant.as_nanos() / 1_000_000_000
}

/// An identity and its fate as a store keeps it: eight words, and the source.
pub(super) fn encode(id: &BundleId, fate: Fate) -> Vec<u8> {
    let (kind, from, hops) = match fate {
        Fate::Held | Fate::Done | Fate::Lost => (0, None, None),
        Fate::Forwarded { from, hops } => (1, from, hops),
    };
    let part = id.fragment.map(|part| (part.offset, part.len));
    let flags = kind
        | u64::from(from.is_some()) << 1
        | u64::from(hops.is_some()) << 2
        | u64::from(part.is_some()) << 3;
    let (offset, len) = part.unwrap_or_default();
    let from = from.map_or(0, |node| node.0);
    let words = [flags, from, hops.unwrap_or(0), id.timestamp.time.0, id.timestamp.sequence, offset, len];
    let mut octets = Vec::with_capacity(words.len() * 8 + id.source.encoded_len());
    for word in words {
        octets.extend_from_slice(&word.to_be_bytes());
    }
    let start = octets.len();
    octets.resize(start + id.source.encoded_len(), 0);
    let written = id.source.encode(&mut octets[start..]);
    debug_assert!(written.is_ok());
    octets
}

/// What [`encode`] wrote; `None` when it did not.
pub(super) fn decode(octets: &[u8]) -> Option<(BundleId, Fate)> {
    let (words, rest) =
        octets.as_chunks::<8>().0.split_at_checked(7).map(|(words, _)| (words, &octets[56..]))?;
    let word = |at: usize| u64::from_be_bytes(words[at]);
    let flag = |bit: u64| word(0) & 1 << bit != 0;
    let fate = match flag(0) {
        false => Fate::Done,
        true => {
            Fate::Forwarded { from: flag(1).then(|| NodeNumber(word(1))), hops: flag(2).then(|| word(2)) }
        }
    };
    let (source, _) = Eid::decode(rest).ok()?;
    let timestamp = CreationTimestamp { time: DtnTime(word(3)), sequence: word(4) };
    let fragment = flag(3).then(|| FragmentRange { offset: word(5), len: word(6) });
    Some((BundleId { timestamp, fragment, source }, fate))
}
