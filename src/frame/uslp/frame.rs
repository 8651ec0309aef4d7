use super::parameters::OCF_LEN;
use super::{FrameLen, UslpHeader, UslpParameters};
use crate::frame::fecf;
use crate::wire::{DecodeError, EncodeError};

/// A received USLP frame, its parts where they lie in the frame.
///
/// Source: CCSDS 732.1-B-3 §4.1; annex D for truncated frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UslpFrame<'a> {
    /// The primary header.
    pub header: UslpHeader,
    /// The insert zone; empty when the link has none, and in truncated frames.
    pub insert_zone: &'a [u8],
    /// The data field with its header, and room of link security around it.
    pub data: &'a [u8],
    /// The operational control field.
    pub ocf: Option<[u8; OCF_LEN]>,
}

impl<'a> UslpFrame<'a> {
    /// Reads the frame at the front of `octets` and returns it with what follows, the fill or the frames after it.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when the frame is not whole, [`DecodeError::Field`] for another version, a length that is
    /// not that of the link or leaves no data field, or a truncated frame on a channel without them;
    /// [`DecodeError::Check`] when the check sequence does not match.
    pub fn decode(parameters: &UslpParameters, octets: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let settings = parameters.settings();
        let (header, frame_len) = front(parameters, octets)?;
        let short = DecodeError::Short { unit: UNIT, required: frame_len, found: octets.len() };
        let (frame, rest) = octets.split_at_checked(frame_len).ok_or(short)?;
        let Some(control) = header.control else {
            let data = frame.get(UslpHeader::TRUNCATED_LEN..).ok_or(short)?;
            return Ok((Self { header, insert_zone: &[], data, ocf: None }, rest));
        };
        let covered = fecf::strip(UNIT, settings.fecf, frame)?;
        let after = covered.get(header.encoded_len()..).ok_or(short)?;
        let (insert_zone, after) = after.split_at_checked(settings.insert_zone_len).ok_or(short)?;
        let (data, ocf) = if control.ocf {
            let (data, ocf) = after.split_last_chunk().ok_or(short)?;
            (data, Some(*ocf))
        } else {
            (after, None)
        };
        Ok((Self { header, insert_zone, data, ocf }, rest))
    }
}

impl UslpParameters {
    /// Octets of the frame that begins `octets`, whole or not; `None` when its header is not whole yet. For streams in
    /// which frames of any length stand one after the other.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when no frame of this link begins so.
    pub fn peek_len(&self, octets: &[u8]) -> Result<Option<usize>, DecodeError> {
        match front(self, octets) {
            Ok((_, frame_len)) => Ok(Some(frame_len)),
            Err(DecodeError::Short { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The header of the frame that begins `octets`, and the octets of the whole frame.
fn front(parameters: &UslpParameters, octets: &[u8]) -> Result<(UslpHeader, usize), DecodeError> {
    let settings = parameters.settings();
    let (header, said) = UslpHeader::decode(octets)?;
    let frame_len = match (said, settings.frame_len) {
        (Some(len), FrameLen::Fixed(fixed)) if len != fixed => {
            return Err(DecodeError::field(UNIT, "frame length", len as u64));
        }
        (Some(len), _) => len,
        (None, _) => settings.truncated.of(header.vcid).ok_or(DecodeError::field(
            UNIT,
            "truncated frame on virtual channel",
            header.vcid.value().into(),
        ))?,
    };
    if frame_len > settings.frame_len.most() || frame_len <= parameters.overhead(&header) {
        return Err(DecodeError::field(UNIT, "frame length", frame_len as u64));
    }
    Ok((header, frame_len))
}

/// A USLP frame being written in place: fill its data field, then [`finish`](Self::finish) it.
#[derive(Debug)]
pub struct UslpDraft<'a> {
    parameters: UslpParameters,
    header: UslpHeader,
    /// Where the data field lies.
    data: (usize, usize),
    frame: &'a mut [u8],
}

impl<'a> UslpDraft<'a> {
    /// Writes the header of a frame with `data_len` octets in its data field (its header and room of link security
    /// included) to the front of `out`. Where the length is fixed, `data_len` is [`UslpParameters::data_len`]. Insert
    /// zone and data field hold what was there before; an operational control field is zero.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the header or the length does not fit the link, [`EncodeError::Room`] when `out` is
    /// too short.
    pub fn begin(
        parameters: &UslpParameters,
        header: &UslpHeader,
        data_len: usize,
        out: &'a mut [u8],
    ) -> Result<Self, EncodeError> {
        let settings = parameters.settings();
        let most = parameters.data_len(header);
        let fixed = header.control.is_none() || matches!(settings.frame_len, FrameLen::Fixed(_));
        if data_len == 0 || data_len > most || (fixed && data_len < most) {
            return Err(EncodeError::field(UNIT, "data length", data_len as u64));
        }
        let (required, available) = (parameters.overhead(header) + data_len, out.len());
        let frame = out.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let insert_zone_len = if header.control.is_some() { settings.insert_zone_len } else { 0 };
        let start = header.encode(required, frame)? + insert_zone_len;
        let mut draft =
            Self { parameters: *parameters, header: *header, data: (start, start + data_len), frame };
        draft.set_ocf([0; OCF_LEN]);
        Ok(draft)
    }

    /// The insert zone, to be filled; empty when the link has none, and in truncated frames.
    pub fn insert_zone(&mut self) -> &mut [u8] {
        &mut self.frame[self.header.encoded_len()..self.data.0]
    }

    /// The data field, to be filled to the last octet; see [`DataField`](super::DataField).
    pub fn data_field(&mut self) -> &mut [u8] {
        &mut self.frame[self.data.0..self.data.1]
    }

    /// Sets the operational control field; does nothing in a frame without one.
    pub fn set_ocf(&mut self, ocf: [u8; OCF_LEN]) {
        if self.header.control.is_some_and(|control| control.ocf) {
            self.frame[self.data.1..self.data.1 + OCF_LEN].copy_from_slice(&ocf);
        }
    }

    /// Computes the frame error control field, when the frame has one, and hands the frame back.
    pub fn finish(self) -> &'a mut [u8] {
        let fecf = self.header.control.is_some() && self.parameters.settings().fecf;
        fecf::seal(fecf, self.frame);
        self.frame
    }
}

const UNIT: &str = "USLP frame";
