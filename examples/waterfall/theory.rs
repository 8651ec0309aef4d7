//! What is known without running anything: uncoded transmission, and the limit for codes of finite length.

use std::f64::consts::{LN_2, LOG2_E, PI};

/// Probability that a normal variable exceeds `x`: the continued fraction beyond 3, the power series below.
pub fn normal_tail(x: f64) -> f64 {
    if x < 0.0 {
        return 1.0 - normal_tail(-x);
    }
    let density = (-x * x / 2.0).exp() / (2.0 * PI).sqrt();
    if x > 3.0 {
        // x + 1/(x + 2/(x + 3/(x + …))), from far in.
        let fraction = (1..=60).rev().fold(x, |inner, step| x + f64::from(step) / inner);
        return density / fraction;
    }
    // The density times x + x^3/3 + x^5/15 + … is the part between 0 and x.
    let (mut term, mut sum) = (x, x);
    for step in 1..60 {
        term *= x * x / f64::from(2 * step + 1);
        sum += term;
    }
    0.5 - density * sum
}

/// Bit error rate of uncoded antipodal symbols at `ebn0` decibels.
pub fn uncoded(ebn0: f64) -> f64 {
    normal_tail((2.0 * 10f64.powf(ebn0 / 10.0)).sqrt())
}

/// The codeword error rate that the best code of `symbols` symbols and this rate would have, nearly.
///
/// Source: Y. Polyanskiy, H. V. Poor, S. Verdú, "Channel coding rate in the finite blocklength regime", 2010: the
/// normal approximation, with its logarithmic term.
pub fn limit(ebn0: f64, rate: f64, symbols: usize) -> f64 {
    let n = symbols as f64;
    let (capacity, dispersion) = information(rate * 10f64.powf(ebn0 / 10.0));
    normal_tail((n / dispersion).sqrt() * (capacity - rate + n.log2() / (2.0 * n)))
}

/// Mean and variance of the information in a symbol, in bits, at a ratio of symbol energy to noise density.
fn information(esn0: f64) -> (f64, f64) {
    let mean = 4.0 * esn0;
    let deviation = (2.0 * mean).sqrt();
    let (mut first, mut second, mut weight) = (0.0, 0.0, 0.0);
    for step in -4000..=4000 {
        let x = f64::from(step) / 400.0;
        let density = (-x * x / 2.0).exp();
        let ratio = mean + deviation * x;
        // 1 - log2(1 + e^-ratio) without overflow.
        let softplus = if ratio < 0.0 { -ratio + ratio.exp().ln_1p() } else { (-ratio).exp().ln_1p() };
        let bits = (LN_2 - softplus) * LOG2_E;
        first += density * bits;
        second += density * bits * bits;
        weight += density;
    }
    let capacity = first / weight;
    (capacity, second / weight - capacity * capacity)
}
