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
        match edges.len() {
            3 => checks::<V, R, 3>(token, rule, graph.size, edges, beliefs, row),
            6 => checks::<V, R, 6>(token, rule, graph.size, edges, beliefs, row),
            10 => checks::<V, R, 10>(token, rule, graph.size, edges, beliefs, row),
            18 => checks::<V, R, 18>(token, rule, graph.size, edges, beliefs, row),
            _ => checks::<V, R, 32>(token, rule, graph.size, edges, beliefs, row),
        }
    }
}

#[inline(always)]
fn checks<V: Lanes, R: Rule, const D: usize>(
    token: V::Token,
    rule: R,
    size: usize,
    edges: &[Edge],
    beliefs: &mut [i8],
    messages: &mut [i8],
) {
    let starts: [usize; D] = core::array::from_fn(|e| block_start(size, usize::from(edges[e].column)));
    let mut at: [usize; D] = core::array::from_fn(|e| usize::from(edges[e].shift));
    for (group, messages) in messages.chunks_exact_mut(D * V::LEN).enumerate() {
        let lanes = (size - group * V::LEN).min(V::LEN);
        let places: [usize; D] = core::array::from_fn(|e| starts[e] + at[e]);
        let beliefs_now = |beliefs: &[i8], e: usize| V::load(token, beliefs, places[e]);
        let incoming: [V; D] =
            core::array::from_fn(|e| beliefs_now(beliefs, e).sub(V::load(token, messages, e * V::LEN)));
        let outgoing = Outgoing::new(token, rule, &incoming);
        for e in 0..D {
            let mut belief = incoming[e].add(outgoing.to(incoming[e]));
            belief.sub(incoming[e]).store(messages, e * V::LEN);
            if lanes < V::LEN {
                belief = belief.first(lanes, beliefs_now(beliefs, e));
            }
            belief.store(beliefs, places[e]);
            // The copy: of the block's head behind its end, of its end before its head.
            if at[e] < V::LEN {
                belief.store(beliefs, places[e] + size);
            }
            if at[e] + V::LEN > size {
                belief.store(beliefs, places[e] - size);
            }
            at[e] += V::LEN;
            if at[e] >= size {
                at[e] -= size;
            }
        }
    }
}

/// Whether the signs of the beliefs satisfy every check.
#[inline(always)]
pub fn is_codeword<V: Lanes>(token: V::Token, graph: &Graph, beliefs: &[i8]) -> bool {
    let size = graph.size;
    graph.rows().all(|edges| {
        (0..size).step_by(V::LEN).all(|first| {
            let parity = edges.iter().fold(V::splat(token, 0), |parity, edge| {
                let at = first + usize::from(edge.shift);
                let at = if at >= size { at - size } else { at };
                parity.xor(V::load(token, beliefs, block_start(size, usize::from(edge.column)) + at))
            });
            let lanes = (size - first).min(V::LEN);
            parity.negatives() << (64 - lanes) == 0
        })
    })
}
