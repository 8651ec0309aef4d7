//! From a kernel level to the kernel, and the loop over iterations.

use super::batch::{self, Decisions};
use super::lanes::{Lanes, Plain};
use super::load::Blocks;
use super::rule::Rule;
use super::{Algorithm, Limits, kernel, reference};
use crate::coding::KernelLevel;
use crate::coding::ldpc::code::Code;
use crate::coding::ldpc::graph::Graph;

/// Decodes one codeword; returns the iterations it took to satisfy all checks.
#[allow(clippy::too_many_arguments, reason = "one call passes on what a decoder holds")]
pub fn single<R: Rule>(
    level: KernelLevel,
    algorithm: Algorithm,
    rule: R,
    code: Code,
    graph: &Graph,
    limits: Limits,
    beliefs: &mut [i8],
    messages: &mut [i8],
) -> Option<u16> {
    let blocks = Blocks::new(graph, level);
    let whole = |beliefs: &[i8]| blocks.is_decided(code, beliefs);
    if level == KernelLevel::Reference {
        let sweep = |beliefs: &mut [i8], messages: &mut [i8]| {
            reference::sweep(algorithm, graph, beliefs, messages);
        };
        let check = |beliefs: &[i8]| reference::is_codeword(graph, beliefs) && whole(beliefs);
        return iterate(limits, beliefs, messages, sweep, check);
    }
    #[cfg(feature = "simd")]
    if let Some(vectors) = level.vectors() {
        return crate::coding::simd::ldpc::single(vectors, rule, graph, limits, beliefs, messages, whole);
    }
    blocked::<Plain, R>((), rule, graph, limits, beliefs, messages, whole)
}

/// Decodes one codeword whose checks lie side by side.
#[inline(always)]
pub fn blocked<V: Lanes, R: Rule>(
    token: V::Token,
    rule: R,
    graph: &Graph,
    limits: Limits,
    beliefs: &mut [i8],
    messages: &mut [i8],
    whole: impl Fn(&[i8]) -> bool,
) -> Option<u16> {
    iterate(
        limits,
        beliefs,
        messages,
        #[inline(always)]
        |beliefs, messages| kernel::sweep::<V, R>(token, rule, graph, beliefs, messages),
        #[inline(always)]
        |beliefs| kernel::is_codeword::<V>(token, graph, beliefs) && whole(beliefs),
    )
}

#[inline(always)]
fn iterate(
    limits: Limits,
    beliefs: &mut [i8],
    messages: &mut [i8],
    mut sweep: impl FnMut(&mut [i8], &mut [i8]),
    is_codeword: impl Fn(&[i8]) -> bool,
) -> Option<u16> {
    for iteration in 0..limits.iterations {
        if limits.stop_early && is_codeword(beliefs) {
            return Some(iteration);
        }
        sweep(beliefs, messages);
    }
    is_codeword(beliefs).then_some(limits.iterations)
}

/// Decodes codewords that lie side by side.
pub fn batch<R: Rule>(
    level: KernelLevel,
    rule: R,
    graph: &Graph,
    limits: Limits,
    count: usize,
    beliefs: &mut [i8],
    messages: &mut [i8],
) -> Decisions {
    #[cfg(feature = "simd")]
    if let Some(vectors) = level.vectors() {
        return crate::coding::simd::ldpc::batch(vectors, rule, graph, limits, count, beliefs, messages);
    }
    let _ = level;
    batch::decode::<Plain, R>((), rule, graph, limits, count, beliefs, messages)
}
