use super::{Marker, SyncCounts, SyncParameters, SyncState};
use crate::coding::soft;
use crate::wire::EncodeError;

/// One block of soft bits: those between two markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftBlock {
    /// Bits of the stream in front of the block's marker, since the start.
    pub bit_position: u64,
    /// State in which it was found.
    pub state: SyncState,
    /// Bits of its marker whose hard decision is wrong.
    pub marker_distance: u8,
    /// The stream is inverted; the block's soft bits are as received.
    pub inverted: bool,
    /// Bits by which the marker came later than expected; negative when earlier.
    pub slip: i8,
}

/// Cuts a stream of soft bits into the blocks behind its markers, where symbols are too noisy for hard decisions.
///
/// In search it correlates the marker, in both polarities if asked to, with every bit position of one period, which
/// is a marker and a block, and takes the place that fits best. So noise costs one decoding a period, and a marker
/// is found with as many wrong bits as leave it the best place. In lock it looks [`SLIP`](Self::SLIP) bits to
/// either side of the place where the next marker is expected, and goes there when the marker fits far better.
///
/// The user decodes each block, then says [`confirm`](Self::confirm) or [`reject`](Self::reject). A confirmed block
/// makes lock; a rejected one before lock sends the search on right behind the place it was found in; more rejected
/// ones in a row than are to be flown over end lock. The result depends on the bits alone and not on how the stream
/// is cut.
///
/// `B` is working memory of at least [`buffer_len`](Self::buffer_len) soft bits.
#[derive(Clone, Debug)]
pub struct SoftBlockSync<B> {
    marker: Marker,
    block_bits: usize,
    parameters: SyncParameters,
    counts: SyncCounts,
    slips: u64,
    buffer: B,
    filled: usize,
    /// Bits of the stream in front of those held.
    dropped: u64,
    /// Bits of the stream, when it has ended; what is held behind them are erasures.
    end: Option<u64>,
    state: SyncState,
    /// Where the marker of the current block is or is expected, or search goes on.
    at: usize,
    inverted: bool,
    /// Rejected blocks in a row.
    run: u8,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Search,
    Expect,
    Block(Hit),
    Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hit {
    distance: u8,
    inverted: bool,
    slip: i8,
}

impl<B> SoftBlockSync<B> {
    /// Bits to either side of its place in which a marker is looked for in lock.
    pub const SLIP: usize = 4;

    /// Soft bits of working memory for blocks of `block_bits` behind `marker`.
    #[must_use]
    pub const fn buffer_len(marker: &Marker, block_bits: usize) -> usize {
        2 * (marker.bits() + block_bits) + marker.bits() + 2 * Self::SLIP
    }
}

impl<B: AsRef<[i8]> + AsMut<[i8]>> SoftBlockSync<B> {
    /// Starts in search. `block_bits` counts the bits between two markers.
    ///
    /// Of `parameters`, only `flywheel` and `inverted` matter: correlation has no bit errors to tolerate.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `buffer` is smaller than [`buffer_len`](Self::buffer_len).
    pub fn new(
        marker: Marker,
        block_bits: usize,
        parameters: SyncParameters,
        buffer: B,
    ) -> Result<Self, EncodeError> {
        let (required, available) = (Self::buffer_len(&marker, block_bits), buffer.as_ref().len());
        if available < required {
            return Err(EncodeError::Room { required, available });
        }
        Ok(Self::of_enough(marker, block_bits, parameters, buffer))
    }

    /// As [`new`](Self::new), where the caller has seen to a large enough buffer.
    pub(in crate::coding) fn of_enough(
        marker: Marker,
        block_bits: usize,
        parameters: SyncParameters,
        buffer: B,
    ) -> Self {
        Self {
            marker,
            block_bits,
            parameters,
            counts: SyncCounts::default(),
            slips: 0,
            buffer,
            filled: 0,
            dropped: 0,
            end: None,
            state: SyncState::Search,
            at: 0,
            inverted: false,
            run: 0,
            stage: Stage::Search,
        }
    }

    /// The marker.
    #[must_use]
    pub const fn marker(&self) -> Marker {
        self.marker
    }

    /// What is thought of the stream now.
    #[must_use]
    pub fn state(&self) -> SyncState {
        self.state
    }

    /// Totals since the start; `octets` are eight soft bits each.
    #[must_use]
    pub fn counts(&self) -> SyncCounts {
        SyncCounts { octets: (self.dropped + self.filled as u64) / 8, ..self.counts }
    }

