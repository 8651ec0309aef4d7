//! What a node does to a bundle on its way.

use super::block::millis_up;
use super::rules::{PAYLOAD_NUMBER, check};
use super::{Block, BlockContent, Bundle, BundleError, Eid, Header, HopCount, block_type, security};
use crate::time::{DtnTime, Epoch, Instant};
use alloc::vec::Vec;
use core::time::Duration;

impl Header {
    /// The header as `node` sends it on after the bundle was there for `stay`: with `node` as the previous one, and with
    /// age and hop count raised. `None` when the hop limit is passed: the bundle is to be deleted.
    ///
    /// Source: RFC 9171 §5.4, §4.4.
    #[must_use]
    pub fn sent_on(&self, node: Eid, stay: Duration) -> Option<Self> {
        // With room for the block that may be added.
        let mut blocks = Vec::with_capacity(self.blocks.len() + 1);
        blocks.extend_from_slice(&self.blocks);
        let mut header = Self { primary: self.primary.clone(), blocks, payload: self.payload.clone() };
        if !header.raise_hop_count() {
            return None;
        }
        header.set_previous_node(node);
        header.add_age(stay);
        Some(header)
    }

    /// Says which node sends the bundle on: changes the previous node block, or puts one in.
    ///
    /// Security operations on the block that was there go with it. An encrypted previous node block is taken out, and a
    /// new one has a number of its own: what speaks of the old one must not be taken to speak of the new.
    ///
    /// Source: RFC 9171 §4.4.1.
    pub fn set_previous_node(&mut self, node: Eid) {
        let content = BlockContent::PreviousNode(node);
        let clear = |block: &&mut Block| matches!(block.content, BlockContent::PreviousNode(_));
        if let Some(block) = self.blocks.iter_mut().find(clear) {
            let number = block.number;
            block.set_content(content);
            return self.take_operations(number);
        }
        let number = self.free_number();
        let hidden = self.blocks.iter().find(|block| block.block_type() == block_type::PREVIOUS_NODE);
        if let Some(hidden) = hidden.map(|block| block.number) {
            self.take_block(hidden);
        }
        self.blocks.push(Block::new(content).with_number(number).with_crc(self.primary.crc));
    }

    /// Adds time spent here or on the way to the age block, if there is one in the clear.
    ///
    /// Source: RFC 9171 §4.4.2.
    pub fn add_age(&mut self, time: Duration) {
        let more = millis_up(time);
        for block in &mut self.blocks {
            if let BlockContent::Age(millis) = block.content {
                block.set_content(BlockContent::Age(millis.saturating_add(more)));
            }
        }
    }

    /// Counts one more node, if there is a hop count block in the clear. `false` when the limit is passed: the
    /// bundle is to be deleted.
    ///
    /// Source: RFC 9171 §4.4.3.
    #[must_use = "a bundle over its hop limit is to be deleted"]
    pub fn raise_hop_count(&mut self) -> bool {
        for block in &mut self.blocks {
            if let BlockContent::HopCount(hops) = block.content {
                let hops = HopCount { count: hops.count.saturating_add(1), ..hops };
                block.set_content(BlockContent::HopCount(hops));
                return !hops.exceeded();
            }
        }
        true
    }

    /// Takes out a block, as its flags may ask for when this node does not know its type, and the security operations
    /// on it.
    ///
    /// # Errors
    /// [`BundleError::NoSuchBlock`] when there is none or it is the payload; the rule that would be broken when the
    /// bundle cannot be without it. The bundle is then unchanged.
    pub fn remove_block(&mut self, number: u64) -> Result<Block, BundleError> {
        let at = self.blocks.iter().position(|block| block.number == number);
        let at = at.ok_or(BundleError::NoSuchBlock { block: number })?;
        let rules = self.rules_kept();
        let before = self.blocks.clone();
        let removed = self.blocks[at].clone();
        self.take_block(number);
        if let Err(error) = check(self, &rules) {
            self.blocks = before;
            return Err(error);
        }
        Ok(removed)
    }

