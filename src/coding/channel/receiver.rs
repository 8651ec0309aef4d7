use super::block::{BlockCode, BlockDecoder};
use super::inner::Inner;
use super::parameters::{Channel, Layout};
use super::slicing::Deslicer;
use crate::coding::cadu::CaduReceiver;
use crate::coding::convolutional::{Convolutional, ViterbiCounts};
use crate::coding::quality::{Quality, ReceivedFrame};
use crate::coding::randomizer::Randomizer;
use crate::coding::soft;
use crate::coding::sync::{SoftBlockSync, SyncCounts, SyncParameters, SyncState};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// Running totals of a receive chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkQuality {
    /// Frames handed up.
    pub frames: u64,
    /// Frames handed up with a codeword beyond repair.
    pub frames_uncorrectable: u64,
    /// Blocks that were not handed up, because nothing but chance spoke for them.
    pub blocks_dropped: u64,
    /// Symbols or bits repaired by block codes.
    pub symbols_corrected: u64,
    /// Codewords that could not be repaired.
    pub codewords_uncorrectable: u64,
    /// Iterations of the LDPC or turbo decoder.
    pub iterations: u64,
    /// Markers that came up to some bits early or late.
    pub slips: u64,
    /// What the marker search counts.
    pub sync: SyncCounts,
    /// What the convolutional decoder counts.
    pub inner: ViterbiCounts,
    /// Times that node and phase of the convolutional code were found.
    pub inner_acquisitions: u64,
    /// Times that they were lost.
    pub inner_losses: u64,
}

/// What a receiver is told beyond what both ends agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverParameters {
    /// How markers are judged.
    pub sync: SyncParameters,
    /// Find out the convention of the convolutional code, and do not take that of the channel for granted.
    pub any_convention: bool,
    /// Behind a convolutional code, try Reed-Solomon codewords beyond repair again with erasures where codewords
    /// interleaved with them were wrong: see [`Interleaved::with_bursts`](crate::coding::rs::Interleaved::with_bursts).
    pub bursts: bool,
}

impl Default for ReceiverParameters {
    /// The convention of the channel, and erasures beside what was wrong.
    fn default() -> Self {
        Self { sync: SyncParameters::default(), any_convention: false, bursts: true }
    }
}

/// The receive chain: channel symbols in, frames out, in the order received.
///
/// The frames do not depend on how the stream is cut. Symbols are soft bits, or hard ones in octets; a code that
/// uses soft bits gets them of equal confidence for those.
#[derive(Debug)]
pub struct Receiver {
    channel: Channel,
    front: Front,
    /// Finds the frames in slices.
    slices: Option<Box<Deslicer>>,
    frames: u64,
    frames_uncorrectable: u64,
    blocks_dropped: u64,
    symbols_corrected: u64,
    codewords_uncorrectable: u64,
    iterations: u64,
}

#[derive(Debug)]
enum Front {
    Hard {
        cadu: CaduReceiver<Vec<u8>>,
        /// Soft bits that do not fill an octet yet.
        waiting: Vec<i8>,
    },
    Convolutional {
        inner: Box<Inner>,
        cadu: CaduReceiver<Vec<u8>>,
    },
    Block(Codewords),
}

impl Channel {
    /// The receive chain, with the usual ways of deciding.
    #[must_use]
    pub fn receiver(&self) -> Receiver {
        self.receiver_with(ReceiverParameters::default())
    }

