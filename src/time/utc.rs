use core::fmt;

/// A point in coordinated universal time: a day, and the time of that day. A day with a leap second is a second longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime {
    day: i32,
    picos: u64,
}

/// A [`UtcTime`] the way people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Calendar {
    /// Year of the Gregorian calendar.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59; 60 in a leap second.
    pub second: u8,
    /// Picoseconds of the second.
    pub picos: u64,
}

impl UtcTime {
    /// 1958-01-01 00:00:00, from which days are counted.
    pub const EPOCH_1958: Self = Self { day: 0, picos: 0 };

    /// `picos` picoseconds into the day `day` days after 1958-01-01. `None` for more than a day with a leap second has.
    #[must_use]
    pub const fn new(day: i32, picos: u64) -> Option<Self> {
        if picos < MAX_PICOS_OF_DAY { Some(Self { day, picos }) } else { None }
    }

    /// Days after 1958-01-01, which may be negative.
    #[must_use]
    pub const fn day(self) -> i32 {
        self.day
    }

    /// Picoseconds of the day.
    #[must_use]
    pub const fn picos_of_day(self) -> u64 {
        self.picos
    }

    /// From what people write; `None` for a date or time there is not. A second of 60 is taken at the end of any day.
    #[must_use]
    pub const fn from_calendar(calendar: Calendar) -> Option<Self> {
        let Calendar { year, month, day, hour, minute, second, picos } = calendar;
        let leap_second = second == 60 && minute == 59 && hour == 23;
        if month < 1
            || month > 12
            || day < 1
            || day > days_of_month(year, month)
            || year.unsigned_abs() > MAX_YEAR
            || hour > 23
            || minute > 59
            || (second > 59 && !leap_second)
            || picos >= PICOS
        {
            return None;
        }
        let seconds = (hour as u64 * 60 + minute as u64) * 60 + second as u64;
        Some(Self { day: days_since_1958(year, month, day), picos: seconds * PICOS + picos })
    }

    /// The way people write it.
    #[must_use]
    pub const fn calendar(self) -> Calendar {
        let (year, month, day) = date(self.day);
        // All beyond the last minute of a day is its leap second.
        let seconds = self.picos / PICOS;
        let minutes = if seconds >= DAY { DAY / 60 - 1 } else { seconds / 60 };
        Calendar {
            year,
            month,
            day,
            hour: (minutes / 60) as u8,
            minute: (minutes % 60) as u8,
            second: (seconds - minutes * 60) as u8,
            picos: self.picos % PICOS,
        }
    }

    /// Day of the year, 1 to 366.
    #[must_use]
    pub const fn day_of_year(self) -> u16 {
        let (year, _, _) = date(self.day);
        (self.day as i64 - days(year, 1, 1) + 1) as u16
    }

    /// From seconds of Unix time, which has no leap seconds, and picoseconds of the second. `None` beyond five million
    /// years.
    #[must_use]
    pub const fn from_unix(seconds: i64, picos: u64) -> Option<Self> {
        let day = seconds.div_euclid(DAY as i64) + UNIX_DAY as i64;
        if day != day as i32 as i64 || picos >= PICOS {
            return None;
        }
        Some(Self { day: day as i32, picos: seconds.rem_euclid(DAY as i64) as u64 * PICOS + picos })
    }

    /// Seconds of Unix time and picoseconds of the second. A leap second is the same as the second after it.
    #[must_use]
    pub const fn unix(self) -> (i64, u64) {
        let seconds = (self.day as i64 - UNIX_DAY as i64) * DAY as i64 + (self.picos / PICOS) as i64;
        (seconds, self.picos % PICOS)
    }
}

/// As in 2016-12-31T23:59:60.250000000000Z; no decimals when there are none.
impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Calendar { year, month, day, hour, minute, second, picos } = self.calendar();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if picos > 0 { write!(f, ".{picos:012}Z") } else { f.write_str("Z") }
    }
}

/// Days from 1958-01-01 to a date of a year up to [`MAX_YEAR`].
pub(super) const fn days_since_1958(year: i32, month: u8, day: u8) -> i32 {
    days(year, month, day) as i32
}

/// Days from 1958-01-01 to a date of any year.
const fn days(year: i32, month: u8, day: u8) -> i64 {
    // Years that start in March have their leap day last. 400 of them have 146,097 days.
    let march_year = year as i64 - if month > 2 { 0 } else { 1 };
    let (era, of_era) = (march_year.div_euclid(400), march_year.rem_euclid(400));
    let day_of_year = (153 * ((month as i64 + 9) % 12) + 2) / 5 + day as i64 - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - DAYS_TO_1958 as i64
}

/// Year, month and day of the month.
const fn date(days_since_1958: i32) -> (i32, u8, u8) {
    let days = days_since_1958 as i64 + DAYS_TO_1958 as i64;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + of_era + if month <= 2 { 1 } else { 0 };
    (year as i32, month as u8, day as u8)
}

const fn days_of_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

pub(super) const PICOS: u64 = 1_000_000_000_000;
pub(super) const DAY: u64 = 86_400;
pub(super) const MAX_PICOS_OF_DAY: u64 = (DAY + 1) * PICOS;
/// From 0000-03-01 to 1958-01-01.
const DAYS_TO_1958: i32 = 715_085;
/// 1970-01-01.
const UNIX_DAY: i32 = 4_383;
/// Day counts of later years do not fit.
const MAX_YEAR: u32 = 5_000_000;
