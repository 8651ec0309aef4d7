use super::UtcTime;
use super::utc::{DAY, MAX_PICOS_OF_DAY, PICOS, days_since_1958};

/// A point in international atomic time: seconds and picoseconds since 1958-01-01 00:00:00 TAI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaiTime {
    seconds: i64,
    picos: u64,
}

impl TaiTime {
    /// 1958-01-01 00:00:00 TAI, the epoch of CCSDS time codes.
    pub const EPOCH_1958: Self = Self { seconds: 0, picos: 0 };

    /// `None` for a whole second of picoseconds or more.
    #[must_use]
    pub const fn new(seconds: i64, picos: u64) -> Option<Self> {
        if picos < PICOS { Some(Self { seconds, picos }) } else { None }
    }

    /// Whole seconds since 1958-01-01 00:00:00 TAI.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Picoseconds of the second.
    #[must_use]
    pub const fn picos(self) -> u64 {
        self.picos
    }

    /// Later by `seconds` and `picos`; the end of time at most.
    #[must_use]
    pub const fn later(self, seconds: i64, picos: u64) -> Self {
        let picos = self.picos as u128 + picos as u128;
        let carry = (picos / PICOS as u128) as i64;
        let seconds = self.seconds.saturating_add(seconds).saturating_add(carry);
        Self { seconds, picos: (picos % PICOS as u128) as u64 }
    }

    /// Seconds and picoseconds since `epoch`; `None` when that lies ahead.
    #[must_use]
    pub const fn since(self, epoch: Self) -> Option<(u64, u64)> {
        let borrow = self.picos < epoch.picos;
        let picos = if borrow { self.picos + PICOS - epoch.picos } else { self.picos - epoch.picos };
        match self.seconds.checked_sub(epoch.seconds) {
            Some(seconds) if seconds - borrow as i64 >= 0 => Some((seconds as u64 - borrow as u64, picos)),
            _ => None,
        }
    }
}

/// From one UTC day on, TAI is ahead of UTC by so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeapSecond {
    /// The first day, in days after 1958-01-01.
    pub day: i32,
    /// Seconds.
    pub tai_minus_utc: i32,
}

/// The leap seconds there have been: a table that the user can replace when another is announced.
///
/// ```
/// use spacelink::time::{Calendar, LeapSecond, LeapSeconds, UtcTime};
///
/// let leap = LeapSeconds::BUILT_IN;
/// let date = Calendar { year: 2016, month: 12, day: 31, hour: 23, minute: 59, second: 60, picos: 0 };
/// let utc = UtcTime::from_calendar(date).unwrap();
/// let tai = leap.to_tai(utc);
/// assert_eq!(leap.to_utc(tai), utc);
/// assert_eq!(leap.to_utc(tai.later(1, 0)).to_string(), "2017-01-01T00:00:00Z");
///
/// // A second more from a day on.
/// let mut table = leap.steps().to_vec();
/// table.push(LeapSecond { day: 27_000, tai_minus_utc: 38 });
/// assert!(LeapSeconds::new(&table).is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeapSeconds<'a>(&'a [LeapSecond]);

impl LeapSeconds<'static> {
    /// All up to 37 seconds since 2017-01-01, the last at the time of writing. Before 1972 UTC ran at other rates, which is
    /// not followed: there it is taken to agree with TAI, as it did in 1958.
    pub const BUILT_IN: Self = Self(&TABLE);
}

impl<'a> LeapSeconds<'a> {
    /// A table of `steps`; `None` when they are not in the order of their days. Before the first there is no difference.
    #[must_use]
    pub fn new(steps: &'a [LeapSecond]) -> Option<Self> {
        steps.is_sorted_by(|a, b| a.day < b.day).then_some(Self(steps))
    }

    /// The table.
    #[must_use]
    pub const fn steps(&self) -> &'a [LeapSecond] {
        self.0
    }

    /// Seconds by which TAI is ahead of UTC on a day, in days after 1958-01-01.
    #[must_use]
    pub fn tai_minus_utc(&self, day: i32) -> i32 {
        let later = self.0.partition_point(|step| step.day <= day);
        later.checked_sub(1).map_or(0, |at| self.0[at].tai_minus_utc)
    }

    /// The same point in TAI.
    #[must_use]
    pub fn to_tai(&self, utc: UtcTime) -> TaiTime {
        let midnight = i64::from(utc.day()) * DAY as i64 + i64::from(self.tai_minus_utc(utc.day()));
        TaiTime { seconds: midnight, picos: 0 }.later(0, utc.picos_of_day())
    }

    /// The same point in UTC. Where the table takes more than one second in at once (1972, when it begins), the seconds
    /// that are left out are all its last; beyond five million years the end of that time.
    #[must_use]
    pub fn to_utc(&self, tai: TaiTime) -> UtcTime {
        // The last step at or before the point; its own midnight is counted in the new difference.
        let after = self.0.partition_point(|step| {
            i64::from(step.day) * DAY as i64 + i64::from(step.tai_minus_utc) <= tai.seconds
        });
        let difference = after.checked_sub(1).map_or(0, |at| self.0[at].tai_minus_utc);
        let seconds = tai.seconds.saturating_sub(difference.into());
        let mut day = seconds.div_euclid(DAY as i64);
        let mut of_day = seconds.rem_euclid(DAY as i64) as u64;
        // The seconds taken in lie before the next step's midnight: they belong to the day before it.
        if let Some(next) = self.0.get(after)
            && day >= i64::from(next.day)
        {
            of_day += (day - i64::from(next.day) + 1) as u64 * DAY;
            day = i64::from(next.day) - 1;
        }
        let picos = of_day.saturating_mul(PICOS).saturating_add(tai.picos).min(MAX_PICOS_OF_DAY - 1);
        let day = day.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        UtcTime::new(day, picos).unwrap_or(UtcTime::EPOCH_1958)
    }
}

const TABLE: [LeapSecond; 28] = {
    /// Year and whether it was in July instead of January.
    const DATES: [(i32, bool); 28] = [
        (1972, false),
        (1972, true),
        (1973, false),
        (1974, false),
        (1975, false),
        (1976, false),
        (1977, false),
        (1978, false),
        (1979, false),
        (1980, false),
        (1981, true),
        (1982, true),
        (1983, true),
        (1985, true),
        (1988, false),
        (1990, false),
        (1991, false),
        (1992, true),
        (1993, true),
        (1994, true),
        (1996, false),
        (1997, true),
        (1999, false),
        (2006, false),
        (2009, false),
        (2012, true),
        (2015, true),
        (2017, false),
    ];
    let mut table = [LeapSecond { day: 0, tai_minus_utc: 0 }; 28];
    let mut at = 0;
    while at < table.len() {
        let (year, july) = DATES[at];
        let day = days_since_1958(year, if july { 7 } else { 1 }, 1);
        table[at] = LeapSecond { day, tai_minus_utc: 10 + at as i32 };
        at += 1;
    }
    table
};
