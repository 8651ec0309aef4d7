//! Peers of an LTP engine that begin all they can and finish nothing: the heap stays near what the engine's parameters
//! say, which is what is charged for it.

use super::{HEAP, alone};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::bundle::{Bundle, CreationTimestamp, Eid, NodeNumber};
use spacelink::cla::{LtpAdapter, Peer};
use spacelink::ltp::engine::{Engine, EngineParameters, SpanParameters};
use spacelink::ltp::segment::{Content, Data, DataKind, RedEnd, Segment};
use spacelink::ltp::{ClientServiceId, EngineId, SessionId};
use spacelink::machine::Machine;
use spacelink::time::{DtnTime, Instant};
use spacelink::wire::{Decode, Encode};
use std::time::Duration;

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

/// A block of very many small bundles is taken apart as its bundles are taken, not all at once.
#[test]
fn a_block_of_very_many_bundles() {
    let _alone = alone();
    let bundle = Bundle::builder(Eid::ipn(NodeNumber(9), 1), Eid::ipn(NodeNumber(1), 7))
        .timestamp(CreationTimestamp { time: DtnTime(1_000), sequence: 1 })
        .lifetime(Duration::from_secs(100))
        .payload("x")
        .build()
        .unwrap();
    let number = 100_000;
    let block = bundle.encode().repeat(number);
    let mut adapter =
        LtpAdapter::new(EngineParameters::new(EngineId(1)), Box::new(ChaCha8Rng::seed_from_u64(1)));
    let span = SpanParameters { max_segment_len: 60_100, ..SpanParameters::default() };
    adapter.add_peer(PEER, Peer { span, window: 1 << 20 }).unwrap();
    super::bounded("a block of bundles", block.len(), 3, || {
        let pieces = block.chunks(60_000).enumerate();
        let last = pieces.len() - 1;
        for (at, octets) in pieces {
            let kind = match at == last {
                true => DataKind::Checkpoint { serial: 1, report: 0, end: RedEnd::Block },
                false => DataKind::Red,
            };
            let offset = at as u64 * 60_000;
            let data = Data { kind, client_service: ClientServiceId::BUNDLE, offset, octets };
            let segment = Segment::new(SessionId { originator: PEER, number: 1 }, Content::Data(data));
            adapter.handle_segment(Instant::ZERO, &segment.to_vec().unwrap()).unwrap();
        }
        let mut taken = 0;
        while let Some(event) = adapter.poll_event() {
            let spacelink::cla::Event::Received { session, .. } = event else { panic!("{event:?}") };
            // Nothing is told to the sender before all of them are taken.
            assert!(adapter.poll_segment(Instant::ZERO, PEER, &mut [0; 60_100]).is_none());
            adapter.accept(session);
            taken += 1;
        }
        assert_eq!(taken, number);
        let mut out = [0; 60_100];
        let len = adapter.poll_segment(Instant::ZERO, PEER, &mut out).expect("the report");
        assert!(matches!(Segment::decode(&out[..len]).unwrap().0.content, Content::Report(_)));
    });
}
