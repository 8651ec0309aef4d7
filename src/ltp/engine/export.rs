//! The sending end of one session.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use bytes::Bytes;
use core::ops::Range;

use super::event::{Limit, TransmissionRequest, Violation};
use super::parameters::SpanParameters;
use crate::ltp::claims::Claims;
use crate::ltp::segment::{CancelReason, Content, Data, DataKind, RedEnd, Report, Segment};
use crate::ltp::{ClientServiceId, SessionId};
use crate::wire::{Encode, Sdnv};

#[derive(Debug)]
pub(super) struct Export {
    pub session: SessionId,
    /// Place among all export sessions, by their start.
    pub order: u64,
    client_service: ClientServiceId,
    block: Bytes,
    red_len: u64,
    /// Everything before this has been handed out once.
    next: u64,
    /// Red segments since the last checkpoint.
    unmarked: u32,
    checkpoints: BTreeMap<u64, Checkpoint>,
    next_checkpoint: u64,
    /// Checkpoints to be sent again.
    overdue: VecDeque<u64>,
    /// Checkpoints whose report has not come.
    unanswered: usize,
    gaps: VecDeque<Gap>,
    /// What the receiver said it has.
    claimed: Claims,
    /// Serial numbers of the reports seen.
    reports: BTreeSet<u64>,
    starved: u32,
    acknowledged: bool,
    pub cancelling: Option<Cancelling>,
}

#[derive(Debug)]
struct Checkpoint {
    offset: u64,
    end: u64,
    report: u64,
    /// Rounds of report and repair that led to it.
    cycle: u32,
    copies: u32,
    answered: bool,
}

/// Missing data to be sent again; what is claimed by the time it is sent is left out.
#[derive(Debug)]
struct Gap {
    next: u64,
    end: u64,
    report: u64,
    cycle: u32,
}

/// A session that only waits for its cancellation to be acknowledged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cancelling {
    pub reason: CancelReason,
    pub copies: u32,
}

/// A data segment to hand out.
#[derive(Debug)]
pub(super) struct Piece {
    pub kind: DataKind,
    pub offset: u64,
    pub end: u64,
    pub again: bool,
}

/// What a report means for the session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was seen before, or later ones were.
    Repeated,
    /// The red part is across.
    Complete,
    /// The red part is not across yet; what the report misses will be sent again.
    Incomplete,
    /// The red part is not across and the rounds are used up.
    Exhausted,
    /// The receiver does not have what it had claimed: it has begun anew, and the session cannot be trusted.
    Forgotten,
}

/// What to do about a timer that ran out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Retry {
    Again,
    GiveUp,
    /// Its reason has gone.
    Void,
}

impl Export {
    pub fn new(session: SessionId, order: u64, request: TransmissionRequest, first_checkpoint: u64) -> Self {
        let TransmissionRequest { client_service, block, red_len, .. } = request;
        // Conforming claims follow segments, which hold far more than 16 octets of a long block.
        let max_ranges = 1024 + block.len() / 16;
        Self {
            session,
            order,
            client_service,
            block,
            red_len,
            next: 0,
            unmarked: 0,
            checkpoints: BTreeMap::new(),
            next_checkpoint: first_checkpoint,
            overdue: VecDeque::new(),
            unanswered: 0,
            gaps: VecDeque::new(),
            claimed: Claims::new(max_ranges),
            reports: BTreeSet::new(),
            starved: 0,
            acknowledged: false,
            cancelling: None,
        }
    }

