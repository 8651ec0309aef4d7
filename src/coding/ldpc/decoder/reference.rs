//! One check after the other, in plain numbers: the oracle of the other kernels.

use super::Algorithm;
use super::rule::MOST;
use crate::coding::ldpc::graph::{Edge, Graph};

/// The variables of check `row` of a row of circulants.
fn variables(graph: &Graph, edges: &[Edge], row: usize) -> impl Iterator<Item = usize> {
    edges.iter().map(move |&edge| graph.variable(edge, row))
}

/// One iteration: every check once. `messages` hold one octet for each edge.
pub fn sweep(algorithm: Algorithm, graph: &Graph, beliefs: &mut [i8], messages: &mut [i8]) {
    let mut messages = messages;
    for edges in graph.rows() {
        for row in 0..graph.size {
            let (said, rest) = messages.split_at_mut(edges.len());
            messages = rest;
            check(algorithm, variables(graph, edges, row), beliefs, said);
        }
    }
}

fn check(algorithm: Algorithm, variables: impl Iterator<Item = usize>, beliefs: &mut [i8], said: &mut [i8]) {
    let mut incoming = [(0, 0_i8); 32];
    let incoming = &mut incoming[..said.len()];
    for ((incoming, variable), said) in incoming.iter_mut().zip(variables).zip(&*said) {
        *incoming = (variable, beliefs[variable].saturating_sub(*said));
    }
    let negative = incoming.iter().filter(|(_, belief)| *belief < 0).count() % 2 == 1;
    let magnitudes = incoming.iter().map(|(_, belief)| belief.unsigned_abs());
    let (least, told, least_told) = match algorithm {
        Algorithm::ScaledMinimum => scaled_minimum(magnitudes),
        Algorithm::ApproximateMinStar { reach, most } => {
            approximate_min_star(reach as u8, most as u8, magnitudes)
        }
    };
    for (&(variable, belief), said) in incoming.iter().zip(said) {
        let told = if belief.unsigned_abs() == least { least_told } else { told };
        let told = told as i8;
        let message = if negative ^ (belief < 0) { -told } else { told };
        beliefs[variable] = belief.saturating_add(message);
        // What a belief that saturates has no room for must not be taken back from it next time.
        *said = beliefs[variable] - belief;
    }
}

fn scaled_minimum(magnitudes: impl Iterator<Item = u8>) -> (u8, u8, u8) {
    let (least, second) = magnitudes.fold((u8::MAX, u8::MAX), |(least, second), magnitude| {
        (least.min(magnitude), second.min(least.max(magnitude)))
    });
    let scaled = |magnitude: u8| {
        let held = magnitude.min(MOST as u8 / 3 * 4);
        held - (held + 2) / 4
    };
    (least, scaled(least), scaled(second))
}

fn approximate_min_star(reach: u8, most: u8, mut magnitudes: impl Iterator<Item = u8>) -> (u8, u8, u8) {
    let box_plus = |a: u8, b: u8| a.min(b).saturating_sub(reach.saturating_sub(a.abs_diff(b)) / 4);
    let first = magnitudes.next().unwrap_or(u8::MAX);
    let (mut least, mut others) = (first, None);
    for magnitude in magnitudes {
        let greater = least.max(magnitude);
        least = least.min(magnitude);
        others = Some(others.map_or(greater, |others| box_plus(others, greater)));
    }
    let others = others.unwrap_or(u8::MAX);
    (least, box_plus(least, others).min(most), others.min(most))
}

/// Whether the signs of the beliefs satisfy every check.
pub fn is_codeword(graph: &Graph, beliefs: &[i8]) -> bool {
    graph.rows().all(|edges| {
        (0..graph.size).all(|row| {
            variables(graph, edges, row).filter(|&variable| beliefs[variable] < 0).count() % 2 == 0
        })
    })
}
