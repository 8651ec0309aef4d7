//! What a node's security policy says about bundles that are kept, and how far the work on them is.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::time::Duration;
use rand_core::CryptoRng;

use super::keeping::Stage;
use super::quota::Class;
use super::store::Key;
use crate::bpsec::{self, Policy, Processor, Protector, Role, Service};
use crate::bundle::{Header, block_type};
use crate::keys::KeyStore;
use crate::time::Instant;

/// What an agent needs to secure bundles: its policy, its keys, and randomness.
///
/// Rules for [`Role::Source`] are about bundles made here and, if they are [for a gateway](bpsec::Rule::gateway),
/// about those that pass. Rules for [`Role::Verifier`] and [`Role::Acceptor`] are about all that come from elsewhere;
/// their patterns say whether only what ends here is meant.
///
/// A bundle that cannot be secured, for want of a key or because it is a fragment, is deleted, unless all rules about
/// it say [`Action::Keep`](bpsec::Action::Keep).
///
/// ```
/// use bytes::Bytes;
/// use spacelink::bpa::{Agent, AgentParameters, Event, MemoryStore, Registration, Security, TransmissionRequest};
/// use spacelink::bpsec::{BcbAesGcm, Policy, Presence, Role, Rule};
/// use spacelink::bundle::{Eid, NodeNumber};
/// use spacelink::keys::{Key, KeyId};
/// use spacelink::routing::ContactPlan;
/// use spacelink::time::Instant;
/// use std::time::Duration;
/// # let rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1);
///
/// let keys = vec![(KeyId(1), Key::new(&[7; 32]).unwrap())];
/// let encrypts = Rule::new(Role::Source, BcbAesGcm::DEFAULT, KeyId(1)).for_destination("ipn:7.*".parse()?);
/// let decrypts = Rule::new(Role::Acceptor, BcbAesGcm::DEFAULT, KeyId(1)).presence(Presence::Required);
/// let security = Security::new(Policy { rules: vec![encrypts, decrypts] }, keys, rng);
///
/// let now = Instant::ZERO;
/// let here = Eid::ipn(NodeNumber(7), 1);
/// let parameters = AgentParameters::new(NodeNumber(7));
/// let mut agent = Agent::secured(parameters, ContactPlan::default(), MemoryStore::new(), security)?;
/// agent.register(Registration::new(&here));
/// agent.transmit(now, TransmissionRequest::new(here, Bytes::from("to myself"), Duration::from_secs(60)))?;
///
/// let Some(Event::Delivered(delivery)) = agent.poll_event(now) else { panic!("nothing delivered") };
/// assert_eq!(delivery.payload.octets().unwrap(), "to myself");
/// assert_eq!((agent.counters().protected, agent.counters().operations_verified), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: RFC 9172 §5.1, §5.2.
pub struct Security {
    pub(super) policy: Policy,
    /// The policy for bundles that pass.
    pub(super) passing: Policy,
    pub(super) keys: Box<dyn KeyStore + Send>,
    pub(super) rng: Box<dyn CryptoRng + Send>,
}

impl Security {
    /// `rng` makes initialization vectors and keys, so it must be one that nobody can guess. Mistakes in the policy are
    /// found by [`Policy::check`].
    pub fn new(
        policy: Policy,
        keys: impl KeyStore + Send + 'static,
        rng: impl CryptoRng + Send + 'static,
    ) -> Self {
        let passing = policy.of_gateway();
        Self { policy, passing, keys: Box::new(keys), rng: Box::new(rng) }
    }

    pub(super) fn source_policy(&self, stage: Stage) -> &Policy {
        if stage == Stage::Made { &self.policy } else { &self.passing }
    }

    /// Whether there are rules about a bundle at this stage.
    fn has_rules(&self, header: &Header, stage: Stage) -> bool {
        match stage {
            Stage::Made | Stage::Passing => {
                self.source_policy(stage).rules_for(header.primary(), Role::Source).next().is_some()
            }
            Stage::Received => {
                let kinds = [block_type::INTEGRITY, block_type::CONFIDENTIALITY];
                let secured = header.blocks().iter().any(|block| kinds.contains(&block.block_type()));
                self.checks(header).any(|rule| secured || rule.is_required())
            }
            Stage::Ready => false,
        }
    }

