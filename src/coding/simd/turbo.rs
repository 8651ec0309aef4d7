//! A pass with windows side by side in the lanes of vectors, for any width of vector.
//!
//! States that differ in the oldest cell share their successors, and the four branches between them carry all the
//! same labels or all the opposite ones: a butterfly. It needs one average for both of its sums.

#[cfg(feature = "simd")]
use super::words::Vector;
use super::words::{Plain, WordLanes};
use crate::coding::KernelLevel;
use crate::coding::turbo::{
    CORRECTION, Generator, MAX_EXTRINSIC, Pass, STATES, SURE, Verdict, WINDOWS, reference_pass,
};
#[cfg(feature = "simd")]
use fearless_simd::{Level, Simd};

/// Runs a pass on the kernel of this level.
pub(in crate::coding) fn pass(level: KernelLevel, pass: &mut Pass<'_>) -> Verdict {
    #[cfg(feature = "simd")]
    match level.vectors() {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Some(Level::Avx512(simd)) => return vector_pass(simd, pass),
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Some(Level::Avx2(simd)) => return vector_pass(simd, pass),
        #[cfg(target_arch = "aarch64")]
        Some(Level::Neon(simd)) => return vector_pass(simd, pass),
        _ => {}
    }
    match level {
        KernelLevel::Reference => reference_pass(pass),
        _ => pass_on::<Plain>((), pass),
    }
}

#[cfg(feature = "simd")]
fn vector_pass<S: Simd>(simd: S, pass: &mut Pass<'_>) -> Verdict {
    simd.vectorize(
        #[inline(always)]
        || pass_on::<Vector<S>>(simd, pass),
    )
}

#[inline(always)]
fn pass_on<V: WordLanes>(token: V::Token, pass: &mut Pass<'_>) -> Verdict {
    use Generator::{G1, G2, G3};
    match pass.generators {
        [G1] => pass_of::<V, { 1 << 0 }>(token, pass),
        [G1, G3] => pass_of::<V, { 1 << 0 | 1 << 2 }>(token, pass),
        [G2, G3] => pass_of::<V, { 1 << 1 | 1 << 2 }>(token, pass),
        _ => pass_of::<V, { 1 << 0 | 1 << 1 | 1 << 2 }>(token, pass),
    }
}

/// The bits of `GENERATORS` say which parities there are, the lowest for the first generator.
#[inline(always)]
fn pass_of<V: WordLanes, const GENERATORS: u8>(token: V::Token, pass: &mut Pass<'_>) -> Verdict {
    let mut tally = Tally { differences: V::splat(token, 0), unsure: V::splat(token, 0) };
    for lane in (0..WINDOWS).step_by(V::LEN) {
        forward::<V, GENERATORS>(token, pass, lane);
        backward::<V, GENERATORS>(token, pass, lane, &mut tally);
    }
    tally.verdict()
}

/// What is kept of the decisions.
struct Tally<V> {
    /// Negative where a decision changed.
    differences: V,
    /// Minus the number of decisions that are not sure.
    unsure: V,
}

impl<V: WordLanes> Tally<V> {
    #[inline(always)]
    fn add(&mut self, old: V, new: V, sure: V) {
        self.differences = self.differences.all_bits(old.differing_bits(new));
        let magnitude = new.larger(new.minus(new).minus(new));
        self.unsure = self.unsure.plus(magnitude.minus(sure).sign());
    }

    fn verdict(self) -> Verdict {
        let (mut differences, mut unsure) = ([0; WINDOWS], [0; WINDOWS]);
        self.differences.store(&mut differences[..V::LEN]);
        self.unsure.store(&mut unsure[..V::LEN]);
        Verdict {
            agreed: differences.iter().all(|&difference| difference >= 0),
            // A lane has one decision a step of each of up to four windows.
            unsure: unsure.iter().map(|&unsure| unsure.unsigned_abs()).sum(),
        }
    }
}

