use alloc::vec::Vec;

use crate::coding::bch;
use crate::coding::cltu::{CltuCode, CltuParameters};
use crate::cop::{FarmWindow, FopParameterError, FopParameters};
use crate::frame::receive::Service;
use crate::frame::scheduler::Share;
use crate::frame::tc::{self, TcParameters, TcSettings};
use crate::frame::{MapId, ParameterError, Scid, Vcid};

/// Everything that is managed on a telecommand link, the same at both ends, as plain values; with feature `serde`, what
/// stands in a mission's file. [`TcSender`](super::TcSender) and [`TcReceiver`](super::TcReceiver) check them.
///
/// Source: CCSDS 231.0-B-4 §9; 232.0-B-4 §5; 232.1-B-2 §5.1, §6.1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct TcLinkSettings {
    /// The spacecraft that frames go to.
    pub scid: Scid,
    /// Most octets of frames in one CLTU, with fill, that the receiver has room for.
    #[cfg_attr(feature = "serde", serde(default = "file::max_cltu_octets"))]
    pub max_cltu_octets: usize,
    /// Form of the frames.
    pub frame: TcSettings,
    /// Coding.
    pub coding: CltuParameters,
    /// The virtual channels.
    #[cfg_attr(feature = "serde", serde(rename = "channel"))]
    pub channels: Vec<TcChannelSettings>,
}

/// What is managed for one virtual channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct TcChannelSettings {
    /// Which channel.
    pub vcid: Vcid,
    /// Whether data fields start with a segment header.
    #[cfg_attr(feature = "serde", serde(default = "file::segment_headers"))]
    pub segment_headers: bool,
    /// What the channel carries; with segment headers, each of its MAPs that is not named in [`maps`](Self::maps).
    #[cfg_attr(feature = "serde", serde(default))]
    pub service: Service,
    /// MAPs that carry something else.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub maps: Vec<TcMapSettings>,
    /// Octets of the longest unit that the receiving end puts together of segments.
    #[cfg_attr(feature = "serde", serde(default = "file::max_unit_len"))]
    pub max_unit_len: u32,
    /// Frames that may wait at the sending end before units are refused.
    #[cfg_attr(feature = "serde", serde(default = "file::max_waiting"))]
    pub max_queued: usize,
    /// Units that may wait at the receiving end before it asks the sender to wait.
    #[cfg_attr(feature = "serde", serde(default = "file::max_waiting"))]
    pub max_received: usize,
    /// How the channel shares the link with others.
    #[cfg_attr(feature = "serde", serde(default))]
    pub share: Share,
    /// The sending end of COP-1.
    #[cfg_attr(feature = "serde", serde(default))]
    pub fop: FopParameters,
    /// The window of the receiving end of COP-1.
    #[cfg_attr(feature = "serde", serde(default))]
    pub farm: FarmWindow,
}

/// What one MAP of a virtual channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct TcMapSettings {
    /// Which MAP.
    pub map: MapId,
    /// What it carries.
    pub service: Service,
}

impl TcChannelSettings {
    /// Packets in segments as long as packets can be, the defaults of [`FopParameters`] and [`FarmWindow`], and room for
    /// 256 frames and units.
    #[must_use]
    pub const fn new(vcid: Vcid) -> Self {
        Self {
            vcid,
            segment_headers: true,
            service: Service::Packets,
            maps: Vec::new(),
            max_unit_len: tc::ChannelSettings::new(vcid).max_unit_len,
            max_queued: MAX_WAITING,
            max_received: MAX_WAITING,
            share: Share::of_priority(0),
            fop: FopParameters::DEFAULT,
            farm: FarmWindow::DEFAULT,
        }
    }

    /// As the demultiplexer of frames wants it.
    pub(super) const fn frames(&self) -> tc::ChannelSettings {
        let &Self { vcid, segment_headers, service, max_unit_len, .. } = self;
        tc::ChannelSettings { segment_headers, service, max_unit_len, ..tc::ChannelSettings::new(vcid) }
    }

