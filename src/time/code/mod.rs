//! The CCSDS time codes: unsegmented (CUC), day segmented (CDS) and calendar segmented (CCS).
//!
//! A code is a preamble (P-field), which says how the time (T-field) is written. Where the preamble is not sent, it is
//! managed: each code has a format that reads and writes times without one. [`TimeCode`] reads any code by its preamble.
//!
//! ```
//! use spacelink::time::code::{CucFormat, CodeEpoch, TimeCode};
//! use spacelink::time::LeapSeconds;
//! use spacelink::wire::{Decode, Encode};
//!
//! // Four octets of seconds and one of fractions since 1958, TAI, with its preamble.
//! let (code, _) = TimeCode::decode(&[0x1D, 0x6D, 0x1F, 0xEC, 0x02, 0x99])?;
//! let TimeCode::Cuc(cuc) = code else { panic!() };
//! assert_eq!(cuc.format(), CucFormat::new(CodeEpoch::Ccsds, 4, 1).unwrap());
//! let utc = LeapSeconds::BUILT_IN.to_utc(cuc.to_tai(spacelink::time::TaiTime::EPOCH_1958));
//! assert_eq!(utc.to_string(), "2016-01-06T21:55:42.597656250000Z");
//! # Ok::<(), spacelink::wire::DecodeError>(())
//! ```
//!
//! Left out: the ASCII codes, and codes that an agency defines for itself.
//!
//! Source: CCSDS 301.0-B-4.

mod ccs;
mod cds;
mod cuc;

pub use ccs::{Ccs, CcsFormat, CcsVariation};
pub use cds::{Cds, CdsFormat, SubMillis};
pub use cuc::{Cuc, CucFormat};

use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// From when a code counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CodeEpoch {
    /// 1958-01-01: TAI for CUC, UTC days for CDS.
    #[default]
    Ccsds,
    /// Whatever the agency says.
    Agency,
}

/// Any of the codes, told apart by its preamble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeCode {
    /// Unsegmented.
    Cuc(Cuc),
    /// Day segmented.
    Cds(Cds),
    /// Calendar segmented.
    Ccs(Ccs),
}

impl<'a> Decode<'a> for TimeCode {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let first = *input.first().ok_or(DecodeError::Short { unit: UNIT, required: 1, found: 0 })?;
        Ok(match first >> 4 & 0b111 {
            0b001 | 0b010 => Cuc::decode(input).map(|(code, rest)| (Self::Cuc(code), rest))?,
            0b100 => Cds::decode(input).map(|(code, rest)| (Self::Cds(code), rest))?,
            0b101 => Ccs::decode(input).map(|(code, rest)| (Self::Ccs(code), rest))?,
            other => return Err(DecodeError::field(UNIT, "identification", other.into())),
        })
    }
}

impl Encode for TimeCode {
    fn encoded_len(&self) -> usize {
        match self {
            Self::Cuc(code) => code.encoded_len(),
            Self::Cds(code) => code.encoded_len(),
            Self::Ccs(code) => code.encoded_len(),
        }
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        match self {
            Self::Cuc(code) => code.encode(out),
            Self::Cds(code) => code.encode(out),
            Self::Ccs(code) => code.encode(out),
        }
    }
}

/// Takes the preamble of a segmented code off the front of `input`: one octet, without extension, that begins with `code`.
fn preamble<'a>(unit: &'static str, code: u8, input: &'a [u8]) -> Result<(u8, &'a [u8]), DecodeError> {
    let short = DecodeError::Short { unit, required: 1, found: input.len() };
    let (&preamble, rest) = input.split_first().ok_or(short)?;
    match preamble >> 4 {
        found if found == code => Ok((preamble, rest)),
        other => Err(DecodeError::field(unit, "extension flag and identification", other.into())),
    }
}

/// Writes a preamble of one octet and the time behind it, which takes `time_len` octets.
fn encode_behind(
    preamble: u8,
    time_len: usize,
    out: &mut [u8],
    encode_time: impl FnOnce(&mut [u8]) -> Result<usize, EncodeError>,
) -> Result<usize, EncodeError> {
    let required = 1 + time_len;
    let room = EncodeError::Room { required, available: out.len() };
    let (first, time) = out.split_first_mut().ok_or(room)?;
    encode_time(time).map_err(|_| room)?;
    *first = preamble;
    Ok(required)
}

const UNIT: &str = "time code";
