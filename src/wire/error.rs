/// Why received octets are not the unit they were taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer octets than the fixed part needs or a length field promises.
    #[error("{unit}: {required} octets required, {found} found")]
    Short {
        /// What was being read.
        unit: &'static str,
        /// Octets the unit needs, as far as is known yet.
        required: usize,
        /// Octets that were there.
        found: usize,
    },
    /// A field holds a value its standard reserves or forbids.
    #[error("{unit}: {field} is {value:#x}")]
    Field {
        /// What was being read.
        unit: &'static str,
        /// The field, by its standard's name.
        field: &'static str,
        /// What the field held.
        value: u64,
    },
    /// The check sequence does not match the octets before it.
    #[error("{unit}: check sequence mismatch")]
    Check {
        /// What was being read.
        unit: &'static str,
    },
    /// Octets are left over after a unit that should fill its container.
    #[error("{unit}: {extra} octets after its end")]
    Trailing {
        /// What was being read.
        unit: &'static str,
        /// Octets after the end.
        extra: usize,
    },
    /// Well-formed octets that break a rule of the standard; `rule` says which.
    #[error("{unit}: {rule}")]
    Rule {
        /// What was being read.
        unit: &'static str,
        /// The broken rule, in words.
        rule: &'static str,
    },
}

impl DecodeError {
    /// A field with a forbidden value.
    #[must_use]
    pub const fn field(unit: &'static str, field: &'static str, value: u64) -> Self {
        Self::Field { unit, field, value }
    }
}

/// Why a value cannot be written as octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output is too small.
    #[error("{required} octets of room required, {available} available")]
    Room {
        /// Octets the unit takes.
        required: usize,
        /// Octets the caller offered.
        available: usize,
    },
    /// A field holds a value the wire cannot carry or the standard forbids.
    #[error("{unit}: {field} cannot be {value:#x}")]
    Field {
        /// What was being written.
        unit: &'static str,
        /// The field, by its standard's name.
        field: &'static str,
        /// The value asked for.
        value: u64,
    },
}

impl EncodeError {
    /// A field with a value that cannot be sent.
    #[must_use]
    pub const fn field(unit: &'static str, field: &'static str, value: u64) -> Self {
        Self::Field { unit, field, value }
    }
}
