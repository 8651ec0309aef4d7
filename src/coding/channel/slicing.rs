use super::{Quality, ReceivedFrame};
use crate::coding::cadu::{CaduParameters, CaduReceiver};
use crate::coding::sync::SyncParameters;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::Range;

/// Finds the frames in a stream that was cut into slices without regard to them.
///
/// A codeword beyond repair, or one that is missing, makes every frame it touches doubtful.
///
/// Source: CCSDS 131.0-B-5 §8.3; 131.0-B-6 §3.
#[derive(Debug)]
pub(super) struct Deslicer {
    frames: CaduReceiver<Vec<u8>>,
    frame_bits: u64,
    slice_len: usize,
    /// Bits of the channel from one codeblock to the next.
    period: u64,
    /// Bits of the stream that were taken in.
    taken: u64,
    /// Where the next codeblock has to begin on the channel, if none is missing.
    due: Option<u64>,
    /// Where in the stream, in order, bits are wrong or missing.
    doubtful: VecDeque<Range<u64>>,
    /// Where the last of the codewords taken in begin, which says how many a frame touches.
    starts: VecDeque<u64>,
}

impl Deslicer {
    pub(super) fn new(frames: CaduParameters, sync: SyncParameters, slice_len: usize, period: u64) -> Self {
        Self {
            frames: CaduReceiver::with_vec(frames, sync),
            frame_bits: 8 * frames.cadu_len() as u64,
            slice_len,
            period,
            taken: 0,
            due: None,
            doubtful: VecDeque::new(),
            starts: VecDeque::new(),
        }
    }

    /// Takes the slices of a codeblock that began at this bit of the channel; bit `n` of `failed` says that codeword `n`
    /// is beyond repair.
    pub(super) fn receive(
        &mut self,
        block: &[u8],
        failed: u8,
        bit_position: u64,
        mut each: impl FnMut(ReceivedFrame<'_>),
    ) {
        let missing = self.due.is_some_and(|due| bit_position.abs_diff(due) > 8);
        if missing {
            // What is in front of the gap and what is behind it do not belong together.
            self.doubtful.push_back(self.taken.saturating_sub(1)..self.taken + 1);
        }
        self.due = Some(bit_position + self.period);
        for (at, slice) in block.chunks_exact(self.slice_len).enumerate() {
            self.slice(slice, failed >> at & 1 != 0, &mut each);
        }
    }

    fn slice(&mut self, slice: &[u8], bad: bool, mut each: impl FnMut(ReceivedFrame<'_>)) {
        let end = self.taken + 8 * slice.len() as u64;
        if bad {
            self.doubtful.push_back(self.taken..end);
        }
        self.starts.push_back(self.taken);
        self.taken = end;
        let Self { frames, frame_bits, doubtful, starts, .. } = self;
        frames.receive(slice, |frame| {
            let from = frame.quality.bit_position;
            let span = from..from + *frame_bits;
            // Frames come in order: what lies in front of this one is done with.
            while doubtful.front().is_some_and(|range| range.end <= span.start) {
                doubtful.pop_front();
            }
            while starts.get(1).is_some_and(|&next| next <= span.start) {
                starts.pop_front();
            }
            let touched = starts.iter().filter(|&&start| start < span.end).count();
            let wrong = doubtful.iter().filter(|range| range.start < span.end).count();
            let quality = Quality {
                bit_position: from,
                sync: frame.quality.sync,
                marker_distance: frame.quality.marker_distance,
                inverted: frame.quality.inverted,
                slip: 0,
                symbols_corrected: 0,
                iterations: 0,
                codewords: u8::try_from(touched).unwrap_or(u8::MAX),
                codewords_uncorrectable: u8::try_from(wrong).unwrap_or(u8::MAX),
            };
            each(ReceivedFrame { frame: frame.frame, quality });
        });
        // No frame that is still to come begins further back than this.
        let oldest = self.taken.saturating_sub(3 * self.frame_bits);
        while self.doubtful.front().is_some_and(|range| range.end <= oldest) {
            self.doubtful.pop_front();
        }
        while self.starts.get(1).is_some_and(|&next| next <= oldest) {
            self.starts.pop_front();
        }
    }
}