    /// The receive chain.
    #[must_use]
    pub fn receiver_with(&self, parameters: ReceiverParameters) -> Receiver {
        let ReceiverParameters { sync, any_convention, bursts } = parameters;
        let front = match self.layout {
            Layout::Hard(cadu) => {
                Front::Hard { cadu: CaduReceiver::with_vec(cadu, sync), waiting: Vec::with_capacity(8) }
            }
            Layout::Convolutional(code, cadu) => Front::Convolutional {
                inner: Box::new(Inner::new(code, any_convention, cadu.cadu_len())),
                cadu: CaduReceiver::with_vec(cadu.with_bursts(bursts), sync),
            },
            Layout::Block(code, codewords) => Front::Block(Codewords::new(*self, code, codewords, sync)),
        };
        let slices = self.frames.zip(self.parameters().slicing).map(|(frames, slicing)| {
            Box::new(Deslicer::new(frames, sync, slicing.slice_len, front.block_bits()))
        });
        Receiver {
            channel: *self,
            front,
            slices,
            frames: 0,
            frames_uncorrectable: 0,
            blocks_dropped: 0,
            symbols_corrected: 0,
            codewords_uncorrectable: 0,
            iterations: 0,
        }
    }
}

impl Receiver {
    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Totals since the start.
    #[must_use]
    pub fn totals(&self) -> LinkQuality {
        let mut totals = LinkQuality {
            frames: self.frames,
            frames_uncorrectable: self.frames_uncorrectable,
            blocks_dropped: self.blocks_dropped,
            symbols_corrected: self.symbols_corrected,
            codewords_uncorrectable: self.codewords_uncorrectable,
            iterations: self.iterations,
            ..LinkQuality::default()
        };
        match &self.front {
            Front::Hard { cadu, .. } => {
                totals.sync = cadu.totals().sync;
                totals.blocks_dropped += cadu.totals().blocks_dropped;
            }
            Front::Convolutional { inner, cadu } => {
                totals.sync = cadu.totals().sync;
                totals.blocks_dropped += cadu.totals().blocks_dropped;
                totals.inner = inner.counts();
                (totals.inner_acquisitions, totals.inner_losses) = inner.acquisitions();
            }
            Front::Block(codewords) => {
                totals.sync = codewords.sync.counts();
                totals.slips = codewords.sync.slips();
            }
        }
        totals
    }

    /// The convention of the convolutional code on the channel, while it is known.
    #[must_use]
    pub fn convention(&self) -> Option<Convolutional> {
        match &self.front {
            Front::Convolutional { inner, .. } => inner.convention(),
            _ => None,
        }
    }

    /// Channel symbols that node and phase synchronization of the convolutional code looks at; zero without one.
    #[must_use]
    pub fn acquisition_symbols(&self) -> usize {
        match &self.front {
            Front::Convolutional { inner, .. } => inner.window(),
            _ => 0,
        }
    }

