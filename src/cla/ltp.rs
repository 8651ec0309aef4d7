use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use bytes::Bytes;
use core::time::Duration;

use super::green::GreenBlocks;
use crate::bundle::{Bundle, BundleError, Rules};
use crate::figures::figures;
use crate::ltp::engine::{
    self, Engine, EngineParameters, InputError, RequestError, SpanParameters, TransmissionRequest,
};
use crate::ltp::segment::CancelReason;
use crate::ltp::{ClientServiceId, EngineId, SessionId};
use crate::machine::Machine;
use crate::time::Instant;

/// How the user of an adapter names one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// What the user of an adapter is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A bundle came in.
    Received {
        /// The engine that sent it.
        from: EngineId,
        /// Its session: [`LtpAdapter::accept`] or [`LtpAdapter::refuse`] it, once for each bundle.
        session: SessionId,
        /// The bundle.
        bundle: Bundle,
    },
    /// A transfer is over.
    Ended {
        /// Which transfer.
        token: Token,
        /// Whether the peer has proved that it has all of the bundle.
        across: bool,
    },
    /// A block, or the rest of one, was no bundle.
    Unintelligible {
        /// The engine that sent it.
        from: EngineId,
        /// Which rule it breaks.
        error: BundleError,
        /// The octets.
        octets: Bytes,
    },
}

/// A neighbour reached by LTP.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Managed parameters of the span to it.
    pub span: SpanParameters,
    /// Octets that may be under way, unacknowledged, before no further bundle is taken. One bundle always may.
    pub window: usize,
}

/// What an adapter has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LtpCounters {
    /// Bundles handed to LTP.
    pub sent: u64,
    /// Bundles proved to be across.
    pub across: u64,
    /// Bundles whose transfer was cancelled.
    pub failed: u64,
    /// Sessions cancelled because there was no room for their bundles.
    pub refused: u64,
    /// Bundles received.
    pub received: u64,
    /// Blocks, or ends of blocks, that are no bundle.
    pub unintelligible: u64,
}

figures!(LtpCounters, "spacelink_ltp_";
    totals: sent, across, failed, refused, received, unintelligible);

/// Bundles as LTP blocks: one bundle a block, all red, client service 1. Blocks that are all green are taken too, as ION
/// sends bundles that ask for no retransmission: what is lost of them is lost.
///
/// Source: CCSDS 734.1-B-1; RFC 5326 for the sessions.
#[derive(Debug)]
pub struct LtpAdapter {
    engine: Engine,
    peers: BTreeMap<EngineId, Outstanding>,
    transfers: BTreeMap<SessionId, Transfer>,
    /// Sessions whose bundles are yet to be accepted, and how many of them.
    asked: BTreeMap<SessionId, usize>,
    green: GreenBlocks,
    events: VecDeque<Event>,
    /// What is left of blocks that have come.
    blocks: VecDeque<(SessionId, Bytes)>,
    counters: LtpCounters,
}

#[derive(Debug)]
struct Outstanding {
    rules: Rules,
    window: usize,
    octets: usize,
}

#[derive(Debug)]
struct Transfer {
    token: Token,
    to: EngineId,
    octets: usize,
}

impl LtpAdapter {
    /// An adapter with an engine of its own and no peers yet.
    pub fn new(parameters: EngineParameters, rng: Box<dyn rand_core::Rng + Send>) -> Self {
        let mut engine = Engine::new(parameters, rng);
        engine.open_client_service_on_acceptance(ClientServiceId::BUNDLE);
        Self {
            engine,
            peers: BTreeMap::new(),
            transfers: BTreeMap::new(),
            asked: BTreeMap::new(),
            green: GreenBlocks::default(),
            events: VecDeque::new(),
            blocks: VecDeque::new(),
            counters: LtpCounters::default(),
        }
    }

    /// Makes `peer` known under `engine`.
    ///
    /// # Errors
    /// As [`Engine::add_span`].
    pub fn add_peer(&mut self, engine: EngineId, peer: Peer) -> Result<(), RequestError> {
        self.engine.add_span(engine, peer.span)?;
        self.peers.insert(engine, Outstanding { rules: Rules::STRICT, window: peer.window, octets: 0 });
        Ok(())
    }

    /// How strictly the bundles of the peer `engine` are read from now on; by the letter, if this is never said.
    pub fn set_rules(&mut self, engine: EngineId, rules: Rules) {
        if let Some(peer) = self.peers.get_mut(&engine) {
            peer.rules = rules;
        }
    }

    /// Whether an urgent bundle can be handed in for `to` now: it does not wait for the window.
    #[must_use]
    pub fn has_urgent_room(&self, to: EngineId) -> bool {
        self.engine.has_export_room(to)
    }

    /// Whether a bundle can be handed in for `to` now.
    #[must_use]
    pub fn has_room(&self, to: EngineId) -> bool {
        self.has_urgent_room(to)
            && self.peers.get(&to).is_some_and(|peer| peer.octets == 0 || peer.octets < peer.window)
    }

    /// The bundle of `session` is safe, or of no use: the peer has done its part. The peer is told when that is so for
    /// all bundles of the session.
    pub fn accept(&mut self, session: SessionId) {
        let Some(left) = self.asked.get_mut(&session) else { return };
        *left -= 1;
        if *left == 0 {
            self.asked.remove(&session);
            self.engine.accept(session);
        }
    }