    fn check(&self) -> Result<(), ChannelError> {
        self.fop.check()?;
        let (window, positive) = (self.fop.window, self.farm.positive());
        if window > positive {
            return Err(ChannelError::Window { window, positive });
        }
        if self.max_queued == 0 {
            return Err(ChannelError::NoRoom { field: "max-queued" });
        }
        if self.max_received == 0 {
            return Err(ChannelError::NoRoom { field: "max-received" });
        }
        if self.service == Service::Bitstream {
            return Err(ChannelError::Bitstream);
        }
        for (at, TcMapSettings { map, service }) in self.maps.iter().enumerate() {
            if !self.segment_headers {
                return Err(ChannelError::MapWithoutHeader(*map));
            }
            if *service == Service::Bitstream {
                return Err(ChannelError::Bitstream);
            }
            if self.maps[..at].iter().any(|other| other.map == *map) {
                return Err(ChannelError::MapTwice(*map));
            }
        }
        Ok(())
    }
}

/// Why settings are no telecommand link. The text names the field, its value, and what that does not go with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TcLinkError {
    /// TC frames have ten bits for a spacecraft identifier.
    #[error("scid: {} is above 1023", .0.0)]
    Scid(Scid),
    /// The form of the frames contradicts itself.
    #[error("frame: {0}")]
    Frame(#[from] ParameterError),
    /// So many bits of a start sequence may be wrong that noise is one.
    #[error("coding: start-tolerance {tolerance}, {most} at most with a start sequence of {bits} bits")]
    StartTolerance {
        /// Bits that may be wrong.
        tolerance: u8,
        /// The most that leaves the sequence more like itself than like noise.
        most: usize,
        /// Bits of the sequence.
        bits: usize,
    },
    /// A CLTU with the longest frame is longer than the receiver has room for.
    #[error(
        "max-cltu-octets: {max_cltu_octets}, less than the {required} of a frame of {frame_len} with fill"
    )]
    CltuLen {
        /// Octets there is room for.
        max_cltu_octets: usize,
        /// Octets of the longest frame.
        frame_len: usize,
        /// Octets that it takes.
        required: usize,
    },
    /// More room than a receiver takes.
    #[error("max-cltu-octets: {0} is above {most}", most = TcLinkSettings::MAX_CLTU_OCTETS)]
    CltuRoom(usize),
    /// Two channels of the same identifier.
    #[error("channel: {} is set up twice", .0.value())]
    Twice(Vcid),
    /// A channel contradicts itself or the form of the frames.
    #[error("channel {}: {error}", vcid.value())]
    Channel {
        /// The channel.
        vcid: Vcid,
        /// What is wrong.
        error: ChannelError,
    },
}

/// Why settings are no virtual channel of a telecommand link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// FOP-1 cannot be set up.
    #[error("fop: {0}")]
    Fop(#[from] FopParameterError),
    /// The sender may run ahead of what its receiver takes for early (232.1-B-2 §5.1.12: K is at most PW).
    #[error("fop: window {window} is above {positive}, the part of the window of farm before V(R)")]
    Window {
        /// K.
        window: u8,
        /// PW.
        positive: u8,
    },
    /// The longest frame leaves nothing for data beside the segment header.
    #[error("segment-headers: frames of {max_frame_len} octets hold no data beside one")]
    NoData {
        /// Octets of the longest frame.
        max_frame_len: usize,
    },
    /// A queue that takes nothing.
    #[error("{field}: 0, so that nothing gets through")]
    NoRoom {
        /// Which queue.
        field: &'static str,
    },
    /// Bitstreams are carried in AOS frames only.
    #[error("service: TC frames carry no bitstream")]
    Bitstream,
    /// Without segment headers there are no MAPs.
    #[error("maps: {}, but there are no segment headers to name it", .0.value())]
    MapWithoutHeader(MapId),
    /// Two services for one MAP.
    #[error("maps: {} is set up twice", .0.value())]
    MapTwice(MapId),
}

