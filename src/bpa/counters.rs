use super::keeping::Place;
use super::quota::Amount;

macro_rules! each_counter {
    ($counters:ident, $emit:ident: $($counter:ident),*) => {
        $($emit(concat!("spacelink_bpa_", stringify!($counter)), $counters.$counter);)*
    };
}

/// What an agent has done so far, and what it keeps.
///
/// The set follows what RFC 9171 lets happen to a bundle; [`ManagedInformation`] is what the profile asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentCounters {
    /// Bundles made here.
    pub sourced: u64,
    /// Bundles taken from neighbours.
    pub received: u64,
    /// Octets of them.
    pub octets_received: u64,
    /// Copies of bundles that had been here before.
    pub duplicates: u64,
    /// Bundles refused for any other reason.
    pub refused: u64,
    /// Bundles proved to have reached a neighbour.
    pub forwarded: u64,
    /// Octets proved to have reached a neighbour.
    pub octets_forwarded: u64,
    /// Transfers that failed, their bundles kept.
    pub failed_transfers: u64,
    /// Fragments made on sending.
    pub fragments_made: u64,
    /// Application data units put together from fragments.
    pub reassembled: u64,
    /// Application data units delivered here.
    pub delivered: u64,
    /// Bundles given up here: lifetime over, forwarded too often, or for others that are more urgent.
    pub deleted: u64,
    /// Of those, the ones whose lifetime was over.
    pub expired: u64,
    /// Of those, the ones that made room.
    pub evicted: u64,
    /// Of those, the ones whose payload had changed on the medium.
    pub damaged: u64,
    /// Status reports sent.
    pub reports_sent: u64,
    /// Status reports asked for and not sent, for their number.
    pub reports_withheld: u64,
    /// Status reports received.
    pub reports_received: u64,
    /// Bundles found in the store at the start.
    pub recovered: u64,
    /// What was found in the store at the start and could not be read.
    pub unreadable: u64,
    /// Bundles the store failed to make durable.
    pub store_failures: u64,
    /// Most octets ever kept at once.
    pub most_octets: u64,
    /// Bundles to which security operations were added.
    pub protected: u64,
    /// Security operations that were checked and hold.
    pub operations_verified: u64,
    /// Security operations that failed, or were missing or could not be added.
    pub operations_failed: u64,
    /// What is kept now, bundles still coming included.
    pub kept: Amount,
    /// The same by class, the least urgent first.
    pub kept_by_class: [Amount; 3],
    /// Transfers under way.
    pub in_transfer: u64,
    /// Application data units of which fragments wait for the rest.
    pub in_reassembly: u64,
    /// Identities remembered.
    pub remembered: u64,
}

/// What an agent had to do with one neighbour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeighbourCounters {
    /// Bundles taken from it.
    pub received: u64,
    /// Octets of them.
    pub octets_received: u64,
    /// Copies it sent of what had been here before.
    pub duplicates: u64,
    /// Bundles refused for any other reason.
    pub refused: u64,
    /// Transfers begun.
    pub sent: u64,
    /// Transfers proved across.
    pub across: u64,
    /// Octets proved across.
    pub octets_across: u64,
    /// Transfers that failed.
    pub failed: u64,
}

/// What the profile's annex C asks a node to tell of its bundles, now.
///
/// The names are those of tables C-1, C-2 and C-4 as an implementation of them gives them; the book itself was not at
/// hand. What that implementation leaves out may be missing here too.
///
/// Source: CCSDS 734.20-O-1 annex C.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManagedInformation {
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
    /// Fragments made on sending.
    pub fragments_created: u64,
    /// Transfers that failed.
    pub failed_forwards: u64,
    /// Bundles given up.
    pub discarded: u64,
    /// Octets there is room for.
    pub storage_available: u64,
}

impl ManagedInformation {
    /// Tells each under its name.
    pub fn each(&self, mut emit: impl FnMut(&'static str, u64)) {
        each_counter!(self, emit: forward_pending, dispatch_pending, reassembly_pending, created, stored,
            fragments_created, failed_forwards, discarded, storage_available);
    }
}

impl<S: super::Store> super::Agent<S> {
    /// What annex C of the profile asks for. Looks at every bundle that is kept.
    #[must_use]
    pub fn managed_information(&self) -> ManagedInformation {
        let counters = self.counters();
        let mut told = ManagedInformation {
            created: counters.sourced + counters.reports_sent,
            stored: self.entries.len() as u64,
            fragments_created: counters.fragments_made,
            failed_forwards: counters.failed_transfers,
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

impl AgentCounters {
    /// Tells the running totals under their names.
    pub fn each_total(&self, mut emit: impl FnMut(&'static str, u64)) {
        each_counter!(self, emit: sourced, received, octets_received, duplicates, refused, forwarded,
            octets_forwarded, failed_transfers, fragments_made, reassembled, delivered, deleted, expired, evicted, damaged,
            reports_sent, reports_withheld, reports_received, recovered, unreadable, store_failures, protected,
            operations_verified, operations_failed);
    }

    /// Tells what is the case now under its names.
    pub fn each_gauge(&self, mut emit: impl FnMut(&'static str, u64)) {
        each_counter!(self, emit: most_octets, in_transfer, in_reassembly, remembered);
        emit("spacelink_bpa_kept_octets", self.kept.octets);
        emit("spacelink_bpa_kept_bundles", self.kept.bundles);
    }
}

impl NeighbourCounters {
    /// Tells the running totals under their names.
    pub fn each_total(&self, mut emit: impl FnMut(&'static str, u64)) {
        let mut emit = |name, value| emit(name, value);
        emit("spacelink_bpa_neighbour_received", self.received);
        emit("spacelink_bpa_neighbour_octets_received", self.octets_received);
        emit("spacelink_bpa_neighbour_duplicates", self.duplicates);
        emit("spacelink_bpa_neighbour_refused", self.refused);
        emit("spacelink_bpa_neighbour_sent", self.sent);
        emit("spacelink_bpa_neighbour_across", self.across);
        emit("spacelink_bpa_neighbour_octets_across", self.octets_across);
        emit("spacelink_bpa_neighbour_failed", self.failed);
    }
}

/// Publishes the figures of `agent` through the `metrics` facade, labelled by node and neighbour. To be called as
/// often as they are wanted; nothing is published in between.
#[cfg(feature = "metrics")]
pub fn publish<S: super::Store>(agent: &super::Agent<S>) {
    use alloc::string::ToString;
    let node = agent.node().0.to_string();
    let counters = agent.counters();
    counters.each_total(|name, value| metrics::counter!(name, "node" => node.clone()).absolute(value));
    counters.each_gauge(|name, value| metrics::gauge!(name, "node" => node.clone()).set(value as f64));
    let told = agent.managed_information();
    told.each(|name, value| metrics::gauge!(name, "node" => node.clone()).set(value as f64));
    for (neighbour, counters) in agent.neighbour_counters() {
        let neighbour = neighbour.0.to_string();
        counters.each_total(|name, value| {
            let labels = [("node", node.clone()), ("neighbour", neighbour.clone())];
            metrics::counter!(name, &labels).absolute(value);
        });
    }
}