    /// Whether nothing of the block has left yet.
    pub fn is_untouched(&self) -> bool {
        self.next == 0
    }

    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged
    }

    pub fn is_sent_once(&self) -> bool {
        self.next == self.block_len()
    }

    /// Whether there may be data to hand out.
    pub fn has_data(&self) -> bool {
        self.cancelling.is_none()
            && (!self.overdue.is_empty() || !self.gaps.is_empty() || self.next < self.block_len())
    }

    /// Whether the red part is not across and yet nothing is under way that would bring it across.
    pub fn is_starved(&self) -> bool {
        self.cancelling.is_none()
            && !self.acknowledged
            && self.red_len > 0
            && self.next >= self.red_len
            && self.unanswered == 0
            && self.gaps.is_empty()
    }

    pub fn is_finished(&self) -> bool {
        self.cancelling.is_none() && self.is_sent_once() && (self.acknowledged || self.red_len == 0)
    }

    /// Gives the block up and forgets all that was to be sent.
    pub fn cancel(&mut self, reason: CancelReason) {
        self.cancelling = Some(Cancelling { reason, copies: 0 });
        self.block = Bytes::new();
        self.overdue.clear();
        self.gaps.clear();
        self.checkpoints.clear();
    }

    /// The next piece to hand out in a segment of at most `room` octets. It counts as handed out.
    pub fn next_piece(&mut self, room: usize, parameters: &SpanParameters) -> Option<Piece> {
        if self.cancelling.is_some() {
            return None;
        }
        self.overdue_checkpoint(room)
            .or_else(|| self.missing_piece(room))
            .or_else(|| self.fresh_piece(room, parameters))
    }

    /// The segment that carries `piece`.
    pub fn segment(&self, piece: &Piece) -> Option<Segment<'_>> {
        // Offsets of a block that is in memory are usizes.
        let octets = self.block.get(piece.offset as usize..piece.end as usize)?;
        let data =
            Data { kind: piece.kind, client_service: self.client_service, offset: piece.offset, octets };
        Some(Segment::new(self.session, Content::Data(data)))
    }

    fn overdue_checkpoint(&mut self, room: usize) -> Option<Piece> {
        while let Some(serial) = self.overdue.pop_front() {
            let Some(checkpoint) = self.checkpoints.get(&serial).filter(|checkpoint| !checkpoint.answered)
            else {
                continue;
            };
            let (end, report) = (checkpoint.end, checkpoint.report);
            let kind = self.checkpoint_kind(serial, report, end);
            // The limit may have shrunk since; a shorter piece with the same end asks for the same report.
            let offset = checkpoint.offset.max(end.saturating_sub(self.payload(room, end, kind)));
            self.count_copy(serial);
            return Some(Piece { kind, offset, end, again: true });
        }
        None
    }

    fn missing_piece(&mut self, room: usize) -> Option<Piece> {
        while let Some(&Gap { next, end, report, cycle }) = self.gaps.front() {
            let Some(gap) = self.claimed.first_gap(next..end) else {
                self.gaps.pop_front();
                continue;
            };
            let more = self.claimed.first_gap(gap.end..end).is_some();
            let (piece_end, last) = self.cut(room, gap.start, gap.end, report);
            if last && !more {
                self.gaps.pop_front();
                let kind = self.mark(gap.start, piece_end, report, cycle);
                return Some(Piece { kind, offset: gap.start, end: piece_end, again: true });
            }
            if let Some(front) = self.gaps.front_mut() {
                front.next = piece_end;
            }
            return Some(Piece { kind: DataKind::Red, offset: gap.start, end: piece_end, again: true });
        }
        None
    }

    fn fresh_piece(&mut self, room: usize, parameters: &SpanParameters) -> Option<Piece> {
        let offset = self.next;
        if offset >= self.block_len() {
            return None;
        }
        if offset >= self.red_len {
            let kind = DataKind::Green { end_of_block: true };
            let end = self.block_len().min(offset + self.payload(room, offset, kind));
            self.next = end;
            let kind = DataKind::Green { end_of_block: end == self.block_len() };
            return Some(Piece { kind, offset, end, again: false });
        }
        self.unmarked = self.unmarked.saturating_add(1);
        let (mut end, last) = self.cut(room, offset, self.red_len, 0);
        let wanted = parameters.checkpoint_every.is_some_and(|every| self.unmarked >= every.get());
        let kind = if last {
            self.mark(offset, end, 0, 0)
        } else if wanted {
            let kind = self.checkpoint_kind(self.next_checkpoint, 0, end);
            end = end.min(offset + self.payload(room, offset, kind));
            self.mark(offset, end, 0, 0)
        } else {
            DataKind::Red
        };
        self.next = end;
        Some(Piece { kind, offset, end, again: false })
    }

    /// Where a red piece from `offset` ends, at `end` at the latest, and whether it reaches there as a checkpoint.
    fn cut(&self, room: usize, offset: u64, end: u64, report: u64) -> (u64, bool) {
        let marked = self.payload(room, offset, self.checkpoint_kind(self.next_checkpoint, report, end));
        if end - offset <= marked {
            return (end, true);
        }
        let plain = self.payload(room, offset, DataKind::Red);
        // Something must be left for the checkpoint.
        (offset + if end - offset <= plain { marked } else { plain }, false)
    }

    /// Octets of the block that fit into a segment of `room` octets; at least one.
    fn payload(&self, room: usize, offset: u64, kind: DataKind) -> u64 {
        let fixed = Segment::header_len(self.session)
            + Sdnv(self.client_service.0).encoded_len()
            + Sdnv(offset).encoded_len()
            + kind.serials_len();
        let left = room.saturating_sub(fixed) as u64;
        left.saturating_sub(Sdnv(left).encoded_len() as u64).max(1)
    }

    /// Makes the piece a new checkpoint.
    fn mark(&mut self, offset: u64, end: u64, report: u64, cycle: u32) -> DataKind {
        let serial = self.next_checkpoint;
        self.next_checkpoint = serial.checked_add(1).unwrap_or(1);
        self.unmarked = 0;
        self.unanswered += 1;
        let checkpoint = Checkpoint { offset, end, report, cycle, copies: 1, answered: false };
        self.checkpoints.insert(serial, checkpoint);
        self.checkpoint_kind(serial, report, end)
    }

    fn count_copy(&mut self, serial: u64) {
        if let Some(checkpoint) = self.checkpoints.get_mut(&serial) {
            checkpoint.copies = checkpoint.copies.saturating_add(1);
        }
    }

    fn checkpoint_kind(&self, serial: u64, report: u64, end: u64) -> DataKind {
        let end = match (end == self.red_len, end == self.block_len()) {
            (false, _) => RedEnd::Nothing,
            (true, false) => RedEnd::RedPart,
            (true, true) => RedEnd::Block,
        };
        DataKind::Checkpoint { serial, report, end }
    }

    /// Takes a report in. The serial number of the checkpoint it answers needs no timer any more.
    pub fn handle_report(
        &mut self,
        report: &Report<'_>,
        parameters: &SpanParameters,
    ) -> Result<Answer, Refused> {
        if report.serial == 0 {
            return Err(Violation::SerialZero.into());
        }
        if self.acknowledged || self.reports.contains(&report.serial) {
            return Ok(Answer::Repeated);
        }
        let cycle = match (report.checkpoint, self.checkpoints.get(&report.checkpoint)) {
            (0, _) => 0,
            (_, Some(checkpoint)) => checkpoint.cycle,
            (_, None) => return Err(Violation::UnknownCheckpoint.into()),
        };
        if report.upper > self.next.min(self.red_len) {
            return Err(Violation::ClaimsTooMuch.into());
        }
        if self.reports.len() as u64 >= u64::from(parameters.max_reports) {
            return Err(Violation::TooManyReports.into());
        }
        if self.is_contradicted_by(report) {
            return Ok(if self.is_late(report) { Answer::Repeated } else { Answer::Forgotten });
        }
        for range in report.ranges() {
            self.claimed.insert(range).map_err(|_| Refused::NoRoom(Limit::Ranges))?;
        }
        self.reports.insert(report.serial);
        if let Some(checkpoint) = self.checkpoints.get_mut(&report.checkpoint).filter(|one| !one.answered) {
            checkpoint.answered = true;
            self.unanswered -= 1;
        }
        if self.claimed.covers(0..self.red_len) {
            self.acknowledged = true;
            self.overdue.clear();
            self.gaps.clear();
            return Ok(Answer::Complete);
        }
        Ok(self.repair(report, cycle.saturating_add(1), parameters))
    }

    /// Whether the report misses what an earlier one claimed. A receiver that was restarted says so: the claims of
    /// its two lives together would be no proof that it has them.
    fn is_contradicted_by(&self, report: &Report<'_>) -> bool {
        let len = |range: Range<u64>| range.end - range.start;
        let known: u64 = self.claimed.within(report.lower..report.upper).map(len).sum();
        let upheld: u64 = report.ranges().flat_map(|range| self.claimed.within(range)).map(len).sum();
        upheld < known
    }

    /// Whether the report tells of an earlier time than one that overtook it: it was lost and sent again. Reports are
    /// numbered one after the other, and a receiver begins a life anywhere; besides, a checkpoint that is answered is
    /// not sent again for a second life to answer.
    fn is_late(&self, report: &Report<'_>) -> bool {
        let answered = |checkpoint: &Checkpoint| checkpoint.answered;
        let old = report.checkpoint == 0 || self.checkpoints.get(&report.checkpoint).is_some_and(answered);
        let newest = self.reports.last().copied().unwrap_or(0);
        let behind = newest.checked_sub(report.serial);
        old && behind.is_some_and(|behind| behind <= self.reports.len() as u64 + MAX_LOST_REPORTS)
    }

    /// Queues what the report misses.
    fn repair(&mut self, report: &Report<'_>, cycle: u32, parameters: &SpanParameters) -> Answer {
        let scope = report.lower..report.upper;
        let (Some(first), Some(last)) = (self.claimed.first_gap(scope.clone()), self.claimed.last_gap(scope))
        else {
            return Answer::Incomplete;
        };
        if cycle > parameters.max_cycles {
            return Answer::Exhausted;
        }
        // What already waits to be sent again comes with a checkpoint of its own.
        if !self.gaps.iter().any(|gap| gap.next <= first.start && gap.end >= last.end) {
            self.gaps.push_back(Gap { next: first.start, end: last.end, report: report.serial, cycle });
        }
        Answer::Incomplete
    }

    pub fn checkpoint_expired(&mut self, serial: u64, parameters: &SpanParameters) -> Retry {
        match self.checkpoints.get(&serial) {
            Some(checkpoint) if !checkpoint.answered && !self.acknowledged => {
                if checkpoint.copies > parameters.max_retransmissions {
                    return Retry::GiveUp;
                }
                self.overdue.push_back(serial);
                Retry::Again
            }
            _ => Retry::Void,
        }
    }

    /// Asks for a report again by a new checkpoint on the last missing piece.
    pub fn starvation_expired(&mut self, parameters: &SpanParameters) -> Retry {
        if !self.is_starved() {
            return Retry::Void;
        }
        self.starved = self.starved.saturating_add(1);
        let Some(gap) = self.claimed.last_gap(0..self.red_len) else { return Retry::Void };
        if self.starved > parameters.max_retransmissions {
            return Retry::GiveUp;
        }
        let piece = (parameters.max_segment_len / 2) as u64;
        let next = gap.start.max(gap.end.saturating_sub(piece));
        self.gaps.push_back(Gap { next, end: gap.end, report: 0, cycle: 0 });
        Retry::Again
    }

    fn block_len(&self) -> u64 {
        self.block.len() as u64
    }
}

/// Reports that may be under way or lost while later ones arrive.
const MAX_LOST_REPORTS: u64 = 64;

/// Why a segment was not taken in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Violation(Violation),
    NoRoom(Limit),
}

impl From<Violation> for Refused {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}
