//! The LTP engine: all sessions of one node with all its peers, as one machine.
//!
//! The host gives it every segment that arrives and takes segments from it whenever a link has room; the timer for an
//! answer starts when the segment that asks for it is taken. Each peer is a *span* with its own parameters. A host
//! with several links takes segments for each peer apart ([`Engine::poll_transmit_to`]).
//!
//! What is kept for hostile or broken peers is bounded by [`EngineParameters`] and [`SpanParameters`]: sessions,
//! buffered octets, separate ranges, reports, answers waiting, sessions remembered.
//!
//! Departures from the letter of RFC 5326, all invisible to a conforming peer: an export session that waits for
//! reports which do not come asks again by a new checkpoint, and an import session that hears nothing any more ends;
//! so no session waits for ever, whatever is lost. An export session whose receiver takes a claim back is cancelled: it
//! was restarted. A report that was lost and comes after later ones takes nothing back and is only acknowledged.
//!
//! Source: RFC 5326 §4 to §7.

mod control;
mod event;
mod export;
mod import;
mod parameters;
mod reassembly;
mod shared;
mod span;
mod timers;

pub use event::{
    Event, InputError, Limit, RequestError, SpanStats, TransmissionRequest, Transmit, Violation,
};
pub use parameters::{EngineParameters, SpanParameters};

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::ops::Bound;
use core::time::Duration;
use rand_core::Rng;

use self::export::Export;
use self::shared::Shared;
use self::span::Span;
use super::segment::{CancelReason, Content, Party, Segment};
use super::{ClientServiceId, EngineId, SessionId};
use crate::machine::Machine;
use crate::time::Instant;
use crate::wire::{Decode, DecodeError};

/// One LTP engine.
#[derive(Debug)]
pub struct Engine {
    shared: Shared,
    spans: BTreeMap<EngineId, Span>,
    /// The peer that was served last.
    served: Option<EngineId>,
}

impl Engine {
    /// An engine without spans and client services. `rng` makes session and serial numbers hard to guess.
    #[must_use]
    pub fn new(parameters: EngineParameters, rng: Box<dyn Rng + Send>) -> Self {
        Self { shared: Shared::new(parameters, rng), spans: BTreeMap::new(), served: None }
    }

    /// The engine's own number.
    #[must_use]
    pub fn id(&self) -> EngineId {
        self.shared.parameters.engine_id
    }

    /// Opens the span to `peer`, or changes its parameters from the next segment on. Its link counts as up.
    ///
    /// # Errors
    /// [`RequestError::Parameters`] when a parameter cannot be worked with.
    pub fn add_span(&mut self, peer: EngineId, parameters: SpanParameters) -> Result<(), RequestError> {
        parameters.check().map_err(RequestError::Parameters)?;
        match self.spans.get_mut(&peer) {
            Some(span) => span.parameters = parameters,
            None => {
                self.spans.insert(peer, Span::new(peer, parameters));
            }
        }
        Ok(())
    }

    /// Closes the span to `peer`: its sessions end at once, without a word to the peer.
    ///
    /// # Errors
    /// [`RequestError::UnknownPeer`].
    pub fn remove_span(&mut self, peer: EngineId) -> Result<(), RequestError> {
        let mut span = self.spans.remove(&peer).ok_or(RequestError::UnknownPeer(peer))?;
        span.abandon(&mut self.shared);
        Ok(())
    }

    /// The parameters of the span to `peer`.
    #[must_use]
    pub fn span_parameters(&self, peer: EngineId) -> Option<&SpanParameters> {
        self.spans.get(&peer).map(|span| &span.parameters)
    }

    /// What was done on the span to `peer` so far.
    #[must_use]
    pub fn span_stats(&self, peer: EngineId) -> Option<SpanStats> {
        self.spans.get(&peer).map(|span| span.stats)
    }

    /// Sets the light time to `peer`; timers of segments taken from now on use it.
    ///
    /// # Errors
    /// [`RequestError::UnknownPeer`]; [`RequestError::Parameters`] when it is longer than ten years.
    pub fn set_one_way_light_time(&mut self, peer: EngineId, time: Duration) -> Result<(), RequestError> {
        let span = self.span_mut(peer)?;
        let parameters = SpanParameters { one_way_light_time: time, ..span.parameters.clone() };
        parameters.check().map_err(RequestError::Parameters)?;
        span.parameters = parameters;
        Ok(())
    }

    /// Takes blocks for `client_service` from now on.
    pub fn open_client_service(&mut self, client_service: ClientServiceId) {
        self.shared.services.insert(client_service);
    }

