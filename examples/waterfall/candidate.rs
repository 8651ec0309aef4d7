//! The codes that can be run, each behind the same few methods.

use spacelink::coding::convolutional::{self, Convolutional, Edge, Viterbi};
use spacelink::coding::ldpc::{self, Length};
use spacelink::coding::rs::{Basis, Code as RsCode, Interleaved};
use spacelink::coding::{bch, soft, turbo};

/// What is sent at once: one or more codewords.
///
/// Buffers have the lengths that the methods say; a code that refuses them panics, as only a defect can cause that.
pub trait Candidate {
    /// Information octets.
    fn message_len(&self) -> usize;

    /// Channel symbols.
    fn symbols(&self) -> usize;

    /// Codewords.
    fn words(&self) -> usize {
        1
    }

    /// The codeword that an information octet belongs to.
    fn word(&self, octet: usize) -> usize {
        octet * self.words() / self.message_len()
    }

    /// Packed symbols of `message`.
    fn encode(&mut self, message: &[u8], symbols: &mut [u8]);

    /// Decodes into `message` and notes in `said_bad` which codewords the decoder itself gave up. Returns the
    /// iterations run, for all codewords together.
    fn decode(&mut self, soft: &[i8], message: &mut [u8], said_bad: &mut [bool]) -> u64;
}

/// Hard decisions and nothing else.
pub struct Uncoded;

impl Candidate for Uncoded {
    fn message_len(&self) -> usize {
        1115
    }

    fn symbols(&self) -> usize {
        8920
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        symbols.copy_from_slice(message);
    }

    fn decode(&mut self, received: &[i8], message: &mut [u8], _: &mut [bool]) -> u64 {
        soft::hard(received, message);
        0
    }
}

/// Convolutional code over a terminated block.
pub struct Conv {
    code: Convolutional,
    len: usize,
    decoder: Viterbi<Vec<u8>>,
    decoded: Vec<u8>,
}

impl Conv {
    pub fn new(rate: convolutional::Rate, len: usize) -> Self {
        let code = Convolutional::ccsds(rate);
        let decoder = Viterbi::with_vec(code).starting(Edge::Zero);
        Self { code, len, decoder, decoded: Vec::new() }
    }
}

impl Candidate for Conv {
    fn message_len(&self) -> usize {
        self.len
    }

    fn symbols(&self) -> usize {
        // Six zeros bring the encoder back.
        self.code.rate.symbols(8 * self.len + 6)
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        let mut encoder = convolutional::Encoder::new(self.code);
        let whole = encoder.encode(message, symbols).expect("room for the symbols");
        // Finishing asks for room for the longest end there can be.
        let mut end = [0; 3];
        encoder.finish(true, &mut end).expect("room for the last symbols");
        let rest = &mut symbols[whole..];
        rest.copy_from_slice(&end[..rest.len()]);
    }

    fn decode(&mut self, soft: &[i8], message: &mut [u8], _: &mut [bool]) -> u64 {
        self.decoded.clear();
        let decoded = &mut self.decoded;
        self.decoder.decode(soft, |part| decoded.extend_from_slice(part.octets));
        self.decoder.finish(Edge::Zero, |part| decoded.extend_from_slice(part.octets));
        let len = message.len();
        message.copy_from_slice(&decoded[..len]);
        0
    }
}

/// Reed-Solomon (255,223), interleaved.
pub struct Rs {
    code: Interleaved,
    block: Vec<u8>,
}

impl Rs {
    pub fn new(depth: u8) -> Self {
        let code = Interleaved::new(RsCode::E16, Basis::Dual, depth, 0).expect("a depth of the book");
        Self { code, block: vec![0; code.codeblock_len()] }
    }

    fn decode_octets(&mut self, message: &mut [u8], said_bad: &mut [bool]) {
        let outcome = self.code.correct(&mut self.block, &[]).expect("a codeblock's length");
        for (bad, each) in said_bad.iter_mut().zip(outcome.each()) {
            *bad = each.is_err();
        }
        message.copy_from_slice(&self.block[..self.code.frame_len()]);
    }
}

impl Candidate for Rs {
    fn message_len(&self) -> usize {
        self.code.frame_len()
    }

    fn symbols(&self) -> usize {
        8 * self.code.codeblock_len()
    }

