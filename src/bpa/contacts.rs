use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::event::Event;
use crate::bundle::NodeNumber;
use crate::routing::{Contact, ContactPlan};
use crate::time::Instant;

/// The contacts that start at this node: which are open, and what changes next.
#[derive(Debug)]
pub(super) struct Contacts {
    /// In order of start, the latest first, so that the next one is popped.
    upcoming: Vec<Contact>,
    open: BTreeMap<NodeNumber, Contact>,
}

impl Contacts {
    pub(super) fn of(node: NodeNumber, plan: &ContactPlan) -> Self {
        let mut upcoming: Vec<_> = plan.sent_by(node).map(|(_, contact)| *contact).collect();
        upcoming.sort_by_key(|contact| core::cmp::Reverse((contact.start, contact.to)));
        Self { upcoming, open: BTreeMap::new() }
    }

    pub(super) fn is_open(&self, neighbour: NodeNumber) -> bool {
        self.open.contains_key(&neighbour)
    }

    pub(super) fn open_to(&self, neighbour: NodeNumber) -> Option<&Contact> {
        self.open.get(&neighbour)
    }

    /// The next contact that has started or ended by `now`, in order of time; ends come before starts.
    pub(super) fn next_change(&mut self, now: Instant) -> Option<Event> {
        let start = self.next_start().filter(|start| *start <= now);
        let end = self.next_end().filter(|(end, _)| *end <= now);
        match (start, end) {
            (start, Some((end, neighbour))) if start.is_none_or(|start| end <= start) => {
                self.open.remove(&neighbour).map(Event::ContactEnded)
            }
            (Some(_), _) => {
                let contact = self.upcoming.pop()?;
                self.open.insert(contact.to, contact);
                Some(Event::ContactStarted(contact))
            }
            (None, _) => None,
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let end = self.next_end().map(|(end, _)| end);
        [self.next_start(), end].into_iter().flatten().min()
    }

    fn next_start(&self) -> Option<Instant> {
        self.upcoming.last().map(|contact| contact.start.instant())
    }

    fn next_end(&self) -> Option<(Instant, NodeNumber)> {
        self.open.iter().map(|(neighbour, contact)| (contact.end.instant(), *neighbour)).min()
    }
}
