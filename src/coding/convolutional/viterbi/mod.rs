//! The decoder.

mod kernel;
mod reference;
pub(in crate::coding) mod segment;

use super::code::Convolutional;
use super::puncture::Depuncturer;
use crate::coding::{KernelLevel, ParameterError};
use crate::wire::EncodeError;
use kernel::Kernel;
use segment::Shape;

/// What is known of the encoder at one end of the symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Nothing: the stream goes on there.
    #[default]
    Open,
    /// Its register holds zeros: the start of a block, or the end of one that [`Encoder::finish`] terminated.
    ///
    /// [`Encoder::finish`]: super::Encoder::finish
    Zero,
}

/// Bits that a [`Viterbi`] decoder has decided.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// The bits, packed; the last octet of a stream may end in bits that mean nothing.
    pub octets: &'a [u8],
    /// How many bits there are.
    pub bits: usize,
    /// For each octet, how many of the 16 symbols behind it are not what an encoder would have sent. Many in a row
    /// mark a place where the decoder is likely to be wrong.
    pub doubts: &'a [u8],
}

/// Totals of a [`Viterbi`] decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViterbiCounts {
    /// Channel symbols taken in.
    pub symbols: u64,
    /// Information bits given out.
    pub bits: u64,
    /// Channel symbols whose hard decision is not what an encoder would have sent for the bits given out. Over the
    /// symbols sent for these bits this is the channel's symbol error rate, while the decoder makes few errors.
    pub symbol_errors: u64,
}

/// Decodes a stream of soft bits by the Viterbi algorithm.
///
/// The stream is cut into segments of [`segment_bits`](Self::segment_bits). A segment is decided when all its
/// symbols and those of [`overlap_bits`](Self::overlap_bits) behind it have come; its first bit has then waited for
/// [`latency_bits`](Self::latency_bits). Segments that come in one call are decoded side by side, as many as the
/// kernel has lanes.
///
/// The bits that come out depend on the symbols alone, and are the same at every [`KernelLevel`] and for any
/// cutting of the input. The scale of the soft bits does not matter: each segment is scaled by its mean magnitude.
///
/// `B` is working memory of at least [`buffer_len`](Self::buffer_len) octets: an array, a slice, a vector.
///
/// ```
/// use spacelink::coding::convolutional::{Convolutional, Edge, Encoder, Viterbi};
/// use spacelink::coding::soft;
///
/// let code = Convolutional::default();
/// let mut encoder = Encoder::new(code);
/// let mut symbols = [0; 13];
/// let full = encoder.encode(b"Aloha", &mut symbols)?;
/// let bits = 8 * full + encoder.finish(true, &mut symbols[full..])?;
///
/// let mut received = [0; 92];
/// soft::from_hard(&symbols, 40, &mut received[..bits]);
/// received[20] = -received[20]; // the channel
/// received[55] = 0;
///
/// let mut decoder = Viterbi::with_vec(code).starting(Edge::Zero);
/// decoder.decode(&received, |_| ());
/// let mut text = Vec::new();
/// decoder.finish(Edge::Zero, |decoded| text.extend_from_slice(decoded.octets));
/// assert_eq!(&text[..5], b"Aloha");
/// assert_eq!(decoder.counts().symbol_errors, 1);
/// # Ok::<(), spacelink::wire::EncodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Viterbi<B> {
    kernel: Kernel,
    shape: Shape,
    input: Depuncturer,
    /// Received pairs, then decided bits, then doubts, then the kernel's own.
    buffer: B,
    /// Pairs held.
    filled: usize,
    start: Edge,
    /// The encoder's state in front of the bits that come next; `None` when it is not known.
    state: Option<u8>,
    counts: ViterbiCounts,
}

impl<B> Viterbi<B> {
    /// Bits of a segment unless another number is asked for.
    pub const SEGMENT_BITS: usize = 512;
    /// Most bits of a segment.
    pub const MAX_SEGMENT_BITS: usize = 4096;

