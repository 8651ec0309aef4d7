//! Deliveries: who takes what, fragments put together, acknowledgements, and the echo service.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;

use super::agent::Agent;
use super::event::{Delivery, DeliveryId, Event, Payload, ReadError};
use super::keeping::{Entry, Place, node_of};
use super::managed::RegistrationState;
use super::parameters::{Registration, RegistrationId, TransmissionRequest};
use super::quota::Class;
use super::reassembly::{Added, Extent, Reassembly};
use super::seen::Fate;
use super::store::{Durability, Key, Store, StoreError};
use super::trace;
use crate::bundle::{AdminRecord, BundleError, BundleFlags, BundleId, Eid, Header, Reason};
use crate::time::Instant;

/// Number of the payload block.
const PAYLOAD: u64 = 1;

/// What is for somebody here.
#[derive(Debug, Default)]
pub(super) struct Desk {
    registrations: BTreeMap<RegistrationId, Registered>,
    next_registration: u32,
    /// Bundles for endpoints of this node that nobody has registered yet.
    unclaimed: BTreeMap<Eid, BTreeSet<Key>>,
    pub(super) reassembly: Reassembly,
    /// Units put together from fragments, by the fragment that names them.
    parcels: BTreeMap<Key, Vec<Extent>>,
    /// Deliveries that are not acknowledged yet.
    open: BTreeMap<DeliveryId, Open>,
    /// Bundles of those.
    out: BTreeSet<Key>,
    /// Deliveries that are acknowledged, by the bundle that is yet to be gone from the store for good.
    closing: BTreeMap<Key, DeliveryId>,
    next_delivery: u64,
    /// What is due and cannot be read yet.
    unread: BTreeSet<Key>,
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
        let in_parcel = |first| self.parcels.get(first).is_some_and(|extents| has_part(extents, key));
        self.out.contains(&key) || self.out.iter().any(in_parcel)
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
        self.parcels.remove(&key);
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

    /// The pieces of a unit put together from fragments.
    #[cfg(feature = "crypto")]
    pub fn parcel(&self, first: Key) -> Option<&[Extent]> {
        self.parcels.get(&first).map(Vec::as_slice)
    }

    #[cfg(feature = "crypto")]
    pub fn take_parcel(&mut self, first: Key) -> Option<Vec<Extent>> {
        self.parcels.remove(&first)
    }

    /// The unit that a fragment is part of.
    pub fn parcel_with(&self, key: Key) -> Option<Key> {
        self.parcels.iter().find(|(_, extents)| has_part(extents, key)).map(|(first, _)| *first)
    }

    pub fn forget_fragment(&mut self, key: Key, header: &Header) {
        if let Some(place) = header.fragment() {
            self.reassembly.remove(unit_of(header), place, key);
        }
    }
}

fn has_part(extents: &[Extent], key: Key) -> bool {
    extents.iter().any(|extent| extent.key == key)
}

