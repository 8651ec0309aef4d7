//! The code written to be read against the standard, one symbol at a time, over any field and for any roots. Slow; an
//! oracle for the fast forms, and what [`GeneralCode`](super::GeneralCode) runs on.
//!
//! Division is the shift register of the standard's figure, syndromes are taken over the whole codeword, and the
//! key equation is solved by Euclid's algorithm where the fast forms use Berlekamp-Massey.

use super::decoder::{Correction, MAX_CHECK, Roots};
use super::division;
use super::field::{Field, ORDER};

/// A code without basis and fill: its field, and the roots of its generator.
#[derive(Clone, Copy)]
pub(super) struct Plain<'a> {
    pub field: &'a Field,
    pub roots: Roots,
}

impl Plain<'_> {
    /// Check symbols of information symbols, highest power first.
    ///
    /// Source: CCSDS 131.0-B-5 §4.3.4.
    pub(super) fn remainder(self, data: impl Iterator<Item = u8>) -> [u8; MAX_CHECK] {
        let check_len = self.roots.count;
        let generator = division::generator(self.field, self.roots);
        let mut register = [0; MAX_CHECK];
        for symbol in data {
            let feedback = symbol ^ register[0];
            for at in 0..check_len {
                let next = if at + 1 < check_len { register[at + 1] } else { 0 };
                register[at] = next ^ self.field.mul(feedback, generator[check_len - 1 - at]);
            }
        }
        register
    }

    /// The values of a received polynomial at the roots, its highest power first.
    pub(super) fn syndromes(self, received: impl Iterator<Item = u8> + Clone) -> [u8; MAX_CHECK] {
        let mut syndromes = [0; MAX_CHECK];
        for (j, syndrome) in syndromes.iter_mut().enumerate().take(self.roots.count) {
            let point = self.field.alpha(self.roots.exponent(j));
            *syndrome = received.clone().fold(0, |sum, symbol| self.field.mul(sum, point) ^ symbol);
        }
        syndromes
    }

    /// The corrections that a word with these syndromes and with symbols `erased` in front of these powers of x needs,
    /// or `None` when it is beyond repair.
    pub(super) fn solve<'f>(
        self,
        syndromes: &[u8; MAX_CHECK],
        erased: &[u8],
        found: &'f mut [Correction; MAX_CHECK],
    ) -> Option<&'f [Correction]> {
        let (field, roots, max) = (self.field, self.roots, self.roots.count);
        let mut received = Poly::ZERO;
        received.0[..max].copy_from_slice(&syndromes[..max]);
        let mut erasure_locator = Poly::ONE;
        for &degree in erased {
            let mut factor = Poly::ONE;
            factor.0[1] = field.alpha(roots.step * usize::from(degree));
            erasure_locator = erasure_locator.times(&factor, field);
        }
        let modified = received.times(&erasure_locator, field).modulo_power(max);
        let (error_locator, evaluator) = euclid(&modified, max, erased.len(), field);
        let locator = error_locator.times(&erasure_locator, field);
        if locator.0[0] == 0 || 2 * error_locator.degree() + erased.len() > max {
            return None;
        }

        let mut count = 0;
        for degree in 0..ORDER {
            let log = roots.step * degree % ORDER;
            let inverse = field.alpha(ORDER - log);
            if locator.at(inverse, field) != 0 {
                continue;
            }
            let slope = locator.derivative().at(inverse, field);
            if slope == 0 {
                return None;
            }
            let value = field.div(evaluator.at(inverse, field), slope);
            let value = field.mul(value, field.alpha(log * (ORDER + 1 - roots.first)));
            *found.get_mut(count)? = Correction { degree: degree as u8, value };
            count += 1;
        }
        let found = &found[..count];
        let mut explained = [0; MAX_CHECK];
        for (j, sum) in explained.iter_mut().enumerate().take(max) {
            for correction in found {
                let power = field.alpha(roots.exponent(j) * usize::from(correction.degree));
                *sum ^= field.mul(correction.value, power);
            }
        }
        (count == locator.degree() && explained == *syndromes).then_some(found)
    }
}

/// Euclid's algorithm on x^2E and the modified syndromes, stopped as soon as the remainder is the evaluator:
/// returns the error locator and the evaluator, with a common factor.
///
/// Source: Sugiyama and others, Information and Control 27 (1975) 87.
fn euclid(syndromes: &Poly, max: usize, erased: usize, field: &Field) -> (Poly, Poly) {
    let mut older = Poly::ZERO;
    older.0[max] = 1;
    let mut remainder = *syndromes;
    let (mut older_factor, mut factor) = (Poly::ZERO, Poly::ONE);
    while remainder != Poly::ZERO && 2 * remainder.degree() >= max + erased {
        let (quotient, rest) = older.divide(&remainder, field);
        (older, remainder) = (remainder, rest);
        (older_factor, factor) = (factor, older_factor.plus(&quotient.times(&factor, field)));
    }
    (factor, remainder)
}

/// A polynomial over the field, lowest power first. Products here stay below x^96.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Poly([u8; 96]);

impl Poly {
    const ZERO: Self = Self([0; 96]);
    const ONE: Self = {
        let mut one = Self::ZERO;
        one.0[0] = 1;
        one
    };

    /// Zero has degree zero.
    fn degree(&self) -> usize {
        self.0.iter().rposition(|&c| c != 0).unwrap_or(0)
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = *self;
        for (a, b) in sum.0.iter_mut().zip(other.0) {
            *a ^= b;
        }
        sum
    }

    fn times(&self, other: &Self, field: &Field) -> Self {
        let mut product = Self::ZERO;
        for a in 0..=self.degree() {
            for b in 0..=other.degree() {
                product.0[a + b] ^= field.mul(self.0[a], other.0[b]);
            }
        }
        product
    }

    /// Quotient and remainder; `divisor` is not zero.
    fn divide(&self, divisor: &Self, field: &Field) -> (Self, Self) {
        let (mut quotient, mut rest) = (Self::ZERO, *self);
        let top = divisor.degree();
        while rest != Self::ZERO && rest.degree() >= top {
            let shift = rest.degree() - top;
            let factor = field.div(rest.0[rest.degree()], divisor.0[top]);
            quotient.0[shift] = factor;
            for at in 0..=top {
                rest.0[shift + at] ^= field.mul(factor, divisor.0[at]);
            }
        }
        (quotient, rest)
    }

    fn modulo_power(mut self, power: usize) -> Self {
        self.0[power..].fill(0);
        self
    }

    fn at(&self, x: u8, field: &Field) -> u8 {
        self.0.iter().rfold(0, |sum, &c| field.mul(sum, x) ^ c)
    }

    fn derivative(&self) -> Self {
        let mut derivative = Self::ZERO;
        for power in (1..self.0.len()).step_by(2) {
            derivative.0[power - 1] = self.0[power];
        }
        derivative
    }
}
