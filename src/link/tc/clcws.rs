use crate::frame::counter::{Count, Step};
use crate::frame::tm::{TmFrame, TmParameters};
use crate::frame::{Clcw, Scid};
use crate::wire::DecodeError;

/// Takes CLCWs out of TM frames, in the order in which they were sent: one that comes late says what is no longer true,
/// and FOP-1 would take it for a fault of the other end.
#[derive(Clone, Debug)]
pub struct ClcwReader {
    frames: TmParameters,
    scid: Scid,
    last: Option<Count<8>>,
}

/// Why a TM frame gives no CLCW.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClcwRefused {
    /// It is no good frame, or holds no good CLCW.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It is of another spacecraft.
    #[error("TM frame of spacecraft {}", .0.0)]
    OtherSpacecraft(Scid),
    /// A later frame of the master channel has come already, or the same.
    #[error("TM frame {0:?} came late")]
    Late(Step),
    /// It has no operational control field.
    #[error("TM frame without operational control field")]
    NoOcf,
}

impl ClcwReader {
    /// For the frames of `scid`.
    #[must_use]
    pub const fn new(frames: TmParameters, scid: Scid) -> Self {
        Self { frames, scid, last: None }
    }

    /// The CLCW of a frame.
    ///
    /// # Errors
    /// [`ClcwRefused`]
    pub fn handle_frame(&mut self, frame: &[u8]) -> Result<Clcw, ClcwRefused> {
        let frame = TmFrame::decode(&self.frames, frame)?;
        let header = frame.header;
        if header.scid != self.scid {
            return Err(ClcwRefused::OtherSpacecraft(header.scid));
        }
        let step = self.last.map_or(Step::Next, |last| header.master_count.step_from(last));
        if let Step::Duplicate | Step::Back { .. } = step {
            return Err(ClcwRefused::Late(step));
        }
        self.last = Some(header.master_count);
        Ok(Clcw::from_octets(frame.ocf.ok_or(ClcwRefused::NoOcf)?)?)
    }

    /// Telemetry begins anew: the next frame is the first, whatever its count.
    pub fn restart(&mut self) {
        self.last = None;
    }
}
