//! Layered decoding of many short codewords at once: lane n of every vector belongs to codeword n.

use super::Decoded;
use super::lanes::Lanes;
use super::load;
use super::rule::{Outgoing, Rule};
use super::run::{Memory, Task};
use crate::coding::ldpc::graph::Graph;

/// Most codewords side by side.
pub const MOST_LANES: usize = 64;
/// Variables of the longest code that is decoded this way.
pub const MOST_VARIABLES: usize = 512;
/// Edges of each check of these codes.
const DEGREE: usize = 8;

/// The decisions for up to 64 codewords.
pub struct Decisions {
    /// A word for each variable; bit n is the decision for codeword n.
    pub bits: [u64; MOST_VARIABLES],
    /// Codewords that satisfy all checks.
    pub decided: u64,
    /// Iterations of each codeword.
    pub iterations: [u16; MOST_LANES],
}

impl Decisions {
    /// Writes the message of one codeword, if it is decided.
    pub fn unload(&self, lane: usize, soft: &[i8], message: &mut [u8]) -> Option<Decoded> {
        if self.decided >> lane & 1 == 0 {
            return None;
        }
        let decision = |bits: u64| (bits >> lane & 1) as u8;
        let mut corrected = 0;
        for (&bits, &soft) in self.bits.iter().zip(soft) {
            corrected += u16::from(decision(bits) ^ u8::from(soft < 0));
        }
        for (octet, bits) in message.iter_mut().zip(self.bits.as_chunks::<8>().0) {
            *octet = bits.iter().fold(0, |octet, &bits| octet << 1 | decision(bits));
        }
        Some(Decoded { iterations: self.iterations[lane], corrected })
    }
}

/// Decodes as many codewords as `soft` holds, which are as many as there are lanes at most.
#[inline(always)]
pub fn decode<V: Lanes, R: Rule>(
    token: V::Token,
    task: &Task,
    rule: R,
    memory: Memory,
    soft: &[i8],
) -> Decisions {
    let Task { code, graph, limits, mean, .. } = *task;
    let Memory { beliefs, messages } = memory;
    let count = soft.len() / code.codeword_bits();
    load::side_by_side(soft, code.codeword_bits(), mean, V::LEN, beliefs);
    let wanted = !0 >> (64 - count);
    let mut decisions =
        Decisions { bits: [0; MOST_VARIABLES], decided: 0, iterations: [limits.iterations; MOST_LANES] };
    for iteration in 0..=limits.iterations {
        if limits.stop_early || iteration == limits.iterations {
            let new = codewords::<V>(token, graph, beliefs) & wanted & !decisions.decided;
            if new != 0 {
                for (bits, belief) in decisions.bits.iter_mut().zip(beliefs.chunks_exact(V::LEN)) {
                    *bits = *bits & !new | V::load(token, belief, 0).negatives() & new;
                }
                decisions.decided |= new;
                for (lane, iterations) in decisions.iterations.iter_mut().enumerate() {
                    if new >> lane & 1 == 1 {
                        *iterations = iteration;
                    }
                }
            }
            if decisions.decided == wanted || iteration == limits.iterations {
                break;
            }
        }
        sweep::<V, R>(token, rule, graph, beliefs, messages);
    }
    decisions
}

#[inline(always)]
fn sweep<V: Lanes, R: Rule>(
    token: V::Token,
    rule: R,
    graph: &Graph,
    beliefs: &mut [i8],
    messages: &mut [i8],
) {
    let mut messages = messages.chunks_exact_mut(DEGREE * V::LEN);
    for edges in graph.rows() {
        for (row, messages) in (0..graph.size).zip(&mut messages) {
            let (mut places, mut incoming) = ([0; DEGREE], [V::splat(token, 0); DEGREE]);
            for e in 0..DEGREE {
                places[e] = graph.variable(edges[e], row) * V::LEN;
                incoming[e] = V::load(token, beliefs, places[e]).sub(V::load(token, messages, e * V::LEN));
            }
            let outgoing = Outgoing::new(token, rule, &incoming);
            for e in 0..DEGREE {
                let belief = incoming[e].add(outgoing.to(incoming[e]));
                belief.sub(incoming[e]).store(messages, e * V::LEN);
                belief.store(beliefs, places[e]);
            }
        }
    }
}

/// The lanes whose signs satisfy every check and whose beliefs are all decided.
#[inline(always)]
fn codewords<V: Lanes>(token: V::Token, graph: &Graph, beliefs: &[i8]) -> u64 {
    let mut broken = V::splat(token, 0);
    for edges in graph.rows() {
        for row in 0..graph.size {
            let mut parity = V::splat(token, 0);
            for &edge in edges {
                parity = parity.xor(V::load(token, beliefs, graph.variable(edge, row) * V::LEN));
            }
            broken = broken.or(parity);
        }
        // Most of the time no codeword is whole, and the first rows show it.
        if broken.negatives() == !0 >> (64 - V::LEN) {
            return 0;
        }
    }
    let mut least = V::splat(token, -1);
    for belief in beliefs.chunks_exact(V::LEN).take(graph.variables()) {
        least = least.least(V::load(token, belief, 0).magnitude());
    }
    let (zero, ones) = (V::splat(token, 0), V::splat(token, -1));
    !broken.or(least.if_equal(zero, ones, zero)).negatives()
}
