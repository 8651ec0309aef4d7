use super::block::{UNNUMBERED, millis_up};
use super::check::KnownCheck;
use super::rules::{PAYLOAD_NUMBER, check_primary};
use super::{
    Block, BlockContent, BlockFlags, Bundle, BundleError, BundleFlags, CrcType, CreationTimestamp, Eid,
    Fragment, Header, HopCount, Primary, Rules,
};
use alloc::vec::Vec;
use bytes::Bytes;
use core::time::Duration;

/// Makes a bundle. Every rule that [`Bundle::decode`] enforces is checked by [`build`](Self::build).
///
/// Without further calls: CRC-32C on all blocks, nobody to report to, an empty payload, a lifetime of an hour, and
/// no creation time, so that an age block or a [`timestamp`](Self::timestamp) is needed.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until build()"]
pub struct BundleBuilder {
    primary: Primary,
    crc: CrcType,
    blocks: Vec<Block>,
    /// The payload block without its data.
    payload: Block,
    data: Bytes,
    rules: Rules,
}

impl BundleBuilder {
    pub(super) fn new(source: Eid, destination: Eid) -> Self {
        Self {
            primary: Primary {
                flags: BundleFlags::NONE,
                crc: CrcType::Crc32C,
                destination,
                source,
                report_to: Eid::NONE,
                timestamp: CreationTimestamp::default(),
                lifetime_ms: DEFAULT_LIFETIME_MS,
                fragment: None,
                check: KnownCheck(None),
            },
            crc: CrcType::Crc32C,
            blocks: Vec::new(),
            payload: Block::new(BlockContent::Payload { len: 0 }).with_number(PAYLOAD_NUMBER),
            data: Bytes::new(),
            rules: Rules::STRICT,
        }
    }

    /// Who is told about the bundle.
    pub fn report_to(mut self, eid: Eid) -> Self {
        self.primary.report_to = eid;
        self
    }

    /// When the bundle was made.
    pub fn timestamp(mut self, timestamp: CreationTimestamp) -> Self {
        self.primary.timestamp = timestamp;
        self
    }

    /// How long the bundle is worth keeping; parts of a millisecond count as a whole one.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.primary.lifetime_ms = millis_up(lifetime);
        self
    }

    /// Bundle processing control flags, in place of those set before; [`fragment`](Self::fragment) sets its own.
    pub fn flags(mut self, flags: BundleFlags) -> Self {
        self.primary.flags = flags;
        self
    }

    /// The check sequence of the primary block, the payload block, and the blocks added by name after this call.
    pub fn crc(mut self, crc: CrcType) -> Self {
        self.crc = crc;
        self.primary.crc = crc;
        self.payload.crc = crc;
        self
    }

    /// The check sequence of the primary block.
    pub fn primary_crc(mut self, crc: CrcType) -> Self {
        self.primary.crc = crc;
        self
    }

    /// The check sequence of the payload block.
    pub fn payload_crc(mut self, crc: CrcType) -> Self {
        self.payload.crc = crc;
        self
    }

    /// Flags of the payload block.
    pub fn payload_flags(mut self, flags: BlockFlags) -> Self {
        self.payload.flags = flags;
        self
    }

    /// Makes the bundle a fragment that belongs at this place.
    pub fn fragment(mut self, part: Fragment) -> Self {
        self.primary.fragment = Some(part);
        self
    }

    /// Adds a previous node block.
    pub fn previous_node(self, node: Eid) -> Self {
        let crc = self.crc;
        self.block(Block::new(BlockContent::PreviousNode(node)).with_crc(crc))
    }

    /// Adds an age block.
    pub fn age(self, age: Duration) -> Self {
        let crc = self.crc;
        self.block(Block::new(BlockContent::age(age)).with_crc(crc))
    }

    /// Adds a hop count block that starts at 0; `limit` is 1 to 255.
    pub fn hop_limit(self, limit: u8) -> Self {
        let crc = self.crc;
        self.block(Block::new(BlockContent::HopCount(HopCount { limit, count: 0 })).with_crc(crc))
    }

    /// Adds a block. Blocks without a number get the lowest free ones, from 2 on.
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// The application data unit.
    pub fn payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.data = payload.into();
        self
    }

    /// Which rules the bundle must keep; the default is all of them.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Makes the bundle.
    ///
    /// # Errors
    /// The rule that it would break.
    pub fn build(mut self) -> Result<Bundle, BundleError> {
        let payload = core::mem::take(&mut self.data);
        let header = self.build_header(payload.len() as u64)?;
        Ok(Bundle { header, payload })
    }

    /// Makes the header of a bundle whose payload, of `payload_len` octets, is elsewhere; see
    /// [`BundleWriter`](super::BundleWriter).
    ///
    /// # Errors
    /// The rule that the bundle would break.
    pub fn build_header(mut self, payload_len: u64) -> Result<Header, BundleError> {
        self.payload.content = BlockContent::Payload { len: payload_len };
        if self.primary.fragment.is_some() {
            self.primary.flags = self.primary.flags | BundleFlags::FRAGMENT;
        } else if self.primary.flags.contains(BundleFlags::FRAGMENT) {
            return Err(BundleError::FragmentFlag);
        }
        let Primary { source, destination, report_to, .. } = &self.primary;
        if self.rules.null_ipn && [source, destination, report_to].into_iter().any(is_null_with_service) {
            return Err(BundleError::NodeZero);
        }
        if self.blocks.len() > self.rules.max_blocks {
            return Err(BundleError::TooManyBlocks { limit: self.rules.max_blocks });
        }
        self.number_blocks();
        check_primary(&self.primary, &self.rules)?;
        let mut header = Header { primary: self.primary, blocks: self.blocks, payload: self.payload };
        header.check_blocks(&self.rules)?;
        if header.start_len() > self.rules.max_header {
            return Err(BundleError::HeaderTooLong { limit: self.rules.max_header });
        }
        Ok(header)
    }

    fn number_blocks(&mut self) {
        for at in 0..self.blocks.len() {
            if self.blocks[at].number == UNNUMBERED {
                let taken = |number: &u64| self.blocks.iter().any(|block| block.number == *number);
                self.blocks[at].number = (2..).find(|number| !taken(number)).unwrap_or(u64::MAX);
            }
        }
    }
}

fn is_null_with_service(eid: &Eid) -> bool {
    eid.is_null() && eid.service().is_some_and(|service| service != 0)
}

const DEFAULT_LIFETIME_MS: u64 = 3_600_000;
