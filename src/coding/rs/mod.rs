//! Reed-Solomon codes (255,223) and (255,239) of CCSDS: errors, erasures and both, interleaving and virtual fill.
//!
//! [`Interleaved`] is what a link uses: a frame in, a codeblock of 1 to 8 codewords out. [`ReedSolomon`] is one
//! codeword.
//!
//! ```
//! use spacelink::coding::rs::{Basis, Code, ReedSolomon};
//!
//! let rs = ReedSolomon::new(Code::E16, Basis::Dual);
//! let mut codeword = [0x55; 255];
//! let (data, parity) = codeword.split_at_mut(223);
//! rs.encode(data, parity)?;
//!
//! codeword[3] ^= 0x40;
//! codeword[250] = 0;
//! let corrected = rs.correct(&mut codeword, &[250])?;
//! assert_eq!((corrected.errors, corrected.erasures), (1, 1));
//! assert_eq!(codeword[3], 0x55);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A codeword beyond repair is left exactly as received and said to be so. When more symbols are wrong than the
//! code can repair, the received word can by chance lie within reach of another codeword; no decoder can tell, and
//! for random words the odds are below 1 in 16! (2·10^13) for E = 16 and below 1 in 8! (40 320) for E = 8.
//!
//! Each code picks the fastest kernels of the machine when it is built; `with_level` takes others, all of which give the
//! same. With AVX-512 and GFNI, and with AVX2, everything but erasures runs on vectors; with Neon the division is the
//! portable one. [`GeneralCode`] is any other Reed-Solomon code over 256 elements, at the reference's pace.
//!
//! Left out: other sizes of field, soft decisions.

mod bursts;
mod combine;
pub(super) mod decoder;
pub(super) mod division;
pub(super) mod field;
mod general;
mod interleaved;
mod kernels;
mod reference;

pub use general::{GeneralCode, GeneralSettings};
pub use interleaved::{Codewords, Interleaved};

use super::{KernelLevel, ParameterError};
use crate::wire::EncodeError;
use decoder::{Correction, MAX_CHECK, Roots};
use field::FIELD;
use reference::Plain;

/// Symbols of a whole codeword.
pub const CODEWORD_LEN: usize = 255;

/// How many symbols of a codeword are check symbols.
///
/// Source: CCSDS 131.0-B-5 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// (255,223): repairs up to 16 symbols.
    E16,
    /// (255,239): repairs up to 8 symbols.
    E8,
}

impl Code {
    /// Symbols in error that can be repaired: E.
    #[must_use]
    pub const fn max_errors(self) -> usize {
        match self {
            Self::E16 => 16,
            Self::E8 => 8,
        }
    }

    /// Check symbols in a codeword: 2E.
    #[must_use]
    pub const fn check_len(self) -> usize {
        2 * self.max_errors()
    }

    /// Information symbols in a codeword without virtual fill: 255 − 2E.
    #[must_use]
    pub const fn data_len(self) -> usize {
        CODEWORD_LEN - self.check_len()
    }

    /// Roots of the generator: α^(11j) for j from 128 − E to 127 + E.
    pub(super) const fn roots(self) -> Roots {
        Roots { first: 128 - self.max_errors(), step: 11, count: self.check_len() }
    }
}

/// How the elements of GF(2^8) are written as octets.
///
/// Source: CCSDS 131.0-B-5 §4.4.2 and annex F.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Berlekamp's dual basis, mandatory on CCSDS links.
    Dual,
    /// Coefficients of the powers of α; some missions outside the standard send this.
    Conventional,
}

/// What to make of errors that the decoder locates in virtual fill, which is never sent and so cannot be wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FillErrors {
    /// Too many symbols were wrong and the decoder landed on a codeword that cannot have been sent: uncorrectable.
    #[default]
    Refuse,
    /// Repair the symbols that were sent all the same. For spacecraft whose encoder had something else than zeros
    /// there, such as a part of the marker.
    Accept,
}

/// One Reed-Solomon codeword: which code, in which basis, and how many of its symbols are not sent.
///
/// Symbols are in sending order, information first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReedSolomon {
    code: Code,
    basis: Basis,
    fill: u8,
    fill_errors: FillErrors,
    level: KernelLevel,
}

