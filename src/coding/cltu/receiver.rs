use super::{CltuCode, CltuParameters, LdpcTail};
use crate::coding::KernelLevel;
use crate::coding::randomizer::Randomizer;
use crate::coding::{bch, ldpc, soft};

/// A CLTU that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cltu<'a> {
    /// The information of all codeblocks, derandomized: frames, and after the last whatever filled its codeblock.
    pub octets: &'a [u8],
    /// Bits of the stream in front of the start sequence.
    pub bit_position: u64,
    /// Wrong bits in the start sequence.
    pub start_distance: u8,
    /// The stream was inverted, and was set right.
    pub inverted: bool,
    /// Codeblocks decoded.
    pub codeblocks: u32,
    /// Bits repaired in them.
    pub bits_corrected: u32,
    /// Decoder iterations over all codeblocks; zero with BCH.
    pub iterations: u32,
    /// Why there are no more codeblocks.
    pub end: End,
}

/// What ended a CLTU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// A codeblock that cannot be decoded and looks like the tail sequence.
    Tail,
    /// Another codeblock that cannot be decoded.
    Failure,
    /// A start sequence inside the last codeblock, which was repaired all the same: the CLTU was cut short there.
    Start,
    /// More codeblocks than there is room for.
    Full,
    /// The stream ended.
    Flushed,
}

/// What the user of the receiver makes of a CLTU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// It is one, and so many of its octets are frames: the search goes on where they end. What is decoded behind the
    /// last frame may be chance that hides the start of the next CLTU.
    Taken(usize),
    /// Its start sequence was there by chance: the search goes on one bit behind where that began, so that a CLTU
    /// hidden in it is not lost.
    Abandoned,
}

/// Running totals of a receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CltuCounters {
    /// Start sequences found.
    pub candidates: u64,
    /// Of these, given up because their first codeblock cannot be decoded, or as the user said.
    pub abandoned: u64,
    /// CLTUs taken.
    pub cltus: u64,
    /// Codeblocks of CLTUs taken.
    pub codeblocks: u64,
    /// Bits repaired in them.
    pub bits_corrected: u64,
    /// CLTUs taken that ended in something else than a tail.
    pub without_tail: u64,
}

/// The receiving end of the synchronization and channel coding of a telecommand link: finds start sequences in a
/// stream of bits, decodes codeblocks behind them until one cannot be decoded, and begins again.
///
/// The result does not depend on how the stream is cut. The search after a CLTU begins behind the last frame in it, so a
/// CLTU that follows one cut short is found; also where an LDPC codeword that misses its end is repaired, and takes the
/// next start sequence, or the front of it, for that end.
///
/// `B` and `O` are working memory, see [`CltuMemory`].
#[derive(Clone, Debug)]
pub struct CltuReceiver<B, O> {
    parameters: CltuParameters,
    start: u64,
    /// What an LDPC codeword is exclusive-or'd with.
    sequence: [u8; LONGEST_BLOCK],
    decoder: Option<ldpc::Decoder<B>>,
    soft: B,
    capacity: usize,
    octets: O,
    most_octets: usize,
    /// Soft bits in the buffer, and where in the stream the first of them stands.
    len: usize,
    base: u64,
    state: State,
    counters: CltuCounters,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// `window` holds the last `seen` bits in front of place `at` of the buffer.
    Search {
        at: usize,
        window: u64,
        seen: usize,
    },
    Decode(Candidate),
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// Where the start sequence begins in the buffer.
    start: usize,
    /// Where the next codeblock begins.
    next: usize,
    distance: u8,
    inverted: bool,
    codeblocks: u32,
    bits_corrected: u32,
    iterations: u32,
}

/// Working memory of a receiver: arrays, slices or vectors.
#[derive(Clone, Debug, Default)]
pub struct CltuMemory<B, O> {
    /// Soft bits of one CLTU, [`soft_len`](CltuReceiver::soft_len) of them.
    pub soft: B,
    /// Working memory of the decoder, [`decoder_len`](CltuReceiver::decoder_len) octets; none with BCH.
    pub decoder: B,
    /// The octets of one CLTU; how many decides how long CLTUs may be.
    pub octets: O,
}

/// The working memory holds less than a start sequence and a codeblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("CLTU receiver: {required} octets of working memory required, {available} available")]
pub struct TooLittleMemory {
    /// Octets required.
    pub required: usize,
    /// Octets given.
    pub available: usize,
}

