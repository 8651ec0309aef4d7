use super::permutation::Permutation;
use crate::coding::ParameterError;

/// Code rate: information bits for each symbol sent, the four tail steps left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Rate {
    /// 1/6.
    #[cfg_attr(feature = "serde", serde(rename = "1/6"))]
    Sixth,
    /// 1/4.
    #[cfg_attr(feature = "serde", serde(rename = "1/4"))]
    Quarter,
    /// 1/3.
    #[cfg_attr(feature = "serde", serde(rename = "1/3"))]
    Third,
    /// 1/2: parities of both encoders taken in turn.
    #[cfg_attr(feature = "serde", serde(rename = "1/2"))]
    Half,
}

impl Rate {
    /// Every rate there is, lowest first.
    pub const ALL: [Self; 4] = [Self::Sixth, Self::Quarter, Self::Third, Self::Half];

    /// Symbols sent for each information bit.
    #[must_use]
    pub const fn symbols(self) -> usize {
        match self {
            Self::Half => 2,
            Self::Third => 3,
            Self::Quarter => 4,
            Self::Sixth => 6,
        }
    }

    /// Mean confidence of a channel symbol where the code begins to work, in units of ln 2 / 6 nats.
    ///
    /// That of Gaussian noise at an Es/N0 of -2.0, -4.0, -5.7 and -7.9 dB. Log-likelihood ratios have to be of a
    /// known size for the sums of the decoder; how sure a stronger signal is matters little.
    pub(super) const fn confidence(self) -> i16 {
        match self {
            Self::Half => 24,
            Self::Third => 17,
            Self::Quarter => 13,
            Self::Sixth => 9,
        }
    }

    /// Generators whose parities the first encoder sends, in order.
    pub(super) const fn first(self) -> &'static [Generator] {
        match self {
            Self::Half | Self::Third => &[Generator::G1],
            Self::Quarter => &[Generator::G2, Generator::G3],
            Self::Sixth => &[Generator::G1, Generator::G2, Generator::G3],
        }
    }

    /// Generators whose parities the second encoder sends, in order.
    pub(super) const fn second(self) -> &'static [Generator] {
        match self {
            Self::Half | Self::Third | Self::Quarter => &[Generator::G1],
            Self::Sixth => &[Generator::G1, Generator::G3],
        }
    }

    /// What symbol `symbol` of step `step` carries.
    ///
    /// Source: CCSDS 131.0-B-5 §6.3 (figure 6-2), where "0a" is [`Symbol::Systematic`].
    pub(super) const fn symbol(self, step: usize, symbol: usize) -> Symbol {
        if symbol == 0 {
            return Symbol::Systematic;
        }
        if matches!(self, Self::Half) {
            return if step.is_multiple_of(2) { Symbol::First(0) } else { Symbol::Second(0) };
        }
        let first = self.first().len();
        if symbol <= first { Symbol::First(symbol - 1) } else { Symbol::Second(symbol - 1 - first) }
    }
}

/// A parity of a component encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::coding) enum Generator {
    /// 11011.
    G1,
    /// 10101.
    G2,
    /// 11111.
    G3,
}

/// What one symbol of a codeword carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// The bit that goes into the first encoder.
    Systematic,
    /// The parity with this index of the first encoder.
    First(usize),
    /// The parity with this index of the second encoder.
    Second(usize),
}

/// One turbo code: its rate, its block length, and whether symbols are interleaved for the channel.
///
/// Source: CCSDS 131.0-B-5 §6 (issue 6: §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    rate: Rate,
    message_bits: u16,
    channel_interleaved: bool,
}

impl Code {
    /// The block lengths of the book, in bits.
    pub const MESSAGE_BITS: [usize; 4] = [1784, 3568, 7136, 8920];

    /// The code of this rate for frames of `message_bits` bits, without channel interleaver.
    ///
    /// # Errors
    /// The book has no such block length.
    pub fn new(rate: Rate, message_bits: usize) -> Result<Self, ParameterError> {
        if !Self::MESSAGE_BITS.contains(&message_bits) {
            return Err(ParameterError::TurboBlock { bits: message_bits });
        }
        // The longest block fits.
        Ok(Self { rate, message_bits: message_bits as u16, channel_interleaved: false })
    }

    /// The same code with the channel interleaver of issue 6 switched on or off.
    ///
    /// A codeword is written into rows of 4/rate symbols and sent by columns. Both ends have to agree.
    ///
    /// Source: CCSDS 131.0-B-6 §7.3.12; issue 5 has none.
    #[must_use]
    pub const fn with_channel_interleaver(self, channel_interleaved: bool) -> Self {
        Self { channel_interleaved, ..self }
    }

    /// Code rate.
    #[must_use]
    pub const fn rate(self) -> Rate {
        self.rate
    }

    /// Whether symbols are interleaved for the channel.
    #[must_use]
    pub const fn is_channel_interleaved(self) -> bool {
        self.channel_interleaved
    }

    /// Information bits in a codeword: k, always whole octets.
    #[must_use]
    pub const fn message_bits(self) -> usize {
        self.message_bits as usize
    }

    /// Symbols in a codeword: (k + 4) / rate. At rate 1/3 these may be half an octet more than whole octets.
    #[must_use]
    pub const fn codeword_bits(self) -> usize {
        self.steps() * self.rate.symbols()
    }

    /// Octets that hold the packed symbols of a codeword.
    #[must_use]
    pub const fn codeword_len(self) -> usize {
        self.codeword_bits().div_ceil(8)
    }

    /// Trellis steps: one for each information bit and four that bring the encoders back to zero.
    pub(super) const fn steps(self) -> usize {
        self.message_bits() + TAIL_STEPS
    }

    /// The order in which the second encoder takes the information bits.
    pub(super) const fn permutation(self) -> Permutation {
        Permutation::new(self.message_bits())
    }

    /// Where in the codeword, as sent, symbol `symbol` of step `step` stands.
    pub(super) const fn sent_at(self, step: usize, symbol: usize) -> usize {
        let at = step * self.rate.symbols() + symbol;
        if !self.channel_interleaved {
            return at;
        }
        let columns = ROW_STEPS * self.rate.symbols();
        let rows = self.steps() / ROW_STEPS;
        at % columns * rows + at / columns
    }
}

/// Steps that bring an encoder of four memory cells back to zero.
pub(super) const TAIL_STEPS: usize = 4;
/// A row of the channel interleaver holds the symbols of four steps.
const ROW_STEPS: usize = 4;
