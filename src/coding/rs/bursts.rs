use super::{Code, Corrected, Erased, Interleaved};

/// Where a codeblock was repaired.
///
/// Errors of a Viterbi decoder come in bursts of some octets, which interleaving spreads over several codewords. So
/// what was wrong in the codewords that could be repaired tells where the others are likely to be wrong.
#[derive(Clone, Copy)]
pub(super) struct Bursts {
    repaired: [Erased; Interleaved::MAX_DEPTH],
}

impl Bursts {
    pub(super) fn new() -> Self {
        Self { repaired: [Erased::default(); Interleaved::MAX_DEPTH] }
    }

    pub(super) fn note(&mut self, codeword: usize, position: usize) {
        self.repaired[codeword].insert(position);
    }

    /// The symbols of a codeword that stand beside repaired ones: `most` at most, those between two first.
    pub(super) fn beside(&self, codeword: usize, depth: usize, len: usize, most: usize) -> Erased {
        let repaired = |at: Option<usize>| {
            at.is_some_and(|at| at / depth < len && self.repaired[at % depth].contains(at / depth))
        };
        let likelihood = |position: usize| {
            let at = position * depth + codeword;
            // With two codewords, an octet two places away is of the same one.
            [(Some(at + 1), 2), (at.checked_sub(1), 2), (Some(at + 2), 1), (at.checked_sub(2), 1)]
                .map(|(at, weight)| if repaired(at) { weight } else { 0 })
                .iter()
                .sum::<u8>()
        };
        let mut erased = Erased::default();
        for wanted in (1..=6).rev() {
            for position in (0..len).filter(|&position| likelihood(position) == wanted) {
                if erased.count == most {
                    return erased;
                }
                erased.insert(position);
            }
        }
        erased
    }
}

/// Whether a repair with erasures that are only likely leaves enough check symbols unused to be trusted: with 4 left, a
/// word at random is taken for a codeword at odds below 10^-12.
pub(super) fn is_trusted(code: Code, erased: &Erased, corrected: Corrected) -> bool {
    2 * usize::from(corrected.errors) + erased.count + SPARE <= code.check_len()
}

/// How many symbols are taken for erased, in turn.
pub(super) const TRIES: [usize; 3] = [8, 12, 16];
const SPARE: usize = 4;
