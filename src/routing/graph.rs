//! A contact plan in flat arrays, laid out for searching.

use super::ContactPlan;
use super::plan::{micros_up, sending_micros};
use crate::bundle::NodeNumber;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// All contacts of one ordered pair of nodes.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) from: u32,
    pub(super) to: u32,
    first: u32,
    last: u32,
}

/// Times in microseconds, nodes by their rank among the plan's node numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<NodeNumber>,
    start: Vec<u64>,
    end: Vec<u64>,
    light: Vec<u64>,
    rate: Vec<u64>,
    /// Whether the contact may be used.
    usable: Vec<bool>,
    /// Sorted by sender, then receiver.
    links: Vec<Link>,
    /// Where the links of each sender start; one more at the end.
    out: Vec<u32>,
    /// Links sorted by receiver.
    by_receiver: Vec<u32>,
    /// Where the links of each receiver start in `by_receiver`; one more at the end.
    into: Vec<u32>,
}

impl Graph {
    pub(super) fn new(plan: &ContactPlan) -> Self {
        let contacts = plan.contacts();
        let mut nodes: Vec<_> = contacts.iter().flat_map(|contact| [contact.from, contact.to]).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let rank = |node| narrow(nodes.partition_point(|other| *other < node));
        let mut links: Vec<Link> = Vec::new();
        for (at, contact) in contacts.iter().enumerate() {
            let (from, to, at) = (rank(contact.from), rank(contact.to), narrow(at));
            match links.last_mut() {
                Some(link) if link.from == from && link.to == to => link.last = at + 1,
                _ => links.push(Link { from, to, first: at, last: at + 1 }),
            }
        }
        // A node needs no contact to reach itself; ION plans list such ones.
        links.retain(|link| link.from != link.to);
        let mut by_receiver: Vec<u32> = (0..narrow(links.len())).collect();
        by_receiver.sort_by_key(|&at| links[at as usize].to);
        let out = offsets(nodes.len(), links.iter().map(|link| link.from));
        let into = offsets(nodes.len(), links.iter().map(|link| link.to));
        Self {
            start: contacts.iter().map(|contact| contact.start.as_micros()).collect(),
            end: contacts.iter().map(|contact| contact.end.as_micros()).collect(),
            light: contacts.iter().map(|contact| micros_up(contact.light_time)).collect(),
            rate: contacts.iter().map(|contact| contact.rate).collect(),
            usable: vec![true; contacts.len()],
            nodes,
            links,
            out,
            by_receiver,
            into,
        }
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn rank(&self, node: NodeNumber) -> Option<u32> {
        self.nodes.binary_search(&node).ok().map(narrow)
    }

    pub(super) fn set_usable(&mut self, contact: usize, usable: bool) {
        if let Some(mark) = self.usable.get_mut(contact) {
            *mark = usable;
        }
    }

    pub(super) fn end(&self, contact: u32) -> u64 {
        self.end[contact as usize]
    }

    pub(super) fn links_out(&self, node: u32) -> &[Link] {
        &self.links[span(&self.out, node)]
    }

    pub(super) fn links_into(&self, node: u32) -> impl Iterator<Item = &Link> {
        self.by_receiver[span(&self.into, node)].iter().map(|&at| &self.links[at as usize])
    }

    /// When `octets` sent over `contact` by a node that has them at `ready` are there, and when sending begins;
    /// `None` when they do not fit before its end.
    #[inline]
    pub(super) fn cross(&self, contact: u32, ready: u64, octets: u64) -> Option<(u64, u64)> {
        let at = contact as usize;
        let begin = ready.max(self.start[at]);
        let sent = begin.checked_add(self.sending(at, octets))?;
        let arrival = sent.checked_add(self.light[at])?;
        (self.usable[at] && sent <= self.end[at]).then_some((begin, arrival))
    }

    /// The earliest arrival over a link, if it is before `bound`.
    #[inline]
    pub(super) fn earliest(&self, link: &Link, ready: u64, octets: u64, bound: u64) -> Option<u64> {
        let mut best = bound;
        for contact in self.open_from(link, ready) {
            // Light times differ, so a later contact may overtake, but not one that starts after the arrival.
            if self.start[contact as usize] >= best {
                break;
            }
            if let Some((_, arrival)) = self.cross(contact, ready, octets) {
                best = best.min(arrival);
            }
        }
        (best < bound).then_some(best)
    }

    /// The latest time to begin sending over a link so as to be there by `deadline`, if not before `ready`.
    #[inline]
    pub(super) fn latest(&self, link: &Link, ready: u64, octets: u64, deadline: u64) -> Option<u64> {
        let contacts = link.first as usize..link.last as usize;
        let started = self.start[contacts.clone()].partition_point(|start| *start <= deadline);
        for at in (contacts.start..contacts.start + started).rev() {
            if self.end[at] < ready {
                break;
            }
            // Contacts of a pair do not overlap, so the first that will do, from the back, is the best.
            if let Some(begin) = self.latest_in(at, octets, deadline) {
                return (begin >= ready).then_some(begin);
            }
        }
        None
    }

    /// The latest time to begin sending in one contact so as to be there by `deadline`.
    #[inline]
    pub(super) fn latest_in(&self, at: usize, octets: u64, deadline: u64) -> Option<u64> {
        let begin =
            deadline.checked_sub(self.light[at])?.min(self.end[at]).checked_sub(self.sending(at, octets))?;
        (self.usable[at] && begin >= self.start[at]).then_some(begin)
    }

    /// The contacts of a link that are not over at `time`.
    #[inline]
    pub(super) fn open_from(&self, link: &Link, time: u64) -> Range<u32> {
        let ends = &self.end[link.first as usize..link.last as usize];
        let over = ends.partition_point(|end| *end < time);
        link.first + narrow(over)..link.last
    }

    pub(super) fn start(&self, contact: u32) -> u64 {
        self.start[contact as usize]
    }

    #[inline]
    fn sending(&self, at: usize, octets: u64) -> u64 {
        if octets == 0 { 0 } else { sending_micros(octets, self.rate[at]) }
    }
}

fn span(offsets: &[u32], node: u32) -> Range<usize> {
    offsets[node as usize] as usize..offsets[node as usize + 1] as usize
}

/// For each node where its entries start among sorted `keys`, and their count at the end.
fn offsets(nodes: usize, keys: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut offsets = vec![0; nodes + 1];
    for key in keys {
        offsets[key as usize + 1] += 1;
    }
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    offsets
}

/// Plans hold fewer contacts than 32 bits can count, and two nodes a contact at most; ranks and links stay below.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