    fn words(&self) -> usize {
        self.code.depth()
    }

    fn word(&self, octet: usize) -> usize {
        octet % self.code.depth()
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        self.code.encode(message, symbols).expect("a frame and room for its codeblock");
    }

    fn decode(&mut self, received: &[i8], message: &mut [u8], said_bad: &mut [bool]) -> u64 {
        soft::hard(received, &mut self.block);
        self.decode_octets(message, said_bad);
        0
    }
}

/// Reed-Solomon inside of the convolutional code of rate 1/2.
pub struct Concatenated {
    outer: Rs,
    inner: Conv,
    block: Vec<u8>,
}

impl Concatenated {
    pub fn new(depth: u8) -> Self {
        let outer = Rs::new(depth);
        let len = outer.code.codeblock_len();
        Self { outer, inner: Conv::new(convolutional::Rate::R1_2, len), block: vec![0; len] }
    }
}

impl Candidate for Concatenated {
    fn message_len(&self) -> usize {
        self.outer.message_len()
    }

    fn symbols(&self) -> usize {
        self.inner.symbols()
    }

    fn words(&self) -> usize {
        self.outer.words()
    }

    fn word(&self, octet: usize) -> usize {
        self.outer.word(octet)
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        self.outer.encode(message, &mut self.block);
        self.inner.encode(&self.block, symbols);
    }

    fn decode(&mut self, soft: &[i8], message: &mut [u8], said_bad: &mut [bool]) -> u64 {
        self.inner.decode(soft, &mut self.outer.block, &mut []);
        self.outer.decode_octets(message, said_bad);
        0
    }
}

/// Turbo code, at most 10 iterations.
pub struct Turbo {
    code: turbo::Code,
    decoder: turbo::Decoder<Vec<i16>>,
}

impl Turbo {
    pub fn new(code: turbo::Code) -> Self {
        Self { code, decoder: turbo::Decoder::new(code) }
    }
}

impl Candidate for Turbo {
    fn message_len(&self) -> usize {
        self.code.message_bits() / 8
    }

    fn symbols(&self) -> usize {
        self.code.codeword_bits()
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        self.code.encode(message, symbols).expect("a frame and room for its codeword");
    }

    fn decode(&mut self, soft: &[i8], message: &mut [u8], said_bad: &mut [bool]) -> u64 {
        let outcome = self.decoder.decode(soft, message);
        said_bad[0] = outcome.is_err();
        outcome.map_or(10, |decoded| decoded.iterations).into()
    }
}

/// LDPC code, at most 50 iterations; short codes many at a time.
pub struct Ldpc {
    code: ldpc::Code,
    batch: usize,
    encoder: ldpc::Encoder,
    decoder: ldpc::Decoder<Vec<i8>>,
}

impl Ldpc {
    pub fn new(code: ldpc::Code) -> Self {
        let batch = if code.codeword_bits() <= 512 { 64 } else { 1 };
        Self { code, batch, encoder: ldpc::Encoder::new(code), decoder: ldpc::Decoder::new(code) }
    }
}

impl Candidate for Ldpc {
    fn message_len(&self) -> usize {
        self.batch * self.code.message_len()
    }

    fn symbols(&self) -> usize {
        self.batch * self.code.codeword_bits()
    }

    fn words(&self) -> usize {
        self.batch
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        let words = symbols.chunks_exact_mut(self.code.codeword_len());
        for (message, word) in message.chunks_exact(self.code.message_len()).zip(words) {
            self.encoder.encode(message, word).expect("a message and room for its codeword");
        }
    }

    fn decode(&mut self, soft: &[i8], message: &mut [u8], said_bad: &mut [bool]) -> u64 {
        let mut iterations = 0;
        let outcome = self.decoder.decode_batch(soft, message, |word, outcome| {
            said_bad[word] = outcome.is_err();
            iterations += outcome.map_or(50, |decoded| u64::from(decoded.iterations));
        });
        outcome.expect("whole codewords and room for their messages");
        iterations
    }
}

/// The (128,64) code, by ordered statistics where iterations find no codeword.
pub struct Ordered {
    iterations: Ldpc,
    ordered: ldpc::OrderedStatistics,
}

impl Ordered {
    pub fn new(order: u8) -> Self {
        Self { iterations: Ldpc::new(ldpc::Code::Tc128), ordered: ldpc::OrderedStatistics::new(order) }
    }
}