/// Forward metrics at every step, for the windows from `lane` on.
#[inline(always)]
fn forward<V: WordLanes, const GENERATORS: u8>(token: V::Token, pass: &mut Pass<'_>, lane: usize) {
    let mut states = load_boundary::<V>(token, pass.forward, lane);
    let steps = pass.steps();
    let mut rows = pass.metrics.chunks_exact_mut(STATES * V::LEN);
    for step in 0..steps {
        let Some(row) = rows.next() else { return };
        for (state, to) in states.iter().zip(row.chunks_exact_mut(V::LEN)) {
            state.store(to);
        }
        let (input, parities) = inputs::<V, GENERATORS>(
            token,
            (pass.systematic, pass.prior, pass.parities),
            step * WINDOWS + lane,
        );
        let branches = Branches::new::<GENERATORS>(token, input, parities);
        let mut then = states;
        for pair in 0..STATES / 2 {
            let (a, b) = (states[2 * pair], states[2 * pair + 1]);
            let middle = a.plus(b).half();
            let (same, other) = (branches.same[pair], branches.other[pair]);
            then[pair] = a.plus(same).larger(b.plus(other)).larger(middle);
            then[pair + STATES / 2] = a.plus(other).larger(b.plus(same)).larger(middle);
        }
        states = then;
        if step % NORMALIZED == NORMALIZED - 1 {
            normalize(&mut states);
        }
    }
    store_boundary(pass.forward, lane, states);
}

/// Backward metrics and what follows from both.
#[inline(always)]
fn backward<V: WordLanes, const GENERATORS: u8>(
    token: V::Token,
    pass: &mut Pass<'_>,
    lane: usize,
    tally: &mut Tally<V>,
) {
    let sure = V::splat(token, SURE);
    let (most, least) = (V::splat(token, MAX_EXTRINSIC), V::splat(token, -MAX_EXTRINSIC));
    let mut states = load_boundary::<V>(token, pass.backward, lane);
    let steps = pass.steps();
    for step in (0..steps).rev() {
        let at = step * WINDOWS + lane;
        let (input, parities) =
            inputs::<V, GENERATORS>(token, (pass.systematic, pass.prior, pass.parities), at);
        let branches = Branches::new::<GENERATORS>(token, input, parities);
        let row = &pass.metrics[step * STATES * V::LEN..][..STATES * V::LEN];
        let mut before = states;
        let mut zero = [V::splat(token, 0); STATES / 2];
        let mut one = zero;
        for pair in 0..STATES / 2 {
            let (a, b) = (states[pair], states[pair + STATES / 2]);
            let middle = a.plus(b).half();
            let (same, other) = (branches.same[pair], branches.other[pair]);
            let paths = [a.plus(same), b.plus(other), a.plus(other), b.plus(same)];
            before[2 * pair] = paths[0].larger(paths[1]).larger(middle);
            before[2 * pair + 1] = paths[2].larger(paths[3]).larger(middle);

            let even = V::load(token, &row[2 * pair * V::LEN..][..V::LEN]);
            let odd = V::load(token, &row[(2 * pair + 1) * V::LEN..][..V::LEN]);
            let straight = even.plus(paths[0]).larger(odd.plus(paths[3]));
            let crossed = even.plus(paths[1]).larger(odd.plus(paths[2]));
            (zero[pair], one[pair]) = if pair & 1 == 0 { (straight, crossed) } else { (crossed, straight) };
        }
        states = before;
        if step % NORMALIZED == 0 {
            normalize(&mut states);
        }
        let both = largest(zero).saturating_minus(largest(one)).half();
        let said = both.minus(input).smaller(most).larger(least);
        let new = said.minus(said.half().half());
        let to = &mut pass.extrinsic[at..][..V::LEN];
        let old = V::load(token, to);
        new.store(to);
        tally.add(input.plus(old), input.plus(new), sure);
    }
    store_boundary(pass.backward, lane, states);
}