    /// Takes blocks for `client_service` from now on, but tells a sender that all of its red part is here only when
    /// [`accept`](Self::accept) says that the client has it safe; [`cancel`](Self::cancel) refuses it.
    ///
    /// RFC 5326 lets a receiver report as soon as the last segment is in, before the client has seen the block. A
    /// client that has no room for it, or loses power before it has stored it, could then not give it back. Until then
    /// reports leave out the last octet of the red part, so that no sender adds up what was claimed before and after a
    /// restart of this engine.
    pub fn open_client_service_on_acceptance(&mut self, client_service: ClientServiceId) {
        self.shared.services.insert(client_service);
        self.shared.asked.insert(client_service);
    }

    /// The client has the red part of `session` safe. Harmless for sessions that do not wait for it.
    pub fn accept(&mut self, session: SessionId) {
        if let Some(span) = self.spans.get_mut(&session.originator) {
            span.accept_import(session.number, &mut self.shared);
        }
    }

    /// Refuses sessions for `client_service` that begin from now on; those under way go on.
    pub fn close_client_service(&mut self, client_service: ClientServiceId) {
        self.shared.services.remove(&client_service);
        self.shared.asked.remove(&client_service);
    }

    /// Starts a session that sends a block.
    ///
    /// # Errors
    /// [`RequestError`] when there is no such span, the block is empty, its red part is longer than it, or as many
    /// sessions to that peer are under way as allowed.
    ///
    /// Source: RFC 5326 §4.1 and §6.1.
    pub fn transmit(
        &mut self,
        now: Instant,
        request: TransmissionRequest,
    ) -> Result<SessionId, RequestError> {
        self.start(now, request, false)
    }

    /// As [`transmit`](Self::transmit), for a block that is sent before all that are not urgent, those whose sending
    /// has begun included: it waits for no more than the segment that is being sent.
    ///
    /// # Errors
    /// As [`transmit`](Self::transmit).
    pub fn transmit_urgent(
        &mut self,
        now: Instant,
        request: TransmissionRequest,
    ) -> Result<SessionId, RequestError> {
        self.start(now, request, true)
    }

    fn start(
        &mut self,
        _now: Instant,
        request: TransmissionRequest,
        urgent: bool,
    ) -> Result<SessionId, RequestError> {
        let TransmissionRequest { to, ref block, red_len, .. } = request;
        let block_len = block.len() as u64;
        if block.is_empty() {
            return Err(RequestError::EmptyBlock);
        }
        if red_len > block_len {
            return Err(RequestError::RedLength { red_len, block_len });
        }
        let span = self.spans.get_mut(&to).ok_or(RequestError::UnknownPeer(to))?;
        let limit = span.parameters.max_export_sessions;
        if span.exports.len() >= limit {
            return Err(RequestError::ExportSessions { to, limit });
        }
        let (number, order) = self.shared.new_session(to, urgent);
        let session = SessionId { originator: self.shared.parameters.engine_id, number };
        span.start_export(Export::new(session, order, request, self.shared.random_serial()));
        Ok(session)
    }

    /// Gives a session up, as the sender or the receiver of its block.
    ///
    /// # Errors
    /// [`RequestError::UnknownSession`] when it is not under way.
    ///
    /// Source: RFC 5326 §4.2 and §6.19.
    pub fn cancel(
        &mut self,
        _now: Instant,
        session: SessionId,
        reason: CancelReason,
    ) -> Result<(), RequestError> {
        let Self { shared, spans, .. } = self;
        let number = session.number;
        if session.originator == shared.parameters.engine_id
            && let Some(span) = shared.receivers.get(&number).and_then(|to| spans.get_mut(to))
            && span.exports.get(&number).is_some_and(|export| export.cancelling.is_none())
        {
            span.cancel_export(number, reason, shared);
            return Ok(());
        }
        if let Some(span) = spans.get_mut(&session.originator)
            && span.imports.get(&number).is_some_and(|import| import.cancelling.is_none())
        {
            span.cancel_import(number, reason, shared);
            return Ok(());
        }
        Err(RequestError::UnknownSession(session))
    }

    /// Nothing crosses the link to `peer` from now on: nothing is sent, timers stand still.
    ///
    /// # Errors
    /// [`RequestError::UnknownPeer`].
    ///
    /// Source: RFC 5326 §6.4 and §6.5.
    pub fn link_down(&mut self, now: Instant, peer: EngineId) -> Result<(), RequestError> {
        let span = self.span_mut(peer)?;
        span.link_down = true;
        span.timers.suspend(now);
        Ok(())
    }

    /// The link to `peer` is back: sending goes on, timers go on with the time they had left.
    ///
    /// # Errors
    /// [`RequestError::UnknownPeer`].
    ///
    /// Source: RFC 5326 §6.1 and §6.6.
    pub fn link_up(&mut self, now: Instant, peer: EngineId) -> Result<(), RequestError> {
        let Self { shared, spans, .. } = self;
        let span = spans.get_mut(&peer).ok_or(RequestError::UnknownPeer(peer))?;
        span.link_down = false;
        span.timers.resume(now);
        span.handle_timeout(now, shared);
        Ok(())
    }

