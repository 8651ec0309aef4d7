use super::TcHeader;
use crate::frame::ParameterError;
use crate::frame::fecf::FECF_LEN;

/// Managed parameters of a TC physical channel, as settings to fill in; [`TcParameters::new`] checks them.
///
/// Source: CCSDS 232.0-B-4 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct TcSettings {
    /// Octets of the longest frame, at most 1024.
    pub max_frame_len: usize,
    /// Whether frames end with a frame error control field.
    #[cfg_attr(feature = "serde", serde(default))]
    pub fecf: bool,
}

impl Default for TcSettings {
    /// Frames of up to 1024 octets without check sequence.
    fn default() -> Self {
        Self { max_frame_len: TcParameters::MAX_FRAME_LEN, fecf: false }
    }
}

/// Managed parameters that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TcParameters {
    settings: TcSettings,
}

impl TcParameters {
    /// Most octets of a frame (§4.1.2.7).
    pub const MAX_FRAME_LEN: usize = 1024;

    /// Checks `settings`.
    ///
    /// # Errors
    /// [`ParameterError`] when the longest frame is too long or holds nothing.
    pub const fn new(settings: TcSettings) -> Result<Self, ParameterError> {
        let TcSettings { max_frame_len: frame_len, fecf } = settings;
        let overhead = TcHeader::LEN + if fecf { FECF_LEN } else { 0 };
        if frame_len > Self::MAX_FRAME_LEN {
            return Err(ParameterError::FrameTooLong { frame_len, most: Self::MAX_FRAME_LEN });
        }
        if frame_len <= overhead {
            return Err(ParameterError::NoDataField { frame_len, overhead });
        }
        Ok(Self { settings })
    }

    /// The settings these came from.
    #[must_use]
    pub const fn settings(&self) -> TcSettings {
        self.settings
    }

    /// Most octets of a frame's data field, segment header and link security included.
    #[must_use]
    pub const fn max_data_len(&self) -> usize {
        self.settings.max_frame_len - self.overhead()
    }

    /// Octets of header and trailer.
    pub(super) const fn overhead(&self) -> usize {
        TcHeader::LEN + if self.settings.fecf { FECF_LEN } else { 0 }
    }
}