#[cfg(feature = "alloc")]
impl CltuReceiver<alloc::vec::Vec<i8>, alloc::vec::Vec<u8>> {
    /// A receiver of CLTUs with up to `most_octets` octets of frames and fill; of a codeblock at least.
    #[must_use]
    pub fn with_vec(parameters: CltuParameters, most_octets: usize) -> Self {
        use alloc::vec;
        let most_octets =
            most_octets.next_multiple_of(parameters.message_len()).max(parameters.message_len());
        let decoder = vec![0; Self::decoder_len(&parameters)];
        let soft = vec![0; Self::soft_len(&parameters, most_octets)];
        let memory = CltuMemory { soft, decoder, octets: vec![0; most_octets] };
        Self::new(parameters, memory).expect("as much memory as is asked for")
    }
}

impl<B: AsMut<[i8]>, O: AsMut<[u8]>> CltuReceiver<B, O> {
    /// Soft bits of working memory for CLTUs with `most_octets` octets of frames and fill.
    #[must_use]
    pub const fn soft_len(parameters: &CltuParameters, most_octets: usize) -> usize {
        let blocks = most_octets / parameters.message_len();
        8 * (parameters.start().len() + (blocks + 1) * parameters.block_len())
    }

    /// Octets of working memory of the decoder.
    #[must_use]
    pub fn decoder_len(parameters: &CltuParameters) -> usize {
        parameters.ldpc().map_or(0, |code| ldpc::Decoder::<B>::memory_len(code, KernelLevel::best()))
    }

    /// A receiver that has seen nothing yet.
    ///
    /// # Errors
    /// [`TooLittleMemory`]
    pub fn new(parameters: CltuParameters, memory: CltuMemory<B, O>) -> Result<Self, TooLittleMemory> {
        let CltuMemory { mut soft, decoder, mut octets } = memory;
        let most_octets = octets.as_mut().len() / parameters.message_len() * parameters.message_len();
        for (required, available) in [
            (parameters.message_len(), octets.as_mut().len()),
            (Self::soft_len(&parameters, most_octets), soft.as_mut().len()),
        ] {
            if available < required {
                return Err(TooLittleMemory { required, available });
            }
        }
        let decoder = match parameters.ldpc() {
            None => None,
            Some(code) => {
                Some(ldpc::Decoder::with_memory(code, KernelLevel::best(), decoder).map_err(|error| {
                    match error {
                        ldpc::SetupError::Memory { required, available } => {
                            TooLittleMemory { required, available }
                        }
                        // The best level is always there.
                        ldpc::SetupError::Level { .. } => TooLittleMemory { required: 0, available: 0 },
                    }
                })?)
            }
        };
        let mut sequence = [0; LONGEST_BLOCK];
        Randomizer::Tc.apply(&mut sequence);
        Ok(Self {
            parameters,
            start: parameters.start().iter().fold(0, |word, octet| word << 8 | u64::from(*octet)),
            sequence,
            decoder,
            soft,
            capacity: Self::soft_len(&parameters, most_octets),
            octets,
            most_octets,
            len: 0,
            base: 0,
            state: State::START,
            counters: CltuCounters::default(),
        })
    }