impl TcLinkSettings {
    /// Most octets of frames in one CLTU that a receiver can be asked to have room for: a mebibyte.
    pub const MAX_CLTU_OCTETS: usize = 1 << 20;

    /// Frames of up to 1024 octets with check sequence, randomized, in BCH codeblocks whose single errors are repaired.
    #[must_use]
    pub fn bch(scid: Scid, channels: &[TcChannelSettings]) -> Self {
        Self::with_code(scid, CltuCode::Bch { mode: bch::Mode::Correct, randomized: true }, channels)
    }

    /// Frames of up to 1024 octets with check sequence in `code`; two of the longest may share a CLTU.
    #[must_use]
    pub fn with_code(scid: Scid, code: CltuCode, channels: &[TcChannelSettings]) -> Self {
        Self {
            scid,
            max_cltu_octets: USUAL_CLTU_OCTETS,
            frame: TcSettings { fecf: true, ..TcSettings::default() },
            coding: CltuParameters::new(code),
            channels: channels.to_vec(),
        }
    }

    /// The form of the frames, when all goes together.
    pub(super) fn check(&self) -> Result<TcParameters, TcLinkError> {
        let &Self { scid, max_cltu_octets, coding, .. } = self;
        if scid.0 > MAX_SCID {
            return Err(TcLinkError::Scid(scid));
        }
        let frames = TcParameters::new(self.frame)?;
        let bits = 8 * coding.start().len();
        let (tolerance, most) = (coding.start_tolerance, bits / 2 - 1);
        if usize::from(tolerance) > most {
            return Err(TcLinkError::StartTolerance { tolerance, most, bits });
        }
        let frame_len = self.frame.max_frame_len;
        let required = frame_len.next_multiple_of(coding.message_len());
        if max_cltu_octets < required {
            return Err(TcLinkError::CltuLen { max_cltu_octets, frame_len, required });
        }
        if max_cltu_octets > Self::MAX_CLTU_OCTETS {
            return Err(TcLinkError::CltuRoom(max_cltu_octets));
        }
        for (at, channel) in self.channels.iter().enumerate() {
            let vcid = channel.vcid;
            if self.channels[..at].iter().any(|other| other.vcid == vcid) {
                return Err(TcLinkError::Twice(vcid));
            }
            channel.check().map_err(|error| TcLinkError::Channel { vcid, error })?;
            if data_len(&frames, channel) == 0 {
                let error = ChannelError::NoData { max_frame_len: frame_len };
                return Err(TcLinkError::Channel { vcid, error });
            }
        }
        Ok(frames)
    }
}

/// Octets of data in the longest frame of a channel.
pub(super) const fn data_len(frames: &TcParameters, channel: &TcChannelSettings) -> usize {
    frames.max_data_len().saturating_sub(channel.segment_headers as usize)
}

/// Ten bits.
const MAX_SCID: u16 = 0x3FF;
/// Two of the longest frames and the fill behind them.
const USUAL_CLTU_OCTETS: usize = 2 * TcParameters::MAX_FRAME_LEN + 64;
const MAX_WAITING: usize = 256;

/// What a file need not say.
#[cfg(feature = "serde")]
mod file {
    use super::{MAX_WAITING, USUAL_CLTU_OCTETS};
    use crate::frame::Vcid;
    use crate::frame::tc::ChannelSettings;

    pub(super) const fn max_cltu_octets() -> usize {
        USUAL_CLTU_OCTETS
    }

    pub(super) const fn segment_headers() -> bool {
        true
    }

    pub(super) const fn max_unit_len() -> u32 {
        ChannelSettings::new(Vcid::ZERO).max_unit_len
    }

    pub(super) const fn max_waiting() -> usize {
        MAX_WAITING
    }
}
