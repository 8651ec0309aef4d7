//! The rules between security blocks, whatever their contexts.

use super::SecurityError;
use super::process::read;
use super::scope::PRIMARY_NUMBER;
use crate::bundle::{Block, BlockFlags, Header, block_type};
use alloc::vec::Vec;

/// Security block and target of all operations of one kind whose blocks are in the clear.
pub(super) fn targets(header: &Header, kind: u64) -> Result<Vec<(u64, u64)>, SecurityError> {
    let hidden = match kind {
        block_type::INTEGRITY => targets(header, block_type::CONFIDENTIALITY)?,
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for block in header.blocks().iter().filter(|block| block.block_type() == kind) {
        if !hidden.iter().any(|(_, target)| *target == block.number()) {
            found.extend(read(block)?.targets.iter().map(|&target| (block.number(), target)));
        }
    }
    Ok(found)
}

/// Checks that security blocks may speak of the targets they speak of, and that no integrity block in the clear covers
/// what is encrypted.
///
/// Source: RFC 9172 §3.7 to §3.9.
pub(super) fn check(header: &Header) -> Result<(), SecurityError> {
    check_targets(header)?;
    let encrypted = targets(header, block_type::CONFIDENTIALITY)?;
    for (_, block) in targets(header, block_type::INTEGRITY)? {
        if encrypted.iter().any(|(_, target)| *target == block) {
            return Err(SecurityError::Conflict { block });
        }
    }
    Ok(())
}

/// Checks targets one kind of operation at a time.
///
/// Targets are there; confidentiality covers neither the primary block nor another of its kind, and stays in the
/// bundle; integrity covers no security block; no target has two operations of one kind.
pub(super) fn check_targets(header: &Header) -> Result<(), SecurityError> {
    for kind in [block_type::CONFIDENTIALITY, block_type::INTEGRITY] {
        let operations = targets(header, kind)?;
        let mut seen: Vec<u64> = operations.iter().map(|(_, target)| *target).collect();
        seen.sort_unstable();
        if let Some(&[block, _]) = seen.windows(2).find(|pair| pair.first() == pair.last()) {
            return Err(SecurityError::Conflict { block });
        }
        for &(number, block) in &operations {
            let target = header.block(block).map(Block::block_type);
            let allowed = match (kind, target) {
                (_, None) => block == PRIMARY_NUMBER && kind == block_type::INTEGRITY,
                (block_type::INTEGRITY, Some(block_type::INTEGRITY)) => false,
                (_, Some(block_type::CONFIDENTIALITY)) => false,
                _ => true,
            };
            let removed = kind == block_type::CONFIDENTIALITY
                && header.block(number).is_some_and(|b| b.flags().contains(BlockFlags::REMOVE_UNPROCESSED));
            if !allowed || removed {
                return Err(SecurityError::Conflict { block });
            }
        }
    }
    Ok(())
}