    /// Takes soft bits off the channel and hands every CLTU that ends in them to `sink`.
    pub fn push(&mut self, mut soft: &[i8], mut sink: impl FnMut(Cltu<'_>) -> Judgement) {
        while !soft.is_empty() {
            let take = soft.len().min(self.capacity - self.len);
            let (front, rest) = soft.split_at(take);
            self.soft.as_mut()[self.len..self.len + take].copy_from_slice(front);
            self.len += take;
            soft = rest;
            self.run(&mut sink);
            self.compact();
        }
    }

    /// Takes hard bits off the channel, eight to an octet, as [`push`](Self::push).
    pub fn push_octets(&mut self, octets: &[u8], mut sink: impl FnMut(Cltu<'_>) -> Judgement) {
        let mut bits = [0; 8 * 64];
        for octets in octets.chunks(64) {
            soft::from_hard(octets, HARD, &mut bits);
            self.push(&bits[..8 * octets.len()], &mut sink);
        }
    }

    /// The stream ends here, or pauses: hands on the CLTU under way and forgets what is left.
    pub fn flush(&mut self, mut sink: impl FnMut(Cltu<'_>) -> Judgement) {
        self.run(&mut sink);
        while let State::Decode(candidate) = self.state {
            self.end(candidate, End::Flushed, None, &mut sink);
            self.run(&mut sink);
        }
        self.base += self.len as u64;
        self.len = 0;
        self.state = State::START;
    }

    /// Running totals.
    #[must_use]
    pub const fn counters(&self) -> CltuCounters {
        self.counters
    }

    /// The parameters it was built with.
    #[must_use]
    pub const fn parameters(&self) -> &CltuParameters {
        &self.parameters
    }

    /// Goes on until bits are missing.
    fn run(&mut self, sink: &mut impl FnMut(Cltu<'_>) -> Judgement) {
        loop {
            match self.state {
                State::Search { at, window, seen } => {
                    if !self.search(at, window, seen) {
                        return;
                    }
                }
                State::Decode(candidate) => {
                    if self.written(&candidate) == self.most_octets {
                        self.end(candidate, End::Full, None, sink);
                        continue;
                    }
                    if candidate.next + self.block_bits() > self.len {
                        return;
                    }
                    match self.decode(&candidate) {
                        Some((corrected, iterations)) => {
                            let hidden = if corrected > 0 { self.hidden_start(&candidate) } else { None };
                            let candidate = Candidate {
                                next: candidate.next + self.block_bits(),
                                codeblocks: candidate.codeblocks + 1,
                                bits_corrected: candidate.bits_corrected + corrected,
                                iterations: candidate.iterations + iterations,
                                ..candidate
                            };
                            match hidden {
                                Some(_) => self.end(candidate, End::Start, hidden, sink),
                                None => self.state = State::Decode(candidate),
                            }
                        }
                        None => {
                            let end = if self.is_tail(&candidate) { End::Tail } else { End::Failure };
                            self.end(candidate, end, None, sink);
                        }
                    }
                }
            }
        }
    }

    /// Looks for a start sequence; whether there is one.
    fn search(&mut self, from: usize, mut window: u64, mut seen: usize) -> bool {
        let bits = 8 * self.parameters.start().len();
        let mask = u64::MAX >> (64 - bits);
        let CltuParameters { start_tolerance, either_polarity, .. } = self.parameters;
        let tolerance = u32::from(start_tolerance);
        for (at, &bit) in self.soft.as_mut()[..self.len].iter().enumerate().skip(from) {
            window = (window << 1 | u64::from(soft::is_one(bit))) & mask;
            seen = (seen + 1).min(bits);
            let distance = (window ^ self.start).count_ones();
            let inverse = bits as u32 - distance;
            // A tolerance of half the sequence and more lets both polarities pass: the nearer one it is.
            let inverted = either_polarity && inverse <= tolerance && inverse < distance;
            if seen == bits && (distance <= tolerance || inverted) {
                self.counters.candidates += 1;
                self.state = State::Decode(Candidate {
                    start: at + 1 - bits,
                    next: at + 1,
                    distance: if inverted { inverse } else { distance } as u8,
                    inverted,
                    codeblocks: 0,
                    bits_corrected: 0,
                    iterations: 0,
                });
                return true;
            }
        }
        self.state = State::Search { at: self.len, window, seen };
        false
    }

    /// Decodes the next codeblock; bits repaired and iterations, or `None` when it is none.
    fn decode(&mut self, candidate: &Candidate) -> Option<(u32, u32)> {
        let written = self.written(candidate);
        let (bits, message_len) = (self.block_bits(), self.parameters.message_len());
        let block = &mut self.soft.as_mut()[candidate.next..candidate.next + bits];
        let out = &mut self.octets.as_mut()[written..written + message_len];
        match (self.parameters.code, &mut self.decoder) {
            (CltuCode::Bch { mode, .. }, _) => {
                let mut octets = [0; bch::BLOCK_LEN];
                soft::hard(block, &mut octets);
                if candidate.inverted {
                    octets = octets.map(|octet| !octet);
                }
                let repaired = bch::decode(&mut octets, mode).ok()?;
                out.copy_from_slice(&octets[..bch::MESSAGE_LEN]);
                Some((u32::from(repaired.is_some()), 0))
            }
            (_, Some(decoder)) => {
                let mut mask = self.sequence;
                if candidate.inverted {
                    mask = mask.map(|octet| !octet);
                }
                soft::flip(block, &mask);
                let decoded = decoder.decode(block, out);
                // Whoever searches here again wants the bits as they came.
                soft::flip(block, &mask);
                decoded.ok().map(|decoded| (decoded.corrected.into(), decoded.iterations.into()))
            }
            (_, None) => None,
        }
    }

    /// Where in the buffer a start sequence begins that lies inside the LDPC codeword just decoded and repaired, and is
    /// more like what was received there than the codeword is. The codeword of a CLTU cut short can be repaired over it.
    fn hidden_start(&mut self, candidate: &Candidate) -> Option<usize> {
        let (code, bits) = (self.parameters.ldpc()?, self.block_bits());
        let mut received = [0; LONGEST_BLOCK];
        let len = soft::hard(&self.soft.as_mut()[candidate.next..candidate.next + bits], &mut received);
        let window = |octets: &[u8; LONGEST_BLOCK], at: usize| {
            (at..at + START_BITS)
                .fold(0, |word, bit| word << 1 | u64::from(octets[bit / 8] >> (7 - bit % 8) & 1))
        };
        let distance = |word: u64| match (word ^ self.start).count_ones() {
            wrong if self.parameters.either_polarity => wrong.min(START_BITS as u32 - wrong),
            wrong => wrong,
        };
        let tolerance = u32::from(self.parameters.start_tolerance);
        let at = (0..=bits - START_BITS).find(|at| distance(window(&received, *at)) <= tolerance)?;
        let written = self.written(candidate);
        let message = &self.octets.as_mut()[written..written + self.parameters.message_len()];
        let mut codeword = [0; LONGEST_BLOCK];
        code.encode(message, &mut codeword).ok()?;
        let flip = if candidate.inverted { 0xFF } else { 0 };
        codeword[..len].iter_mut().zip(&self.sequence).for_each(|(octet, random)| *octet ^= random ^ flip);
        let repaired = (window(&codeword, at) ^ window(&received, at)).count_ones();
        (distance(window(&received, at)) < repaired).then_some(candidate.next + at)
    }

    /// Whether what could not be decoded looks like a tail: three of four bits are right.
    fn is_tail(&mut self, candidate: &Candidate) -> bool {
        let tails: [&[u8]; 2] = match self.parameters.code {
            CltuCode::Bch { .. } | CltuCode::Ldpc512 => [self.parameters.tail(), &[]],
            CltuCode::Ldpc128 { .. } => [LdpcTail::Current, LdpcTail::BeforeCor1]
                .map(|tail| CltuParameters { code: CltuCode::Ldpc128 { tail }, ..self.parameters }.tail()),
        };
        let bits = self.block_bits();
        let mut octets = [0; LONGEST_BLOCK];
        let len = soft::hard(&self.soft.as_mut()[candidate.next..candidate.next + bits], &mut octets);
        let flip = if candidate.inverted { 0xFF } else { 0 };
        tails.into_iter().filter(|tail| !tail.is_empty()).any(|tail| {
            let wrong =
                tail.iter().zip(&octets[..len]).map(|(tail, octet)| (tail ^ octet ^ flip).count_ones());
            4 * wrong.sum::<u32>() <= bits as u32
        })
    }

    /// Hands on what was decoded, and goes back to searching, from `hidden` at the latest.
    fn end(
        &mut self,
        candidate: Candidate,
        end: End,
        hidden: Option<usize>,
        sink: &mut impl FnMut(Cltu<'_>) -> Judgement,
    ) {
        let written = self.written(&candidate);
        let octets = &mut self.octets.as_mut()[..written];
        let mut judgement = Judgement::Abandoned;
        if written > 0 {
            if matches!(self.parameters.code, CltuCode::Bch { randomized: true, .. }) {
                Randomizer::Tc.apply(octets);
            }
            judgement = sink(Cltu {
                octets,
                bit_position: self.base + candidate.start as u64,
                start_distance: candidate.distance,
                inverted: candidate.inverted,
                codeblocks: candidate.codeblocks,
                bits_corrected: candidate.bits_corrected,
                iterations: candidate.iterations,
                end,
            });
        }
        let at = match judgement {
            Judgement::Taken(octets) => {
                self.counters.cltus += 1;
                self.counters.codeblocks += u64::from(candidate.codeblocks);
                self.counters.bits_corrected += u64::from(candidate.bits_corrected);
                self.counters.without_tail += u64::from(end != End::Tail);
                // The codeblock in which the frames end may be decoded with a start sequence in the rest of it.
                let (message_len, start_bits) =
                    (self.parameters.message_len(), 8 * self.parameters.start().len());
                let octets = octets.min(written);
                let bits = octets / message_len * self.block_bits() + 8 * (octets % message_len);
                let behind = candidate.start + start_bits + bits;
                hidden.unwrap_or(behind).min(behind + 1 - start_bits)
            }
            Judgement::Abandoned => {
                self.counters.abandoned += 1;
                candidate.start + 1
            }
        };
        self.state = State::Search { at, window: 0, seen: 0 };
    }

    /// Drops what is not needed any more from the front of the buffer.
    fn compact(&mut self) {
        let drop = match &mut self.state {
            State::Search { at, seen, .. } => {
                let drop = *at - *seen;
                *at = *seen;
                drop
            }
            State::Decode(candidate) => {
                let drop = candidate.start;
                candidate.start = 0;
                candidate.next -= drop;
                drop
            }
        };
        if drop > 0 {
            self.soft.as_mut().copy_within(drop..self.len, 0);
            self.len -= drop;
            self.base += drop as u64;
        }
    }

    fn written(&self, candidate: &Candidate) -> usize {
        candidate.codeblocks as usize * self.parameters.message_len()
    }

    const fn block_bits(&self) -> usize {
        8 * self.parameters.block_len()
    }
}

impl State {
    const START: Self = Self::Search { at: 0, window: 0, seen: 0 };
}

/// Confidence of hard bits; the decoder scales it.
const HARD: i8 = 32;
/// Bits of a start sequence in front of LDPC codewords.
const START_BITS: usize = 64;
/// Octets of an LDPC (512,256) codeword.
const LONGEST_BLOCK: usize = 64;