    /// Takes hard-decided channel symbols and hands every frame that they complete to `each`.
    pub fn receive_hard(&mut self, octets: &[u8], mut each: impl FnMut(ReceivedFrame<'_>)) {
        if let Front::Hard { cadu, waiting } = &mut self.front
            && waiting.is_empty()
        {
            let mut exit = Exit::new(&mut self.slices, &mut each);
            cadu.receive(octets, |frame| exit.cadu(frame));
            let tally = exit.tally;
            return self.add(tally);
        }
        let mut soft_bits = [0; 512];
        for octets in octets.chunks(soft_bits.len() / 8) {
            let soft_bits = &mut soft_bits[..8 * octets.len()];
            soft::from_hard(octets, HARD, soft_bits);
            self.receive(soft_bits, &mut each);
        }
    }

    /// Takes soft bits and hands every frame that they complete to `each`.
    pub fn receive(&mut self, mut soft_bits: &[i8], mut each: impl FnMut(ReceivedFrame<'_>)) {
        let mut exit = Exit::new(&mut self.slices, &mut each);
        match &mut self.front {
            Front::Hard { cadu, waiting } => {
                let missing = (8 - waiting.len()) % 8;
                let (first, rest) = soft_bits.split_at(missing.min(soft_bits.len()));
                waiting.extend_from_slice(first);
                soft_bits = rest;
                let mut octets = [0; 256];
                if waiting.len() == 8 {
                    soft::hard(waiting, &mut octets);
                    cadu.receive(&octets[..1], |frame| exit.cadu(frame));
                    waiting.clear();
                }
                if waiting.is_empty() {
                    let (whole, left) = soft_bits.split_at(soft_bits.len() & !7);
                    for soft_bits in whole.chunks(8 * octets.len()) {
                        let len = soft::hard(soft_bits, &mut octets);
                        cadu.receive(&octets[..len], |frame| exit.cadu(frame));
                    }
                    waiting.extend_from_slice(left);
                }
            }
            Front::Convolutional { inner, cadu } => {
                let mut frames = |octets: &[u8]| {
                    let before = exit.tally.blocks;
                    cadu.receive(octets, |frame| exit.cadu(frame));
                    exit.tally.blocks > before
                };
                inner.receive(soft_bits, &mut frames);
            }
            Front::Block(codewords) => codewords.receive(soft_bits, &mut exit),
        }
        let tally = exit.tally;
        self.add(tally);
    }

    /// Ends the stream: hands up what waited for more. The receiver has then to be built anew.
    pub fn finish(&mut self, mut each: impl FnMut(ReceivedFrame<'_>)) {
        let mut exit = Exit::new(&mut self.slices, &mut each);
        match &mut self.front {
            Front::Hard { cadu, waiting } => {
                let mut octet = [0];
                let len = soft::hard(waiting, &mut octet);
                cadu.receive(&octet[..len], |frame| exit.cadu(frame));
                waiting.clear();
            }
            Front::Convolutional { inner, cadu } => {
                let mut frames = |octets: &[u8]| {
                    let before = exit.tally.blocks;
                    cadu.receive(octets, |frame| exit.cadu(frame));
                    exit.tally.blocks > before
                };
                inner.finish(&mut frames);
            }
            Front::Block(codewords) => {
                codewords.sync.finish();
                codewords.receive(&[], &mut exit);
            }
        }
        let tally = exit.tally;
        self.add(tally);
    }

    fn add(&mut self, tally: Tally) {
        self.frames += tally.frames;
        self.frames_uncorrectable += tally.frames_uncorrectable;
        self.blocks_dropped += tally.blocks_dropped;
        self.symbols_corrected += tally.symbols_corrected;
        self.codewords_uncorrectable += tally.codewords_uncorrectable;
        self.iterations += tally.iterations;
    }
}

impl Front {
    /// Bits from one marker of the channel to the next; behind a convolutional code, of what that decoded.
    fn block_bits(&self) -> u64 {
        match self {
            Self::Hard { cadu, .. } | Self::Convolutional { cadu, .. } => {
                8 * cadu.parameters().cadu_len() as u64
            }
            Self::Block(codewords) => (codewords.sync.marker().bits() + codewords.soft.len()) as u64,
        }
    }
}

/// Confidence of hard-decided symbols; any would do.
const HARD: i8 = 32;

/// What one call adds to the totals.
#[derive(Default)]
struct Tally {
    /// What stood behind a marker and was not dropped.
    blocks: u64,
    frames: u64,
    frames_uncorrectable: u64,
    blocks_dropped: u64,
    symbols_corrected: u64,
    codewords_uncorrectable: u64,
    iterations: u64,
}

/// Where blocks leave the codes: they are frames, or slices in which frames are found.
struct Exit<'a, F> {
    tally: Tally,
    slices: Option<&'a mut Deslicer>,
    each: &'a mut F,
}

impl<'a, F: FnMut(ReceivedFrame<'_>)> Exit<'a, F> {
    fn new(slices: &'a mut Option<Box<Deslicer>>, each: &'a mut F) -> Self {
        Self { tally: Tally::default(), slices: slices.as_deref_mut(), each }
    }

