use super::quota::Amount;
use crate::figures::figures;

/// What an agent has done so far, and what it keeps.
///
/// The set follows what RFC 9171 lets happen to a bundle; [`ManagedInformation`](super::ManagedInformation) is what
/// the profile asks for.
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
    /// Octets that were handed to them.
    pub octets_failed: u64,
    /// Bundles that were cut on sending.
    pub fragmented: u64,
    /// Fragments made on sending.
    pub fragments_made: u64,
    /// Application data units put together from fragments.
    pub reassembled: u64,
    /// Application data units delivered here.
    pub delivered: u64,
    /// Application data units whose delivery was abandoned, because nobody took them when they arrived.
    pub abandoned: u64,
    /// Octets of those units.
    pub octets_abandoned: u64,
    /// Bundles given up here: lifetime over, forwarded too often, or for others that are more urgent.
    pub deleted: u64,
    /// Octets of them.
    pub octets_deleted: u64,
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

figures!(AgentCounters, "spacelink_bpa_";
    totals: sourced, received, octets_received, duplicates, refused, forwarded, octets_forwarded, failed_transfers, octets_failed,
        fragmented, fragments_made, reassembled, delivered, abandoned, octets_abandoned, deleted, octets_deleted, expired, evicted, damaged, reports_sent,
        reports_withheld, reports_received, recovered, unreadable, store_failures, protected, operations_verified,
        operations_failed;
    gauges: most_octets, in_transfer, in_reassembly, remembered;
    apart: kept, kept_by_class);

figures!(NeighbourCounters, "spacelink_bpa_neighbour_";
    totals: received, octets_received, duplicates, refused, sent, across, octets_across, failed);
