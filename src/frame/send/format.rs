use super::{ChannelSettings, Load};
use crate::frame::{IdleFiller, Scid, Vcid};
use crate::wire::EncodeError;

/// A frame format with its managed parameters, as a multiplexer sees it.
pub trait SendFormat {
    /// The virtual channel of idle frames; `None` when they go on any channel.
    fn idle_channel(&self) -> Option<Vcid>;

    /// Octets of the longest frame.
    fn frame_len(&self) -> usize;

    /// Octets of the insert zone or of the data of a TM secondary header; `None` when each frame says.
    fn insert_zone_len(&self) -> Option<usize>;

    /// Whether frames have an operational control field; `None` when each frame says.
    fn has_ocf(&self) -> Option<bool>;

    /// Octets of user data that a frame of `of.channel` carries at most, and which units it takes.
    ///
    /// # Errors
    /// [`EncodeError`] when the format has no such channel or frames have no room for data.
    fn unit_len(&self, of: &FrameOf<'_>) -> Result<UnitLen, EncodeError>;

    /// Writes the next frame of `of.channel` to the front of `out` and returns its length. The data field goes through
    /// `protect` before the check sequence is computed.
    ///
    /// # Errors
    /// [`EncodeError`] when `out` is too short or `of` does not fit the format.
    fn write(
        &self,
        of: &FrameOf<'_>,
        load: &mut Load<'_>,
        protect: Protect<'_>,
        out: &mut [u8],
    ) -> Result<usize, EncodeError>;

    /// Writes an idle frame to the front of `out` and returns its length.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn write_idle(
        &self,
        of: &FrameOf<'_>,
        filler: &mut IdleFiller,
        out: &mut [u8],
    ) -> Result<usize, EncodeError>;
}

/// What link security does to a data field: header, data and trailer, the ends zero before it.
pub type Protect<'a> = &'a mut dyn FnMut(&ChannelSettings, &mut [u8]);

/// Whose a frame is, and what it carries besides data.
#[derive(Clone, Copy, Debug)]
pub struct FrameOf<'a> {
    /// Which spacecraft.
    pub scid: Scid,
    /// Which channel.
    pub channel: &'a ChannelSettings,
    /// Frames of this virtual channel before this one; formats take as many low bits as their count has.
    pub count: u64,
    /// Frames of the spacecraft before this one.
    pub master_count: u64,
    /// The insert zone, or the data of the secondary header of a TM frame.
    pub insert_zone: &'a [u8],
    /// The operational control field.
    pub ocf: Option<[u8; 4]>,
}

/// How long units may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitLen {
    /// Any number of octets: what does not fit in a frame goes on in the next. How many fit in one.
    Any(usize),
    /// Exactly so many.
    Exactly(usize),
}

impl UnitLen {
    /// Octets that one frame carries.
    #[must_use]
    pub const fn per_frame(self) -> usize {
        match self {
            Self::Any(len) | Self::Exactly(len) => len,
        }
    }
}
