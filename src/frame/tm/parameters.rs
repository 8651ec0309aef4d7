use super::TmHeader;
use crate::frame::ParameterError;
use crate::frame::fecf::FECF_LEN;

/// Managed parameters of a TM physical channel, as settings to fill in; [`TmParameters::new`] checks them.
///
/// Whether a frame has a secondary header and an operational control field is said in each frame. Where it is managed as
/// well, frames that say otherwise are refused.
///
/// Source: CCSDS 132.0-B-3 §5.2 to §5.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct TmSettings {
    /// Octets of every frame, at most 2048.
    pub frame_len: usize,
    /// Octets of data in the secondary header of every frame: 0 for none, at most 63. `None`: as each frame says.
    pub secondary_header_len: Option<usize>,
    /// Whether every frame has an operational control field. `None`: as each frame says.
    pub ocf: Option<bool>,
    /// Whether frames end with a frame error control field.
    #[cfg_attr(feature = "serde", serde(default))]
    pub fecf: bool,
}

impl TmSettings {
    /// Frames of `frame_len` octets without check sequence; the rest is as each frame says.
    #[must_use]
    pub const fn of_len(frame_len: usize) -> Self {
        Self { frame_len, secondary_header_len: None, ocf: None, fecf: false }
    }
}

/// Managed parameters that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TmParameters {
    settings: TmSettings,
}

impl TmParameters {
    /// Most octets of a frame (CCSDS 131.0-B-5 §11).
    pub const MAX_FRAME_LEN: usize = 2048;
    /// Most octets of data in a secondary header (§4.1.3).
    pub const MAX_SECONDARY_HEADER_LEN: usize = 63;

    /// Checks `settings`.
    ///
    /// # Errors
    /// [`ParameterError`] says which of them do not go together.
    pub const fn new(settings: TmSettings) -> Result<Self, ParameterError> {
        let TmSettings { frame_len, secondary_header_len, ocf, fecf } = settings;
        if frame_len > Self::MAX_FRAME_LEN {
            return Err(ParameterError::FrameTooLong { frame_len, most: Self::MAX_FRAME_LEN });
        }
        let secondary = match secondary_header_len {
            None | Some(0) => 0,
            Some(len) if len > Self::MAX_SECONDARY_HEADER_LEN => {
                let most = Self::MAX_SECONDARY_HEADER_LEN;
                return Err(ParameterError::FieldLen { field: "secondary header", len, most });
            }
            Some(len) => len + 1,
        };
        let ocf_len = if matches!(ocf, Some(true)) { OCF_LEN } else { 0 };
        let overhead = TmHeader::LEN + secondary + ocf_len + if fecf { FECF_LEN } else { 0 };
        if overhead >= frame_len {
            return Err(ParameterError::NoDataField { frame_len, overhead });
        }
        Ok(Self { settings })
    }

    /// The settings these came from.
    #[must_use]
    pub const fn settings(&self) -> TmSettings {
        self.settings
    }

    /// Octets of every frame.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        self.settings.frame_len
    }

    /// Octets of the data field of a frame with `secondary_header_len` octets of data in its secondary header (0 for
    /// none) and with or without an operational control field; 0 when that leaves none.
    #[must_use]
    pub const fn data_len(&self, secondary_header_len: usize, ocf: bool) -> usize {
        let secondary = if secondary_header_len == 0 { 0 } else { secondary_header_len + 1 };
        let overhead = TmHeader::LEN + secondary + if ocf { OCF_LEN } else { 0 } + self.fecf_len();
        self.settings.frame_len.saturating_sub(overhead)
    }

    pub(super) const fn fecf_len(&self) -> usize {
        if self.settings.fecf { FECF_LEN } else { 0 }
    }
}

pub(super) const OCF_LEN: usize = 4;