impl Candidate for Ordered {
    fn message_len(&self) -> usize {
        self.iterations.message_len()
    }

    fn symbols(&self) -> usize {
        self.iterations.symbols()
    }

    fn words(&self) -> usize {
        self.iterations.words()
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        self.iterations.encode(message, symbols);
    }

    fn decode(&mut self, soft: &[i8], message: &mut [u8], said_bad: &mut [bool]) -> u64 {
        let iterations = self.iterations.decode(soft, message, said_bad);
        let code = self.iterations.code;
        let words = soft.chunks_exact(code.codeword_bits()).zip(message.chunks_exact_mut(code.message_len()));
        for ((soft, message), bad) in words.zip(said_bad).filter(|(_, bad)| **bad) {
            *bad = self.ordered.decode(soft, message).is_err();
        }
        iterations
    }
}

/// BCH codeblocks of telecommand links, the filler bit not sent.
pub struct Bch(pub bch::Mode);

impl Bch {
    const WORDS: usize = 64;
    const BITS: usize = 63;
}

impl Candidate for Bch {
    fn message_len(&self) -> usize {
        Self::WORDS * bch::MESSAGE_LEN
    }

    fn symbols(&self) -> usize {
        Self::WORDS * Self::BITS
    }

    fn words(&self) -> usize {
        Self::WORDS
    }

    fn encode(&mut self, message: &[u8], symbols: &mut [u8]) {
        symbols.fill(0);
        for (word, message) in message.as_chunks().0.iter().enumerate() {
            let block = u64::from_be_bytes(bch::encode(message));
            for bit in 0..Self::BITS {
                let at = word * Self::BITS + bit;
                symbols[at / 8] |= ((block >> (63 - bit) & 1) as u8) << (7 - at % 8);
            }
        }
    }

    fn decode(&mut self, received: &[i8], message: &mut [u8], said_bad: &mut [bool]) -> u64 {
        let words = received.chunks_exact(Self::BITS).zip(message.chunks_exact_mut(bch::MESSAGE_LEN));
        for ((received, message), bad) in words.zip(said_bad) {
            let block = received.iter().fold(0, |block, soft| block << 1 | u64::from(*soft < 0)) << 1;
            let mut block = block.to_be_bytes();
            *bad = bch::decode(&mut block, self.0).is_err();
            message.copy_from_slice(&block[..bch::MESSAGE_LEN]);
        }
        0
    }
}

/// A code by name, and where it should be.
pub struct Entry {
    pub name: &'static str,
    pub build: fn() -> Box<dyn Candidate>,
    pub anchor: Option<Anchor>,
}

/// A point that others have measured or computed.
#[derive(Clone, Copy)]
pub struct Anchor {
    pub ebn0: f64,
    pub rate: f64,
    /// Whether `rate` counts bits; codewords if not.
    pub bits: bool,
    pub source: &'static str,
}

const fn words(ebn0: f64, source: &'static str) -> Option<Anchor> {
    Some(Anchor { ebn0, rate: 1e-4, bits: false, source })
}

const fn bits(ebn0: f64, source: &'static str) -> Option<Anchor> {
    Some(Anchor { ebn0, rate: 1e-5, bits: true, source })
}

macro_rules! entry {
    ($name:literal, $candidate:expr, $anchor:expr) => {
        Entry { name: $name, build: || Box::new($candidate), anchor: $anchor }
    };
}

fn turbo(rate: turbo::Rate, bits: usize) -> Turbo {
    Turbo::new(turbo::Code::new(rate, bits).expect("a block length of the book"))
}

const fn ar4ja(rate: ldpc::Rate, length: Length) -> ldpc::Code {
    ldpc::Code::Ar4ja(rate, length)
}

