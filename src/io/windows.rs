use alloc::vec::Vec;
use core::time::Duration;

use crate::time::Instant;

/// One contact of a channel: from `start` up to `end`, with the light time in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant at which a unit may be on the transmitter.
    pub start: Instant,
    /// Last instant at which a unit may be on the transmitter.
    pub end: Instant,
    /// One-way light time.
    pub light_time: Duration,
}

/// The contacts of one channel, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows(Vec<Window>);

impl Windows {
    /// Sorts `windows` by their start.
    #[must_use]
    pub fn new(mut windows: Vec<Window>) -> Self {
        windows.sort_by_key(|window| window.start);
        Self(windows)
    }

    /// The contact that is open from `start` to `end`, both included.
    #[must_use]
    pub fn covering(&self, start: Instant, end: Instant) -> Option<Window> {
        let begun = self.0.partition_point(|window| window.start <= start);
        self.0[..begun].last().copied().filter(|window| end <= window.end)
    }
}
