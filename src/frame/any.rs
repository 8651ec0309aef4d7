use crate::frame::aos::{AosHeader, AosParameters, AosSettings};
use crate::frame::receive::{self, Content, Format, Opened};
use crate::frame::send::{FrameOf, Load, Protect, SendFormat, UnitLen};
use crate::frame::tm::{TmHeader, TmParameters, TmSettings};
use crate::frame::uslp::{FrameLen, UslpHeader, UslpParameters, UslpSettings};
use crate::frame::{FrameVersion, IdleFiller, ParameterError, Vcid};
use crate::wire::{DecodeError, EncodeError};

/// Managed parameters of a physical channel with frames of any format that is not known before a program runs, as
/// settings to fill in; [`AnyParameters::new`] checks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "protocol", rename_all = "kebab-case"))]
pub enum AnySettings {
    /// TM frames.
    Tm(TmSettings),
    /// AOS frames.
    Aos(AosSettings),
    /// USLP frames.
    Uslp(UslpSettings),
}

/// A frame format that is chosen while a program runs: what works on TM, AOS and USLP frames works on it.
///
/// ```
/// use spacelink::frame::tm::TmSettings;
/// use spacelink::frame::{AnyParameters, AnySettings};
///
/// let settings = AnySettings::Tm(TmSettings { fecf: true, ..TmSettings::of_len(1115) });
/// assert_eq!(AnyParameters::new(settings)?.fixed_len(), Some(1115));
/// # Ok::<(), spacelink::frame::ParameterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnyParameters {
    /// TM frames.
    Tm(TmParameters),
    /// AOS frames.
    Aos(AosParameters),
    /// USLP frames.
    Uslp(UslpParameters),
}

/// The primary header of a frame of any format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnyHeader {
    /// Of a TM frame.
    Tm(TmHeader),
    /// Of an AOS frame.
    Aos(AosHeader),
    /// Of a USLP frame.
    Uslp(UslpHeader),
}

impl AnyParameters {
    /// Checks `settings`.
    ///
    /// # Errors
    /// [`ParameterError`] as the format has it.
    pub fn new(settings: AnySettings) -> Result<Self, ParameterError> {
        Ok(match settings {
            AnySettings::Tm(settings) => Self::Tm(TmParameters::new(settings)?),
            AnySettings::Aos(settings) => Self::Aos(AosParameters::new(settings)?),
            AnySettings::Uslp(settings) => Self::Uslp(UslpParameters::new(settings)?),
        })
    }

    /// Octets of every frame; `None` when frames have no fixed length.
    #[must_use]
    pub const fn fixed_len(&self) -> Option<usize> {
        match self {
            Self::Tm(tm) => Some(tm.frame_len()),
            Self::Aos(aos) => Some(aos.frame_len()),
            Self::Uslp(uslp) => match uslp.settings().frame_len {
                FrameLen::Fixed(len) => Some(len),
                FrameLen::Variable { .. } => None,
            },
        }
    }

    /// Which format it is.
    #[must_use]
    pub const fn version(&self) -> FrameVersion {
        match self {
            Self::Tm(_) => FrameVersion::One,
            Self::Aos(_) => FrameVersion::Two,
            Self::Uslp(_) => FrameVersion::Four,
        }
    }
}

/// The frame `opened`, with its header as one of any format.
fn with_header<H, A>(opened: Opened<'_, H>, header: impl FnOnce(H) -> A) -> Opened<'_, A> {
    let Opened { header_repaired, scid, vcid, map, expedited, count, .. } = opened;
    let Opened { master_count, insert_zone, ocf, field, .. } = opened;
    let header = header(opened.header);
    Opened {
        header,
        header_repaired,
        scid,
        vcid,
        map,
        expedited,
        count,
        master_count,
        insert_zone,
        ocf,
        field,
    }
}

impl Format for AnyParameters {
    type Header = AnyHeader;

    fn open<'a>(&self, octets: &'a [u8]) -> Result<Opened<'a, AnyHeader>, DecodeError> {
        Ok(match self {
            Self::Tm(tm) => with_header(tm.open(octets)?, AnyHeader::Tm),
            Self::Aos(aos) => with_header(aos.open(octets)?, AnyHeader::Aos),
            Self::Uslp(uslp) => with_header(uslp.open(octets)?, AnyHeader::Uslp),
        })
    }

    /// # Errors
    /// Also [`DecodeError::Field`] when `header` is that of another format.
    fn content<'a>(
        &self,
        header: &AnyHeader,
        service: receive::Service,
        field: &'a [u8],
    ) -> Result<Content<'a>, DecodeError> {
        match (self, header) {
            (Self::Tm(tm), AnyHeader::Tm(header)) => tm.content(header, service, field),
            (Self::Aos(aos), AnyHeader::Aos(header)) => aos.content(header, service, field),
            (Self::Uslp(uslp), AnyHeader::Uslp(header)) => uslp.content(header, service, field),
            (_, AnyHeader::Tm(_)) => Err(DecodeError::field("transfer frame", "version", 0b00)),
            (_, AnyHeader::Aos(_)) => Err(DecodeError::field("transfer frame", "version", 0b01)),
            (_, AnyHeader::Uslp(_)) => Err(DecodeError::field("transfer frame", "version", 0b1100)),
        }
    }
}

/// Calls the same method of whichever format it is.
macro_rules! each {
    ($self:ident, $format:ident => $call:expr) => {
        match $self {
            Self::Tm($format) => $call,
            Self::Aos($format) => $call,
            Self::Uslp($format) => $call,
        }
    };
}

impl SendFormat for AnyParameters {
    fn idle_channel(&self) -> Option<Vcid> {
        each!(self, format => format.idle_channel())
    }

    fn frame_len(&self) -> usize {
        each!(self, format => SendFormat::frame_len(format))
    }

    fn insert_zone_len(&self) -> Option<usize> {
        each!(self, format => format.insert_zone_len())
    }

    fn has_ocf(&self) -> Option<bool> {
        each!(self, format => format.has_ocf())
    }

    fn unit_len(&self, of: &FrameOf<'_>) -> Result<UnitLen, EncodeError> {
        each!(self, format => format.unit_len(of))
    }

    fn write(
        &self,
        of: &FrameOf<'_>,
        load: &mut Load<'_>,
        protect: Protect<'_>,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        each!(self, format => format.write(of, load, protect, out))
    }

    fn write_idle(
        &self,
        of: &FrameOf<'_>,
        filler: &mut IdleFiller,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        each!(self, format => format.write_idle(of, filler, out))
    }
}
