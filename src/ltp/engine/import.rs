//! The receiving end of one session.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use core::ops::{Range, RangeInclusive};

use super::event::{Limit, Violation};
use super::export::{Cancelling, Refused};
use super::parameters::SpanParameters;
use super::reassembly::Reassembly;
use crate::ltp::claims::Claims;
use crate::ltp::segment::{CancelReason, Claim, Data, DataKind, ReceptionClaims, RedEnd, Report, Segment};
use crate::ltp::{ClientServiceId, SessionId};
use crate::time::Instant;
use crate::wire::{Encode, Sdnv};

#[derive(Debug)]
pub(super) struct Import {
    pub session: SessionId,
    pub client_service: ClientServiceId,
    pub last_heard: Instant,
    pub cancelling: Option<Cancelling>,
    red: Reassembly,
    /// Memory charged for `red`.
    pub held: usize,
    /// Memory charged for what else a peer can make grow.
    pub noted: usize,
    red_len: Option<u64>,
    block_len: Option<u64>,
    green: Claims,
    /// First and last green octet seen.
    green_extent: Option<(u64, u64)>,
    delivered: bool,
    /// The client has yet to say that it has the red part safe: until then its last octet is not claimed. A receiver
    /// that is killed and comes back has forgotten what it claimed before; but so the claims of both its lives do not
    /// add up to a red part that it never had as a whole. A round of repair brings that octet once more.
    withheld: bool,
    /// The last checkpoint that came when only the client's word was missing; zero for none.
    postponed: u64,
    reports: BTreeMap<u64, Sent>,
    /// Reports by the checkpoint they answer.
    answers: BTreeMap<u64, RangeInclusive<u64>>,
    next_report: u64,
    unacknowledged: usize,
    /// Claims of those reports.
    unacknowledged_claims: usize,
    /// Where the scope of the last report on a fresh checkpoint ended.
    reported: u64,
    /// What the sender knows to be here.
    told: Claims,
}

/// A report that was made.
#[derive(Debug)]
struct Sent {
    checkpoint: u64,
    lower: u64,
    upper: u64,
    claims: Vec<Claim>,
    /// Handed out so often, not counting copies for a repeated checkpoint.
    copies: u32,
    acknowledged: bool,
}

impl Import {
    pub fn new(
        data: &Data<'_>,
        session: SessionId,
        now: Instant,
        first_report: u64,
        withheld: bool,
        limits: &SpanParameters,
    ) -> Self {
        Self {
            session,
            client_service: data.client_service,
            last_heard: now,
            cancelling: None,
            red: Reassembly::new(limits.max_ranges),
            held: 0,
            noted: 0,
            red_len: None,
            block_len: None,
            green: Claims::new(limits.max_ranges),
            green_extent: None,
            delivered: false,
            withheld,
            postponed: 0,
            reports: BTreeMap::new(),
            answers: BTreeMap::new(),
            next_report: first_report,
            unacknowledged: 0,
            unacknowledged_claims: 0,
            reported: 0,
            told: Claims::new(limits.max_ranges),
        }
    }

    /// Memory that green ranges, reports and what is known of them take.
    pub fn bookkeeping(&self) -> usize {
        (self.green.len() + self.told.len() + self.unacknowledged_claims) * RANGE_COST
            + (self.reports.len() + self.answers.len()) * REPORT_COST
    }

    pub fn is_delivered(&self) -> bool {
        self.delivered
    }

    /// Whether anything of a red part has arrived.
    pub fn has_red(&self) -> bool {
        !self.red.received().is_empty()
    }

    /// Whether nothing more is to come or to be said.
    pub fn is_finished(&self) -> bool {
        let red = self.red_len.unwrap_or(0);
        let all_green_is_here = self.block_len.is_some_and(|len| self.green.covers(red..len));
        let sender_knows = self.red_len.is_some() && self.delivered && self.told.covers(0..red);
        all_green_is_here && (sender_knows || self.red_len.is_none() && !self.has_red())
    }

    /// Whether the data contradicts what the session has shown so far.
    pub fn check(&self, data: &Data<'_>) -> Result<(), Violation> {
        if data.client_service != self.client_service {
            return Err(Violation::ClientServiceChanged);
        }
        let (start, end) = (data.offset, data.end());
        if self.block_len.is_some_and(|len| end > len) {
            return Err(Violation::BeyondBlock);
        }
        let red_end = self.red.received().end();
        match data.kind {
            DataKind::Green { end_of_block } => {
                if self.red_len.is_some_and(|len| start < len) || start < red_end {
                    return Err(Violation::Miscoloured);
                }
                let last_green = self.green_extent.map_or(0, |(_, last)| last);
                if end_of_block && (self.block_len.is_some_and(|len| end != len) || last_green > end) {
                    return Err(Violation::BeyondBlock);
                }
            }
            DataKind::Red | DataKind::Checkpoint { .. } => {
                if self.red_len.is_some_and(|len| end > len)
                    || self.green_extent.is_some_and(|(first, _)| first < end)
                {
                    return Err(Violation::Miscoloured);
                }
                let ends = match data.kind {
                    DataKind::Checkpoint { end, .. } => end,
                    _ => RedEnd::Nothing,
                };
                if ends != RedEnd::Nothing && (self.red_len.is_some_and(|len| len != end) || red_end > end) {
                    return Err(Violation::Miscoloured);
                }
                let other_end = self.block_len.is_some_and(|len| len != end) || self.green_extent.is_some();
                if ends == RedEnd::Block && other_end {
                    return Err(Violation::BeyondBlock);
                }
            }
        }
        Ok(())
    }