/// What was repaired in a codeword.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Corrected {
    /// Wrong symbols that nobody had marked, those in virtual fill included.
    pub errors: u8,
    /// Marked symbols that were wrong indeed.
    pub erasures: u8,
    /// How many of `errors` lie in virtual fill; zero unless [`FillErrors::Accept`] was chosen.
    pub in_fill: u8,
}

impl Corrected {
    /// All symbols that were wrong.
    #[must_use]
    pub const fn symbols(self) -> u8 {
        self.errors + self.erasures
    }
}

/// Why a codeword was left as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Uncorrectable {
    /// No codeword is near enough: twice the errors and the erasures come to more than 2E.
    #[error("Reed-Solomon: more symbols are wrong than the code can repair")]
    TooManyErrors,
    /// The nearest codeword differs from zero in virtual fill, so it cannot be what was sent.
    #[error("Reed-Solomon: {symbols} errors located in virtual fill")]
    InFill {
        /// How many.
        symbols: u8,
    },
    /// More symbols are marked as erased than there are check symbols.
    #[error("Reed-Solomon: {found} symbols are erased, {max} can be repaired")]
    TooManyErasures {
        /// Different symbols marked.
        found: usize,
        /// Check symbols of the code.
        max: usize,
    },
    /// A symbol marked as erased is not in the codeword.
    #[error("Reed-Solomon: erased symbol {position} is beyond the codeword's {len}")]
    ErasurePosition {
        /// The mark.
        position: usize,
        /// Symbols sent of the codeword.
        len: usize,
    },
    /// What was handed in has not the length of the codeword or codeblock.
    #[error("Reed-Solomon: {required} octets required, {found} found")]
    Length {
        /// Octets of the codeword or codeblock.
        required: usize,
        /// Octets handed in.
        found: usize,
    },
}

impl ReedSolomon {
    /// A codeword without virtual fill.
    #[must_use]
    pub fn new(code: Code, basis: Basis) -> Self {
        Self { code, basis, fill: 0, fill_errors: FillErrors::Refuse, level: KernelLevel::best() }
    }

    /// The code on kernels of this level, or `None` where the machine has none.
    #[must_use]
    pub fn with_level(self, level: KernelLevel) -> Option<Self> {
        level.is_available().then_some(Self { level, ..self })
    }

    /// The code with its first `fill` information symbols zero and not sent.
    ///
    /// # Errors
    /// [`ParameterError::Fill`] when no information symbol would be left.
    ///
    /// Source: CCSDS 131.0-B-5 §4.3.7.
    pub const fn with_fill(self, fill: u8) -> Result<Self, ParameterError> {
        let max = self.code.data_len() - 1;
        if fill as usize > max {
            return Err(ParameterError::Fill { fill: fill as u16, max: max as u16 });
        }
        Ok(Self { fill, ..self })
    }

    /// The code with another view of errors located in virtual fill.
    #[must_use]
    pub const fn with_fill_errors(self, fill_errors: FillErrors) -> Self {
        Self { fill_errors, ..self }
    }

    /// Which code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// In which basis symbols are sent.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// Symbols of virtual fill.
    #[must_use]
    pub const fn fill(&self) -> u8 {
        self.fill
    }

    /// Information symbols that are sent.
    #[must_use]
    pub const fn data_len(&self) -> usize {
        self.code.data_len() - self.fill as usize
    }

    /// Symbols that are sent, check symbols included.
    #[must_use]
    pub const fn codeword_len(&self) -> usize {
        CODEWORD_LEN - self.fill as usize
    }

    /// Writes the check symbols of `data` to the front of `parity` and returns how many.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when `data` has not [`data_len`](Self::data_len) octets, [`EncodeError::Room`] when
    /// `parity` is too small.
    pub fn encode(&self, data: &[u8], parity: &mut [u8]) -> Result<usize, EncodeError> {
        if data.len() != self.data_len() {
            return Err(EncodeError::field("Reed-Solomon codeword", "data length", data.len() as u64));
        }
        let (required, available) = (self.code.check_len(), parity.len());
        let room = parity.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        room.copy_from_slice(&self.remainders(1, data)[0][..required]);
        Ok(required)
    }

