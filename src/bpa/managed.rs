//! What the profile asks a node to tell of its bundles and registrations, and all figures through a facade.

use super::agent::Agent;
use super::keeping::Place;
use super::parameters::{Registration, RegistrationId};
use super::store::Store;
use crate::bundle::Reason;
#[cfg(feature = "metrics")]
use crate::figures::Labels;
use crate::figures::figures;
use crate::time::DtnTime;

/// What the profile's annex C asks a node to tell of its bundles, now.
///
/// The names follow two lists that agree with each other: tables C-1, C-2 and C-4 as one implementation gives them, and
/// the draft for the management of an agent. The book itself was not at hand. What both leave out may be missing here
/// too.
///
/// Source: CCSDS 734.20-O-1 annex C, through `BPLib_AS_Counter_t` of NASA's bplib 7; draft-birrane-dtn-adm-bp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManagedInformation {
    /// When this agent was started last: the DTN time at its instant zero.
    pub started: DtnTime,
    /// Registrations.
    pub registrations: u64,
    /// Bundles that wait to be sent on, or are being sent.
    pub forward_pending: u64,
    /// Bundles that wait to be delivered, secured or checked, or for an acknowledgement.
    pub dispatch_pending: u64,
    /// Fragments that wait for the rest.
    pub reassembly_pending: u64,
    /// Bundles made here, status reports included.
    pub created: u64,
    /// Bundles kept.
    pub stored: u64,
    /// Bundles that were cut on sending.
    pub fragmented: u64,
    /// Fragments made on sending.
    pub fragments_created: u64,
    /// Transfers that failed.
    pub failed_forwards: u64,
    /// Deliveries abandoned.
    pub abandoned: u64,
    /// Bundles given up.
    pub discarded: u64,
    /// Octets there is room for.
    pub storage_available: u64,
}

figures!(ManagedInformation, "spacelink_bpa_";
    totals: created, fragmented, fragments_created, failed_forwards, abandoned, discarded;
    gauges: registrations, forward_pending, dispatch_pending, reassembly_pending, stored, storage_available;
    apart: started);

/// How one registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistrationState<'a> {
    /// Which one.
    pub id: RegistrationId,
    /// Its endpoints, whether it is active, and what becomes of what comes while it is not.
    pub registration: &'a Registration,
    /// Application data units that wait to be delivered to it.
    pub waiting: u64,
    /// Deliveries made and not yet acknowledged.
    pub unacknowledged: u64,
}

impl<S: Store> Agent<S> {
    /// How many bundles were given up for each reason, as a status report would say it.
    pub fn deletions(&self) -> impl Iterator<Item = (Reason, u64)> {
        self.deletions.iter().map(|(reason, bundles)| (*reason, *bundles))
    }

    /// What annex C of the profile asks for. Looks at every bundle that is kept.
    #[must_use]
    pub fn managed_information(&self) -> ManagedInformation {
        let counters = self.counters();
        let mut told = ManagedInformation {
            started: self.parameters.epoch.0,
            registrations: self.registrations().count() as u64,
            created: counters.sourced + counters.reports_sent,
            stored: self.entries.len() as u64,
            fragmented: counters.fragmented,
            fragments_created: counters.fragments_made,
            failed_forwards: counters.failed_transfers,
            abandoned: counters.abandoned,
            discarded: counters.deleted,
            storage_available: self.parameters.quotas.store.octets.saturating_sub(counters.kept.octets),
            ..ManagedInformation::default()
        };
        for entry in self.entries.values() {
            *match entry.place {
                Place::Forwarding(_) => &mut told.forward_pending,
                Place::Reassembly => &mut told.reassembly_pending,
                Place::Desk | Place::Workshop => &mut told.dispatch_pending,
            } += 1;
        }
        told
    }
}

/// Publishes the figures of `agent` through the `metrics` facade, labelled by node, neighbour, class and registration.
/// To be called as often as they are wanted; nothing is published in between.
#[cfg(feature = "metrics")]
pub fn publish<S: Store>(agent: &Agent<S>) {
    use super::quota::Class;
    let node = Labels::new("node", agent.node().0);
    let counters = agent.counters();
    counters.each_total(node.counter());
    counters.each_gauge(node.gauge());
    node.gauge()("spacelink_bpa_kept_octets", counters.kept.octets);
    node.gauge()("spacelink_bpa_kept_bundles", counters.kept.bundles);
    for (class, kept) in Class::ALL.into_iter().zip(counters.kept_by_class) {
        let mut gauge = node.and("class", class.name()).gauge();
        gauge("spacelink_bpa_class_octets", kept.octets);
        gauge("spacelink_bpa_class_bundles", kept.bundles);
    }
    let told = agent.managed_information();
    told.each_total(node.counter());
    told.each_gauge(node.gauge());
    node.gauge()("spacelink_bpa_started", told.started.0);
    for (reason, bundles) in agent.deletions() {
        node.and("reason", reason.0).counter()("spacelink_bpa_deleted_by_reason", bundles);
    }
    for (neighbour, counters) in agent.neighbour_counters() {
        counters.each_total(node.and("neighbour", neighbour.0).counter());
    }
    for state in agent.registrations() {
        let labels = node.and("registration", state.id.0).and("endpoints", &state.registration.endpoints);
        let mut gauge = labels.gauge();
        gauge("spacelink_bpa_registration_active", state.registration.active.into());
        gauge("spacelink_bpa_registration_waiting", state.waiting);
        gauge("spacelink_bpa_registration_unacknowledged", state.unacknowledged);
    }
}
