use super::code::Convolutional;

/// Puts received symbols where rate 1/2 has them, in the order G1, G2 and neither inverted; what was left out is an
/// erasure. Soft bits come out as octets, which is how the decoder's memory keeps them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depuncturer {
    code: Convolutional,
    /// Bits since the start of the puncture period.
    bit: usize,
    /// The first symbol of the current bit, when it has been placed.
    half: Option<i8>,
    /// Of a swapped pair on the channel, the symbol that came first and goes second.
    early: Option<i8>,
    /// The same, when its time has come.
    due: Option<i8>,
}

impl Depuncturer {
    pub(super) const fn new(code: Convolutional) -> Self {
        Self { code, bit: 0, half: None, early: None, due: None }
    }

    pub(super) const fn code(&self) -> Convolutional {
        self.code
    }

    /// Takes symbols from the front of `input` and writes pairs to the front of `pairs`. Returns what is left of
    /// `input` and how many pairs were written.
    pub(super) fn fill<'i>(&mut self, mut input: &'i [i8], pairs: &mut [[u8; 2]]) -> (&'i [i8], usize) {
        let mut written = 0;
        while written < pairs.len() {
            let between = self.bit == 0 && self.half.is_none() && self.early.is_none() && self.due.is_none();
            if between && self.code.rate.period_bits() == 1 {
                let whole = (pairs.len() - written).min(input.len() / 2);
                let (now, later) = input.split_at(2 * whole);
                self.basic(now, &mut pairs[written..][..whole]);
                input = later;
                written += whole;
                if written == pairs.len() {
                    break;
                }
            }
            let Some(pair) = self.next(&mut input) else { break };
            pairs[written] = pair;
            written += 1;
        }
        (input, written)
    }

    /// Completes the bit that is begun, with erasures, if any symbol of it was received.
    pub(super) fn finish(&mut self) -> Option<[u8; 2]> {
        let early = self.early.take();
        let first = match self.half.take() {
            None => early?,
            Some(first) => return Some(self.place([first, early.unwrap_or(0)])),
        };
        let alone = match self.code.rate.sent(self.bit) {
            [true, _] => [first, 0],
            [false, _] => [0, first],
        };
        Some(self.place(alone))
    }

    /// Whole pairs of rate 1/2.
    fn basic(&self, symbols: &[i8], pairs: &mut [[u8; 2]]) {
        let flip = if self.code.g2_inverted { -1 } else { 0 };
        let (g1_flip, g2_flip) = if self.code.swapped { (flip, 0) } else { (0, flip) };
        let (symbols, symbols_left) = symbols.as_chunks::<32>();
        let (pairs, pairs_left) = pairs.as_flattened_mut().as_chunks_mut::<32>();
        for (pairs, symbols) in pairs.iter_mut().zip(symbols) {
            for (at, (pair, symbol)) in pairs.iter_mut().zip(symbols).enumerate() {
                let flip = if at % 2 == 0 { g1_flip } else { g2_flip };
                *pair = ((*symbol).max(-127) ^ flip).wrapping_sub(flip) as u8;
            }
        }
        for (at, (pair, symbol)) in pairs_left.iter_mut().zip(symbols_left).enumerate() {
            let flip = if at % 2 == 0 { g1_flip } else { g2_flip };
            *pair = ((*symbol).max(-127) ^ flip).wrapping_sub(flip) as u8;
        }
        if self.code.swapped {
            for pair in pairs.as_flattened_mut().as_chunks_mut::<2>().0 {
                *pair = [pair[1], pair[0]];
            }
            for pair in pairs_left.as_chunks_mut::<2>().0 {
                *pair = [pair[1], pair[0]];
            }
        }
    }

    /// The pair of the next bit; `None` when the input ends before it is complete.
    fn next(&mut self, input: &mut &[i8]) -> Option<[u8; 2]> {
        let [first_sent, second_sent] = self.code.rate.sent(self.bit);
        let first = match self.half {
            Some(first) => first,
            None if first_sent => self.take(input)?,
            None => 0,
        };
        let second = if second_sent {
            let Some(second) = self.take(input) else {
                // Only a symbol that was really received is held: otherwise nothing of this bit has come.
                self.half = first_sent.then_some(first);
                return None;
            };
            second
        } else {
            0
        };
        self.half = None;
        self.bit += 1;
        if self.bit == self.code.rate.period_bits() {
            self.bit = 0;
        }
        Some(self.place([first, second]))
    }

    /// The next symbol in the encoder's order.
    fn take(&mut self, input: &mut &[i8]) -> Option<i8> {
        if let Some(due) = self.due.take() {
            return Some(due);
        }
        let (&symbol, rest) = input.split_first()?;
        *input = rest;
        if !self.code.swapped {
            return Some(symbol);
        }
        if let Some(early) = self.early.take() {
            self.due = Some(early);
            return Some(symbol);
        }
        let Some((&next, rest)) = input.split_first() else {
            self.early = Some(symbol);
            return None;
        };
        *input = rest;
        self.due = Some(symbol);
        Some(next)
    }

    fn place(&self, [g1, g2]: [i8; 2]) -> [u8; 2] {
        [g1 as u8, (if self.code.g2_inverted { g2.saturating_neg() } else { g2 }) as u8]
    }
}
