//! Sessions that this engine originates towards the peer: what reports do to them, and how they end.

use super::Span;
use crate::ltp::SessionId;
use crate::ltp::engine::control::Control;
use crate::ltp::engine::event::{Event, InputError, Violation};
use crate::ltp::engine::export::{Answer, Export, Refused, Retry};
use crate::ltp::engine::shared::Shared;
use crate::ltp::engine::timers::{Kind, Side, Timer};
use crate::ltp::segment::{CancelReason, Content, Party, Report, Segment};
use crate::time::Instant;

impl Span {
    /// A segment of a session this engine originates towards the peer.
    pub fn handle_export(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        let session = segment.session;
        match segment.content {
            Content::Report(report) => self.report(now, session, &report, shared),
            Content::Cancel { reason, .. } => self.cancelled_by_receiver(session, reason, shared),
            Content::CancelAck { .. } => self.export_cancel_ack(session, shared),
            Content::Data(_) | Content::ReportAck { .. } => Err(InputError::UnknownSession(session)),
        }
    }

    fn report(
        &mut self,
        now: Instant,
        session: SessionId,
        report: &Report<'_>,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        self.stats.reports_received += 1;
        let acknowledge = Control::ReportAck { session, serial: report.serial };
        let number = session.number;
        let export = match self.exports.get_mut(&number) {
            Some(export) if export.cancelling.is_none() => export,
            _ => return self.queue(session, acknowledge),
        };
        let answer = match export.handle_report(report, &self.parameters) {
            Ok(answer) => answer,
            Err(refused) => {
                if let Refused::Violation(violation) = refused
                    && let Some(reason) = violation.cancel_reason()
                {
                    self.cancel_export(number, reason, shared);
                }
                return Err(refused.of(session));
            }
        };
        // A full queue drops the acknowledgement only; the report will come again.
        let queued = self.queue(session, acknowledge);
        if answer != Answer::Repeated {
            self.timers.disarm(Timer {
                side: Side::Export,
                number,
                kind: Kind::Checkpoint(report.checkpoint),
            });
        }
        match answer {
            Answer::Complete => {
                self.timers.disarm_session(Side::Export, number);
                self.stats.exports_acknowledged += 1;
                shared.events.push_back(Event::BlockAcknowledged { session });
            }
            Answer::Exhausted => self.cancel_export(number, CancelReason::RetransmissionCycleLimit, shared),
            Answer::Forgotten => self.cancel_export(number, CancelReason::SystemCancelled, shared),
            Answer::Repeated | Answer::Incomplete => {}
        }
        self.settle_export(now, number, shared);
        queued
    }

    fn cancelled_by_receiver(
        &mut self,
        session: SessionId,
        reason: CancelReason,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        self.queue(session, Control::CancelAck { session, of: Party::Receiver })?;
        if let Some(export) = self.exports.get(&session.number) {
            if export.cancelling.is_none() {
                self.note_transmission_cancelled(session, reason, Party::Receiver, shared);
            }
            self.close_export(session.number, shared);
        }
        Ok(())
    }

    fn export_cancel_ack(&mut self, session: SessionId, shared: &mut Shared) -> Result<(), InputError> {
        let Some(export) = self.exports.get(&session.number) else { return Ok(()) };
        if export.cancelling.is_some_and(|cancelling| cancelling.copies > 0) {
            self.close_export(session.number, shared);
            Ok(())
        } else {
            Err(InputError::Violation { session, violation: Violation::UnknownAcknowledged })
        }
    }

    /// Takes a new session in.
    pub fn start_export(&mut self, export: Export) {
        self.ready.insert(export.order, export.session.number);
        self.exports.insert(export.session.number, export);
        self.stats.exports_started += 1;
    }

    /// Gives up sending a block and tells the receiver, if it can have heard of it.
    pub fn cancel_export(&mut self, number: u64, reason: CancelReason, shared: &mut Shared) {
        let Some(export) = self.exports.get_mut(&number) else { return };
        if export.cancelling.is_some() {
            return;
        }
        let (session, untouched) = (export.session, export.is_untouched());
        self.ready.remove(&export.order);
        self.timers.disarm_session(Side::Export, number);
        export.cancel(reason);
        self.note_transmission_cancelled(session, reason, Party::Sender, shared);
        if untouched {
            self.close_export(number, shared);
        } else {
            self.control.push(Control::Cancel { by: Party::Sender, number });
        }
    }

    pub(super) fn note_transmission_cancelled(
        &mut self,
        session: SessionId,
        reason: CancelReason,
        by: Party,
        shared: &mut Shared,
    ) {
        self.stats.exports_cancelled += 1;
        // A session has one end: a red part that is across stays across.
        if !self.exports.get(&session.number).is_some_and(Export::is_acknowledged) {
            shared.events.push_back(Event::TransmissionCancelled { session, reason, by });
        }
    }

    pub(super) fn close_export(&mut self, number: u64, shared: &mut Shared) {
        if let Some(export) = self.exports.remove(&number) {
            self.ready.remove(&export.order);
            self.timers.disarm_session(Side::Export, number);
            shared.export_closed(number);
        }
    }

    /// Puts an export session among those with data or out of them, minds its starvation, closes it when done.
    pub(super) fn settle_export(&mut self, now: Instant, number: u64, shared: &mut Shared) {
        let Some(export) = self.exports.get(&number) else { return };
        if export.is_finished() {
            return self.close_export(number, shared);
        }
        if export.has_data() {
            self.ready.insert(export.order, number);
        } else {
            self.ready.remove(&export.order);
        }
        let starved = Timer { side: Side::Export, number, kind: Kind::Starved };
        if !export.is_starved() {
            self.timers.disarm(starved);
        } else if !self.timers.is_armed(starved) {
            // The receiver repeats a report that got lost after one answer time; it is under way for half of one.
            let answer_time = self.parameters.answer_time();
            self.timers.arm(starved, now + answer_time, now + 2 * answer_time);
        }
    }

    pub(super) fn retry_export(&mut self, now: Instant, number: u64, retry: Retry, shared: &mut Shared) {
        self.stats.timeouts += u64::from(retry != Retry::Void);
        if retry == Retry::GiveUp {
            self.cancel_export(number, CancelReason::RetransmissionLimit, shared);
        }
        self.settle_export(now, number, shared);
    }
}