    /// Markers that did not come where they were expected.
    #[must_use]
    pub fn slips(&self) -> u64 {
        self.slips
    }

    /// The soft bits of the last block given out, as received.
    #[must_use]
    pub fn soft(&self) -> &[i8] {
        &self.buffer.as_ref()[self.at + self.marker.bits()..][..self.block_bits]
    }

    /// Takes soft bits from the front of `input` until a block is complete, which is then in
    /// [`soft`](Self::soft).
    ///
    /// Returns what is left of `input`. Call it again with that, also when it is empty, until there is no block.
    pub fn push<'i>(&mut self, mut input: &'i [i8]) -> (&'i [i8], Option<SoftBlock>) {
        if self.stage == Stage::Given {
            self.reject();
        }
        loop {
            input = self.fill(input, self.needed());
            if self.filled < self.needed() {
                return (input, None);
            }
            match self.stage {
                Stage::Search => self.search(),
                Stage::Expect => self.expect(),
                Stage::Block(hit) => {
                    let end = self.dropped + (self.at + self.period()) as u64;
                    if self.end.is_some_and(|of_stream| end > of_stream) {
                        return (input, None);
                    }
                    return (input, Some(self.give(hit)));
                }
                Stage::Given => {}
            }
        }
    }

    /// Says that the stream ends here, so that its last blocks need not wait for what stands behind them. Call
    /// [`push`](Self::push) with nothing until there is no block.
    pub fn finish(&mut self) {
        self.end.get_or_insert(self.dropped + self.filled as u64);
    }

    /// Says that the last block given out was decoded.
    pub fn confirm(&mut self) {
        if self.stage != Stage::Given {
            return;
        }
        self.counts.locks += u64::from(self.state == SyncState::Verify);
        self.state = SyncState::Lock;
        self.run = 0;
        self.at += self.period();
        self.stage = Stage::Expect;
    }

    /// Says that the last block given out could not be decoded.
    pub fn reject(&mut self) {
        if self.stage != Stage::Given {
            return;
        }
        self.run = self.run.saturating_add(1);
        if self.state == SyncState::Verify {
            self.counts.candidates_rejected += 1;
        } else if self.run > self.parameters.flywheel {
            self.counts.locks_lost += 1;
        } else {
            self.state = SyncState::Flywheel;
            self.at += self.period();
            self.stage = Stage::Expect;
            return;
        }
        self.state = SyncState::Search;
        self.run = 0;
        self.at += 1;
        self.stage = Stage::Search;
    }

    /// Bits from one marker to the next.
    fn period(&self) -> usize {
        self.marker.bits() + self.block_bits
    }

    /// Bits that have to be held before the next step.
    fn needed(&self) -> usize {
        match self.stage {
            Stage::Search => self.at + self.period() + self.marker.bits() - 1,
            Stage::Expect => self.at + Self::SLIP + self.marker.bits(),
            Stage::Block(_) | Stage::Given => self.at + self.period(),
        }
    }

