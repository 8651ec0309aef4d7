use bytes::Bytes;
use core::time::Duration;

use super::event::Delivery;
use super::parameters::TransmissionRequest;
use crate::bundle::Eid;
use crate::time::Instant;

/// Asks an echo service at intervals and measures how long the answers take.
///
/// Its payloads start with a number and the time of sending, so answers may come late, in any order, or twice.
#[derive(Clone, Debug)]
pub struct Ping {
    to: Eid,
    service: u64,
    interval: Duration,
    len: usize,
    left: u64,
    next: Instant,
    /// Which of the last requests are not answered, the latest in bit 0.
    open: u64,
    stats: PingStats,
}

/// What a [`Ping`] has measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PingStats {
    /// Requests made.
    pub sent: u64,
    /// Answers to them; of those more than 64 requests old, second ones are counted again.
    pub answered: u64,
    /// Shortest round trip.
    pub min: Duration,
    /// Longest round trip.
    pub max: Duration,
    /// All round trips together.
    pub sum: Duration,
}

impl PingStats {
    /// Mean round trip; zero without an answer.
    #[must_use]
    pub fn mean(&self) -> Duration {
        self.sum.checked_div(u32::try_from(self.answered).unwrap_or(u32::MAX)).unwrap_or_default()
    }
}

/// Octets of the number and the time.
const HEAD: usize = 16;

impl Ping {
    /// `count` requests to the echo service `to`, from service `service` here, `interval` apart from `now` on, of
    /// `len` octets or 16, whichever is more.
    #[must_use]
    pub fn new(now: Instant, to: Eid, service: u64, interval: Duration, len: usize, count: u64) -> Self {
        let len = len.max(HEAD);
        Self { to, service, interval, len, left: count, next: now, open: 0, stats: PingStats::default() }
    }

    /// The next request, if one is due.
    pub fn poll_request(&mut self, now: Instant) -> Option<TransmissionRequest> {
        if self.left == 0 || now < self.next {
            return None;
        }
        self.left -= 1;
        self.next = now + self.interval;
        let mut payload = alloc::vec![0; self.len];
        payload[..8].copy_from_slice(&self.stats.sent.to_be_bytes());
        payload[8..HEAD].copy_from_slice(&now.as_nanos().to_be_bytes());
        self.stats.sent += 1;
        self.open = self.open << 1 | 1;
        let lifetime = LIFETIME.max(self.interval);
        let request = TransmissionRequest::new(self.to.clone(), Bytes::from(payload), lifetime);
        Some(TransmissionRequest { source_service: self.service, ..request })
    }

    /// Takes a delivery for the service; the number of the request and the round trip time if it is an answer.
    pub fn handle_delivery(&mut self, now: Instant, delivery: &Delivery) -> Option<(u64, Duration)> {
        let payload = delivery.payload.octets().filter(|_| delivery.source == self.to)?;
        let (number, rest) = payload.split_first_chunk()?;
        let number = u64::from_be_bytes(*number);
        let sent = Instant::from_nanos(u64::from_be_bytes(*rest.first_chunk()?));
        let age = self.stats.sent.checked_sub(number)?.checked_sub(1)?;
        if age < 64 {
            let bit = 1 << age;
            if self.open & bit == 0 {
                return None;
            }
            self.open &= !bit;
        }
        let time = now.since(sent);
        let stats = &mut self.stats;
        stats.min = if stats.answered == 0 { time } else { stats.min.min(time) };
        stats.max = stats.max.max(time);
        stats.sum += time;
        stats.answered += 1;
        Some((number, time))
    }

    /// When the next request is due; `None` when there are no more.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        (self.left > 0).then_some(self.next)
    }

    /// What was measured so far.
    #[must_use]
    pub fn stats(&self) -> PingStats {
        self.stats
    }
}

/// How long a request and its answer are of use.
const LIFETIME: Duration = Duration::from_secs(3600);
