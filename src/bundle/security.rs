//! Which blocks the security blocks of a bundle speak of.

use super::{Block, BlockContent, BundleError, block_type};
use crate::wire::{DecodeError, cbor, written};
use alloc::vec::Vec;

/// Whether an integrity block covers the primary block, or may: one that is encrypted does not tell.
pub(super) fn covers_primary(blocks: &[Block]) -> Result<bool, BundleError> {
    let mut encrypted = Vec::new();
    encrypted_numbers(blocks, &mut encrypted);
    encrypted.sort_unstable();
    for block in blocks {
        if may_cover_primary(block, &encrypted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether this is an integrity block that covers the primary block or is among the `encrypted`, in order.
pub(super) fn may_cover_primary(block: &Block, encrypted: &[u64]) -> Result<bool, BundleError> {
    Ok(block.block_type() == block_type::INTEGRITY
        && (encrypted.binary_search(&block.number).is_ok() || targets(block)?.contains(&PRIMARY)))
}

/// Whether the content of block `number` is encrypted.
pub(super) fn is_encrypted(blocks: &[Block], number: u64) -> Result<bool, BundleError> {
    any_target(blocks, block_type::CONFIDENTIALITY, number)
}

/// Adds the numbers of all blocks whose content is said to be encrypted.
pub(super) fn encrypted_numbers(blocks: &[Block], numbers: &mut Vec<u64>) {
    for block in blocks {
        let BlockContent::Octets { block_type: block_type::CONFIDENTIALITY, data } = &block.content else {
            continue;
        };
        let mut reader = cbor::Reader::new(UNIT, data);
        for _ in 0..reader.array("targets").unwrap_or_default() {
            let Ok(target) = reader.unsigned("target") else { break };
            numbers.push(target);
        }
    }
}

/// That all blocks say what they encrypt, whether or not somebody asks: else a bundle that is taken now is refused once
/// it has a block more.
pub(super) fn check_targets(blocks: &[Block]) -> Result<(), BundleError> {
    let mut confidentiality = blocks.iter().filter(|block| block.block_type() == block_type::CONFIDENTIALITY);
    confidentiality.try_for_each(|block| targets(block).map(drop))
}

/// The numbers of the blocks that a security block speaks of.
pub(super) fn targets(block: &Block) -> Result<Vec<u64>, BundleError> {
    let BlockContent::Octets { data, .. } = &block.content else { return Ok(Vec::new()) };
    let mut targets = Vec::new();
    each_target(data, |target| targets.push(target)).map_err(|error| BundleError::Content {
        block: block.number,
        block_type: block.block_type(),
        error,
    })?;
    Ok(targets)
}

fn any_target(blocks: &[Block], kind: u64, number: u64) -> Result<bool, BundleError> {
    for block in blocks {
        let BlockContent::Octets { block_type, data } = &block.content else { continue };
        if *block_type != kind {
            continue;
        }
        let found = targets_include(data, number).map_err(|error| BundleError::Content {
            block: block.number,
            block_type: *block_type,
            error,
        })?;
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `number` is among the targets.
fn targets_include(data: &[u8], number: u64) -> Result<bool, DecodeError> {
    let mut found = false;
    each_target(data, |target| found |= target == number)?;
    Ok(found)
}

/// Gives `take` every target, the first item of an abstract security block.
///
/// Source: RFC 9172 §3.6.
fn each_target(data: &[u8], mut take: impl FnMut(u64)) -> Result<(), DecodeError> {
    let mut reader = cbor::Reader::new(UNIT, data);
    // A false count runs out of octets at once.
    for _ in 0..reader.array("targets")? {
        take(reader.unsigned("target")?);
    }
    Ok(())
}

/// A security block's content without its operation on `number`; empty when that was the last one, `None` when there
/// is none.
///
/// Source: RFC 9172 §3.6.
pub(super) fn without_target(data: &[u8], number: u64) -> Result<Option<Vec<u8>>, DecodeError> {
    let mut reader = cbor::Reader::new(UNIT, data);
    let mut targets = Vec::new();
    each_target(data, |target| targets.push(target))?;
    for _ in 0..=targets.len() {
        // The array's head, and each target.
        reader.head()?;
    }
    let Some(at) = targets.iter().position(|target| *target == number) else { return Ok(None) };
    let start = reader.position();
    reader.signed("context")?;
    let has_parameters = reader.unsigned("flags")? & 1 != 0;
    reader.skip()?;
    if has_parameters {
        reader.skip()?;
    }
    let middle = reader.since(start);
    reader.array_of(targets.len() as u64, "results")?;
    let results: Vec<&[u8]> = (0..targets.len()).map(|_| reader.skip()).collect::<Result<_, _>>()?;
    reader.finish()?;
    let left = targets.len() as u64 - 1;
    if left == 0 {
        return Ok(Some(Vec::new()));
    }
    let others = |other: &usize| *other != at;
    Ok(Some(written(data.len(), |out| {
        cbor::put_array(out, left)?;
        (0..targets.len()).filter(others).try_for_each(|other| cbor::put_unsigned(out, targets[other]))?;
        out.put(middle)?;
        cbor::put_array(out, left)?;
        (0..targets.len()).filter(others).try_for_each(|other| out.put(results[other]))
    })))
}

const PRIMARY: u64 = 0;
const UNIT: &str = "abstract security block";
