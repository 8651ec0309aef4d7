use super::{ContextError, Operation};
use crate::wire::{cbor, written};
use alloc::vec::Vec;
use core::ops::BitOr;

/// What beside the target's own data a security operation covers. Bits without a name are ignored.
///
/// Source: RFC 9173 §3.3.3, §4.3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeFlags(pub u64);

impl ScopeFlags {
    /// Nothing else.
    pub const NONE: Self = Self(0);
    /// The primary block.
    pub const PRIMARY: Self = Self(1);
    /// Type, number and flags of the target block.
    pub const TARGET: Self = Self(2);
    /// Type, number and flags of the security block.
    pub const SECURITY: Self = Self(4);
    /// All of these, the default.
    pub const ALL: Self = Self(7);

    const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    /// The octets that are covered before the target's data: what both contexts of RFC 9173 have in common.
    ///
    /// Source: RFC 9173 §3.7, §4.7.2; RFC 9172 §4.2 (flags).
    pub(super) fn prefix(self, operation: &Operation<'_>) -> Result<Vec<u8>, ContextError> {
        let target = match operation.target {
            PRIMARY_NUMBER => None,
            _ => Some(operation.target_block().ok_or(ContextError::Target)?),
        };
        let primary = match self.has(Self::PRIMARY) && target.is_some() {
            true => operation.primary_octets(),
            false => Vec::new(),
        };
        Ok(written(primary.len() + MAX_HEADS, |out| {
            cbor::put_unsigned(out, self.0 & Self::ALL.0)?;
            out.put(&primary)?;
            let target = target.filter(|_| self.has(Self::TARGET));
            let target = target.map(|block| [block.block_type(), block.number(), block.flags().assigned().0]);
            let security = [operation.block_type, operation.number, operation.flags.assigned().0];
            let security = self.has(Self::SECURITY).then_some(security);
            let numbers = [target, security].into_iter().flatten().flatten();
            numbers.into_iter().try_for_each(|number| cbor::put_unsigned(out, number))
        }))
    }
}

impl BitOr for ScopeFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Seven numbers.
const MAX_HEADS: usize = 7 * 9;
pub(super) const PRIMARY_NUMBER: u64 = 0;
