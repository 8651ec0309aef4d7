//! What goes to the peer: answers first, then data.

use super::Span;
use crate::ltp::SessionId;
use crate::ltp::engine::control::Control;
use crate::ltp::engine::event::{Event, Transmit};
use crate::ltp::engine::parameters::SpanParameters;
use crate::ltp::engine::shared::Shared;
use crate::ltp::engine::timers::{Kind, Side, Timer};
use crate::ltp::segment::{Content, DataKind, Party, Segment};
use crate::time::Instant;
use crate::wire::{Encode, EncodeError};

impl Span {
    /// Writes the next segment for the peer: answers first, then data in the order in which sessions started.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut [u8], shared: &mut Shared) -> Option<Transmit> {
        if self.link_down {
            return None;
        }
        let len = self.send_control(now, out, shared)?;
        let len = if len > 0 { len } else { self.send_data(now, out, shared)? };
        self.stats.segments_sent += 1;
        self.stats.octets_sent += len as u64;
        Some(Transmit { to: self.peer, len })
    }

    /// Zero when there is nothing to send, `None` when there is and `out` is too small for it.
    fn send_control(&mut self, now: Instant, out: &mut [u8], shared: &Shared) -> Option<usize> {
        while let Some(control) = self.control.front() {
            let written = match self.control_segment(control, shared) {
                Some(segment) => segment.encode(out),
                None => {
                    self.control.pop();
                    continue;
                }
            };
            match written {
                Ok(len) => {
                    self.control.pop();
                    self.control_sent(now, control);
                    return Some(len);
                }
                Err(EncodeError::Room { .. }) if out.len() < self.parameters.max_segment_len => return None,
                Err(_) => {
                    // A report made when segments could be longer: as if sent and lost, so that its limit counts.
                    self.control.pop();
                    self.control_sent(now, control);
                }
            }
        }
        Some(0)
    }

    fn control_segment(&self, control: Control, shared: &Shared) -> Option<Segment<'_>> {
        Some(match control {
            Control::Report { number, serial } => {
                let import = self.imports.get(&number)?;
                Segment::new(import.session, Content::Report(import.report_segment(serial)?))
            }
            Control::Cancel { by, number } => {
                let (originator, cancelling) = match by {
                    Party::Sender => (shared.parameters.engine_id, self.exports.get(&number)?.cancelling?),
                    Party::Receiver => (self.peer, self.imports.get(&number)?.cancelling?),
                };
                let content = Content::Cancel { by, reason: cancelling.reason };
                Segment::new(SessionId { originator, number }, content)
            }
            Control::CancelledBefore { session, reason } => {
                Segment::new(session, Content::Cancel { by: Party::Receiver, reason })
            }
            Control::ReportAck { session, serial } => {
                Segment::new(session, Content::ReportAck { report: serial })
            }
            Control::CancelAck { session, of } => Segment::new(session, Content::CancelAck { of }),
        })
    }

    /// Starts the timer of what was just handed out, if an answer is due.
    fn control_sent(&mut self, now: Instant, control: Control) {
        match control {
            Control::Report { number, serial } => {
                self.stats.reports_sent += 1;
                let timer = Timer { side: Side::Import, number, kind: Kind::Report(serial) };
                // A copy for a repeated checkpoint leaves the timer alone: else a peer could keep it from running out.
                if !self.timers.is_armed(timer) {
                    self.await_answer(now, timer);
                    if let Some(import) = self.imports.get_mut(&number) {
                        import.count_copy(serial);
                    }
                }
            }
            Control::Cancel { by, number } => {
                let side = if by == Party::Sender { Side::Export } else { Side::Import };
                self.await_answer(now, Timer { side, number, kind: Kind::Cancel });
                let cancelling = match side {
                    Side::Export => {
                        self.exports.get_mut(&number).and_then(|export| export.cancelling.as_mut())
                    }
                    Side::Import => {
                        self.imports.get_mut(&number).and_then(|import| import.cancelling.as_mut())
                    }
                };
                if let Some(cancelling) = cancelling {
                    cancelling.copies = cancelling.copies.saturating_add(1);
                }
            }
            Control::CancelledBefore { .. } | Control::ReportAck { .. } | Control::CancelAck { .. } => {}
        }
    }

    fn send_data(&mut self, now: Instant, out: &mut [u8], shared: &mut Shared) -> Option<usize> {
        let room = self.parameters.max_segment_len.min(out.len());
        if room < SpanParameters::MIN_SEGMENT_LEN {
            return None;
        }
        while let Some((&order, &number)) = self.ready.first_key_value() {
            let piece = match self.exports.get_mut(&number) {
                Some(export) => export.next_piece(room, &self.parameters),
                None => None,
            };
            let (Some(piece), Some(export)) = (piece, self.exports.get(&number)) else {
                self.ready.remove(&order);
                self.settle_export(now, number, shared);
                continue;
            };
            let session = export.session;
            // The piece was cut for this room, from a block that is in memory.
            let len = export.segment(&piece)?.encode(out).ok()?;
            if !piece.again && export.is_sent_once() {
                shared.events.push_back(Event::InitialTransmissionCompleted { session });
            }
            self.stats.segments_retransmitted += u64::from(piece.again);
            if let DataKind::Checkpoint { serial, .. } = piece.kind {
                self.await_answer(now, Timer { side: Side::Export, number, kind: Kind::Checkpoint(serial) });
            }
            self.settle_export(now, number, shared);
            return Some(len);
        }
        None
    }

    fn await_answer(&mut self, now: Instant, timer: Timer) {
        let departure = now + self.parameters.answer_departure();
        self.timers.arm(timer, departure, now + self.parameters.answer_time());
    }
}
