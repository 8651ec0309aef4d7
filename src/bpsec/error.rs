use super::ContextError;
use crate::bundle::{BundleError, Reason};
use crate::keys::KeyId;
use crate::wire::DecodeError;

/// Why a security operation could not be added, or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecurityError {
    /// The context refused or found a mismatch.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The bundle would break a rule, or breaks one now that it can be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is no key of this number.
    #[error("security key {}: not in the store", .0.0)]
    NoKey(KeyId),
    /// Operations are not added to fragments. RFC 9172 §5.2.
    #[error("bundle: a fragment, to which no security operation is added")]
    Fragment,
    /// Some targets of an integrity block of others would be encrypted and some not. RFC 9172 §3.9 has it split, which
    /// only those with its key can do: what it is signed with includes the block's number.
    #[error("block {block}: an integrity block whose targets would be encrypted in part")]
    PartlyEncrypted {
        /// Number of the integrity block.
        block: u64,
    },
    /// The payload is encrypted on its way, so it cannot only be read.
    #[error("payload: is encrypted and cannot only be read")]
    Changes,
    /// The content of a security block is not what RFC 9172 §3.6 says.
    #[error("block {block}: {error}")]
    Block {
        /// Number of the security block.
        block: u64,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// The policy has an operation of another context here.
    #[error("security context {context}: not the one of the policy")]
    UnknownContext {
        /// Number of the context.
        context: i64,
    },
    /// The policy asks for an operation that is not there.
    #[error("security operation: missing")]
    Missing,
    /// The policy forbids an operation that is there.
    #[error("security operation: unexpected")]
    Unexpected,
    /// A target that is not there, that may not be one, or that has two operations of one kind. RFC 9172 §3.9.
    #[error("block {block}: cannot be a target of this security operation")]
    Conflict {
        /// Number of the target.
        block: u64,
    },
}

impl SecurityError {
    /// The reason a status report gives.
    ///
    /// Source: RFC 9172 §7.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Missing => Reason::MISSING_SECURITY,
            Self::UnknownContext { .. } | Self::Block { .. } => Reason::UNKNOWN_SECURITY,
            Self::Context(error) if error.is_unknown() => Reason::UNKNOWN_SECURITY,
            Self::Unexpected => Reason::UNEXPECTED_SECURITY,
            Self::Conflict { .. } => Reason::CONFLICTING_SECURITY,
            _ => Reason::FAILED_SECURITY,
        }
    }
}
