use crate::frame::counter::Step;
use crate::frame::receive::{Format, FrameCount};
use crate::frame::{Clcw, Scid, Vcid};
use crate::wire::DecodeError;

/// Takes CLCWs out of telemetry frames, in the order in which they were sent: one that comes late says what is no longer
/// true, and FOP-1 would take it for a fault of the other end.
///
/// TM frames are in the order of their master channel. AOS and USLP frames have no count that tells the order across
/// virtual channels, so there each counts for itself: CLCWs should all go on one where frames may come late.
#[derive(Clone, Debug)]
pub struct ClcwReader<F> {
    frames: F,
    scid: Scid,
    /// The count before: of the master channel, or of each virtual channel, sequence-controlled and expedited.
    last: [[Option<FrameCount>; 2]; 64],
}

/// Why a frame of telemetry gives no CLCW.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClcwRefused {
    /// It is no good frame, or holds no good CLCW.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It is of another spacecraft.
    #[error("frame of spacecraft {}", .0.0)]
    OtherSpacecraft(Scid),
    /// A later frame has come already, or the same.
    #[error("frame came late: {0:?}")]
    Late(Step),
    /// It has no operational control field.
    #[error("frame without operational control field")]
    NoOcf,
}

impl<F: Format> ClcwReader<F> {
    /// For the frames of `scid`.
    #[must_use]
    pub const fn new(frames: F, scid: Scid) -> Self {
        Self { frames, scid, last: [[None; 2]; 64] }
    }

    /// The CLCW of a frame.
    ///
    /// # Errors
    /// [`ClcwRefused`]
    pub fn handle_frame(&mut self, frame: &[u8]) -> Result<Clcw, ClcwRefused> {
        let opened = self.frames.open(frame)?;
        if opened.scid != self.scid {
            return Err(ClcwRefused::OtherSpacecraft(opened.scid));
        }
        let master = opened.master_count.map(|count| FrameCount { value: count.into(), bits: 8 });
        let (at, expedited, count) = match master {
            Some(_) => (Vcid::ZERO, false, master),
            None => (opened.vcid, opened.expedited, opened.count),
        };
        if let Some(count) = count {
            let last = &mut self.last[at.index()][usize::from(expedited)];
            let step = last.map_or(Step::Next, |last| count.step_from(last));
            if let Step::Duplicate | Step::Back { .. } = step {
                return Err(ClcwRefused::Late(step));
            }
            *last = Some(count);
        }
        Ok(Clcw::from_octets(opened.ocf.ok_or(ClcwRefused::NoOcf)?)?)
    }

    /// Telemetry begins anew: the next frame is the first, whatever its count.
    pub const fn restart(&mut self) {
        self.last = [[None; 2]; 64];
    }
}
