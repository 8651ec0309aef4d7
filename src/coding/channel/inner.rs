use crate::coding::convolutional::{Convolutional, Edge, Rate, Viterbi, ViterbiCounts};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The convolutional decoder with node and phase synchronization.
///
/// Where the stream begins within a pair of symbols or a puncture period is not known, nor, if so asked, in which
/// convention the symbols are. Every possibility is tried on the same stretch of [`window`](Self::window) symbols.
/// The true one needs far fewer symbols to be wrong than the others; when it stands out, the stretch is decoded and
/// the stream after it as it comes. When later a stretch has almost as many wrong symbols as a false one had, a
/// symbol was lost or won, and the search begins anew with that stretch.
///
/// At some rates, symbols of G2 that are inverted make another codeword, with other information bits. No decoder can
/// tell; markers can. So possibilities that fit alike take turns, on the same symbols, until one yields frames.
#[derive(Debug)]
pub(super) struct Inner {
    conventions: Vec<Convolutional>,
    /// The symbols of the current window, and those before it that another possibility may need.
    recent: Vec<i8>,
    /// Symbols of the current window.
    in_window: usize,
    /// Windows without a frame until another possibility that is as likely gets its turn.
    patience: usize,
    decoder: Option<Viterbi<Vec<u8>>>,
    /// Wrong symbols in a window that a false possibility had at least.
    false_errors: u64,
    /// Wrong symbols that the decoder had counted when the current window began.
    errors_before: u64,
    /// Counts of decoders that are gone.
    past: ViterbiCounts,
    acquisitions: u64,
    losses: u64,
    current: Option<Possibility>,
    /// What fits as well as the current possibility.
    others: VecDeque<Possibility>,
    /// The current possibility has yielded a frame.
    fruitful: bool,
    /// Windows in which it has not.
    fruitless: usize,
}

impl Inner {
    pub(super) fn new(code: Convolutional, any_convention: bool, cadu_len: usize) -> Self {
        let conventions =
            if any_convention { Convolutional::conventions(code.rate).to_vec() } else { alloc::vec![code] };
        Self {
            conventions,
            in_window: 0,
            // Two frames and a window in which they may begin.
            patience: 2 + 2 * code.rate.symbols(8 * cadu_len) / window_of(code.rate),
            recent: Vec::new(),
            decoder: None,
            false_errors: 0,
            errors_before: 0,
            past: ViterbiCounts::default(),
            acquisitions: 0,
            losses: 0,
            current: None,
            others: VecDeque::new(),
            fruitful: false,
            fruitless: 0,
        }
    }

    /// Channel symbols that acquisition looks at.
    pub(super) fn window(&self) -> usize {
        window_of(self.conventions[0].rate)
    }

    pub(super) fn counts(&self) -> ViterbiCounts {
        let now = self.decoder.as_ref().map(Viterbi::counts).unwrap_or_default();
        ViterbiCounts {
            symbols: self.past.symbols + now.symbols,
            bits: self.past.bits + now.bits,
            symbol_errors: self.past.symbol_errors + now.symbol_errors,
        }
    }

    /// Times a possibility stood out, and times it was given up.
    pub(super) fn acquisitions(&self) -> (u64, u64) {
        (self.acquisitions, self.losses)
    }

    /// The convention of the symbols, once it is known.
    pub(super) fn convention(&self) -> Option<Convolutional> {
        self.decoder.as_ref().map(Viterbi::code)
    }

    pub(super) fn receive(&mut self, mut symbols: &[i8], each: &mut impl FnMut(&[u8]) -> bool) {
        let window = self.window();
        while !symbols.is_empty() {
            let (now, later) = symbols.split_at(symbols.len().min(window - self.in_window));
            symbols = later;
            self.recent.extend_from_slice(now);
            self.in_window += now.len();
            if let Some(decoder) = &mut self.decoder {
                decoder.decode(now, |decoded| self.fruitful |= each(decoded.octets));
            }
            if self.in_window == window {
                self.end_of_window(each);
            }
        }
    }

    pub(super) fn finish(&mut self, each: &mut impl FnMut(&[u8]) -> bool) {
        if self.decoder.is_none() {
            self.acquire(true, each);
        }
        if let Some(decoder) = &mut self.decoder {
            decoder.finish(Edge::Open, |decoded| {
                each(decoded.octets);
            });
        }
        self.give_up();
        self.recent.clear();
        self.in_window = 0;
    }

