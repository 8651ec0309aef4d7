//! The in-memory channel: what a radio or laser link does to the units sent through it, in virtual time.
//!
//! Seeded: equal seeds and equal sends give equal receptions, to the octet. Sans-IO like everything else: the same
//! channel is the link of a simulation and the impairment stage in front of a real socket.
//!
//! ```
//! use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
//! use spacelink::io::channel::{Channel, Impairments};
//! use spacelink::time::Instant;
//! use std::time::Duration;
//!
//! let light_time = Duration::from_millis(12);
//! let impairments = Impairments { bit_error_rate: 1e-3, loss: 0.1, ..Impairments::default() };
//! let mut channel = Channel::new(light_time, impairments, ChaCha8Rng::seed_from_u64(1));
//! channel.send(Instant::ZERO, &[0; 1024]);
//! if let Some(arrival) = channel.poll_timeout() {
//!     let unit = channel.receive(arrival).unwrap();
//!     assert_eq!((arrival, unit.len()), (Instant::ZERO + light_time, 1024));
//! }
//! ```

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use rand_core::Rng;

use super::windows::Windows;
use crate::time::Instant;

/// What the channel does to units besides delaying them. All zero by default: a perfect link.
///
/// Probabilities are between 0 and 1 and hold for each unit (each bit, where it says so) on its own.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Impairments {
    /// Bits sent per second; `None` for no limit. While a unit is on the transmitter the next one waits.
    pub rate: Option<u64>,
    /// Probability that a bit flips, outside bursts.
    pub bit_error_rate: f64,
    /// Bursts of bit errors on top of the steady rate.
    pub bursts: Option<Bursts>,
    /// Probability that a unit is lost.
    pub loss: f64,
    /// Probability that a unit arrives twice, the second time within `reordering_delay`.
    pub duplication: f64,
    /// Probability that a unit is held back by up to `reordering_delay` and so overtaken by later ones.
    pub reordering: f64,
    /// The most that a reordered or duplicated unit comes late.
    pub reordering_delay: Duration,
}

/// Gilbert-Elliott bursts: the channel dwells in a good and a bad state for geometrically distributed numbers of
/// bits. The state goes on from unit to unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// Mean bits between bursts.
    pub mean_gap_bits: f64,
    /// Mean bits of a burst.
    pub mean_burst_bits: f64,
    /// Probability that a bit flips inside a burst.
    pub bit_error_rate: f64,
}

/// What has happened to the units so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelCounters {
    /// Units handed in.
    pub sent: u64,
    /// Units lost at random.
    pub lost: u64,
    /// Units lost because no contact was open while they were sent.
    pub out_of_contact: u64,
    /// Units that will arrive or have arrived twice.
    pub duplicated: u64,
    /// Units held back.
    pub reordered: u64,
    /// Bits flipped.
    pub bits_flipped: u64,
    /// Units handed out.
    pub received: u64,
}

/// The longest pause that is made up for.
const CATCH_UP: Duration = Duration::from_millis(5);

/// One direction of one link.
#[derive(Debug)]
pub struct Channel<R> {
    light_time: Duration,
    windows: Option<Windows>,
    impairments: Impairments,
    rng: R,
    /// Until when the transmitter works on units already handed in.
    busy_until: Instant,
    /// Units on their way, by arrival and, at equal arrivals, in order of sending.
    in_flight: BTreeMap<(Instant, u64), Vec<u8>>,
    next_serial: u64,
    /// Whether a unit was waiting when the transmitter was last found busy.
    backlogged: bool,
    in_burst: bool,
    /// Bits left in the present state of the burst process.
    dwell: u64,
    counters: ChannelCounters,
}

impl<R: Rng> Channel<R> {
    /// A channel that is always open, with a fixed one-way light time.
    pub fn new(light_time: Duration, impairments: Impairments, rng: R) -> Self {
        let mut channel = Self {
            light_time,
            windows: None,
            impairments,
            rng,
            busy_until: Instant::ZERO,
            in_flight: BTreeMap::new(),
            next_serial: 0,
            backlogged: false,
            in_burst: true,
            dwell: 0,
            counters: ChannelCounters::default(),
        };
        channel.change_burst_state();
        channel
    }

    /// A channel that is open only during contacts, each with its own light time.
    pub fn with_windows(windows: Windows, impairments: Impairments, rng: R) -> Self {
        Self { windows: Some(windows), ..Self::new(Duration::ZERO, impairments, rng) }
    }

    /// When the transmitter is free for the next unit. A host that hands in units no earlier never queues.
    #[must_use]
    pub fn ready_at(&self) -> Instant {
        self.busy_until
    }

    /// When [`pump`](Self::pump) wants to be called again, if units wait for the transmitter. Of a host that is slower
    /// than its transmitter it lies in the past.
    #[must_use]
    pub fn poll_pump(&self) -> Option<Instant> {
        self.backlogged.then_some(self.busy_until)
    }

