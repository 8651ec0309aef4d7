//! Which blocks and octets a fragment is made of, and the header of the whole made again from its first fragment.

use super::check::KnownCheck;
use super::rules::{PAYLOAD_NUMBER, check};
use super::{
    Block, BlockContent, BlockFlags, Bundle, BundleError, BundleFlags, CrcType, Fragment, Header, Rules,
    block_type, security,
};
use crate::wire::cbor;
use alloc::vec::Vec;

impl Header {
    /// The header of the fragment that holds the `len` octets from `offset` on of this bundle's payload.
    ///
    /// A fragment may be fragmented again; `offset` always counts from the start of this bundle's own payload. The
    /// part that starts at 0 has all blocks. Other parts have those with [`BlockFlags::REPLICATE`], those that say
    /// something about every part (previous node, age, hop count) if they are in the clear, an integrity block if it
    /// is all that protects the primary block, and the confidentiality blocks without which the rest could not be
    /// read.
    ///
    /// # Errors
    /// [`BundleError::MustNotFragment`] when the bundle forbids it; [`BundleError::FragmentRange`] when the range is
    /// empty or reaches beyond the payload; the rule that the fragment would break.
    ///
    /// Source: RFC 9171 §5.8.
    pub fn cut(&self, offset: u64, len: u64) -> Result<Self, BundleError> {
        let whole = self.payload_len();
        if self.primary.flags.contains(BundleFlags::MUST_NOT_FRAGMENT) {
            return Err(BundleError::MustNotFragment);
        }
        if len == 0 || offset.checked_add(len).is_none_or(|end| end > whole) {
            return Err(BundleError::FragmentRange { offset, len, total: whole });
        }
        let part = self.place(offset)?;
        let mut primary = self.primary.clone();
        primary.flags = primary.flags | BundleFlags::FRAGMENT;
        primary.fragment = Some(part);
        primary.check = KnownCheck(None);
        let blocks = if offset == 0 { self.blocks.clone() } else { self.replicated_blocks()? };
        let mut payload = self.payload.clone();
        payload.set_content(BlockContent::Payload { len });
        let fragment = Self { primary, blocks, payload };
        check(&fragment, &self.rules_kept())?;
        Ok(fragment)
    }

    /// How many octets of payload from `offset` on a fragment can hold that takes at most `limit` octets as a
    /// whole; 0 when not even one fits.
    ///
    /// # Errors
    /// As [`cut`](Self::cut).
    pub fn cut_room(&self, offset: u64, limit: u64) -> Result<u64, BundleError> {
        let left = self.payload_len().saturating_sub(offset);
        let fragment = self.cut(offset, left)?;
        let over = fragment.encoded_len() - left - cbor::head_len(left) as u64;
        // The length field shrinks with the payload, so its own room depends on the outcome.
        let mut room = left.min(limit.saturating_sub(over));
        while room > 0 && over + cbor::head_len(room) as u64 + room > limit {
            room -= 1;
        }
        Ok(room)
    }

    /// The header of the bundle that this is the first fragment of. What was a fragment again becomes whole: the
    /// total is the length of its payload.
    ///
    /// # Errors
    /// [`BundleError::NoFragment`] when it is none; [`BundleError::FragmentRange`] when it is not the one at the
    /// start, whose blocks the whole bundle has.
    ///
    /// Source: RFC 9171 §5.9.
    pub fn reassembled(&self) -> Result<Self, BundleError> {
        let part = self.primary.fragment.ok_or(BundleError::NoFragment)?;
        if part.offset != 0 {
            let len = self.payload_len();
            return Err(BundleError::FragmentRange { offset: part.offset, len, total: part.total });
        }
        let mut whole = self.clone();
        whole.primary.fragment = None;
        whole.primary.flags = BundleFlags(whole.primary.flags.0 & !BundleFlags::FRAGMENT.0);
        whole.primary.check = KnownCheck(None);
        whole.payload.set_content(BlockContent::Payload { len: part.total });
        Ok(whole)
    }

    /// Where the payload octet at `offset` belongs in the whole application data unit.
    fn place(&self, offset: u64) -> Result<Fragment, BundleError> {
        let len = self.payload_len();
        match self.primary.fragment {
            None => Ok(Fragment { offset, total: len }),
            Some(part) => match part.offset.checked_add(offset) {
                Some(offset) => Ok(Fragment { offset, total: part.total }),
                None => Err(BundleError::FragmentRange { offset: part.offset, len, total: part.total }),
            },
        }
    }

    fn replicated_blocks(&self) -> Result<Vec<Block>, BundleError> {
        let mut encrypted = Vec::new();
        security::encrypted_numbers(&self.blocks, &mut encrypted);
        encrypted.sort_unstable();
        let mut taken = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let of_every_part = matches!(
                block.content,
                BlockContent::PreviousNode(_) | BlockContent::Age(_) | BlockContent::HopCount(_)
            );
            let protects_primary =
                self.primary.crc == CrcType::None && security::may_cover_primary(block, &encrypted)?;
            taken.push(of_every_part || protects_primary || block.flags.contains(BlockFlags::REPLICATE));
        }
        for at in 0..self.blocks.len() {
            let block = &self.blocks[at];
            if !taken[at] && block.block_type() == block_type::CONFIDENTIALITY {
                let targets = security::targets(block)?;
                taken[at] = targets.contains(&PAYLOAD_NUMBER)
                    || self
                        .blocks
                        .iter()
                        .zip(&taken)
                        .any(|(other, &taken)| taken && targets.contains(&other.number));
            }
        }
        Ok(self
            .blocks
            .iter()
            .zip(taken)
            .filter(|(_, taken)| *taken)
            .map(|(block, _)| block.clone())
            .collect())
    }

    /// The strictest rules this header keeps: what is made of it is to keep them too.
    pub(crate) fn rules_kept(&self) -> Rules {
        let mut rules = Rules::STRICT;
        while let Err(error) = check(self, &rules) {
            match error {
                BundleError::NoAge if rules.clockless_age => rules.clockless_age = false,
                BundleError::NameTooLong { .. } if rules.max_name < usize::MAX => rules.max_name = usize::MAX,
                BundleError::UnprotectedPrimary if rules.protected_primary => rules.protected_primary = false,
                BundleError::AnonymousFragmentable
                | BundleError::AnonymousAsksReports
                | BundleError::BlockAsksReports { .. }
                    if rules.null_ipn =>
                {
                    rules.null_ipn = false;
                }
                _ => break,
            }
        }
        rules
    }
}

impl Bundle {
    /// The fragment that holds the `len` octets from `offset` on of this bundle's payload.
    ///
    /// # Errors
    /// As [`Header::cut`].
    ///
    /// Source: RFC 9171 §5.8.
    pub fn cut(&self, offset: u64, len: u64) -> Result<Self, BundleError> {
        let header = self.header.cut(offset, len)?;
        // Both ends lie within the payload, which is in memory.
        let (start, end) = (offset as usize, (offset + len) as usize);
        Ok(Self { header, payload: self.payload.slice(start..end) })
    }
}