/// All codes. Anchors were measured or computed apart from this project; "measured" ones by Monte Carlo with the
/// program named.
pub const ENTRIES: &[Entry] = &[
    entry!("uncoded", Uncoded, bits(9.59, "formula")),
    entry!(
        "conv-1/2",
        Conv::new(convolutional::Rate::R1_2, 1115),
        bits(4.22, "libfec, 8-bit soft, measured")
    ),
    entry!("conv-2/3", Conv::new(convolutional::Rate::R2_3, 1115), None),
    entry!("conv-3/4", Conv::new(convolutional::Rate::R3_4, 1115), None),
    entry!("conv-5/6", Conv::new(convolutional::Rate::R5_6, 1115), None),
    entry!("conv-7/8", Conv::new(convolutional::Rate::R7_8, 1115), None),
    entry!("rs-223", Rs::new(1), words(6.39, "formula; aff3ct's stored run agrees")),
    entry!("rs-223-5", Rs::new(5), words(6.39, "formula; aff3ct's stored run agrees")),
    entry!("concatenated", Concatenated::new(5), words(2.53, "libfec, 3-bit soft, measured")),
    entry!("turbo-1/2-1784", turbo(turbo::Rate::Half, 1784), None),
    entry!(
        "turbo-1/2-8920",
        turbo(turbo::Rate::Half, 8920),
        words(1.0, "CCSDS 130.1-G-2 fig. 7-9, from memory, ±0.1")
    ),
    entry!("turbo-1/3-1784", turbo(turbo::Rate::Third, 1784), words(0.79, "aff3ct's stored run")),
    entry!("turbo-1/3-8920", turbo(turbo::Rate::Third, 8920), None),
    entry!("turbo-1/4-1784", turbo(turbo::Rate::Quarter, 1784), None),
    entry!("turbo-1/6-1784", turbo(turbo::Rate::Sixth, 1784), None),
    entry!(
        "turbo-1/6-8920",
        turbo(turbo::Rate::Sixth, 8920),
        words(-0.1, "CCSDS 130.1-G-2 fig. 7-9, from memory, ±0.1")
    ),
    entry!(
        "ldpc-ar4ja-1/2-1024",
        Ldpc::new(ar4ja(ldpc::Rate::Half, Length::K1024)),
        words(1.85, "ldpc-toolbox, sum-product, measured")
    ),
    entry!(
        "ldpc-ar4ja-1/2-4096",
        Ldpc::new(ar4ja(ldpc::Rate::Half, Length::K4096)),
        words(1.27, "aff3ct's stored run")
    ),
    entry!("ldpc-ar4ja-1/2-16384", Ldpc::new(ar4ja(ldpc::Rate::Half, Length::K16384)), None),
    entry!("ldpc-ar4ja-2/3-1024", Ldpc::new(ar4ja(ldpc::Rate::TwoThirds, Length::K1024)), None),
    entry!("ldpc-ar4ja-2/3-4096", Ldpc::new(ar4ja(ldpc::Rate::TwoThirds, Length::K4096)), None),
    entry!("ldpc-ar4ja-2/3-16384", Ldpc::new(ar4ja(ldpc::Rate::TwoThirds, Length::K16384)), None),
    entry!(
        "ldpc-ar4ja-4/5-1024",
        Ldpc::new(ar4ja(ldpc::Rate::FourFifths, Length::K1024)),
        words(3.69, "ldpc-toolbox, A-min*, measured")
    ),
    entry!(
        "ldpc-ar4ja-4/5-4096",
        Ldpc::new(ar4ja(ldpc::Rate::FourFifths, Length::K4096)),
        words(3.0, "ldpc-toolbox, A-min*, measured, ±0.05")
    ),
    entry!("ldpc-ar4ja-4/5-16384", Ldpc::new(ar4ja(ldpc::Rate::FourFifths, Length::K16384)), None),
    entry!("ldpc-c2", Ldpc::new(ldpc::Code::C2), words(3.88, "normalized min-sum in floats, measured")),
    entry!("ldpc-tc-128", Ldpc::new(ldpc::Code::Tc128), words(4.65, "aff3ct's stored run")),
    entry!(
        "ldpc-tc-128-osd",
        Ordered::new(3),
        words(4.65, "aff3ct's stored run, without ordered statistics")
    ),
    entry!("ldpc-tc-256", Ldpc::new(ldpc::Code::Tc256), words(3.9, "labrador-ldpc, extrapolated")),
    entry!("ldpc-tc-512", Ldpc::new(ldpc::Code::Tc512), words(3.35, "labrador-ldpc, measured")),
    entry!("bch-63-56", Bch(bch::Mode::Correct), words(8.40, "formula")),
    entry!("bch-63-56-ted", Bch(bch::Mode::Detect), words(10.87, "formula")),
];
