//! The decoder: soft bits in, message out.

pub(crate) mod batch;
mod kernel;
pub(crate) mod lanes;
mod load;
mod reference;
pub(crate) mod rule;
pub(crate) mod run;

use super::code::Code;
use super::graph::Graph;
use crate::coding::{KernelLevel, soft};
#[cfg(feature = "alloc")]
use alloc::{vec, vec::Vec};
use rule::{ApproximateMinStar, Rule, ScaledMinimum};

/// How long a decoder tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Iterations at most.
    pub iterations: u16,
    /// Whether to stop as soon as all checks are satisfied.
    pub stop_early: bool,
}

impl Default for Limits {
    /// 50 iterations, stopped early.
    fn default() -> Self {
        Self { iterations: 50, stop_early: true }
    }
}

/// How a codeword was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Iterations it took; 0 when the codeword was received whole.
    pub iterations: u16,
    /// Bits of the codeword that differ from the hard decisions received, a direct measure of link margin.
    pub corrected: u16,
}

/// Why there is no decoded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Uncorrectable {
    /// No codeword was found within the iterations allowed.
    #[error("LDPC: no codeword after {iterations} iterations")]
    NotFound {
        /// Iterations done.
        iterations: u16,
    },
    /// The soft bits are not as many as a codeword has.
    #[error("LDPC: {required} soft bits required, {found} found")]
    Length {
        /// Bits of a codeword.
        required: usize,
        /// Soft bits given.
        found: usize,
    },
    /// The message does not fit.
    #[error("LDPC: {required} octets of room required, {available} available")]
    Room {
        /// Octets of a message.
        required: usize,
        /// Octets offered.
        available: usize,
    },
}

/// Why a decoder cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// This machine has not the instructions.
    #[error("LDPC: the kernel level {level:?} is not available here")]
    Level {
        /// The level asked for.
        level: KernelLevel,
    },
    /// The working memory is too small.
    #[error("LDPC: {required} octets of working memory required, {available} available")]
    Memory {
        /// What [`Decoder::memory_len`] says.
        required: usize,
        /// What was given.
        available: usize,
    },
}

/// How checks put together what they hear.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Algorithm {
    ScaledMinimum,
    ApproximateMinStar { reach: i8, most: i8 },
}

/// What decoding a code wants of its input.
#[derive(Clone, Copy, Debug)]
struct Tuning {
    algorithm: Algorithm,
    /// What the mean confidence of the soft bits is scaled to, before they meet.
    mean: u8,
}

/// Decodes the codewords of one code.
///
/// `M` is working memory, of [`memory_len`](Self::memory_len) octets. The soft bits may have any scale: their mean
/// confidence is brought to where the decoder works best.
#[derive(Clone, Debug)]
pub struct Decoder<M> {
    code: Code,
    level: KernelLevel,
    limits: Limits,
    tuning: Tuning,
    graph: Graph,
    memory: M,
}

#[cfg(feature = "alloc")]
impl Decoder<Vec<i8>> {
    /// A decoder on the fastest kernel of this machine.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let level = KernelLevel::best();
        Self::built(code, level, vec![0; Self::memory_len(code, level)])
    }

    /// A decoder on a certain kernel; `None` when this machine has it not.
    #[must_use]
    pub fn with_level(code: Code, level: KernelLevel) -> Option<Self> {
        level.is_available().then(|| Self::built(code, level, vec![0; Self::memory_len(code, level)]))
    }
}

impl<M> Decoder<M> {
    /// Octets of working memory for a code on a kernel: from 640 for (128,64) on [`KernelLevel::Reference`] to some
    /// 180 000.
    #[must_use]
    pub fn memory_len(code: Code, level: KernelLevel) -> usize {
        let graph = Graph::new(code);
        load::belief_len(&graph, code, level) + load::message_len(&graph, code, level)
    }

    fn built(code: Code, level: KernelLevel, memory: M) -> Self {
        Self { code, level, limits: Limits::default(), tuning: tuning(code), graph: Graph::new(code), memory }
    }

    /// The same decoder with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The code it decodes.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The kernel it runs on.
    #[must_use]
    pub const fn level(&self) -> KernelLevel {
        self.level
    }
}

impl<M: AsMut<[i8]>> Decoder<M> {
    /// A decoder in the caller's memory.
    ///
    /// # Errors
    /// Too little memory, or a kernel that this machine has not.
    pub fn with_memory(code: Code, level: KernelLevel, mut memory: M) -> Result<Self, SetupError> {
        if !level.is_available() {
            return Err(SetupError::Level { level });
        }
        let (required, available) = (Self::memory_len(code, level), memory.as_mut().len());
        if available < required {
            return Err(SetupError::Memory { required, available });
        }
        Ok(Self::built(code, level, memory))
    }

