use super::{ContextError, Operation};
use crate::wire::{Writer, cbor};
use alloc::vec;
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
    /// Source: RFC 9173 §3.7, §4.7.2.
    pub(super) fn prefix(self, operation: &Operation<'_>) -> Result<Vec<u8>, ContextError> {
        let target = match operation.target {
            PRIMARY_NUMBER => None,
            _ => Some(operation.target_block().ok_or(ContextError::Target)?),
        };
        let primary = match self.has(Self::PRIMARY) && target.is_some() {
            true => operation.primary_octets(),
            false => Vec::new(),
        };
        let mut room = vec![0; primary.len() + MAX_HEADS];
        let mut out = Writer::new(&mut room);
        let mut put = |octets: &[u8], numbers: &[u64]| {
            let written = out
                .put(octets)
                .and_then(|()| numbers.iter().try_for_each(|&number| cbor::put_unsigned(&mut out, number)));
            debug_assert!(written.is_ok());
        };
        put(&[], &[self.0 & Self::ALL.0]);
        put(&primary, &[]);
        if let Some(block) = target.filter(|_| self.has(Self::TARGET)) {
            put(&[], &[block.block_type(), block.number(), block.flags().0]);
        }
        if self.has(Self::SECURITY) {
            put(&[], &[operation.block_type, operation.number, operation.flags.0]);
        }
        let len = out.len();
        room.truncate(len);
        Ok(room)
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
