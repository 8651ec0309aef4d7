use super::{Reassembly, SequenceFlags};

/// Puts user data units together from parts that say whether they are the first, a middle one, the last or the whole:
/// segmented Space Packets, TC segments, USLP segments.
///
/// Parts carry no numbers here: whoever notices that some are lost calls [`interrupt`](Self::interrupt), so that the
/// parts around the loss are not joined.
///
/// ```
/// use spacelink::packet::{Reassembler, SequenceFlags, SliceBuffer, Torn};
///
/// let mut room = [0; 64];
/// let mut reassembler = Reassembler::new(SliceBuffer::new(&mut room), 64);
/// assert_eq!(reassembler.push(SequenceFlags::First, b"spa"), (None, None));
/// assert_eq!(reassembler.push(SequenceFlags::Last, b"ce"), (None, Some(&b"space"[..])));
/// assert_eq!(reassembler.push(SequenceFlags::Last, b"??"), (Some(Torn::Headless), None));
/// ```
#[derive(Clone, Debug)]
pub struct Reassembler<B> {
    buffer: B,
    limit: u32,
    state: State,
}

/// Why parts were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Torn {
    /// Parts were lost in the middle of a unit.
    #[error("unit cut off by a loss after {received} octets")]
    Interrupted {
        /// Octets of the unit that were there.
        received: u32,
    },
    /// Another unit began before the one in progress ended.
    #[error("unit cut off by the start of another after {received} octets")]
    Unfinished {
        /// Octets of the unit that were there.
        received: u32,
    },
    /// A middle or last part came with no unit in progress. Said once, until the next unit begins.
    #[error("part of a unit whose start is missing")]
    Headless,
    /// The unit is longer than the limit and is skipped to its end.
    #[error("unit of {len} octets and more is above the limit")]
    TooLong {
        /// Octets of it seen so far.
        len: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between units.
    Idle,
    /// A unit is in progress.
    Open,
    /// Parts up to the next start belong to a unit that was given up, which has been said.
    Skip,
}

impl<B: Reassembly> Reassembler<B> {
    /// Gathers in `buffer` units of up to `limit` octets.
    pub fn new(mut buffer: B, limit: u32) -> Self {
        buffer.clear();
        Self { buffer, limit, state: State::Idle }
    }

    /// Gives up the unit in progress, because parts between the last and the next are missing.
    pub fn interrupt(&mut self) -> Option<Torn> {
        let received = len(self.buffer.octets());
        // Not Idle: a middle part may come next, of a unit whose loss has just been told.
        let open = core::mem::replace(&mut self.state, State::Skip) == State::Open;
        open.then_some(Torn::Interrupted { received })
    }

    /// Whether a unit has begun and not ended.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.state == State::Open
    }

    /// Takes the next part. Returns what was given up because of it and the unit it makes whole; a unit that comes in
    /// one part is handed back where it lies.
    pub fn push<'a>(&'a mut self, flags: SequenceFlags, part: &'a [u8]) -> (Option<Torn>, Option<&'a [u8]>) {
        let starts = matches!(flags, SequenceFlags::First | SequenceFlags::Unsegmented);
        let mut torn = None;
        if starts {
            torn = match self.state {
                State::Open => Some(Torn::Unfinished { received: len(self.buffer.octets()) }),
                State::Idle | State::Skip => None,
            };
            self.buffer.clear();
            self.state = State::Open;
        } else if self.state == State::Idle {
            torn = Some(Torn::Headless);
            self.state = State::Skip;
        }
        let ends = matches!(flags, SequenceFlags::Last | SequenceFlags::Unsegmented);
        let total = len(self.buffer.octets()).saturating_add(len(part));
        let fits = total <= self.limit;
        if self.state == State::Open
            && !(fits && (flags == SequenceFlags::Unsegmented || self.buffer.append(part)))
        {
            torn = Some(Torn::TooLong { len: total });
            self.state = State::Skip;
        }
        if !ends {
            return (torn, None);
        }
        let whole = core::mem::replace(&mut self.state, State::Idle) == State::Open;
        let unit = if flags == SequenceFlags::Unsegmented { part } else { self.buffer.octets() };
        (torn, whole.then_some(unit))
    }
}

fn len(octets: &[u8]) -> u32 {
    u32::try_from(octets.len()).unwrap_or(u32::MAX)
}
