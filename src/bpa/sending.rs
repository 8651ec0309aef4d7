//! Handing bundles to the layer below, whole or in fragments, and what becomes of that.

use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use core::ops::Range;
use core::time::Duration;

use super::agent::Agent;
use super::event::{Event, Outbound, Outcome, ReadError, TransferId};
use super::keeping::{Entry, Place};
use super::parameters::NeighbourParameters;
use super::quota::Class;
use super::record::Record;
use super::seen::Fate;
use super::store::{Key, Store, StoreError};
use super::{span, trace};
use crate::bundle::{BundleFlags, BundleWriter, Eid, Header, NodeNumber, Reason};
use crate::routing::PlanTime;
use crate::time::Instant;

/// A transfer that is under way.
#[derive(Debug)]
pub(super) struct Transfer {
    key: Key,
    to: NodeNumber,
    /// The part of the kept bundle's payload that is in it.
    range: Range<u64>,
    /// Whether that is all of it, as it came.
    whole: bool,
    /// As it goes out.
    header: Header,
    len: u64,
    reading: Option<Reading>,
    /// The store has octets of it still to get.
    late: bool,
}

/// How far a transfer has been read.
struct Reading {
    /// Octets that go before the payload, until they are read.
    start: Vec<u8>,
    /// How many they are.
    start_len: u64,
    /// Octets read of the whole.
    read: u64,
    writer: Option<BundleWriter>,
    /// What goes after the payload.
    trailer: Option<crate::bundle::Trailer>,
}

impl core::fmt::Debug for Reading {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reading").field("read", &self.read).finish_non_exhaustive()
    }
}

/// Octets of the shortest fragment made because a contact is about to end.
const MIN_CUT: u64 = 4096;

impl<S: Store> Agent<S> {
    /// The next bundle to hand to `neighbour`, which must be able to take one.
    ///
    /// The bundle stays in the store until [`transfer_ended`](Self::transfer_ended) says that it is across. Read it
    /// with [`octets`](Self::octets) or piece by piece with [`read_transfer`](Self::read_transfer).
    pub fn poll_forward(&mut self, now: Instant, neighbour: NodeNumber) -> Option<Outbound> {
        self.next_transfer(now, neighbour, Class::Bulk)
    }

    /// As [`poll_forward`](Self::poll_forward), but only a bundle that is [`Class::Expedited`].
    pub fn poll_forward_urgent(&mut self, now: Instant, neighbour: NodeNumber) -> Option<Outbound> {
        self.next_transfer(now, neighbour, Class::Expedited)
    }

    fn next_transfer(&mut self, now: Instant, neighbour: NodeNumber, least: Class) -> Option<Outbound> {
        span!("forward", node = self.parameters.node.0, neighbour = neighbour.0);
        let (room, least_cut) = self.room(now, neighbour)?;
        loop {
            let (entries, mut stuck) = (&self.entries, Vec::new());
            let fits = |key| {
                let Some(entry) = entries.get(&key).filter(|entry| entry.class >= least) else {
                    return false;
                };
                let goes = can_go(entry, room, least_cut);
                if !goes {
                    stuck.push(key);
                }
                goes
            };
            let next = self.forwarding.next_for(now, neighbour, fits);
            let more = !stuck.is_empty();
            stuck.into_iter().for_each(|key| self.set_aside(key));
            let key = match next {
                Some(key) => key,
                // Beyond those that were looked at there may be one.
                None if more => continue,
                None => return None,
            };
            let entry = self.entries.get_mut(&key)?;
            // RFC 9171 §4.4.2: the time on the way counts as well.
            let light_time =
                self.contacts.open_to(neighbour).map_or(Duration::ZERO, |contact| contact.light_time);
            let stay = entry.before + now.since(entry.received) + light_time;
            let Some(header) = entry.header.sent_on(Eid::ipn(self.parameters.node, 0), stay) else {
                self.delete(now, key, Reason::HOP_LIMIT);
                continue;
            };
            let came_whole = entry.rest.is_none();
            let Some((header, range)) = cut(entry, header, room) else {
                // No fragment can be made of it after all.
                self.set_aside(key);
                continue;
            };
            let whole = entry.rest.is_none();
            entry.hands += 1;
            if entry.rest.as_ref().is_none_or(Vec::is_empty)
                && let Place::Forwarding(destination) = entry.place
            {
                let class = entry.class;
                self.forwarding.forget(destination, class, key);
            }
            let class = entry.class;
            self.counters.fragmented += u64::from(came_whole && !whole);
            self.counters.fragments_made += u64::from(!whole);
            let transfer = TransferId(self.next_transfer);
            self.next_transfer += 1;
            let len = header.encoded_len();
            self.neighbour_counters.entry(neighbour).or_default().sent += 1;
            let state =
                Transfer { key, to: neighbour, range, whole, header, len, reading: None, late: false };
            self.transfers.insert(transfer, state);
            return Some(Outbound { transfer, class, len });
        }
    }

