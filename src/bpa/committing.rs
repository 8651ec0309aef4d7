//! When what was done is made durable, and by whom.

use super::agent::Agent;
use super::span;
use super::store::{Commit, Durability, Store, StoreError};
use crate::time::Instant;

/// What is to be made durable, and how far that is.
#[derive(Debug, Default)]
pub(super) struct Commits {
    /// When it is to be done, if there is anything.
    due: Option<Instant>,
    steps: usize,
    /// The host does it.
    handed_out: bool,
    /// The host is to do it next.
    wanted: bool,
}

impl Commits {
    pub fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    pub fn due(&self) -> Option<Instant> {
        self.due
    }
}

impl<S: Store> Agent<S> {
    /// Leaves commits to the host from now on: the agent goes on while the disk is written, on a thread of the host's.
    /// [`poll_commit`](Self::poll_commit) hands them out, [`commit_ended`](Self::commit_ended) takes them back.
    /// Without this the agent waits for the disk when a commit is due.
    ///
    /// Nothing is confirmed sooner for it: receptions stay [`Pending`](super::Reception::Pending) and acknowledged
    /// deliveries unconfirmed until their commit has come back.
    pub fn hand_out_commits(&mut self) {
        self.commits.handed_out = true;
    }

    /// A commit to be run now, anywhere, if one is due and none is under way. To be asked for wherever
    /// [`poll_event`](Self::poll_event) is.
    pub fn poll_commit(&mut self, now: Instant) -> Option<Commit> {
        if !self.commits.wanted {
            return None;
        }
        let commit = self.store.begin_commit(self.parameters.epoch.dtn_time(now))?;
        self.commits.wanted = false;
        self.commits.steps = 0;
        Some(commit)
    }

    /// The commit handed out last has ended like this.
    pub fn commit_ended(&mut self, now: Instant, outcome: Result<(), StoreError>) {
        span!("commit_ended", node = self.parameters.node.0);
        self.store.end_commit(outcome);
        self.take_store_events(now);
    }

    /// Whether so much waits to be made durable that the host should let the commit under way end before it brings
    /// more: twice what makes one due.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let group = self.parameters.group;
        self.commits.wanted
            && (self.store.uncommitted() > group.octets.saturating_mul(2)
                || self.commits.steps > group.steps.saturating_mul(2))
    }

    /// Makes all that was done so far durable, without waiting for others to share the effort; where commits are
    /// handed out, asks for one.
    pub fn commit(&mut self, now: Instant) {
        span!("commit", node = self.parameters.node.0);
        self.commits.due = None;
        if self.commits.handed_out {
            self.commits.wanted = self.store.durability() == Durability::Deferred;
            return;
        }
        self.commits.steps = 0;
        self.store.commit(self.parameters.epoch.dtn_time(now));
        self.take_store_events(now);
    }

    /// Notes that there is more to make durable, and does so when it is enough.
    pub(super) fn stepped(&mut self, now: Instant, steps: usize) {
        if self.store.durability() == Durability::Volatile {
            return;
        }
        self.commits.steps += steps;
        let group = self.parameters.group;
        if self.commits.steps > group.steps || self.store.uncommitted() > group.octets {
            self.commit(now);
        } else if self.commits.due.is_none() && !self.commits.wanted {
            self.commits.due = Some(now + group.delay);
        }
    }
}