    /// Takes what stood behind a marker; bit `n` of `failed` says that codeword `n` is beyond repair.
    fn block(&mut self, block: &[u8], failed: u8, quality: Quality) {
        let Self { tally, slices, each } = self;
        tally.blocks += 1;
        tally.symbols_corrected += u64::from(quality.symbols_corrected);
        tally.codewords_uncorrectable += u64::from(quality.codewords_uncorrectable);
        let mut frame = |frame: ReceivedFrame<'_>| {
            tally.frames += 1;
            tally.frames_uncorrectable += u64::from(frame.quality.codewords_uncorrectable > 0);
            each(frame);
        };
        match slices {
            None => frame(ReceivedFrame { frame: block, quality }),
            Some(slices) => slices.receive(block, failed, quality.bit_position, frame),
        }
    }

    /// As [`block`](Self::block), of a Reed-Solomon codeblock or an uncoded frame.
    fn cadu(&mut self, frame: ReceivedFrame<'_>) {
        let ReceivedFrame { frame, quality } = frame;
        let failed = u8::from(quality.codewords_uncorrectable > 0);
        self.block(frame, failed, quality);
    }
}

/// Finds codeblocks of LDPC or turbo codewords and decodes them.
#[derive(Debug)]
struct Codewords {
    code: BlockCode,
    sync: SoftBlockSync<Vec<i8>>,
    decoder: BlockDecoder,
    /// The randomizer's sequence over a codeblock.
    mask: Vec<u8>,
    soft: Vec<i8>,
    messages: Vec<u8>,
}

impl Codewords {
    fn new(channel: Channel, code: BlockCode, count: u8, sync: SyncParameters) -> Self {
        let (marker, count) = (channel.marker(), usize::from(count));
        let bits = code.codeword_bits() * count;
        let memory = vec![0; SoftBlockSync::<Vec<i8>>::buffer_len(&marker, bits)];
        let mut mask = vec![0; bits.div_ceil(8)];
        if let Some(randomizer) = channel.parameters().randomizer {
            Randomizer::apply(randomizer, &mut mask);
        }
        Self {
            code,
            sync: SoftBlockSync::of_enough(marker, bits, sync, memory),
            decoder: code.decoder(),
            mask,
            soft: vec![0; bits],
            messages: vec![0; code.message_len() * count],
        }
    }

    /// Decodes codeblocks until soft bits are missing.
    fn receive<F: FnMut(ReceivedFrame<'_>)>(&mut self, mut rest: &[i8], exit: &mut Exit<'_, F>) {
        loop {
            let (left, block) = self.sync.push(rest);
            rest = left;
            let Some(block) = block else { return };
            self.soft.copy_from_slice(self.sync.soft());
            soft::flip(&mut self.soft, &self.mask);
            if block.inverted {
                soft::invert(&mut self.soft);
            }
            let mut quality = Quality {
                bit_position: block.bit_position,
                sync: block.state,
                marker_distance: block.marker_distance,
                inverted: block.inverted,
                slip: block.slip,
                symbols_corrected: 0,
                iterations: 0,
                codewords: 0,
                codewords_uncorrectable: 0,
            };
            let Self { code, decoder, soft, messages, .. } = self;
            let words =
                soft.chunks_exact(code.codeword_bits()).zip(messages.chunks_exact_mut(code.message_len()));
            let mut failed = 0u8;
            for (soft_bits, message) in words {
                quality.codewords += 1;
                let word = decoder.decode(soft_bits, message);
                quality.iterations += word.iterations;
                match word.corrected {
                    Some(bits) => quality.symbols_corrected += bits,
                    None => {
                        failed |= 1 << (quality.codewords - 1);
                        quality.codewords_uncorrectable += 1;
                    }
                }
            }
            exit.tally.iterations += u64::from(quality.iterations);
            let any = quality.codewords_uncorrectable < quality.codewords;
            if any {
                self.sync.confirm();
            } else {
                self.sync.reject();
                if block.state == SyncState::Verify {
                    exit.tally.blocks_dropped += 1;
                    continue;
                }
            }
            exit.block(&self.messages, failed, quality);
        }
    }
}