    fn checks(&self, header: &Header) -> impl Iterator<Item = &bpsec::Rule> {
        let rules = |role| self.policy.rules_for(header.primary(), role);
        rules(Role::Verifier).chain(rules(Role::Acceptor))
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Security").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Bundles that are being secured or checked.
#[derive(Debug, Default)]
pub(super) struct Securing {
    pub(super) security: Option<Security>,
    pub(super) works: BTreeMap<Key, Work>,
    /// Those that can go on, the most urgent and then the oldest first.
    pub(super) ready: BTreeSet<(Reverse<Class>, Key)>,
    /// Those that the store had no room for, and when they are tried again.
    pub(super) retries: BTreeSet<(Instant, Key)>,
    /// New forms that are yet to become durable, and the bundles they take the place of.
    pub(super) settling: BTreeMap<Key, Key>,
    /// When to go on, if there is anything to go on with.
    pub(super) due: Option<Instant>,
    pub(super) piece: Vec<u8>,
}

/// How far the work on one bundle is.
#[derive(Debug)]
pub(super) enum Work {
    Waiting,
    Running(Box<Running>),
    /// All is done, and the new form of the bundle is in the store.
    Settling {
        new: Key,
        header: Box<Header>,
    },
}

pub(super) struct Running {
    pub(super) what: What,
    pub(super) read: u64,
    pub(super) len: u64,
    /// Where the changed payload goes.
    pub(super) spool: Option<Key>,
}

pub(super) enum What {
    Protect(Protector),
    Check(Processor),
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("read", &self.read).field("len", &self.len).finish_non_exhaustive()
    }
}

/// Octets set aside for each rule by which a bundle grows.
const GROWTH: u64 = 512;

impl Securing {
    pub(super) fn new(security: Security) -> Self {
        Self { security: Some(security), ..Self::default() }
    }

    /// The next stage at which there is something to be done.
    pub(super) fn stage(&self, header: &Header, mut stage: Stage, local: bool) -> Stage {
        let Some(security) = &self.security else { return Stage::Ready };
        loop {
            let whole = header.fragment().is_none();
            // A fragment that ends here is checked with the others. One that passes cannot be checked.
            let stays = security.has_rules(header, stage) && (whole || stage == Stage::Passing || local);
            if stays || stage == Stage::Ready {
                return stage;
            }
            stage = following(stage, local);
        }
    }

    /// Whether a bundle that is not a fragment for this node is to be worked on.
    pub(super) fn wants(&self, header: &Header, stage: Stage, local: bool) -> bool {
        let waits = header.fragment().is_some() && local;
        let stage = self.stage(header, stage, local);
        !waits && self.security.as_ref().is_some_and(|security| security.has_rules(header, stage))
    }

    /// Octets to be set aside for what the bundle becomes while it is still here as it was.
    pub(super) fn room(&self, header: &Header, stage: Stage, local: bool) -> u64 {
        let Some(security) = &self.security else { return 0 };
        let (mut copy, mut growth) = (false, 0);
        let mut stage = self.stage(header, stage, local);
        while stage != Stage::Ready {
            if stage == Stage::Received {
                let encrypted =
                    header.blocks().iter().any(|block| block.block_type() == block_type::CONFIDENTIALITY);
                let opens = |rule: &bpsec::Rule| {
                    rule.role() == Role::Acceptor && rule.service() == Service::Confidentiality
                };
                copy |= encrypted && security.checks(header).any(opens);
            } else {
                for rule in security.source_policy(stage).rules_for(header.primary(), Role::Source) {
                    copy |= rule.service() == Service::Confidentiality;
                    growth += GROWTH;
                }
            }
            stage = self.stage(header, following(stage, local), local);
        }
        growth + if copy { header.payload_len().saturating_add(GROWTH) } else { 0 }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let retry = self.retries.first().map(|(until, _)| *until);
        [self.due, retry].into_iter().flatten().min()
    }

    /// Lets the rest wait for a timeout that is later than `now`.
    pub(super) fn rest(&mut self, now: Instant) {
        self.due = (!self.ready.is_empty()).then_some(now + Duration::from_nanos(1));
    }

    pub(super) fn queue(&mut self, now: Instant, class: Class, key: Key) {
        self.works.insert(key, Work::Waiting);
        self.ready.insert((Reverse(class), key));
        self.due = Some(self.due.unwrap_or(now).min(now));
    }
}

/// What comes after a stage.
pub(super) const fn following(stage: Stage, local: bool) -> Stage {
    match (stage, local) {
        (Stage::Made, true) => Stage::Received,
        (Stage::Received, false) => Stage::Passing,
        _ => Stage::Ready,
    }
}
