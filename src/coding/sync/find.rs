use super::Marker;

/// Where a marker was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// First bit of the marker.
    pub bit: usize,
    /// Bits that differ from the marker, after inversion if any.
    pub distance: u32,
    /// Every bit of the stream is inverted.
    pub inverted: bool,
}

/// A marker made ready to be looked for, at every bit position.
///
/// Takes 1.3 KiB: for each half octet, how many of its bits are wrong at each of eight bit positions. The wrong
/// bits of the first 32, at all eight positions at once, are then ten look-ups and sums of eight counters in a word.
#[derive(Clone, Debug)]
pub struct Finder {
    marker: Marker,
    tolerance: u32,
    inverted: bool,
    /// Added to eight counts, this sets the top bit of those that are high enough to be an inverted marker.
    far: u64,
    /// Eight counts taken from this leave the top bit of those that are low enough to be a marker.
    near: u64,
    wrong: [[u64; 16]; 2 * SPAN],
}

impl Finder {
    /// Looks for `marker` with at most `tolerance` bits wrong, and if `inverted`, also for its inverse.
    #[must_use]
    pub fn new(marker: &Marker, tolerance: u32, inverted: bool) -> Self {
        let prefix_bits = marker.bits().min(PREFIX_BITS);
        let mut wrong = [[0; 16]; 2 * SPAN];
        for (half, counts) in wrong.iter_mut().enumerate() {
            for (value, counts) in counts.iter_mut().enumerate() {
                for position in 0..8 {
                    let differing = (0..4).filter(|bit| {
                        let at = (4 * half + bit).checked_sub(position).filter(|&at| at < prefix_bits);
                        at.is_some_and(|at| {
                            let wanted = marker.octets()[at / 8] >> (7 - at % 8) & 1;
                            usize::from(wanted) != value >> (3 - bit) & 1
                        })
                    });
                    *counts |= (differing.count() as u64) << (56 - 8 * position);
                }
            }
        }
        let allowed = (tolerance as usize).min(prefix_bits);
        let far = if inverted { TOPS - ONES * (prefix_bits - allowed) as u64 } else { 0 };
        let near = TOPS + ONES * allowed as u64;
        Self { marker: *marker, tolerance, inverted, far, near, wrong }
    }

    /// The first place at or after bit `from` where `octets` hold the marker.
    ///
    /// A marker that is cut by the end of `octets` is not found.
    #[must_use]
    pub fn find(&self, octets: &[u8], from: usize) -> Option<Hit> {
        let last = (8 * octets.len()).checked_sub(self.marker.bits())?;
        let start = from / 8;
        let spans = octets.get(start..)?.windows(SPAN);
        let whole = spans.len();
        for (at, span) in spans.enumerate() {
            let likely = self.likely(span);
            if likely != 0
                && let Some(hit) = self.confirm(octets, likely, start + at, from)
            {
                return Some(hit);
            }
        }
        for at in start + whole..=last / 8 {
            let mut span = [0; SPAN];
            for (to, octet) in span.iter_mut().zip(&octets[at..]) {
                *to = *octet;
            }
            if let Some(hit) = self.confirm(octets, self.likely(&span), at, from) {
                return Some(hit);
            }
        }
        None
    }

    /// The marker at `bit`, if it is there.
    #[must_use]
    pub fn hit_at(&self, octets: &[u8], bit: usize) -> Option<Hit> {
        let upright = self.marker.distance(octets, bit)?;
        if upright <= self.tolerance {
            return Some(Hit { bit, distance: upright, inverted: false });
        }
        let flipped = self.marker.bits() as u32 - upright;
        let there = self.inverted && flipped <= self.tolerance;
        there.then_some(Hit { bit, distance: flipped, inverted: true })
    }

    /// Top bits of the octets of a word, the first for the first bit position: where in the first octet of `span`
    /// the marker's first 32 bits may begin.
    #[inline]
    fn likely(&self, span: &[u8]) -> u64 {
        let mut counts = 0;
        for (octet, wrong) in span.iter().zip(self.wrong.as_chunks::<2>().0) {
            counts += wrong[0][usize::from(octet >> 4)] + wrong[1][usize::from(octet & 0xF)];
        }
        ((self.near - counts) | (self.far + counts)) & TOPS
    }

    fn confirm(&self, octets: &[u8], mut likely: u64, at: usize, from: usize) -> Option<Hit> {
        while likely != 0 {
            let position = likely.leading_zeros() as usize / 8;
            let bit = 8 * at + position;
            if bit >= from
                && let Some(hit) = self.hit_at(octets, bit)
            {
                return Some(hit);
            }
            likely &= !(0x80 << (56 - 8 * position));
        }
        None
    }
}

/// The first place at or after bit `from` where `octets` hold the marker with at most `tolerance` bits wrong.
///
/// `inverted`: also look for the marker with all bits inverted. Whoever looks more than once keeps a [`Finder`].
#[must_use]
pub fn find(marker: &Marker, octets: &[u8], from: usize, tolerance: u32, inverted: bool) -> Option<Hit> {
    Finder::new(marker, tolerance, inverted).find(octets, from)
}

/// Bits of a marker that are looked at in every position; the others only where these are near enough.
const PREFIX_BITS: usize = 32;
/// Octets that hold so many bits wherever they begin in the first.
const SPAN: usize = 5;
const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = ONES << 7;