/// Which unit a fragment is one of.
fn unit_of(header: &Header) -> BundleId {
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

    /// Reads octets of a payload, or of a unit put together from fragments.
    pub(super) fn read_kept(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        let read = self.read_parts(key, offset, out);
        self.note_damage(read.err());
        read
    }

    fn read_parts(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        let Some(extents) = self.desk.parcels.get(&key) else { return self.store.read(key, offset, out) };
        let first = extents.partition_point(|extent| extent.at + extent.len <= offset);
        let mut filled = 0;
        for extent in extents.iter().skip(first) {
            let within = offset + filled as u64 - extent.at;
            let most = usize::try_from(extent.len - within).unwrap_or(usize::MAX).min(out.len() - filled);
            let read = self.store.read(extent.key, extent.skip + within, &mut out[filled..filled + most])?;
            filled += read;
            if filled == out.len() || read < most {
                break;
            }
        }
        Ok(filled)
    }

    /// Octets of a payload, or of a unit put together from fragments.
    pub(super) fn whole_len(&self, key: Key) -> u64 {
        match self.desk.parcels.get(&key) {
            Some(extents) => extents.last().map_or(0, |extent| extent.at + extent.len),
            None => self.entries.get(&key).map_or(0, |entry| entry.header.payload_len()),
        }
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

    /// A bundle for this node: it is whole, or it may make another one whole.
    pub(super) fn bring_to_desk(&mut self, now: Instant, key: Key) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let Some(place) = entry.header.fragment() else {
            return self.arrived(now, key);
        };
        entry.place = Place::Reassembly;
        let unit = unit_of(&entry.header);
        let len = entry.header.payload_len();
        match self.desk.reassembly.add(unit.clone(), place, key, len) {
            Added::Nothing => _ = self.discard(now, key, Fate::Done),
            Added::Some(needless) => {
                for other in needless {
                    self.discard(now, other, Fate::Done);
                }
                let Some(extents) = self.desk.reassembly.take_whole(&unit, place.total) else { return };
                let Some(first) = extents.first().map(|extent| extent.key) else { return };
                for extent in &extents {
                    if let Some(entry) = self.entries.get_mut(&extent.key) {
                        entry.place = Place::Desk;
                    }
                }
                self.counters.reassembled += 1;
                self.desk.parcels.insert(first, extents);
                // A copy in one piece may come while this one waits to be delivered.
                if let Some(expires) = self.entries.get(&first).map(|entry| entry.expires) {
                    self.seen.insert(now, &unit, Fate::Held, expires);
                }
                if !self.secure_unit(now, first) {
                    self.arrived(now, first);
                }
            }
        }
    }

    /// Something whole for this node.
    pub(super) fn arrived(&mut self, now: Instant, key: Key) {
        let Some(entry) = self.entries.get(&key) else { return };
        let header = &entry.header;
        if header.is_encrypted(PAYLOAD) {
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
    fn make_delivery(
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

    fn whole_payload(&mut self, key: Key, len: u64) -> Result<Bytes, StoreError> {
        if !self.desk.parcels.contains_key(&key) {
            let payload = self.store.payload(key);
            self.note_damage(payload.as_ref().err().copied());
            return payload;
        }
        let mut octets = vec![0; usize::try_from(len).map_err(|_| StoreError::Full { needed: len })?];
        let read = self.read_kept(key, 0, &mut octets)?;
        octets.truncate(read);
        Ok(octets.into())
    }

    /// Takes back a unit put together from fragments, one of which is to go: the others wait for it again.
    pub(super) fn take_apart(&mut self, key: Key) -> Vec<Key> {
        let Some(first) = self.desk.parcel_with(key) else { return Vec::new() };
        if let Some(entry) = self.entries.get(&key) {
            self.seen.forget(&unit_of(&entry.header));
        }
        let extents = self.desk.parcels.remove(&first).unwrap_or_default();
        if let Some(entry) = self.entries.get(&first) {
            self.desk.forget(first, entry.header.destination());
        }
        let open = self.desk.open.extract_if(.., |_, open| open.key == first);
        for registration in open.map(|(_, open)| open.registration).collect::<Vec<_>>() {
            if let Some(registered) = self.desk.registrations.get_mut(&registration) {
                registered.out -= 1;
            }
        }
        for registered in self.desk.registrations.values_mut() {
            registered.waiting.remove(&first);
        }
        extents.into_iter().map(|extent| extent.key).filter(|other| *other != key).collect()
    }

    /// Deletes a bundle, or all fragments of a unit put together.
    pub(super) fn give_up(&mut self, now: Instant, key: Key, reason: Reason) {
        let unit = self.desk.parcels.contains_key(&key).then(|| self.entries.get(&key)).flatten();
        let Some(whole) = unit.and_then(|entry| entry.header.reassembled().ok()) else {
            return self.delete(now, key, reason);
        };
        self.close(now, key);
        self.report_deleted(now, &whole, reason);
        self.note_deletion(whole.id(), whole.encoded_len(), reason);
    }

    /// The header of a bundle, or of the unit whose first fragment it is.
    pub(super) fn whole_header(&self, key: Key, entry: &Entry) -> Result<Header, BundleError> {
        match self.desk.parcels.contains_key(&key) {
            true => entry.header.reassembled(),
            false => Ok(entry.header.clone()),
        }
    }

    /// Takes what was delivered out of the store, all fragments of it.
    pub(super) fn close(&mut self, now: Instant, key: Key) {
        let Some(extents) = self.desk.parcels.remove(&key) else {
            self.discard(now, key, Fate::Done);
            return;
        };
        // Fragments cut in other ways may still come: the unit itself is remembered, in one step with the end of
        // all its fragments.
        if let Some(entry) = self.entries.get(&key) {
            let (unit, expires) = (unit_of(&entry.header), entry.expires);
            self.seen.insert(now, &unit, Fate::Done, expires);
            self.discard_as(key, unit, Fate::Done);
        }
        for extent in &extents {
            if let Some(entry) = self.entries.get(&extent.key) {
                let id = entry.header.id();
                self.discard_as(extent.key, id, Fate::Done);
            }
        }
        self.stepped(now, extents.len());
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
        let open = self.desk.open.iter().filter(|(_, open)| {
            let extents = self.desk.parcels.get(&open.key);
            open.key == key || extents.is_some_and(|extents| extents.iter().any(|extent| extent.key == key))
        });
        self.events.extend(open.map(|(delivery, _)| Event::Readable(*delivery)));
        for key in core::mem::take(&mut self.desk.unread) {
            self.arrived(now, key);
        }
    }

    /// A delivery to the node itself. One that cannot be read yet is made when it can; one that would take too much
    /// memory is deleted.
    fn own_delivery(&mut self, now: Instant, key: Key) -> Option<Delivery> {
        if self.whole_len(key) > self.parameters.whole_delivery {
            self.give_up(now, key, Reason::BLOCK_UNINTELLIGIBLE);
            return None;
        }
        let delivery = self.make_delivery(now, key, None);
        if delivery == Err(StoreError::Later) {
            self.desk.unread.insert(key);
        }
        delivery.ok()
    }

    fn take_admin_record(&mut self, now: Instant, key: Key) {
        let Some(delivery) = self.own_delivery(now, key) else { return };
        self.counters.delivered -= 1;
        let Payload::Octets(octets) = delivery.payload else { return };
        match AdminRecord::decode(&octets) {
            Ok(AdminRecord::StatusReport(report)) => {
                self.counters.reports_received += 1;
                self.events.push_back(Event::Reported { by: delivery.source, report });
            }
            Ok(_) | Err(_) => {
                let octets = octets.len() as u64;
                self.note_deletion(delivery.id, octets, Reason::BLOCK_UNINTELLIGIBLE);
            }
        }
    }

    /// Sends back what came for the echo service. Nothing that itself comes from one, or from nobody, is sent back:
    /// two nodes would echo each other for ever.
    fn echo(&mut self, now: Instant, key: Key) {
        let class = self.entries.get(&key).map_or(Class::Normal, |entry| entry.class);
        let lifetime = self.entries.get(&key).map(|entry| entry.header.lifetime()).unwrap_or_default();
        let Some(delivery) = self.own_delivery(now, key) else { return };
        let Some(service) = self.parameters.echo_service else { return };
        let Payload::Octets(payload) = delivery.payload else { return };
        if delivery.source.is_null() || delivery.source.service() == Some(service) {
            return;
        }
        let request = TransmissionRequest {
            source_service: service,
            class,
            flags: BundleFlags::NONE,
            ..TransmissionRequest::new(delivery.source, payload, lifetime)
        };
        // Without room for it there is no answer, as if it had been lost on the way.
        let _ = self.transmit(now, request);
    }
}
