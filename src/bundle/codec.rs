use super::rules::{check_blocks, check_fields};
use super::{
    Block, BlockContent, BundleBuilder, BundleError, BundleFlags, BundleId, CreationTimestamp, Eid, Fragment,
    FragmentRange, HopCount, Primary, Rules, block_type, security,
};
use crate::wire::{EncodeError, Writer, cbor};
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use core::iter;
use core::time::Duration;

/// A bundle that keeps the rules of RFC 9171.
///
/// Payload and unknown blocks are slices of the buffer it was read from. Blocks that were not changed go out as the
/// octets they came in, check sequence included.
///
/// Source: RFC 9171 §4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    pub(super) primary: Primary,
    /// All but primary and payload, in order.
    pub(super) blocks: Vec<Block>,
    pub(super) payload: Block,
}

impl Bundle {
    /// Starts a new bundle.
    pub fn builder(source: Eid, destination: Eid) -> BundleBuilder {
        BundleBuilder::new(source, destination)
    }

    /// Reads a bundle that fills `octets`, by the letter of the standards.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn decode(octets: Bytes) -> Result<Self, BundleError> {
        Self::decode_with(octets, &Rules::STRICT)
    }

    /// Reads a bundle that fills `octets`, as strictly as `rules` say.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn decode_with(octets: Bytes, rules: &Rules) -> Result<Self, BundleError> {
        let (bundle, len) = Self::read(&octets, rules)?;
        match octets.len() - len {
            0 => Ok(bundle),
            extra => Err(BundleError::Trailing { extra }),
        }
    }

    /// Reads one bundle from the front of `octets` and returns it with the octets after it, for adapters that put
    /// bundles one after the other.
    ///
    /// # Errors
    /// The rule that was broken; [`DecodeError::Short`](crate::wire::DecodeError::Short) when the bundle is cut off.
    pub fn decode_prefix(octets: Bytes, rules: &Rules) -> Result<(Self, Bytes), BundleError> {
        let (bundle, len) = Self::read(&octets, rules)?;
        Ok((bundle, octets.slice(len..)))
    }

    fn read(octets: &Bytes, rules: &Rules) -> Result<(Self, usize), BundleError> {
        let mut reader = cbor::Reader::new("bundle", octets);
        reader.indefinite_array("bundle array")?;
        reader.rename("primary block");
        let primary = Primary::read(&mut reader)?;
        reader.rename("block");
        let mut blocks = Vec::new();
        let payload = loop {
            if reader.take_break() {
                return Err(BundleError::NoPayload);
            }
            if blocks.len() >= rules.max_blocks {
                return Err(BundleError::TooManyBlocks { limit: rules.max_blocks });
            }
            let block = Block::read(&mut reader, octets)?;
            if block.block_type() == block_type::PAYLOAD {
                break block;
            }
            blocks.push(block);
        };
        if !reader.take_break() {
            // Cut off, or one block more: reading a head tells which.
            reader.head()?;
            return Err(BundleError::PayloadNotLast);
        }
        let mut bundle = Self { primary, blocks, payload };
        bundle.check_whole(rules)?;
        Ok((bundle, reader.position()))
    }

    /// Reads the contents that are still octets and in the clear, and checks all rules between the parts.
    pub(super) fn check_whole(&mut self, rules: &Rules) -> Result<(), BundleError> {
        check_blocks(&self.blocks, &self.payload)?;
        for at in 0..self.blocks.len() {
            if self.blocks[at].is_understood()
                && !security::is_encrypted(&self.blocks, self.blocks[at].number)?
            {
                self.blocks[at].interpret()?;
            }
        }
        check_fields(self, rules)
    }

    /// Octets of the encoded bundle.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(Block::encoded_len).sum();
        2 + self.primary.wire_len() + blocks + self.payload.encoded_len()
    }

    /// Writes the bundle to the front of `out` and returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `out` is too small; it may then be partly written.
    pub fn encode_into(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut out = Writer::new(out);
        cbor::put_indefinite_array(&mut out)?;
        self.primary.write(&mut out)?;
        for block in self.all_blocks() {
            block.write(&mut out)?;
        }
        cbor::put_break(&mut out)?;
        Ok(out.len())
    }

    /// The bundle as octets of its own.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; self.encoded_len()];
        // The room is exact, and lack of room is all that can go wrong.
        let written = self.encode_into(&mut out);
        debug_assert_eq!(written, Ok(out.len()));
        out
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

    /// All blocks but the primary, in order; the payload is the last.
    pub fn all_blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().chain(iter::once(&self.payload))
    }

    /// The application data unit, a fragment of it, or an administrative record.
    #[must_use]
    pub fn payload(&self) -> &Bytes {
        static EMPTY: Bytes = Bytes::new();
        match &self.payload.content {
            BlockContent::Octets { data, .. } => data,
            _ => &EMPTY,
        }
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

    /// What tells this bundle from all others.
    #[must_use]
    pub fn id(&self) -> BundleId {
        let len = self.payload.data_len() as u64;
        BundleId {
            source: self.primary.source.clone(),
            timestamp: self.primary.timestamp,
            fragment: self.primary.fragment.map(|part| FragmentRange { offset: part.offset, len }),
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
