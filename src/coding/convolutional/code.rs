/// How many information bits there are to a channel symbol.
///
/// The higher rates leave out symbols of rate 1/2 in a fixed pattern.
///
/// Source: CCSDS 131.0-B-5 §3.3 and §3.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Rate {
    /// 1/2, the basic code.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "1/2"))]
    R1_2,
    /// 2/3.
    #[cfg_attr(feature = "serde", serde(rename = "2/3"))]
    R2_3,
    /// 3/4.
    #[cfg_attr(feature = "serde", serde(rename = "3/4"))]
    R3_4,
    /// 5/6.
    #[cfg_attr(feature = "serde", serde(rename = "5/6"))]
    R5_6,
    /// 7/8.
    #[cfg_attr(feature = "serde", serde(rename = "7/8"))]
    R7_8,
}

impl Rate {
    /// All of them, lowest first.
    pub const ALL: [Self; 5] = [Self::R1_2, Self::R2_3, Self::R3_4, Self::R5_6, Self::R7_8];

    /// Information bits of a puncture period.
    #[must_use]
    pub const fn period_bits(self) -> usize {
        match self {
            Self::R1_2 => 1,
            Self::R2_3 => 2,
            Self::R3_4 => 3,
            Self::R5_6 => 5,
            Self::R7_8 => 7,
        }
    }

    /// Channel symbols of a puncture period.
    #[must_use]
    pub const fn period_symbols(self) -> usize {
        self.period_bits() + 1
    }

    /// Channel symbols of `bits` information bits from the start of a puncture period on.
    #[must_use]
    pub const fn symbols(self, bits: usize) -> usize {
        let (period, mut left) = (bits / self.period_bits(), bits % self.period_bits());
        let mut symbols = period * self.period_symbols();
        while left > 0 {
            left -= 1;
            symbols += self.sent(left)[0] as usize + self.sent(left)[1] as usize;
        }
        symbols
    }

    /// Whether the two symbols of a bit are sent, by the bit's place in the puncture period.
    pub(super) const fn sent(self, bit: usize) -> [bool; 2] {
        let (first, second): (&[u8], &[u8]) = match self {
            Self::R1_2 => (b"1", b"1"),
            Self::R2_3 => (b"10", b"11"),
            Self::R3_4 => (b"101", b"110"),
            Self::R5_6 => (b"10101", b"11010"),
            Self::R7_8 => (b"1000101", b"1111010"),
        };
        [first[bit] == b'1', second[bit] == b'1']
    }
}

/// A convolutional code of constraint length 7 and the convention in which its symbols are sent.
///
/// For each information bit there are two symbols, one of generator G1 = 1111001 (octal 171) and one of
/// G2 = 1011011 (octal 133). The book sends G1 first and inverts G2 at rate 1/2, but not at the punctured rates;
/// equipment and missions differ in both, which makes four conventions.
///
/// Source: CCSDS 131.0-B-5 §3.3.2 and §3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "file::Code"))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub struct Convolutional {
    /// Information bits to channel symbols.
    pub rate: Rate,
    /// The symbol of G2 is sent inverted.
    pub g2_inverted: bool,
    /// The two symbols of each pair on the channel change places: at rate 1/2, G2 comes first. At the punctured rates
    /// it is what a demodulator with I and Q exchanged makes of the symbols.
    pub swapped: bool,
}

impl Convolutional {
    /// Information bits that a symbol depends on.
    pub const CONSTRAINT_LENGTH: usize = 7;

    /// The code as the book has it.
    #[must_use]
    pub const fn ccsds(rate: Rate) -> Self {
        Self { rate, g2_inverted: matches!(rate, Rate::R1_2), swapped: false }
    }

    /// The four conventions of a rate, that of the book first.
    #[must_use]
    pub const fn conventions(rate: Rate) -> [Self; 4] {
        let ccsds = Self::ccsds(rate);
        let other = Self { g2_inverted: !ccsds.g2_inverted, ..ccsds };
        [ccsds, other, Self { swapped: true, ..ccsds }, Self { swapped: true, ..other }]
    }

    /// Whether this is the convention of the book.
    #[must_use]
    pub const fn is_ccsds(self) -> bool {
        !self.swapped && self.g2_inverted == matches!(self.rate, Rate::R1_2)
    }
}

/// A code as a mission's file has it: what is not said is as in the book, which for the symbols of G2 depends on the rate.
#[cfg(feature = "serde")]
mod file {
    use super::{Convolutional, Rate};

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    pub(super) struct Code {
        rate: Rate,
        g2_inverted: Option<bool>,
        #[serde(default)]
        swapped: bool,
    }

    impl From<Code> for Convolutional {
        fn from(Code { rate, g2_inverted, swapped }: Code) -> Self {
            let ccsds = Self::ccsds(rate);
            Self { rate, g2_inverted: g2_inverted.unwrap_or(ccsds.g2_inverted), swapped }
        }
    }
}

impl Default for Convolutional {
    fn default() -> Self {
        Self::ccsds(Rate::R1_2)
    }
}