    /// Has a bundle wait for a better time, and others go before it.
    fn set_aside(&mut self, key: Key) {
        if let Some(entry) = self.entries.get(&key)
            && let Place::Forwarding(destination) = entry.place
        {
            self.forwarding.set_aside(destination, entry.class, key);
        }
    }

    /// Whether a contact with `neighbour` is open.
    #[must_use]
    pub fn has_contact(&self, neighbour: NodeNumber) -> bool {
        self.contacts.is_open(neighbour)
    }

    /// All octets of a transfer.
    ///
    /// # Errors
    /// [`ReadError::Gone`] when it has ended or its bundle was given up; [`ReadError::Store`] when the store does
    /// not give the payload, or it does not fit into memory. A bundle whose payload has changed on the medium
    /// ([`StoreError::Damaged`]) is given up with the next [`poll_event`](Self::poll_event).
    pub fn octets(&mut self, transfer: TransferId) -> Result<Bytes, ReadError> {
        let octets = self.all_octets(transfer);
        self.note_reading(transfer, octets.as_ref().err());
        octets
    }

    fn all_octets(&mut self, transfer: TransferId) -> Result<Bytes, ReadError> {
        let transfer = self.transfers.get(&transfer).ok_or(ReadError::Gone)?;
        let needed = transfer.range.end - transfer.range.start;
        let payload = if transfer.whole {
            self.store.payload(transfer.key).map_err(gone)?
        } else {
            let len = usize::try_from(needed).map_err(|_| StoreError::Full { needed })?;
            let mut octets = vec![0; len];
            let read = self.store.read(transfer.key, transfer.range.start, &mut octets).map_err(gone)?;
            octets.truncate(read);
            octets.into()
        };
        if payload.len() as u64 != needed {
            return Err(StoreError::Medium("reading").into());
        }
        let needed = transfer.len;
        let len = usize::try_from(needed).map_err(|_| StoreError::Full { needed })?;
        let (mut writer, mut out) = BundleWriter::with_room(&transfer.header, len);
        writer.payload(&payload).map_err(|_| StoreError::Medium("reading"))?;
        out.extend_from_slice(&payload);
        out.extend_from_slice(writer.finish().map_err(|_| StoreError::Medium("reading"))?.as_ref());
        Ok(out.into())
    }

    /// Reads the next octets of a transfer into `out` and returns how many there were; 0 at its end.
    ///
    /// # Errors
    /// As [`octets`](Self::octets); [`StoreError::Later`] when the octets are still to come: ask again,
    /// or give the transfer back as [`Outcome::Later`].
    pub fn read_transfer(&mut self, transfer: TransferId, out: &mut [u8]) -> Result<usize, ReadError> {
        let read = self.next_octets(transfer, out);
        self.note_reading(transfer, read.as_ref().err());
        read
    }

    fn note_reading(&mut self, transfer: TransferId, error: Option<&ReadError>) {
        let error = error.and_then(ReadError::store);
        self.note_damage(error);
        if let Some(transfer) = self.transfers.get_mut(&transfer) {
            transfer.late = error == Some(StoreError::Later);
        }
    }

    /// Octets of a bundle that were to come are at hand: if it was given back for want of them, it goes out now.
    pub(super) fn transfer_readable(&mut self, key: Key) {
        for transfer in self.transfers.values_mut().filter(|transfer| transfer.key == key) {
            transfer.late = false;
        }
        if let Some(entry) = self.entries.get(&key)
            && let Place::Forwarding(destination) = entry.place
            && entry.rest.as_ref().map_or(entry.hands == 0, |rest| !rest.is_empty())
        {
            self.forwarding.wait(destination, entry.class, key);
        }
    }

