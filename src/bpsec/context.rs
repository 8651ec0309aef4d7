use super::Item;
use crate::bundle::{Block, BlockFlags, Header};
use crate::keys::Key;
use crate::wire::{DecodeError, Encode};
use alloc::boxed::Box;
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// What a security operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The target is as its security source saw it.
    Integrity,
    /// Nobody without the key can read the target.
    Confidentiality,
}

/// What is done with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It is signed or encrypted.
    Protect,
    /// It is checked and left as it is.
    Check,
    /// It is checked, and made readable if it was encrypted.
    Open,
}

/// One security operation: a security block and one of its targets within their bundle.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The bundle without its payload's octets.
    pub header: &'a Header,
    /// Type of the security block.
    pub block_type: u64,
    /// Number of the security block.
    pub number: u64,
    /// Flags of the security block.
    pub flags: BlockFlags,
    /// Number of the target block; 0 is the primary block.
    pub target: u64,
    /// Parameters in the security block.
    pub parameters: &'a [Item],
    /// Results for this target, once there are any.
    pub results: &'a [Item],
}

impl Operation<'_> {
    /// The target, unless it is the primary block.
    #[must_use]
    pub fn target_block(&self) -> Option<&Block> {
        self.header.all_blocks().find(|block| block.number() == self.target)
    }

    /// The primary block as encoded.
    #[must_use]
    pub fn primary_octets(&self) -> Vec<u8> {
        // The room is exact, and lack of room is all that can go wrong.
        self.header.primary().to_vec().unwrap_or_default()
    }

    /// The parameter of this number.
    ///
    /// # Errors
    /// [`ContextError::Parameter`] when it is there twice.
    pub(super) fn parameter(&self, id: u64) -> Result<Option<&Item>, ContextError> {
        let mut found = self.parameters.iter().filter(|item| item.id == id);
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(ContextError::Parameter { id }),
        }
    }

    /// The number that a parameter is.
    pub(super) fn unsigned_parameter(&self, id: u64, default: u64) -> Result<u64, ContextError> {
        self.parameter(id)?
            .map_or(Ok(default), |item| item.as_unsigned().map_err(|_| ContextError::Parameter { id }))
    }

    /// The octets that a parameter is.
    pub(super) fn octets_parameter(&self, id: u64) -> Result<Option<&[u8]>, ContextError> {
        self.parameter(id)?
            .map(|item| item.as_bytes().map_err(|_| ContextError::Parameter { id }))
            .transpose()
    }

    /// Only parameters of these numbers may be there.
    pub(super) fn only_known(&self, last: u64) -> Result<(), ContextError> {
        match self.parameters.iter().find(|item| item.id == 0 || item.id > last) {
            Some(item) => Err(ContextError::Parameter { id: item.id }),
            None => Ok(()),
        }
    }
}

/// A security context: how targets are secured. Those of RFC 9173 are [`BibHmacSha2`](super::BibHmacSha2) and
/// [`BcbAesGcm`](super::BcbAesGcm); others plug in here.
///
/// A context value holds the choices of a security source (variant, scope, key wrap). Whoever checks goes by the
/// parameters in the block instead.
pub trait Context: Send + Sync {
    /// Its number in the registry.
    fn id(&self) -> i64;

    /// What it is for.
    fn service(&self) -> Service;

    /// Whether one set of parameters may serve several targets. Where it holds an initialization vector it may not.
    fn shares_parameters(&self) -> bool;

    /// Whether a security source can work with this key by these choices.
    ///
    /// # Errors
    /// [`ContextError::Key`] when it cannot.
    fn takes(&self, _key: &Key) -> Result<(), ContextError> {
        Ok(())
    }

    /// The parameters of a new security block.
    ///
    /// # Errors
    /// [`ContextError::Key`] when the key is not one for these choices.
    fn parameters(&self, key: &Key, rng: &mut dyn CryptoRng) -> Result<Vec<Item>, ContextError>;

    /// Starts the computation over a target.
    ///
    /// # Errors
    /// [`ContextError`] when parameters or key do not allow it.
    fn start(
        &self,
        operation: &Operation<'_>,
        key: &Key,
        direction: Direction,
    ) -> Result<Box<dyn Computation>, ContextError>;
}

/// A computation over the octets of one target, which come in pieces.
pub trait Computation: Send {
    /// Takes in more octets without changing them. Not for what is to be encrypted or decrypted.
    ///
    /// # Errors
    /// [`ContextError::TooLong`] when the target is longer than the cipher allows.
    fn read(&mut self, octets: &[u8]) -> Result<(), ContextError>;

    /// Takes in more octets, and encrypts or decrypts them if that is what the operation does.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn change(&mut self, octets: &mut [u8]) -> Result<(), ContextError> {
        self.read(octets)
    }

    /// How many octets at the end of the target's data are a result and no data.
    fn trailer_len(&self) -> usize {
        0
    }

    /// The results, when all octets have been taken in.
    fn results(self: Box<Self>) -> Vec<Item>;

    /// Compares with what the security source found; `trailer` is what follows the data.
    ///
    /// # Errors
    /// [`ContextError::Mismatch`] when it differs; [`ContextError::Result`] when there is nothing to compare with.
    fn verify(self: Box<Self>, results: &[Item], trailer: &[u8]) -> Result<(), ContextError>;
}

/// Why a context cannot do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// A parameter that is unknown, missing, there twice, or holds what it cannot.
    #[error("security parameter {id}: unknown, missing, twice or not of its kind")]
    Parameter {
        /// Its number.
        id: u64,
    },
    /// A key that is not of the length the algorithm needs.
    #[error("security key: {len} octets")]
    Key {
        /// Octets of the key.
        len: usize,
    },
    /// A wrapped key that this key does not open.
    #[error("security key: wrapped key does not open")]
    Unwrap,
    /// A result is missing, there twice, or not of its kind.
    #[error("security result: missing, twice or not of its kind")]
    Result,
    /// The target is not what the security source secured, or the key is another.
    #[error("security result: mismatch")]
    Mismatch,
    /// More octets than one key and initialization vector may be used for.
    #[error("security target: longer than the cipher allows")]
    TooLong,
    /// The target cannot be secured in this way.
    #[error("security target: not of a kind this context secures")]
    Target,
}

impl ContextError {
    /// Whether it means that the operation was not understood, and not that it failed.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Parameter { .. } | Self::Result)
    }
}

/// The one result of these contexts.
pub(super) fn only_result(results: &[Item]) -> Result<Option<&[u8]>, ContextError> {
    match results {
        [] => Ok(None),
        [item] if item.id == 1 => item.as_bytes().map(Some).map_err(|_: DecodeError| ContextError::Result),
        _ => Err(ContextError::Result),
    }
}
