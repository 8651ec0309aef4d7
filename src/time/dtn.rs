use super::{Instant, UtcTime};
use core::time::Duration;

/// DTN time: milliseconds since 2000-01-01 00:00:00 UTC. Zero means that no accurate clock was at hand.
///
/// Source: RFC 9171 §4.2.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DtnTime(pub u64);

impl DtnTime {
    /// No accurate clock.
    pub const UNKNOWN: Self = Self(0);

    /// From milliseconds of Unix time; `None` before the year 2000.
    #[must_use]
    pub const fn from_unix_millis(millis: u64) -> Option<Self> {
        match millis.checked_sub(UNIX_MILLIS_AT_2000) {
            Some(millis) => Some(Self(millis)),
            None => None,
        }
    }

    /// From UTC, whole milliseconds; `None` before the year 2000. Leap seconds are not counted.
    #[must_use]
    pub const fn from_utc(utc: UtcTime) -> Option<Self> {
        let (seconds, picos) = utc.unix();
        if seconds < 0 {
            return None;
        }
        Self::from_unix_millis(seconds as u64 * 1_000 + picos / 1_000_000_000)
    }

    /// In UTC; `None` beyond five million years.
    #[must_use]
    pub const fn to_utc(self) -> Option<UtcTime> {
        let Some(millis) = self.0.checked_add(UNIX_MILLIS_AT_2000) else { return None };
        UtcTime::from_unix((millis / 1_000) as i64, millis % 1_000 * 1_000_000_000)
    }
}

impl DtnTime {
    /// The time so long before; the earliest known time when that is too far back.
    #[must_use]
    pub fn earlier_by(self, time: Duration) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(millis).max(1))
    }
}

/// Which DTN time it was at the host's [`Instant::ZERO`]: how a host's clock and bundle time go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(pub DtnTime);

impl Epoch {
    /// The DTN time at `instant`.
    #[must_use]
    pub const fn dtn_time(self, instant: Instant) -> DtnTime {
        DtnTime(self.0.0.saturating_add(instant.as_millis()))
    }

    /// The instant of `time`; [`Instant::ZERO`] when that lies before the host's start.
    #[must_use]
    pub fn instant(self, time: DtnTime) -> Instant {
        Instant::ZERO + Duration::from_millis(time.0.saturating_sub(self.0.0))
    }
}

const UNIX_MILLIS_AT_2000: u64 = 946_684_800_000;
