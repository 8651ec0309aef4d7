//! What all spans of an engine share.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use core::fmt;
use rand_core::Rng;

use super::event::Event;
use super::parameters::EngineParameters;
use crate::ltp::{ClientServiceId, EngineId};

pub(super) struct Shared {
    pub parameters: EngineParameters,
    pub services: BTreeSet<ClientServiceId>,
    /// Those of them whose clients say when they have a block safe.
    pub asked: BTreeSet<ClientServiceId>,
    pub events: VecDeque<Event>,
    /// Memory that import sessions take: red data, and what a peer can make grow besides.
    pub buffered: usize,
    /// Whom each export session goes to, those remembered included.
    pub receivers: BTreeMap<u64, EngineId>,
    closed_exports: VecDeque<u64>,
    next_session: u32,
    next_order: u64,
    rng: Box<dyn Rng + Send>,
}

impl Shared {
    pub fn new(parameters: EngineParameters, mut rng: Box<dyn Rng + Send>) -> Self {
        let next_session = rng.next_u32() >> 1;
        Self {
            parameters,
            services: BTreeSet::new(),
            asked: BTreeSet::new(),
            events: VecDeque::new(),
            buffered: 0,
            receivers: BTreeMap::new(),
            closed_exports: VecDeque::new(),
            next_session,
            next_order: 0,
            rng,
        }
    }

    /// Memory that import sessions may take beyond what they have.
    pub fn room(&self) -> usize {
        self.parameters.max_buffered.saturating_sub(self.buffered)
    }

    pub fn has_room(&self) -> bool {
        self.room() > 0
    }

    /// Where the serial numbers of a session start: 1 to 16383, hard to guess and short on the wire.
    ///
    /// Source: RFC 5326 §3.2.1 and §3.2.2.
    pub fn random_serial(&mut self) -> u64 {
        u64::from(self.rng.next_u32() % 0x3FFF) + 1
    }

    /// A session number that is not in use, and the session's place in the order of start.
    ///
    /// Numbers keep to 32 bits, as CCSDS 734.1-B-1 wants them.
    /// Urgent sessions come before all others in that order.
    pub fn new_session(&mut self, to: EngineId, urgent: bool) -> (u64, u64) {
        loop {
            self.next_session = self.next_session.wrapping_add(1).max(1);
            let number = u64::from(self.next_session);
            if self.receivers.contains_key(&number) {
                continue;
            }
            self.receivers.insert(number, to);
            self.next_order += 1;
            return (number, if urgent { self.next_order } else { self.next_order | 1 << 63 });
        }
    }

    pub fn export_closed(&mut self, number: u64) {
        self.closed_exports.push_back(number);
        while self.closed_exports.len() > self.parameters.max_closed_exports {
            if let Some(oldest) = self.closed_exports.pop_front() {
                self.receivers.remove(&oldest);
            }
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("parameters", &self.parameters)
            .field("services", &self.services)
            .field("events", &self.events.len())
            .field("buffered", &self.buffered)
            .finish_non_exhaustive()
    }
}
