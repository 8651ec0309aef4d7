use crate::bundle::NodeNumber;
use crate::time::Instant;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Add, Range};
use core::time::Duration;

/// A point in time of a contact plan, in microseconds since the plan's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanTime(u64);

impl PlanTime {
    /// The plan's start.
    pub const ZERO: Self = Self(0);
    /// Never.
    pub const MAX: Self = Self(u64::MAX);

    /// From microseconds since the plan's start.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// From milliseconds since the plan's start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// From seconds since the plan's start.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// From a host's instant, when its start is that of the plan.
    #[must_use]
    pub const fn from_instant(instant: Instant) -> Self {
        Self(instant.as_micros())
    }

    /// As a host's instant, when its start is that of the plan.
    #[must_use]
    pub const fn instant(self) -> Instant {
        Instant::from_micros(self.0)
    }

    /// Microseconds since the plan's start.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Time since `earlier`; zero when that lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for PlanTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros_up(duration)))
    }
}

impl fmt::Display for PlanTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}.{:06} s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Whole microseconds, rounded up.
pub(super) fn micros_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// A time in which one node can send to another. One-way: a two-way link is two contacts.
///
/// Source: CCSDS 734.3-B-1 §2.3, §2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who sends.
    pub from: NodeNumber,
    /// Who receives.
    pub to: NodeNumber,
    /// When sending can begin.
    pub start: PlanTime,
    /// When sending must be over; sending of no time at all is still possible at this instant.
    pub end: PlanTime,
    /// Bits per second.
    pub rate: u64,
    /// One-way light time, margin included; the largest one during the contact.
    pub light_time: Duration,
}

impl Contact {
    /// Whether the contact is open at `time`; its end counts as open.
    #[must_use]
    pub fn is_open(&self, time: PlanTime) -> bool {
        self.start <= time && time <= self.end
    }

    /// How long sending `octets` takes, without light time, rounded up to microseconds.
    #[must_use]
    pub fn sending_time(&self, octets: u64) -> Duration {
        Duration::from_micros(sending_micros(octets, self.rate))
    }

    const fn key(&self) -> (NodeNumber, NodeNumber, PlanTime) {
        (self.from, self.to, self.start)
    }
}

pub(super) fn sending_micros(octets: u64, rate: u64) -> u64 {
    let bits_micros = u128::from(octets) * 8_000_000;
    bits_micros
        .checked_div(rate.into())
        .map_or(u64::MAX, |_| u64::try_from(bits_micros.div_ceil(rate.into())).unwrap_or(u64::MAX))
}

/// Names a contact of a plan, as long as the plan is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub u32);

/// Why a contact cannot be in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It ends before it starts, or as it does.
    #[error("contact from {} to {}: ends at {}, not after its start at {}", .0.from, .0.to, .0.end, .0.start)]
    Order(Contact),
    /// Nothing can be sent in it.
    #[error("contact from {} to {} at {}: rate is 0", .0.from, .0.to, .0.start)]
    NoRate(Contact),
    /// Two contacts of one pair of nodes overlap.
    #[error("contact from {} to {} at {}: overlaps the one at {}", .0.from, .0.to, .0.start, .1.start)]
    Overlap(Contact, Contact),
    /// More contacts than 32 bits can name.
    #[error("contact plan: too many contacts")]
    TooMany,
}

/// Contacts, sorted by sender, receiver and start. Contacts of one pair do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactPlan {
    contacts: Vec<Contact>,
}

impl ContactPlan {
    /// A plan without contacts.
    #[must_use]
    pub const fn new() -> Self {
        Self { contacts: Vec::new() }
    }

    /// A plan of these contacts, in any order.
    ///
    /// # Errors
    /// The first contact that cannot be in it.
    pub fn from_contacts(mut contacts: Vec<Contact>) -> Result<Self, PlanError> {
        contacts.sort_by_key(Contact::key);
        if u32::try_from(contacts.len()).is_err() {
            return Err(PlanError::TooMany);
        }
        contacts.iter().try_for_each(check_alone)?;
        for (before, after) in contacts.iter().zip(contacts.iter().skip(1)) {
            check_pair(before, after)?;
        }
        Ok(Self { contacts })
    }

