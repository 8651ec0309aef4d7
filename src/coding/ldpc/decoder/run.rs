//! From a kernel level to the kernel, and the loop over iterations.

use super::batch::{self, Decisions};
use super::lanes::{Lanes, Plain};
use super::load::Blocks;
use super::rule::Rule;
use super::{Algorithm, Decoded, Limits, kernel, reference};
use crate::coding::KernelLevel;
use crate::coding::ldpc::code::Code;
use crate::coding::ldpc::graph::Graph;

/// What decoding takes besides the bits.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub level: KernelLevel,
    pub code: Code,
    pub graph: &'a Graph,
    pub limits: Limits,
    pub algorithm: Algorithm,
    pub mean: u8,
}

/// Zeroed working memory.
pub struct Memory<'a> {
    pub beliefs: &'a mut [i8],
    pub messages: &'a mut [i8],
}

/// Decodes one codeword; `message` is left alone when there is none.
pub fn single<R: Rule>(
    task: &Task,
    rule: R,
    memory: Memory,
    soft: &[i8],
    message: &mut [u8],
) -> Option<Decoded> {
    if task.level == KernelLevel::Reference {
        let sweep = |memory: &mut Memory| {
            reference::sweep(task.algorithm, task.graph, memory.beliefs, memory.messages);
        };
        let check = |beliefs: &[i8]| reference::is_codeword(task.graph, beliefs);
        return whole::<Plain>((), task, memory, soft, message, sweep, check);
    }
    #[cfg(feature = "simd")]
    if let Some(vectors) = task.level.vectors() {
        return crate::coding::simd::ldpc::single(vectors, task, rule, memory, soft, message);
    }
    blocked::<Plain, R>((), task, rule, memory, soft, message)
}

/// Decodes one codeword whose checks lie side by side.
#[inline(always)]
pub fn blocked<V: Lanes, R: Rule>(
    token: V::Token,
    task: &Task,
    rule: R,
    memory: Memory,
    soft: &[i8],
    message: &mut [u8],
) -> Option<Decoded> {
    whole::<V>(
        token,
        task,
        memory,
        soft,
        message,
        #[inline(always)]
        |memory| kernel::sweep::<V, R>(token, rule, task.graph, memory.beliefs, memory.messages),
        #[inline(always)]
        |beliefs| kernel::is_codeword::<V>(token, task.graph, beliefs),
    )
}

#[inline(always)]
fn whole<V: Lanes>(
    token: V::Token,
    task: &Task,
    mut memory: Memory,
    soft: &[i8],
    message: &mut [u8],
    mut sweep: impl FnMut(&mut Memory),
    satisfied: impl Fn(&[i8]) -> bool,
) -> Option<Decoded> {
    let blocks = Blocks::new(task.graph, task.level);
    blocks.load(soft, task.code, task.mean, memory.beliefs);
    let mut iterations = 0;
    loop {
        let last = iterations == task.limits.iterations;
        if (last || task.limits.stop_early)
            && satisfied(memory.beliefs)
            && blocks.is_decided(task.code, memory.beliefs)
        {
            let corrected = blocks.unload::<V>(token, task.code, memory.beliefs, soft, message);
            return Some(Decoded { iterations, corrected });
        }
        if last {
            return None;
        }
        sweep(&mut memory);
        iterations += 1;
    }
}

/// Decodes codewords that lie side by side.
pub fn batch<R: Rule>(task: &Task, rule: R, memory: Memory, soft: &[i8]) -> Decisions {
    #[cfg(feature = "simd")]
    if let Some(vectors) = task.level.vectors() {
        return crate::coding::simd::ldpc::batch(vectors, task, rule, memory, soft);
    }
    batch::decode::<Plain, R>((), task, rule, memory, soft)
}
