use super::code::{Code, Generator, Symbol};
use super::component::{
    BOUNDARY_LEN, IMPOSSIBLE, MAX_CHANNEL, MAX_EXTRINSIC, Pass, SURE, Verdict, WINDOWS, decision,
};
use super::trellis::STATES;

/// The working memory of a decoder, cut up.
///
/// Values of a trellis step are kept by *slot*: all windows' first steps, then all their second steps, and so on, so
/// that a vector holds the same step of neighbouring windows. Steps that only fill up the last window are sure zeros.
pub(super) struct Workspace<'a> {
    code: Code,
    /// Steps of a window.
    steps: usize,
    metrics: &'a mut [i16],
    /// What the other component decoder said, in the order of the one that is running.
    prior: &'a mut [i16],
    components: [Component<'a>; 2],
}

/// What belongs to one component decoder.
struct Component<'a> {
    generators: &'static [Generator],
    systematic: &'a mut [i16],
    parities: &'a mut [i16],
    /// One for each slot, and a zero for [`order`](Self::order) to point to.
    extrinsic: &'a mut [i16],
    forward: &'a mut [i16],
    backward: &'a mut [i16],
    /// For each slot, the slot of the same information bit in the other component.
    order: &'a mut [i16],
}

/// Words that a row of all windows takes; everything in memory starts at a multiple of it.
const ROW: usize = WINDOWS;

/// Octets of the widest vector.
const ALIGNMENT: usize = 64;

const fn window_steps(code: Code) -> usize {
    code.steps().div_ceil(WINDOWS)
}

impl Code {
    /// 16-bit words of working memory that a decoder needs: about 100 kB for the shortest blocks, 500 kB for the
    /// longest.
    #[must_use]
    pub const fn workspace_len(self) -> usize {
        let slots = window_steps(self) * WINDOWS;
        let parities = (self.rate().first().len() + self.rate().second().len()) * slots;
        let component = 3 * slots + ROW + 2 * BOUNDARY_LEN;
        ALIGNMENT / 2 + slots * STATES + slots + 2 * component + parities
    }
}

