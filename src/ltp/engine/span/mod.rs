//! Everything an engine keeps for one peer.

mod exports;
mod imports;
mod transmit;

use alloc::collections::{BTreeMap, VecDeque};

use super::control::{Control, ControlQueue};
use super::event::{InputError, Limit, SpanStats};
use super::export::{Export, Refused};
use super::import::Import;
use super::parameters::SpanParameters;
use super::shared::Shared;
use super::timers::{Kind, Side, Timer, Timers};
use crate::ltp::segment::{CancelReason, Party};
use crate::ltp::{EngineId, SessionId};
use crate::time::Instant;

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
}

impl Refused {
    fn of(self, session: SessionId) -> InputError {
        match self {
            Self::Violation(violation) => InputError::Violation { session, violation },
            Self::NoRoom(limit) => InputError::NoRoom { session, limit },
        }
    }
}
