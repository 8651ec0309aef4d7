//! Bundles in green LTP blocks: what arrives whole is taken, what does not is lost and holds nothing up.

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use spacelink::cla::{Event, LtpAdapter, Peer};
use spacelink::ltp::engine::{Engine, EngineParameters, SpanParameters, TransmissionRequest};
use spacelink::ltp::{ClientServiceId, EngineId};
use spacelink::machine::Machine;
use spacelink::time::Instant;

const HERE: EngineId = EngineId(1);
const ION: EngineId = EngineId(2);

/// A bundle that asks for no retransmission (quality of service 0.0.0.1.0.0 of `bptrace`), as ION 4.1.3 sends it.
const SEGMENT: &str = "070203000100509f89071840018202820118408202820202820100821b000000c5a53aaf730219753042e28085060210004582\
                       028202008518c103010045840200000085070401004107850101010046756e72656c00ff";

fn rng() -> Box<dyn rand_core::Rng + Send> {
    Box::new(ChaCha8Rng::seed_from_u64(1))
}

fn adapter() -> LtpAdapter {
    let mut adapter = LtpAdapter::new(EngineParameters::new(HERE), rng());
    adapter.add_peer(ION, Peer { span: SpanParameters::default(), window: 1 << 20 }).unwrap();
    adapter
}

/// Sources of the bundles that came.
fn taken(adapter: &mut LtpAdapter) -> Vec<String> {
    let events = std::iter::from_fn(|| adapter.poll_event());
    events
        .map(|event| match event {
            Event::Received { bundle, .. } => format!("{} {}", bundle.source(), bundle.payload().len()),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_green_block_of_ion_is_a_bundle() {
    let mut adapter = adapter();
    adapter.handle_segment(Instant::ZERO, &hex::decode(SEGMENT).unwrap()).unwrap();
    assert_eq!(taken(&mut adapter), ["ipn:2.2 6"]);
}

/// The segments of a green block of a long bundle.
fn segments(engine: &mut Engine, payload: usize) -> Vec<Vec<u8>> {
    let bundle = spacelink::bundle::Bundle::builder("ipn:2.2".parse().unwrap(), "ipn:1.64".parse().unwrap())
        .age(std::time::Duration::ZERO)
        .payload(vec![7; payload])
        .build()
        .unwrap();
    let block = bundle.encode().into();
    let (to, client_service) = (HERE, ClientServiceId::BUNDLE);
    engine.transmit(Instant::ZERO, TransmissionRequest { to, client_service, block, red_len: 0 }).unwrap();
    let (mut out, mut segments) = ([0; 2000], Vec::new());
    while let Some(sent) = engine.poll_transmit(Instant::ZERO, &mut out) {
        segments.push(out[..sent.len].to_vec());
    }
    segments
}

#[test]
fn pieces_in_any_order_twice_or_not_at_all() {
    let mut engine = Engine::new(EngineParameters::new(ION), rng());
    engine.add_span(HERE, SpanParameters::default()).unwrap();
    let mut adapter = adapter();
    for lost in [None, Some(2), None] {
        let mut pieces = segments(&mut engine, 10_000);
        assert_eq!(pieces.len(), 8);
        if let Some(lost) = lost {
            pieces.remove(lost);
        }
        pieces.insert(3, pieces[0].clone());
        for piece in pieces.iter().rev() {
            // What comes after the end of the session is refused.
            let _ = adapter.handle_segment(Instant::ZERO, piece);
        }
        let expected: &[&str] = if lost.is_none() { &["ipn:2.2 10000"] } else { &[] };
        assert_eq!(taken(&mut adapter), expected);
    }
}