    /// Takes out a block, which is not the payload, and the security operations on it.
    pub(crate) fn take_block(&mut self, number: u64) {
        self.blocks.retain(|block| block.number != number);
        self.take_operations(number);
    }

    /// Takes out all security operations on a block. Those of security blocks that are encrypted stay: their acceptor
    /// finds them without a target.
    fn take_operations(&mut self, target: u64) {
        if !self.blocks.iter().any(Block::is_security) {
            return;
        }
        let mut encrypted = Vec::new();
        security::encrypted_numbers(&self.blocks, &mut encrypted);
        let security = self.blocks.iter().filter(|block| block.is_security());
        let security: Vec<u64> =
            security.map(|block| block.number).filter(|number| !encrypted.contains(number)).collect();
        security.into_iter().for_each(|number| self.take_operation(number, target));
    }

    /// Takes the operation on `target` out of a security block, and the block with the last of them.
    ///
    /// A block that is none, or is not as it should be, stays as it is.
    pub(crate) fn take_operation(&mut self, number: u64, target: u64) {
        let Some(at) = self.blocks.iter().position(|block| block.number == number) else { return };
        let block = &mut self.blocks[at];
        let BlockContent::Octets { block_type, data } = &block.content else { return };
        match security::without_target(data, target) {
            Ok(Some(left)) if left.is_empty() => drop(self.blocks.remove(at)),
            Ok(Some(left)) => {
                let content = BlockContent::Octets { block_type: *block_type, data: left.into() };
                block.set_content(content);
            }
            Ok(None) | Err(_) => {}
        }
    }

    /// When the bundle is no longer worth keeping, by the clock of the host that received it at `received`.
    ///
    /// With a source that had a clock and a host that knows the time (`epoch`), that is creation time plus lifetime.
    /// Otherwise it is what is left of the lifetime at `received`, going by the age block. [`Instant::MAX`] when it
    /// never ends.
    ///
    /// Source: RFC 9171 §4.2.6, §4.4.2.
    #[must_use]
    pub fn expires_at(&self, received: Instant, epoch: Option<Epoch>) -> Instant {
        let made = self.primary.timestamp.time;
        match epoch {
            Some(epoch) if made != DtnTime::UNKNOWN => {
                epoch.instant(DtnTime(made.0.saturating_add(self.primary.lifetime_ms)))
            }
            _ => received + self.lifetime().saturating_sub(self.age().unwrap_or_default()),
        }
    }

    /// The lowest number that no block has and no block speaks of as encrypted.
    pub(crate) fn free_number(&self) -> u64 {
        let mut taken: Vec<u64> = self.blocks.iter().map(|block| block.number).collect();
        security::encrypted_numbers(&self.blocks, &mut taken);
        taken.sort_unstable();
        let mut free = PAYLOAD_NUMBER + 1;
        for number in taken {
            free = if number == free { free.saturating_add(1) } else { free };
        }
        free
    }
}

/// What changes a bundle on its way changes its header.
impl Bundle {
    /// As [`Header::set_previous_node`].
    pub fn set_previous_node(&mut self, node: Eid) {
        self.header.set_previous_node(node);
    }

    /// As [`Header::add_age`].
    pub fn add_age(&mut self, time: Duration) {
        self.header.add_age(time);
    }

    /// As [`Header::raise_hop_count`].
    #[must_use = "a bundle over its hop limit is to be deleted"]
    pub fn raise_hop_count(&mut self) -> bool {
        self.header.raise_hop_count()
    }

    /// As [`Header::remove_block`].
    ///
    /// # Errors
    /// As [`Header::remove_block`].
    pub fn remove_block(&mut self, number: u64) -> Result<Block, BundleError> {
        self.header.remove_block(number)
    }
}
