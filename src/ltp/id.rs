use core::fmt;

/// Names one LTP engine.
///
/// Source: RFC 5326 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineId(pub u64);

impl fmt::Display for EngineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names the user of the protocol that a block is for.
///
/// Source: RFC 5326 §3.2.1 and the registry it founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientServiceId(pub u64);

impl ClientServiceId {
    /// The bundle protocol.
    pub const BUNDLE: Self = Self(1);
    /// Service data aggregation of CCSDS 734.1-B-1, which packs several bundles into a block.
    pub const AGGREGATION: Self = Self(2);
}

/// Names one session: the transmission of one block.
///
/// Source: RFC 5326 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    /// The engine that sends the block.
    pub originator: EngineId,
    /// The number that engine gave the session.
    pub number: u64,
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.originator, self.number)
    }
}
