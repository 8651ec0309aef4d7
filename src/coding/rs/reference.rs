//! The code written to be read against the standard, one symbol at a time. Slow; an oracle for the fast form.
//!
//! Division is the shift register of the standard's figure, syndromes are taken over the whole codeword, and the
//! key equation is solved by Euclid's algorithm where the fast form uses Berlekamp-Massey.

use super::field::{FIELD, ORDER};
use super::{CODEWORD_LEN, Corrected, FillErrors, ReedSolomon, Uncorrectable, division};

/// Check symbols of `data`, the first 2E of the result.
///
/// `data` holds information symbols as sent, at most 255 − 2E; what is missing in front is virtual fill.
///
/// Source: CCSDS 131.0-B-5 §4.3.4.
#[must_use]
pub fn encode(rs: &ReedSolomon, data: &[u8]) -> [u8; 32] {
    let check_len = rs.code().check_len();
    let generator = division::generator(rs.code());
    let mut register = [0; 32];
    for &octet in data {
        let feedback = rs.basis().to_field(octet) ^ register[0];
        for at in 0..check_len {
            let next = if at + 1 < check_len { register[at + 1] } else { 0 };
            register[at] = next ^ FIELD.mul(feedback, generator[check_len - 1 - at]);
        }
    }
    register.map(|element| rs.basis().to_wire(element))
}

/// Repairs a codeword in place, as [`ReedSolomon::correct`] does.
///
/// # Errors
/// [`Uncorrectable`] when more is wrong than the code can repair; `codeword` is left as received.
pub fn correct(rs: &ReedSolomon, codeword: &mut [u8], erasures: &[u8]) -> Result<Corrected, Uncorrectable> {
    let (required, found) = (rs.codeword_len(), codeword.len());
    if found != required {
        return Err(Uncorrectable::Length { required, found });
    }
    let max = rs.code().check_len();
    let mut erased = [false; CODEWORD_LEN];
    for &position in erasures {
        let position = usize::from(position);
        *erased
            .get_mut(position)
            .filter(|_| position < required)
            .ok_or(Uncorrectable::ErasurePosition { position, len: required })? = true;
    }
    let erased_count = erased.iter().filter(|&&e| e).count();
    if erased_count > max {
        return Err(Uncorrectable::TooManyErasures { found: erased_count, max });
    }

    // The received polynomial, lowest power first, virtual fill at its top.
    let mut received = [0; CODEWORD_LEN];
    for (element, &octet) in received.iter_mut().zip(codeword.iter().rev()) {
        *element = rs.basis().to_field(octet);
    }
    let roots = rs.code().roots();
    let beta = FIELD.alpha(roots.step);
    let mut syndromes = Poly::ZERO;
    for j in 0..max {
        let point = power(beta, roots.first + j);
        syndromes.0[j] = received.iter().rfold(0, |sum, &r| FIELD.mul(sum, point) ^ r);
    }
    if syndromes == Poly::ZERO {
        return Ok(Corrected::default());
    }

    let mut erasure_locator = Poly::ONE;
    for position in (0..required).filter(|&position| erased[position]) {
        let mut factor = Poly::ONE;
        factor.0[1] = power(beta, required - 1 - position);
        erasure_locator = erasure_locator.times(&factor);
    }
    let modified = syndromes.times(&erasure_locator).modulo_power(max);
    let (error_locator, evaluator) = euclid(&modified, max, erased_count);
    let locator = error_locator.times(&erasure_locator);
    let errors = error_locator.degree();
    if locator.0[0] == 0 || 2 * errors + erased_count > max {
        return Err(Uncorrectable::TooManyErrors);
    }

    let mut repaired = received;
    let mut roots_found = 0;
    #[expect(clippy::needless_range_loop, reason = "the book numbers degrees; most of them change nothing")]
    for degree in 0..ORDER {
        let x = power(beta, degree);
        let inverse = FIELD.div(1, x);
        if locator.at(inverse) != 0 {
            continue;
        }
        roots_found += 1;
        let slope = locator.derivative().at(inverse);
        if slope == 0 {
            return Err(Uncorrectable::TooManyErrors);
        }
        let value = FIELD.div(evaluator.at(inverse), slope);
        repaired[degree] ^= FIELD.mul(value, power(x, ORDER + 1 - roots.first));
    }
    let is_codeword = (0..max).all(|j| {
        let point = power(beta, roots.first + j);
        repaired.iter().rfold(0, |sum, &r| FIELD.mul(sum, point) ^ r) == 0
    });
    if roots_found != locator.degree() || !is_codeword {
        return Err(Uncorrectable::TooManyErrors);
    }

    let in_fill = repaired[required..].iter().filter(|&&element| element != 0).count() as u8;
    if in_fill != 0 && rs.fill_errors == FillErrors::Refuse {
        return Err(Uncorrectable::InFill { symbols: in_fill });
    }
    let mut corrected = Corrected { errors: in_fill, erasures: 0, in_fill };
    for (position, octet) in codeword.iter_mut().enumerate() {
        let repaired = rs.basis().to_wire(repaired[required - 1 - position]);
        if *octet != repaired {
            *octet = repaired;
            if erased[position] {
                corrected.erasures += 1;
            } else {
                corrected.errors += 1;
            }
        }
    }
    Ok(corrected)
}

/// Euclid's algorithm on x^2E and the modified syndromes, stopped as soon as the remainder is the evaluator:
/// returns the error locator and the evaluator, with a common factor.
///
/// Source: Sugiyama and others, Information and Control 27 (1975) 87.
fn euclid(syndromes: &Poly, max: usize, erased: usize) -> (Poly, Poly) {
    let mut older = Poly::ZERO;
    older.0[max] = 1;
    let mut remainder = *syndromes;
    let (mut older_factor, mut factor) = (Poly::ZERO, Poly::ONE);
    while remainder != Poly::ZERO && 2 * remainder.degree() >= max + erased {
        let (quotient, rest) = older.divide(&remainder);
        (older, remainder) = (remainder, rest);
        (older_factor, factor) = (factor, older_factor.plus(&quotient.times(&factor)));
    }
    (factor, remainder)
}

fn power(base: u8, exponent: usize) -> u8 {
    FIELD.log(base).map_or(0, |log| FIELD.alpha(log * exponent))
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

    fn times(&self, other: &Self) -> Self {
        let mut product = Self::ZERO;
        for a in 0..=self.degree() {
            for b in 0..=other.degree() {
                product.0[a + b] ^= FIELD.mul(self.0[a], other.0[b]);
            }
        }
        product
    }

    /// Quotient and remainder; `divisor` is not zero.
    fn divide(&self, divisor: &Self) -> (Self, Self) {
        let (mut quotient, mut rest) = (Self::ZERO, *self);
        let top = divisor.degree();
        while rest != Self::ZERO && rest.degree() >= top {
            let shift = rest.degree() - top;
            let factor = FIELD.div(rest.0[rest.degree()], divisor.0[top]);
            quotient.0[shift] = factor;
            for at in 0..=top {
                rest.0[shift + at] ^= FIELD.mul(factor, divisor.0[at]);
            }
        }
        (quotient, rest)
    }

    fn modulo_power(mut self, power: usize) -> Self {
        self.0[power..].fill(0);
        self
    }

    fn at(&self, x: u8) -> u8 {
        self.0.iter().rfold(0, |sum, &c| FIELD.mul(sum, x) ^ c)
    }

    fn derivative(&self) -> Self {
        let mut derivative = Self::ZERO;
        for power in (1..self.0.len()).step_by(2) {
            derivative.0[power - 1] = self.0[power];
        }
        derivative
    }
}
