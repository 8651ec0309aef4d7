use super::{Context, ContextError, SecurityError, Service};
use crate::bundle::{EidPattern, Primary, block_type};
use crate::keys::{KeyId, KeyStore};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// What a node is in a security operation.
///
/// Source: RFC 9172 §1.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It adds the operation.
    Source,
    /// It checks the operation and leaves it in the bundle.
    Verifier,
    /// It checks the operation and takes it out.
    Acceptor,
}

/// What is done when an operation fails.
///
/// Source: RFC 9172 §5.1.1, §5.1.2, §8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The bundle goes on as it is. Two things are done all the same: an acceptor takes out a target it could not
    /// decrypt, and a bundle whose payload or primary block should be signed and is not is deleted.
    Keep,
    /// The operation is taken out; its target stays.
    RemoveOperation,
    /// The target is taken out with all operations on it. Without primary or payload block there is no bundle, so
    /// it is deleted then.
    RemoveTarget,
    /// The bundle is deleted.
    DeleteBundle,
}

/// Whether an operation has to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// It may be there.
    #[default]
    Optional,
    /// A target without it counts as failed, for want of a security operation. One that no rule is about, because it is
    /// another's, does not count; where keys differ by security source, each of the rules is required and one is
    /// enough.
    Required,
    /// A target with it counts as failed, for an unexpected one.
    Forbidden,
}

/// One rule of a policy: which operations it is about, and what is done with them.
///
/// ```
/// use spacelink::bpsec::{Action, BibHmacSha2, Presence, Role, Rule};
/// use spacelink::keys::KeyId;
///
/// let rule = Rule::new(Role::Acceptor, BibHmacSha2::DEFAULT, KeyId(3))
///     .for_security_source("ipn:1.*".parse().unwrap())
///     .presence(Presence::Required)
///     .on_failure(Action::DeleteBundle);
/// ```
#[derive(Clone)]
pub struct Rule {
    pub(super) role: Role,
    pub(super) context: Arc<dyn Context>,
    pub(super) key: KeyId,
    pub(super) source: EidPattern,
    pub(super) destination: EidPattern,
    pub(super) security_source: EidPattern,
    pub(super) targets: Vec<u64>,
    pub(super) presence: Presence,
    pub(super) on_failure: Action,
    pub(super) report: bool,
    gateway: bool,
}

impl Rule {
    /// A rule about the payloads of all bundles: the operation may be there, and a failure deletes the bundle.
    pub fn new(role: Role, context: impl Context + 'static, key: KeyId) -> Self {
        Self {
            role,
            context: Arc::new(context),
            key,
            source: EidPattern::any(),
            destination: EidPattern::any(),
            security_source: EidPattern::any(),
            targets: vec![block_type::PAYLOAD],
            presence: Presence::Optional,
            on_failure: Action::DeleteBundle,
            report: false,
            gateway: false,
        }
    }

    /// Only for bundles from these sources.
    #[must_use]
    pub fn for_source(mut self, pattern: EidPattern) -> Self {
        self.source = pattern;
        self
    }

    /// Only for bundles to these destinations.
    #[must_use]
    pub fn for_destination(mut self, pattern: EidPattern) -> Self {
        self.destination = pattern;
        self
    }

    /// Only for operations that these added. Of no effect for [`Role::Source`].
    #[must_use]
    pub fn for_security_source(mut self, pattern: EidPattern) -> Self {
        self.security_source = pattern;
        self
    }

    /// For blocks of these types in place of the payload; [`PRIMARY_BLOCK`] is the primary block.
    #[must_use]
    pub fn for_targets(mut self, block_types: &[u64]) -> Self {
        self.targets = block_types.to_vec();
        self
    }

    /// Whether the operation has to be there. Of no effect for [`Role::Source`].
    #[must_use]
    pub const fn presence(mut self, presence: Presence) -> Self {
        self.presence = presence;
        self
    }

    /// What is done on failure. For [`Role::Source`]: what becomes of a bundle that cannot be secured; it goes as it is
    /// or is deleted.
    #[must_use]
    pub const fn on_failure(mut self, action: Action) -> Self {
        self.on_failure = action;
        self
    }

    /// Whether a failure is reported even if the bundle is not deleted.
    #[must_use]
    pub const fn report(mut self, report: bool) -> Self {
        self.report = report;
        self
    }

    /// For [`Role::Source`] in a bundle agent: also for bundles that others made and that pass. The node is a security
    /// gateway then.
    ///
    /// Source: RFC 9172 §1.4 (a security source need not be the bundle source).
    #[must_use]
    pub const fn gateway(mut self) -> Self {
        self.gateway = true;
        self
    }

    fn check(&self, keys: &dyn KeyStore) -> Result<(), SecurityError> {
        let key = keys.key(self.key).ok_or(SecurityError::NoKey(self.key))?;
        if self.role == Role::Source {
            self.context.takes(key)?;
        }
        let never = |target: &u64| match self.service() {
            Service::Integrity => matches!(*target, block_type::INTEGRITY | block_type::CONFIDENTIALITY),
            Service::Confidentiality => matches!(*target, PRIMARY_BLOCK | block_type::CONFIDENTIALITY),
        };
        if self.targets.iter().any(never) { Err(ContextError::Target.into()) } else { Ok(()) }
    }

    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    pub(crate) const fn failure_action(&self) -> Action {
        self.on_failure
    }

    pub(crate) fn is_required(&self) -> bool {
        self.presence == Presence::Required
    }

    pub(super) fn is_about(&self, primary: &Primary) -> bool {
        self.source.matches(primary.source()) && self.destination.matches(primary.destination())
    }

    pub(crate) fn service(&self) -> Service {
        self.context.service()
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("role", &self.role)
            .field("context", &self.context.id())
            .field("key", &self.key)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

/// The security policy of a node: rules in order, the first that is about an operation decides.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// Checks what can be known before there are bundles: that the store has the keys, that sources can work with
    /// theirs, and that no rule is about blocks its operation may never have as a target.
    ///
    /// Without it a mistake shows when the first bundle is deleted for it.
    ///
    /// # Errors
    /// [`PolicyError`] for the first rule with a mistake.
    pub fn check(&self, keys: &dyn KeyStore) -> Result<(), PolicyError> {
        for (at, rule) in self.rules.iter().enumerate() {
            rule.check(keys).map_err(|error| PolicyError { rule: at, error })?;
        }
        Ok(())
    }

    /// The rules of a role that are about a bundle.
    pub(crate) fn rules_for(&self, primary: &Primary, role: Role) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.role == role && rule.is_about(primary))
    }

    /// Without the rules for sources that are about bundles made here only.
    pub(crate) fn of_gateway(&self) -> Self {
        let passes = |rule: &&Rule| rule.role != Role::Source || rule.gateway;
        Self { rules: self.rules.iter().filter(passes).cloned().collect() }
    }
}

/// What is wrong with a policy, whatever bundles come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("security rule {rule}: {error}")]
pub struct PolicyError {
    /// The rule's place among [`Policy::rules`], from 0 on.
    pub rule: usize,
    /// What is wrong with it.
    pub error: SecurityError,
}

/// Stands for the primary block among block types, which is a block without one.
pub const PRIMARY_BLOCK: u64 = 0;
