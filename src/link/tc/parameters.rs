use alloc::vec::Vec;

use crate::coding::bch;
use crate::coding::cltu::{CltuCode, CltuParameters};
use crate::cop::{FarmWindow, FopParameterError, FopParameters};
use crate::frame::scheduler::Share;
use crate::frame::tc::{ChannelSettings, TcParameters, TcSettings};
use crate::frame::{Scid, SecurityLengths, Vcid};

/// Managed parameters of a telecommand link, the same at both ends.
#[derive(Clone, Debug)]
pub struct TcLinkParameters {
    /// Form of the frames.
    pub frames: TcParameters,
    /// The spacecraft they go to.
    pub scid: Scid,
    /// Coding.
    pub cltu: CltuParameters,
    /// Most octets of frames in one CLTU, with fill, that the receiver has room for.
    pub max_cltu_octets: usize,
    /// The virtual channels.
    pub channels: Vec<TcChannel>,
}

/// Managed parameters of one virtual channel.
#[derive(Clone, Copy, Debug)]
pub struct TcChannel {
    /// What frames of the channel carry.
    pub settings: ChannelSettings,
    /// The sending end of COP-1.
    pub fop: FopParameters,
    /// The window of the receiving end of COP-1.
    pub farm: FarmWindow,
    /// How the channel shares the link with others.
    pub share: Share,
    /// Frames that may wait at the sending end before units are refused.
    pub max_queued: usize,
    /// Units that may wait at the receiving end before it asks the sender to wait.
    pub max_received: usize,
}

impl TcChannel {
    /// A channel with the defaults of [`FopParameters`], a FARM-1 window of ten, and room for 256 frames and units.
    #[must_use]
    pub fn new(settings: ChannelSettings) -> Self {
        Self {
            settings,
            fop: FopParameters::default(),
            farm: FarmWindow::new(10).expect("ten is a window"),
            share: Share::default(),
            max_queued: 256,
            max_received: 256,
        }
    }
}

/// Why parts of a link do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TcLinkError {
    /// The sender of a channel may run ahead of what its receiver takes for early (232.1-B-2 §5.1.12: K is at most PW).
    #[error("TC link: FOP-1 window {window} on channel {} exceeds {positive} of FARM-1", vcid.value())]
    Window {
        /// The channel.
        vcid: Vcid,
        /// K.
        window: u8,
        /// PW.
        positive: u8,
    },
    /// A channel whose FOP-1 cannot be set up.
    #[error("TC link: channel {}: {error}", vcid.value())]
    Fop {
        /// The channel.
        vcid: Vcid,
        /// What is wrong.
        error: FopParameterError,
    },
    /// Two channels of the same identifier.
    #[error("TC link: channel {} is set up twice", .0.value())]
    Twice(Vcid),
    /// The longest frame leaves nothing for data beside the segment header.
    #[error("TC link: frames of channel {} hold no data", .0.value())]
    NoData(Vcid),
    /// Link security is not applied by this link, so there is no room to leave for it.
    #[error("TC link: channel {} asks for link security", .0.value())]
    Security(Vcid),
    /// A CLTU with the longest frame is longer than the receiver has room for.
    #[error("TC link: frames of {frame_len} octets, room for CLTUs of {max_cltu_octets}")]
    CltuLen {
        /// Octets of the longest frame.
        frame_len: usize,
        /// Octets there is room for.
        max_cltu_octets: usize,
    },
}

impl TcLinkParameters {
    /// Frames of up to 1024 octets with check sequence, randomized, in BCH codeblocks whose single errors are repaired.
    #[must_use]
    pub fn bch(scid: Scid, channels: &[TcChannel]) -> Self {
        Self::with_code(scid, CltuCode::Bch { mode: bch::Mode::Correct, randomized: true }, channels)
    }

    /// Frames of up to 1024 octets with check sequence in `code`; two of the longest may share a CLTU.
    #[must_use]
    pub fn with_code(scid: Scid, code: CltuCode, channels: &[TcChannel]) -> Self {
        let settings = TcSettings { fecf: true, ..TcSettings::default() };
        Self {
            frames: TcParameters::new(settings).expect("the defaults go together"),
            scid,
            cltu: CltuParameters::new(code),
            max_cltu_octets: 2 * TcParameters::MAX_FRAME_LEN + 64,
            channels: channels.to_vec(),
        }
    }

    /// Octets of data in the longest frame of a channel.
    pub(super) const fn data_len(&self, channel: &TcChannel) -> usize {
        self.frames.max_data_len().saturating_sub(channel.settings.segment_headers as usize)
    }

    /// Whether all goes together.
    pub(super) fn check(&self) -> Result<(), TcLinkError> {
        let (frame_len, max_cltu_octets) = (self.frames.settings().max_frame_len, self.max_cltu_octets);
        if frame_len.next_multiple_of(self.cltu.message_len()) > max_cltu_octets {
            return Err(TcLinkError::CltuLen { frame_len, max_cltu_octets });
        }
        for (at, channel) in self.channels.iter().enumerate() {
            let vcid = channel.settings.vcid;
            if self.channels[..at].iter().any(|other| other.settings.vcid == vcid) {
                return Err(TcLinkError::Twice(vcid));
            }
            if channel.settings.security != SecurityLengths::default() {
                return Err(TcLinkError::Security(vcid));
            }
            let (window, positive) = (channel.fop.window, channel.farm.positive());
            if window > positive {
                return Err(TcLinkError::Window { vcid, window, positive });
            }
            if self.data_len(channel) == 0 {
                return Err(TcLinkError::NoData(vcid));
            }
        }
        Ok(())
    }
}
