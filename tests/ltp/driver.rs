//! Two engines and the two directions of a link between them, in virtual time.

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::ltp::engine::{
    Engine, EngineParameters, Event, RequestError, SpanParameters, TransmissionRequest,
};
use spacelink::ltp::{ClientServiceId, EngineId, SessionId};
use spacelink::machine::Machine;
use spacelink::time::Instant;
use std::time::Duration;

pub struct Pair {
    pub now: Instant,
    pub engines: [Engine; 2],
    /// From engine 0 to engine 1, and back.
    pub channels: [Channel<ChaCha8Rng>; 2],
    /// What each engine said, and when.
    pub events: [Vec<(Instant, Event)>; 2],
    /// Every segment sent: when, by whom, its octets. Empty unless asked for.
    pub trace: Option<Vec<(Instant, usize, Vec<u8>)>>,
    pub steps: usize,
}

pub const IDS: [EngineId; 2] = [EngineId(1), EngineId(300)];

impl Pair {
    pub fn new(parameters: &SpanParameters, impairments: Impairments, seed: u64) -> Self {
        let rng = |which| ChaCha8Rng::seed_from_u64(seed.wrapping_mul(4).wrapping_add(which));
        let engine = |me: usize| {
            let mut engine = Engine::new(EngineParameters::new(IDS[me]), Box::new(rng(me as u64)));
            engine.add_span(IDS[1 - me], parameters.clone()).unwrap();
            engine.open_client_service(ClientServiceId::BUNDLE);
            engine
        };
        let channel = |which| Channel::new(parameters.one_way_light_time, impairments, rng(which));
        Self {
            now: Instant::ZERO,
            engines: [engine(0), engine(1)],
            channels: [channel(2), channel(3)],
            events: [Vec::new(), Vec::new()],
            trace: None,
            steps: 0,
        }
    }

    pub fn transmit(
        &mut self,
        from: usize,
        block: impl Into<Bytes>,
        red_len: u64,
    ) -> Result<SessionId, RequestError> {
        let client_service = ClientServiceId::BUNDLE;
        let request = TransmissionRequest { to: IDS[1 - from], client_service, block: block.into(), red_len };
        let session = self.engines[from].transmit(self.now, request);
        self.drain(from);
        session
    }

    /// Does what is due next and holds the engines to the drive rule; `false` when nothing is and nothing will be.
    pub fn step(&mut self) -> bool {
        self.steps += 1;
        let busy = |channel: &Channel<_>| Some(channel.ready_at()).filter(|ready| *ready > self.now);
        let times = [
            self.channels[0].poll_timeout(),
            self.channels[1].poll_timeout(),
            busy(&self.channels[0]),
            busy(&self.channels[1]),
            self.engines[0].poll_timeout(),
            self.engines[1].poll_timeout(),
        ];
        let Some(next) = times.into_iter().flatten().min() else { return false };
        assert!(next >= self.now, "time runs backwards");
        self.now = next;
        for me in 0..2 {
            while let Some(segment) = self.channels[1 - me].receive(self.now) {
                // Refusals are part of the game: the channel damages, repeats and delays.
                let _ = self.engines[me].handle_input(self.now, &segment);
                self.drain(me);
            }
            if self.engines[me].poll_timeout().is_some_and(|due| due <= self.now) {
                self.engines[me].handle_timeout(self.now);
            }
            self.drain(me);
            assert!(
                self.engines[me].poll_timeout().is_none_or(|due| due > self.now),
                "drained at {} and yet due at {:?}",
                self.now,
                self.engines[me].poll_timeout()
            );
        }
        true
    }

    /// Runs until nothing will ever happen again.
    pub fn run(&mut self) {
        while self.step() {
            assert!(self.steps < 2_000_000, "still busy at {}", self.now);
        }
    }

    /// Takes all an engine has to say.
    pub fn drain(&mut self, me: usize) {
        let mut out = [0; 2048];
        while self.channels[me].ready_at() <= self.now {
            let Some(sent) = self.engines[me].poll_transmit(self.now, &mut out) else { break };
            assert_eq!(sent.to, IDS[1 - me]);
            if let Some(trace) = &mut self.trace {
                trace.push((self.now, me, out[..sent.len].to_vec()));
            }
            self.channels[me].send(self.now, &out[..sent.len]);
        }
        while let Some(event) = self.engines[me].poll_event() {
            self.events[me].push((self.now, event));
        }
    }

    pub fn assert_ended(&self) {
        for me in 0..2 {
            assert_eq!(self.engines[me].sessions(IDS[1 - me]), (0, 0), "sessions of engine {me} still open");
            assert_eq!(self.engines[me].buffered(), 0, "engine {me} still buffers");
        }
    }

    /// Red parts engine `me` delivered.
    pub fn delivered(&self, me: usize) -> Vec<(SessionId, Bytes)> {
        let red = |(_, event): &(Instant, Event)| match event {
            Event::RedPartReceived { session, block, .. } => Some((*session, block.clone())),
            _ => None,
        };
        self.events[me].iter().filter_map(red).collect()
    }

    /// Events of engine `me` that are its outcome for `session`.
    pub fn outcomes(&self, me: usize, session: SessionId) -> Vec<&Event> {
        let ours = |event: &&Event| match event {
            Event::BlockAcknowledged { session: of } | Event::TransmissionCancelled { session: of, .. } => {
                *of == session
            }
            _ => false,
        };
        self.events[me].iter().map(|(_, event)| event).filter(ours).collect()
    }
}

/// `len` octets that differ from place to place and from `seed` to `seed`.
pub fn block(len: usize, seed: u64) -> Bytes {
    let mut octets = vec![0; len];
    rand_chacha::rand_core::Rng::fill_bytes(&mut ChaCha8Rng::seed_from_u64(seed), &mut octets);
    octets.into()
}

/// A span with a light time and few retries, so that hopeless sessions end soon.
pub fn span(light_time: Duration) -> SpanParameters {
    SpanParameters {
        one_way_light_time: light_time,
        local_margin: Duration::from_millis(50),
        remote_margin: Duration::from_millis(50),
        max_segment_len: 256,
        ..SpanParameters::default()
    }
}
