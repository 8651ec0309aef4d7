use crate::coding::bch;
use crate::coding::ldpc;

/// How the frames of a link are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub enum CltuCode {
    /// BCH (63,56).
    Bch {
        /// Whether the receiver repairs or only detects.
        #[cfg_attr(feature = "serde", serde(default))]
        mode: bch::Mode,
        /// Whether frames are randomized before they are coded.
        randomized: bool,
    },
    /// LDPC (128,64); codewords are always randomized.
    Ldpc128 {
        /// What the sender puts behind the last codeword.
        #[cfg_attr(feature = "serde", serde(default))]
        tail: LdpcTail,
    },
    /// LDPC (512,256); codewords are always randomized, and there is no tail.
    Ldpc512,
}

/// Which tail a sender puts after LDPC (128,64) codewords. Receivers take either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum LdpcTail {
    /// That of Cor. 1 (July 2026).
    #[default]
    Current,
    /// That before, which radios built earlier look for.
    BeforeCor1,
    /// None: the idle sequence that follows ends the CLTU.
    Absent,
}

/// Managed parameters of the synchronization and channel coding of a telecommand link.
///
/// Source: CCSDS 231.0-B-4 §9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "file::Cltu", rename_all = "kebab-case"))]
pub struct CltuParameters {
    /// How frames are coded.
    pub code: CltuCode,
    /// Wrong bits that a start sequence may have. The book allows one with BCH in [`bch::Mode::Correct`], none in
    /// [`bch::Mode::Detect`], and leaves it open for LDPC.
    pub start_tolerance: u8,
    /// Whether a start sequence with all its bits inverted is one, and says that all bits behind it are inverted.
    pub either_polarity: bool,
}

impl CltuParameters {
    /// What the book has for `code`: with LDPC up to 10 of the 64 bits of a start sequence may be wrong. By chance
    /// that is found once in 50 million places of noise, and missed once in 3,200 CLTUs where one bit in 20 is wrong.
    #[must_use]
    pub const fn new(code: CltuCode) -> Self {
        let start_tolerance = match code {
            CltuCode::Bch { mode: bch::Mode::Correct, .. } => 1,
            CltuCode::Bch { mode: bch::Mode::Detect, .. } => 0,
            CltuCode::Ldpc128 { .. } | CltuCode::Ldpc512 => 10,
        };
        Self { code, start_tolerance, either_polarity: true }
    }

    /// Octets of the CLTU of frames that are `frames_len` octets together.
    #[must_use]
    pub const fn cltu_len(&self, frames_len: usize) -> usize {
        let blocks = frames_len.div_ceil(self.message_len());
        self.start().len() + blocks * self.block_len() + self.tail().len()
    }

    /// Octets of information in a codeblock.
    #[must_use]
    pub const fn message_len(&self) -> usize {
        match self.ldpc() {
            Some(code) => code.message_len(),
            None => bch::MESSAGE_LEN,
        }
    }

    /// Octets of a codeblock.
    #[must_use]
    pub const fn block_len(&self) -> usize {
        match self.ldpc() {
            Some(code) => code.codeword_len(),
            None => bch::BLOCK_LEN,
        }
    }

    /// The start sequence.
    ///
    /// Source: CCSDS 231.0-B-4 §5.2.2.
    #[must_use]
    pub const fn start(&self) -> &'static [u8] {
        match self.code {
            CltuCode::Bch { .. } => &[0xEB, 0x90],
            CltuCode::Ldpc128 { .. } | CltuCode::Ldpc512 => &[0x03, 0x47, 0x76, 0xC7, 0x27, 0x28, 0x95, 0xB0],
        }
    }

    /// The tail sequence; empty when there is none.
    ///
    /// Source: CCSDS 231.0-B-4 Cor. 1 §5.2.4.
    #[must_use]
    pub const fn tail(&self) -> &'static [u8] {
        match self.code {
            CltuCode::Bch { .. } => &TAIL_BCH,
            CltuCode::Ldpc128 { tail: LdpcTail::Current } => &TAIL_LDPC,
            CltuCode::Ldpc128 { tail: LdpcTail::BeforeCor1 } => &TAIL_LDPC_BEFORE,
            CltuCode::Ldpc128 { tail: LdpcTail::Absent } | CltuCode::Ldpc512 => &[],
        }
    }

    pub(super) const fn ldpc(&self) -> Option<ldpc::Code> {
        match self.code {
            CltuCode::Bch { .. } => None,
            CltuCode::Ldpc128 { .. } => Some(ldpc::Code::Tc128),
            CltuCode::Ldpc512 => Some(ldpc::Code::Tc512),
        }
    }
}

const TAIL_BCH: [u8; 8] = [0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0x79];
const TAIL_LDPC: [u8; 16] =
    [0x63, 0xA1, 0xED, 0x72, 0xC6, 0xAC, 0x79, 0xE2, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55];
const TAIL_LDPC_BEFORE: [u8; 16] =
    [0x55, 0x55, 0x55, 0x56, 0xAA, 0xAA, 0xAA, 0xAA, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55];

#[cfg(feature = "serde")]
mod file {
    use super::{CltuCode, CltuParameters};

    /// What a file need not say of [`CltuParameters`] is what the book has for the code.
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    pub(super) struct Cltu {
        code: CltuCode,
        start_tolerance: Option<u8>,
        either_polarity: Option<bool>,
    }

    impl From<Cltu> for CltuParameters {
        fn from(file: Cltu) -> Self {
            let usual = Self::new(file.code);
            Self {
                start_tolerance: file.start_tolerance.unwrap_or(usual.start_tolerance),
                either_polarity: file.either_polarity.unwrap_or(usual.either_polarity),
                ..usual
            }
        }
    }
}
