use super::{Finder, Hit, Marker};
use crate::wire::EncodeError;

/// How [`BlockSync`] decides.
///
/// # States
/// **Search** looks at every bit position, both polarities if asked to. A marker within
/// [`search_tolerance`](Self::search_tolerance) leads to **verify**, where the next marker has to come one block
/// later; [`verify`](Self::verify) of them in a row, or one block confirmed by its decoder, make **lock**. In lock
/// a marker may have [`locked_tolerance`](Self::locked_tolerance) wrong bits. One that has more is flown over
/// (**flywheel**), [`flywheel`](Self::flywheel) times in a row at most; any good marker or confirmed block ends
/// that, one more missing marker is a loss of lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncParameters {
    /// Wrong bits allowed in a marker found by search.
    pub search_tolerance: u8,
    /// Wrong bits allowed in a marker where one is expected; at least `search_tolerance`, else that counts.
    pub locked_tolerance: u8,
    /// Further markers in their place until lock is declared.
    pub verify: u8,
    /// Missing markers in a row that are flown over.
    pub flywheel: u8,
    /// Also take a stream with all bits inverted, as a phase ambiguity of the demodulator makes it.
    pub inverted: bool,
}

impl Default for SyncParameters {
    /// 2 wrong bits in search, 4 in lock, 1 marker to verify, 4 to fly over, both polarities.
    ///
    /// With a 32-bit marker a random bit position passes the search at odds of 2.5·10^-7, and at a bit error rate
    /// of 10^-2 a true marker passes it at 99.6 %.
    fn default() -> Self {
        Self { search_tolerance: 2, locked_tolerance: 4, verify: 1, flywheel: 4, inverted: true }
    }
}

/// What [`BlockSync`] thinks of the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SyncState {
    /// No marker is known.
    #[default]
    Search,
    /// A marker was found and is on trial.
    Verify,
    /// Markers come where they are expected.
    Lock,
    /// As lock, but the last marker was damaged beyond recognition.
    Flywheel,
}

/// One block: the bits between two markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Bits of the stream in front of the block's marker, since the start.
    pub bit_position: u64,
    /// State in which it was found. In [`SyncState::Flywheel`] its own marker was missing.
    pub state: SyncState,
    /// Wrong bits in its marker.
    pub marker_distance: u8,
    /// The stream is inverted; the block's octets are set right.
    pub inverted: bool,
    /// A flywheel block that has another marker within it. Unless its decoder confirms it, it is no block, and
    /// [`BlockSync`] goes on at that marker.
    pub doubtful: bool,
}

/// Running totals of [`BlockSync`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncCounts {
    /// Octets taken in.
    pub octets: u64,
    /// Blocks given out, doubtful ones included.
    pub blocks: u64,
    /// Wrong bits in markers that were recognized.
    pub marker_bit_errors: u64,
    /// Blocks given out although their marker was missing.
    pub flywheels: u64,
    /// Times lock was declared.
    pub locks: u64,
    /// Times it was lost.
    pub locks_lost: u64,
    /// Markers found by search that proved not to be one.
    pub candidates_rejected: u64,
}

