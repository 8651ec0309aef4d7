//! From a non-zero remainder to the symbols that are wrong: Berlekamp-Massey, Chien search, Forney.
//!
//! Names are the usual ones: S(x) syndromes, Λ(x) locator of errors and erasures, Ω(x) evaluator. A symbol in front
//! of x^d has the locator X = β^d, where β = α^step.

use super::Code;
use super::combine::{self, LANES, Row, combine};
use super::field::{FIELD, FIELD_CONST, ORDER};

/// Most check symbols of any code here.
pub(in crate::coding) const MAX_CHECK: usize = 32;

/// Roots of a generator: α^(step·(first + j)), j below count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::coding) struct Roots {
    pub first: usize,
    pub step: usize,
    pub count: usize,
}

impl Roots {
    /// Power of α that is the j-th root.
    pub(in crate::coding) const fn exponent(self, j: usize) -> usize {
        self.step * (self.first + j) % ORDER
    }
}

/// A wrong symbol: the power of x it stands in front of, and what to add to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::coding) struct Correction {
    pub degree: u8,
    pub value: u8,
}

/// A polynomial of degree up to 2E, lowest power first.
type Polynomial = [u8; MAX_CHECK + 1];

/// Finds the corrections that make a received word with these `syndromes` a codeword, or `None` when the
/// errors and erasures that the code can repair cannot.
///
/// `erased`: different powers of x.
pub(super) fn solve<'a>(
    roots: Roots,
    syndromes: &[u8; MAX_CHECK],
    erased: &[u8],
    found: &'a mut [Correction; MAX_CHECK],
) -> Option<&'a [Correction]> {
    let syndromes = &syndromes[..roots.count];
    let (locator, degree) = locate(roots, syndromes, erased)?;
    if degree > erased.len() && 2 * (degree - erased.len()) + erased.len() > roots.count {
        return None;
    }
    let found = &mut found[..degree];
    search(&locator, found)?;
    evaluate(roots, syndromes, &locator, found);
    explains(roots, syndromes, found).then_some(found)
}

/// S_j = r(α^(step·(first + j))): what the remainder of division by the generator, highest power first, gives at each
/// root.
pub(super) fn syndromes(roots: Roots, remainder: &[u8]) -> [u8; MAX_CHECK] {
    match roots.count {
        32 => spread(combine(&E16_POWERS, remainder)),
        _ => spread(combine(&E8_POWERS, remainder)),
    }
}

fn spread<const N: usize>(row: Row<N>) -> [u8; MAX_CHECK] {
    let mut elements = [0; MAX_CHECK];
    for (element, octet) in elements.iter_mut().zip(combine::octets(&row)) {
        *element = octet;
    }
    elements
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
        // Neither polynomial has more than r + 1 degrees yet.
        let terms = locator[..=r + 1].iter_mut().zip(&mut previous[..=r + 1]);
        if 2 * len <= r + erased.len() {
            len = r + 1 + erased.len() - len;
            for (l, p) in terms {
                let before = *l;
                *l ^= FIELD.mul(discrepancy, *p);
                *p = FIELD.div(before, discrepancy);
            }
        } else {
            for (l, p) in terms {
                *l ^= FIELD.mul(discrepancy, *p);
            }
        }
    }
    let degree = locator.iter().rposition(|&coefficient| coefficient != 0)?;
    (degree == len && degree != 0).then_some((locator, degree))
}

/// Chien search: every x^d with Λ(X⁻¹) = 0. `None` unless there are as many as Λ(x) has degrees, which is as many
/// as `found` has places.
fn search(locator: &Polynomial, found: &mut [Correction]) -> Option<()> {
    let values = combine(&INVERSE_POWERS, &locator[..=found.len()]);
    let mut places = found.iter_mut();
    for (at, word) in values.iter().flatten().enumerate().filter(|(_, word)| combine::holds_zero(**word)) {
        for (degree, value) in (8 * at..ORDER).zip(word.to_be_bytes()) {
            if value == 0 {
                places.next()?.degree = degree as u8;
            }
        }
    }
    places.next().is_none().then_some(())
}

