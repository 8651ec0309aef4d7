//! Deliveries: who takes what, what was given to whom, and acknowledgements.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::agent::Agent;
use super::event::{Delivery, DeliveryId, Event, Payload, ReadError};
use super::keeping::{Place, node_of};
use super::managed::RegistrationState;
use super::parameters::{Registration, RegistrationId};
use super::reassembly::{Extent, Parcels, Reassembly};
use super::store::{Durability, Key, Store, StoreError};
use super::trace;
use crate::bundle::{BundleFlags, BundleId, Eid, Header, Reason};
use crate::time::Instant;

/// What is for somebody here.
#[derive(Debug, Default)]
pub(super) struct Desk {
    registrations: BTreeMap<RegistrationId, Registered>,
    next_registration: u32,
    /// Bundles for endpoints of this node that nobody has registered yet.
    unclaimed: BTreeMap<Eid, BTreeSet<Key>>,
    pub(super) reassembly: Reassembly,
    /// Units put together from fragments.
    pub(super) parcels: Parcels,
    /// Deliveries that are not acknowledged yet.
    open: BTreeMap<DeliveryId, Open>,
    /// Bundles of those.
    out: BTreeSet<Key>,
    /// Deliveries that are acknowledged, by the bundle that is yet to be gone from the store for good.
    closing: BTreeMap<Key, DeliveryId>,
    next_delivery: u64,
    /// What is due and cannot be read yet.
    pub(super) unread: BTreeSet<Key>,
    /// What was to be sent on until somebody registered for it.
    claimed: Vec<Key>,
}

#[derive(Debug)]
struct Registered {
    registration: Registration,
    waiting: BTreeSet<Key>,
    out: usize,
    /// The store has still to get the octets of the first that waits.
    blocked: bool,
}

#[derive(Debug)]
struct Open {
    registration: RegistrationId,
    key: Key,
}

impl Desk {
    /// Whether what is for `eid` ends here because somebody said so.
    pub fn takes(&self, eid: &Eid) -> bool {
        self.registrations.values().any(|registered| registered.registration.endpoints.matches(eid))
    }

    /// Whether the bundle is in the hands of an application.
    pub fn is_out(&self, key: Key) -> bool {
        self.out.contains(&self.parcels.with(key).unwrap_or(key))
    }

    fn add(&mut self, key: Key, destination: &Eid) {
        match self.registered_for(destination) {
            Some(registered) => registered.waiting.insert(key),
            None => self.unclaimed.entry(destination.clone()).or_default().insert(key),
        };
    }

    fn registered_for(&mut self, destination: &Eid) -> Option<&mut Registered> {
        self.registrations
            .values_mut()
            .find(|registered| registered.registration.endpoints.matches(destination))
    }

    pub fn forget(&mut self, key: Key, destination: &Eid) {
        self.out.remove(&key);
        self.unread.remove(&key);
        self.parcels.remove(key);
        if let Some(keys) = self.unclaimed.get_mut(destination) {
            keys.remove(&key);
            if keys.is_empty() {
                self.unclaimed.remove(destination);
            }
        }
        for registered in self.registrations.values_mut() {
            registered.waiting.remove(&key);
        }
    }

    /// Takes a unit back from whoever it waits for or was delivered to, and gives its pieces.
    pub fn take_back(&mut self, first: Key, destination: &Eid) -> Vec<Extent> {
        let extents = self.parcels.remove(first).unwrap_or_default();
        self.forget(first, destination);
        let open = self.open.extract_if(.., |_, open| open.key == first);
        for registration in open.map(|(_, open)| open.registration).collect::<Vec<_>>() {
            if let Some(registered) = self.registrations.get_mut(&registration) {
                registered.out -= 1;
            }
        }
        for registered in self.registrations.values_mut() {
            registered.waiting.remove(&first);
        }
        extents
    }

    pub fn forget_fragment(&mut self, key: Key, header: &Header) {
        if let Some(place) = header.fragment() {
            self.reassembly.remove(unit_of(header), place, key);
        }
    }
}

/// Which unit a fragment is one of.
pub(super) fn unit_of(header: &Header) -> BundleId {
    BundleId { fragment: None, ..header.id() }
}

