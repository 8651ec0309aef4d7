use super::UslpHeader;
use crate::frame::fecf::FECF_LEN;
use crate::frame::{ParameterError, Vcid};

/// How long the frames of a physical channel are.
///
/// Source: CCSDS 732.1-B-3 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum FrameLen {
    /// All have the same length, at most 65,536 octets.
    Fixed(usize),
    /// Each is as long as what it carries.
    Variable {
        /// Octets of the longest, at most 65,536.
        most: usize,
    },
}

impl FrameLen {
    /// Octets of the longest frame.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Fixed(len) | Self::Variable { most: len } => len,
        }
    }
}

/// Octets of the truncated frames of each virtual channel, which they do not say themselves: 6 to 32.
///
/// Source: CCSDS 732.1-B-3 annex D.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "file::Truncated", into = "file::Truncated"))]
pub struct TruncatedLengths([u8; 64]);

impl TruncatedLengths {
    /// No channel has truncated frames.
    pub const NONE: Self = Self([0; 64]);
    /// Octets of the shortest and the longest.
    pub const RANGE: (usize, usize) = (6, 32);

    /// The same with truncated frames of `len` octets on `vcid`.
    ///
    /// # Errors
    /// [`ParameterError::FieldLen`] when that is not 6 to 32.
    pub const fn with(mut self, vcid: Vcid, len: usize) -> Result<Self, ParameterError> {
        if len < Self::RANGE.0 || len > Self::RANGE.1 {
            return Err(ParameterError::FieldLen { field: "truncated frame", len, most: Self::RANGE.1 });
        }
        self.0[vcid.index()] = len as u8;
        Ok(self)
    }

    /// Octets of the truncated frames of `vcid`; `None` when it has none.
    #[must_use]
    pub const fn of(&self, vcid: Vcid) -> Option<usize> {
        match self.0[vcid.index()] {
            0 => None,
            len => Some(len as usize),
        }
    }
}

/// Managed parameters of a USLP physical channel, as settings to fill in; [`UslpParameters::new`] checks them.
///
/// Source: CCSDS 732.1-B-3 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct UslpSettings {
    /// How long frames are.
    pub frame_len: FrameLen,
    /// Octets of the insert zone; 0 for none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub insert_zone_len: usize,
    /// Whether frames end with a frame error control field of two octets.
    #[cfg_attr(feature = "serde", serde(default))]
    pub fecf: bool,
    /// Which channels have truncated frames.
    #[cfg_attr(feature = "serde", serde(default))]
    pub truncated: TruncatedLengths,
}

impl UslpSettings {
    /// Frames with none of the optional fields.
    #[must_use]
    pub const fn new(frame_len: FrameLen) -> Self {
        Self { frame_len, insert_zone_len: 0, fecf: false, truncated: TruncatedLengths::NONE }
    }
}

/// Managed parameters that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UslpParameters {
    settings: UslpSettings,
}

impl UslpParameters {
    /// Most octets of a frame (§4.1.2.7).
    pub const MAX_FRAME_LEN: usize = 65_536;

    /// Checks `settings`.
    ///
    /// # Errors
    /// [`ParameterError`] when the longest frame is too long or holds nothing.
    pub const fn new(settings: UslpSettings) -> Result<Self, ParameterError> {
        let parameters = Self { settings };
        let frame_len = settings.frame_len.most();
        if frame_len > Self::MAX_FRAME_LEN {
            return Err(ParameterError::FrameTooLong { frame_len, most: Self::MAX_FRAME_LEN });
        }
        let overhead =
            UslpHeader::LEN.saturating_add(settings.insert_zone_len).saturating_add(parameters.fecf_len());
        if overhead >= frame_len {
            return Err(ParameterError::NoDataField { frame_len, overhead });
        }
        Ok(parameters)
    }

    /// The settings these came from.
    #[must_use]
    pub const fn settings(&self) -> UslpSettings {
        self.settings
    }

    /// Octets of the data field of a frame with `header`: of every such frame where the length is fixed, of the longest
    /// where it is not. Zero when nothing is left.
    #[must_use]
    pub const fn data_len(&self, header: &UslpHeader) -> usize {
        let frame_len = match header.control {
            Some(_) => Some(self.settings.frame_len.most()),
            None => self.settings.truncated.of(header.vcid),
        };
        match frame_len {
            Some(frame_len) => frame_len.saturating_sub(self.overhead(header)),
            None => 0,
        }
    }

    /// Octets of all fields but the data field.
    pub(super) const fn overhead(&self, header: &UslpHeader) -> usize {
        match header.control {
            None => UslpHeader::TRUNCATED_LEN,
            Some(control) => {
                let ocf = if control.ocf { OCF_LEN } else { 0 };
                header.encoded_len() + self.settings.insert_zone_len + ocf + self.fecf_len()
            }
        }
    }

    const fn fecf_len(&self) -> usize {
        if self.settings.fecf { FECF_LEN } else { 0 }
    }
}

impl Default for TruncatedLengths {
    /// No channel has truncated frames.
    fn default() -> Self {
        Self::NONE
    }
}

pub(super) const OCF_LEN: usize = 4;

/// Truncated lengths as a mission's file has them: a list of the channels that have any.
#[cfg(feature = "serde")]
mod file {
    use super::TruncatedLengths;
    use crate::frame::{ParameterError, Vcid};
    use alloc::vec::Vec;

    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Truncated(Vec<Channel>);

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Channel {
        vcid: Vcid,
        len: usize,
    }

    impl TryFrom<Truncated> for TruncatedLengths {
        type Error = ParameterError;

        fn try_from(list: Truncated) -> Result<Self, ParameterError> {
            list.0.iter().try_fold(Self::NONE, |lengths, Channel { vcid, len }| lengths.with(*vcid, *len))
        }
    }

    impl From<TruncatedLengths> for Truncated {
        fn from(lengths: TruncatedLengths) -> Self {
            let channel = |vcid| lengths.of(vcid).map(|len| Channel { vcid, len });
            Self((0..64).filter_map(Vcid::new).filter_map(channel).collect())
        }
    }
}
