use super::{CaduParameters, Coding};
use crate::coding::quality::{Quality, ReceivedFrame};
use crate::coding::sync::{Block, BlockSync, SyncCounts, SyncParameters, SyncState};
use crate::wire::EncodeError;

/// Running totals of a receive chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkQuality {
    /// Frames handed up.
    pub frames: u64,
    /// Frames handed up with a codeword beyond repair.
    pub frames_uncorrectable: u64,
    /// Blocks that were not handed up, because nothing but chance spoke for them: not one in lock, with a codeword
    /// beyond repair and no marker in front, or before lock.
    pub blocks_dropped: u64,
    /// Symbols repaired.
    pub symbols_corrected: u64,
    /// Codewords of handed-up frames that could not be repaired.
    pub codewords_uncorrectable: u64,
    /// What the marker search counts.
    pub sync: SyncCounts,
}

/// The receive chain: markers, derandomizer, decoder.
///
/// Frames come out in the order received, equal for any cutting of the stream.
///
/// # What is promised
/// With Reed-Solomon coding every CADU whose marker has at most `search_tolerance` wrong bits and whose codewords
/// can all be repaired is handed up, whatever is in front of it: noise, cut or repeated CADUs, slipped bits. The
/// only exceptions are a stretch of stream that overlaps it and is itself within reach of I codewords, and a
/// marker that appears by chance exactly where the one behind an overlapping repaired codeblock is due.
/// Without coding, a CADU that begins inside a stretch with a marker at both ends one CADU apart is
/// taken for data.
///
/// Frames with codewords beyond repair are handed up, marked, while in lock; before lock they are dropped, as is a
/// flywheel frame in which another marker is found.
///
/// `B` is working memory of at least [`buffer_len`](Self::buffer_len) octets: an array, a slice, a vector.
#[derive(Clone, Debug)]
pub struct CaduReceiver<B> {
    parameters: CaduParameters,
    sync: BlockSync<B>,
    totals: LinkQuality,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> CaduReceiver<B> {
    /// Octets of working memory for a channel with these parameters.
    #[must_use]
    pub const fn buffer_len(parameters: &CaduParameters) -> usize {
        BlockSync::<B>::buffer_len(&parameters.marker(), parameters.block_len())
    }

    /// Starts in search.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `buffer` is smaller than [`buffer_len`](Self::buffer_len).
    pub fn new(parameters: CaduParameters, sync: SyncParameters, buffer: B) -> Result<Self, EncodeError> {
        let sync = BlockSync::new(parameters.marker(), parameters.block_len(), sync, buffer)?;
        Ok(Self { parameters, sync, totals: LinkQuality::default() })
    }

    /// What both ends agreed on.
    #[must_use]
    pub const fn parameters(&self) -> CaduParameters {
        self.parameters
    }

    /// What is thought of the stream now.
    #[must_use]
    pub fn state(&self) -> SyncState {
        self.sync.state()
    }

    /// Totals since the start.
    #[must_use]
    pub fn totals(&self) -> LinkQuality {
        LinkQuality { sync: self.sync.counts(), ..self.totals }
    }

    /// Takes octets from the front of `input` until a frame is complete.
    ///
    /// Returns what is left of `input`. Call it again with that, also when it is empty, until there is no frame.
    pub fn push<'i>(&mut self, mut input: &'i [u8]) -> (&'i [u8], Option<ReceivedFrame<'_>>) {
        loop {
            let (rest, block) = self.sync.push(input);
            input = rest;
            let Some(block) = block else { return (input, None) };
            if let Some(quality) = self.decode(&block) {
                let frame = &self.sync.octets()[..self.parameters.frame_len()];
                return (input, Some(ReceivedFrame { frame, quality }));
            }
        }
    }

    /// Hands every frame that `input` completes to `each`.
    pub fn receive(&mut self, mut input: &[u8], mut each: impl FnMut(ReceivedFrame<'_>)) {
        loop {
            let (rest, frame) = self.push(input);
            input = rest;
            let Some(frame) = frame else { return };
            each(frame);
        }
    }

    /// Decodes the block just found and tells the search what came of it; `None` when it is not to be handed up.
    fn decode(&mut self, block: &Block) -> Option<Quality> {
        let decoded = self.parameters.decode_block(self.sync.octets_mut());
        let readable = decoded.codewords_uncorrectable == 0;
        let by_chance = if decoded.codewords == 0 {
            block.doubtful
        } else if readable {
            self.sync.confirm(self.loose_tail(decoded.symbols_corrected));
            false
        } else {
            self.sync.reject();
            block.doubtful || block.state == SyncState::Verify
        };
        if by_chance {
            self.totals.blocks_dropped += 1;
            return None;
        }
        self.totals.frames += 1;
        self.totals.frames_uncorrectable += u64::from(!readable);
        self.totals.symbols_corrected += u64::from(decoded.symbols_corrected);
        self.totals.codewords_uncorrectable += u64::from(decoded.codewords_uncorrectable);
        Some(Quality {
            bit_position: block.bit_position,
            sync: block.state,
            marker_distance: block.marker_distance,
            inverted: block.inverted,
            slip: 0,
            symbols_corrected: decoded.symbols_corrected.into(),
            iterations: 0,
            codewords: decoded.codewords,
            codewords_uncorrectable: decoded.codewords_uncorrectable,
        })
    }

    /// Octets at the end of a codeblock that the decoder may have made up.
    ///
    /// When the stream lost a little at the end of a codeblock, the next marker begins there and its octets were
    /// repaired away as errors. As many octets as there are check symbols leave room for octets that were right
    /// by chance.
    fn loose_tail(&self, symbols_corrected: u16) -> usize {
        match self.parameters.coding() {
            Coding::ReedSolomon(rs) if symbols_corrected > 0 => rs.check_len(),
            _ => 0,
        }
    }
}

#[cfg(feature = "alloc")]
impl CaduReceiver<alloc::vec::Vec<u8>> {
    /// Starts in search, with working memory of its own.
    #[must_use]
    pub fn with_vec(parameters: CaduParameters, sync: SyncParameters) -> Self {
        let buffer = alloc::vec![0; Self::buffer_len(&parameters)];
        let sync = BlockSync::of_enough(parameters.marker(), parameters.block_len(), sync, buffer);
        Self { parameters, sync, totals: LinkQuality::default() }
    }
}
