use super::check::KnownCheck;
use super::{
    Block, BlockContent, BlockFlags, BundleError, BundleFlags, CrcType, Header, Primary, block_type, security,
};
use crate::time::DtnTime;

/// How strictly bundles are read and built. The default is the letter of the standards.
///
/// Four rules can be waived, because not all bundles at large keep them: a node that must talk to such a peer has to
/// take its bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// Blocks between primary and payload that a bundle may have. Protects against bundles made of a million tiny
    /// blocks.
    pub max_blocks: usize,
    /// Octets that may come before the payload's. Bounds the memory of a reader whose input comes in pieces.
    pub max_header: usize,
    /// Octets of the longest `dtn` name that source, destination and report-to may have. Identities are remembered long
    /// after their bundles are gone.
    pub max_name: usize,
    /// Whether the primary block needs a CRC or an integrity block. RFC 9171 §4.3.1 says so; several
    /// implementations send neither.
    pub protected_primary: bool,
    /// Whether `ipn:0.x` is the null endpoint also as a source, so that such a bundle must be one that is not
    /// fragmented and asks for no reports, and whether `ipn:0.x` with a service may not be built. RFC 9758 §3.4
    /// says so; implementations of RFC 9171 alone know `dtn:none` only.
    pub null_ipn: bool,
    /// Whether a bundle of a source without a clock needs an age block. RFC 9171 §4.4.2 says so; the examples of
    /// RFC 9173 have none. Only reading such bundles is a reason to waive it.
    pub clockless_age: bool,
    /// Whether every block needs a number of its own. RFC 9171 §4.3.2 says so; ION 4.1.3 gives the number 0 to all
    /// extension blocks of the fragments that it makes. Waived, those get free numbers when they are read, if no
    /// security block could mean one of them by its number.
    pub numbered_blocks: bool,
}

impl Rules {
    /// Octets before the payload's that are taken by default: 1 MiB.
    pub const MAX_HEADER: usize = 1 << 20;

    /// Octets of a `dtn` name that are taken by default.
    pub const MAX_NAME: usize = 1024;

    /// Blocks taken by default.
    pub const MAX_BLOCKS: usize = 128;

    /// The letter of the standards.
    pub const STRICT: Self = Self {
        max_blocks: Self::MAX_BLOCKS,
        max_header: Self::MAX_HEADER,
        max_name: Self::MAX_NAME,
        protected_primary: true,
        null_ipn: true,
        clockless_age: true,
        numbered_blocks: true,
    };

    /// Takes all that the reader of somebody's choice has taken before.
    pub(crate) const TAKEN: Self = Self {
        max_blocks: usize::MAX,
        max_header: usize::MAX,
        max_name: usize::MAX,
        protected_primary: false,
        null_ipn: false,
        clockless_age: false,
        numbered_blocks: false,
    };

    /// Takes bundles with an unprotected primary block, and `ipn:0.x` as if it were an endpoint like any other.
    pub const LENIENT: Self = Self { protected_primary: false, null_ipn: false, ..Self::STRICT };

    /// Takes what the implementations known to be in use send: as [`LENIENT`](Self::LENIENT), and numbers blocks
    /// whose sender has not.
    pub const TOLERANT: Self = Self { numbered_blocks: false, ..Self::LENIENT };
}

impl Default for Rules {
    fn default() -> Self {
        Self::STRICT
    }
}

/// The rules between the fields and blocks of a bundle. What one block alone must keep is seen when it is read.
pub(super) fn check(header: &Header, rules: &Rules) -> Result<(), BundleError> {
    check_primary(&header.primary, rules)?;
    check_blocks(&header.blocks, &header.payload)?;
    check_fields(header, rules)
}

/// The rules between the fields of the primary block.
pub(super) fn check_primary(primary: &Primary, rules: &Rules) -> Result<(), BundleError> {
    let flags = primary.flags;
    for eid in [&primary.source, &primary.destination, &primary.report_to] {
        let name = eid.dtn_name().unwrap_or_default();
        if name.len() > rules.max_name {
            return Err(BundleError::NameTooLong { limit: rules.max_name, found: name.len() });
        }
    }
    if !primary.source.is_singleton() {
        return Err(BundleError::GroupSource);
    }
    if flags.contains(BundleFlags::ADMIN_RECORD) && flags.asks_reports() {
        return Err(BundleError::AdminAsksReports);
    }
    if !is_anonymous(primary, rules) {
        return Ok(());
    }
    if !flags.contains(BundleFlags::MUST_NOT_FRAGMENT) {
        return Err(BundleError::AnonymousFragmentable);
    }
    if flags.asks_reports() {
        return Err(BundleError::AnonymousAsksReports);
    }
    Ok(())
}

