mod table;
#[cfg(test)]
mod tests;

pub use table::{FarmAction, FarmEvent, FarmState};

use super::Report;

/// The receiving end of COP-1 for one virtual channel (FARM-1).
///
/// Give it what frames come in with [`handle`](Self::handle); pass on those it accepts, put its
/// [`report`](Self::report) into a CLCW whenever one is due, and say when there is
/// [room again](FarmInput::BufferReleased).
///
/// Source: CCSDS 232.1-B-2 §6.
#[derive(Clone, Debug)]
pub struct Farm {
    state: FarmState,
    window: FarmWindow,
    report: Report,
}

/// What FARM-1 has to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FarmInput {
    /// A valid AD frame.
    Ad {
        /// N(S), its sequence number.
        ns: u8,
        /// Whether there is a buffer for what it carries.
        room: bool,
    },
    /// A valid BD frame.
    Bd,
    /// A valid BC frame with Unlock.
    Unlock,
    /// A valid BC frame with Set V(R).
    SetVr(u8),
    /// A frame for this channel that is not valid.
    Invalid,
    /// There is room for the data of AD frames again.
    BufferReleased,
}

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Pass its data on; the command of a BC frame is obeyed.
    Accept,
    /// Drop it. What is not a frame is dropped, too.
    Discard,
}

impl Farm {
    /// The first state: open, expecting frame 0.
    #[must_use]
    pub const fn new(window: FarmWindow) -> Self {
        let report = Report { lockout: false, wait: false, retransmit: false, farm_b: 0, vr: 0 };
        Self { state: FarmState::Open, window, report }
    }

    /// A FARM that was in this state; what a restart of flight software resumes with. The state shows in the flags of
    /// the report: lockout counts before wait.
    #[must_use]
    pub const fn resume(window: FarmWindow, report: Report) -> Self {
        let state = match report {
            Report { lockout: true, .. } => FarmState::Lockout,
            Report { wait: true, .. } => FarmState::Wait,
            _ => FarmState::Open,
        };
        Self { state, window, report }
    }

    /// Judges one frame, obeys control commands, takes note of room.
    pub fn handle(&mut self, input: FarmInput) -> Verdict {
        let event = self.event(input);
        // A cell the book calls impossible changes nothing.
        let Some(cell) = table::cell(event, self.state) else { return Verdict::Discard };
        let mut verdict = Verdict::Discard;
        let Report { lockout, wait, retransmit, farm_b, vr } = &mut self.report;
        for action in cell.actions {
            match action {
                FarmAction::Accept => verdict = Verdict::Accept,
                FarmAction::Discard => verdict = Verdict::Discard,
                FarmAction::IncrementVr => *vr = vr.wrapping_add(1),
                FarmAction::IncrementFarmB => *farm_b = (*farm_b + 1) % 4,
                FarmAction::SetVr => {
                    if let FarmInput::SetVr(value) = input {
                        *vr = value;
                    }
                }
                FarmAction::Lockout(flag) => *lockout = *flag,
                FarmAction::Wait(flag) => *wait = *flag,
                FarmAction::Retransmit(flag) => *retransmit = *flag,
            }
        }
        self.state = cell.next;
        verdict
    }

    /// Which row of the table an input is.
    ///
    /// Source: CCSDS 232.1-B-2 §6.3, notes to the state table.
    #[must_use]
    pub const fn event(&self, input: FarmInput) -> FarmEvent {
        match input {
            FarmInput::Ad { ns, room } => {
                let ahead = ns.wrapping_sub(self.report.vr);
                let behind = self.report.vr.wrapping_sub(ns);
                if ahead == 0 {
                    if room { FarmEvent::E1 } else { FarmEvent::E2 }
                } else if ahead < self.window.positive {
                    FarmEvent::E3
                } else if behind <= self.window.negative {
                    FarmEvent::E4
                } else {
                    FarmEvent::E5
                }
            }
            FarmInput::Bd => FarmEvent::E6,
            FarmInput::Unlock => FarmEvent::E7,
            FarmInput::SetVr(_) => FarmEvent::E8,
            FarmInput::Invalid => FarmEvent::E9,
            FarmInput::BufferReleased => FarmEvent::E10,
        }
    }

    /// What the next CLCW says (E11).
    #[must_use]
    pub const fn report(&self) -> Report {
        self.report
    }

    /// Where it stands in the table.
    #[must_use]
    pub const fn state(&self) -> FarmState {
        self.state
    }
}

/// The sliding window of FARM-1: which AD frames are early, which are late, and which mean that the two ends disagree.
///
/// COP-1 is made for a channel that keeps the order of frames. One that does not, a datagram network to the station say,
/// may bring a copy of a frame that was sent again when V(R) has gone on; behind the negative part of the window it locks
/// FARM-1 out (E5), and FOP-1 alerts. With the window of FOP-1, K, and copies late by less than a round trip, V(R) is at
/// most 2 K ahead of one: a width of 4 K and more is safe there. On a channel in order, 2 K is enough.
///
/// Source: CCSDS 232.1-B-2 §6.1.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "file::Window", into = "file::Window"))]
pub struct FarmWindow {
    positive: u8,
    negative: u8,
}

/// A width that no FARM-1 window has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("FARM-1 sliding window width {0} is not even and 2 to 254")]
pub struct FarmWindowError(pub u8);

impl Default for FarmWindow {
    /// [`DEFAULT`](Self::DEFAULT).
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FarmWindow {
    /// Ten wide.
    pub const DEFAULT: Self = Self { positive: 5, negative: 5 };

    /// A window `width` wide (W), half of it in front of V(R) and half behind.
    ///
    /// # Errors
    /// [`FarmWindowError`] unless the width is even and from 2 to 254.
    pub const fn new(width: u8) -> Result<Self, FarmWindowError> {
        if width == 0 || !width.is_multiple_of(2) {
            return Err(FarmWindowError(width));
        }
        Ok(Self { positive: width / 2, negative: width / 2 })
    }

    /// For channels on which frames are never sent again: all of the window lies in front of V(R).
    ///
    /// # Errors
    /// [`FarmWindowError`] when the width is odd or zero.
    pub const fn without_retransmission(width: u8) -> Result<Self, FarmWindowError> {
        match Self::new(width) {
            Ok(_) => Ok(Self { positive: width, negative: 0 }),
            Err(error) => Err(error),
        }
    }

    /// PW: the most that the window of FOP-1, K, may be.
    #[must_use]
    pub const fn positive(&self) -> u8 {
        self.positive
    }

    /// NW: how far behind V(R) a frame is taken for one sent again.
    #[must_use]
    pub const fn negative(&self) -> u8 {
        self.negative
    }
}

#[cfg(feature = "serde")]
mod file {
    use super::{FarmWindow, FarmWindowError};

    /// How a [`FarmWindow`] stands in a file.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Window {
        window: u8,
        #[serde(default = "yes")]
        retransmission: bool,
    }

    fn yes() -> bool {
        true
    }

    impl TryFrom<Window> for FarmWindow {
        type Error = FarmWindowError;

        fn try_from(Window { window, retransmission }: Window) -> Result<Self, FarmWindowError> {
            if retransmission { Self::new(window) } else { Self::without_retransmission(window) }
        }
    }

    impl From<FarmWindow> for Window {
        fn from(FarmWindow { positive, negative }: FarmWindow) -> Self {
            // One half is 127 at most, and without the other the whole is.
            Self { window: positive + negative, retransmission: negative > 0 }
        }
    }
}
