//! What goes before data: reports, acknowledgements, cancellations.

use alloc::collections::{BTreeSet, VecDeque};

use crate::ltp::SessionId;
use crate::ltp::segment::{CancelReason, Party};

/// A segment to be sent before any data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Control {
    /// A report of an import session under way; dropped when the session has ended.
    Report { number: u64, serial: u64 },
    /// A cancellation by this engine of a session under way; dropped when the session has ended.
    Cancel { by: Party, number: u64 },
    /// Says once more that a session was cancelled here.
    CancelledBefore { session: SessionId, reason: CancelReason },
    /// Acknowledges a report.
    ReportAck { session: SessionId, serial: u64 },
    /// Acknowledges a cancellation.
    CancelAck { session: SessionId, of: Party },
}

impl Control {
    /// Whether a peer can ask for as many as it likes; these are limited, and asked for again when dropped.
    fn is_answer(self) -> bool {
        !matches!(self, Self::Report { .. } | Self::Cancel { .. })
    }
}

/// First in, first out, nothing twice.
#[derive(Debug, Default)]
pub(super) struct ControlQueue {
    order: VecDeque<Control>,
    queued: BTreeSet<Control>,
    answers: usize,
}

impl ControlQueue {
    /// Says whether `control` is queued now.
    pub fn push(&mut self, control: Control) -> bool {
        if self.queued.contains(&control) {
            return true;
        }
        if control.is_answer() {
            if self.answers >= MAX_ANSWERS {
                return false;
            }
            self.answers += 1;
        }
        self.queued.insert(control);
        self.order.push_back(control);
        true
    }

    pub fn front(&self) -> Option<Control> {
        self.order.front().copied()
    }

    pub fn pop(&mut self) {
        if let Some(control) = self.order.pop_front() {
            self.queued.remove(&control);
            self.answers -= usize::from(control.is_answer());
        }
    }
}

/// Answers that may wait on one span.
const MAX_ANSWERS: usize = 8192;
