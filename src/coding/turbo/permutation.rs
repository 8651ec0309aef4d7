/// The order in which the second encoder takes the information bits, computed as the book defines it.
///
/// The information is a matrix of k/8 rows and 8 columns. The order goes through it in four passes of two columns
/// each, and down a column by steps of a prime that belongs to the pass.
///
/// Source: CCSDS 131.0-B-5 §6.3 (permutation algorithm).
#[derive(Clone, Copy, Debug)]
pub(super) struct Permutation {
    message_bits: usize,
}

impl Permutation {
    pub(super) const fn new(message_bits: usize) -> Self {
        Self { message_bits }
    }

    /// For each input of the second encoder in turn, the index of the information bit it is; both count from 0.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        let rows = self.message_bits / COLUMNS;
        (0..PASSES).flat_map(move |pass| {
            let columns = (19 * pass + 1) % PASSES;
            // The prime of the book's table is chosen by the pair of columns.
            let step = PRIMES[columns] % rows;
            let mut even = 0;
            (0..rows).flat_map(move |_| {
                let odd = (even + 21) % rows;
                // The book's π(s) = 2 (t + 4 c + 1) − m counts from 1.
                let pair = [2 * (columns + PASSES * even) + 1, 2 * (columns + PASSES * odd)];
                even = (even + step) % rows;
                pair
            })
        })
    }
}

const COLUMNS: usize = 8;
const PASSES: usize = COLUMNS / 2;
/// Only the first four of the book's eight primes are ever reached.
const PRIMES: [usize; PASSES] = [31, 37, 43, 47];

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Permutation;
    use crate::coding::turbo::Code;
    use std::vec::Vec;

    #[test]
    fn starts_as_published_and_takes_each_bit_once() {
        // CCSDS 131.0-B-5 counts from 1: 4, 171, 300, …
        let start: Vec<usize> = Permutation::new(1784).iter().map(|bit| bit + 1).take(8).collect();
        assert_eq!(start, [4, 171, 300, 467, 596, 763, 892, 1059]);
        for bits in Code::MESSAGE_BITS {
            let mut order: Vec<usize> = Permutation::new(bits).iter().collect();
            order.sort_unstable();
            assert!(order.into_iter().eq(0..bits));
        }
    }

    /// The formula of the book, term by term.
    #[test]
    fn agrees_with_the_formula() {
        for k in Code::MESSAGE_BITS {
            let k2 = k / 8;
            let primes = [31, 37, 43, 47, 53, 59, 61, 67];
            let formula = (1..=k).map(|s| {
                let m = (s - 1) % 2;
                let i = (s - 1) / (2 * k2);
                let j = (s - 1) / 2 - i * k2;
                let t = (19 * i + 1) % 4;
                let q = t % 8 + 1;
                let c = (primes[q - 1] * j + 21 * m) % k2;
                2 * (t + c * 4 + 1) - m - 1
            });
            assert!(Permutation::new(k).iter().eq(formula));
        }
    }
}
