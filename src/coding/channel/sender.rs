use super::block::{BlockCode, BlockEncoder};
use super::parameters::{Channel, Layout};
use crate::coding::cadu::CaduParameters;
use crate::coding::convolutional::Encoder;
use crate::wire::EncodeError;
use alloc::vec::Vec;

/// The send chain: frames in, channel symbols out, as packed bits.
#[derive(Debug)]
pub struct Sender {
    channel: Channel,
    chain: Chain,
    block: Vec<u8>,
    /// Markers and frames that do not fill a slice yet.
    waiting: Vec<u8>,
}

#[derive(Debug)]
enum Chain {
    Hard(CaduParameters),
    Convolutional(CaduParameters, Encoder),
    Block(Codewords),
}

impl Channel {
    /// The send chain.
    #[must_use]
    pub fn sender(&self) -> Sender {
        let chain = match self.layout {
            Layout::Hard(cadu) => Chain::Hard(cadu),
            Layout::Convolutional(code, cadu) => Chain::Convolutional(cadu, Encoder::new(code)),
            Layout::Block(code, _) => Chain::Block(Codewords::new(code)),
        };
        Sender { channel: *self, chain, block: Vec::new(), waiting: Vec::new() }
    }
}

impl Sender {
    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Appends to `out` what sending `frame` puts on the channel.
    ///
    /// Only whole octets are appended; symbols that do not fill one yet, or frames that do not fill a
    /// slice, wait for the next frame or for [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`EncodeError::Field`] when `frame` has not [`Channel::frame_len`] octets; nothing is sent.
    pub fn send(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if frame.len() != self.channel.frame_len() {
            return Err(EncodeError::field("frame", "length", frame.len() as u64));
        }
        let Some(frames) = self.channel.frames else { return self.code(frame, out) };
        let mut waiting = core::mem::take(&mut self.waiting);
        frames.encode(frame, appended(&mut waiting, frames.cadu_len()))?;
        let (full, mut from) = (self.channel.block_len(), 0);
        while let Some(slices) = waiting.get(from..from + full) {
            self.code(slices, out)?;
            from += full;
        }
        waiting.drain(..from);
        self.waiting = waiting;
        Ok(())
    }

    /// Codes what is to stand behind one marker.
    fn code(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Self { channel, chain, block, .. } = self;
        match chain {
            Chain::Hard(cadu) => {
                let cadu_out = appended(out, cadu.cadu_len());
                cadu.encode(frame, cadu_out)?;
            }
            Chain::Convolutional(cadu, encoder) => {
                block.resize(cadu.cadu_len(), 0);
                cadu.encode(frame, block)?;
                let len = encoder.encoded_len(block.len());
                encoder.encode(block, appended(out, len))?;
            }
            Chain::Block(encoder) => encoder.codeblock(*channel, frame, out)?,
        }
        Ok(())
    }

    /// Ends the stream: appends what waits. Returns the bits of the last octet that are not symbols but fill.
    ///
    /// A convolutional code is terminated with six zeros; the last slices are filled up with zeros.
    ///
    /// # Errors
    /// None that can happen: it has the room it asks for.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<usize, EncodeError> {
        if !self.waiting.is_empty() {
            let mut slices = core::mem::take(&mut self.waiting);
            slices.resize(self.channel.block_len(), 0);
            self.code(&slices, out)?;
        }
        match &mut self.chain {
            Chain::Hard(_) => Ok(0),
            Chain::Block(encoder) => Ok(encoder.finish(out)),
            Chain::Convolutional(_, encoder) => {
                let mut last = [0; 3];
                let symbols = encoder.finish(true, &mut last)?;
                let octets = symbols.div_ceil(8);
                out.extend_from_slice(&last[..octets]);
                Ok(8 * octets - symbols)
            }
        }
    }
}

#[derive(Debug)]
struct Codewords {
    code: BlockCode,
    encoder: BlockEncoder,
    /// Symbols that do not fill an octet yet, from its most significant bit on, and how many they are.
    last: u8,
    last_bits: usize,
}

impl Codewords {
    fn new(code: BlockCode) -> Self {
        Self { code, encoder: code.encoder(), last: 0, last_bits: 0 }
    }

    /// Appends a marker and the codewords of `messages`, randomized as one piece.
    ///
    /// Several codewords are of whole octets.
    fn codeblock(&mut self, channel: Channel, messages: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let from = out.len();
        out.extend_from_slice(channel.marker().octets());
        let (coded, mut bits) = (out.len(), channel.marker().bits());
        for message in messages.chunks_exact(self.code.message_len()) {
            let codeword = appended(out, self.code.codeword_bits().div_ceil(8));
            self.encoder.encode(message, codeword)?;
            bits += self.code.codeword_bits();
        }
        if let Some(randomizer) = channel.parameters().randomizer {
            randomizer.apply(&mut out[coded..]);
        }
        self.join(out, from, bits);
        Ok(())
    }

    /// Puts the first `bits` bits of `out[from..]` behind the symbols that wait, and has those wait that do not fill
    /// an octet.
    fn join(&mut self, out: &mut Vec<u8>, from: usize, bits: usize) {
        let bits = self.last_bits + bits;
        if self.last_bits > 0 {
            let mut before = self.last;
            for octet in &mut out[from..] {
                let [high, low] = (u16::from_be_bytes([*octet, 0]) >> self.last_bits).to_be_bytes();
                *octet = before | high;
                before = low;
            }
            out.push(before);
        }
        self.last_bits = bits % 8;
        self.last = match out.get(from + bits / 8) {
            Some(octet) => octet & !(0xFF >> self.last_bits),
            None => 0,
        };
        out.truncate(from + bits / 8);
    }

    /// Appends the octet that is not full; returns how many of its bits are fill.
    fn finish(&mut self, out: &mut Vec<u8>) -> usize {
        if self.last_bits == 0 {
            return 0;
        }
        out.push(self.last);
        self.last = 0;
        8 - core::mem::take(&mut self.last_bits)
    }
}

fn appended(out: &mut Vec<u8>, len: usize) -> &mut [u8] {
    let from = out.len();
    out.resize(from + len, 0);
    &mut out[from..]
}
