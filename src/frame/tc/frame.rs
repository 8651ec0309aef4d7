use super::{ControlCommand, TcHeader, TcKind, TcParameters};
use crate::frame::fecf::{self, FECF_LEN};
use crate::wire::{Decode, DecodeError, EncodeError};

/// A TC frame whose data stay where they are.
///
/// Source: CCSDS 232.0-B-4 §4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TcFrame<'a> {
    /// The primary header.
    pub header: TcHeader,
    /// The data field: a segment, packets, access data or a control command; 1 octet at least.
    pub data: &'a [u8],
}

impl<'a> TcFrame<'a> {
    /// Reads the frame at the front of `octets` and returns it with what follows: the fill that a CLTU may end with.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when the frame is not whole or holds nothing, [`DecodeError::Field`] for another version, a
    /// forbidden combination of flags, or a length above the longest; [`DecodeError::Check`] when the check sequence
    /// does not match.
    pub fn decode(parameters: &TcParameters, octets: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let found = octets.len();
        let short = |required| DecodeError::Short { unit: UNIT, required, found };
        let least = parameters.overhead() + 1;
        let (header, frame_len) = TcHeader::from_octets(*octets.first_chunk().ok_or(short(least))?)?;
        if !(least..=parameters.settings().max_frame_len).contains(&frame_len) {
            return Err(DecodeError::field(UNIT, "frame length", frame_len as u64));
        }
        let (frame, rest) = octets.split_at_checked(frame_len).ok_or(short(frame_len))?;
        let covered = fecf::strip(UNIT, parameters.settings().fecf, frame)?;
        let data = covered.get(TcHeader::LEN..).ok_or(short(least))?;
        Ok((Self { header, data }, rest))
    }

    /// Writes the frame to the front of `out` and returns its length. To write the data in place, use [`TcDraft`].
    ///
    /// # Errors
    /// As [`TcDraft::begin`].
    pub fn encode(&self, parameters: &TcParameters, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut draft = TcDraft::begin(parameters, &self.header, self.data.len(), out)?;
        draft.data().copy_from_slice(self.data);
        Ok(draft.finish().len())
    }

    /// The control command of a BC frame; `None` for other frames.
    ///
    /// # Errors
    /// [`DecodeError`] when a BC frame holds none that is known.
    pub fn command(&self) -> Result<Option<ControlCommand>, DecodeError> {
        match self.header.kind {
            TcKind::Bc => ControlCommand::decode_exact("TC control command", self.data).map(Some),
            TcKind::Ad { .. } | TcKind::Bd => Ok(None),
        }
    }
}

/// A TC frame being written in place: fill its data field, then [`finish`](Self::finish) it.
#[derive(Debug)]
pub struct TcDraft<'a> {
    fecf: bool,
    frame: &'a mut [u8],
}

impl<'a> TcDraft<'a> {
    /// Writes the header of a frame with `data_len` octets in its data field to the front of `out`. The data field
    /// holds what was there before.
    ///
    /// # Errors
    /// [`EncodeError::Field`] for a data length that is zero or above [`TcParameters::max_data_len`] or a spacecraft
    /// identifier beyond ten bits, [`EncodeError::Room`] when `out` is too short.
    pub fn begin(
        parameters: &TcParameters,
        header: &TcHeader,
        data_len: usize,
        out: &'a mut [u8],
    ) -> Result<Self, EncodeError> {
        if data_len == 0 || data_len > parameters.max_data_len() {
            return Err(EncodeError::field(UNIT, "data length", data_len as u64));
        }
        let (required, available) = (parameters.overhead() + data_len, out.len());
        let room = EncodeError::Room { required, available };
        let frame = out.get_mut(..required).ok_or(room)?;
        *frame.first_chunk_mut().ok_or(room)? = header.to_octets(required)?;
        Ok(Self { fecf: parameters.settings().fecf, frame })
    }

    /// The data field, to be filled to the last octet.
    pub fn data(&mut self) -> &mut [u8] {
        let end = self.frame.len() - if self.fecf { FECF_LEN } else { 0 };
        &mut self.frame[TcHeader::LEN..end]
    }

    /// Computes the frame error control field, when the link has one, and hands the frame back.
    pub fn finish(self) -> &'a mut [u8] {
        fecf::seal(self.fecf, self.frame);
        self.frame
    }
}

const UNIT: &str = "TC frame";