/// Numbers and types of the blocks.
///
/// To be checked before contents are read: it bounds how many contents there are.
pub(super) fn check_blocks(blocks: &[Block], payload: &Block) -> Result<(), BundleError> {
    check_numbers(blocks, payload)?;
    check_types(blocks)
}

/// The rules that need the contents of the blocks.
pub(super) fn check_fields(header: &Header, rules: &Rules) -> Result<(), BundleError> {
    let primary = &header.primary;
    if primary.flags.contains(BundleFlags::ADMIN_RECORD) || is_anonymous(primary, rules) {
        let asking = header.all_blocks().find(|block| block.flags.contains(BlockFlags::REPORT_UNPROCESSED));
        if let Some(block) = asking {
            return Err(BundleError::BlockAsksReports { block: block.number });
        }
    }
    let clockless = primary.timestamp.time == DtnTime::UNKNOWN;
    if rules.clockless_age && clockless && !has_type(&header.blocks, block_type::AGE) {
        return Err(BundleError::NoAge);
    }
    if rules.protected_primary && primary.crc == CrcType::None && !security::covers_primary(&header.blocks)? {
        return Err(BundleError::UnprotectedPrimary);
    }
    check_fragment(header)
}

/// Whether nobody is said to have made the bundle.
fn is_anonymous(primary: &Primary, rules: &Rules) -> bool {
    primary.source.is_null() && (rules.null_ipn || primary.source.node().is_none())
}

/// Gives blocks of number 0 free ones, if nobody means them by number.
pub(super) fn number_blocks(blocks: &mut [Block]) {
    if blocks.len() > usize::from(u8::MAX) || blocks.iter().any(Block::is_security) {
        return;
    }
    let mut free = PAYLOAD_NUMBER;
    for at in 0..blocks.len() {
        if blocks[at].number == 0 {
            free += 1;
            while blocks.iter().any(|block| block.number == free) {
                free += 1;
            }
            blocks[at].number = free;
            blocks[at].check = KnownCheck::default();
        }
    }
}

/// Every number once; 0 and 1 are taken.
fn check_numbers(blocks: &[Block], payload: &Block) -> Result<(), BundleError> {
    if payload.number != PAYLOAD_NUMBER {
        return Err(BundleError::PayloadNumber { number: payload.number });
    }
    // One bit a number for those in use; others are compared one by one, which the limit on blocks bounds.
    let mut seen: u64 = 0b11;
    for (at, block) in blocks.iter().enumerate() {
        let number = block.number;
        if number <= PAYLOAD_NUMBER {
            return Err(match number {
                PAYLOAD_NUMBER => BundleError::DuplicateNumber { block: number },
                _ => BundleError::ReservedNumber { block_type: block.block_type(), number },
            });
        }
        let twice = if number < 64 {
            let bit = 1 << number;
            let before = seen;
            seen |= bit;
            before & bit != 0
        } else {
            blocks.iter().take(at).any(|other| other.number == number)
        };
        if twice {
            return Err(BundleError::DuplicateNumber { block: number });
        }
    }
    Ok(())
}

/// One payload, and at most one block of each type that says something about the bundle as a whole.
fn check_types(blocks: &[Block]) -> Result<(), BundleError> {
    let mut seen = [false; 3];
    for block in blocks {
        let block_type = block.block_type();
        let slot = match block_type {
            block_type::PAYLOAD => return Err(BundleError::PayloadNotLast),
            block_type::PREVIOUS_NODE => 0,
            block_type::AGE => 1,
            block_type::HOP_COUNT => 2,
            _ => continue,
        };
        if core::mem::replace(&mut seen[slot], true) {
            return Err(BundleError::DuplicateType { block_type });
        }
        if matches!(&block.content, BlockContent::HopCount(hops) if hops.limit == 0) {
            return Err(BundleError::HopLimit { limit: 0 });
        }
    }
    Ok(())
}

fn check_fragment(header: &Header) -> Result<(), BundleError> {
    let Some(part) = header.primary.fragment else { return Ok(()) };
    let len = header.payload_len();
    // No operation is added to a fragment (RFC 9172 §5.2), so encryption has not made it longer since it was cut.
    if part.offset.checked_add(len).is_none_or(|end| end > part.total) {
        return Err(BundleError::FragmentRange { offset: part.offset, len, total: part.total });
    }
    Ok(())
}

fn has_type(blocks: &[Block], block_type: u64) -> bool {
    blocks.iter().any(|block| block.block_type() == block_type)
}

pub(super) const PAYLOAD_NUMBER: u64 = 1;