/// Cuts a stream of bits into the blocks behind its markers.
///
/// Feed octets to [`push`](Self::push), which gives blocks one at a time. A user that can tell a true block from
/// random bits says so by [`confirm`](Self::confirm) or [`reject`](Self::reject) before the next `push`.
///
/// # What is promised
/// The blocks given out depend on the bits alone, not on how the stream is cut into pieces. A block whose marker
/// has at most `search_tolerance` wrong bits is given out, in any state and whatever came before it, unless
///
/// - it begins inside a block that was confirmed, or
/// - it begins inside a block of which nothing was said, when that block's own marker was there and another one
///   came in its place right behind it.
///
/// So with a decoder that confirms only true blocks and rejects all others, nothing with an intact marker is ever
/// missed. The price is work: a stream full of false markers costs a decoding for each.
///
/// `B` is working memory of at least [`buffer_len`](Self::buffer_len) octets.
#[derive(Clone, Debug)]
pub struct BlockSync<B> {
    marker: Marker,
    finder: Finder,
    block_len: usize,
    parameters: SyncParameters,
    counts: SyncCounts,
    buffer: B,
    /// Octets of the stream that are held, behind the room for the block given out.
    filled: usize,
    /// Octets of the stream in front of those.
    dropped: u64,
    state: SyncState,
    stage: Stage,
    /// First bit held that could still begin a marker.
    floor: usize,
    /// Where the next marker is expected, or the current block's marker is; not used in search.
    at: usize,
    inverted: bool,
    /// Good markers in a row in verify; missing ones in a row in flywheel.
    run: u8,
    rejected: bool,
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Look for a marker from `floor` on.
    Scan,
    /// Look at the marker expected at `at`.
    Marker,
    /// Give out the block behind the marker at `at`, which had this many wrong bits, or none was recognized.
    Block(Option<u8>),
    /// The block at `at` was given out and nothing was said about it yet. As above, and where another marker was
    /// found in a block without one.
    Given(Option<u8>, Option<usize>),
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> BlockSync<B> {
    /// Octets of working memory for blocks of `block_len` octets behind `marker`.
    #[must_use]
    pub const fn buffer_len(marker: &Marker, block_len: usize) -> usize {
        block_len + stream_len(marker, block_len)
    }

    /// Starts in search. `block_len` counts the octets between two markers.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `buffer` is smaller than [`buffer_len`](Self::buffer_len).
    pub fn new(
        marker: Marker,
        block_len: usize,
        parameters: SyncParameters,
        buffer: B,
    ) -> Result<Self, EncodeError> {
        let (required, available) = (Self::buffer_len(&marker, block_len), buffer.as_ref().len());
        if available < required {
            return Err(EncodeError::Room { required, available });
        }
        Ok(Self::of_enough(marker, block_len, parameters, buffer))
    }

    /// As [`new`](Self::new), where the caller has seen to a large enough buffer.
    pub(in crate::coding) fn of_enough(
        marker: Marker,
        block_len: usize,
        parameters: SyncParameters,
        buffer: B,
    ) -> Self {
        let finder = Finder::new(&marker, parameters.search_tolerance.into(), parameters.inverted);
        Self {
            marker,
            finder,
            block_len,
            parameters,
            counts: SyncCounts::default(),
            buffer,
            filled: 0,
            dropped: 0,
            state: SyncState::Search,
            stage: Stage::Scan,
            floor: 0,
            at: 0,
            inverted: false,
            run: 0,
            rejected: false,
        }
    }

    /// What is thought of the stream now.
    #[must_use]
    pub fn state(&self) -> SyncState {
        self.state
    }

    /// Totals since the start.
    #[must_use]
    pub fn counts(&self) -> SyncCounts {
        self.counts
    }

    /// The octets of the last block given out.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.buffer.as_ref()[..self.block_len]
    }

    /// The same, to be decoded in place.
    pub fn octets_mut(&mut self) -> &mut [u8] {
        &mut self.buffer.as_mut()[..self.block_len]
    }

