//! Everything an engine keeps for one peer, and what segments from that peer do to it.

use alloc::collections::{BTreeMap, VecDeque};
use bytes::Bytes;

use super::control::{Control, ControlQueue};
use super::event::{Event, InputError, Limit, SpanStats, Transmit, Violation};
use super::export::{Answer, Export, Refused, Retry};
use super::import::Import;
use super::parameters::SpanParameters;
use super::shared::Shared;
use super::timers::{Kind, Side, Timer, Timers};
use crate::ltp::segment::{CancelReason, Content, Data, DataKind, Party, RedEnd, Report, Segment};
use crate::ltp::{EngineId, SessionId};
use crate::time::Instant;
use crate::wire::{Encode, EncodeError};

#[derive(Debug)]
pub(super) struct Span {
    peer: EngineId,
    pub parameters: SpanParameters,
    pub timers: Timers,
    pub stats: SpanStats,
    pub link_down: bool,
    control: ControlQueue,
    /// Export sessions by number.
    pub exports: BTreeMap<u64, Export>,
    /// Numbers of export sessions that have data to hand out, by order of start.
    ready: BTreeMap<u64, u64>,
    /// Import sessions by number.
    pub imports: BTreeMap<u64, Import>,
    closed: Closed,
}

/// The import sessions that ended last, and why when they were cancelled here.
#[derive(Debug, Default)]
struct Closed {
    order: VecDeque<u64>,
    outcome: BTreeMap<u64, Option<CancelReason>>,
}

impl Closed {
    fn remember(&mut self, number: u64, outcome: Option<CancelReason>, limit: usize) {
        if self.outcome.insert(number, outcome).is_none() {
            self.order.push_back(number);
        }
        while self.order.len() > limit {
            if let Some(oldest) = self.order.pop_front() {
                self.outcome.remove(&oldest);
            }
        }
    }
}

impl Span {
    pub fn new(peer: EngineId, parameters: SpanParameters) -> Self {
        Self {
            peer,
            parameters,
            timers: Timers::default(),
            stats: SpanStats::default(),
            link_down: false,
            control: ControlQueue::default(),
            exports: BTreeMap::new(),
            ready: BTreeMap::new(),
            imports: BTreeMap::new(),
            closed: Closed::default(),
        }
    }

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
                if import.note_green(data, end_of_block) {
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
        self.close_import_if_finished(number, shared);
        Ok(())
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
        let room = shared.parameters.max_buffered.saturating_sub(shared.buffered);
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
                import.answer(serial, report, data.end(), &self.parameters)
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
        self.timers.disarm_session(Side::Import, number);
        self.control.push(Control::Cancel { by: Party::Receiver, number });
    }

    fn note_reception_cancelled(
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

    fn close_import(&mut self, number: u64, outcome: Option<CancelReason>, shared: &mut Shared) {
        if let Some(import) = self.imports.remove(&number) {
            shared.buffered -= import.held;
            self.timers.disarm_session(Side::Import, number);
        }
        self.closed.remember(number, outcome, self.parameters.max_closed_imports);
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

    fn note_transmission_cancelled(
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

    fn close_export(&mut self, number: u64, shared: &mut Shared) {
        if let Some(export) = self.exports.remove(&number) {
            self.ready.remove(&export.order);
            self.timers.disarm_session(Side::Export, number);
            shared.export_closed(number);
        }
    }

    /// Puts an export session among those with data or out of them, minds its starvation, closes it when done.
    fn settle_export(&mut self, now: Instant, number: u64, shared: &mut Shared) {
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

    fn queue(&mut self, session: SessionId, control: Control) -> Result<(), InputError> {
        if self.control.push(control) {
            Ok(())
        } else {
            Err(InputError::NoRoom { session, limit: Limit::Answers })
        }
    }

    pub fn handle_timeout(&mut self, now: Instant, shared: &mut Shared) {
        while let Some(Timer { side, number, kind }) = self.timers.expire(now) {
            match (side, kind) {
                (Side::Export, Kind::Checkpoint(serial)) => {
                    let Some(export) = self.exports.get_mut(&number) else { continue };
                    let retry = export.checkpoint_expired(serial, &self.parameters);
                    self.retry_export(now, number, retry, shared);
                }
                (Side::Export, Kind::Starved) => {
                    let Some(export) = self.exports.get_mut(&number) else { continue };
                    let retry = export.starvation_expired(&self.parameters);
                    self.retry_export(now, number, retry, shared);
                }
                (Side::Import, Kind::Report(serial)) => {
                    let Some(import) = self.imports.get(&number) else { continue };
                    self.stats.timeouts += 1;
                    if import.copies(serial) > self.parameters.max_retransmissions {
                        self.cancel_import(number, CancelReason::RetransmissionLimit, shared);
                    } else {
                        self.control.push(Control::Report { number, serial });
                    }
                }
                (_, Kind::Cancel) => self.cancel_expired(side, number, shared),
                (Side::Import, Kind::Idle) => self.idle_expired(now, number, shared),
                (Side::Export, Kind::Report(_) | Kind::Idle)
                | (Side::Import, Kind::Checkpoint(_) | Kind::Starved) => {}
            }
        }
    }

    fn retry_export(&mut self, now: Instant, number: u64, retry: Retry, shared: &mut Shared) {
        self.stats.timeouts += u64::from(retry != Retry::Void);
        if retry == Retry::GiveUp {
            self.cancel_export(number, CancelReason::RetransmissionLimit, shared);
        }
        self.settle_export(now, number, shared);
    }

    fn cancel_expired(&mut self, side: Side, number: u64, shared: &mut Shared) {
        let cancelling = match side {
            Side::Export => self.exports.get(&number).and_then(|export| export.cancelling),
            Side::Import => self.imports.get(&number).and_then(|import| import.cancelling),
        };
        let Some(cancelling) = cancelling else { return };
        self.stats.timeouts += 1;
        let by = if side == Side::Export { Party::Sender } else { Party::Receiver };
        if cancelling.copies <= self.parameters.max_retransmissions {
            self.control.push(Control::Cancel { by, number });
        } else if side == Side::Export {
            self.close_export(number, shared);
        } else {
            self.close_import(number, Some(cancelling.reason), shared);
        }
    }

    fn idle_expired(&mut self, now: Instant, number: u64, shared: &mut Shared) {
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

    /// Ends every session without a word to the peer.
    pub fn abandon(&mut self, shared: &mut Shared) {
        while let Some((&number, export)) = self.exports.first_key_value() {
            if export.cancelling.is_none() {
                let session = export.session;
                self.note_transmission_cancelled(
                    session,
                    CancelReason::SystemCancelled,
                    Party::Sender,
                    shared,
                );
            }
            self.close_export(number, shared);
        }
        while let Some((&number, import)) = self.imports.first_key_value() {
            if import.cancelling.is_none() {
                self.note_reception_cancelled(number, CancelReason::SystemCancelled, Party::Receiver, shared);
            }
            self.close_import(number, None, shared);
        }
    }

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

impl Refused {
    fn of(self, session: SessionId) -> InputError {
        match self {
            Self::Violation(violation) => InputError::Violation { session, violation },
            Self::NoRoom(limit) => InputError::NoRoom { session, limit },
        }
    }
}
