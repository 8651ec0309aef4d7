use super::code::Convolutional;
use super::trellis::{next, symbols};
use crate::wire::EncodeError;

/// Encodes a stream of octets.
///
/// Channel symbols come out as packed bits. They need not fill whole octets; what is left waits for the next call,
/// or for [`finish`](Self::finish).
///
/// ```
/// use spacelink::coding::convolutional::{Convolutional, Encoder, Rate};
///
/// let mut encoder = Encoder::new(Convolutional::ccsds(Rate::R1_2));
/// let mut symbols = [0; 8];
/// assert_eq!(encoder.encode(&[0x1A, 0xCF, 0xFC, 0x1D], &mut symbols)?, 8);
/// assert_eq!(symbols, [0x56, 0x08, 0x1C, 0x97, 0x1A, 0xA7, 0x3D, 0x3E]);
/// # Ok::<(), spacelink::wire::EncodeError>(())
/// ```
///
/// Source: CCSDS 131.0-B-5 §3.3.2 and §3.4.
#[derive(Clone, Debug)]
pub struct Encoder {
    code: Convolutional,
    state: u8,
    /// Information bits since the start of the puncture period.
    bit: usize,
    /// Symbols that do not fill an octet yet, the newest in bit 0.
    pending: u32,
    pending_bits: u32,
}

impl Encoder {
    /// Zero bits that bring the encoder back to its first state.
    pub const TAIL_BITS: usize = Convolutional::CONSTRAINT_LENGTH - 1;

    /// Starts with a register of zeros, at the start of a puncture period.
    #[must_use]
    pub const fn new(code: Convolutional) -> Self {
        Self { code, state: 0, bit: 0, pending: 0, pending_bits: 0 }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Convolutional {
        self.code
    }

    /// Octets that encoding `len` octets writes now.
    #[must_use]
    pub const fn encoded_len(&self, len: usize) -> usize {
        let rate = self.code.rate;
        let symbols = rate.symbols(self.bit + 8 * len) - rate.symbols(self.bit);
        (self.pending_bits as usize + symbols) / 8
    }

    /// Encodes `octets` to the front of `out` and returns how many octets are full.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `out` is smaller than [`encoded_len`](Self::encoded_len); nothing is encoded.
    pub fn encode(&mut self, octets: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(octets.len()), out.len());
        if available < required {
            return Err(EncodeError::Room { required, available });
        }
        let mut full = out.iter_mut();
        let basic = self.code.rate.period_bits() == 1;
        for octet in octets {
            if basic {
                let pairs = self.octet(*octet);
                self.pending = self.pending << 16 | u32::from(pairs);
                self.pending_bits += 16;
                self.drain(&mut full);
            } else {
                for at in 0..8 {
                    self.step(octet >> (7 - at) & 1);
                }
                self.drain(&mut full);
            }
        }
        Ok(required)
    }

    /// Ends a stream: encodes [`TAIL_BITS`](Self::TAIL_BITS) zeros if `terminate`, writes what is left and starts
    /// anew.
    ///
    /// Returns how many symbols were written, which is up to 7 more than before the tail; the last octet is filled
    /// with zeros.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `out` has not three octets; nothing is encoded.
    pub fn finish(&mut self, terminate: bool, out: &mut [u8]) -> Result<usize, EncodeError> {
        let available = out.len();
        if available < 3 {
            return Err(EncodeError::Room { required: 3, available });
        }
        for _ in 0..if terminate { Self::TAIL_BITS } else { 0 } {
            self.step(0);
        }
        let symbols = self.pending_bits;
        let left = self.pending << (24 - symbols);
        for (at, left) in left.to_be_bytes()[1..].iter().take(symbols.div_ceil(8) as usize).enumerate() {
            // A last symbol that is alone stays where it is.
            let alone =
                if symbols % 2 == 1 && symbols as usize / 8 == at { 0x80 >> (symbols % 8 - 1) } else { 0 };
            out[at] = self.ordered(left & !alone) | left & alone;
        }
        *self = Self::new(self.code);
        Ok(symbols as usize)
    }

    /// All sixteen symbols of eight bits at once, at rate 1/2.
    fn octet(&mut self, octet: u8) -> u16 {
        // Fourteen bits of history, the newest in bit 0: one shift for each tap.
        let history = u32::from(REVERSED[usize::from(self.state)]) << 8 | u32::from(octet);
        let g1 = (history ^ history >> 1 ^ history >> 2 ^ history >> 3 ^ history >> 6) as u8;
        let g2 = (history ^ history >> 2 ^ history >> 3 ^ history >> 5 ^ history >> 6) as u8;
        let g2 = if self.code.g2_inverted { !g2 } else { g2 };
        self.state = REVERSED[usize::from(octet & 0x3F)];
        spread(g1) << 1 | spread(g2)
    }

    fn step(&mut self, bit: u8) {
        let both = symbols(bit << 6 | self.state) ^ u8::from(self.code.g2_inverted);
        self.state = next(self.state, bit);
        for (symbol, sent) in [both >> 1, both & 1].into_iter().zip(self.code.rate.sent(self.bit)) {
            if sent {
                self.pending = self.pending << 1 | u32::from(symbol);
                self.pending_bits += 1;
            }
        }
        self.bit = (self.bit + 1) % self.code.rate.period_bits();
    }

    fn drain<'o>(&mut self, full: &mut impl Iterator<Item = &'o mut u8>) {
        while self.pending_bits >= 8
            && let Some(octet) = full.next()
        {
            self.pending_bits -= 8;
            *octet = self.ordered((self.pending >> self.pending_bits) as u8);
        }
        self.pending &= (1 << self.pending_bits) - 1;
    }

    /// The symbols of an octet in the order in which they are sent.
    fn ordered(&self, symbols: u8) -> u8 {
        if self.code.swapped { symbols >> 1 & 0x55 | symbols << 1 & 0xAA } else { symbols }
    }
}

/// Moves bit n to bit 2 n.
const fn spread(octet: u8) -> u16 {
    let mut wide = octet as u16;
    wide = (wide | wide << 4) & 0x0F0F;
    wide = (wide | wide << 2) & 0x3333;
    (wide | wide << 1) & 0x5555
}

/// Six bits in opposite order.
const REVERSED: [u8; 64] = {
    let mut reversed = [0; 64];
    let mut value = 0;
    while value < 64 {
        reversed[value] = (value as u8).reverse_bits() >> 2;
        value += 1;
    }
    reversed
};
