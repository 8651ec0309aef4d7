use core::ops::BitOr;

/// Bundle processing control flags. Bits without a name are kept and otherwise ignored.
///
/// Source: RFC 9171 §4.2.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BundleFlags(pub u64);

impl BundleFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The bundle is a fragment.
    pub const FRAGMENT: Self = Self(0x1);
    /// The payload is an administrative record.
    pub const ADMIN_RECORD: Self = Self(0x2);
    /// The bundle must not be fragmented.
    pub const MUST_NOT_FRAGMENT: Self = Self(0x4);
    /// The application is asked to acknowledge.
    pub const ACKNOWLEDGEMENT: Self = Self(0x20);
    /// Status reports are to carry the time.
    pub const STATUS_TIME: Self = Self(0x40);
    /// Reception is to be reported.
    pub const REPORT_RECEPTION: Self = Self(0x4000);
    /// Forwarding is to be reported.
    pub const REPORT_FORWARDING: Self = Self(0x1_0000);
    /// Delivery is to be reported.
    pub const REPORT_DELIVERY: Self = Self(0x2_0000);
    /// Deletion is to be reported.
    pub const REPORT_DELETION: Self = Self(0x4_0000);

    /// Whether all flags of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any status report is asked for.
    #[must_use]
    pub const fn asks_reports(self) -> bool {
        self.0 & (0x4000 | 0x1_0000 | 0x2_0000 | 0x4_0000) != 0
    }
}

impl BitOr for BundleFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Block processing control flags. Bits without a name are kept and otherwise ignored.
///
/// Source: RFC 9171 §4.2.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BlockFlags(pub u64);

impl BlockFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The block goes into every fragment.
    pub const REPLICATE: Self = Self(0x1);
    /// A node that cannot process the block reports so.
    pub const REPORT_UNPROCESSED: Self = Self(0x2);
    /// A node that cannot process the block deletes the bundle.
    pub const DELETE_BUNDLE_UNPROCESSED: Self = Self(0x4);
    /// A node that cannot process the block removes it.
    pub const REMOVE_UNPROCESSED: Self = Self(0x10);

    /// Without the bits that have no name. What is signed or authenticated has these flags only: nobody knows whether
    /// the others change on the way.
    ///
    /// Source: RFC 9172 §4.2.
    #[must_use]
    pub const fn assigned(self) -> Self {
        Self(self.0 & 0x17)
    }

    /// Whether all flags of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for BlockFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