    fn end_of_window(&mut self, each: &mut impl FnMut(&[u8]) -> bool) {
        let window = self.window();
        self.in_window = 0;
        if let Some(decoder) = &self.decoder {
            let errors = decoder.counts().symbol_errors;
            // The decoder is some bits late, which over windows evens out.
            let wrong = errors - self.errors_before;
            self.errors_before = errors;
            if 16 * wrong < 15 * self.false_errors {
                return self.end_of_good_window(each);
            }
            self.losses += 1;
            self.give_up();
            self.recent.drain(..self.recent.len() - window);
        }
        if !self.acquire(false, each) {
            self.recent.drain(..window / 2);
            self.in_window = window / 2;
        } else if self.others.is_empty() {
            self.recent.clear();
        }
    }

    fn end_of_good_window(&mut self, each: &mut impl FnMut(&[u8]) -> bool) {
        if self.fruitful {
            self.others.clear();
        }
        if self.others.is_empty() {
            return self.recent.clear();
        }
        self.fruitless += 1;
        if self.fruitless >= self.patience
            && let (Some(next), Some(current)) = (self.others.pop_front(), self.current)
        {
            self.others.push_back(current);
            self.start(next, each);
            // Whatever comes of it, memory stays bounded. A window is a whole number of periods, so phases hold.
            self.recent.drain(..self.recent.len() - self.window());
        }
    }

    fn give_up(&mut self) {
        self.past = self.counts();
        self.decoder = None;
    }

    /// Tries every possibility on the symbols held. `at_last`: takes the best even when it does not stand out.
    fn acquire(&mut self, at_last: bool, each: &mut impl FnMut(&[u8]) -> bool) -> bool {
        let mut tried: Vec<(u64, Possibility)> = Vec::new();
        for &code in &self.conventions {
            let period = code.rate.period_symbols();
            // Pairs that change places make an odd period twice as long.
            let period = if code.swapped && period % 2 == 1 { 2 * period } else { period };
            let mut decoder = Viterbi::with_vec(code);
            for phase in 0..period.min(self.recent.len()) {
                let before = decoder.counts().symbol_errors;
                decoder.decode(&self.recent[phase..], |_| ());
                decoder.finish(Edge::Open, |_| ());
                tried.push((decoder.counts().symbol_errors - before, Possibility { code, phase }));
            }
        }
        // The sort keeps the order of those that are alike, so that the book's convention goes first.
        tried.sort_by_key(|&(errors, _)| errors);
        let (Some(&(least, best)), Some(&(most, _))) = (tried.first(), tried.last()) else { return false };
        let stands_out = |errors: u64| 8 * errors <= 7 * most;
        if !at_last && !stands_out(least) {
            return false;
        }
        self.acquisitions += 1;
        self.false_errors = tried.iter().map(|&(errors, _)| errors).find(|&e| !stands_out(e)).unwrap_or(most);
        let alike =
            tried[1..].iter().filter(|&&(errors, _)| stands_out(errors) && 8 * errors <= 9 * least + 128);
        self.others = alike.map(|&(_, other)| other).collect();
        self.start(best, each);
        true
    }

    /// Decodes the symbols held, and from then on.
    fn start(&mut self, Possibility { code, phase }: Possibility, each: &mut impl FnMut(&[u8]) -> bool) {
        self.give_up();
        let mut decoder = Viterbi::with_vec(code);
        let mut fruitful = false;
        decoder.decode(&self.recent[phase..], |decoded| fruitful |= each(decoded.octets));
        self.errors_before = decoder.counts().symbol_errors;
        self.current = Some(Possibility { code, phase });
        self.fruitful = fruitful;
        self.fruitless = 0;
        self.decoder = Some(decoder);
    }
}

/// How the symbols held may have to be read.
#[derive(Clone, Copy, Debug)]
struct Possibility {
    code: Convolutional,
    phase: usize,
}

/// Channel symbols that acquisition looks at: whole periods, twice over where pairs may have changed places.
const fn window_of(rate: Rate) -> usize {
    let period = 2 * rate.period_symbols();
    let about = match rate {
        Rate::R1_2 => 4096,
        Rate::R2_3 | Rate::R3_4 => 8192,
        Rate::R5_6 | Rate::R7_8 => 16_384,
    };
    about / period * period
}