    /// Adds a contact.
    ///
    /// # Errors
    /// When it cannot be in the plan, which is then unchanged.
    pub fn insert(&mut self, contact: Contact) -> Result<(), PlanError> {
        check_alone(&contact)?;
        if u32::try_from(self.contacts.len() + 1).is_err() {
            return Err(PlanError::TooMany);
        }
        let at = self.contacts.partition_point(|other| other.key() < contact.key());
        if let Some(before) = at.checked_sub(1).and_then(|before| self.contacts.get(before)) {
            check_pair(before, &contact)?;
        }
        if let Some(after) = self.contacts.get(at) {
            check_pair(&contact, after)?;
        }
        self.contacts.insert(at, contact);
        Ok(())
    }

    /// Takes out the contact of this pair that starts at `start`.
    pub fn remove(&mut self, from: NodeNumber, to: NodeNumber, start: PlanTime) -> Option<Contact> {
        let at = self.contacts.binary_search_by_key(&(from, to, start), Contact::key).ok()?;
        Some(self.contacts.remove(at))
    }

    /// Takes out the contacts that ended before `now`.
    ///
    /// Source: CCSDS 734.3-B-1 §3.2.3.2.
    pub fn remove_past(&mut self, now: PlanTime) {
        self.contacts.retain(|contact| contact.end >= now);
    }

    /// All contacts, sorted by sender, receiver and start.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// How many contacts there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.contacts.len()
    }

    /// Whether there is no contact.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// The contact named `id`.
    #[must_use]
    pub fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.contacts.get(id.0 as usize)
    }

    /// The contacts in which `node` sends, with their names, sorted by receiver and start.
    pub fn sent_by(&self, node: NodeNumber) -> impl Iterator<Item = (ContactId, &Contact)> {
        let range = self.range(|contact| contact.from.cmp(&node));
        self.named(range)
    }

    /// The contacts from one node to another, with their names, sorted by start.
    pub fn between(&self, from: NodeNumber, to: NodeNumber) -> impl Iterator<Item = (ContactId, &Contact)> {
        let range = self.range(|contact| (contact.from, contact.to).cmp(&(from, to)));
        self.named(range)
    }

    /// The contacts in which `node` can send at `time`.
    pub fn open_at(&self, node: NodeNumber, time: PlanTime) -> impl Iterator<Item = (ContactId, &Contact)> {
        self.sent_by(node).filter(move |(_, contact)| contact.is_open(time))
    }

    /// When the next contact in which `node` sends starts or ends, after `time`.
    #[must_use]
    pub fn next_change(&self, node: NodeNumber, time: PlanTime) -> Option<PlanTime> {
        let edges = self.sent_by(node).flat_map(|(_, contact)| [contact.start, contact.end]);
        edges.filter(|edge| *edge > time).min()
    }

    /// When the next contact from one node to another starts, after `time`.
    #[must_use]
    pub fn next_start(&self, from: NodeNumber, to: NodeNumber, time: PlanTime) -> Option<PlanTime> {
        self.between(from, to).map(|(_, contact)| contact.start).find(|start| *start > time)
    }

    fn named(&self, range: Range<usize>) -> impl Iterator<Item = (ContactId, &Contact)> {
        let first = range.start;
        let contacts = self.contacts.get(range).unwrap_or_default();
        contacts.iter().enumerate().map(move |(at, contact)| (id_at(first + at), contact))
    }

    fn range(&self, order: impl Fn(&Contact) -> core::cmp::Ordering) -> Range<usize> {
        let start = self.contacts.partition_point(|contact| order(contact).is_lt());
        let end = self.contacts.partition_point(|contact| order(contact).is_le());
        start..end
    }
}

/// The name of the contact at `at`. Plans hold no more contacts than 32 bits can name.
pub(super) fn id_at(at: usize) -> ContactId {
    ContactId(u32::try_from(at).unwrap_or(u32::MAX))
}

fn check_alone(contact: &Contact) -> Result<(), PlanError> {
    if contact.end <= contact.start {
        return Err(PlanError::Order(*contact));
    }
    if contact.rate == 0 {
        return Err(PlanError::NoRate(*contact));
    }
    Ok(())
}

/// `before` sorts before `after`.
fn check_pair(before: &Contact, after: &Contact) -> Result<(), PlanError> {
    let same = before.from == after.from && before.to == after.to;
    if same && after.start < before.end { Err(PlanError::Overlap(*after, *before)) } else { Ok(()) }
}
