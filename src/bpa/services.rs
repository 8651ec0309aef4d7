//! What is for the node itself: administrative records, and the echo service.

use super::agent::Agent;
use super::event::{Delivery, Event, Payload};
use super::parameters::TransmissionRequest;
use super::quota::Class;
use super::store::{Key, Store, StoreError};
use crate::bundle::{AdminRecord, BundleFlags, Reason};
use crate::time::Instant;

impl<S: Store> Agent<S> {
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

    pub(super) fn take_admin_record(&mut self, now: Instant, key: Key) {
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
    pub(super) fn echo(&mut self, now: Instant, key: Key) {
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