    /// Sends what `poll` writes into `unit`, unit by unit, until it says `None` or the transmitter is busy.
    ///
    /// A host that could not come back just when the transmitter was free makes up for it here: units that had to wait
    /// go out as if there had been no pause, or one of 5 ms if it was longer. More at once is more than the receive
    /// buffers of many peers hold.
    pub fn pump(&mut self, now: Instant, unit: &mut [u8], mut poll: impl FnMut(&mut [u8]) -> Option<usize>) {
        let from = if self.backlogged { now - CATCH_UP } else { now };
        let mut at = from.max(self.busy_until);
        while at <= now {
            let Some(len) = poll(unit) else {
                self.backlogged = false;
                return;
            };
            self.send(at, &unit[..len]);
            at = at.max(self.busy_until);
        }
        self.backlogged = true;
    }

    /// Sends one unit. It waits for the transmitter, then takes its time on it, then the light time.
    pub fn send(&mut self, now: Instant, unit: &[u8]) {
        self.counters.sent += 1;
        let start = now.max(self.busy_until);
        let end = start + self.transmission_time(unit.len());
        self.busy_until = end;
        let Some(light_time) = self.light_time_between(start, end) else {
            self.counters.out_of_contact += 1;
            return;
        };
        if self.chance(self.impairments.loss) {
            self.counters.lost += 1;
            return;
        }
        let arrival = end + light_time;
        if self.chance(self.impairments.duplication) {
            self.counters.duplicated += 1;
            let late = self.some_delay();
            self.schedule(arrival + late, unit);
        }
        let late = if self.chance(self.impairments.reordering) {
            self.counters.reordered += 1;
            self.some_delay()
        } else {
            Duration::ZERO
        };
        self.schedule(arrival + late, unit);
    }

    /// The next unit that has arrived by `now`.
    pub fn receive(&mut self, now: Instant) -> Option<Vec<u8>> {
        let entry = self.in_flight.first_entry().filter(|entry| entry.key().0 <= now)?;
        self.counters.received += 1;
        Some(entry.remove())
    }

    /// When the next unit arrives.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.in_flight.first_key_value().map(|((arrival, _), _)| *arrival)
    }

    /// Figures since the start.
    #[must_use]
    pub fn counters(&self) -> ChannelCounters {
        self.counters
    }

    /// Octets on their way.
    #[must_use]
    pub fn octets_in_flight(&self) -> usize {
        self.in_flight.values().map(Vec::len).sum()
    }

    fn transmission_time(&self, octets: usize) -> Duration {
        let Some(rate) = self.impairments.rate.filter(|rate| *rate > 0) else { return Duration::ZERO };
        let nanos = (octets as u128 * 8 * 1_000_000_000).div_ceil(u128::from(rate));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn light_time_between(&self, start: Instant, end: Instant) -> Option<Duration> {
        match &self.windows {
            None => Some(self.light_time),
            Some(windows) => windows.covering(start, end).map(|window| window.light_time),
        }
    }

    fn schedule(&mut self, arrival: Instant, unit: &[u8]) {
        let mut octets = unit.to_vec();
        self.flip_bits(&mut octets);
        self.in_flight.insert((arrival, self.next_serial), octets);
        self.next_serial += 1;
    }

    /// Walks the burst process over the unit and flips bits at the rate of each state.
    fn flip_bits(&mut self, octets: &mut [u8]) {
        let bits = octets.len() as u64 * 8;
        let Some(bursts) = self.impairments.bursts else {
            self.flip_run(octets, 0, bits, self.impairments.bit_error_rate);
            return;
        };
        let mut at = 0;
        while at < bits {
            if self.dwell == 0 {
                self.change_burst_state();
            }
            let run = self.dwell.min(bits - at);
            let rate = if self.in_burst { bursts.bit_error_rate } else { self.impairments.bit_error_rate };
            self.flip_run(octets, at, at + run, rate);
            self.dwell -= run;
            at += run;
        }
    }

    /// Flips bits `from..to` with probability `rate` each, going from flip to flip rather than bit to bit.
    fn flip_run(&mut self, octets: &mut [u8], from: u64, to: u64, rate: f64) {
        if rate <= 0.0 {
            return;
        }
        let mut at = from;
        loop {
            at = at.saturating_add(self.geometric(rate));
            if at >= to {
                return;
            }
            octets[(at / 8) as usize] ^= 0x80 >> (at % 8);
            self.counters.bits_flipped += 1;
            at += 1;
        }
    }

    fn change_burst_state(&mut self) {
        self.in_burst = !self.in_burst;
        self.dwell = match self.impairments.bursts {
            Some(bursts) if self.in_burst => 1 + self.geometric(1.0 / bursts.mean_burst_bits.max(1.0)),
            Some(bursts) => 1 + self.geometric(1.0 / bursts.mean_gap_bits.max(1.0)),
            None => u64::MAX,
        };
    }

    /// Failures before the first success of trials with probability `p` of success.
    fn geometric(&mut self, p: f64) -> u64 {
        if p >= 1.0 {
            return 0;
        }
        // 1 - uniform lies in (0, 1], so its logarithm is finite; a float too large for u64 saturates.
        ((1.0 - self.uniform()).ln() / (1.0 - p).ln()) as u64
    }

    fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && self.uniform() < p
    }

    fn some_delay(&mut self) -> Duration {
        self.impairments.reordering_delay.mul_f64(self.uniform())
    }

    /// Uniform in [0, 1), 53 bits.
    fn uniform(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}
