//! The codes and their dimensions.

/// Share of information bits in an AR4JA codeword.
///
/// Source: CCSDS 131.0-B-5 §7.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// 1/2.
    Half,
    /// 2/3.
    TwoThirds,
    /// 4/5.
    FourFifths,
}

/// Information bits in an AR4JA codeword.
///
/// Source: CCSDS 131.0-B-5 §7.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// 1024 bits.
    K1024,
    /// 4096 bits.
    K4096,
    /// 16384 bits.
    K16384,
}

/// One of the thirteen LDPC codes. All are systematic: a codeword starts with its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The deep-space codes of telemetry.
    ///
    /// Source: CCSDS 131.0-B-5 §7.4.
    Ar4ja(Rate, Length),
    /// (8160,7136), rate 7/8, for near-Earth telemetry.
    ///
    /// Source: CCSDS 131.0-B-5 §7.3.
    C2,
    /// (128,64), for telecommands.
    ///
    /// Source: CCSDS 231.0-B-4 §4.
    Tc128,
    /// (256,128), experimental.
    ///
    /// Source: CCSDS 231.1-O-1.
    Tc256,
    /// (512,256), for telecommands.
    ///
    /// Source: CCSDS 231.0-B-4 §4.
    Tc512,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 13] = [
        Self::Ar4ja(Rate::Half, Length::K1024),
        Self::Ar4ja(Rate::Half, Length::K4096),
        Self::Ar4ja(Rate::Half, Length::K16384),
        Self::Ar4ja(Rate::TwoThirds, Length::K1024),
        Self::Ar4ja(Rate::TwoThirds, Length::K4096),
        Self::Ar4ja(Rate::TwoThirds, Length::K16384),
        Self::Ar4ja(Rate::FourFifths, Length::K1024),
        Self::Ar4ja(Rate::FourFifths, Length::K4096),
        Self::Ar4ja(Rate::FourFifths, Length::K16384),
        Self::C2,
        Self::Tc128,
        Self::Tc256,
        Self::Tc512,
    ];

    /// Information bits in a codeword, a multiple of 8.
    #[must_use]
    pub const fn message_bits(self) -> usize {
        match self {
            Self::Ar4ja(_, Length::K1024) => 1024,
            Self::Ar4ja(_, Length::K4096) => 4096,
            Self::Ar4ja(_, Length::K16384) => 16384,
            Self::C2 => 7136,
            Self::Tc128 => 64,
            Self::Tc256 => 128,
            Self::Tc512 => 256,
        }
    }

    /// Bits that are sent for a codeword, a multiple of 8.
    #[must_use]
    pub const fn codeword_bits(self) -> usize {
        let k = self.message_bits();
        match self {
            Self::Ar4ja(Rate::TwoThirds, _) => k / 2 * 3,
            Self::Ar4ja(Rate::FourFifths, _) => k / 4 * 5,
            Self::C2 => 8160,
            Self::Ar4ja(Rate::Half, _) | Self::Tc128 | Self::Tc256 | Self::Tc512 => 2 * k,
        }
    }

    /// Octets of a packed message.
    #[must_use]
    pub const fn message_len(self) -> usize {
        self.message_bits() / 8
    }

    /// Octets of a packed codeword.
    #[must_use]
    pub const fn codeword_len(self) -> usize {
        self.codeword_bits() / 8
    }

    /// Size of the circulants that the parity-check matrix is made of.
    pub(super) const fn circulant(self) -> usize {
        match self {
            // A quarter of the book's submatrix size M, for its permutations turn quarters.
            Self::Ar4ja(Rate::Half, _) => self.message_bits() / 8,
            Self::Ar4ja(Rate::TwoThirds, _) => self.message_bits() / 16,
            Self::Ar4ja(Rate::FourFifths, _) => self.message_bits() / 32,
            Self::C2 => 511,
            Self::Tc128 | Self::Tc256 | Self::Tc512 => self.codeword_bits() / 8,
        }
    }

    /// Zeros that stand before the message in the matrix and are not sent.
    pub(super) const fn leading_zeros(self) -> usize {
        if matches!(self, Self::C2) { 18 } else { 0 }
    }

    /// Zeros that are sent behind the codeword proper.
    pub(super) const fn filler(self) -> usize {
        if matches!(self, Self::C2) { 2 } else { 0 }
    }
}
