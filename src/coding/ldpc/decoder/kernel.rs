//! Layered decoding: each check in turn tells its variables what it thinks, many checks side by side.
//!
//! A variable's belief is the sum of what the channel and all its checks say. A check takes from each of its beliefs
//! what it said itself before, and says anew: the product of the others' signs, with a magnitude that the rule makes
//! of the others' magnitudes. Beliefs saturate; what is kept as said is only what a belief took of it, for else the
//! sum would come out wrong, down to its sign, when the message is taken back.
//!
//! Beliefs of one block of variables lie in a row. The lanes of a vector are neighbouring checks of a row of
//! circulants, whose variables are neighbours too, but for the turn at the block's end: the first lanes of a block
//! are therefore kept a second time behind its end, so that no load ever wraps. Checks side by side share no
//! variable: no row of AR4JA circulants meets a block twice, and where rows of the 7/8 code do, the two shifts are
//! 104 or more apart. So lanes of any number up to 104 give what single checks in order give.

use super::lanes::Lanes;
use super::rule::{Outgoing, Rule};
use crate::coding::ldpc::graph::{Edge, Graph};

/// Room before and, twice, behind a block for what whole vectors write beyond it.
pub const MARGIN: usize = 64;

/// Where block `column` of the beliefs starts.
pub const fn block_start(size: usize, column: usize) -> usize {
    column * block_len(size) + MARGIN
}

/// Octets from one block to the next.
pub const fn block_len(size: usize) -> usize {
    (MARGIN + size + 2 * MARGIN).next_multiple_of(64)
}

/// Checks of a row of circulants, rounded up to whole vectors of any length.
pub const fn padded(size: usize) -> usize {
    if size < MARGIN { size } else { size.next_multiple_of(MARGIN) }
}

/// One iteration: every check once.
#[inline(always)]
pub fn sweep<V: Lanes, R: Rule>(
    token: V::Token,
    rule: R,
    graph: &Graph,
    beliefs: &mut [i8],
    messages: &mut [i8],
) {
    let mut messages = messages;
    for edges in graph.rows() {
        let (row, rest) = messages.split_at_mut(edges.len() * padded(graph.size));
        messages = rest;
        let size = graph.size;
        // A degree that the compiler knows is unrolled and kept in registers.
        match edges.len() {
            3 if V::UNROLLED => checks::<V, R, true>(token, rule, size, &edges[..3], beliefs, row),
            6 if V::UNROLLED => checks::<V, R, true>(token, rule, size, &edges[..6], beliefs, row),
            10 if V::UNROLLED => checks::<V, R, true>(token, rule, size, &edges[..10], beliefs, row),
            _ => checks::<V, R, false>(token, rule, size, edges, beliefs, row),
        }
    }
}

#[inline(always)]
fn checks<V: Lanes, R: Rule, const UNROLLED: bool>(
    token: V::Token,
    rule: R,
    size: usize,
    edges: &[Edge],
    beliefs: &mut [i8],
    messages: &mut [i8],
) {
    // Plain loops throughout: a closure that the compiler does not inline loses the vector instructions.
    let (mut starts, mut at, mut incoming) =
        ([0; MAX_DEGREE], [0; MAX_DEGREE], [V::splat(token, 0); MAX_DEGREE]);
    let (starts, at) = (&mut starts[..edges.len()], &mut at[..edges.len()]);
    let incoming = &mut incoming[..edges.len()];
    for (edge, (start, at)) in edges.iter().zip(starts.iter_mut().zip(at.iter_mut())) {
        *start = block_start(size, usize::from(edge.column));
        *at = usize::from(edge.shift);
    }
    for (group, messages) in messages.chunks_exact_mut(edges.len() * V::LEN).enumerate() {
        let lanes = (size - group * V::LEN).min(V::LEN);
        for e in 0..edges.len() {
            let belief = V::load(token, beliefs, starts[e] + at[e]);
            incoming[e] = belief.sub(V::load(token, messages, e * V::LEN));
        }
        let outgoing = Outgoing::new(token, rule, incoming);
        let update = |incoming: V, messages: &mut [i8], e: usize| {
            let belief = incoming.add(outgoing.to(incoming));
            belief.sub(incoming).store(messages, e * V::LEN);
            belief
        };
        if UNROLLED {
            // Straight on for all edges before the branches that the stores need.
            for (e, belief) in incoming.iter_mut().enumerate() {
                *belief = update(*belief, messages, e);
            }
        }
        for e in 0..edges.len() {
            let place = starts[e] + at[e];
            let mut belief = if UNROLLED { incoming[e] } else { update(incoming[e], messages, e) };
            if lanes < V::LEN {
                belief = belief.first(lanes, V::load(token, beliefs, place));
            }
            belief.store(beliefs, place);
            // The copy: of the block's head behind its end, of its end before its head.
            if at[e] < V::LEN {
                belief.store(beliefs, place + size);
            }
            if at[e] + V::LEN > size {
                belief.store(beliefs, place - size);
            }
            at[e] += V::LEN;
            if at[e] >= size {
                at[e] -= size;
            }
        }
    }
}

/// The most variables of a check.
const MAX_DEGREE: usize = 32;

/// Whether the signs of the beliefs satisfy every check.
#[inline(always)]
pub fn is_codeword<V: Lanes>(token: V::Token, graph: &Graph, beliefs: &[i8]) -> bool {
    let size = graph.size;
    for edges in graph.rows() {
        for first in (0..size).step_by(V::LEN) {
            let mut parity = V::splat(token, 0);
            for edge in edges {
                let at = first + usize::from(edge.shift);
                let at = if at >= size { at - size } else { at };
                let place = block_start(size, usize::from(edge.column)) + at;
                parity = parity.xor(V::load(token, beliefs, place));
            }
            let lanes = (size - first).min(V::LEN);
            if parity.negatives() << (64 - lanes) != 0 {
                return false;
            }
        }
    }
    true
}