    fn next_octets(&mut self, transfer: TransferId, out: &mut [u8]) -> Result<usize, ReadError> {
        let transfer = self.transfers.get_mut(&transfer).ok_or(ReadError::Gone)?;
        let reading = match &mut transfer.reading {
            Some(reading) => reading,
            none => {
                let (writer, start) = BundleWriter::new(&transfer.header);
                let start_len = start.len() as u64;
                none.insert(Reading { start, start_len, read: 0, writer: Some(writer), trailer: None })
            }
        };
        let payload_len = transfer.range.end - transfer.range.start;
        let mut filled = 0;
        while filled < out.len() {
            let rest = &mut out[filled..];
            let at = reading.read;
            let start_len = reading.start_len;
            let len = if at < start_len {
                let len = copy(reading.start.get(at as usize..).unwrap_or_default(), rest);
                if at + len as u64 == start_len {
                    // A transfer may wait for its proof for long.
                    reading.start = Vec::new();
                }
                len
            } else if at < start_len + payload_len {
                let offset = at - start_len;
                let most = usize::try_from(payload_len - offset).unwrap_or(usize::MAX).min(rest.len());
                let read = self.store.read(transfer.key, transfer.range.start + offset, &mut rest[..most]);
                let read = match read {
                    Err(StoreError::Later) if filled > 0 => break,
                    read => read.map_err(gone)?,
                };
                if read == 0 {
                    return Err(StoreError::Medium("finding a payload").into());
                }
                if let Some(writer) = &mut reading.writer {
                    writer.payload(&rest[..read]).map_err(|_| StoreError::Medium("reading"))?;
                }
                read
            } else {
                if let Some(writer) = reading.writer.take() {
                    reading.trailer = writer.finish().ok();
                }
                let trailer = reading.trailer.as_ref().map_or(&[][..], AsRef::as_ref);
                copy(trailer.get((at - start_len - payload_len) as usize..).unwrap_or_default(), rest)
            };
            if len == 0 {
                break;
            }
            reading.read += len as u64;
            filled += len;
        }
        Ok(filled)
    }

    /// Ends the transfer of a bundle handed out by [`poll_forward`](Self::poll_forward). A transfer that has ended
    /// already, or whose bundle was given up meanwhile, is ignored.
    pub fn transfer_ended(&mut self, now: Instant, transfer: TransferId, outcome: Outcome) {
        span!("transfer_ended", node = self.parameters.node.0, transfer = transfer.0);
        let Some(transfer) = self.transfers.remove(&transfer) else { return };
        let Transfer { key, to, range, header, len, late, whole, .. } = transfer;
        let counters = self.neighbour_counters.entry(to).or_default();
        let across = match outcome {
            Outcome::Across => range.end,
            Outcome::Partly(octets) => {
                // What is across must be of use as a fragment of its own.
                let payload = octets.saturating_sub(header.start_len() as u64);
                let may_be_cut = !header.flags().contains(BundleFlags::MUST_NOT_FRAGMENT);
                let payload = if may_be_cut { payload } else { 0 };
                range.start.saturating_add(payload).min(range.end)
            }
            Outcome::Failed | Outcome::Later => range.start,
        };
        match outcome {
            Outcome::Across => {
                counters.across += 1;
                counters.octets_across += len;
                self.counters.octets_forwarded += len;
            }
            Outcome::Later => {
                counters.sent -= 1;
                self.counters.fragments_made -= u64::from(!whole);
            }
            Outcome::Partly(_) | Outcome::Failed => {
                counters.failed += 1;
                self.counters.failed_transfers += 1;
                self.counters.octets_failed += len;
                if self.contacts.is_open(to) {
                    self.forwarding.pause(to, now + self.parameters.pause_after_failure);
                }
            }
        }
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.hands = entry.hands.saturating_sub(1);
        let waits = late && outcome == Outcome::Later;
        let all_across = matches!(outcome, Outcome::Across) || across == range.end && range.start < range.end;
        if !all_across {
            if across > range.start || entry.rest.is_some() {
                self.counters.fragmented += u64::from(entry.rest.is_none());
                let rest = entry.rest.get_or_insert_default();
                let at = rest.partition_point(|other| other.start < across);
                rest.insert(at, across..range.end);
            }
            if let Place::Forwarding(destination) = entry.place {
                let class = entry.class;
                match waits {
                    true => self.forwarding.forget(destination, class, key),
                    false => self.forwarding.wait(destination, class, key),
                }
            }
        }
        if entry.hands == 0 && all_across && entry.rest.as_ref().is_none_or(Vec::is_empty) {
            return self.forwarded(now, key, to);
        }
        if across > range.start {
            self.note_progress(now, key);
        }
    }

