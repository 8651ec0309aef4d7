use super::CodeEpoch;
use crate::time::TaiTime;
use crate::time::utc::PICOS;
use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// How an unsegmented time is written: its preamble.
///
/// Source: CCSDS 301.0-B-4 §3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CucFormat {
    epoch: CodeEpoch,
    coarse: u8,
    fraction: u8,
}

impl CucFormat {
    /// `coarse` octets of seconds, 1 to 7, and `fraction` octets of fractions of a second, 0 to 10; `None` beyond.
    #[must_use]
    pub const fn new(epoch: CodeEpoch, coarse: u8, fraction: u8) -> Option<Self> {
        if 1 <= coarse && coarse <= 7 && fraction <= 10 {
            Some(Self { epoch, coarse, fraction })
        } else {
            None
        }
    }

    /// From when it counts.
    #[must_use]
    pub const fn epoch(self) -> CodeEpoch {
        self.epoch
    }

    /// Octets of a time without preamble.
    #[must_use]
    pub const fn time_len(self) -> usize {
        (self.coarse + self.fraction) as usize
    }

    /// Octets of the preamble: a second one when the first cannot say the lengths.
    #[must_use]
    pub const fn preamble_len(self) -> usize {
        if self.coarse > 4 || self.fraction > 3 { 2 } else { 1 }
    }

    /// The preamble; of two octets, the second is sent when [`preamble_len`](Self::preamble_len) says so.
    #[must_use]
    pub fn preamble(self) -> [u8; 2] {
        let (coarse, fraction) = (self.coarse.min(4), self.fraction.min(3));
        let identification = match self.epoch {
            CodeEpoch::Ccsds => 0b001,
            CodeEpoch::Agency => 0b010,
        };
        let extension = u8::from(self.preamble_len() == 2);
        let first = extension << 7 | identification << 4 | (coarse - 1) << 2 | fraction;
        [first, (self.coarse - coarse) << 5 | (self.fraction - fraction) << 2]
    }

    /// The time `tai`, cut off to what can be written; `epoch` is when this format starts to count. `None` before the
    /// epoch and when the seconds do not fit.
    #[must_use]
    pub fn of_tai(self, epoch: TaiTime, tai: TaiTime) -> Option<Cuc> {
        self.rounded(epoch, tai, 0)
    }

    /// As [`of_tai`](Self::of_tai), rounded to the nearest time that can be written.
    #[must_use]
    pub fn nearest_tai(self, epoch: TaiTime, tai: TaiTime) -> Option<Cuc> {
        self.rounded(epoch, tai, u128::from(PICOS / 2))
    }

    fn rounded(self, epoch: TaiTime, tai: TaiTime, up: u128) -> Option<Cuc> {
        let (seconds, picos) = tai.since(epoch)?;
        let bits = 8 * u32::from(self.fraction);
        let fraction = ((u128::from(picos) << bits) + up) / u128::from(PICOS);
        let seconds = seconds.checked_add((fraction >> bits) as u64)?;
        let fits = seconds >> (8 * u32::from(self.coarse)) == 0;
        fits.then_some(Cuc { format: self, seconds, fraction: fraction & mask(bits) })
    }

    /// Reads a time without preamble from the front of `input`.
    ///
    /// # Errors
    /// [`DecodeError::Short`]
    pub fn decode_time(self, input: &[u8]) -> Result<(Cuc, &[u8]), DecodeError> {
        let required = self.time_len();
        let short = DecodeError::Short { unit: UNIT, required, found: input.len() };
        let (time, rest) = input.split_at_checked(required).ok_or(short)?;
        let (coarse, fraction) = time.split_at_checked(self.coarse.into()).ok_or(short)?;
        let number = |octets: &[u8]| octets.iter().fold(0, |value, &octet| value << 8 | u128::from(octet));
        Ok((Cuc { format: self, seconds: number(coarse) as u64, fraction: number(fraction) }, rest))
    }
}