    /// `peer` stops sending while this engine goes on: timers for answers it has not sent by now stand still.
    ///
    /// # Errors
    /// [`RequestError::UnknownPeer`].
    ///
    /// Source: RFC 5326 §6.5.
    pub fn peer_stops_transmitting(&mut self, now: Instant, peer: EngineId) -> Result<(), RequestError> {
        self.span_mut(peer)?.timers.peer_stops(now);
        Ok(())
    }

    /// `peer` sends again: its overdue answers are expected to leave it now.
    ///
    /// # Errors
    /// [`RequestError::UnknownPeer`].
    ///
    /// Source: RFC 5326 §6.6.
    pub fn peer_starts_transmitting(&mut self, now: Instant, peer: EngineId) -> Result<(), RequestError> {
        self.span_mut(peer)?.timers.peer_starts(now);
        Ok(())
    }

    /// Writes the next segment for `peer`. For hosts with a link to each peer; else
    /// [`poll_transmit`](Machine::poll_transmit) serves all peers in turn.
    ///
    /// `out` holds at least [`max_segment_len`](SpanParameters::max_segment_len) octets of the span.
    pub fn poll_transmit_to(&mut self, now: Instant, peer: EngineId, out: &mut [u8]) -> Option<Transmit> {
        self.spans.get_mut(&peer)?.poll_transmit(now, out, &mut self.shared)
    }

    /// Export and import sessions with `peer` that are under way, those being cancelled included.
    #[must_use]
    pub fn sessions(&self, peer: EngineId) -> (usize, usize) {
        self.spans.get(&peer).map_or((0, 0), |span| (span.exports.len(), span.imports.len()))
    }

    /// Whether another export session to `peer` can be started.
    #[must_use]
    pub fn has_export_room(&self, peer: EngineId) -> bool {
        self.spans.get(&peer).is_some_and(|span| span.exports.len() < span.parameters.max_export_sessions)
    }

    /// Octets that received red data and the bookkeeping of import sessions take.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.shared.buffered
    }

    fn span_mut(&mut self, peer: EngineId) -> Result<&mut Span, RequestError> {
        self.spans.get_mut(&peer).ok_or(RequestError::UnknownPeer(peer))
    }

    fn handle_segment(&mut self, now: Instant, segment: &Segment<'_>) -> Result<(), InputError> {
        let Self { shared, spans, .. } = self;
        let session = segment.session;
        // What a receiver says concerns sessions of ours.
        let of_ours = matches!(
            segment.content,
            Content::Report(_)
                | Content::Cancel { by: Party::Receiver, .. }
                | Content::CancelAck { of: Party::Sender }
        );
        let peer = if !of_ours {
            session.originator
        } else if session.originator == shared.parameters.engine_id {
            *shared.receivers.get(&session.number).ok_or(InputError::UnknownSession(session))?
        } else {
            return Err(InputError::UnknownSession(session));
        };
        let span = spans.get_mut(&peer).ok_or(InputError::UnknownPeer(peer))?;
        span.stats.segments_received += 1;
        let outcome = if of_ours {
            span.handle_export(now, segment, shared)
        } else {
            span.handle_import(now, segment, shared)
        };
        span.stats.segments_refused += u64::from(outcome.is_err());
        outcome
    }
}

impl Machine for Engine {
    /// One segment, and nothing behind it.
    type Input<'a> = &'a [u8];
    type Transmit = Transmit;
    type Event = Event;
    type Error = InputError;

    fn handle_input(&mut self, now: Instant, input: &[u8]) -> Result<(), InputError> {
        let (segment, surplus) = Segment::decode(input)?;
        // ION 4.1.3 makes a report longer than what it says when the report does not start with the block.
        if !surplus.is_empty() && !matches!(segment.content, Content::Report(_)) {
            return Err(DecodeError::Trailing { unit: "LTP segment", extra: surplus.len() }.into());
        }
        self.handle_segment(now, &segment)
    }

    fn handle_timeout(&mut self, now: Instant) {
        let Self { shared, spans, .. } = self;
        for span in spans.values_mut() {
            span.handle_timeout(now, shared);
        }
    }

    /// Serves the peers in turn. `out` holds at least [`max_segment_len`](SpanParameters::max_segment_len) octets of
    /// the span that allows most.
    fn poll_transmit(&mut self, now: Instant, out: &mut [u8]) -> Option<Transmit> {
        let Self { shared, spans, served } = self;
        let after = served.map_or(Bound::Unbounded, Bound::Excluded);
        let mut next =
            spans.range_mut((after, Bound::Unbounded)).find_map(|(_, s)| s.poll_transmit(now, out, shared));
        if let (None, Some(last)) = (next, *served) {
            next = spans.range_mut(..=last).find_map(|(_, span)| span.poll_transmit(now, out, shared));
        }
        if let Some(transmit) = next {
            *served = Some(transmit.to);
        }
        next
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.shared.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.spans.values().filter_map(|span| span.timers.next()).min()
    }
}
