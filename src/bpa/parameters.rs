use bytes::Bytes;
use core::time::Duration;

use super::quota::{Amount, Class, Quotas};
use crate::bundle::{BundleFlags, CrcType, Eid, EidPattern, NodeNumber};
use crate::time::{DtnTime, Epoch};

/// Managed parameters of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentParameters {
    /// The number of this node; its endpoints are `ipn:number.service`.
    pub node: NodeNumber,
    /// Which DTN time it was at [`Instant::ZERO`](crate::time::Instant::ZERO). [`DtnTime::UNKNOWN`] for a host without
    /// an accurate clock: its bundles have no creation time and say how old they are instead, and lifetimes go by age.
    /// The default is the start of the year 2026, for simulations.
    pub epoch: Epoch,
    /// What may be kept.
    pub quotas: Quotas,
    /// Hop limit given to bundles made here, 1 to 255.
    pub hop_limit: u8,
    /// Check sequence of the blocks of bundles made here. ION 4.1.3 knows no primary block but with a CRC-16, so that
    /// what a security block covers is another for it when it is another.
    pub crc: CrcType,
    /// How many bundles are remembered, to know a second copy for one. Each takes some 260 octets of memory.
    pub remembered: usize,
    /// How long a neighbour is left alone after a transfer to it has failed.
    pub pause_after_failure: Duration,
    /// Status reports made in a second at most; zero makes none at all, which is the default.
    pub reports_per_second: u32,
    /// The service that sends what it gets back to where it came from, if there is one.
    pub echo_service: Option<u64>,
    /// When what was done is made durable.
    pub group: GroupCommit,
    /// Payloads up to so many octets are handed to applications at once, longer ones are read from the store. A longer
    /// administrative record is deleted, a longer echo request too.
    pub whole_delivery: u64,
}

/// When what was done is made durable together: as soon as one of them is reached. Zeros make each step durable by
/// itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupCommit {
    /// Since the first step that is not durable.
    pub delay: Duration,
    /// Octets that wait.
    pub octets: usize,
    /// Bundles put or removed.
    pub steps: usize,
}

impl GroupCommit {
    /// Each step by itself.
    pub const NONE: Self = Self { delay: Duration::ZERO, octets: 0, steps: 0 };
}

impl AgentParameters {
    /// How the host's clock and bundle time go together, if it has an accurate clock.
    pub(super) fn clock(&self) -> Option<Epoch> {
        Some(self.epoch).filter(|epoch| epoch.0 != DtnTime::UNKNOWN)
    }

    /// Defaults for the node `node`: 256 MiB and a million bundles, 32 hops, a pause of 5 s, no reports, no echo, CRC-32C.
    #[must_use]
    pub fn new(node: NodeNumber) -> Self {
        Self {
            node,
            epoch: Epoch(DtnTime(DEFAULT_EPOCH_MILLIS)),
            quotas: Quotas::of(Amount { octets: 256 << 20, bundles: 1_000_000 }),
            hop_limit: 32,
            crc: CrcType::Crc32C,
            remembered: 1_000_000,
            pause_after_failure: Duration::from_secs(5),
            reports_per_second: 0,
            echo_service: None,
            group: GroupCommit { delay: Duration::from_millis(10), octets: 8 << 20, steps: 4096 },
            whole_delivery: 16 << 20,
        }
    }
}

/// 2026-01-01 00:00:00 UTC.
const DEFAULT_EPOCH_MILLIS: u64 = 820_454_400_000;

/// What a neighbour takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourParameters {
    /// Octets of the longest bundle handed to it. Longer ones go in fragments of at most that; an urgent bundle
    /// waits for one of them at most.
    pub max_bundle: u64,
    /// Whether a bundle that would not be across before the contact ends is cut to what will.
    pub fit_contact: bool,
}

impl Default for NeighbourParameters {
    fn default() -> Self {
        Self { max_bundle: u64::MAX, fit_contact: true }
    }
}

/// Which class the bundles from and to some endpoints have. The first rule that fits holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Sources it is about.
    pub source: EidPattern,
    /// Destinations it is about.
    pub destination: EidPattern,
    /// Their class.
    pub class: Class,
}

/// Who takes what arrives for some endpoints here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The endpoints. They need not be of this node: what is for them ends here.
    pub endpoints: EidPattern,
    /// Whether deliveries are made by themselves. Otherwise they wait until they are asked for.
    pub active: bool,
    /// Whether a bundle is kept until its delivery is acknowledged. Otherwise it is gone when it is delivered, unless it
    /// is [too long](AgentParameters::whole_delivery) to be handed over at once.
    pub acknowledged: bool,
    /// How many deliveries may be made and not yet acknowledged.
    pub window: usize,
    /// What becomes of what arrives while the registration is passive.
    pub failure: DeliveryFailure,
}

/// What becomes of a bundle that cannot be delivered when it arrives, because the registration is passive.
///
/// Source: RFC 9171 §3.1 and §5.7 (delivery failure action).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeliveryFailure {
    /// It waits until it is asked for or the registration is active.
    #[default]
    Defer,
    /// Its delivery is abandoned: it is gone.
    Abandon,
}

impl Registration {
    /// Active and acknowledged, up to 64 deliveries at a time.
    #[must_use]
    pub fn new(endpoints: impl Into<EidPattern>) -> Self {
        Self {
            endpoints: endpoints.into(),
            active: true,
            acknowledged: true,
            window: 64,
            failure: DeliveryFailure::Defer,
        }
    }

    /// Without acknowledgements: delivered is gone, but for what comes as [`Payload::Stored`](super::Payload::Stored).
    #[must_use]
    pub fn unacknowledged(self) -> Self {
        Self { acknowledged: false, ..self }
    }

    /// Passive: nothing is delivered until it is asked for.
    #[must_use]
    pub fn passive(self) -> Self {
        Self { active: false, ..self }
    }

    /// What arrives while it is passive is not kept.
    #[must_use]
    pub fn abandoning(self) -> Self {
        Self { failure: DeliveryFailure::Abandon, ..self }
    }

    pub(super) fn abandons(&self) -> bool {
        !self.active && self.failure == DeliveryFailure::Abandon
    }
}

/// How a registration is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(pub u32);

/// What an application asks to have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransmissionRequest {
    /// The endpoint to send to.
    pub destination: Eid,
    /// The service here that sends it, and so the source endpoint.
    pub source_service: u64,
    /// What to send.
    pub payload: Bytes,
    /// How long it is of use, from now on.
    pub lifetime: Duration,
    /// How urgent it is.
    pub class: Class,
    /// Bundle processing control flags, such as those that ask for reports.
    pub flags: BundleFlags,
    /// Who gets the reports; nobody when it is the null endpoint.
    pub report_to: Eid,
}

impl TransmissionRequest {
    /// Sends `payload` to `destination` as service 1, as ordinary traffic, and asks for no reports.
    #[must_use]
    pub fn new(destination: Eid, payload: Bytes, lifetime: Duration) -> Self {
        Self {
            destination,
            source_service: 1,
            payload,
            lifetime,
            class: Class::Normal,
            flags: BundleFlags::NONE,
            report_to: Eid::NONE,
        }
    }
}
