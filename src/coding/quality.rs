//! What comes out of receive chains: frames, and how well they were received.

use super::sync::SyncState;

/// A frame that came out of the receive chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedFrame<'a> {
    /// The frame's octets. Where a codeword could not be repaired they are as received, derandomized,
    /// but those of a turbo code are the decoder's last guess, which may be right.
    pub frame: &'a [u8],
    /// How well it was received.
    pub quality: Quality,
}

/// How well one frame was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Bits in front of the frame's marker since the start: of the channel, or where there is an inner or slicing
    /// code, of what that decoded.
    pub bit_position: u64,
    /// State in which the frame was found. In [`SyncState::Verify`] an uncoded frame may be no frame at all.
    pub sync: SyncState,
    /// Wrong bits in the frame's marker; zero when it was missing.
    pub marker_distance: u8,
    /// The stream was inverted, and was set right.
    pub inverted: bool,
    /// Bits by which the marker came later than expected; negative when earlier.
    pub slip: i8,
    /// Symbols (of a Reed-Solomon code) or bits (of an LDPC or turbo code) repaired.
    pub symbols_corrected: u32,
    /// Iterations of the LDPC or turbo decoder.
    pub iterations: u32,
    /// Codewords that the frame was spread over; zero where nothing but its marker says that it is a frame.
    pub codewords: u8,
    /// How many of them could not be repaired.
    pub codewords_uncorrectable: u8,
}

impl Quality {
    /// Whether the marker was missing and the frame is where it was expected.
    #[must_use]
    pub const fn is_flown_over(&self) -> bool {
        matches!(self.sync, SyncState::Flywheel)
    }

    /// Whether a block code vouches for every octet of the frame.
    ///
    /// A turbo code vouches for less than the others; a frame in it has a check sequence of its own.
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        self.codewords > 0 && self.codewords_uncorrectable == 0
    }
}
