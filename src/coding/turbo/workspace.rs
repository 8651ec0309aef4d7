use super::code::{Code, Generator, Symbol};
use super::component::{BOUNDARY_LEN, IMPOSSIBLE, MAX_CHANNEL, MAX_EXTRINSIC, Pass, SURE, Verdict, WINDOWS};
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
        let scaled = scaled(soft, self.code.rate().confidence());
        let [first, second] = &mut self.components;
        let slots = self.prior.len();
        let (code, symbols) = (self.code, self.code.rate().symbols());
        for (phase, symbol) in (0..2).flat_map(|phase| (0..symbols).map(move |symbol| (phase, symbol))) {
            // At rate 1/2 symbols of even and odd steps are of different encoders.
            let to = match code.rate().symbol(phase, symbol) {
                Symbol::Systematic => &mut *first.systematic,
                Symbol::First(parity) => &mut first.parities[parity * slots..],
                Symbol::Second(parity) => &mut second.parities[parity * slots..],
            };
            let sent_at = |step| {
                if code.is_channel_interleaved() {
                    code.sent_at(step, symbol)
                } else {
                    step * symbols + symbol
                }
            };
            for window in 0..WINDOWS {
                let skipped = (window * self.steps + phase) % 2;
                let steps = (window * self.steps + skipped..code.steps()).step_by(2);
                let rows = to.as_chunks_mut::<WINDOWS>().0[..self.steps].iter_mut();
                for (row, step) in rows.skip(skipped).step_by(2).zip(steps) {
                    row[window] = scaled[usize::from(soft[sent_at(step)] as u8)];
                }
            }
        }
        for (symbol, &from) in second.systematic.iter_mut().zip(&*second.order) {
            if let Some(&input) = first.systematic.get(usize::from(from as u16)) {
                *symbol = input;
            }
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
        let slots = self.prior.len();
        let mut verdict = pass(&mut Pass {
            generators: this.generators,
            systematic: this.systematic,
            other: other.extrinsic,
            order: this.order,
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
            let decided = this.systematic[slot] + self.prior[slot] + this.extrinsic[slot];
            verdict.unsure -= u16::from(decided.abs() < SURE);
        }
        // Where a window ended the one after it begins, next time.
        for row in this.forward.as_chunks_mut::<WINDOWS>().0 {
            let ends = *row;
            row[1..].copy_from_slice(&ends[..WINDOWS - 1]);
        }
        for row in this.backward.as_chunks_mut::<WINDOWS>().0 {
            let ends = *row;
            row[..WINDOWS - 1].copy_from_slice(&ends[1..]);
        }
        this.pin_ends();
        verdict
    }

    /// Packs the decisions of the component that has just run.
    pub(super) fn decide(&self, component: usize, message: &mut [u8]) {
        let this = &self.components[component];
        let mut slots = in_order(self.steps);
        for octet in message {
            *octet = slots.by_ref().take(8).fold(0, |packed, natural| {
                let slot = if component == 0 {
                    natural
                } else {
                    usize::from(self.components[0].order[natural] as u16)
                };
                packed << 1 | u8::from(this.systematic[slot] + self.prior[slot] + this.extrinsic[slot] < 0)
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

/// Where the values of all trellis steps are kept, one after the other.
fn in_order(steps: usize) -> impl Iterator<Item = usize> {
    (0..WINDOWS).flat_map(move |window| (0..steps).map(move |step| step * WINDOWS + window))
}

/// What each soft bit, taken for an unsigned octet, becomes, so that the mean confidence of `soft` is `confidence`.
fn scaled(soft: &[i8], confidence: i16) -> [i16; 256] {
    let sum: u32 = soft.iter().map(|soft| u32::from(soft.unsigned_abs())).sum();
    let count: u32 = soft.iter().map(|&soft| u32::from(soft != 0)).sum();
    let factor = ((u64::from(confidence.unsigned_abs()) * u64::from(count)) << 16) / u64::from(sum.max(1));
    // At most 2^16 times the confidence, as no soft bit that counts is below 1.
    let factor = factor as i32;
    core::array::from_fn(|octet| {
        let scaled = (i32::from(octet as u8 as i8) * factor + (1 << 15)) >> 16;
        scaled.clamp(-i32::from(MAX_CHANNEL), i32::from(MAX_CHANNEL)) as i16
    })
}
