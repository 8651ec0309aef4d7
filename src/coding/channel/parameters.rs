use super::block::BlockCode;
use crate::coding::convolutional::Convolutional;
use crate::coding::randomizer::Randomizer;
use crate::coding::rs::{Basis, Code, Interleaved};
use crate::coding::sync::Marker;
use crate::coding::{ParameterError, cadu, ldpc, turbo};
use core::num::NonZeroU8;

/// Iterations of a turbo decoder where nobody says otherwise.
pub const TURBO_ITERATIONS: NonZeroU8 = NonZeroU8::new(10).unwrap();

#[cfg(feature = "serde")]
const fn turbo_iterations() -> NonZeroU8 {
    TURBO_ITERATIONS
}

/// Managed parameters of a channel's synchronization and coding: plain values, checked by
/// [`checked`](Self::checked).
///
/// Source: CCSDS 131.0-B-5 §12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct ChannelParameters {
    /// The codes.
    pub coding: Coding,
    /// Octets of a transfer frame.
    pub frame_len: usize,
    /// How the stream of markers and frames is cut for a block code; `None` where every codeblock holds one frame.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub slicing: Option<Slicing>,
    /// What is exclusive-or'd over a frame, codeword or codeblock. Issue 5 allows none, issue 6 demands one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub randomizer: Option<Randomizer>,
}

/// How frames are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")
)]
#[non_exhaustive]
pub enum Coding {
    /// Not at all.
    Uncoded,
    /// The convolutional code over markers and frames.
    Convolutional(Convolutional),
    /// A Reed-Solomon codeblock behind each marker.
    ReedSolomon(ReedSolomon),
    /// A Reed-Solomon codeblock behind each marker, and the convolutional code over both.
    Concatenated {
        /// The outer code.
        outer: ReedSolomon,
        /// The inner code.
        inner: Convolutional,
    },
    /// An LDPC codeword of one frame behind each marker.
    Ldpc {
        /// Information bits to codeword bits.
        rate: LdpcRate,
    },
    /// A turbo codeword of one frame behind each marker. Frames have 223, 446, 892 or 1115 octets, and a check
    /// sequence of their own.
    Turbo {
        /// Information bits to symbols.
        rate: turbo::Rate,
        /// Whether symbols are interleaved for the channel, as issue 6 has it; issue 5 has no interleaver.
        ///
        /// Source: CCSDS 131.0-B-6 §7.3.12.
        #[cfg_attr(feature = "serde", serde(default))]
        channel_interleaved: bool,
        /// Iterations after which the receiver gives a codeword up; [`TURBO_ITERATIONS`] unless given.
        #[cfg_attr(feature = "serde", serde(default = "turbo_iterations"))]
        iterations: NonZeroU8,
        /// Whether the receiver also takes a frame as soon as its Frame Error Control Field is right, which saves
        /// iterations. Of codewords lost in noise, one in some 6,000 then passes for a frame. Slices of a stream
        /// are no frames, so with [`slicing`](ChannelParameters::slicing) it makes no difference.
        #[cfg_attr(feature = "serde", serde(default))]
        stop_at_fecf: bool,
    },
}

/// A stream of frames, each behind a marker, is cut into pieces without regard to where frames begin, and each piece
/// takes the place that a frame has otherwise: behind a marker on the channel, coded and randomized.
///
/// Source: CCSDS 131.0-B-6 §3, for all block codes; 131.0-B-5 §8, for LDPC codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct Slicing {
    /// Octets of the stream in a codeword; of Reed-Solomon codes, in a codeblock.
    pub slice_len: usize,
    /// Codewords behind one marker: 1, which is all that issue 6 knows, or of LDPC codes up to 8.
    #[cfg_attr(feature = "serde", serde(default = "one"))]
    pub codewords: u8,
}

impl Slicing {
    /// Slices of `slice_len` octets, each behind a marker of its own.
    #[must_use]
    pub const fn new(slice_len: usize) -> Self {
        Self { slice_len, codewords: 1 }
    }
}

#[cfg(feature = "serde")]
const fn one() -> u8 {
    1
}

