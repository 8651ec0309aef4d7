use super::{CodeEpoch, encode_behind, preamble};
use crate::time::UtcTime;
use crate::time::utc::{DAY, PICOS};
use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// What a day segmented time says below a millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SubMillis {
    /// Nothing.
    #[default]
    None,
    /// Microseconds of the millisecond, two octets.
    Micros,
    /// Picoseconds of the millisecond, four octets.
    Picos,
}

impl SubMillis {
    const fn octets(self) -> usize {
        match self {
            Self::None => 0,
            Self::Micros => 2,
            Self::Picos => 4,
        }
    }

    /// Picoseconds in one unit.
    const fn unit(self) -> u64 {
        match self {
            Self::None => PICOS_OF_MILLI,
            Self::Micros => 1_000_000,
            Self::Picos => 1,
        }
    }
}

/// How a day segmented time is written: its preamble.
///
/// Source: CCSDS 301.0-B-4 §3.3.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CdsFormat {
    /// From which day it counts.
    pub epoch: CodeEpoch,
    /// Whether days have 24 bits instead of 16.
    pub long_days: bool,
    /// What it says below a millisecond.
    pub sub_millis: SubMillis,
}

impl CdsFormat {
    /// Octets of a time without preamble.
    #[must_use]
    pub const fn time_len(self) -> usize {
        self.day_octets() + 4 + self.sub_millis.octets()
    }

    /// The preamble, one octet.
    #[must_use]
    pub fn preamble(self) -> u8 {
        let sub_millis = match self.sub_millis {
            SubMillis::None => 0b00,
            SubMillis::Micros => 0b01,
            SubMillis::Picos => 0b10,
        };
        CODE << 4
            | u8::from(self.epoch == CodeEpoch::Agency) << 3
            | u8::from(self.long_days) << 2
            | sub_millis
    }

    /// The time `utc`, cut off to what can be written; `epoch_day` is the day this format counts from, in days after
    /// 1958-01-01. `None` before that day and when the days do not fit.
    #[must_use]
    pub fn of_utc(self, epoch_day: i32, utc: UtcTime) -> Option<Cds> {
        let day = u32::try_from(utc.day().checked_sub(epoch_day)?).ok()?;
        let picos = utc.picos_of_day();
        let millis = u32::try_from(picos / PICOS_OF_MILLI).ok()?;
        let sub_millis = match self.sub_millis {
            SubMillis::None => 0,
            finer => u32::try_from(picos % PICOS_OF_MILLI / finer.unit()).ok()?,
        };
        Cds::new(self, day, millis, sub_millis)
    }

    /// Reads a time without preamble from the front of `input`.
    ///
    /// # Errors
    /// [`DecodeError::Short`], or [`DecodeError::Field`] for more milliseconds than a day with a leap second has or more
    /// below a millisecond than one has.
    pub fn decode_time(self, input: &[u8]) -> Result<(Cds, &[u8]), DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: self.time_len(), found: input.len() };
        let number = |octets: &[u8]| octets.iter().fold(0, |value, &octet| value << 8 | u32::from(octet));
        let (time, rest) = input.split_at_checked(self.time_len()).ok_or(short)?;
        let (day, time) = time.split_at_checked(self.day_octets()).ok_or(short)?;
        let (millis, sub_millis) = time.split_at_checked(4).ok_or(short)?;
        let (day, millis, sub_millis) = (number(day), number(millis), number(sub_millis));
        let code = Cds::new(self, day, millis, sub_millis).ok_or(if millis > MAX_MILLIS {
            DecodeError::field(UNIT, "milliseconds of day", millis.into())
        } else {
            DecodeError::field(UNIT, "part below a millisecond", sub_millis.into())
        })?;
        Ok((code, rest))
    }

    const fn day_octets(self) -> usize {
        if self.long_days { 3 } else { 2 }
    }
}

/// A day segmented time code: days since an epoch, milliseconds of the day, and what is below.
///
/// It counts days of UTC: a day with a leap second has 86,401,000 milliseconds.
///
/// Source: CCSDS 301.0-B-4 §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cds {
    format: CdsFormat,
    day: u32,
    millis: u32,
    sub_millis: u32,
}

impl Cds {
    /// `sub_millis` counts what `format` says. `None` when a value is too large.
    #[must_use]
    pub const fn new(format: CdsFormat, day: u32, millis: u32, sub_millis: u32) -> Option<Self> {
        let most_below = match format.sub_millis {
            SubMillis::None => 0,
            finer => PICOS_OF_MILLI / finer.unit() - 1,
        };
        let fits =
            day >> (8 * format.day_octets()) == 0 && millis <= MAX_MILLIS && sub_millis as u64 <= most_below;
        if fits { Some(Self { format, day, millis, sub_millis }) } else { None }
    }

    /// How it is written.
    #[must_use]
    pub const fn format(&self) -> CdsFormat {
        self.format
    }

    /// Days since the epoch.
    #[must_use]
    pub const fn day(&self) -> u32 {
        self.day
    }

    /// Milliseconds of the day.
    #[must_use]
    pub const fn millis(&self) -> u32 {
        self.millis
    }

    /// What is below a millisecond, in the units of the format.
    #[must_use]
    pub const fn sub_millis(&self) -> u32 {
        self.sub_millis
    }

    /// The point in UTC, when this code counts from the day `epoch_day` days after 1958-01-01; `None` beyond five million
    /// years.
    #[must_use]
    pub fn to_utc(&self, epoch_day: i32) -> Option<UtcTime> {
        let below = u64::from(self.sub_millis) * self.format.sub_millis.unit();
        let day = epoch_day.checked_add_unsigned(self.day)?;
        UtcTime::new(day, u64::from(self.millis) * PICOS_OF_MILLI + below)
    }

    /// Writes the time without preamble to the front of `out`; returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`]
    pub fn encode_time(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.format.time_len(), out.len());
        let time = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let (day, time) = time.split_at_mut(self.format.day_octets());
        let (millis, below) = time.split_at_mut(4);
        day.copy_from_slice(&self.day.to_be_bytes()[4 - day.len()..]);
        millis.copy_from_slice(&self.millis.to_be_bytes());
        below.copy_from_slice(&self.sub_millis.to_be_bytes()[4 - below.len()..]);
        Ok(required)
    }
}

impl<'a> Decode<'a> for Cds {
    /// With its preamble.
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let (preamble, rest) = preamble(UNIT, CODE, input)?;
        let format = CdsFormat {
            epoch: if preamble >> 3 & 1 == 1 { CodeEpoch::Agency } else { CodeEpoch::Ccsds },
            long_days: preamble >> 2 & 1 == 1,
            sub_millis: match preamble & 0b11 {
                0b00 => SubMillis::None,
                0b01 => SubMillis::Micros,
                0b10 => SubMillis::Picos,
                other => {
                    return Err(DecodeError::field(
                        UNIT,
                        "length of the part below a millisecond",
                        other.into(),
                    ));
                }
            },
        };
        format.decode_time(rest)
    }
}

impl Encode for Cds {
    fn encoded_len(&self) -> usize {
        1 + self.format.time_len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let Self { format, .. } = self;
        encode_behind(format.preamble(), format.time_len(), out, |time| self.encode_time(time))
    }
}

const UNIT: &str = "CDS time code";
const CODE: u8 = 0b100;
const PICOS_OF_MILLI: u64 = PICOS / 1_000;
/// The last millisecond of a day with a leap second.
const MAX_MILLIS: u32 = (DAY as u32 + 1) * 1_000 - 1;
