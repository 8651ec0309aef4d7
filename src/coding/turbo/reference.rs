//! A pass written to be read: one window at a time, one branch at a time.

use super::code::Generator;
use super::component::{BOUNDARY_LEN, CORRECTION, MAX_EXTRINSIC, Pass, SURE, Verdict, WINDOWS};
use super::trellis::{STATES, feedback, next, parity};

pub(in crate::coding) fn pass(pass: &mut Pass<'_>) -> Verdict {
    let mut verdict = Verdict { agreed: true, unsure: 0 };
    (0..pass.steps()).for_each(|step| pass.gather(step));
    for window in 0..WINDOWS {
        decode_window(pass, window, &mut verdict);
    }
    verdict
}

fn decode_window(pass: &mut Pass<'_>, window: usize, verdict: &mut Verdict) {
    let steps = pass.steps();
    let mut forward = boundary(pass.forward, window);
    for step in 0..steps {
        for (state, &metric) in forward.iter().enumerate() {
            // Without normalization: a window adds at most 279 times 1031.
            let at = (step * STATES + state) * 2;
            pass.metrics[at] = (metric >> 16) as i16;
            pass.metrics[at + 1] = metric as i16;
        }
        let mut then = [None; STATES];
        for branch in branches(pass, step, window) {
            let path = forward[branch.from] + branch.metric;
            then[branch.to] = Some(then[branch.to].map_or(path, |other| log_sum(other, path)));
        }
        forward = then.map(|metric| metric.unwrap_or_default());
    }
    set_boundary(pass.forward, window, forward);

    let mut backward = boundary(pass.backward, window);
    for step in (0..steps).rev() {
        let forward: [i32; STATES] = core::array::from_fn(|state| {
            let at = (step * STATES + state) * 2;
            i32::from(pass.metrics[at]) << 16 | i32::from(pass.metrics[at + 1] as u16)
        });
        let mut before = [None; STATES];
        // The best of all paths with a zero, and with a one.
        let mut best = [i32::MIN; 2];
        for branch in branches(pass, step, window) {
            let path = backward[branch.to] + branch.metric;
            before[branch.from] = Some(before[branch.from].map_or(path, |other| log_sum(other, path)));
            best[branch.input] = best[branch.input].max(forward[branch.from] + path);
        }
        backward = before.map(|metric| metric.unwrap_or_default());

        let at = step * WINDOWS + window;
        let (input, old) = (pass.systematic[at] + pass.prior[at], pass.extrinsic[at]);
        // A kernel's subtraction ends at the limits of 16 bits, far beyond those of an extrinsic value.
        let both = (best[0] - best[1]).clamp(i16::MIN.into(), i16::MAX.into()) >> 1;
        let limit = i32::from(MAX_EXTRINSIC);
        let said = (both - i32::from(input)).clamp(-limit, limit) as i16;
        let new = said - (said >> 2);
        pass.extrinsic[at] = new;
        let decided = input + new;
        verdict.agreed &= (input + old < 0) == (decided < 0);
        verdict.unsure += u16::from(decided.abs() < SURE);
    }
    set_boundary(pass.backward, window, backward);
}

/// One branch of the trellis.
struct Branch {
    from: usize,
    to: usize,
    input: usize,
    metric: i32,
}

/// The branches of one step: two from each state.
fn branches(pass: &Pass<'_>, step: usize, window: usize) -> impl Iterator<Item = Branch> {
    let at = step * WINDOWS + window;
    let input_ratio = i32::from(pass.systematic[at]) + i32::from(pass.prior[at]);
    let generators = pass.generators;
    let mut parity_ratios = [0; 3];
    for (index, ratio) in parity_ratios[..generators.len()].iter_mut().enumerate() {
        *ratio = i32::from(pass.parities[index * pass.systematic.len() + at]);
    }
    (0..STATES as u8 * 2).map(move |number| {
        let (state, shifted_in) = (number / 2, number & 1);
        let input = shifted_in ^ feedback(state);
        let sign = |bit: u8, ratio: i32| if bit == 0 { ratio } else { -ratio };
        let with_parity = |sum, (&generator, &ratio): (&Generator, &i32)| {
            sum + sign(parity(state, shifted_in, generator), ratio)
        };
        let metric = generators.iter().zip(&parity_ratios).fold(sign(input, input_ratio), with_parity);
        Branch { from: state.into(), to: next(state, shifted_in).into(), input: input.into(), metric }
    })
}

/// The logarithm of a sum of two exponentials, nearly.
fn log_sum(x: i32, y: i32) -> i32 {
    x.max(y).max(((x + y) >> 1) + i32::from(CORRECTION))
}

fn boundary(metrics: &[i16], window: usize) -> [i32; STATES] {
    core::array::from_fn(|state| metrics[state * WINDOWS + window].into())
}

fn set_boundary(metrics: &mut [i16], window: usize, found: [i32; STATES]) {
    debug_assert_eq!(metrics.len(), BOUNDARY_LEN);
    for (state, metric) in found.iter().enumerate() {
        metrics[state * WINDOWS + window] = (metric - found[0]) as i16;
    }
}
