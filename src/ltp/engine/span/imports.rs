//! Sessions that the peer originates: what its segments do to them, and how they end.

use bytes::Bytes;

use super::Span;
use crate::ltp::SessionId;
use crate::ltp::engine::control::Control;
use crate::ltp::engine::event::{Event, InputError, Limit, Violation};
use crate::ltp::engine::import::Import;
use crate::ltp::engine::shared::Shared;
use crate::ltp::engine::timers::{Kind, Side, Timer};
use crate::ltp::segment::{CancelReason, Content, Data, DataKind, Party, RedEnd, Segment};
use crate::time::Instant;

impl Span {
    /// A segment of a session this peer originates.
    pub fn handle_import(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        let session = segment.session;
        match segment.content {
            Content::Data(data) => self.data(now, session, &data, shared),
            Content::ReportAck { report } => self.report_ack(now, session, report, shared),
            Content::Cancel { reason, .. } => self.cancelled_by_sender(session, reason, shared),
            Content::CancelAck { .. } => self.import_cancel_ack(session, shared),
            // Reports go from receiver to sender.
            Content::Report(_) => Err(InputError::UnknownSession(session)),
        }
    }

    fn data(
        &mut self,
        now: Instant,
        session: SessionId,
        data: &Data<'_>,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        let number = session.number;
        if let Some(&outcome) = self.closed.outcome.get(&number) {
            if let (Some(reason), DataKind::Checkpoint { .. }) = (outcome, data.kind) {
                return self.queue(session, Control::CancelledBefore { session, reason });
            }
            return Ok(());
        }
        let violation = match data.kind {
            DataKind::Checkpoint { serial: 0, .. } => Some(Violation::SerialZero),
            DataKind::Checkpoint { end, .. } if end != RedEnd::Nothing && data.end() == 0 => {
                Some(Violation::EmptyRedPart)
            }
            _ => None,
        };
        if let Some(violation) = violation {
            return Err(InputError::Violation { session, violation });
        }
        let red = !matches!(data.kind, DataKind::Green { .. });
        let too_long = red && data.end() > self.parameters.max_block_len;
        if !self.imports.contains_key(&number) {
            if too_long {
                return Err(InputError::NoRoom { session, limit: Limit::BlockLen });
            }
            self.open_import(now, session, data, shared)?;
        }
        let Some(import) = self.imports.get_mut(&number) else { return Ok(()) };
        if import.cancelling.is_some() {
            return Ok(());
        }
        if let Err(violation) = import.check(data) {
            if let Some(reason) = violation.cancel_reason() {
                self.cancel_import(number, reason, shared);
            }
            return Err(InputError::Violation { session, violation });
        }
        if too_long {
            self.cancel_import(number, CancelReason::SystemCancelled, shared);
            return Err(InputError::NoRoom { session, limit: Limit::BlockLen });
        }
        import.last_heard = now;
        match data.kind {
            DataKind::Green { end_of_block } => {
                if import.note_green(data, end_of_block, shared.has_room()) {
                    shared.events.push_back(Event::GreenSegmentReceived {
                        session,
                        client_service: data.client_service,
                        offset: data.offset,
                        data: Bytes::copy_from_slice(data.octets),
                        end_of_block,
                    });
                }
            }
            DataKind::Red | DataKind::Checkpoint { .. } => self.red(number, session, data, shared)?,
        }
        self.charge_import(number, shared);
        self.close_import_if_finished(number, shared);
        Ok(())
    }

    /// Charges what the session's bookkeeping takes now.
    fn charge_import(&mut self, number: u64, shared: &mut Shared) {
        if let Some(import) = self.imports.get_mut(&number) {
            let noted = import.bookkeeping();
            shared.buffered = shared.buffered - import.noted + noted;
            import.noted = noted;
        }
    }

