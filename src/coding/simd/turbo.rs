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
    if lane == 0 {
        (0..GATHERED).for_each(|step| pass.gather(step));
    }
    for step in 0..steps {
        if lane == 0 {
            pass.gather(step + GATHERED);
        }
        let row = &mut pass.metrics[step * STATES * V::LEN..][..STATES * V::LEN];
        each::<V, _>(
            #[inline(always)]
            |state| states[state].store(&mut row[state * V::LEN..][..V::LEN]),
        );
        let (input, parities) = inputs::<V, GENERATORS>(token, pass, step * WINDOWS + lane);
        let branches = Branches::new::<GENERATORS>(token, input, parities);
        states = each::<V, _>(
            #[inline(always)]
            |state| {
                let pair = state % PAIRS;
                let (a, b) = (states[2 * pair], states[2 * pair + 1]);
                let (same, other) = (branches.same[pair], branches.other[pair]);
                let (same, other) = if state < PAIRS { (same, other) } else { (other, same) };
                a.plus(same).larger(b.plus(other)).larger(a.plus(b).half())
            },
        );
        if step % NORMALIZED == NORMALIZED - 1 {
            states = normalized(states);
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
        let (input, parities) = inputs::<V, GENERATORS>(token, pass, at);
        let branches = Branches::new::<GENERATORS>(token, input, parities);
        let row = &pass.metrics[step * STATES * V::LEN..][..STATES * V::LEN];
        let before = each_pair::<V, _>(
            #[inline(always)]
            |pair| {
                let (a, b) = (states[pair], states[pair + PAIRS]);
                let middle = a.plus(b).half();
                let (same, other) = (branches.same[pair], branches.other[pair]);
                let paths = [a.plus(same), b.plus(other), a.plus(other), b.plus(same)];
                let even = V::load(token, &row[2 * pair * V::LEN..][..V::LEN]);
                let odd = V::load(token, &row[(2 * pair + 1) * V::LEN..][..V::LEN]);
                let straight = even.plus(paths[0]).larger(odd.plus(paths[3]));
                let crossed = even.plus(paths[1]).larger(odd.plus(paths[2]));
                Before {
                    states: [
                        paths[0].larger(paths[1]).larger(middle),
                        paths[2].larger(paths[3]).larger(middle),
                    ],
                    inputs: if pair & 1 == 0 { [straight, crossed] } else { [crossed, straight] },
                }
            },
        );
        states = each::<V, _>(
            #[inline(always)]
            |state| before[state / 2].states[state % 2],
        );
        if step % NORMALIZED == 0 {
            states = normalized(states);
        }
        let [zero, one] = [0, 1].map(
            #[inline(always)]
            |input| {
                largest(each_pair::<V, _>(
                    #[inline(always)]
                    |pair| before[pair].inputs[input],
                ))
            },
        );
        let both = zero.saturating_minus(one).half();
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
fn largest<V: WordLanes>(x: [V; PAIRS]) -> V {
    let pairs = [x[0].larger(x[1]), x[2].larger(x[3]), x[4].larger(x[5]), x[6].larger(x[7])];
    pairs[0].larger(pairs[1]).larger(pairs[2].larger(pairs[3]))
}

/// Two states before a step, and the best paths through them with a zero and with a one.
struct Before<V> {
    states: [V; 2],
    inputs: [V; 2],
}

/// Two states with the same successors.
const PAIRS: usize = STATES / 2;

/// What `of` makes of each pair.
#[inline(always)]
fn each_pair<V: WordLanes, T>(of: impl FnMut(usize) -> T) -> [T; PAIRS] {
    V::eight(of)
}

/// What `of` makes of each state.
#[inline(always)]
fn each<V: WordLanes, T>(mut of: impl FnMut(usize) -> T) -> [T; STATES] {
    let [a, b, c, d, e, f, g, h] = V::eight(&mut of);
    let [i, j, k, l, m, n, o, p] = V::eight(
        #[inline(always)]
        |state| of(PAIRS + state),
    );
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

/// Metrics of the branches of the eight butterflies, all less the correction, which the averages then need not be
/// given: only differences of metrics count.
struct Branches<V> {
    /// From the state with a zero in its oldest cell with a zero shifted in, and from one with one.
    same: [V; PAIRS],
    /// From one with zero and from zero with one.
    other: [V; PAIRS],
}

impl<V: WordLanes> Branches<V> {
    #[inline(always)]
    fn new<const GENERATORS: u8>(token: V::Token, input: V, parities: [V; 3]) -> Self {
        let less = V::splat(token, -CORRECTION);
        let both = each_pair::<V, _>(
            #[inline(always)]
            |pair| {
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
                if third == 0 { [plus, minus] } else { [minus, plus] }
            },
        );
        Self {
            same: each_pair::<V, _>(
                #[inline(always)]
                |pair| both[pair][0],
            ),
            other: each_pair::<V, _>(
                #[inline(always)]
                |pair| both[pair][1],
            ),
        }
    }
}

/// What is known about the inputs of a step, and about its parities, by generator.
#[inline(always)]
fn inputs<V: WordLanes, const GENERATORS: u8>(token: V::Token, pass: &Pass<'_>, at: usize) -> (V, [V; 3]) {
    let load = |from: &[i16], at: usize| V::load(token, &from[at..][..V::LEN]);
    let mut found = [V::splat(token, 0); 3];
    let mut index = 0;
    for (generator, parity) in found.iter_mut().enumerate() {
        if GENERATORS >> generator & 1 == 1 {
            *parity = load(pass.parities, index * pass.systematic.len() + at);
            index += 1;
        }
    }
    (load(pass.systematic, at).plus(load(pass.prior, at)), found)
}

/// Steps that inputs are gathered ahead: a vector can be read some time after its single lanes were written.
const GATHERED: usize = 4;

/// Steps between two normalizations. A step adds at most 384 + 4 · 127 + 16 to a metric and metrics of two states
/// differ by at most 8 times as much, so sums of a forward and a backward metric and a branch stay within 16 bits.
const NORMALIZED: usize = 4;

#[inline(always)]
fn normalized<V: WordLanes>(states: [V; STATES]) -> [V; STATES] {
    each::<V, _>(
        #[inline(always)]
        |state| states[state].minus(states[0]),
    )
}

#[inline(always)]
fn load_boundary<V: WordLanes>(token: V::Token, metrics: &[i16], lane: usize) -> [V; STATES] {
    each::<V, _>(
        #[inline(always)]
        |state| V::load(token, &metrics[state * WINDOWS + lane..][..V::LEN]),
    )
}

#[inline(always)]
fn store_boundary<V: WordLanes>(metrics: &mut [i16], lane: usize, states: [V; STATES]) {
    let states = normalized(states);
    each::<V, _>(
        #[inline(always)]
        |state| states[state].store(&mut metrics[state * WINDOWS + lane..][..V::LEN]),
    );
}
