//! Runs a code at one ratio of signal to noise, on several workers.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use crate::candidate::{Candidate, Entry};
use crate::channel::Channel;

/// When a point is known well enough.
#[derive(Clone, Copy)]
pub struct Effort {
    pub seed: u64,
    pub workers: usize,
    pub max_errors: u64,
    pub max_words: u64,
}

/// What was counted at one point.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub words: u64,
    pub word_errors: u64,
    /// Wrong codewords that the decoder took for right.
    pub undetected: u64,
    pub bits: u64,
    pub bit_errors: u64,
    pub iterations: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.words += other.words;
        self.word_errors += other.word_errors;
        self.undetected += other.undetected;
        self.bits += other.bits;
        self.bit_errors += other.bit_errors;
        self.iterations += other.iterations;
    }

    pub fn word_error_rate(&self) -> f64 {
        self.word_errors as f64 / self.words.max(1) as f64
    }

    pub fn bit_error_rate(&self) -> f64 {
        self.bit_errors as f64 / self.bits.max(1) as f64
    }
}

/// Runs the code at `ebn0` decibels until there are enough errors or codewords.
///
/// Trials are numbered, each has random numbers of its own, and batches of them are counted in order: equal seeds
/// give equal counts on any number of workers. `progress` is told the counts so far.
pub fn point(entry: &Entry, ebn0: f64, effort: Effort, mut progress: impl FnMut(&Counts)) -> Counts {
    let next = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let (sender, receiver) = mpsc::sync_channel(2 * effort.workers);
    std::thread::scope(|scope| {
        for _ in 0..effort.workers {
            let (sender, next, enough) = (sender.clone(), &next, &enough);
            scope.spawn(move || {
                let mut trial = Trial::new(entry, ebn0, effort.seed);
                while !enough.load(Ordering::Relaxed) {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    if sender.send((batch, trial.batch(batch))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut total = Counts::default();
        let mut due = 0;
        'count: for (batch, counts) in &receiver {
            early.insert(batch, counts);
            while let Some(counts) = early.remove(&due) {
                total.add(&counts);
                due += 1;
                if total.word_errors >= effort.max_errors || total.words >= effort.max_words {
                    break 'count;
                }
            }
            progress(&total);
        }
        enough.store(true, Ordering::Relaxed);
        // Senders that wait find nobody to listen.
        drop(receiver);
        total
    })
}

/// Symbols of a batch: enough to make handing it over cheap.
const BATCH_SYMBOLS: usize = 200_000;

/// One worker's code, channel and buffers.
struct Trial {
    candidate: Box<dyn Candidate>,
    channel: Channel,
    seed: u64,
    sent: Vec<u8>,
    symbols: Vec<u8>,
    received: Vec<i8>,
    decoded: Vec<u8>,
    said_bad: Vec<bool>,
    bad: Vec<bool>,
}

impl Trial {
    fn new(entry: &Entry, ebn0: f64, seed: u64) -> Self {
        let candidate = (entry.build)();
        let (message, symbols, words) = (candidate.message_len(), candidate.symbols(), candidate.words());
        let rate = 8.0 * message as f64 / symbols as f64;
        Self {
            candidate,
            channel: Channel::new(ebn0, rate),
            // Other noise at other points.
            seed: seed ^ ebn0.to_bits().rotate_left(17),
            sent: vec![0; message],
            symbols: vec![0; symbols.div_ceil(8)],
            received: vec![0; symbols],
            decoded: vec![0; message],
            said_bad: vec![false; words],
            bad: vec![false; words],
        }
    }

    fn batch(&mut self, number: u64) -> Counts {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(number);
        let mut counts = Counts::default();
        for _ in 0..BATCH_SYMBOLS.div_ceil(self.received.len()) {
            rng.fill_bytes(&mut self.sent);
            self.symbols.fill(0);
            self.candidate.encode(&self.sent, &mut self.symbols);
            self.channel.send(&self.symbols, &mut rng, &mut self.received);
            self.said_bad.fill(false);
            counts.iterations += self.candidate.decode(&self.received, &mut self.decoded, &mut self.said_bad);
            self.count(&mut counts);
        }
        counts
    }

    fn count(&mut self, counts: &mut Counts) {
        self.bad.fill(false);
        for (at, (sent, decoded)) in self.sent.iter().zip(&self.decoded).enumerate() {
            if sent != decoded {
                counts.bit_errors += u64::from((sent ^ decoded).count_ones());
                self.bad[self.candidate.word(at)] = true;
            }
        }
        counts.bits += 8 * self.sent.len() as u64;
        counts.words += self.bad.len() as u64;
        for (&bad, &said) in self.bad.iter().zip(&self.said_bad) {
            counts.word_errors += u64::from(bad);
            counts.undetected += u64::from(bad && !said);
        }
    }
}
