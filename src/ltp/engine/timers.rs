//! The running timers of one span, with the suspensions of RFC 5326 §6.5 and §6.6.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::time::Instant;

/// What one timer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub side: Side,
    /// Session number.
    pub number: u64,
    pub kind: Kind,
}

/// Which end of a session this engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Export,
    Import,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The answer to the checkpoint with this serial number.
    Checkpoint(u64),
    /// The acknowledgement of the report with this serial number.
    Report(u64),
    /// The acknowledgement of a cancellation.
    Cancel,
    /// Any report, when none is asked for and the red part is not across.
    Starved,
    /// Any segment of an import session.
    Idle,
}

#[derive(Clone, Copy, Debug)]
struct Armed {
    deadline: Instant,
    /// When the peer is expected to send what is waited for.
    answer: Instant,
    /// Stopped because the peer cannot send.
    held: bool,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(Instant, Timer)>,
    armed: BTreeMap<Timer, Armed>,
    /// Since when nothing crosses the link in either direction.
    down_since: Option<Instant>,
    /// Since when the peer does not send.
    peer_silent_since: Option<Instant>,
}

impl Timers {
    /// `answer`: when the peer is expected to send what is waited for.
    pub fn arm(&mut self, timer: Timer, answer: Instant, deadline: Instant) {
        self.disarm(timer);
        let held = self.peer_silent_since.is_some_and(|since| answer >= since);
        self.armed.insert(timer, Armed { deadline, answer, held });
        if !held {
            self.due.insert((deadline, timer));
        }
    }

    pub fn disarm(&mut self, timer: Timer) {
        if let Some(armed) = self.armed.remove(&timer) {
            self.due.remove(&(armed.deadline, timer));
        }
    }

    pub fn is_armed(&self, timer: Timer) -> bool {
        self.armed.contains_key(&timer)
    }

    pub fn disarm_session(&mut self, side: Side, number: u64) {
        let first = Timer { side, number, kind: Kind::Checkpoint(0) };
        let last = Timer { side, number, kind: Kind::Idle };
        while let Some((&timer, _)) = self.armed.range(first..=last).next() {
            self.disarm(timer);
        }
    }

    /// When the next timer runs out.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().filter(|_| self.down_since.is_none()).map(|&(deadline, _)| deadline)
    }

    /// Takes a timer that has run out.
    pub fn expire(&mut self, now: Instant) -> Option<Timer> {
        let timer = self.due.first().filter(|(deadline, _)| self.down_since.is_none() && *deadline <= now)?.1;
        self.disarm(timer);
        Some(timer)
    }

    /// Nothing crosses the link from now on.
    pub fn suspend(&mut self, now: Instant) {
        self.down_since.get_or_insert(now);
    }

    /// The link is back: every timer goes on with the time it had left.
    pub fn resume(&mut self, now: Instant) {
        let Some(since) = self.down_since.take() else { return };
        let away = now.since(since);
        self.due.clear();
        for (&timer, armed) in &mut self.armed {
            armed.answer += away;
            armed.deadline += away;
            if !armed.held {
                self.due.insert((armed.deadline, timer));
            }
        }
    }

    /// The peer stops sending: what it has not answered by now will come later.
    pub fn peer_stops(&mut self, now: Instant) {
        if self.peer_silent_since.is_some() {
            return;
        }
        self.peer_silent_since = Some(now);
        for (&timer, armed) in &mut self.armed {
            if armed.answer >= now {
                armed.held = true;
                self.due.remove(&(armed.deadline, timer));
            }
        }
    }

    /// The peer sends again: overdue answers leave it now.
    pub fn peer_starts(&mut self, now: Instant) {
        if self.peer_silent_since.take().is_none() {
            return;
        }
        for (&timer, armed) in self.armed.iter_mut().filter(|(_, armed)| armed.held) {
            let late = now.since(armed.answer);
            armed.held = false;
            armed.answer += late;
            armed.deadline += late;
            self.due.insert((armed.deadline, timer));
        }
    }
}