impl<S: Store> Agent<S> {
    /// Delivers what arrives for some endpoints from now on, and what waits for them. Where several registrations
    /// fit an endpoint, the first one gets it.
    pub fn register(&mut self, registration: Registration) -> RegistrationId {
        let id = RegistrationId(self.desk.next_registration);
        self.desk.next_registration += 1;
        let mine = |eid: &&Eid| registration.endpoints.matches(eid);
        let claimed: Vec<_> = self.desk.unclaimed.keys().filter(mine).cloned().collect();
        let waiting = claimed.iter().filter_map(|eid| self.desk.unclaimed.remove(eid)).flatten().collect();
        for (key, entry) in &self.entries {
            if let Place::Forwarding(destination) = entry.place
                && entry.hands == 0
                && entry.rest.is_none()
                && registration.endpoints.matches(entry.header.destination())
            {
                self.forwarding.forget(destination, entry.class, *key);
                self.desk.claimed.push(*key);
            }
        }
        self.desk.claimed.sort_unstable();
        self.desk.registrations.insert(id, Registered { registration, waiting, out: 0, blocked: false });
        id
    }

    /// Has bundles end here that were to be sent on until somebody registered for them.
    fn take_claimed(&mut self, now: Instant) {
        for key in core::mem::take(&mut self.desk.claimed) {
            if let Some(entry) = self.entries.remove(&key) {
                self.enter(now, key, *entry);
            }
        }
    }

    /// Ends a registration. What it was not given, or has not acknowledged, waits for another one.
    pub fn unregister(&mut self, id: RegistrationId) {
        let Some(registered) = self.desk.registrations.remove(&id) else { return };
        let open: Vec<_> = self
            .desk
            .open
            .iter()
            .filter(|(_, open)| open.registration == id)
            .map(|(id, open)| (*id, open.key))
            .collect();
        let mut keys = registered.waiting;
        for (delivery, key) in open {
            self.desk.open.remove(&delivery);
            self.desk.out.remove(&key);
            keys.insert(key);
        }
        for key in keys {
            if let Some(entry) = self.entries.get(&key) {
                self.desk.add(key, entry.header.destination());
            }
        }
    }

