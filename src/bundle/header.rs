use super::check::KnownCheck;
use super::rules::{check_blocks, check_fields, number_blocks};
use super::{
    Block, BlockContent, Bundle, BundleError, BundleFlags, BundleId, CreationTimestamp, Eid, Fragment,
    FragmentRange, HopCount, Primary, Rules, security,
};
use crate::wire::{EncodeError, Writer, cbor};
use alloc::vec::Vec;
use bytes::Bytes;
use core::iter;
use core::time::Duration;

/// All of a bundle but the octets of its payload: what a node needs to decide, and what it changes on the way.
///
/// A header keeps the rules of RFC 9171. It comes out of a [`Bundle`], of a [`BundleReader`](super::BundleReader)
/// when a bundle's payload has only begun to arrive, or of
/// [`BundleBuilder::build_header`](super::BundleBuilder::build_header).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub(super) primary: Primary,
    /// All but primary and payload, in order.
    pub(super) blocks: Vec<Block>,
    /// Its content is [`BlockContent::Payload`].
    pub(super) payload: Block,
}

impl Header {
    /// The bundle of this header with its payload.
    ///
    /// # Errors
    /// [`BundleError::PayloadLength`] when the header is one of a payload of another length.
    pub fn with_payload(self, payload: Bytes) -> Result<Bundle, BundleError> {
        match payload.len() as u64 {
            found if found == self.payload_len() => Ok(Bundle { header: self, payload }),
            found => Err(BundleError::PayloadLength { required: self.payload_len(), found }),
        }
    }

    /// Reads the contents that are still octets and in the clear, and checks all rules between the blocks.
    pub(super) fn check_blocks(&mut self, rules: &Rules) -> Result<(), BundleError> {
        if !rules.numbered_blocks {
            number_blocks(&mut self.blocks);
        }
        check_blocks(&self.blocks, &self.payload)?;
        security::check_targets(&self.blocks)?;
        for at in 0..self.blocks.len() {
            if self.blocks[at].is_understood()
                && !security::is_encrypted(&self.blocks, self.blocks[at].number)?
            {
                self.blocks[at].interpret()?;
            }
        }
        check_fields(self, rules)
    }

    /// Octets of the encoded bundle, payload and all.
    #[must_use]
    pub fn encoded_len(&self) -> u64 {
        let start_and_end = 2 + self.primary.wire_len() as u64;
        self.all_blocks().map(Block::encoded_len).fold(start_and_end, u64::saturating_add)
    }

    /// Octets of the encoded bundle before its payload's.
    #[must_use]
    pub fn start_len(&self) -> usize {
        let blocks: u64 = self.blocks.iter().map(Block::encoded_len).sum();
        // What is in memory can be counted.
        1 + self.primary.wire_len() + usize::try_from(blocks).unwrap_or(usize::MAX) + self.payload.head_len()
    }

    /// Writes all before the payload's octets, and says where the payload block starts.
    #[inline]
    pub(super) fn write_start(&self, out: &mut Writer<'_>) -> Result<usize, EncodeError> {
        cbor::put_indefinite_array(out)?;
        self.primary.write(out)?;
        for block in &self.blocks {
            block.write(out)?;
        }
        let start = out.len();
        self.payload.write(out)?;
        Ok(start)
    }

    /// Writes the bundle of this header and its payload to the front of `out` and returns how many octets that took.
    #[inline]
    pub(crate) fn encode_with(&self, payload: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut out = Writer::new(out);
        let start = self.write_start(&mut out)?;
        out.put(payload)?;
        self.payload.crc.write(self.payload.check, start, &mut out)?;
        cbor::put_break(&mut out)?;
        Ok(out.len())
    }

    /// Octets of the payload.
    #[must_use]
    pub const fn payload_len(&self) -> u64 {
        match self.payload.content {
            BlockContent::Payload { len } => len,
            _ => 0,
        }
    }

    /// The primary block.
    #[must_use]
    pub const fn primary(&self) -> &Primary {
        &self.primary
    }

    /// The blocks between primary and payload, in order.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The payload block.
    #[must_use]
    pub const fn payload_block(&self) -> &Block {
        &self.payload
    }

    /// The check sequence that came with the payload, while it still holds.
    pub(crate) const fn payload_check(&self) -> Option<u32> {
        self.payload.check.0
    }

    /// Has the payload go out with this check sequence, which came with it.
    pub(crate) const fn set_payload_check(&mut self, check: Option<u32>) {
        self.payload.check = KnownCheck(check);
    }

    /// All blocks but the primary, in order; the payload is the last.
    pub fn all_blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().chain(iter::once(&self.payload))
    }

    /// Who made it.
    #[must_use]
    pub const fn source(&self) -> &Eid {
        &self.primary.source
    }

    /// Where it goes.
    #[must_use]
    pub const fn destination(&self) -> &Eid {
        &self.primary.destination
    }

    /// Who is told about it.
    #[must_use]
    pub const fn report_to(&self) -> &Eid {
        &self.primary.report_to
    }

    /// Bundle processing control flags.
    #[must_use]
    pub const fn flags(&self) -> BundleFlags {
        self.primary.flags
    }

    /// When it was made.
    #[must_use]
    pub const fn timestamp(&self) -> CreationTimestamp {
        self.primary.timestamp
    }

    /// How long it is worth keeping, from its creation on.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.primary.lifetime()
    }

    /// Where it belongs, if it is a fragment.
    #[must_use]
    pub const fn fragment(&self) -> Option<Fragment> {
        self.primary.fragment
    }

    /// Whether the payload is an administrative record.
    #[must_use]
    pub const fn is_admin_record(&self) -> bool {
        self.primary.flags.contains(BundleFlags::ADMIN_RECORD)
    }

    /// Whether the content of block `number` is encrypted; 1 is the payload.
    #[must_use]
    pub fn is_encrypted(&self, number: u64) -> bool {
        security::is_encrypted(&self.blocks, number).unwrap_or(true)
    }

    /// What tells this bundle from all others.
    #[must_use]
    pub fn id(&self) -> BundleId {
        let len = self.payload_len();
        BundleId {
            timestamp: self.primary.timestamp,
            fragment: self.primary.fragment.map(|part| FragmentRange { offset: part.offset, len }),
            source: self.primary.source.clone(),
        }
    }

    /// Which node sent it last, if a block says so in the clear.
    #[must_use]
    pub fn previous_node(&self) -> Option<&Eid> {
        self.blocks.iter().find_map(|block| match &block.content {
            BlockContent::PreviousNode(eid) => Some(eid),
            _ => None,
        })
    }

    /// How long ago it was made, if a block says so in the clear.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.blocks.iter().find_map(|block| match &block.content {
            BlockContent::Age(millis) => Some(Duration::from_millis(*millis)),
            _ => None,
        })
    }

    /// How many nodes it may pass and has passed, if a block says so in the clear.
    #[must_use]
    pub fn hop_count(&self) -> Option<HopCount> {
        self.blocks.iter().find_map(|block| match &block.content {
            BlockContent::HopCount(hops) => Some(*hops),
            _ => None,
        })
    }
}