    /// Keeps red data that passed [`check`](Self::check) and says how much more memory that takes.
    pub fn keep_red(&mut self, data: &Data<'_>, room: usize) -> Result<usize, Limit> {
        if self.red.cost(data.offset, data.octets) > room {
            return Err(Limit::Buffered);
        }
        let taken = self.red.insert(data.offset, data.octets).map_err(|_| Limit::Ranges)?;
        self.held += taken;
        if let DataKind::Checkpoint { end, .. } = data.kind {
            if end != RedEnd::Nothing {
                self.red_len = Some(data.end());
            }
            if end == RedEnd::Block {
                self.block_len = Some(data.end());
            }
        }
        Ok(taken)
    }

    /// Notes green data that passed [`check`](Self::check), if there is room to, and says whether it is new.
    pub fn note_green(&mut self, data: &Data<'_>, end_of_block: bool, room: bool) -> bool {
        let (start, end) = (data.offset, data.end());
        let (first, last) = self.green_extent.unwrap_or((start, end));
        self.green_extent = Some((first.min(start), last.max(end)));
        let ends = end_of_block && self.block_len.is_none();
        if ends {
            self.block_len = Some(end);
        }
        // When the set is full, a piece may be delivered twice; that is green data's lot.
        room && self.green.insert(start..end).is_ok_and(|new| new > 0)
            || ends
            || !self.green.covers(start..end)
    }

    /// The red part, once it is whole, and whether it is the whole block.
    pub fn deliver(&mut self) -> Option<(Bytes, bool)> {
        let len = self.red_len.filter(|&len| !self.delivered && self.red.received().covers(0..len))?;
        self.delivered = true;
        Some((self.red.take(), self.block_len == Some(len)))
    }

    /// Whether only the client's word that it has the red part safe is missing. If so, the checkpoint, zero for none,
    /// is answered then.
    pub fn postpone(&mut self, checkpoint: u64) -> bool {
        let waits = self.withheld && self.delivered;
        if waits && checkpoint != 0 {
            self.postponed = checkpoint;
        }
        waits
    }

    /// The client has the red part safe: the reports to send now, none when that was not asked.
    pub fn accept(&mut self, limits: &SpanParameters) -> Vec<u64> {
        if !self.withheld || !self.delivered {
            return Vec::new();
        }
        self.withheld = false;
        let checkpoint = self.postponed;
        self.report_all(checkpoint, limits)
    }

    /// Frees what was received and keeps only what the cancellation needs.
    pub fn cancel(&mut self, reason: CancelReason) {
        self.cancelling = Some(Cancelling { reason, copies: 0 });
        self.red = Reassembly::new(1);
        (self.green, self.told) = (Claims::new(1), Claims::new(1));
        self.reports.clear();
        self.answers.clear();
        self.unacknowledged = 0;
        self.unacknowledged_claims = 0;
    }

    /// The reports to send for a checkpoint: those made for it before and not acknowledged, else new ones.
    /// Without room for more bookkeeping none are made before those on their way are acknowledged.
    pub fn answer(
        &mut self,
        serial: u64,
        report: u64,
        end: u64,
        limits: &SpanParameters,
        room: bool,
    ) -> Vec<u64> {
        if let Some(answers) = self.answers.get(&serial) {
            let unacknowledged = self.reports.range(answers.clone()).filter(|(_, sent)| !sent.acknowledged);
            return unacknowledged.map(|(&serial, _)| serial).collect();
        }
        if !room {
            self.answers.clear();
            self.reports.retain(|_, sent| !sent.acknowledged);
            if self.unacknowledged > 0 {
                return Vec::new();
            }
        }
        let asked =
            self.reports.get(&report).filter(|_| report != 0).map(|sent| sent.lower..sent.upper.max(end));
        let fresh = asked.is_none();
        let scope = asked.unwrap_or(if self.reported < end { self.reported } else { 0 }..end);
        let made = self.report(serial, scope, limits);
        if fresh && !made.is_empty() {
            self.reported = self.reported.max(end);
        }
        made
    }

    /// Reports the whole red part without being asked.
    pub fn volunteer(&mut self, limits: &SpanParameters) -> Vec<u64> {
        self.report_all(0, limits)
    }

    fn report_all(&mut self, checkpoint: u64, limits: &SpanParameters) -> Vec<u64> {
        match self.red_len {
            Some(len) => self.report(checkpoint, 0..len, limits),
            None => Vec::new(),
        }
    }