    /// The registrations and how they stand, in the order in which they were made.
    pub fn registrations(&self) -> impl Iterator<Item = RegistrationState<'_>> {
        self.desk.registrations.iter().map(|(id, registered)| RegistrationState {
            id: *id,
            registration: &registered.registration,
            waiting: registered.waiting.len() as u64,
            unacknowledged: registered.out as u64,
        })
    }

    /// Makes a registration active or passive.
    pub fn set_active(&mut self, id: RegistrationId, active: bool) {
        if let Some(registered) = self.desk.registrations.get_mut(&id) {
            registered.registration.active = active;
        }
    }

    /// The next delivery for a passive registration.
    pub fn poll_delivery(&mut self, now: Instant, id: RegistrationId) -> Option<Delivery> {
        self.take_claimed(now);
        loop {
            let registered = self.desk.registrations.get_mut(&id)?;
            if registered.blocked || registered.out >= registered.registration.window.max(1) {
                return None;
            }
            let key = registered.waiting.pop_first()?;
            let acknowledged = registered.registration.acknowledged;
            match self.make_delivery(now, key, Some((id, acknowledged))) {
                Ok(delivery) => return Some(delivery),
                Err(StoreError::Later) => {
                    let registered = self.desk.registrations.get_mut(&id)?;
                    registered.waiting.insert(key);
                    registered.blocked = true;
                }
                // It is gone, or will be tried again after a restart.
                Err(_) => {}
            }
        }
    }

    /// The application is done with a delivery: it can leave the store. [`Event::Acknowledged`] says when it is gone
    /// for good; until then it may be delivered once more after a restart. Unknown ones are ignored.
    pub fn acknowledge(&mut self, now: Instant, delivery: DeliveryId) {
        let Some(open) = self.desk.open.remove(&delivery) else { return };
        if let Some(registered) = self.desk.registrations.get_mut(&open.registration) {
            registered.out -= 1;
        }
        // One that was given up meanwhile is gone already.
        if self.store.durability() == Durability::Deferred && self.entries.contains_key(&open.key) {
            self.desk.closing.insert(open.key, delivery);
        } else {
            self.events.push_back(Event::Acknowledged(delivery));
        }
        self.close(now, open.key);
    }

    /// Reads octets of a delivery that is not acknowledged yet, from `offset` on, and returns how many there were:
    /// less than `out` holds only at the end.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(&mut self, delivery: DeliveryId, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let key = self.desk.open.get(&delivery).ok_or(ReadError::Gone)?.key;
        Ok(self.read_kept(key, offset, out)?)
    }

    /// A delivery for one of the active registrations, if one is due.
    pub(super) fn next_delivery(&mut self, now: Instant) -> Option<Event> {
        self.take_claimed(now);
        loop {
            let due = self.desk.registrations.iter().find(|(_, registered)| {
                registered.registration.active
                    && !registered.waiting.is_empty()
                    && !registered.blocked
                    && registered.out < registered.registration.window.max(1)
            });
            let id = *due?.0;
            if let Some(delivery) = self.poll_delivery(now, id) {
                return Some(Event::Delivered(delivery));
            }
        }
    }

    /// Something whole for this node.
    pub(super) fn arrived(&mut self, now: Instant, key: Key) {
        let Some(entry) = self.entries.get(&key) else { return };
        let header = &entry.header;
        if header.is_encrypted(header.payload_block().number()) {
            // RFC 9172 §5.1.1: what cannot be decrypted at its destination goes no further.
            return self.give_up(now, key, Reason::UNKNOWN_SECURITY);
        }
        if header.is_admin_record() && node_of(header) == self.parameters.node {
            return self.take_admin_record(now, key);
        }
        let echo = self.parameters.echo_service;
        let is_echo = echo.is_some()
            && header.destination().service() == echo
            && node_of(header) == self.parameters.node;
        if is_echo {
            return self.echo(now, key);
        }
        let destination = header.destination().clone();
        let registered = self.desk.registered_for(&destination);
        if registered.is_some_and(|registered| registered.registration.abandons()) {
            self.counters.abandoned += 1;
            self.counters.octets_abandoned += self.whole_len(key);
            return self.close(now, key);
        }
        self.desk.add(key, &destination);
    }

    /// Hands out a bundle. Without a registration it is for the node itself, and gone with it.
    pub(super) fn make_delivery(
        &mut self,
        now: Instant,
        key: Key,
        to: Option<(RegistrationId, bool)>,
    ) -> Result<Delivery, StoreError> {
        let entry = self.entries.get(&key).ok_or(StoreError::Unknown(key))?;
        let received = entry.received;
        let header = self.whole_header(key, entry).unwrap_or_else(|_| entry.header.clone());
        let len = self.whole_len(key);
        let (registration, acknowledged) = to.unzip();
        let at_once = len <= self.parameters.whole_delivery;
        let acknowledged = acknowledged.unwrap_or(false) || !at_once;
        let payload = match at_once {
            true => Payload::Octets(self.whole_payload(key, len)?),
            false => Payload::Stored { len },
        };
        let delivery = DeliveryId(self.desk.next_delivery);
        self.desk.next_delivery += 1;
        self.counters.delivered += 1;
        trace!("delivered", id = ?header.id(), len);
        if let Some(registration) = registration.filter(|_| acknowledged) {
            self.desk.open.insert(delivery, Open { registration, key });
            self.desk.out.insert(key);
            if let Some(registered) = self.desk.registrations.get_mut(&registration) {
                registered.out += 1;
            }
        } else {
            self.close(now, key);
        }
        if registration.is_some() {
            self.report_delivered(now, &header);
        }
        Ok(Delivery {
            delivery,
            id: header.id(),
            source: header.source().clone(),
            destination: header.destination().clone(),
            payload,
            acknowledgement_wanted: header.flags().contains(BundleFlags::ACKNOWLEDGEMENT),
            hops: header.hop_count().map(|hops| hops.count),
            received,
        })
    }

    pub(super) fn delivery_removed(&mut self, key: Key) {
        if let Some(delivery) = self.desk.closing.remove(&key) {
            self.events.push_back(Event::Acknowledged(delivery));
        }
    }

    /// Octets of a bundle that were to come are at hand.
    pub(super) fn delivery_readable(&mut self, now: Instant, key: Key) {
        for registered in self.desk.registrations.values_mut() {
            registered.blocked = false;
        }
        let unit = self.desk.parcels.with(key).unwrap_or(key);
        let open = self.desk.open.iter().filter(|(_, open)| open.key == unit);
        self.events.extend(open.map(|(delivery, _)| Event::Readable(*delivery)));
        for key in core::mem::take(&mut self.desk.unread) {
            self.arrived(now, key);
        }
    }
}