    /// Keeps in mind what of a bundle is across, for the time after a restart.
    fn note_progress(&mut self, now: Instant, key: Key) {
        let Some(entry) = self.entries.get(&key) else { return };
        if self.store.durability() == super::Durability::Volatile {
            return;
        }
        let mut rest = entry.rest.clone().unwrap_or_default();
        // What is under way is not across.
        rest.extend(
            self.transfers
                .values()
                .filter(|transfer| transfer.key == key)
                .map(|transfer| transfer.range.clone()),
        );
        rest.sort_by_key(|range| range.start);
        let record = Record {
            header: &entry.header,
            // The time it was here before counts as well.
            received: self.parameters.epoch.dtn_time(entry.received).earlier_by(entry.before),
            expires: self.dtn_expiry(entry.expires),
            from: entry.from,
            class: entry.class,
            rest: Some(rest),
            stage: entry.stage,
            replaces: Vec::new(),
        };
        // Without it, more than needed is sent after a restart.
        let _ = self.store.update(key, &record.encode());
        self.stepped(now, 1);
    }

    fn forwarded(&mut self, now: Instant, key: Key, to: NodeNumber) {
        let Some(entry) = self.entries.get(&key) else { return };
        let fate =
            Fate::Forwarded { from: entry.from, hops: entry.header.hop_count().map(|hops| hops.count) };
        let Some(entry) = self.discard(now, key, fate) else { return };
        self.counters.forwarded += 1;
        let id = entry.header.id();
        trace!("bundle forwarded", id = ?id, to = to.0);
        self.report_forwarded(now, &entry.header);
        self.events.push_back(Event::Forwarded { id, to });
    }

    /// Octets that the next bundle for the neighbour may have, and that a fragment should have; `None` when there is
    /// no contact.
    fn room(&self, now: Instant, neighbour: NodeNumber) -> Option<(u64, u64)> {
        let contact = self.contacts.open_to(neighbour)?;
        let NeighbourParameters { max_bundle, fit_contact } =
            self.neighbours.get(&neighbour).copied().unwrap_or_default();
        if !fit_contact || contact.rate == 0 || contact.end == PlanTime::MAX {
            return Some((max_bundle, 0));
        }
        let left = contact.end.instant().since(now);
        let octets = left.as_micros().saturating_mul(contact.rate.into()) / 8_000_000;
        Some((max_bundle.min(u64::try_from(octets).unwrap_or(u64::MAX)), MIN_CUT.min(max_bundle)))
    }
}

/// Whether a bundle, or a fragment of it worth sending, can go where there is room for so many octets.
fn can_go(entry: &Entry, room: u64, least_cut: u64) -> bool {
    let growth = 64; // A previous node block, and heads that become longer.
    let fits = entry.rest.is_none() && entry.octets + growth <= room;
    fits || room >= least_cut && !entry.header.flags().contains(BundleFlags::MUST_NOT_FRAGMENT)
        || entry.octets <= room && entry.rest.is_none()
}

/// The bundle as it goes out, cut if it must be, and which part of the payload is in it. What it holds is no longer
/// among the rest.
fn cut(entry: &mut Entry, header: Header, room: u64) -> Option<(Header, Range<u64>)> {
    let all = 0..entry.header.payload_len();
    if entry.rest.is_none()
        && (header.encoded_len() <= room || header.flags().contains(BundleFlags::MUST_NOT_FRAGMENT))
    {
        return Some((header, all));
    }
    let first = match &entry.rest {
        None => all.clone(),
        Some(rest) => rest.first()?.clone(),
    };
    let len = header.cut_room(first.start, room).ok()?.min(first.end - first.start);
    let header = header.cut(first.start, len).ok()?;
    let rest = entry.rest.get_or_insert_with(|| vec![all]);
    let range = first.start..first.start + len;
    if range.end == first.end {
        rest.remove(0);
    } else {
        rest[0].start = range.end;
    }
    Some((header, range))
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    to[..len].copy_from_slice(&from[..len]);
    len
}

fn gone(error: StoreError) -> ReadError {
    match error {
        StoreError::Unknown(_) => ReadError::Gone,
        error => error.into(),
    }
}
