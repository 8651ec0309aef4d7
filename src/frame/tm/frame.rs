use super::parameters::OCF_LEN;
use super::{DataStatus, TmHeader, TmParameters};
use crate::frame::fecf;
use crate::frame::packets::FirstHeader;
use crate::wire::{DecodeError, EncodeError};

/// A received TM frame, its parts where they lie in the frame.
///
/// Source: CCSDS 132.0-B-3 §4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TmFrame<'a> {
    /// The primary header.
    pub header: TmHeader,
    /// The data of the secondary header, 1 to 63 octets. One spacecraft flies a secondary header without data: that is read
    /// and never sent.
    pub secondary_header: Option<&'a [u8]>,
    /// The data field: packets, access data or idle data.
    pub data: &'a [u8],
    /// The operational control field.
    pub ocf: Option<[u8; OCF_LEN]>,
}

impl<'a> TmFrame<'a> {
    /// Reads the frame that `octets` are, from first to last.
    ///
    /// # Errors
    /// [`DecodeError::Short`] or [`DecodeError::Trailing`] when the length is not that of the link or leaves no data
    /// field, [`DecodeError::Check`] when the check sequence does not match, [`DecodeError::Field`] for another version,
    /// or flags that contradict each other or the link.
    pub fn decode(parameters: &TmParameters, octets: &'a [u8]) -> Result<Self, DecodeError> {
        let (required, found) = (parameters.frame_len(), octets.len());
        if found > required {
            return Err(DecodeError::Trailing { unit: UNIT, extra: found - required });
        }
        let short = DecodeError::Short { unit: UNIT, required, found };
        if found < required {
            return Err(short);
        }
        let settings = parameters.settings();
        let covered = fecf::strip(UNIT, settings.fecf, octets)?;
        let (header, rest) = covered.split_first_chunk().ok_or(short)?;
        let header = TmHeader::from_octets(*header)?;
        let (secondary_header, rest) = match header.secondary_header {
            true => secondary_header(rest).map(|(data, rest)| (Some(data), rest))?,
            false => (None, rest),
        };
        let len = secondary_header.map_or(0, <[u8]>::len);
        if settings.secondary_header_len.is_some_and(|managed| managed != len) {
            return Err(DecodeError::field(UNIT, "secondary header length", len as u64));
        }
        if settings.ocf.is_some_and(|ocf| ocf != header.ocf) {
            return Err(DecodeError::field(UNIT, "operational control field flag", header.ocf.into()));
        }
        let (data, ocf) = if header.ocf {
            let (data, ocf) = rest.split_last_chunk().ok_or(short)?;
            (data, Some(*ocf))
        } else {
            (rest, None)
        };
        if data.is_empty() {
            return Err(short);
        }
        Ok(Self { header, secondary_header, data, ocf })
    }
}

/// The data of the secondary header at the front of `octets`, and what follows it: an octet with the version (two bits,
/// zero) and the length of the whole less one, then the data.
///
/// Source: CCSDS 132.0-B-3 §4.1.3.
fn secondary_header(octets: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let short = |required| DecodeError::Short { unit: SECONDARY, required, found: octets.len() };
    let (&first, rest) = octets.split_first().ok_or(short(1))?;
    if first >> 6 != 0 {
        return Err(DecodeError::field(SECONDARY, "version", u64::from(first >> 6)));
    }
    rest.split_at_checked(first.into()).ok_or(short(usize::from(first) + 1))
}

/// A TM frame being written in place: fill its data field, then [`finish`](Self::finish) it.
#[derive(Debug)]
pub struct TmDraft<'a> {
    fecf: bool,
    header: TmHeader,
    data: (usize, usize),
    frame: &'a mut [u8],
}

impl<'a> TmDraft<'a> {
    /// Writes the header and, when `secondary_header` is not empty, a secondary header with these data to the front of
    /// `out`. The data field holds what was there before; an operational control field is zero.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `out` is shorter than a frame or the other fields leave no data field,
    /// [`EncodeError::Field`] when a value has too many bits or contradicts the link.
    pub fn begin(
        parameters: &TmParameters,
        header: &TmHeader,
        secondary_header: &[u8],
        out: &'a mut [u8],
    ) -> Result<Self, EncodeError> {
        let settings = parameters.settings();
        let len = secondary_header.len();
        if len > TmParameters::MAX_SECONDARY_HEADER_LEN
            || settings.secondary_header_len.is_some_and(|l| l != len)
        {
            return Err(EncodeError::field(UNIT, "secondary header length", len as u64));
        }
        if settings.ocf.is_some_and(|ocf| ocf != header.ocf) {
            return Err(EncodeError::field(UNIT, "operational control field flag", header.ocf.into()));
        }
        let (required, available) = (parameters.frame_len(), out.len());
        let data_len = parameters.data_len(len, header.ocf);
        let frame = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        if data_len == 0 {
            let available = required;
            return Err(EncodeError::Room { required: required + 1, available });
        }
        let header = TmHeader { secondary_header: len > 0, ..*header };
        frame[..TmHeader::LEN].copy_from_slice(&header.to_octets()?);
        let mut start = TmHeader::LEN;
        if len > 0 {
            frame[start] = len as u8;
            frame[start + 1..start + 1 + len].copy_from_slice(secondary_header);
            start += 1 + len;
        }
        let data = (start, start + data_len);
        let mut draft = Self { fecf: settings.fecf, header, data, frame };
        draft.set_ocf([0; OCF_LEN]);
        Ok(draft)
    }

    /// The data field, to be filled to the last octet.
    pub fn data_field(&mut self) -> &mut [u8] {
        &mut self.frame[self.data.0..self.data.1]
    }

    /// Says where the first packet starts, after the data field has been filled with packets.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the pointer lies beyond the data field.
    pub fn set_first_header(&mut self, first: FirstHeader) -> Result<(), EncodeError> {
        if let FirstHeader::At(offset) = first
            && usize::from(offset) >= self.data.1 - self.data.0
        {
            return Err(EncodeError::field(UNIT, "first header pointer", offset.into()));
        }
        self.header.status = DataStatus::Packets(first);
        self.frame[..TmHeader::LEN].copy_from_slice(&self.header.to_octets()?);
        Ok(())
    }

    /// Sets the operational control field; does nothing in a frame without one.
    pub fn set_ocf(&mut self, ocf: [u8; OCF_LEN]) {
        if self.header.ocf {
            self.frame[self.data.1..self.data.1 + OCF_LEN].copy_from_slice(&ocf);
        }
    }

    /// Computes the frame error control field, when the link has one, and hands the frame back.
    pub fn finish(self) -> &'a mut [u8] {
        fecf::seal(self.fecf, self.frame);
        self.frame
    }
}

const UNIT: &str = "TM frame";
const SECONDARY: &str = "TM secondary header";
