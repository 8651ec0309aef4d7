//! A peer that opens all it can and finishes nothing: what an engine keeps for it stays within its parameters, and what
//! others send goes on.

use crate::driver::IDS;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::ltp::engine::{Engine, EngineParameters, Event, InputError, Limit, SpanParameters};
use spacelink::ltp::segment::{Content, Data, DataKind, RedEnd, Segment};
use spacelink::ltp::{ClientServiceId, EngineId, SessionId};
use spacelink::machine::Machine;
use spacelink::time::Instant;
use spacelink::wire::Encode;

const NOW: Instant = Instant::ZERO;
const FRIEND: EngineId = EngineId(77);

fn engine(max_buffered: usize) -> Engine {
    let parameters = EngineParameters { max_buffered, ..EngineParameters::new(IDS[1]) };
    let mut engine = Engine::new(parameters, Box::new(ChaCha8Rng::seed_from_u64(1)));
    let span = SpanParameters { max_import_sessions: 50, max_ranges: 100, ..SpanParameters::default() };
    engine.add_span(IDS[0], span.clone()).unwrap();
    engine.add_span(FRIEND, span).unwrap();
    engine.open_client_service(ClientServiceId::BUNDLE);
    engine
}

/// One octet of a session.
fn octet(
    engine: &mut Engine,
    from: EngineId,
    number: u64,
    offset: u64,
    kind: DataKind,
) -> Result<(), InputError> {
    let data = Data { kind, client_service: ClientServiceId::BUNDLE, offset, octets: b"x" };
    let segment = Segment::new(SessionId { originator: from, number }, Content::Data(data));
    engine.handle_input(NOW, &segment.to_vec().unwrap())
}

fn checkpoint(serial: u64, end: RedEnd) -> DataKind {
    DataKind::Checkpoint { serial, report: 0, end }
}

/// Octets of all segments that wait to be sent to `peer`.
fn sent(engine: &mut Engine, peer: EngineId) -> usize {
    let mut out = [0; 1_400];
    std::iter::from_fn(|| engine.poll_transmit_to(NOW, peer, &mut out)).map(|sent| sent.len).sum()
}

#[test]
fn sessions_and_ranges_are_limited() {
    let mut engine = engine(1 << 20);
    for number in 1..=50 {
        octet(&mut engine, IDS[0], number, 0, DataKind::Red).unwrap();
    }
    let refused = octet(&mut engine, IDS[0], 51, 0, DataKind::Red);
    assert!(matches!(refused, Err(InputError::NoRoom { limit: Limit::ImportSessions, .. })), "{refused:?}");
    for offset in 1..100 {
        octet(&mut engine, IDS[0], 1, 2 * offset, DataKind::Red).unwrap();
    }
    let refused = octet(&mut engine, IDS[0], 1, 1_000, DataKind::Red);
    assert!(matches!(refused, Err(InputError::NoRoom { limit: Limit::Ranges, .. })), "{refused:?}");
    assert_eq!(engine.sessions(IDS[0]), (0, 50));
    // A peer's limits are its own.
    octet(&mut engine, FRIEND, 1, 0, checkpoint(1, RedEnd::Block)).unwrap();
    assert!(matches!(engine.poll_event(), Some(Event::RedPartReceived { .. })));
    // Nothing more comes: all of them end, and nothing of them is left.
    let mut now = NOW;
    for _ in 0..100_000 {
        let Some(due) = engine.poll_timeout() else { break };
        now = due;
        engine.handle_timeout(now);
        let mut out = [0; 1_400];
        while engine.poll_transmit(now, &mut out).is_some() {}
        while engine.poll_event().is_some() {}
    }
    assert_eq!((engine.sessions(IDS[0]), engine.sessions(FRIEND)), ((0, 0), (0, 0)), "at {now:?}");
    assert_eq!(engine.buffered(), 0);
}

#[test]
fn reports_that_nobody_acknowledges_are_charged() {
    const LIMIT: usize = 600_000;
    let mut engine = engine(LIMIT);
    for number in 1..=50 {
        for offset in 0..64 {
            octet(&mut engine, IDS[0], number, 2 * offset, DataKind::Red).unwrap();
        }
    }
    // Each of them asks for a report of sixty-four claims.
    for serial in 1..600 {
        for number in 1..=50 {
            let _ = octet(&mut engine, IDS[0], number, 126, checkpoint(serial, RedEnd::Nothing));
        }
    }
    let one = 64 * 32 + 500;
    assert!(engine.buffered() < LIMIT + one, "{}", engine.buffered());
    let reports = sent(&mut engine, IDS[0]);
    assert!((10_000..LIMIT).contains(&reports), "{reports} octets of reports");
    // Others are answered all the same.
    octet(&mut engine, FRIEND, 1, 0, checkpoint(1, RedEnd::Nothing)).unwrap_err();
    assert_eq!(sent(&mut engine, FRIEND), 0, "no room for data");
    let mut out = [0; 1_400];
    engine.remove_span(IDS[0]).unwrap();
    assert_eq!(engine.buffered(), 0);
    octet(&mut engine, FRIEND, 2, 0, checkpoint(1, RedEnd::Block)).unwrap();
    assert!(engine.poll_transmit_to(NOW, FRIEND, &mut out).is_some());
}

#[test]
fn green_pieces_are_charged_and_go_through_without_room_too() {
    const LIMIT: usize = 20_000;
    let mut engine = engine(LIMIT);
    let mut through = 0;
    for offset in 0..100 {
        for number in 1..=50 {
            octet(&mut engine, IDS[0], number, 2 * offset, DataKind::Green { end_of_block: false }).unwrap();
            through += std::iter::from_fn(|| engine.poll_event()).count();
        }
    }
    assert_eq!(through, 5_000);
    assert!(engine.buffered() <= LIMIT + 32, "{}", engine.buffered());
    assert!(engine.buffered() >= LIMIT, "they are charged");
}
