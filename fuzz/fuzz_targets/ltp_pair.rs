//! Two engines over a channel that the input makes as bad as it likes, with hostile segments in between: every session
//! ends, and an acknowledged block was delivered once and whole.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::io::channel::{Channel, Impairments};
use spacelink::ltp::engine::{Engine, EngineParameters, Event, SpanParameters, TransmissionRequest};
use spacelink::ltp::{ClientServiceId, EngineId};
use spacelink::machine::Machine;
use spacelink::time::Instant;
use std::time::Duration;

const STEPS: usize = 100_000;

fuzz_target!(|input: (u64, u8, u8, u16, u16, Vec<Vec<u8>>)| {
    let (seed, loss, duplication, len, red, hostile) = input;
    let impairments = Impairments {
        loss: f64::from(loss) / 255.0,
        duplication: f64::from(duplication) / 512.0,
        reordering: 0.2,
        reordering_delay: Duration::from_millis(50),
        ..Impairments::default()
    };
    let rng = |salt| ChaCha8Rng::seed_from_u64(seed ^ salt);
    let mut channels = [1, 2].map(|salt| Channel::new(Duration::from_millis(10), impairments, rng(salt)));
    let mut engines = [1u64, 2].map(|id| {
        let mut engine = Engine::new(EngineParameters::new(EngineId(id)), Box::new(rng(10 + id)));
        let span = SpanParameters { max_segment_len: 200, ..SpanParameters::default() };
        engine.add_span(EngineId(3 - id), span).expect("a legal span");
        engine.open_client_service(ClientServiceId::BUNDLE);
        engine
    });
    let block: Bytes =
        (0..1 + usize::from(len) % 5_000).map(|n| (n * 31 % 251) as u8).collect::<Vec<_>>().into();
    let red_len = u64::from(red).min(block.len() as u64);
    let request = TransmissionRequest {
        to: EngineId(2),
        client_service: ClientServiceId::BUNDLE,
        block: block.clone(),
        red_len,
    };
    let mut now = Instant::ZERO;
    let session = engines[0].transmit(now, request).expect("the span is there");
    let (mut acknowledged, mut delivered) = (0, 0);
    let mut hostile = hostile.into_iter().take(64);
    let mut out = [0; 2_048];
    for step in 0.. {
        assert!(step < STEPS, "still busy at {now}");
        for (me, engine) in engines.iter_mut().enumerate() {
            if let Some(segment) = hostile.next() {
                let _ = engine.handle_input(now, &segment);
            }
            while let Some(unit) = channels[1 - me].receive(now) {
                let _ = engine.handle_input(now, &unit);
            }
            engine.handle_timeout(now);
            while let Some(sent) = engine.poll_transmit(now, &mut out) {
                channels[me].send(now, &out[..sent.len]);
            }
            while let Some(event) = engine.poll_event() {
                match event {
                    Event::BlockAcknowledged { session: ended } if ended == session => acknowledged += 1,
                    Event::RedPartReceived { session: ended, block: red, .. } if ended == session => {
                        assert_eq!(red, block.slice(..red_len as usize));
                        delivered += 1;
                    }
                    _ => {}
                }
            }
        }
        let arrivals = channels.iter().filter_map(Channel::poll_timeout);
        let due = arrivals.chain(engines.iter().filter_map(|engine| engine.poll_timeout())).min();
        let Some(due) = due else { break };
        now = now.max(due);
    }
    assert_eq!(engines[0].sessions(EngineId(2)).0, 0, "the export never ended");
    assert!(delivered <= 1 && acknowledged <= 1);
    if acknowledged == 1 && red_len > 0 {
        assert_eq!(delivered, 1, "acknowledged and not delivered");
    }
});
