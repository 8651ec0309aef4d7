//! Peers of an LTP engine that begin all they can and finish nothing: the heap stays near what the engine's parameters
//! say, which is what is charged for it.

use super::{HEAP, alone};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::ltp::engine::{Engine, EngineParameters, SpanParameters};
use spacelink::ltp::segment::{Content, Data, DataKind, RedEnd, Segment};
use spacelink::ltp::{ClientServiceId, EngineId, SessionId};
use spacelink::machine::Machine;
use spacelink::time::Instant;
use spacelink::wire::Encode;

const PEER: EngineId = EngineId(9);
const MAX_BUFFERED: usize = 8 << 20;

/// Gives all sessions that a span of default parameters may have these octets, and measures the heap.
fn bounded(kind: impl Fn(u64) -> (u64, DataKind), segments: u64) {
    let before = HEAP.current_usage();
    let parameters = EngineParameters { max_buffered: MAX_BUFFERED, ..EngineParameters::new(EngineId(1)) };
    let mut engine = Engine::new(parameters, Box::new(ChaCha8Rng::seed_from_u64(1)));
    engine.add_span(PEER, SpanParameters::default()).unwrap();
    engine.open_client_service(ClientServiceId::BUNDLE);
    for segment in 0..segments {
        let (offset, kind) = kind(segment);
        for number in 1..=1_100 {
            let data = Data { kind, client_service: ClientServiceId::BUNDLE, offset, octets: b"x" };
            let segment = Segment::new(SessionId { originator: PEER, number }, Content::Data(data));
            let _ = engine.handle_input(Instant::ZERO, &segment.to_vec().unwrap());
            while engine.poll_event().is_some() {}
        }
    }
    assert_eq!(engine.sessions(PEER).1, 1_024);
    let heap = HEAP.current_usage().saturating_sub(before);
    println!("{heap} octets of heap for {MAX_BUFFERED} that may be charged");
    assert!(heap <= MAX_BUFFERED + MAX_BUFFERED / 4, "{heap}");
}

#[test]
fn red_octets_far_apart() {
    let _alone = alone();
    bounded(|segment| (2 * segment, DataKind::Red), 150);
}

#[test]
fn green_octets_far_apart() {
    let _alone = alone();
    bounded(|segment| (2 * segment, DataKind::Green { end_of_block: false }), 400);
}

#[test]
fn reports_that_nobody_acknowledges() {
    let _alone = alone();
    let kind = |segment| match segment {
        0..32 => (2 * segment, DataKind::Red),
        _ => (62, DataKind::Checkpoint { serial: segment, report: 0, end: RedEnd::Nothing }),
    };
    bounded(kind, 200);
}