/// The Reed-Solomon code of a channel. Virtual fill follows from the length of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct ReedSolomon {
    /// Symbols that a codeword can have wrong: 16 or 8.
    pub error_correction: u8,
    /// Codewords in a codeblock: 1, 2, 3, 4, 5 or 8.
    pub interleaving_depth: u8,
}

/// Rate of an LDPC code of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LdpcRate {
    /// 1/2.
    #[cfg_attr(feature = "serde", serde(rename = "1/2"))]
    R1_2,
    /// 2/3.
    #[cfg_attr(feature = "serde", serde(rename = "2/3"))]
    R2_3,
    /// 4/5.
    #[cfg_attr(feature = "serde", serde(rename = "4/5"))]
    R4_5,
    /// 7/8, whose codewords all have 7136 information bits.
    #[cfg_attr(feature = "serde", serde(rename = "7/8"))]
    R7_8,
}

impl LdpcRate {
    /// The code with so many information bits.
    fn code(self, message_bits: usize) -> Option<ldpc::Code> {
        let rate = match self {
            Self::R7_8 => return (message_bits == 7136).then_some(ldpc::Code::C2),
            Self::R1_2 => ldpc::Rate::Half,
            Self::R2_3 => ldpc::Rate::TwoThirds,
            Self::R4_5 => ldpc::Rate::FourFifths,
        };
        let length = match message_bits {
            1024 => ldpc::Length::K1024,
            4096 => ldpc::Length::K4096,
            16384 => ldpc::Length::K16384,
            _ => return None,
        };
        Some(ldpc::Code::Ar4ja(rate, length))
    }
}

impl ChannelParameters {
    /// A channel as the book allows it.
    ///
    /// # Errors
    /// [`ParameterError`], which names the clause: a frame length that does not go with the code, an interleaving
    /// depth or error correction that does not exist, the TC randomizer, a convolutional code in another convention
    /// than the book's, slices without a block code, more codewords behind a marker than there may be.
    pub fn checked(self) -> Result<Channel, ParameterError> {
        if let Coding::Convolutional(code) | Coding::Concatenated { inner: code, .. } = self.coding
            && !code.is_ccsds()
        {
            return Err(ParameterError::Convention);
        }
        if self.randomizer == Some(Randomizer::Tc) {
            return Err(ParameterError::TcRandomizer);
        }
        self.deviating()
    }

    /// A channel that may deviate from the book in its randomizer and in the convention of the convolutional code,
    /// as those of some missions do.
    ///
    /// # Errors
    /// [`ParameterError`] for what cannot work.
    pub fn deviating(self) -> Result<Channel, ParameterError> {
        let Self { frame_len, slicing, .. } = self;
        // What takes the place of a frame in the codes.
        let len = slicing.map_or(frame_len, |slicing| slicing.slice_len);
        let codewords = slicing.map_or(1, |slicing| slicing.codewords);
        let most = if matches!(self.coding, Coding::Ldpc { .. }) { 8 } else { 1 };
        if !(1..=most).contains(&codewords) {
            return Err(ParameterError::Codewords { count: codewords, most });
        }
        let cadu = |coding| cadu::CaduParameters::deviating(coding, self.randomizer, Marker::ASM_32);
        let uncoded = || cadu(cadu::Coding::Uncoded { frame_len: len });
        let reed_solomon = |rs: ReedSolomon| cadu(cadu::Coding::ReedSolomon(rs.codeblock(len)?));
        let layout = match self.coding {
            Coding::Uncoded => Layout::Hard(uncoded()?),
            Coding::ReedSolomon(rs) => Layout::Hard(reed_solomon(rs)?),
            Coding::Convolutional(code) => Layout::Convolutional(code, uncoded()?),
            Coding::Concatenated { outer, inner } => Layout::Convolutional(inner, reed_solomon(outer)?),
            Coding::Ldpc { rate } => {
                let code = len.checked_mul(8).and_then(|bits| rate.code(bits));
                let code = code.ok_or(ParameterError::FrameLenOfCode { len, code: "LDPC" })?;
                Layout::Block(BlockCode::Ldpc(code), codewords)
            }
            Coding::Turbo { rate, channel_interleaved, iterations, stop_at_fecf } => {
                let code = len.checked_mul(8).and_then(|bits| turbo::Code::new(rate, bits).ok());
                let code = code.ok_or(ParameterError::FrameLenOfCode { len, code: "turbo" })?;
                let code = code.with_channel_interleaver(channel_interleaved);
                let stop_at_fecf = stop_at_fecf && slicing.is_none();
                Layout::Block(BlockCode::Turbo { code, iterations: iterations.get(), stop_at_fecf }, 1)
            }
        };
        let frames = match (slicing, self.coding) {
            (None, _) => None,
            (Some(_), Coding::Uncoded | Coding::Convolutional(_)) => return Err(ParameterError::Slices),
            (Some(_), _) => {
                let frames = cadu::Coding::Uncoded { frame_len };
                Some(cadu::CaduParameters::deviating(frames, None, Marker::ASM_32)?)
            }
        };
        Ok(Channel { parameters: self, layout, frames })
    }
}

