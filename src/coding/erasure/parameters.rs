use super::symbol;

/// What both ends of a link have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    data: u8,
    repair: u8,
    interleave: u8,
    max_unit_len: u16,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErasureParameterError {
    /// The field has 256 elements, so a block has at most 255 symbols, of which both kinds are needed.
    #[error(
        "erasure code: {data} units and {repair} repair symbols are not each above zero and 255 together"
    )]
    Block {
        /// Units asked for.
        data: u8,
        /// Repair symbols asked for.
        repair: u8,
    },
    /// At least one block is filled at a time, and at most 64.
    #[error("erasure code: {blocks} blocks interleaved are not between 1 and 64")]
    Interleave {
        /// Blocks asked for.
        blocks: u8,
    },
    /// A unit has at least one octet, and its length goes with it in 16 bits.
    #[error("erasure code: units of up to {len} octets are not between 1 and 65533")]
    UnitLen {
        /// Octets asked for.
        len: u16,
    },
}

impl Parameters {
    /// Octets that a symbol is longer than its unit, at most: header, length and check sequence.
    pub const OVERHEAD: usize = symbol::HEADER_LEN + symbol::LENGTH_LEN + symbol::CHECK_LEN;

    /// Blocks of `data` units and `repair` symbols, `interleave` of them filled in turn, of units of up to
    /// `max_unit_len` octets.
    ///
    /// A fade of up to `interleave` times `repair` symbols in a row is repaired.
    ///
    /// # Errors
    /// [`ErasureParameterError`] says which is not possible.
    pub const fn checked(
        data: u8,
        repair: u8,
        interleave: u8,
        max_unit_len: u16,
    ) -> Result<Self, ErasureParameterError> {
        if data == 0 || repair == 0 || data.checked_add(repair).is_none() {
            return Err(ErasureParameterError::Block { data, repair });
        }
        if interleave == 0 || interleave > 64 {
            return Err(ErasureParameterError::Interleave { blocks: interleave });
        }
        if max_unit_len == 0 || max_unit_len > u16::MAX - symbol::LENGTH_LEN as u16 {
            return Err(ErasureParameterError::UnitLen { len: max_unit_len });
        }
        Ok(Self { data, repair, interleave, max_unit_len })
    }

    /// Units of a whole block.
    #[must_use]
    pub const fn data(self) -> u8 {
        self.data
    }

    /// Repair symbols of a block.
    #[must_use]
    pub const fn repair(self) -> u8 {
        self.repair
    }

    /// Blocks that are filled in turn.
    #[must_use]
    pub const fn interleave(self) -> u8 {
        self.interleave
    }

    /// Octets of the longest unit.
    #[must_use]
    pub const fn max_unit_len(self) -> usize {
        self.max_unit_len as usize
    }

    /// Octets of the longest symbol.
    #[must_use]
    pub const fn max_symbol_len(self) -> usize {
        self.max_unit_len() + Self::OVERHEAD
    }

    /// Blocks that a decoder works on at once: those being filled and as many before them.
    #[must_use]
    pub const fn window(self) -> usize {
        2 * self.interleave as usize
    }

    pub(super) const fn shard_len(self) -> usize {
        self.max_unit_len() + symbol::LENGTH_LEN
    }
}
