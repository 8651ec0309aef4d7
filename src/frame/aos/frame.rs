use super::fhec::Fhec;
use super::parameters::FHEC_LEN;
use super::{AosHeader, AosParameters, HeaderErrorControl};
use crate::frame::fecf;
use crate::wire::{DecodeError, EncodeError};

/// A received AOS frame, its parts where they lie in the frame.
///
/// Source: CCSDS 732.0-B-5 §4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AosFrame<'a> {
    /// The primary header, repaired when the link allows it.
    pub header: AosHeader,
    /// Symbols the header error control field repaired, 0 to 2.
    pub header_repaired: u8,
    /// The insert zone; empty when the link has none.
    pub insert_zone: &'a [u8],
    /// The data zone: an M_PDU, a B_PDU, access data or idle data.
    pub data: &'a [u8],
    /// The operational control field, when the link has one.
    pub ocf: Option<[u8; 4]>,
}

impl<'a> AosFrame<'a> {
    /// Reads the frame that `octets` are, from first to last.
    ///
    /// # Errors
    /// [`DecodeError::Short`] or [`DecodeError::Trailing`] when the length is not that of the link,
    /// [`DecodeError::Check`] when a check sequence does not match, [`DecodeError::Field`] for another version.
    pub fn decode(parameters: &AosParameters, octets: &'a [u8]) -> Result<Self, DecodeError> {
        let (required, found) = (parameters.frame_len(), octets.len());
        if found > required {
            return Err(DecodeError::Trailing { unit: UNIT, extra: found - required });
        }
        let short = DecodeError::Short { unit: UNIT, required, found };
        if found < required {
            return Err(short);
        }
        fecf::strip(UNIT, parameters.settings().fecf, octets)?;
        let (&header, rest) = octets.split_first_chunk().ok_or(short)?;
        let mut header: [u8; AosHeader::LEN] = header;
        let mut header_repaired = 0;
        if parameters.has_fhec() {
            let fhec = Fhec(u16::from_be_bytes(*rest.first_chunk::<FHEC_LEN>().ok_or(short)?));
            if parameters.settings().header_error_control == HeaderErrorControl::Correct {
                header_repaired = AosHeader::correct(&mut header, fhec)?;
            } else if AosHeader::fhec(&header) != fhec {
                return Err(DecodeError::Check { unit: "AOS frame header" });
            }
        }
        Ok(Self {
            header: AosHeader::from_octets(header, parameters.settings().issue)?,
            header_repaired,
            insert_zone: octets.get(parameters.insert_zone()).ok_or(short)?,
            data: octets.get(parameters.data_zone()).ok_or(short)?,
            ocf: parameters.ocf().and_then(|at| octets.get(at)?.try_into().ok()),
        })
    }
}

/// An AOS frame being written in place: fill its zones, then [`finish`](Self::finish) it.
///
/// ```
/// use spacelink::frame::aos::{AosDraft, AosFrame, AosHeader, AosParameters, AosSettings};
/// use spacelink::frame::{Scid, Vcid};
///
/// let link = AosParameters::new(AosSettings { fecf: true, ..AosSettings::of_len(16) })?;
/// let header = AosHeader::new(Scid(0x321), Vcid::new(5).unwrap());
/// let mut frame = [0; 16];
/// let mut draft = AosDraft::begin(&link, &header, &mut frame)?;
/// draft.data_zone().copy_from_slice(b"access!!");
/// draft.finish();
///
/// let read = AosFrame::decode(&link, &frame)?;
/// assert_eq!((read.header, read.data), (header, &b"access!!"[..]));
/// frame[8] ^= 1;
/// assert!(AosFrame::decode(&link, &frame).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AosDraft<'a> {
    parameters: AosParameters,
    frame: &'a mut [u8],
}

impl<'a> AosDraft<'a> {
    /// Writes the header (with its check symbols) at the front of `out`. The zones hold what was there before, except
    /// that an operational control field is zero.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when `out` is shorter than a frame, [`EncodeError::Field`] when the header does not fit
    /// the link.
    pub fn begin(
        parameters: &AosParameters,
        header: &AosHeader,
        out: &'a mut [u8],
    ) -> Result<Self, EncodeError> {
        let (required, available) = (parameters.frame_len(), out.len());
        let room = EncodeError::Room { required, available };
        let frame = out.get_mut(..required).ok_or(room)?;
        let octets = header.to_octets(parameters.settings().issue)?;
        let (front, rest) = frame.split_first_chunk_mut().ok_or(room)?;
        *front = octets;
        if parameters.has_fhec() {
            *rest.first_chunk_mut().ok_or(room)? = AosHeader::fhec(&octets).0.to_be_bytes();
        }
        let mut draft = Self { parameters: *parameters, frame };
        draft.set_ocf([0; 4]);
        Ok(draft)
    }

    /// The insert zone, to be filled; empty when the link has none.
    pub fn insert_zone(&mut self) -> &mut [u8] {
        &mut self.frame[self.parameters.insert_zone()]
    }

    /// The data zone, to be filled to the last octet.
    pub fn data_zone(&mut self) -> &mut [u8] {
        &mut self.frame[self.parameters.data_zone()]
    }

    /// Sets the operational control field; does nothing on a link without one.
    pub fn set_ocf(&mut self, ocf: [u8; 4]) {
        if let Some(at) = self.parameters.ocf() {
            self.frame[at].copy_from_slice(&ocf);
        }
    }

    /// Computes the frame error control field, when the link has one, and hands the frame back.
    pub fn finish(self) -> &'a mut [u8] {
        fecf::seal(self.parameters.settings().fecf, self.frame);
        self.frame
    }
}

const UNIT: &str = "AOS frame";
