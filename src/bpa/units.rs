//! Application data units that come in fragments: put together, read, taken apart again, and given up, as bundles that
//! come whole are.

use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;

use super::agent::Agent;
use super::delivering::unit_of;
use super::keeping::{Entry, Place};
use super::reassembly::Added;
use super::seen::Fate;
use super::store::{Key, Store, StoreError};
use crate::bundle::{BundleError, Header, Reason};
use crate::time::Instant;

impl<S: Store> Agent<S> {
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

    /// Reads octets of a payload, or of a unit put together from fragments.
    pub(super) fn read_kept(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        let read = self.read_parts(key, offset, out);
        self.note_damage(read.err());
        read
    }

    fn read_parts(&mut self, key: Key, offset: u64, out: &mut [u8]) -> Result<usize, StoreError> {
        let Some(extents) = self.desk.parcels.get(key) else { return self.store.read(key, offset, out) };
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
        match self.desk.parcels.get(key) {
            Some(extents) => extents.last().map_or(0, |extent| extent.at + extent.len),
            None => self.entries.get(&key).map_or(0, |entry| entry.header.payload_len()),
        }
    }

    pub(super) fn whole_payload(&mut self, key: Key, len: u64) -> Result<Bytes, StoreError> {
        if !self.desk.parcels.contains(key) {
            let payload = self.store.payload(key);
            self.note_damage(payload.as_ref().err().copied());
            return payload;
        }
        let mut octets = vec![0; usize::try_from(len).map_err(|_| StoreError::Full { needed: len })?];
        let read = self.read_kept(key, 0, &mut octets)?;
        octets.truncate(read);
        Ok(octets.into())
    }

    /// The header of a bundle, or of the unit whose first fragment it is.
    pub(super) fn whole_header(&self, key: Key, entry: &Entry) -> Result<Header, BundleError> {
        match self.desk.parcels.contains(key) {
            true => entry.header.reassembled(),
            false => Ok(entry.header.clone()),
        }
    }

    /// Takes back a unit put together from fragments, one of which is to go: the others wait for it again.
    pub(super) fn take_apart(&mut self, key: Key) -> Vec<Key> {
        let Some(first) = self.desk.parcels.with(key) else { return Vec::new() };
        let Some(entry) = self.entries.get(&first) else { return Vec::new() };
        self.seen.forget(&unit_of(&entry.header));
        let extents = self.desk.take_back(first, entry.header.destination());
        extents.into_iter().map(|extent| extent.key).filter(|other| *other != key).collect()
    }

    /// Deletes a bundle, or all fragments of a unit put together.
    pub(super) fn give_up(&mut self, now: Instant, key: Key, reason: Reason) {
        self.give_up_as(now, key, reason, Fate::Done);
    }

    /// Deletes what failed a check: it may have been forged, so the bundle itself is still welcome.
    #[cfg(feature = "crypto")]
    pub(super) fn reject(&mut self, now: Instant, key: Key, reason: Reason) {
        self.give_up_as(now, key, reason, Fate::Lost);
    }

    fn give_up_as(&mut self, now: Instant, key: Key, reason: Reason, fate: Fate) {
        let unit = self.desk.parcels.contains(key).then(|| self.entries.get(&key)).flatten();
        let Some(whole) = unit.and_then(|entry| entry.header.reassembled().ok()) else {
            return self.delete_as(now, key, reason, fate);
        };
        self.close_as(now, key, fate);
        self.report_deleted(now, &whole, reason);
        self.note_deletion(whole.id(), whole.encoded_len(), reason);
    }

    /// Takes what was delivered out of the store, all fragments of it.
    pub(super) fn close(&mut self, now: Instant, key: Key) {
        self.close_as(now, key, Fate::Done);
    }

    fn close_as(&mut self, now: Instant, key: Key, fate: Fate) {
        let Some(extents) = self.desk.parcels.remove(key) else {
            self.discard(now, key, fate);
            return;
        };
        // Fragments cut in other ways may still come: the unit itself is remembered, in one step with the end of
        // all its fragments.
        if let Some(entry) = self.entries.get(&key) {
            let (unit, expires) = (unit_of(&entry.header), entry.expires);
            let part = entry.header.id();
            self.seen.insert(now, &unit, fate, expires);
            self.seen.set_fate(&part, fate);
            self.discard_as(key, unit, fate);
        }
        for extent in &extents {
            if let Some(entry) = self.entries.get(&extent.key) {
                let id = entry.header.id();
                self.discard_as(extent.key, id, fate);
            }
        }
        self.stepped(now, extents.len());
    }
}
