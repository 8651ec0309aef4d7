use super::{CrcType, Reason};
use crate::wire::DecodeError;

/// Why octets are no bundle, or why a bundle may not be built: each rule has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The octets are not the deterministic CBOR they should be.
    #[error(transparent)]
    Octets(#[from] DecodeError),
    /// Another version than 7. RFC 9171 §4.3.1.
    #[error("bundle: version {0}")]
    Version(u64),
    /// The primary block's length does not fit its flags and CRC type. RFC 9171 §4.3.1.
    #[error("primary block: {required} items required, {found} found")]
    PrimaryItems {
        /// What flags and CRC type ask for.
        required: u64,
        /// What the array's head says.
        found: u64,
    },
    /// A block's length does not fit its CRC type. RFC 9171 §4.3.2.
    #[error("block: {required} items required, {found} found")]
    BlockItems {
        /// What the CRC type asks for.
        required: u64,
        /// What the array's head says.
        found: u64,
    },
    /// A CRC type that is not assigned. RFC 9171 §4.2.1.
    #[error("block {block}: CRC type {code}")]
    CrcType {
        /// Number of the block; 0 is the primary block.
        block: u64,
        /// What the field held.
        code: u64,
    },
    /// A check sequence of the wrong length. RFC 9171 §4.2.1.
    #[error("block {block}: CRC of {found} octets, {required} required")]
    CrcLength {
        /// Number of the block; 0 is the primary block.
        block: u64,
        /// What the CRC type asks for.
        required: usize,
        /// What the field held.
        found: usize,
    },
    /// The check sequence does not match the block. RFC 9171 §4.2.1.
    #[error("block {block}: CRC mismatch")]
    Crc {
        /// Number of the block; 0 is the primary block.
        block: u64,
    },
    /// The primary block has no CRC, and no integrity block that covers it. RFC 9171 §4.3.1.
    #[error("primary block: neither CRC nor integrity block")]
    UnprotectedPrimary,
    /// An administrative record asks for status reports. RFC 9171 §4.2.3.
    #[error("bundle: an administrative record asks for status reports")]
    AdminAsksReports,
    /// An anonymous bundle may be fragmented. RFC 9171 §4.2.3.
    #[error("bundle: null source without must-not-fragment")]
    AnonymousFragmentable,
    /// An anonymous bundle asks for status reports. RFC 9171 §4.2.3.
    #[error("bundle: null source asks for status reports")]
    AnonymousAsksReports,
    /// A block of an administrative record or of an anonymous bundle asks for a status report. RFC 9171 §4.2.4.
    #[error("block {block}: asks for a status report that nobody may get")]
    BlockAsksReports {
        /// Number of the block.
        block: u64,
    },
    /// A source, destination or report-to that is made of `ipn:0.x`. RFC 9758 §3.4.
    #[error("bundle: an endpoint of node 0 with a service")]
    NodeZero,
    /// The source is an endpoint of several nodes. RFC 9171 §4.2.5.2.
    #[error("bundle: the source is a group of nodes")]
    GroupSource,
    /// A longer `dtn` name of source, destination or report-to than the reader was told to take.
    #[error("primary block: a dtn name of {found} octets, at most {limit} taken")]
    NameTooLong {
        /// What the reader was told.
        limit: usize,
        /// Octets of the name.
        found: usize,
    },
    /// An endpoint of the node itself, `ipn:!.x`, came from another node. RFC 9758 §5.4.
    #[error("bundle: an endpoint of the local node, from elsewhere")]
    LocalNode,
    /// Two blocks of one number. RFC 9171 §4.1.
    #[error("block {block}: number used twice")]
    DuplicateNumber {
        /// The number.
        block: u64,
    },
    /// Numbers 0 and 1 are the primary block's and the payload's. RFC 9171 §4.1.
    #[error("block of type {block_type}: number {number} is reserved")]
    ReservedNumber {
        /// Type of the block.
        block_type: u64,
        /// Its number.
        number: u64,
    },
    /// The payload block has another number than 1. RFC 9171 §4.1.
    #[error("payload block: number {number}")]
    PayloadNumber {
        /// Its number.
        number: u64,
    },
    /// There is no payload block. RFC 9171 §4.1.
    #[error("bundle: no payload block")]
    NoPayload,
    /// A block follows the payload block, perhaps a second payload. RFC 9171 §4.1.
    #[error("bundle: payload block is not the last")]
    PayloadNotLast,
    /// Two previous node, age or hop count blocks. RFC 9171 §4.4.
    #[error("bundle: two blocks of type {block_type}")]
    DuplicateType {
        /// Type of the blocks.
        block_type: u64,
    },
    /// A source without a clock, and no age block. RFC 9171 §4.4.2.
    #[error("bundle: creation time 0 without age block")]
    NoAge,
    /// A hop limit outside of 1 to 255. RFC 9171 §4.4.3.
    #[error("hop count block: limit {limit}")]
    HopLimit {
        /// The limit.
        limit: u64,
    },
    /// The content of a block that must be understood is not what its type says.
    #[error("block {block} of type {block_type}: {error}")]
    Content {
        /// Number of the block.
        block: u64,
        /// Type of the block.
        block_type: u64,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// A fragment reaches beyond the end of what it is a fragment of. RFC 9171 §4.3.1.
    #[error("bundle: fragment of {len} octets at {offset} of {total}")]
    FragmentRange {
        /// Where the fragment starts.
        offset: u64,
        /// Octets of its payload.
        len: u64,
        /// Octets of the whole.
        total: u64,
    },
    /// The fragment flag was set by hand instead of by giving the fragment's place.
    #[error("bundle: fragment flag without offset and total length")]
    FragmentFlag,
    /// More extension blocks than the reader was told to take.
    #[error("bundle: more than {limit} extension blocks")]
    TooManyBlocks {
        /// What the reader was told.
        limit: usize,
    },
    /// More octets before the payload than the reader was told to take.
    #[error("bundle: more than {limit} octets before its payload")]
    HeaderTooLong {
        /// What the reader was told.
        limit: usize,
    },
    /// A payload of another length than the header says.
    #[error("bundle: payload of {found} octets, {required} required")]
    PayloadLength {
        /// What the header says.
        required: u64,
        /// Octets of the payload.
        found: u64,
    },
    /// A bundle with the must-not-fragment flag was to be fragmented. RFC 9171 §5.8.
    #[error("bundle: must not be fragmented")]
    MustNotFragment,
    /// A bundle that is whole was to be reassembled. RFC 9171 §5.9.
    #[error("bundle: no fragment")]
    NoFragment,
    /// Octets follow the bundle.
    #[error("bundle: {extra} octets after its end")]
    Trailing {
        /// Octets after the end.
        extra: usize,
    },
    /// The block to remove is not there, or is the payload.
    #[error("block {block}: not there to be removed")]
    NoSuchBlock {
        /// Number asked for.
        block: u64,
    },
}

impl BundleError {
    /// The reason a status report would give.
    ///
    /// Source: RFC 9171 §6.1.1.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Octets(DecodeError::Field { field: "URI scheme", .. }) => Reason::ENDPOINT_UNREACHABLE,
            _ => Reason::BLOCK_UNINTELLIGIBLE,
        }
    }

    pub(super) fn crc_type(block: u64, code: u64) -> Result<CrcType, Self> {
        CrcType::from_code(code).ok_or(Self::CrcType { block, code })
    }
}