impl ReedSolomon {
    /// The code of codeblocks that hold a frame of `frame_len` octets.
    ///
    /// # Errors
    /// [`ParameterError`] when no such code is in the book or frames are too long for it.
    pub fn codeblock(self, frame_len: usize) -> Result<Interleaved, ParameterError> {
        let code = match self.error_correction {
            16 => Code::E16,
            8 => Code::E8,
            other => return Err(ParameterError::ErrorCorrection { symbols: other }),
        };
        let most = code.data_len() * usize::from(self.interleaving_depth);
        let fill = most.checked_sub(frame_len).and_then(|fill| u16::try_from(fill).ok());
        let fill = fill.filter(|_| frame_len > 0);
        // An interleaving depth that does not exist is the better reason.
        let depth = Interleaved::new(code, Basis::Dual, self.interleaving_depth, 0)?.depth() as u8;
        let fill = fill.ok_or(ParameterError::FrameLenOfCode { len: frame_len, code: "Reed-Solomon" })?;
        Interleaved::new(code, Basis::Dual, depth, fill)
    }
}

/// A channel whose parameters go together: what both ends agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    parameters: ChannelParameters,
    pub(super) layout: Layout,
    /// Markers and frames of a stream that is cut into slices.
    pub(super) frames: Option<cadu::CaduParameters>,
}

/// What the parameters amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Hard bits, markers and blocks.
    Hard(cadu::CaduParameters),
    /// The same inside a convolutional code.
    Convolutional(Convolutional, cadu::CaduParameters),
    /// So many codewords behind each marker.
    Block(BlockCode, u8),
}

impl Channel {
    /// The parameters.
    #[must_use]
    pub const fn parameters(&self) -> ChannelParameters {
        self.parameters
    }

    /// Octets of a frame.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        self.parameters.frame_len
    }

    /// Octets that stand behind one marker, check symbols aside: a frame, or slices.
    pub(super) fn block_len(&self) -> usize {
        let Slicing { slice_len, codewords } =
            self.parameters.slicing.unwrap_or(Slicing::new(self.frame_len()));
        slice_len * usize::from(codewords)
    }

    /// Octets that each frame puts on the channel, where the receiver needs no others to find it: with Reed-Solomon alone, or
    /// no code. `None` where frames share symbols (in a convolutional code and in slices), or the search for markers on
    /// soft bits looks a frame ahead (with LDPC and turbo codes).
    #[must_use]
    pub const fn unit_len(&self) -> Option<usize> {
        match (self.layout, self.frames) {
            (Layout::Hard(cadu), None) => Some(cadu.cadu_len()),
            _ => None,
        }
    }

    /// The marker in front of each frame, codeblock or codeword on the channel.
    ///
    /// Source: CCSDS 131.0-B-5 §9.3.
    #[must_use]
    pub const fn marker(&self) -> Marker {
        match self.layout {
            Layout::Block(code, _) => code.marker(),
            Layout::Hard(_) | Layout::Convolutional(..) => Marker::ASM_32,
        }
    }
}
