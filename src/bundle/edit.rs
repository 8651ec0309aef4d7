//! How security processing changes the blocks of a bundle. Only for this crate: between two of these calls a header
//! may break rules; [`Header::check_again`] ends the series.

use super::check::KnownCheck;
use super::rules::{PAYLOAD_NUMBER, check};
use super::{Block, BlockContent, BundleError, CrcType, Header};
use alloc::vec::Vec;

impl Header {
    pub(crate) fn block(&self, number: u64) -> Option<&Block> {
        self.all_blocks().find(|block| block.number == number)
    }

    fn block_mut(&mut self, number: u64) -> Option<&mut Block> {
        if number == PAYLOAD_NUMBER {
            return Some(&mut self.payload);
        }
        self.blocks.iter_mut().find(|block| block.number == number)
    }

    /// Adds a block before the payload.
    pub(crate) fn push_block(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Replaces the data of a block. The content of a block in the clear is interpreted, that of another stays
    /// octets.
    pub(crate) fn set_data(
        &mut self,
        number: u64,
        data: Vec<u8>,
        in_the_clear: bool,
    ) -> Result<(), BundleError> {
        let Some(block) = self.block_mut(number) else { return Ok(()) };
        let block_type = block.block_type();
        block.set_content(BlockContent::Octets { block_type, data: data.into() });
        if in_the_clear { block.interpret() } else { Ok(()) }
    }

    /// Sets the length of the payload, whose octets are about to change.
    pub(crate) fn set_payload_len(&mut self, len: u64) {
        self.payload.set_content(BlockContent::Payload { len });
    }

    /// Sets the check sequence type of a block; 0 is the primary block.
    pub(crate) fn set_crc(&mut self, number: u64, crc: CrcType) {
        if number == 0 {
            self.primary.crc = crc;
            self.primary.check = KnownCheck(None);
        } else if let Some(block) = self.block_mut(number) {
            block.crc = crc;
            block.check = KnownCheck(None);
        }
    }

    /// Checks the rules again; as strictly as the header kept them before.
    pub(crate) fn check_again(&self, before: &super::Rules) -> Result<(), BundleError> {
        check(self, before)
    }
}