/// Forney: the value of each wrong symbol, X^(1 − first)·Ω(X⁻¹) / Λ'(X⁻¹).
fn evaluate(roots: Roots, syndromes: &[u8], locator: &Polynomial, found: &mut [Correction]) {
    let mut evaluator: Polynomial = [0; MAX_CHECK + 1];
    for (at, omega) in evaluator[..found.len()].iter_mut().enumerate() {
        let terms = syndromes[..=at].iter().rev().zip(locator);
        *omega = terms.fold(0, |sum, (&s, &l)| sum ^ FIELD.mul(s, l));
    }
    // All symbols in step: the products of one do not wait for each other then.
    let degree = found.len();
    let mut inverses = [0; MAX_CHECK];
    for (inverse, correction) in inverses.iter_mut().zip(found.iter()) {
        *inverse = (ORDER - roots.step * usize::from(correction.degree) % ORDER) % ORDER;
    }
    let inverses = &inverses[..degree];
    let mut omegas = [0; MAX_CHECK];
    for &coefficient in evaluator[..degree].iter().rev() {
        for (omega, &inverse) in omegas.iter_mut().zip(inverses) {
            *omega = FIELD.mul(*omega, FIELD.exp_reduced(inverse)) ^ coefficient;
        }
    }
    // In characteristic 2 the derivative keeps the odd terms, one power lower.
    let mut slopes = [0; MAX_CHECK];
    for &coefficient in locator[..=degree].iter().skip(1).step_by(2).rev() {
        for (slope, &inverse) in slopes.iter_mut().zip(inverses) {
            let inverse = FIELD.exp_reduced(inverse);
            *slope = FIELD.mul(FIELD.mul(*slope, inverse), inverse) ^ coefficient;
        }
    }
    for (at, correction) in found.iter_mut().enumerate() {
        let scale = FIELD.alpha(inverses[at] * (roots.first + ORDER - 1));
        correction.value = FIELD.mul(scale, FIELD.div(omegas[at], slopes[at]));
    }
}

/// Whether the corrections have just the syndromes that were seen.
fn explains(roots: Roots, syndromes: &[u8], found: &[Correction]) -> bool {
    let mut sums = [0; MAX_CHECK];
    for correction in found {
        let Some(value) = FIELD.log(correction.value) else { continue };
        let step = roots.step * usize::from(correction.degree) % ORDER;
        let mut power = (value + step * roots.first) % ORDER;
        for sum in &mut sums[..syndromes.len()] {
            *sum ^= FIELD.exp_reduced(power);
            power += step;
            if power >= ORDER {
                power -= ORDER;
            }
        }
    }
    sums[..syndromes.len()] == *syndromes
}

/// Row k, element j: the j-th root to the power that the k-th symbol of a remainder stands in front of.
static E16_POWERS: [Row<2>; 32] = root_powers(Code::E16.roots());
static E8_POWERS: [Row<1>; 16] = root_powers(Code::E8.roots());

/// Row k, element d: the inverse of the locator of x^d, to the power k.
static INVERSE_POWERS: [Row<16>; MAX_CHECK + 1] = {
    let step = Code::E16.roots().step;
    let mut rows = [[[0; LANES]; 16]; MAX_CHECK + 1];
    let mut k = 0;
    while k < rows.len() {
        let mut d = 0;
        while d < ORDER {
            set(&mut rows[k], d, FIELD_CONST.alpha(k * (ORDER - step * d % ORDER)));
            d += 1;
        }
        k += 1;
    }
    rows
};

const fn root_powers<const N: usize, const K: usize>(roots: Roots) -> [Row<N>; K] {
    let mut rows = [[[0; LANES]; N]; K];
    let mut k = 0;
    while k < K {
        let mut j = 0;
        while j < roots.count {
            set(&mut rows[k], j, FIELD_CONST.alpha((K - 1 - k) * roots.exponent(j)));
            j += 1;
        }
        k += 1;
    }
    rows
}

const fn set<const N: usize>(row: &mut Row<N>, at: usize, element: u8) {
    row[at / (8 * LANES)][at / 8 % LANES] |= (element as u64) << (56 - 8 * (at % 8));
}