    /// Repairs a codeword in place, as long as 2·errors + erasures ≤ 2E.
    ///
    /// `erasures`: positions in `codeword` of symbols that are known to be unreliable, in any order.
    ///
    /// # Errors
    /// [`Uncorrectable`] when more is wrong than that; `codeword` is left as received.
    ///
    /// Source: CCSDS 131.0-B-5 §4.3.
    pub fn correct(&self, codeword: &mut [u8], erasures: &[u8]) -> Result<Corrected, Uncorrectable> {
        let (required, found) = (self.codeword_len(), codeword.len());
        if found != required {
            return Err(Uncorrectable::Length { required, found });
        }
        let erased = Erased::new(erasures.iter().map(|&position| position.into()), required)?;
        let [syndromes, ..] = self.syndromes(1, codeword);
        self.repair(&syndromes, &erased, |position, change| {
            if let Some(symbol) = codeword.get_mut(position) {
                *symbol ^= change;
            }
        })
    }

    /// Repairs the codeword that has these syndromes.
    ///
    /// `change` is told position and difference of each sent symbol to be changed, and only when the whole
    /// codeword can be repaired.
    fn repair(
        &self,
        syndromes: &[u8; MAX_CHECK],
        erased: &Erased,
        mut change: impl FnMut(usize, u8),
    ) -> Result<Corrected, Uncorrectable> {
        let check_len = self.code.check_len();
        if erased.count > check_len {
            return Err(Uncorrectable::TooManyErasures { found: erased.count, max: check_len });
        }
        if *syndromes == [0; MAX_CHECK] {
            return Ok(Corrected::default());
        }
        let last = self.codeword_len() - 1;
        let degrees = erased.degrees(last);
        let mut found = [Correction::default(); MAX_CHECK];
        let found = self
            .solve(syndromes, &degrees[..erased.count], &mut found)
            .ok_or(Uncorrectable::TooManyErrors)?;
        apply(found, last, erased, self.fill_errors, |position, element| {
            change(position, self.basis.to_wire(element));
        })
    }

    /// The code in the reference's words.
    const fn plain(&self) -> Plain<'static> {
        Plain { field: &FIELD, roots: self.code.roots() }
    }
}

/// Counts the corrections, and tells `change` the position and the field element to add of each that was sent, unless
/// errors in virtual fill are refused and there are some.
///
/// `last`: position of the last symbol, in front of x^0.
fn apply(
    found: &[Correction],
    last: usize,
    erased: &Erased,
    fill_errors: FillErrors,
    mut change: impl FnMut(usize, u8),
) -> Result<Corrected, Uncorrectable> {
    let wrong = |correction: &&Correction| correction.value != 0;
    let in_fill = found.iter().filter(wrong).filter(|c| usize::from(c.degree) > last).count() as u8;
    if in_fill != 0 && fill_errors == FillErrors::Refuse {
        return Err(Uncorrectable::InFill { symbols: in_fill });
    }
    let mut corrected = Corrected { in_fill, errors: in_fill, erasures: 0 };
    for correction in found.iter().filter(wrong) {
        let Some(position) = last.checked_sub(correction.degree.into()) else { continue };
        change(position, correction.value);
        if erased.contains(position) {
            corrected.erasures += 1;
        } else {
            corrected.errors += 1;
        }
    }
    Ok(corrected)
}

/// A set of positions in a codeword.
#[derive(Clone, Copy, Default)]
struct Erased {
    bits: [u64; 4],
    count: usize,
}

impl Erased {
    fn new(positions: impl Iterator<Item = usize>, len: usize) -> Result<Self, Uncorrectable> {
        let mut erased = Self::default();
        for position in positions {
            if position >= len {
                return Err(Uncorrectable::ErasurePosition { position, len });
            }
            erased.insert(position);
        }
        Ok(erased)
    }

    /// `position` is below 255.
    fn insert(&mut self, position: usize) {
        self.count += usize::from(!self.contains(position));
        self.bits[position / 64] |= 1 << (position % 64);
    }

    fn contains(&self, position: usize) -> bool {
        self.bits[position / 64] & 1 << (position % 64) != 0
    }

    /// The powers of x that the symbols stand in front of, when the one at position `last` is in front of x^0.
    fn degrees(&self, last: usize) -> [u8; MAX_CHECK] {
        let mut degrees = [0; MAX_CHECK];
        if self.count > 0 {
            let positions = (0..=last).filter(|&position| self.contains(position));
            for (degree, position) in degrees.iter_mut().zip(positions) {
                *degree = (last - position) as u8;
            }
        }
        degrees
    }
}
