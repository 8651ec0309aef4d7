use core::ops::Range;

use super::header::AosHeader;
use crate::frame::ParameterError;
use crate::frame::fecf::FECF_LEN;

/// Which issue of the AOS book a link follows: they differ in the spacecraft identifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AosIssue {
    /// 732.0-B-4 and earlier: 8 bits of spacecraft identifier, two spare bits.
    #[cfg_attr(feature = "serde", serde(rename = "732.0-B-4"))]
    Four,
    /// 732.0-B-5: 10 bits, the high two in the signalling field.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "732.0-B-5"))]
    Five,
}

/// What to do about the frame header error control field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum HeaderErrorControl {
    /// Frames have none.
    #[default]
    Absent,
    /// Frames have it; a header with an error is refused.
    Check,
    /// Frames have it; up to two wrong symbols are repaired.
    Correct,
}

/// Managed parameters of an AOS physical channel, as settings to fill in; [`AosParameters::new`] checks them.
///
/// `AosSettings { fecf: true, ..AosSettings::of_len(1115) }` names those that differ from none.
///
/// Source: CCSDS 732.0-B-5 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct AosSettings {
    /// Octets of every frame, at most 2048.
    pub frame_len: usize,
    /// Issue of the book.
    #[cfg_attr(feature = "serde", serde(default))]
    pub issue: AosIssue,
    /// Frame header error control.
    #[cfg_attr(feature = "serde", serde(default))]
    pub header_error_control: HeaderErrorControl,
    /// Octets of the insert zone; 0 for none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub insert_zone_len: usize,
    /// Whether first header pointers that say that no packet starts are sent as FFFF and FFFE, for peers that know no
    /// others; the book has 07FF and 07FE. Either is taken.
    #[cfg_attr(feature = "serde", serde(default))]
    pub wide_pointers: bool,
    /// Whether frames end with an operational control field.
    #[cfg_attr(feature = "serde", serde(default))]
    pub ocf: bool,
    /// Whether frames end with a frame error control field.
    #[cfg_attr(feature = "serde", serde(default))]
    pub fecf: bool,
}

impl AosSettings {
    /// Frames of `frame_len` octets after issue 5, with none of the optional fields.
    #[must_use]
    pub const fn of_len(frame_len: usize) -> Self {
        Self {
            frame_len,
            issue: AosIssue::Five,
            header_error_control: HeaderErrorControl::Absent,
            insert_zone_len: 0,
            wide_pointers: false,
            ocf: false,
            fecf: false,
        }
    }
}

/// Managed parameters that go together. Where each field of a frame lies follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AosParameters {
    settings: AosSettings,
    data_zone: (usize, usize),
}

impl AosParameters {
    /// Most octets of a frame (CCSDS 131.0-B-5 §11).
    pub const MAX_FRAME_LEN: usize = 2048;

    /// Checks `settings`.
    ///
    /// # Errors
    /// [`ParameterError`] says which of them do not go together.
    pub const fn new(settings: AosSettings) -> Result<Self, ParameterError> {
        let AosSettings { frame_len, header_error_control, insert_zone_len, ocf, fecf, .. } = settings;
        if frame_len > Self::MAX_FRAME_LEN {
            return Err(ParameterError::FrameTooLong { frame_len, most: Self::MAX_FRAME_LEN });
        }
        let header_len = match header_error_control {
            HeaderErrorControl::Absent => AosHeader::LEN,
            _ => AosHeader::LEN + FHEC_LEN,
        };
        let front = header_len.saturating_add(insert_zone_len);
        let back = if ocf { OCF_LEN } else { 0 } + if fecf { FECF_LEN } else { 0 };
        let overhead = front.saturating_add(back);
        if overhead >= frame_len {
            return Err(ParameterError::NoDataField { frame_len, overhead });
        }
        Ok(Self { settings, data_zone: (front, frame_len - back) })
    }

    /// The settings these came from.
    #[must_use]
    pub const fn settings(&self) -> AosSettings {
        self.settings
    }

    /// Octets of every frame.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        self.settings.frame_len
    }

    /// Octets of the data zone, where an M_PDU, a B_PDU or access data go.
    #[must_use]
    pub const fn data_zone_len(&self) -> usize {
        self.data_zone.1 - self.data_zone.0
    }

    /// Where in a frame the data zone lies.
    #[must_use]
    pub const fn data_zone(&self) -> Range<usize> {
        self.data_zone.0..self.data_zone.1
    }

    /// Where in a frame the insert zone lies.
    #[must_use]
    pub const fn insert_zone(&self) -> Range<usize> {
        self.data_zone.0 - self.settings.insert_zone_len..self.data_zone.0
    }

    /// Where in a frame the operational control field lies.
    pub(super) const fn ocf(&self) -> Option<Range<usize>> {
        if self.settings.ocf { Some(self.data_zone.1..self.data_zone.1 + OCF_LEN) } else { None }
    }

    /// Whether headers carry check symbols.
    pub(super) const fn has_fhec(&self) -> bool {
        !matches!(self.settings.header_error_control, HeaderErrorControl::Absent)
    }
}

pub(super) const FHEC_LEN: usize = 2;
pub(super) const OCF_LEN: usize = 4;