/// An unsegmented time code: seconds since an epoch, and fractions of a second in powers of two.
///
/// It knows no leap seconds: what it counts are seconds of TAI, or of the clock on board.
///
/// Source: CCSDS 301.0-B-4 §3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cuc {
    format: CucFormat,
    seconds: u64,
    /// In units of 256 to the power of minus the octets of the fraction.
    fraction: u128,
}

impl Cuc {
    /// `None` when a value has more octets than `format` has for it.
    #[must_use]
    pub const fn new(format: CucFormat, seconds: u64, fraction: u128) -> Option<Self> {
        let fits =
            seconds >> (8 * format.coarse as u32) == 0 && fraction >> (8 * format.fraction as u32) == 0;
        if fits { Some(Self { format, seconds, fraction }) } else { None }
    }

    /// How it is written.
    #[must_use]
    pub const fn format(&self) -> CucFormat {
        self.format
    }

    /// Whole seconds.
    #[must_use]
    pub const fn seconds(&self) -> u64 {
        self.seconds
    }

    /// The octets of the fraction, as one number.
    #[must_use]
    pub const fn fraction(&self) -> u128 {
        self.fraction
    }

    /// Picoseconds of the second, rounded to the nearest, 999,999,999,999 at most.
    #[must_use]
    pub fn picos(&self) -> u64 {
        // Of the fraction 64 bits say more than picoseconds can.
        let spare = (8 * u32::from(self.format.fraction)).saturating_sub(64);
        let bits = 8 * u32::from(self.format.fraction) - spare;
        let half = if bits == 0 { 0 } else { 1 << (bits - 1) };
        ((((self.fraction >> spare) * u128::from(PICOS) + half) >> bits) as u64).min(PICOS - 1)
    }

    /// The point in TAI, when this code counts from `epoch`.
    #[must_use]
    pub fn to_tai(&self, epoch: TaiTime) -> TaiTime {
        epoch.later(i64::try_from(self.seconds).unwrap_or(i64::MAX), self.picos())
    }

    /// Writes the time without preamble to the front of `out`; returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`]
    pub fn encode_time(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.format.time_len(), out.len());
        let time = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let (coarse, fraction) = time.split_at_mut(self.format.coarse.into());
        coarse.copy_from_slice(&self.seconds.to_be_bytes()[8 - coarse.len()..]);
        fraction.copy_from_slice(&self.fraction.to_be_bytes()[16 - fraction.len()..]);
        Ok(required)
    }
}

impl<'a> Decode<'a> for Cuc {
    /// With its preamble. The reserved bits of a second octet are ignored.
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let short = |required| DecodeError::Short { unit: UNIT, required, found: input.len() };
        let (&first, mut rest) = input.split_first().ok_or(short(1))?;
        let epoch = match first >> 4 & 0b111 {
            0b001 => CodeEpoch::Ccsds,
            0b010 => CodeEpoch::Agency,
            other => return Err(DecodeError::field(UNIT, "identification", other.into())),
        };
        let (mut coarse, mut fraction) = ((first >> 2 & 0b11) + 1, first & 0b11);
        if first >> 7 == 1 {
            let (&second, after) = rest.split_first().ok_or(short(2))?;
            if second >> 7 == 1 {
                return Err(DecodeError::field(UNIT, "second extension flag", 1));
            }
            coarse += second >> 5 & 0b11;
            fraction += second >> 2 & 0b111;
            rest = after;
        }
        CucFormat { epoch, coarse, fraction }.decode_time(rest)
    }
}

impl Encode for Cuc {
    fn encoded_len(&self) -> usize {
        self.format.preamble_len() + self.format.time_len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(), out.len());
        let out = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let (preamble, time) = out.split_at_mut(self.format.preamble_len());
        preamble.copy_from_slice(&self.format.preamble()[..preamble.len()]);
        self.encode_time(time)?;
        Ok(required)
    }
}

const fn mask(bits: u32) -> u128 {
    (1 << bits) - 1
}

const UNIT: &str = "CUC time code";