    /// Takes octets from the front of `input` until a block is complete, which is then in
    /// [`octets`](Self::octets).
    ///
    /// Returns what is left of `input`. Call it again with that, also when it is empty, until there is no block.
    pub fn push<'i>(&mut self, mut input: &'i [u8]) -> (&'i [u8], Option<Block>) {
        self.settle();
        loop {
            match self.stage {
                Stage::Scan => {
                    input = self.refill(input);
                    if !self.scan() && input.is_empty() {
                        return (input, None);
                    }
                }
                Stage::Marker => {
                    input = self.fill(input, self.marker.bits());
                    if !self.holds(self.marker.bits()) {
                        return (input, None);
                    }
                    self.judge_marker();
                }
                Stage::Block(distance) => {
                    input = self.fill(input, self.span());
                    if !self.holds(self.span()) {
                        return (input, None);
                    }
                    return (input, Some(self.give(distance)));
                }
                Stage::Given(..) => self.settle(),
            }
        }
    }

    /// Says that the last block given out is a true one, so that no marker can be inside it.
    ///
    /// `loose_tail`: octets at its end that may belong to something else, because a decoder replaced that many.
    pub fn confirm(&mut self, loose_tail: usize) {
        if !matches!(self.stage, Stage::Given(..)) {
            return;
        }
        if self.state != SyncState::Lock {
            if self.state == SyncState::Verify {
                self.counts.locks += 1;
            }
            self.state = SyncState::Lock;
        }
        self.run = 0;
        let end = self.at + self.span();
        self.floor = end - 8 * loose_tail.min(self.block_len);
        self.at = end;
        self.stage = Stage::Marker;
        // A tail that is loose is searched if no marker follows.
        self.rejected = false;
    }

    /// Says that the last block given out cannot be read, so that true blocks may begin inside it.
    pub fn reject(&mut self) {
        self.rejected = matches!(self.stage, Stage::Given(..));
    }

    /// Bits from one marker to the next.
    fn span(&self) -> usize {
        self.marker.bits() + 8 * self.block_len
    }

    /// Goes on after a block that nobody confirmed.
    fn settle(&mut self) {
        let Stage::Given(distance, mut rival) = self.stage else { return };
        let end = self.at + self.span();
        let searched = self.rejected || distance.is_none();
        if self.rejected && distance.is_some() {
            rival = self.rival();
        }
        if let Some(rival) = rival {
            return self.search_from(rival);
        }
        if distance.is_none() {
            self.run += 1;
        }
        // A marker that begins in the block's last bits is not whole yet and has not been looked at.
        self.floor = if searched { end + 1 - self.marker.bits() } else { self.at + 1 };
        self.at = end;
        self.stage = Stage::Marker;
    }

    /// Another marker that is wholly within the block at `at`.
    fn rival(&self) -> Option<usize> {
        let last = self.at + 8 * self.block_len;
        self.find_from(self.at + 1).map(|hit| hit.bit).filter(|&bit| bit <= last)
    }

    /// Gives up what is known and searches from a bit on.
    fn search_from(&mut self, bit: usize) {
        match self.state {
            SyncState::Search => {}
            SyncState::Verify => self.counts.candidates_rejected += 1,
            SyncState::Lock | SyncState::Flywheel => self.counts.locks_lost += 1,
        }
        self.state = SyncState::Search;
        self.floor = bit;
        self.at = bit;
        self.run = 0;
        self.rejected = false;
        self.stage = Stage::Scan;
    }

    /// Looks for a marker in what there is. `false` when all of it has been looked at in vain.
    fn scan(&mut self) -> bool {
        match self.find_from(self.floor) {
            Some(hit) => {
                self.at = hit.bit;
                self.floor = hit.bit;
                self.inverted = hit.inverted;
                self.state = SyncState::Verify;
                self.run = 0;
                self.accept(hit);
                true
            }
            None => {
                let looked_at = (8 * self.filled + 1).saturating_sub(self.marker.bits());
                self.floor = self.floor.max(looked_at);
                self.at = self.floor;
                false
            }
        }
    }

    fn find_from(&self, bit: usize) -> Option<Hit> {
        self.finder.find(self.stream(), bit)
    }

    /// Decides on the marker expected at `at`, which is in the buffer.
    fn judge_marker(&mut self) {
        let octets = self.stream();
        let SyncParameters { search_tolerance, locked_tolerance, .. } = self.parameters;
        // A false marker in a block that could not be read would hide the true ones in its last bits.
        let inside =
            if self.rejected { self.find_from(self.floor).filter(|hit| hit.bit < self.at) } else { None };
        if let Some(hit) = inside {
            return self.search_from(hit.bit);
        }
        let expected = self.marker.distance(octets, self.at).unwrap_or(self.marker.bits() as u32);
        let distance = if self.inverted { self.marker.bits() as u32 - expected } else { expected };
        let hit = if distance <= locked_tolerance.max(search_tolerance).into() {
            Some(Hit { bit: self.at, distance, inverted: self.inverted })
        } else {
            // A phase slip of the demodulator inverts the stream from some bit on.
            self.finder.hit_at(octets, self.at)
        };
        if let Some(hit) = hit {
            self.inverted = hit.inverted;
            self.floor = self.at;
            if self.state == SyncState::Verify {
                self.run += 1;
            }
            if self.state != SyncState::Verify || self.run >= self.parameters.verify {
                if self.state == SyncState::Verify {
                    self.counts.locks += 1;
                }
                self.state = SyncState::Lock;
                self.run = 0;
            }
            return self.accept(hit);
        }
        if let Some(hit) = self.find_from(self.floor).filter(|hit| hit.bit < self.at) {
            return self.search_from(hit.bit);
        }
        if self.state == SyncState::Verify || self.run >= self.parameters.flywheel {
            return self.search_from(self.at + 1);
        }
        self.state = SyncState::Flywheel;
        self.floor = self.at + 1;
        self.stage = Stage::Block(None);
    }

    fn accept(&mut self, hit: Hit) {
        self.counts.marker_bit_errors += u64::from(hit.distance);
        self.rejected = false;
        self.stage = Stage::Block(Some(hit.distance as u8));
    }

    /// Writes out the block behind the marker at `at`, all of which is in the buffer.
    fn give(&mut self, distance: Option<u8>) -> Block {
        let (block, stream) = self.buffer.as_mut().split_at_mut(self.block_len);
        extract(stream, self.at + self.marker.bits(), self.inverted, block);
        let rival = if distance.is_none() { self.rival() } else { None };
        self.counts.blocks += 1;
        self.counts.flywheels += u64::from(distance.is_none());
        self.stage = Stage::Given(distance, rival);
        self.rejected = false;
        Block {
            bit_position: 8 * self.dropped + self.at as u64,
            state: self.state,
            marker_distance: distance.unwrap_or(0),
            inverted: self.inverted,
            doubtful: distance.is_none() && rival.is_some(),
        }
    }

    fn stream(&self) -> &[u8] {
        &self.buffer.as_ref()[self.block_len..][..self.filled]
    }

    /// Whether the buffer holds this many bits from `at` on.
    fn holds(&self, bits: usize) -> bool {
        8 * self.filled >= self.at + bits
    }

    /// Moves octets from `input` to the buffer until it holds this many bits from `at` on.
    fn fill<'i>(&mut self, input: &'i [u8], bits: usize) -> &'i [u8] {
        let missing = (self.at + bits).div_ceil(8).saturating_sub(self.filled).min(input.len());
        if self.filled + missing > stream_len(&self.marker, self.block_len) {
            self.compact();
        }
        self.take(input, missing)
    }

    /// Moves as many octets from `input` to the buffer as fit.
    fn refill<'i>(&mut self, input: &'i [u8]) -> &'i [u8] {
        self.compact();
        self.take(input, input.len())
    }

    fn take<'i>(&mut self, input: &'i [u8], count: usize) -> &'i [u8] {
        let capacity = stream_len(&self.marker, self.block_len);
        let (now, later) = input.split_at(count.min(capacity - self.filled));
        self.buffer.as_mut()[self.block_len + self.filled..][..now.len()].copy_from_slice(now);
        self.filled += now.len();
        self.counts.octets += now.len() as u64;
        later
    }

    /// Drops what has been dealt with.
    fn compact(&mut self) {
        let unused = self.floor.min(self.at) / 8;
        self.buffer.as_mut()[self.block_len..].copy_within(unused..self.filled, 0);
        self.filled -= unused;
        self.dropped += unused as u64;
        self.floor -= 8 * unused;
        self.at -= 8 * unused;
    }
}

/// Octets of the stream to be held: two markers, the block between them, and one for bits that straddle.
const fn stream_len(marker: &Marker, block_len: usize) -> usize {
    block_len + 2 * marker.octet_len() + 1
}

/// Copies octets that begin at any bit to the front of `out`, inverted if asked to.
fn extract(octets: &[u8], bit: usize, inverted: bool, out: &mut [u8]) {
    let from = octets.get(bit / 8..).unwrap_or_default();
    match bit % 8 {
        0 => {
            for (to, octet) in out.iter_mut().zip(from) {
                *to = *octet;
            }
        }
        shift => {
            for (to, pair) in out.iter_mut().zip(from.windows(2)) {
                *to = pair[0] << shift | pair[1] >> (8 - shift);
            }
        }
    }
    if inverted {
        out.iter_mut().for_each(|octet| *octet = !*octet);
    }
}