    fn open_import(
        &mut self,
        now: Instant,
        session: SessionId,
        data: &Data<'_>,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        if self.imports.len() >= self.parameters.max_import_sessions {
            return Err(InputError::NoRoom { session, limit: Limit::ImportSessions });
        }
        let number = session.number;
        let withheld = shared.asked.contains(&data.client_service);
        let import = Import::new(data, session, now, shared.random_serial(), withheld, &self.parameters);
        self.imports.insert(number, import);
        self.stats.imports_started += 1;
        if !shared.services.contains(&data.client_service) {
            let violation = Violation::UnreachableClientService;
            self.cancel_import(number, CancelReason::UnreachableClientService, shared);
            return Err(InputError::Violation { session, violation });
        }
        let deadline = now + self.parameters.idle_time();
        self.timers.arm(Timer { side: Side::Import, number, kind: Kind::Idle }, deadline, deadline);
        Ok(())
    }

    fn red(
        &mut self,
        number: u64,
        session: SessionId,
        data: &Data<'_>,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        let Some(import) = self.imports.get_mut(&number) else { return Ok(()) };
        let room = shared.room();
        let taken = import.keep_red(data, room).map_err(|limit| InputError::NoRoom { session, limit })?;
        shared.buffered += taken;
        let mut whole = false;
        if let Some((block, end_of_block)) = import.deliver() {
            shared.buffered -= core::mem::take(&mut import.held);
            let client_service = import.client_service;
            shared.events.push_back(Event::RedPartReceived { session, client_service, block, end_of_block });
            self.stats.red_parts_received += 1;
            whole = true;
        }
        let checkpoint = match data.kind {
            DataKind::Checkpoint { serial, .. } => serial,
            _ => 0,
        };
        if import.postpone(checkpoint) {
            return Ok(());
        }
        let reports = match data.kind {
            DataKind::Checkpoint { serial, report, .. } => {
                import.answer(serial, report, data.end(), &self.parameters, shared.has_room())
            }
            // The checkpoint overtook this piece, and its report missed it.
            _ if whole => import.volunteer(&self.parameters),
            _ => return Ok(()),
        };
        for serial in reports {
            self.control.push(Control::Report { number, serial });
        }
        Ok(())
    }

    /// The client has the red part of an import session safe.
    pub fn accept_import(&mut self, number: u64, shared: &mut Shared) {
        let Some(import) = self.imports.get_mut(&number).filter(|import| import.cancelling.is_none()) else {
            return;
        };
        for serial in import.accept(&self.parameters) {
            self.control.push(Control::Report { number, serial });
        }
        self.charge_import(number, shared);
        self.close_import_if_finished(number, shared);
    }

    fn report_ack(
        &mut self,
        now: Instant,
        session: SessionId,
        serial: u64,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        let number = session.number;
        let Some(import) = self.imports.get_mut(&number) else { return self.known_closed(session) };
        if import.cancelling.is_some() {
            return Ok(());
        }
        import.acknowledge(serial).map_err(|refused| refused.of(session))?;
        import.last_heard = now;
        self.timers.disarm(Timer { side: Side::Import, number, kind: Kind::Report(serial) });
        self.charge_import(number, shared);
        self.close_import_if_finished(number, shared);
        Ok(())
    }

    fn cancelled_by_sender(
        &mut self,
        session: SessionId,
        reason: CancelReason,
        shared: &mut Shared,
    ) -> Result<(), InputError> {
        self.queue(session, Control::CancelAck { session, of: Party::Sender })?;
        if let Some(import) = self.imports.get(&session.number)
            && import.cancelling.is_none()
        {
            self.note_reception_cancelled(session.number, reason, Party::Sender, shared);
        }
        self.close_import(session.number, None, shared);
        Ok(())
    }

    fn import_cancel_ack(&mut self, session: SessionId, shared: &mut Shared) -> Result<(), InputError> {
        let Some(import) = self.imports.get(&session.number) else { return self.known_closed(session) };
        match import.cancelling {
            Some(cancelling) if cancelling.copies > 0 => {
                self.close_import(session.number, Some(cancelling.reason), shared);
                Ok(())
            }
            _ => Err(InputError::Violation { session, violation: Violation::UnknownAcknowledged }),
        }
    }

    /// A late segment of a session that has ended is no fault.
    fn known_closed(&self, session: SessionId) -> Result<(), InputError> {
        if self.closed.outcome.contains_key(&session.number) {
            Ok(())
        } else {
            Err(InputError::UnknownSession(session))
        }
    }

    /// Gives up receiving a block and tells the sender.
    pub fn cancel_import(&mut self, number: u64, reason: CancelReason, shared: &mut Shared) {
        self.note_reception_cancelled(number, reason, Party::Receiver, shared);
        let Some(import) = self.imports.get_mut(&number) else { return };
        import.cancel(reason);
        shared.buffered -= core::mem::take(&mut import.held);
        self.charge_import(number, shared);
        self.timers.disarm_session(Side::Import, number);
        self.control.push(Control::Cancel { by: Party::Receiver, number });
    }

    pub(super) fn note_reception_cancelled(
        &mut self,
        number: u64,
        reason: CancelReason,
        by: Party,
        shared: &mut Shared,
    ) {
        let Some(import) = self.imports.get(&number) else { return };
        self.stats.imports_cancelled += 1;
        if import.has_red() && !import.is_delivered() {
            let (session, client_service) = (import.session, import.client_service);
            shared.events.push_back(Event::ReceptionCancelled { session, client_service, reason, by });
        }
    }

    fn close_import_if_finished(&mut self, number: u64, shared: &mut Shared) {
        if self.imports.get(&number).is_some_and(Import::is_finished) {
            self.close_import(number, None, shared);
        }
    }

    pub(super) fn close_import(&mut self, number: u64, outcome: Option<CancelReason>, shared: &mut Shared) {
        if let Some(import) = self.imports.remove(&number) {
            shared.buffered -= import.held + import.noted;
            self.timers.disarm_session(Side::Import, number);
        }
        self.closed.remember(number, outcome, self.parameters.max_closed_imports);
    }

    pub(super) fn idle_expired(&mut self, now: Instant, number: u64, shared: &mut Shared) {
        let Some(import) = self.imports.get(&number) else { return };
        let deadline = import.last_heard + self.parameters.idle_time();
        if deadline > now {
            self.timers.arm(Timer { side: Side::Import, number, kind: Kind::Idle }, deadline, deadline);
        } else if import.has_red() && !import.is_delivered() {
            self.cancel_import(number, CancelReason::SystemCancelled, shared);
        } else {
            self.close_import(number, None, shared);
        }
    }
}
