use super::{ContextError, Item, Operation, ScopeFlags, wrap};
use crate::keys::Key;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// The parameters that both contexts of RFC 9173 have, with numbers one after the other: variant, wrapped key, scope.
pub(super) struct Choices {
    pub variant: u64,
    pub scope: ScopeFlags,
    unwrapped: Option<Key>,
}

impl Choices {
    /// The choices of a security source; `first` is the number of the first parameter. With `wrapped`, a new key of
    /// so many octets goes along, wrapped with `key`.
    pub fn parameters(
        first: u64,
        variant: u64,
        scope: ScopeFlags,
        wrapped: Option<usize>,
        key: &Key,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Item>, ContextError> {
        let mut parameters = vec![Item::unsigned(first, variant)];
        if let Some(len) = wrapped {
            let (wrapped, len) = wrap::new_wrapped(key, len, rng)?;
            parameters.push(Item::bytes(first + WRAPPED_KEY, wrapped.get(..len).unwrap_or_default()));
        }
        parameters.push(Item::unsigned(first + SCOPE, scope.0));
        Ok(parameters)
    }

    /// The choices a security block tells; scope and its number are the last a context has. What is not told is
    /// `default`, everything, and the key itself.
    pub fn read(
        first: u64,
        default: u64,
        operation: &Operation<'_>,
        key: &Key,
    ) -> Result<Self, ContextError> {
        operation.only_known(first + SCOPE)?;
        let variant = operation.unsigned_parameter(first, default)?;
        let scope = ScopeFlags(operation.unsigned_parameter(first + SCOPE, ScopeFlags::ALL.0)?);
        let wrapped = operation.octets_parameter(first + WRAPPED_KEY)?;
        let unwrapped = wrapped.map(|wrapped| wrap::unwrap(key, wrapped)).transpose()?;
        Ok(Self { variant, scope, unwrapped })
    }

    /// The key to work with: the one in the block, or else the one of the policy.
    pub fn key<'k>(&'k self, key: &'k Key) -> &'k Key {
        self.unwrapped.as_ref().unwrap_or(key)
    }
}

const WRAPPED_KEY: u64 = 1;
const SCOPE: u64 = 2;