    /// Takes in what is needed and no more, after making room.
    fn fill<'i>(&mut self, input: &'i [i8], needed: usize) -> &'i [i8] {
        let Some(missing) = needed.checked_sub(self.filled).filter(|missing| *missing > 0) else {
            return input;
        };
        let gone = self.at.saturating_sub(Self::SLIP).min(self.filled);
        if needed > self.buffer.as_ref().len() {
            self.buffer.as_mut().copy_within(gone..self.filled, 0);
            self.filled -= gone;
            self.at -= gone;
            self.dropped += gone as u64;
        }
        let room = &mut self.buffer.as_mut()[self.filled..];
        if self.end.is_some() {
            let count = missing.min(room.len());
            room[..count].fill(0);
            self.filled += count;
            return input;
        }
        let count = missing.min(room.len()).min(input.len());
        let (now, later) = input.split_at(count);
        room[..count].copy_from_slice(now);
        self.filled += count;
        later
    }

    /// Finds the best place for the marker within one period.
    fn search(&mut self) {
        let held = &self.buffer.as_ref()[self.at..][..self.period() + self.marker.bits() - 1];
        let bits = self.marker.bits();
        let mut magnitude: u32 = held[..bits - 1].iter().map(|soft| u32::from(soft.unsigned_abs())).sum();
        let mut best: Option<(usize, i32, u32)> = None;
        for first in (0..self.period()).step_by(STRIDE) {
            let count = STRIDE.min(self.period() - first);
            let mut fits = [0i16; STRIDE];
            correlate(&self.marker, &held[first..], &mut fits[..count]);
            for (offset, &fit) in fits[..count].iter().enumerate() {
                let place = first + offset;
                magnitude += u32::from(held[place + bits - 1].unsigned_abs());
                let fit = i32::from(fit);
                let fit = if self.parameters.inverted { fit.abs() } else { fit };
                // The share of the magnitude that fits is compared, so that a change of amplitude does not count.
                let better = best.is_none_or(|(_, best, of)| {
                    i64::from(fit) * i64::from(of) > i64::from(best) * i64::from(magnitude)
                });
                if fit > 0 && better {
                    best = Some((place, fit, magnitude));
                }
                magnitude -= u32::from(held[place].unsigned_abs());
            }
        }
        match best.filter(|&(_, fit, magnitude)| 3 * fit as u32 >= magnitude) {
            Some((place, ..)) => {
                self.at += place;
                self.state = SyncState::Verify;
                self.accept(0);
            }
            None => {
                self.at += self.period();
                if self.end.is_some_and(|end| self.dropped + self.at as u64 >= end) {
                    // Nothing but erasures is left: the place of a block that is never complete.
                    self.stage = Stage::Block(Hit { distance: 0, inverted: false, slip: 0 });
                }
            }
        }
    }

    /// Looks for the marker around the place where it is due.
    fn expect(&mut self) {
        let early = Self::SLIP.min(self.at);
        let from = self.at - early;
        let held = &self.buffer.as_ref()[from..self.at + Self::SLIP + self.marker.bits()];
        let mut fits = [0i16; STRIDE];
        let fits = &mut fits[..early + Self::SLIP + 1];
        correlate(&self.marker, held, fits);
        let fit = |at: usize| {
            let fit = i32::from(fits[at]);
            if self.parameters.inverted { fit.abs() } else { fit }
        };
        let magnitude: i32 =
            held[early..][..self.marker.bits()].iter().map(|soft| i32::from(soft.unsigned_abs())).sum();
        let best = (0..fits.len()).max_by_key(|&at| (fit(at), core::cmp::Reverse(at.abs_diff(early))));
        // In noise another place may fit a little better than the true one.
        let place = best.filter(|&at| fit(at) > fit(early) + magnitude / 3).unwrap_or(early);
        let slip = place as i8 - early as i8;
        self.at = from + place;
        self.accept(slip);
    }

    fn accept(&mut self, slip: i8) {
        let held = &self.buffer.as_ref()[self.at..][..self.marker.bits()];
        let mut octets = [0; Marker::MAX_LEN];
        soft::hard(held, &mut octets);
        let bits = self.marker.bits() as u32;
        let upright = self.marker.distance(&octets[..self.marker.octet_len()], 0).unwrap_or(bits);
        let mut fit = [0];
        correlate(&self.marker, held, &mut fit);
        self.inverted = self.parameters.inverted && (fit[0] < 0 || fit[0] == 0 && self.inverted);
        let distance = if self.inverted { bits - upright } else { upright } as u8;
        self.stage = Stage::Block(Hit { distance, inverted: self.inverted, slip });
    }

    fn give(&mut self, hit: Hit) -> SoftBlock {
        self.counts.blocks += 1;
        self.slips += u64::from(hit.slip != 0);
        self.counts.marker_bit_errors += u64::from(hit.distance);
        self.counts.flywheels += u64::from(self.state == SyncState::Flywheel);
        self.stage = Stage::Given;
        SoftBlock {
            bit_position: self.dropped + self.at as u64,
            state: self.state,
            marker_distance: hit.distance,
            inverted: hit.inverted,
            slip: hit.slip,
        }
    }
}

/// Places that are correlated at a time.
const STRIDE: usize = 256;

/// How well the marker fits at each place: sums of soft bits that may be 192 times 127.
fn correlate(marker: &Marker, held: &[i8], fits: &mut [i16]) {
    fits.fill(0);
    for bit in 0..marker.bits() {
        let one = marker.octets()[bit / 8] >> (7 - bit % 8) & 1 == 1;
        let sign = if one { -1 } else { 1 };
        for (fit, soft) in fits.iter_mut().zip(&held[bit..]) {
            *fit += i16::from((*soft).max(-127)) * sign;
        }
    }
}
