//! A receiver that is killed in the middle of a session and comes back without memory of it: what the sender takes for
//! across is safe with the receiver's client.

use crate::driver::{IDS, Pair, block, span};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::io::channel::Impairments;
use spacelink::ltp::ClientServiceId;
use spacelink::ltp::engine::{Engine, EngineParameters, Event, SpanParameters};
use spacelink::ltp::segment::{CancelReason, Party};
use std::num::NonZeroU32;
use std::time::Duration;

const LIGHT: Duration = Duration::from_millis(100);

/// A receiver that has forgotten everything.
fn reborn(parameters: &SpanParameters, seed: u64, on_acceptance: bool) -> Engine {
    let rng = ChaCha8Rng::seed_from_u64(seed);
    let mut engine = Engine::new(EngineParameters::new(IDS[1]), Box::new(rng));
    engine.add_span(IDS[0], parameters.clone()).unwrap();
    match on_acceptance {
        true => engine.open_client_service_on_acceptance(ClientServiceId::BUNDLE),
        false => engine.open_client_service(ClientServiceId::BUNDLE),
    }
    engine
}

/// Lets the pair go on for so many steps, with a client of engine 1 that has every block safe at once.
fn run(pair: &mut Pair, steps: usize) {
    let mut seen = 0;
    for _ in 0..steps {
        let more = pair.step();
        while let Some((_, event)) = pair.events[1].get(seen) {
            seen += 1;
            if let Event::RedPartReceived { session, .. } = *event {
                pair.engines[1].accept(session);
                pair.drain(1);
            }
        }
        if !more {
            return;
        }
    }
}

/// Seen with three nodes and `kill -9`: the first life had reported all but the last segments, the second received
/// just these, and the sender took both reports together for the proof that the bundle was across.
#[test]
fn claims_of_two_lives_are_no_proof() {
    let parameters = span(LIGHT);
    for on_acceptance in [false, true] {
        let mut pair = Pair::new(&parameters, Impairments::default(), 1);
        pair.engines[1] = reborn(&parameters, 2, on_acceptance);
        let session = pair.transmit(0, block(20_000, 1), 20_000).unwrap();
        // One segment gets lost on the way.
        let mut segments = Vec::new();
        while let Some(segment) = pair.channels[0].receive(pair.now + LIGHT) {
            segments.push(segment);
        }
        segments.remove(3);
        pair.now += LIGHT;
        for segment in segments {
            spacelink::machine::Machine::handle_input(&mut pair.engines[1], pair.now, &segment).unwrap();
        }
        pair.drain(1);
        // Its report is on the way when the receiver is killed.
        pair.engines[1] = reborn(&parameters, 3, on_acceptance);
        run(&mut pair, usize::MAX);
        pair.assert_ended();
        assert_eq!(pair.delivered(1), []);
        let cancelled = Event::TransmissionCancelled {
            session,
            reason: CancelReason::SystemCancelled,
            by: Party::Sender,
        };
        assert_eq!(pair.outcomes(0, session), [&cancelled], "on acceptance: {on_acceptance}");
    }
}

proptest! {
    /// Killed any number of times at any moments, on any bad link.
    #[test]
    fn what_counts_as_across_was_accepted(
        seed: u64,
        loss in 0.0..0.6f64,
        lens in prop::collection::vec(1..20_000usize, 1..4),
        kills in prop::collection::vec(1..40usize, 1..6),
        checkpoint_every in 0..6u32,
        max_claims_per_report in 1..20usize,
    ) {
        let parameters = SpanParameters {
            checkpoint_every: NonZeroU32::new(checkpoint_every),
            max_claims_per_report,
            ..span(LIGHT)
        };
        let impairments = Impairments { loss, rate: Some(1_000_000), ..Impairments::default() };
        let mut pair = Pair::new(&parameters, impairments, seed);
        pair.engines[1] = reborn(&parameters, seed ^ 1 << 40, true);
        let sessions: Vec<_> = lens
            .iter()
            .map(|len| pair.transmit(0, block(*len, seed), *len as u64).unwrap())
            .collect();
        for (life, steps) in kills.into_iter().enumerate() {
            run(&mut pair, steps);
            pair.engines[1] = reborn(&parameters, seed ^ (life as u64 + 2) << 40, true);
        }
        run(&mut pair, usize::MAX);
        pair.assert_ended();
        let delivered = pair.delivered(1);
        for session in sessions {
            let outcomes = pair.outcomes(0, session);
            prop_assert_eq!(outcomes.len(), 1);
            let across = matches!(outcomes[0], Event::BlockAcknowledged { .. });
            prop_assert!(!across || delivered.iter().any(|(delivered, _)| *delivered == session));
        }
    }
}
