use super::{encode_behind, preamble};
use crate::time::utc::{PICOS, days_since_1958};
use crate::time::{Calendar, UtcTime};
use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// How a calendar segmented time writes the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CcsVariation {
    /// Month and day of the month.
    #[default]
    MonthDay,
    /// Day of the year.
    DayOfYear,
}

/// How a calendar segmented time is written: its preamble.
///
/// Source: CCSDS 301.0-B-4 §3.4.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CcsFormat {
    variation: CcsVariation,
    fraction: u8,
}

impl CcsFormat {
    /// With `fraction` octets of two decimals each below a second, 0 to 6; `None` beyond.
    #[must_use]
    pub const fn new(variation: CcsVariation, fraction: u8) -> Option<Self> {
        if fraction <= 6 { Some(Self { variation, fraction }) } else { None }
    }

    /// Octets of a time without preamble.
    #[must_use]
    pub const fn time_len(self) -> usize {
        7 + self.fraction as usize
    }

    /// The preamble, one octet.
    #[must_use]
    pub fn preamble(self) -> u8 {
        CODE << 4 | u8::from(self.variation == CcsVariation::DayOfYear) << 3 | self.fraction
    }

    /// The time `utc`, cut off to what can be written; `None` outside of the years 1 to 9999.
    #[must_use]
    pub fn of_utc(self, utc: UtcTime) -> Option<Ccs> {
        let unit = self.unit();
        let time = UtcTime::new(utc.day(), utc.picos_of_day() / unit * unit)?;
        (1..=9999).contains(&time.calendar().year).then_some(Ccs { format: self, time })
    }

    /// Reads a time without preamble from the front of `input`.
    ///
    /// # Errors
    /// [`DecodeError::Short`], or [`DecodeError::Field`] for what is no decimal digit, and for a date or time there is
    /// not.
    pub fn decode_time(self, input: &[u8]) -> Result<(Ccs, &[u8]), DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: self.time_len(), found: input.len() };
        let (octets, rest) = input.split_at_checked(self.time_len()).ok_or(short)?;
        let (&[y0, y1, d0, d1, h, m, s], fraction) = octets.split_first_chunk().ok_or(short)?;
        let pair = |high, low| Ok(decimal(high)? * 100 + decimal(low)?);
        let year = pair(y0, y1)?;
        let (month, day, day_of_year) = match self.variation {
            CcsVariation::MonthDay => (decimal(d0)?, decimal(d1)?, 1),
            CcsVariation::DayOfYear => (1, 1, pair(d0, d1)?),
        };
        let (hour, minute, second) = (decimal(h)?, decimal(m)?, decimal(s)?);
        let mut picos = 0;
        let mut unit = PICOS;
        for &octet in fraction {
            unit /= 100;
            picos += u64::from(decimal(octet)?) * unit;
        }
        let calendar = Calendar {
            year: year.into(),
            month: month as u8,
            day: day as u8,
            hour: hour as u8,
            minute: minute as u8,
            second: second as u8,
            picos,
        };
        let refused = |field, value: u16| DecodeError::field(UNIT, field, value.into());
        if year == 0 {
            return Err(refused("year", year));
        }
        let days_of_year = days_since_1958(i32::from(year) + 1, 1, 1) - days_since_1958(year.into(), 1, 1);
        if day_of_year == 0 || i32::from(day_of_year) > days_of_year {
            return Err(refused("day of year", day_of_year));
        }
        let first = UtcTime::from_calendar(calendar)
            .ok_or(DecodeError::Rule { unit: UNIT, rule: "no such date or time of day" })?;
        let day = first.day() + i32::from(day_of_year) - 1;
        let time = UtcTime::new(day, first.picos_of_day()).unwrap_or(first);
        Ok((Ccs { format: self, time }, rest))
    }

    /// Picoseconds of the smallest step.
    fn unit(self) -> u64 {
        PICOS / 100_u64.pow(self.fraction.into())
    }
}

/// A calendar segmented time code: date and time of day in UTC, two decimal digits an octet.
///
/// Source: CCSDS 301.0-B-4 §3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ccs {
    format: CcsFormat,
    time: UtcTime,
}

impl Ccs {
    /// How it is written.
    #[must_use]
    pub const fn format(&self) -> CcsFormat {
        self.format
    }

    /// The point in UTC.
    #[must_use]
    pub const fn to_utc(&self) -> UtcTime {
        self.time
    }

    /// Writes the time without preamble to the front of `out`; returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`]
    pub fn encode_time(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.format.time_len(), out.len());
        let out = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let Calendar { year, month, day, hour, minute, second, picos } = self.time.calendar();
        let year = year as u16;
        let (d0, d1) = match self.format.variation {
            CcsVariation::MonthDay => (month.into(), day.into()),
            CcsVariation::DayOfYear => (self.time.day_of_year() / 100, self.time.day_of_year() % 100),
        };
        let front = [year / 100, year % 100, d0, d1, hour.into(), minute.into(), second.into()];
        let (whole, fraction) = out.split_at_mut(front.len());
        for (octet, value) in whole.iter_mut().zip(front) {
            *octet = digits(value);
        }
        let mut unit = PICOS;
        for octet in fraction {
            unit /= 100;
            *octet = digits((picos / unit % 100) as u16);
        }
        Ok(required)
    }
}

impl<'a> Decode<'a> for Ccs {
    /// With its preamble.
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let (preamble, rest) = preamble(UNIT, CODE, input)?;
        let variation = if preamble >> 3 & 1 == 1 { CcsVariation::DayOfYear } else { CcsVariation::MonthDay };
        let fraction = preamble & 0b111;
        let format = CcsFormat::new(variation, fraction);
        format.ok_or(DecodeError::field(UNIT, "resolution", fraction.into()))?.decode_time(rest)
    }
}

impl Encode for Ccs {
    fn encoded_len(&self) -> usize {
        1 + self.format.time_len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let Self { format, .. } = self;
        encode_behind(format.preamble(), format.time_len(), out, |time| self.encode_time(time))
    }
}

/// Two decimal digits of an octet.
fn decimal(octet: u8) -> Result<u16, DecodeError> {
    let (high, low) = (octet >> 4, octet & 0xF);
    if high > 9 || low > 9 {
        return Err(DecodeError::field(UNIT, "decimal digits", octet.into()));
    }
    Ok(u16::from(high) * 10 + u16::from(low))
}

/// The octet of two decimal digits.
const fn digits(value: u16) -> u8 {
    (value / 10 % 10 * 16 + value % 10) as u8
}

const UNIT: &str = "CCS time code";
const CODE: u8 = 0b101;
