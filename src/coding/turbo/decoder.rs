use super::code::Code;
use super::workspace::Workspace;
use crate::coding::KernelLevel;
use crate::coding::simd::turbo;

#[cfg(feature = "alloc")]
use alloc::{vec, vec::Vec};

/// A codeword on which both component decoders settled, each sure of the same decisions.
///
/// They may settle on a wrong message, seldom; frames in turbo codewords carry a check sequence of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Iterations begun, from 1. An iteration runs both component decoders; the last may end after the first.
    pub iterations: u8,
}

/// Why a codeword was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Uncorrectable {
    /// The component decoders have not settled on the same decisions, all of them sure. The message holds the last,
    /// which may be right.
    #[error("turbo: component decoders are not settled after {iterations} iterations")]
    Unsettled {
        /// Iterations run.
        iterations: u8,
    },
    /// Another number of soft bits than a codeword has; nothing was decoded.
    #[error("turbo: {required} soft bits required, {found} found")]
    Length {
        /// Soft bits of a codeword.
        required: usize,
        /// Soft bits that there were.
        found: usize,
    },
    /// The message has another length; nothing was decoded.
    #[error("turbo: {required} octets required for the message, {available} available")]
    Room {
        /// Octets of a message.
        required: usize,
        /// Octets that there were.
        available: usize,
    },
    /// The working memory is too small; nothing was decoded.
    #[error("turbo: working memory of {required} words required, {available} available")]
    Memory {
        /// What [`Code::workspace_len`] says.
        required: usize,
        /// Words that there were.
        available: usize,
    },
}

/// Decodes one codeword after the other.
///
/// `M` is working memory of [`Code::workspace_len`] words: an array, a slice, a vector.
#[derive(Clone, Debug)]
pub struct Decoder<M> {
    code: Code,
    level: KernelLevel,
    max_iterations: u8,
    early_stop: bool,
    memory: M,
}

#[cfg(feature = "alloc")]
impl Decoder<Vec<i16>> {
    /// A decoder with memory of its own, for up to 10 iterations, on the best kernel of this machine.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self::over(code, vec![0; code.workspace_len()])
    }
}

impl<M: AsMut<[i16]>> Decoder<M> {
    /// A decoder over the memory given, for up to 10 iterations, on the best kernel of this machine.
    ///
    /// # Errors
    /// The memory has fewer than [`Code::workspace_len`] words.
    pub fn with_memory(code: Code, mut memory: M) -> Result<Self, Uncorrectable> {
        workspace(code, memory.as_mut())?;
        Ok(Self::over(code, memory))
    }

    fn over(code: Code, mut memory: M) -> Self {
        if let Ok(mut workspace) = workspace(code, memory.as_mut()) {
            workspace.prepare();
        }
        Self { code, level: KernelLevel::best(), max_iterations: 10, early_stop: true, memory }
    }

    /// The code decoded.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The same decoder on another kernel; `None` when this machine does not have it. All decide alike.
    #[must_use]
    pub fn with_level(self, level: KernelLevel) -> Option<Self> {
        level.is_available().then_some(Self { level, ..self })
    }

    /// The same decoder with another limit of iterations, at least 1.
    #[must_use]
    pub fn with_max_iterations(self, iterations: u8) -> Self {
        Self { max_iterations: iterations.max(1), ..self }
    }

    /// The same decoder, ending as soon as component decoders are settled (as it does at first), or always running all
    /// iterations.
    #[must_use]
    pub fn with_early_stop(self, early_stop: bool) -> Self {
        Self { early_stop, ..self }
    }

    /// Decodes one codeword.
    ///
    /// `soft`: one soft bit for each symbol, on any scale: the decoder brings their mean confidence to the one that
    /// the code works at. Erasures are left out of that mean. `message`: k bits, packed.
    ///
    /// # Errors
    /// [`Uncorrectable::Unsettled`] when iterations run out first; `message` holds the last decisions all the
    /// same. Otherwise a length is wrong and nothing was decoded.
    pub fn decode(&mut self, soft: &[i8], message: &mut [u8]) -> Result<Decoded, Uncorrectable> {
        self.iterate(soft, message, None)
    }

    /// Decodes one codeword until `accept` likes the message: a check sequence, say.
    ///
    /// It is shown the message after each whole iteration, and [`Decoded`] is also the outcome when it says yes.
    ///
    /// # Errors
    /// As of [`decode`](Self::decode).
    pub fn decode_until(
        &mut self,
        soft: &[i8],
        message: &mut [u8],
        mut accept: impl FnMut(&[u8]) -> bool,
    ) -> Result<Decoded, Uncorrectable> {
        self.iterate(soft, message, Some(&mut accept))
    }

    fn iterate(
        &mut self,
        soft: &[i8],
        message: &mut [u8],
        mut accept: Option<Accept<'_>>,
    ) -> Result<Decoded, Uncorrectable> {
        let required = self.code.codeword_bits();
        if soft.len() != required {
            return Err(Uncorrectable::Length { required, found: soft.len() });
        }
        let required = self.code.message_bits() / 8;
        if message.len() != required {
            return Err(Uncorrectable::Room { required, available: message.len() });
        }
        let mut workspace = workspace(self.code, self.memory.as_mut())?;
        workspace.load(soft);
        let mut settled = false;
        for iterations in 1..=self.max_iterations {
            for component in [FIRST, SECOND] {
                let verdict = workspace.run(component, |pass| turbo::pass(self.level, pass));
                settled = verdict.agreed && verdict.unsure == 0;
                if settled && self.early_stop {
                    workspace.decide(component, message);
                    return Ok(Decoded { iterations });
                }
            }
            if let Some(accept) = &mut accept {
                workspace.decide(SECOND, message);
                if accept(message) {
                    return Ok(Decoded { iterations });
                }
            }
        }
        workspace.decide(SECOND, message);
        let iterations = self.max_iterations;
        if settled { Ok(Decoded { iterations }) } else { Err(Uncorrectable::Unsettled { iterations }) }
    }
}

/// Whether a message is to the caller's liking.
type Accept<'a> = &'a mut dyn FnMut(&[u8]) -> bool;

const FIRST: usize = 0;
const SECOND: usize = 1;

fn workspace(code: Code, memory: &mut [i16]) -> Result<Workspace<'_>, Uncorrectable> {
    let (required, available) = (code.workspace_len(), memory.len());
    Workspace::new(code, memory).ok_or(Uncorrectable::Memory { required, available })
}
