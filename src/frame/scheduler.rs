//! Which channel the next frame belongs to.
//!
//! The scheduler counts frames, not time, so it works the same at any rate. In this order:
//!
//! 1. a ready channel that is owed a frame by its [`minimum`](Share::minimum), the one owed most first;
//! 2. the ready channels of the lowest [`priority`](Share::priority) number;
//! 3. among those, by [`weight`](Share::weight): over time each gets frames in proportion to it.
//!
//! A channel that had nothing to send earns no arrears: it is owed nothing for frames it did not want.
//!
//! ```
//! use spacelink::frame::scheduler::{Scheduler, Share};
//!
//! let urgent = Share::of_priority(0);
//! let bulk = Share { minimum: 100, ..Share::of_priority(1) };
//! let mut scheduler = Scheduler::new([urgent, bulk]);
//! let frames = std::iter::repeat_with(|| scheduler.next(|_| true).unwrap()).take(1_000);
//! assert_eq!(frames.filter(|&channel| channel == 1).count(), 100);
//! ```

use alloc::vec::Vec;

/// What a channel gets of the frames of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "kebab-case"))]
pub struct Share {
    /// Ready channels with a lower number go first.
    pub priority: u8,
    /// Among channels of the same priority: frames in proportion to it. 0 counts as 1.
    pub weight: u16,
    /// Frames of each thousand that the channel gets whatever others want, as long as it is ready. Above 1000 counts
    /// as 1000; when the minima of all ready channels exceed a thousand in sum, they are served by what they are owed.
    pub minimum: u16,
}

impl Share {
    /// Weight 1 and no minimum.
    #[must_use]
    pub const fn of_priority(priority: u8) -> Self {
        Self { priority, weight: 1, minimum: 0 }
    }
}

impl Default for Share {
    /// The highest priority.
    fn default() -> Self {
        Self::of_priority(0)
    }
}

/// Shares the frames of one link among its channels.
#[derive(Clone, Debug)]
pub struct Scheduler {
    channels: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    share: Share,
    /// Thousandths of a frame that the minimum owes.
    owed: u32,
    /// Frames had, divided by the weight, in 2^-16ths: who has least goes first.
    served: u64,
    /// Whether it was ready for the last frame.
    was_ready: bool,
}

impl Scheduler {
    /// Channels are named by their place in `shares`.
    pub fn new(shares: impl IntoIterator<Item = Share>) -> Self {
        let entry = |share| Entry { share, owed: 0, served: 0, was_ready: false };
        Self { channels: shares.into_iter().map(entry).collect() }
    }

    /// The channel that gets the next frame, of those that `is_ready` says have something to send; `None` when none
    /// has. The frame counts as sent.
    pub fn next(&mut self, mut is_ready: impl FnMut(usize) -> bool) -> Option<usize> {
        for at in 0..self.channels.len() {
            let ready = is_ready(at);
            if ready && !self.channels[at].was_ready {
                self.join(at);
            }
            let channel = &mut self.channels[at];
            channel.was_ready = ready;
            channel.owed = match ready {
                true => channel.owed.saturating_add(channel.share.minimum.min(FRAME as u16).into()),
                false => 0,
            };
        }
        let ready = || self.channels.iter().enumerate().filter(|(_, channel)| channel.was_ready);
        let owed = ready().filter(|(_, channel)| channel.owed >= FRAME);
        let (at, _) = owed
            .min_by_key(|(_, channel)| (u32::MAX - channel.owed, channel.served))
            .or_else(|| ready().min_by_key(|(_, channel)| (channel.share.priority, channel.served)))?;
        let channel = &mut self.channels[at];
        channel.owed = channel.owed.saturating_sub(FRAME);
        channel.served += SCALE / u64::from(channel.share.weight.max(1));
        Some(at)
    }

    /// A channel that was not ready starts level with those of its priority that were, so that its silence earns it
    /// no lead.
    fn join(&mut self, at: usize) {
        let priority = self.channels[at].share.priority;
        let rivals = self.channels.iter().filter(|rival| rival.was_ready && rival.share.priority == priority);
        if let Some(least) = rivals.map(|rival| rival.served).min() {
            let channel = &mut self.channels[at];
            channel.served = channel.served.max(least);
        }
    }
}

/// A whole frame in the unit of the minimum.
const FRAME: u32 = 1_000;
/// One frame in the unit of `served`; 2^48 frames, millennia, before that overflows.
const SCALE: u64 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(scheduler: &mut Scheduler, frames: usize, ready: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut counts = alloc::vec![0; scheduler.channels.len()];
        for _ in 0..frames {
            if let Some(at) = scheduler.next(&ready) {
                counts[at] += 1;
            }
        }
        counts
    }

    #[test]
    fn priority_is_strict_without_a_minimum() {
        let mut scheduler = Scheduler::new([Share::of_priority(1), Share::of_priority(0)]);
        assert_eq!(counts(&mut scheduler, 50, |_| true), [0, 50]);
        assert_eq!(counts(&mut scheduler, 50, |at| at == 0), [50, 0]);
        assert_eq!(scheduler.next(|_| false), None);
    }

    #[test]
    fn weights_divide_what_one_priority_gets() {
        let shares = [1, 2, 5].map(|weight| Share { weight, ..Share::of_priority(3) });
        let mut scheduler = Scheduler::new(shares);
        assert_eq!(counts(&mut scheduler, 800, |_| true), [100, 200, 500]);
    }

    #[test]
    fn equal_channels_take_turns() {
        let mut scheduler = Scheduler::new([Share::default(); 3]);
        let order: Vec<_> = (0..6).filter_map(|_| scheduler.next(|_| true)).collect();
        assert_eq!(order, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn silence_earns_no_lead_and_no_arrears() {
        let shares =
            [Share { minimum: 500, ..Share::of_priority(0) }, Share { minimum: 200, ..Share::default() }];
        let mut scheduler = Scheduler::new(shares);
        counts(&mut scheduler, 1_000, |at| at == 0);
        assert_eq!(counts(&mut scheduler, 10, |_| true), [5, 5]);
    }

    #[test]
    fn minima_beyond_the_link_are_shared_by_debt() {
        let shares = [900, 600].map(|minimum| Share { minimum, ..Share::of_priority(0) });
        let counts = counts(&mut Scheduler::new(shares), 1_000, |_| true);
        assert!(counts.iter().all(|&count| count >= 350), "{counts:?}");
    }

    #[test]
    fn no_share_stops_it() {
        let odd = Share { priority: 255, weight: 0, minimum: u16::MAX };
        let mut scheduler = Scheduler::new([odd, odd, Share { weight: u16::MAX, ..odd }]);
        assert_eq!(counts(&mut scheduler, 3_000, |_| true).iter().sum::<usize>(), 3_000);
        assert_eq!(Scheduler::new([]).next(|_| true), None);
    }
}