/// The largest of each lane of eight vectors.
#[inline(always)]
fn largest<V: WordLanes>(x: [V; STATES / 2]) -> V {
    let pairs = [x[0].larger(x[1]), x[2].larger(x[3]), x[4].larger(x[5]), x[6].larger(x[7])];
    pairs[0].larger(pairs[1]).larger(pairs[2].larger(pairs[3]))
}

/// Metrics of the branches of the eight butterflies, all less the correction, which the averages then need not be
/// given: only differences of metrics count.
struct Branches<V> {
    /// From the state with a zero in its oldest cell with a zero shifted in, and from one with one.
    same: [V; STATES / 2],
    /// From one with zero and from zero with one.
    other: [V; STATES / 2],
}

impl<V: WordLanes> Branches<V> {
    #[inline(always)]
    fn new<const GENERATORS: u8>(token: V::Token, input: V, parities: [V; 3]) -> Self {
        let less = V::splat(token, -CORRECTION);
        let mut branches = Self { same: [less; STATES / 2], other: [less; STATES / 2] };
        for pair in 0..STATES / 2 {
            // Cells of the register, the newest first.
            let (first, second, third) = (pair >> 2 & 1, pair >> 1 & 1, pair & 1);
            // Input and parities of the branch from the state with an oldest cell of zero, when zero is shifted in.
            let bits = [first ^ third, second, first ^ second ^ third];
            let mut metric = input;
            for (generator, bit) in bits.into_iter().enumerate() {
                if GENERATORS >> generator & 1 == 1 {
                    // Told apart by being equal to the input: then branches with opposite labels are computed once.
                    metric = if bit == third {
                        metric.plus(parities[generator])
                    } else {
                        metric.minus(parities[generator])
                    };
                }
            }
            let (plus, minus) = (metric.plus(less), less.minus(metric));
            (branches.same[pair], branches.other[pair]) =
                if third == 0 { (plus, minus) } else { (minus, plus) };
        }
        branches
    }
}

/// What is known about the inputs of a step, and about its parities, by generator.
#[inline(always)]
fn inputs<V: WordLanes, const GENERATORS: u8>(
    token: V::Token,
    (systematic, prior, parities): (&[i16], &[i16], &[i16]),
    at: usize,
) -> (V, [V; 3]) {
    let load = |from: &[i16], at: usize| V::load(token, &from[at..][..V::LEN]);
    let mut found = [V::splat(token, 0); 3];
    let mut index = 0;
    for (generator, parity) in found.iter_mut().enumerate() {
        if GENERATORS >> generator & 1 == 1 {
            *parity = load(parities, index * systematic.len() + at);
            index += 1;
        }
    }
    (load(systematic, at).plus(load(prior, at)), found)
}

/// Steps between two normalizations. A step adds at most 384 + 4 · 127 + 16 to a metric and metrics of two states
/// differ by at most 8 times as much, so sums of a forward and a backward metric and a branch stay within 16 bits.
const NORMALIZED: usize = 4;

#[inline(always)]
fn normalize<V: WordLanes>(states: &mut [V; STATES]) {
    let zero = states[0];
    for state in states {
        *state = state.minus(zero);
    }
}

#[inline(always)]
fn load_boundary<V: WordLanes>(token: V::Token, metrics: &[i16], lane: usize) -> [V; STATES] {
    let mut states = [V::splat(token, 0); STATES];
    for (state, row) in states.iter_mut().zip(metrics.chunks_exact(WINDOWS)) {
        *state = V::load(token, &row[lane..][..V::LEN]);
    }
    states
}

#[inline(always)]
fn store_boundary<V: WordLanes>(metrics: &mut [i16], lane: usize, mut states: [V; STATES]) {
    normalize(&mut states);
    for (state, row) in states.iter().zip(metrics.chunks_exact_mut(WINDOWS)) {
        state.store(&mut row[lane..][..V::LEN]);
    }
}
