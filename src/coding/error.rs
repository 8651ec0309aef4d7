/// Why managed parameters of the coding layer are refused.
///
/// Source: the clause is named with each reason, of CCSDS 131.0-B-5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// The book lists the interleaving depths 1, 2, 3, 4, 5 and 8 (§4.3.5).
    #[error("Reed-Solomon: interleaving depth {depth} is not one of 1, 2, 3, 4, 5, 8")]
    Interleave {
        /// The depth asked for.
        depth: u8,
    },
    /// Virtual fill has to be spread evenly over the codewords of a codeblock (§4.3.7).
    #[error("Reed-Solomon: virtual fill {fill} is not a multiple of the interleaving depth {depth}")]
    UnevenFill {
        /// Symbols of virtual fill asked for, in all codewords together.
        fill: u16,
        /// Codewords in a codeblock.
        depth: u8,
    },
    /// Each codeword has to keep at least one information symbol (§4.3.7).
    #[error("Reed-Solomon: virtual fill {fill} exceeds {max}")]
    Fill {
        /// Symbols of virtual fill asked for.
        fill: u16,
        /// The most there can be.
        max: u16,
    },
    /// Not the polynomial of a field of 256 elements of which α is primitive.
    #[error("Reed-Solomon: {polynomial:#x} is no primitive polynomial of degree 8")]
    FieldPolynomial {
        /// The polynomial asked for, its x^8 term included.
        polynomial: u16,
    },
    /// A generator needs 2 to 32 roots, an even number, all of them different.
    #[error("Reed-Solomon: {check_len} check symbols with the roots α^({step}·({first} + j))")]
    Roots {
        /// Twice the errors to be corrected.
        check_len: u8,
        /// The first exponent.
        first: u8,
        /// What exponents are multiplied with.
        step: u8,
    },
    /// A frame of this length does not exist (§11).
    #[error("frame length {len} is not between 1 and {max}")]
    FrameLen {
        /// Octets asked for.
        len: usize,
        /// The longest frame any frame protocol has.
        max: usize,
    },
    /// On the link symbols are in the dual basis (§4.4.2).
    #[error("Reed-Solomon: the conventional basis is not sent over a link")]
    Basis,
    /// The randomizer of telecommand links is not used with this code (§10.4).
    #[error("the TC randomizer does not belong to this code")]
    TcRandomizer,
    /// This code has another marker (§9.3).
    #[error("a marker of {bits} bits that does not belong to this code")]
    Marker {
        /// Length of the marker asked for.
        bits: u16,
    },
    /// A marker takes 1 to 24 octets.
    #[error("a marker cannot have {len} octets")]
    MarkerLen {
        /// Octets asked for.
        len: usize,
    },
    /// The book lists the turbo block lengths 1784, 3568, 7136 and 8920 (§6.3).
    #[error("turbo: block length {bits} is not one of 1784, 3568, 7136, 8920 bits")]
    TurboBlock {
        /// Bits asked for.
        bits: usize,
    },
    /// A Viterbi decoder decides 32 to 4096 bits together, a multiple of 32.
    #[error("Viterbi decoder: segments of {bits} bits are not a multiple of 32 between 32 and 4096")]
    Segment {
        /// Bits asked for.
        bits: usize,
    },
    /// A frame of this length does not go with the code (§11).
    #[error("frame length {len} does not go with the {code} code")]
    FrameLenOfCode {
        /// Octets asked for.
        len: usize,
        /// Which code.
        code: &'static str,
    },
    /// Behind one marker of a sliced stream are 1 to 8 LDPC codewords, or one of another code (§12).
    #[error("sliced stream: {count} codewords behind a marker are not between 1 and {most}")]
    Codewords {
        /// Codewords asked for.
        count: u8,
        /// As many as there may be.
        most: u8,
    },
    /// Slices are the information of a block code (131.0-B-6 §3).
    #[error("sliced stream: there is no block code to put slices into")]
    Slices,
    /// The book has codes that correct 16 or 8 symbols (§4.3).
    #[error("Reed-Solomon: no code corrects {symbols} symbols, only 16 or 8")]
    ErrorCorrection {
        /// Symbols asked for.
        symbols: u8,
    },
    /// The book inverts the second symbol at rate 1/2 only, and swaps none (§3.3, §3.4).
    #[error("convolutional: symbols are inverted or swapped as the book has it not")]
    Convention,
}