    /// Decodes one codeword of [`Code::codeword_bits`] soft bits into the front of `message`.
    ///
    /// # Errors
    /// No codeword is found: `message` then holds the hard decisions as received.
    pub fn decode(&mut self, soft: &[i8], message: &mut [u8]) -> Result<Decoded, Uncorrectable> {
        let (required, found) = (self.code.codeword_bits(), soft.len());
        if required != found {
            return Err(Uncorrectable::Length { required, found });
        }
        let (required, available) = (self.code.message_len(), message.len());
        let Some(message) = message.get_mut(..required) else {
            return Err(Uncorrectable::Room { required, available });
        };
        let mut outcome = Err(Uncorrectable::NotFound { iterations: 0 });
        self.some(soft, message, &mut |_, found| outcome = found);
        outcome
    }

    /// Decodes codewords that follow each other, their messages into `messages` one after the other.
    ///
    /// `outcome` is told the number and the outcome of each codeword, in order. Short codes are decoded up to 64 at
    /// once; a batch of them takes no longer than one.
    ///
    /// # Errors
    /// The soft bits are not whole codewords, or their messages do not fit; nothing is decoded then.
    pub fn decode_batch(
        &mut self,
        soft: &[i8],
        messages: &mut [u8],
        mut outcome: impl FnMut(usize, Result<Decoded, Uncorrectable>),
    ) -> Result<(), Uncorrectable> {
        let (bits, found) = (self.code.codeword_bits(), soft.len());
        let count = found.div_ceil(bits);
        if count * bits != found {
            return Err(Uncorrectable::Length { required: count * bits, found });
        }
        let (len, available) = (self.code.message_len(), messages.len());
        if count * len > available {
            return Err(Uncorrectable::Room { required: count * len, available });
        }
        let lanes = load::lanes(self.code, self.level).unwrap_or(1);
        for (batch, (soft, messages)) in
            soft.chunks(lanes * bits).zip(messages.chunks_mut(lanes * len)).enumerate()
        {
            let messages = &mut messages[..soft.len() / bits * len];
            self.some(soft, messages, &mut |number, found| outcome(batch * lanes + number, found));
        }
        Ok(())
    }

    /// Decodes as many codewords as lie side by side.
    fn some(
        &mut self,
        soft: &[i8],
        messages: &mut [u8],
        outcome: &mut dyn FnMut(usize, Result<Decoded, Uncorrectable>),
    ) {
        match self.tuning.algorithm {
            Algorithm::ScaledMinimum => self.by_rule(ScaledMinimum, soft, messages, outcome),
            Algorithm::ApproximateMinStar { reach, most } => {
                self.by_rule(ApproximateMinStar { reach, most }, soft, messages, outcome);
            }
        }
    }

    fn by_rule<R: Rule>(
        &mut self,
        rule: R,
        soft: &[i8],
        messages: &mut [u8],
        outcome: &mut dyn FnMut(usize, Result<Decoded, Uncorrectable>),
    ) {
        let Self { code, level, limits, tuning, ref graph, ref mut memory } = *self;
        let (n, len) = (code.codeword_bits(), code.message_len());
        let split = load::belief_len(graph, code, level);
        let end = split + load::message_len(graph, code, level);
        let memory = &mut memory.as_mut()[..end];
        memory.fill(0);
        let (beliefs, said) = memory.split_at_mut(split);
        let memory = run::Memory { beliefs, messages: said };
        let task = run::Task { level, code, graph, limits, algorithm: tuning.algorithm, mean: tuning.mean };
        let not_found = Uncorrectable::NotFound { iterations: limits.iterations };
        if load::lanes(code, level).is_none() {
            soft::hard(&soft[..8 * len], messages);
            outcome(0, run::single(&task, rule, memory, soft, messages).ok_or(not_found));
            return;
        }
        let decisions = run::batch(&task, rule, memory, soft);
        for (lane, (soft, message)) in soft.chunks_exact(n).zip(messages.chunks_exact_mut(len)).enumerate() {
            let decided = decisions.unload(lane, soft, message);
            if decided.is_none() {
                soft::hard(&soft[..8 * len], message);
            }
            outcome(lane, decided.ok_or(not_found));
        }
    }
}

/// Found by simulation: where the codeword error rate at the foot of the waterfall is least.
///
/// A-min* wants the mean to be a certain log-likelihood ratio, that of the signal-to-noise ratio where the code starts to
/// work, and as small as rounding allows, to leave room for beliefs to grow.
const fn tuning(code: Code) -> Tuning {
    use super::code::Rate;
    let (algorithm, mean) = match code {
        Code::Ar4ja(Rate::Half, _) => (Algorithm::ApproximateMinStar { reach: 15, most: 63 }, 18),
        Code::Ar4ja(Rate::TwoThirds, _) => (Algorithm::ApproximateMinStar { reach: 11, most: 63 }, 18),
        Code::Ar4ja(Rate::FourFifths, _) => (Algorithm::ApproximateMinStar { reach: 7, most: 31 }, 16),
        Code::C2 | Code::Tc128 | Code::Tc256 | Code::Tc512 => (Algorithm::ScaledMinimum, 24),
    };
    Tuning { algorithm, mean }
}