    /// The bundle of `session` cannot be taken now: the session is cancelled, so that the peer keeps all bundles of it
    /// and tries again. Those that have not been told of yet are not.
    pub fn refuse(&mut self, now: Instant, session: SessionId) {
        if self.asked.remove(&session).is_some() {
            self.blocks.retain(|(other, _)| *other != session);
            self.counters.refused += 1;
            // If the peer has given it up meanwhile, it knows already.
            let _ = self.engine.cancel(now, session, CancelReason::SystemCancelled);
        }
    }

    /// Sends one bundle. How it ended is told by [`Event::Ended`] with `token`, also when it could not even start. An
    /// urgent one goes before all that are not.
    pub fn send(&mut self, now: Instant, to: EngineId, token: Token, bundle: Bytes, urgent: bool) {
        self.counters.sent += 1;
        let octets = bundle.len();
        let request = TransmissionRequest {
            to,
            client_service: ClientServiceId::BUNDLE,
            block: bundle,
            red_len: octets as u64,
        };
        let started = match urgent {
            true => self.engine.transmit_urgent(now, request),
            false => self.engine.transmit(now, request),
        };
        match started {
            Ok(session) => {
                if let Some(peer) = self.peers.get_mut(&to) {
                    peer.octets += octets;
                }
                self.transfers.insert(session, Transfer { token, to, octets });
            }
            Err(_) => {
                self.counters.failed += 1;
                self.events.push_back(Event::Ended { token, across: false });
            }
        }
    }

    /// The link to `peer` works from now on, with the light time given. Does nothing for a peer that is not known.
    pub fn link_up(&mut self, now: Instant, peer: EngineId, light_time: Duration) {
        let _ = self.engine.set_one_way_light_time(peer, light_time);
        let _ = self.engine.link_up(now, peer);
    }

    /// The link to `peer` is down until further notice. Its timers stand still and what is under way is given back
    /// as not across, to be sent another way or again.
    pub fn link_down(&mut self, now: Instant, peer: EngineId) {
        let to_peer = self.transfers.iter().filter(|(_, transfer)| transfer.to == peer);
        let under_way: Vec<_> = to_peer.map(|(session, _)| *session).collect();
        for session in under_way {
            // Its end comes as an event, here or because it has just ended by itself.
            let _ = self.engine.cancel(now, session, CancelReason::SystemCancelled);
        }
        let _ = self.engine.link_down(now, peer);
        self.collect();
    }

    /// Takes one segment.
    ///
    /// # Errors
    /// As the engine's [`handle_input`](Machine::handle_input).
    pub fn handle_segment(&mut self, now: Instant, segment: &[u8]) -> Result<(), InputError> {
        let taken = self.engine.handle_input(now, segment);
        self.collect();
        taken
    }

    /// Lets the engine do what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.engine.handle_timeout(now);
        self.collect();
    }

    /// Writes the next segment for `peer` to the front of `out` and returns its length.
    pub fn poll_segment(&mut self, now: Instant, peer: EngineId, out: &mut [u8]) -> Option<usize> {
        let sent = self.engine.poll_transmit_to(now, peer, out);
        self.collect();
        sent.map(|sent| sent.len)
    }

    /// What happened since the last call.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front().or_else(|| self.next_bundle())
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.engine.poll_timeout()
    }

    /// The engine, for its figures.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Figures since the start.
    #[must_use]
    pub fn counters(&self) -> LtpCounters {
        self.counters
    }

    /// Turns what the engine says into what the user of the adapter is told.
    fn collect(&mut self) {
        while let Some(event) = self.engine.poll_event() {
            match event {
                engine::Event::BlockAcknowledged { session } => self.end(session, true),
                engine::Event::TransmissionCancelled { session, .. } => self.end(session, false),
                engine::Event::RedPartReceived { session, block, .. } => self.hold(session, block),
                engine::Event::GreenSegmentReceived { session, offset, data, end_of_block, .. } => {
                    if let Some(block) = self.green.add(session, offset, data, end_of_block) {
                        self.hold(session, block);
                    }
                }
                _ => {}
            }
        }
    }

    /// Keeps a block until its bundles are asked for.
    fn hold(&mut self, session: SessionId, block: Bytes) {
        // The block itself counts as one until all of it is read.
        self.asked.insert(session, 1);
        self.blocks.push_back((session, block));
    }

    fn end(&mut self, session: SessionId, across: bool) {
        let Some(transfer) = self.transfers.remove(&session) else { return };
        if let Some(peer) = self.peers.get_mut(&transfer.to) {
            peer.octets -= transfer.octets;
        }
        if across {
            self.counters.across += 1
        } else {
            self.counters.failed += 1
        }
        self.events.push_back(Event::Ended { token: transfer.token, across });
    }

    /// The next bundle of the blocks that have come. Senders may put several into one: a long block may hold a million,
    /// which take far more memory as bundles than as octets, so each is read when it is asked for.
    fn next_bundle(&mut self) -> Option<Event> {
        while let Some((session, block)) = self.blocks.pop_front() {
            if block.is_empty() {
                self.accept(session);
                continue;
            }
            let from = session.originator;
            let rules = self.peers.get(&from).map_or(Rules::STRICT, |peer| peer.rules);
            match Bundle::decode_prefix(block.clone(), &rules) {
                Ok((bundle, rest)) => {
                    self.counters.received += 1;
                    *self.asked.entry(session).or_insert(0) += 1;
                    self.blocks.push_front((session, rest));
                    return Some(Event::Received { from, session, bundle });
                }
                Err(error) => {
                    // It would be no better a second time.
                    self.counters.unintelligible += 1;
                    self.accept(session);
                    return Some(Event::Unintelligible { from, error, octets: block });
                }
            }
        }
        None
    }
}
