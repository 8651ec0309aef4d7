use crate::coding::ParameterError;
use crate::coding::randomizer::Randomizer;
use crate::coding::rs::{Basis, Interleaved};
use crate::coding::sync::Marker;
use crate::wire::EncodeError;

/// How a frame becomes the block behind the marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coding {
    /// The frame itself; its own check sequence is the only protection.
    Uncoded {
        /// Octets of a frame.
        frame_len: usize,
    },
    /// A Reed-Solomon codeblock.
    ReedSolomon(Interleaved),
}

impl Coding {
    /// Octets of a frame.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        match self {
            Self::Uncoded { frame_len } => *frame_len,
            Self::ReedSolomon(rs) => rs.frame_len(),
        }
    }

    /// Octets behind the marker.
    #[must_use]
    pub const fn block_len(&self) -> usize {
        match self {
            Self::Uncoded { frame_len } => *frame_len,
            Self::ReedSolomon(rs) => rs.codeblock_len(),
        }
    }
}

/// Managed parameters of a channel's coding: what sender and receiver agree on beforehand.
///
/// Source: CCSDS 131.0-B-5 §12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaduParameters {
    coding: Coding,
    randomizer: Option<Randomizer>,
    marker: Marker,
}

/// What decoding said about one block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockQuality {
    /// Symbols repaired.
    pub symbols_corrected: u16,
    /// Codewords left as received.
    pub codewords_uncorrectable: u8,
    /// Codewords in the block; zero when nothing but the marker says that it is one.
    pub codewords: u8,
}

impl CaduParameters {
    /// The longest frame of any frame protocol, that of USLP.
    ///
    /// Source: CCSDS 732.1-B-3 §4.1.2.7.
    pub const MAX_FRAME_LEN: usize = 65_536;

    /// Parameters that the book allows.
    ///
    /// No randomizer is allowed, as issue 5 has it; issue 6 demands one.
    ///
    /// # Errors
    /// [`ParameterError`] for a frame length that no frame protocol has, a Reed-Solomon code in the conventional
    /// basis, the TC randomizer, or a marker other than [`Marker::ASM_32`], which all codes here share.
    ///
    /// Source: CCSDS 131.0-B-5 §4.4.2, §9.3, §10 and §11.
    pub fn checked(
        coding: Coding,
        randomizer: Option<Randomizer>,
        marker: Marker,
    ) -> Result<Self, ParameterError> {
        if let Coding::ReedSolomon(rs) = coding
            && rs.codeword().basis() != Basis::Dual
        {
            return Err(ParameterError::Basis);
        }
        if randomizer == Some(Randomizer::Tc) {
            return Err(ParameterError::TcRandomizer);
        }
        if marker != Marker::ASM_32 {
            return Err(ParameterError::Marker { bits: marker.bits() as u16 });
        }
        Self::deviating(coding, randomizer, marker)
    }

    /// Any parameters that can work, for missions that deviate from the book.
    ///
    /// # Errors
    /// [`ParameterError::FrameLen`] when it is zero or above [`MAX_FRAME_LEN`](Self::MAX_FRAME_LEN).
    pub fn deviating(
        coding: Coding,
        randomizer: Option<Randomizer>,
        marker: Marker,
    ) -> Result<Self, ParameterError> {
        let (len, max) = (coding.frame_len(), Self::MAX_FRAME_LEN);
        if len == 0 || len > max {
            return Err(ParameterError::FrameLen { len, max });
        }
        Ok(Self { coding, randomizer, marker })
    }

    /// The same with another view of bursts in Reed-Solomon codeblocks: see [`Interleaved::with_bursts`].
    #[must_use]
    pub const fn with_bursts(self, bursts: bool) -> Self {
        match self.coding {
            Coding::ReedSolomon(rs) => Self { coding: Coding::ReedSolomon(rs.with_bursts(bursts)), ..self },
            Coding::Uncoded { .. } => self,
        }
    }

    /// How a frame becomes the block behind the marker.
    #[must_use]
    pub const fn coding(&self) -> Coding {
        self.coding
    }

    /// What is exclusive-or'd over the block.
    #[must_use]
    pub const fn randomizer(&self) -> Option<Randomizer> {
        self.randomizer
    }

    /// What goes in front.
    #[must_use]
    pub const fn marker(&self) -> Marker {
        self.marker
    }

    /// Octets of a frame.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        self.coding.frame_len()
    }

    /// Octets behind the marker.
    #[must_use]
    pub const fn block_len(&self) -> usize {
        self.coding.block_len()
    }

    /// Octets of a CADU.
    #[must_use]
    pub const fn cadu_len(&self) -> usize {
        self.marker.octet_len() + self.block_len()
    }

    /// Writes the CADU of `frame` to the front of `out` and returns its length.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when `frame` has not [`frame_len`](Self::frame_len) octets, [`EncodeError::Room`]
    /// when `out` is too small.
    pub fn encode(&self, frame: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        if frame.len() != self.frame_len() {
            return Err(EncodeError::field("CADU", "frame length", frame.len() as u64));
        }
        let (required, available) = (self.cadu_len(), out.len());
        let cadu = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let (marker, block) = cadu.split_at_mut(self.marker.octet_len());
        marker.copy_from_slice(self.marker.octets());
        match self.coding {
            Coding::Uncoded { .. } => block.copy_from_slice(frame),
            Coding::ReedSolomon(rs) => {
                rs.encode(frame, block)?;
            }
        }
        if let Some(randomizer) = self.randomizer {
            randomizer.apply(block);
        }
        Ok(required)
    }

    /// Derandomizes and repairs one block in place; the frame is then its first
    /// [`frame_len`](Self::frame_len) octets.
    ///
    /// For links that deliver whole blocks; a stream goes through [`CaduReceiver`](super::CaduReceiver). Codewords
    /// beyond repair are left as received and counted, and so is a block of another length than
    /// [`block_len`](Self::block_len).
    pub fn decode_block(&self, block: &mut [u8]) -> BlockQuality {
        if let Some(randomizer) = self.randomizer {
            randomizer.apply(block);
        }
        match self.coding {
            Coding::Uncoded { .. } => BlockQuality::default(),
            Coding::ReedSolomon(rs) => {
                let codewords = rs.depth() as u8;
                match rs.correct(block, &[]) {
                    Ok(each) => BlockQuality {
                        symbols_corrected: each.symbols(),
                        codewords_uncorrectable: each.uncorrectable(),
                        codewords,
                    },
                    Err(_) => {
                        BlockQuality { codewords_uncorrectable: codewords, codewords, ..Default::default() }
                    }
                }
            }
        }
    }
}