    /// Octets of working memory at `level`, with segments of `segment_bits`.
    #[must_use]
    pub const fn buffer_len(code: Convolutional, level: KernelLevel, segment_bits: usize) -> usize {
        let segment =
            if segment_bits > Self::MAX_SEGMENT_BITS { Self::MAX_SEGMENT_BITS } else { segment_bits };
        let (shape, lanes) = (Shape::new(code.rate, segment), Kernel::lanes(level));
        2 * pairs_held(shape, lanes) + 2 * lanes * segment / 8 + 8 * lanes * shape.kept()
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Convolutional {
        self.input.code()
    }

    /// What it runs on.
    #[must_use]
    pub const fn level(&self) -> KernelLevel {
        self.kernel.level()
    }

    /// Bits that are decided together.
    #[must_use]
    pub const fn segment_bits(&self) -> usize {
        self.shape.segment
    }

    /// Bits in front of a segment, and behind it, whose symbols help to decide it.
    #[must_use]
    pub const fn overlap_bits(&self) -> usize {
        self.shape.overlap
    }

    /// Bits between the coming of a symbol and the latest moment at which the bit it belongs to is decided.
    #[must_use]
    pub const fn latency_bits(&self) -> usize {
        self.shape.kept()
    }

    /// Totals since the start.
    #[must_use]
    pub const fn counts(&self) -> ViterbiCounts {
        self.counts
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Viterbi<B> {
    /// A decoder of an open stream at `level`.
    ///
    /// # Errors
    /// [`NewViterbiError`]: `segment_bits` is not a multiple of 32 up to
    /// [`MAX_SEGMENT_BITS`](Self::MAX_SEGMENT_BITS), the machine has not got `level`, or `buffer` is smaller than
    /// [`buffer_len`](Self::buffer_len).
    pub fn new(
        code: Convolutional,
        level: KernelLevel,
        segment_bits: usize,
        buffer: B,
    ) -> Result<Self, NewViterbiError> {
        let legal = segment_bits.is_multiple_of(32) && (32..=Self::MAX_SEGMENT_BITS).contains(&segment_bits);
        if !legal {
            return Err(ParameterError::Segment { bits: segment_bits }.into());
        }
        let kernel = Kernel::new(level).ok_or(NewViterbiError::Level(level))?;
        let (required, available) = (Self::buffer_len(code, level, segment_bits), buffer.as_ref().len());
        if available < required {
            return Err(EncodeError::Room { required, available }.into());
        }
        Ok(Self::of_enough(code, kernel, Shape::new(code.rate, segment_bits), buffer))
    }

    fn of_enough(code: Convolutional, kernel: Kernel, shape: Shape, buffer: B) -> Self {
        let input = Depuncturer::new(code);
        let counts = ViterbiCounts::default();
        let mut new =
            Self { kernel, shape, input, buffer, filled: 0, start: Edge::Open, state: None, counts };
        new.restart();
        new
    }

    /// The same decoder for streams that start as `edge` says.
    #[must_use]
    pub fn starting(mut self, edge: Edge) -> Self {
        self.start = edge;
        self.restart();
        self
    }

    /// The same decoder, but with path metrics of the soft bits' full resolution.
    ///
    /// They decide a little better where two paths are almost equally likely, and run on the reference kernel at any
    /// level: for short blocks and slow links. Set it before the first symbol.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.shape.exact = true;
        self
    }

    /// Forgets the symbols that wait, to start on another stream.
    pub fn restart(&mut self) {
        self.input = Depuncturer::new(self.input.code());
        self.filled = self.shape.overlap;
        // A register of zeros is what a long run of zeros leaves behind.
        let (in_front, state) = match self.start {
            Edge::Open => (0, None),
            Edge::Zero => (crate::coding::soft::SURE as u8, Some(0)),
        };
        self.state = state;
        self.buffer.as_mut()[..2 * self.shape.overlap].fill(in_front);
    }

    /// Takes symbols in and hands what they decide to `each`.
    pub fn decode(&mut self, mut symbols: &[i8], mut each: impl FnMut(Decoded<'_>)) {
        self.counts.symbols += symbols.len() as u64;
        let capacity = pairs_held(self.shape, Kernel::lanes(self.kernel.level()));
        loop {
            let pairs = self.buffer.as_mut()[..2 * capacity].as_chunks_mut::<2>().0;
            let (rest, pairs) = self.input.fill(symbols, &mut pairs[self.filled..]);
            symbols = rest;
            self.filled += pairs;
            let segments = self.filled.saturating_sub(2 * self.shape.overlap) / self.shape.segment;
            if segments == 0 {
                return;
            }
            self.decide(segments, segments * self.shape.segment, &mut each);
        }
    }

    /// Decides the bits that wait, at the end of a stream, and starts anew.
    pub fn finish(&mut self, edge: Edge, mut each: impl FnMut(Decoded<'_>)) {
        let overlap = self.shape.overlap;
        if let Some(pair) = self.input.finish() {
            self.push_pairs(pair, 1);
        }
        let mut waiting = self.filled - overlap;
        // What stands behind the end has to be as strong as what stands in front of it.
        let held = &self.buffer.as_ref()[2 * overlap..2 * self.filled];
        let sum: usize = held.iter().map(|&symbol| usize::from((symbol as i8).unsigned_abs())).sum();
        let mean = sum.checked_div(held.len()).map_or(0, |mean| mean.clamp(1, 127) as u8);
        let behind = if edge == Edge::Zero { mean } else { 0 };
        while waiting > 0 {
            let required = self.shape.span();
            if let missing @ 1.. = required.saturating_sub(self.filled) {
                self.push_pairs([behind; 2], missing);
            }
            let bits = waiting.min(self.shape.segment);
            self.decide(1, bits, &mut each);
            waiting -= bits;
        }
        self.restart();
    }

    fn push_pairs(&mut self, pair: [u8; 2], count: usize) {
        let pairs = self.buffer.as_mut().as_chunks_mut::<2>().0;
        pairs[self.filled..][..count].fill(pair);
        self.filled += count;
    }

    /// Decides the first segments held and makes room for others.
    fn decide(&mut self, segments: usize, bits: usize, each: &mut impl FnMut(Decoded<'_>)) {
        let Self { shape, kernel, .. } = *self;
        let lanes = Kernel::lanes(kernel.level());
        let (pairs, rest) = self.buffer.as_mut().split_at_mut(2 * pairs_held(shape, lanes));
        let (octets, rest) = rest.split_at_mut(lanes * shape.segment / 8);
        let (doubts, work) = rest.split_at_mut(lanes * shape.segment / 8);
        let octets = &mut octets[..segments * shape.segment / 8];
        let work = &mut work[..8 * lanes * shape.kept()];
        kernel.decode(shape, pairs, work, octets);
        let doubts = &mut doubts[..octets.len()];
        kernel.compare(self.state.unwrap_or(0), &pairs[2 * shape.overlap..], octets, doubts);
        if self.state.is_none() {
            // The first symbols depend on bits that nobody knows.
            doubts[0] = 0;
        }
        self.state = octets.last().map(|last| last.reverse_bits() >> 2);
        let used = bits.div_ceil(8);
        let decoded = Decoded { octets: &octets[..used], bits, doubts: &doubts[..used] };
        self.counts.bits += bits as u64;
        self.counts.symbol_errors += decoded.doubts.iter().map(|&wrong| u64::from(wrong)).sum::<u64>();
        each(decoded);
        let gone = segments * shape.segment;
        pairs.copy_within(2 * gone..2 * self.filled, 0);
        self.filled -= gone;
    }
}

#[cfg(feature = "alloc")]
impl Viterbi<alloc::vec::Vec<u8>> {
    /// A decoder of an open stream on the best kernel, with working memory of its own.
    #[must_use]
    pub fn with_vec(code: Convolutional) -> Self {
        let level = KernelLevel::best();
        Self::with_level(code, level).unwrap_or_else(|| {
            let buffer = alloc::vec![0; Self::buffer_len(code, KernelLevel::Portable, Self::SEGMENT_BITS)];
            Self::of_enough(code, Kernel::Portable, Shape::new(code.rate, Self::SEGMENT_BITS), buffer)
        })
    }

    /// The same on the kernel of `level`; `None` where the machine has not got it.
    #[must_use]
    pub fn with_level(code: Convolutional, level: KernelLevel) -> Option<Self> {
        let buffer = alloc::vec![0; Self::buffer_len(code, level, Self::SEGMENT_BITS)];
        Self::new(code, level, Self::SEGMENT_BITS, buffer).ok()
    }
}

/// Pairs that are held at most: all lanes' segments and the overlap at both ends.
const fn pairs_held(shape: Shape, lanes: usize) -> usize {
    2 * shape.overlap + lanes * shape.segment
}

/// Why a [`Viterbi`] decoder cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewViterbiError {
    /// The segments cannot be so long.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The machine lacks the instructions.
    #[error("Viterbi decoder: the machine has no kernel level {0:?}")]
    Level(KernelLevel),
    /// Too little working memory.
    #[error(transparent)]
    Room(#[from] EncodeError),
}