impl<'a> Workspace<'a> {
    /// `None` when the memory is too small.
    pub(super) fn new(code: Code, memory: &'a mut [i16]) -> Option<Self> {
        if memory.len() < code.workspace_len() {
            return None;
        }
        // A vector that straddles two cache lines takes twice as long.
        let skipped = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT / 2);
        let mut rest = memory.get_mut(skipped..)?;
        let steps = window_steps(code);
        let slots = steps * WINDOWS;
        let metrics = take(&mut rest, slots * STATES)?;
        let prior = take(&mut rest, slots)?;
        let mut component = |generators: &'static [Generator]| {
            Some(Component {
                generators,
                systematic: take(&mut rest, slots)?,
                parities: take(&mut rest, generators.len() * slots)?,
                extrinsic: take(&mut rest, slots + ROW)?,
                forward: take(&mut rest, BOUNDARY_LEN)?,
                backward: take(&mut rest, BOUNDARY_LEN)?,
                order: take(&mut rest, slots)?,
            })
        };
        let components = [component(code.rate().first())?, component(code.rate().second())?];
        Some(Self { code, steps, metrics, prior, components })
    }

    /// Writes what stays the same for all codewords.
    pub(super) fn prepare(&mut self) {
        let slots = self.prior.len();
        for component in &mut self.components {
            component.systematic.fill(0);
            component.parities.fill(0);
            component.extrinsic.fill(0);
            // To where a zero is kept.
            component.order.fill(slots as i16);
            for step in self.code.steps()..slots {
                let slot = slot(step, self.steps);
                component.systematic[slot] = MAX_EXTRINSIC;
                for parity in component.parities.chunks_exact_mut(slots) {
                    parity[slot] = MAX_CHANNEL;
                }
            }
        }
        let [first, second] = &mut self.components;
        for (interleaved, bit) in self.code.permutation().iter().enumerate() {
            let (bit, interleaved) = (slot(bit, self.steps), slot(interleaved, self.steps));
            // Slots are fewer than 2^14.
            first.order[bit] = interleaved as i16;
            second.order[interleaved] = bit as i16;
        }
    }

    /// Takes in a codeword, as long as one is.
    pub(super) fn load(&mut self, soft: &[i8]) {
        let gain = Gain::of(soft, self.code.rate().confidence());
        let [first, second] = &mut self.components;
        let slots = self.prior.len();
        let mut at = 0;
        for step in 0..self.code.steps() {
            let slot = slot(step, self.steps);
            for symbol in 0..self.code.rate().symbols() {
                let sent_at =
                    if self.code.is_channel_interleaved() { self.code.sent_at(step, symbol) } else { at };
                at += 1;
                let value = gain.apply(soft[sent_at]);
                match self.code.rate().symbol(step, symbol) {
                    Symbol::Systematic => first.systematic[slot] = value,
                    Symbol::First(parity) => first.parities[parity * slots + slot] = value,
                    Symbol::Second(parity) => second.parities[parity * slots + slot] = value,
                }
            }
        }
        for interleaved in 0..self.code.message_bits() {
            let slot = slot(interleaved, self.steps);
            second.systematic[slot] = first.systematic[usize::from(second.order[slot] as u16)];
        }
        for component in &mut self.components {
            component.extrinsic.fill(0);
            component.forward.fill(0);
            component.backward.fill(0);
            component.pin_ends();
        }
    }

    /// Runs a component decoder: a pass.
    pub(super) fn run(&mut self, component: usize, pass: impl FnOnce(&mut Pass<'_>) -> Verdict) -> Verdict {
        let [first, second] = &mut self.components;
        let (this, other) = if component == 0 { (first, &*second) } else { (second, &*first) };
        for (prior, &from) in self.prior.iter_mut().zip(&*this.order) {
            *prior = other.extrinsic.get(usize::from(from as u16)).copied().unwrap_or(0);
        }
        let slots = self.prior.len();
        let mut verdict = pass(&mut Pass {
            generators: this.generators,
            systematic: this.systematic,
            prior: self.prior,
            parities: this.parities,
            extrinsic: &mut this.extrinsic[..slots],
            forward: this.forward,
            backward: this.backward,
            metrics: self.metrics,
        });
        // The tail of the second encoder is known by its parities only and may never get sure.
        for step in self.code.message_bits()..self.code.steps() {
            let slot = slot(step, self.steps);
            let decided = decision(this.systematic[slot], self.prior[slot], this.extrinsic[slot]);
            verdict.unsure -= u16::from(decided.abs() < SURE);
        }
        // Where a window ended the one after it begins, next time.
        for row in this.forward.chunks_exact_mut(WINDOWS) {
            row.copy_within(..WINDOWS - 1, 1);
        }
        for row in this.backward.chunks_exact_mut(WINDOWS) {
            row.copy_within(1.., 0);
        }
        this.pin_ends();
        verdict
    }

    /// Packs the decisions of the component that has just run.
    pub(super) fn decide(&self, component: usize, message: &mut [u8]) {
        let this = &self.components[component];
        for (at, octet) in message.iter_mut().enumerate() {
            *octet = (at * 8..at * 8 + 8).fold(0, |packed, bit| {
                let natural = slot(bit, self.steps);
                let slot = if component == 0 {
                    natural
                } else {
                    usize::from(self.components[0].order[natural] as u16)
                };
                let decided = decision(this.systematic[slot], self.prior[slot], this.extrinsic[slot]);
                packed << 1 | u8::from(decided < 0)
            });
        }
    }
}

impl Component<'_> {
    /// Encoders start in state 0, and the steps that fill up the last window leave them there.
    fn pin_ends(&mut self) {
        for state in 0..STATES {
            let metric = if state == 0 { 0 } else { IMPOSSIBLE };
            self.forward[state * WINDOWS] = metric;
            self.backward[state * WINDOWS + WINDOWS - 1] = metric;
        }
    }
}

/// Cuts `len` words off the front.
fn take<'a>(rest: &mut &'a mut [i16], len: usize) -> Option<&'a mut [i16]> {
    rest.split_off_mut(..len)
}

/// Where the value of a trellis step is kept, when a window has `steps` steps.
fn slot(step: usize, steps: usize) -> usize {
    step % steps * WINDOWS + step / steps
}

/// What soft bits are multiplied by.
#[derive(Clone, Copy)]
struct Gain {
    /// In units of 2^-16.
    factor: i32,
}

impl Gain {
    /// Brings the mean confidence of `soft` to `confidence`.
    fn of(soft: &[i8], confidence: i16) -> Self {
        let (sum, count) = soft.iter().fold((0u64, 0u64), |(sum, count), soft| {
            (sum + u64::from(soft.unsigned_abs()), count + u64::from(*soft != 0))
        });
        let factor = ((u64::from(confidence.unsigned_abs()) * count) << 16) / sum.max(1);
        // At most 2^16 times the confidence, as no soft bit that counts is below 1.
        Self { factor: factor as i32 }
    }

    fn apply(self, soft: i8) -> i16 {
        let scaled = (i32::from(soft) * self.factor + (1 << 15)) >> 16;
        scaled.clamp(-i32::from(MAX_CHANNEL), i32::from(MAX_CHANNEL)) as i16
    }
}
