use alloc::vec::Vec;

use crate::frame::uslp::UslpParameters;
use crate::wire::DecodeError;

/// How long the pieces of a stream without markers are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lengths {
    /// All so long; not zero.
    Fixed(usize),
    /// As long as each says.
    Said(UslpParameters),
}

impl Lengths {
    /// Octets of the piece that begins `octets`; `None` when they are too few to tell.
    fn of(&self, octets: &[u8]) -> Result<Option<usize>, DecodeError> {
        match self {
            Self::Fixed(len) => Ok(Some(*len)),
            Self::Said(uslp) => uslp.peek_len(octets),
        }
    }
}

/// Cuts a stream of pieces without markers.
///
/// Where no piece can begin an octet is skipped, and the next is tried. So a length that was received wrong costs the frames
/// it covers, and then some octets.
#[derive(Debug)]
pub(super) struct Cutter {
    lengths: Lengths,
    /// A piece whose end has not come.
    part: Vec<u8>,
    skipped: u64,
}

impl Cutter {
    pub(super) fn new(lengths: Lengths) -> Self {
        Self { lengths, part: Vec::new(), skipped: 0 }
    }

    /// Hands every whole piece to `each`, where it lies if it can.
    pub(super) fn cut(&mut self, mut octets: &[u8], mut each: impl FnMut(&[u8])) {
        let Self { lengths, part, skipped } = self;
        while !part.is_empty() {
            match lengths.of(part) {
                Ok(Some(len)) => {
                    let missing = len.saturating_sub(part.len());
                    let (now, later) = octets.split_at(missing.min(octets.len()));
                    part.extend_from_slice(now);
                    octets = later;
                    if part.len() < len {
                        return;
                    }
                    each(&part[..len]);
                    part.drain(..len);
                }
                Ok(None) => {
                    let Some((next, later)) = octets.split_first() else { return };
                    part.push(*next);
                    octets = later;
                }
                Err(_) => {
                    part.remove(0);
                    *skipped += 1;
                }
            }
        }
        loop {
            match lengths.of(octets) {
                Ok(Some(len)) if len <= octets.len() => {
                    let (piece, later) = octets.split_at(len);
                    each(piece);
                    octets = later;
                }
                Ok(_) => break,
                Err(_) => {
                    // Only octets that are there can be wrong.
                    octets = octets.get(1..).unwrap_or_default();
                    *skipped += 1;
                }
            }
        }
        part.extend_from_slice(octets);
    }

    /// Octets of a piece that waits for its end.
    pub(super) const fn waiting(&self) -> usize {
        self.part.len()
    }

    /// Octets at which no piece began.
    pub(super) const fn skipped(&self) -> u64 {
        self.skipped
    }
}