    /// Makes reports on `scope`, as many as its claims need; none when too many wait for their acknowledgement.
    fn report(&mut self, checkpoint: u64, scope: Range<u64>, limits: &SpanParameters) -> Vec<u64> {
        if self.unacknowledged >= MAX_UNACKNOWLEDGED {
            return Vec::new();
        }
        let bounds = Sdnv(scope.end).encoded_len();
        let serials = Sdnv(checkpoint).encoded_len() + Sdnv(self.next_report).encoded_len() + 1;
        let fixed = Segment::header_len(self.session) + serials + 2 * bounds + COUNT_LEN;
        let room = limits.max_segment_len.saturating_sub(fixed);
        let most = limits.max_claims_per_report.min(MAX_COUNT);

        let mut made = Vec::new();
        let (mut lower, mut used) = (scope.start, 0);
        let mut claims: Vec<Claim> = Vec::new();
        let withheld_from = self.red_len.filter(|_| self.withheld).map_or(u64::MAX, |len| len - 1);
        for range in self.red.received().within(scope.start..scope.end.min(withheld_from)) {
            let mut claim = Claim { offset: range.start - lower, len: range.end - range.start };
            if let Some(last) = claims.last()
                && (claims.len() >= most || used + claim.encoded_len() > room)
            {
                let upper = lower + last.offset + last.len;
                made.push((lower, upper, core::mem::take(&mut claims)));
                (lower, used) = (upper, 0);
                claim.offset = range.start - lower;
            }
            used += claim.encoded_len();
            claims.push(claim);
        }
        made.push((lower, scope.end, claims));
        self.record(checkpoint, made)
    }

    fn record(&mut self, checkpoint: u64, made: Vec<(u64, u64, Vec<Claim>)>) -> Vec<u64> {
        let mut serials = Vec::with_capacity(made.len());
        for (lower, upper, claims) in made {
            let serial = self.next_report;
            self.next_report = serial.checked_add(1).unwrap_or(1);
            let claims_len = claims.len();
            self.reports
                .insert(serial, Sent { checkpoint, lower, upper, claims, copies: 0, acknowledged: false });
            self.unacknowledged += 1;
            self.unacknowledged_claims += claims_len;
            serials.push(serial);
        }
        if let (true, Some(&first), Some(&last)) = (checkpoint != 0, serials.first(), serials.last()) {
            self.answers.insert(checkpoint, first..=last);
        }
        while self.answers.len() > MAX_RECORDS {
            self.answers.pop_first();
        }
        while self.reports.len() > MAX_RECORDS {
            let Some(old) =
                self.reports.iter().find(|(_, sent)| sent.acknowledged).map(|(&serial, _)| serial)
            else {
                break;
            };
            self.reports.remove(&old);
        }
        serials
    }

    /// The segment of a report that is not acknowledged yet.
    pub fn report_segment(&self, serial: u64) -> Option<Report<'_>> {
        let sent = self.reports.get(&serial).filter(|sent| !sent.acknowledged)?;
        let Sent { checkpoint, lower, upper, ref claims, .. } = *sent;
        Some(Report { serial, checkpoint, lower, upper, claims: ReceptionClaims::new(claims) })
    }

    pub fn count_copy(&mut self, serial: u64) {
        if let Some(sent) = self.reports.get_mut(&serial) {
            sent.copies = sent.copies.saturating_add(1);
        }
    }

    /// How often the report was handed out.
    pub fn copies(&self, serial: u64) -> u32 {
        self.reports.get(&serial).map_or(0, |sent| sent.copies)
    }

    /// The sender has this report.
    pub fn acknowledge(&mut self, serial: u64) -> Result<(), Refused> {
        let sent = self.reports.get_mut(&serial).ok_or(Violation::UnknownAcknowledged)?;
        if sent.copies == 0 {
            return Err(Violation::UnknownAcknowledged.into());
        }
        if !core::mem::replace(&mut sent.acknowledged, true) {
            self.unacknowledged -= 1;
            self.unacknowledged_claims -= sent.claims.len();
            let lower = sent.lower;
            for claim in core::mem::take(&mut sent.claims) {
                // It holds no more ranges than were received, and those fit.
                let _ = self.told.insert(lower + claim.offset..lower + claim.offset + claim.len);
            }
        }
        Ok(())
    }
}

/// Charged for each range or claim, and for each report, as a map takes for them.
const RANGE_COST: usize = 32;
const REPORT_COST: usize = 128;
/// Reports of one session that may wait for their acknowledgement; a checkpoint beyond that stays unanswered and is
/// asked again.
const MAX_UNACKNOWLEDGED: usize = 512;
/// Reports of one session that are remembered.
const MAX_RECORDS: usize = 2048;
/// Octets of the claim count.
const COUNT_LEN: usize = 2;
/// The largest claim count in that many octets.
const MAX_COUNT: usize = (1 << (7 * COUNT_LEN)) - 1;
