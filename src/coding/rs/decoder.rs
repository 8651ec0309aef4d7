//! From a non-zero remainder to the symbols that are wrong: Berlekamp-Massey, Chien search, Forney.
//!
//! Names are the usual ones: S(x) syndromes, Λ(x) locator of errors and erasures, Ω(x) evaluator. A symbol in front
//! of x^d has the locator X = β^d, where β = α^step.

use super::field::{FIELD, ORDER};

/// Most check symbols of any code here.
pub(super) const MAX_CHECK: usize = 32;

/// Roots of a generator: α^(step·(first + j)), j below count.
#[derive(Clone, Copy)]
pub(super) struct Roots {
    pub first: usize,
    pub step: usize,
    pub count: usize,
}

impl Roots {
    /// Power of α that is the j-th root.
    pub(super) const fn exponent(self, j: usize) -> usize {
        self.step * (self.first + j) % ORDER
    }
}

/// A wrong symbol: the power of x it stands in front of, and what to add to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Correction {
    pub degree: u8,
    pub value: u8,
}

/// A polynomial of degree up to 2E, lowest power first.
type Polynomial = [u8; MAX_CHECK + 1];

/// Finds the corrections that make a received word with this `remainder` a codeword, or `None` when the
/// errors and erasures that the code can repair cannot.
///
/// `remainder`: of division by the generator, highest power first. `erased`: different powers of x.
pub(super) fn solve<'a>(
    roots: Roots,
    remainder: &[u8],
    erased: &[u8],
    found: &'a mut [Correction; MAX_CHECK],
) -> Option<&'a [Correction]> {
    let syndromes = syndromes(roots, remainder);
    let syndromes = &syndromes[..roots.count];
    let (locator, degree) = locate(roots, syndromes, erased)?;
    if degree > erased.len() && 2 * (degree - erased.len()) + erased.len() > roots.count {
        return None;
    }
    let found = &mut found[..degree];
    search(roots, &locator, found)?;
    evaluate(roots, syndromes, &locator, found);
    explains(roots, syndromes, found).then_some(found)
}

/// S_j = r(α^(step·(first + j))): what the remainder gives at each root.
fn syndromes(roots: Roots, remainder: &[u8]) -> [u8; MAX_CHECK] {
    let mut points = [0; MAX_CHECK];
    for (j, point) in points[..roots.count].iter_mut().enumerate() {
        *point = FIELD.alpha(roots.exponent(j));
    }
    let mut syndromes = [0; MAX_CHECK];
    for &coefficient in remainder {
        for (syndrome, &point) in syndromes[..roots.count].iter_mut().zip(&points) {
            *syndrome = FIELD.mul(*syndrome, point) ^ coefficient;
        }
    }
    syndromes
}

/// Berlekamp-Massey, started from the locator of the erasures. Returns Λ(x) and its degree, or `None` when the
/// degree is not the one that the algorithm promises, a sure sign of too many errors.
fn locate(roots: Roots, syndromes: &[u8], erased: &[u8]) -> Option<(Polynomial, usize)> {
    let mut locator: Polynomial = [0; MAX_CHECK + 1];
    locator[0] = 1;
    for (degree, &power) in erased.iter().enumerate() {
        let x = FIELD.alpha(roots.step * usize::from(power));
        for at in (0..=degree).rev() {
            locator[at + 1] ^= FIELD.mul(x, locator[at]);
        }
    }
    let mut previous = locator;
    let mut len = erased.len();
    for r in erased.len()..roots.count {
        let terms = syndromes[..=r].iter().rev().zip(&locator[..=len]);
        let discrepancy = terms.fold(0, |sum, (&s, &l)| sum ^ FIELD.mul(s, l));
        previous.copy_within(..MAX_CHECK, 1);
        previous[0] = 0;
        if discrepancy == 0 {
            continue;
        }
        let before = locator;
        for (l, &p) in locator.iter_mut().zip(&previous) {
            *l ^= FIELD.mul(discrepancy, p);
        }
        if 2 * len <= r + erased.len() {
            len = r + 1 + erased.len() - len;
            for (p, &l) in previous.iter_mut().zip(&before) {
                *p = FIELD.div(l, discrepancy);
            }
        }
    }
    let degree = locator.iter().rposition(|&coefficient| coefficient != 0)?;
    (degree == len && degree != 0).then_some((locator, degree))
}

/// Chien search: every x^d with Λ(X⁻¹) = 0. `None` unless there are as many as Λ(x) has degrees, which is as many
/// as `found` has places.
fn search(roots: Roots, locator: &Polynomial, found: &mut [Correction]) -> Option<()> {
    // Logarithms of the terms of Λ(X⁻¹), and by how much each changes from one power of x to the next.
    let mut terms = [(0usize, 0usize); MAX_CHECK + 1];
    let mut count = 0;
    for (power, &coefficient) in locator.iter().enumerate() {
        if let Some(log) = FIELD.log(coefficient) {
            terms[count] = (log, ORDER - roots.step * power % ORDER);
            count += 1;
        }
    }
    let terms = &mut terms[..count];
    let mut places = found.iter_mut();
    let mut place = places.next();
    for degree in 0..ORDER {
        let Some(correction) = &mut place else { break };
        let mut sum = 0;
        for (log, step) in terms.iter_mut() {
            sum ^= FIELD.exp_reduced(*log);
            *log += *step;
            if *log >= ORDER {
                *log -= ORDER;
            }
        }
        if sum == 0 {
            correction.degree = degree as u8;
            place = places.next();
        }
    }
    place.is_none().then_some(())
}

/// Forney: the value of each wrong symbol, X^(1 − first)·Ω(X⁻¹) / Λ'(X⁻¹).
fn evaluate(roots: Roots, syndromes: &[u8], locator: &Polynomial, found: &mut [Correction]) {
    let mut evaluator: Polynomial = [0; MAX_CHECK + 1];
    for (at, omega) in evaluator[..found.len()].iter_mut().enumerate() {
        let terms = syndromes[..=at].iter().rev().zip(locator);
        *omega = terms.fold(0, |sum, (&s, &l)| sum ^ FIELD.mul(s, l));
    }
    let evaluator = &evaluator[..found.len()];
    let degree = found.len();
    for correction in found {
        let log = roots.step * usize::from(correction.degree) % ORDER;
        let inverse = FIELD.alpha(ORDER - log);
        let omega = evaluator.iter().rfold(0, |sum, &c| FIELD.mul(sum, inverse) ^ c);
        // In characteristic 2 the derivative keeps the odd terms, one power lower.
        let square = FIELD.mul(inverse, inverse);
        let odd = locator[..=degree].iter().skip(1).step_by(2);
        let slope = odd.rfold(0, |sum, &c| FIELD.mul(sum, square) ^ c);
        // X^(1 - first) with a positive exponent.
        let scale = FIELD.alpha(log * (ORDER + 1 - roots.first % ORDER));
        correction.value = FIELD.mul(scale, FIELD.div(omega, slope));
    }
}

/// Whether the corrections have just the syndromes that were seen.
fn explains(roots: Roots, syndromes: &[u8], found: &[Correction]) -> bool {
    let mut sums = [0; MAX_CHECK];
    for correction in found {
        let locator = roots.step * usize::from(correction.degree) % ORDER;
        let x = FIELD.alpha(locator);
        let mut term = FIELD.mul(correction.value, FIELD.alpha(locator * roots.first));
        for sum in &mut sums[..syndromes.len()] {
            *sum ^= term;
            term = FIELD.mul(term, x);
        }
    }
    sums[..syndromes.len()] == *syndromes
}
