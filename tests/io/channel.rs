//! The in-memory channel: seeded, and it does to units what its parameters say, no more and no less.

use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use spacelink::io::channel::{Bursts, Channel, Impairments};
use spacelink::io::{Window, Windows};
use spacelink::time::Instant;
use std::time::Duration;

const LIGHT_TIME: Duration = Duration::from_millis(10);

fn channel(impairments: Impairments, seed: u64) -> Channel<ChaCha8Rng> {
    Channel::new(LIGHT_TIME, impairments, ChaCha8Rng::seed_from_u64(seed))
}

/// Everything that arrives, in order, with its time.
fn drain(channel: &mut Channel<ChaCha8Rng>) -> Vec<(Instant, Vec<u8>)> {
    let mut arrived = Vec::new();
    while let Some(at) = channel.poll_timeout() {
        arrived.push((at, channel.receive(at).expect("the timeout said so")));
    }
    arrived
}

#[test]
fn a_perfect_link_only_delays() {
    let mut channel = channel(Impairments::default(), 1);
    channel.send(Instant::from_secs(1), b"one");
    channel.send(Instant::from_secs(1), b"two");
    assert_eq!(channel.receive(Instant::from_secs(1)), None);
    let at = Instant::from_secs(1) + LIGHT_TIME;
    assert_eq!(drain(&mut channel), [(at, b"one".to_vec()), (at, b"two".to_vec())]);
}

#[test]
fn the_transmitter_takes_its_time() {
    let mut channel = channel(Impairments { rate: Some(8_000), ..Impairments::default() }, 1);
    channel.send(Instant::ZERO, &[0; 10]);
    assert_eq!(channel.ready_at(), Instant::from_millis(10));
    channel.send(Instant::ZERO, &[1; 10]);
    let arrivals: Vec<_> = drain(&mut channel).into_iter().map(|(at, _)| at).collect();
    assert_eq!(arrivals, [Instant::from_millis(20), Instant::from_millis(30)]);
}

#[test]
fn nothing_passes_outside_a_contact() {
    let window = |start, end| Window {
        start: Instant::from_secs(start),
        end: Instant::from_secs(end),
        light_time: Duration::from_secs(start),
    };
    let windows = Windows::new(vec![window(20, 30), window(5, 10)]);
    let impairments = Impairments { rate: Some(8), ..Impairments::default() };
    let mut channel = Channel::with_windows(windows, impairments, ChaCha8Rng::seed_from_u64(0));
    for second in [0, 5, 10, 20, 29, 31] {
        channel.send(Instant::from_secs(second), &[second as u8]);
    }
    // One octet takes a second here: the one of second 10 would end after its contact has closed.
    let arrived: Vec<_> = drain(&mut channel).into_iter().map(|(at, unit)| (at, unit[0])).collect();
    let at = Instant::from_secs;
    assert_eq!(arrived, [(at(11), 5), (at(41), 20), (at(50), 29)]);
    assert_eq!(channel.counters().out_of_contact, 3);
}

#[test]
fn rates_are_what_was_asked() {
    let impairments = Impairments {
        bit_error_rate: 1e-3,
        loss: 0.1,
        duplication: 0.05,
        reordering: 0.2,
        reordering_delay: Duration::from_millis(5),
        ..Impairments::default()
    };
    let mut channel = channel(impairments, 7);
    for n in 0..20_000 {
        channel.send(Instant::from_millis(n), &[0; 125]);
    }
    drain(&mut channel);
    let counters = channel.counters();
    let near = |found: u64, of: u64, p: f64| (found as f64 / of as f64 / p - 1.0).abs() < 0.1;
    assert!(near(counters.lost, counters.sent, 0.1), "{counters:?}");
    assert!(near(counters.duplicated, counters.sent - counters.lost, 0.05), "{counters:?}");
    assert!(near(counters.reordered, counters.sent - counters.lost, 0.2), "{counters:?}");
    assert!(near(counters.bits_flipped, counters.received * 1_000, 1e-3), "{counters:?}");
    assert_eq!(counters.received, counters.sent - counters.lost + counters.duplicated);
}

#[test]
fn bursts_come_in_bursts() {
    let bursts = Bursts { mean_gap_bits: 100_000.0, mean_burst_bits: 500.0, bit_error_rate: 0.5 };
    let mut channel = channel(Impairments { bursts: Some(bursts), ..Impairments::default() }, 3);
    for _ in 0..4_000 {
        channel.send(Instant::ZERO, &[0; 1_000]);
    }
    let hit = drain(&mut channel).iter().filter(|(_, unit)| unit.iter().any(|octet| *octet != 0)).count();
    let counters = channel.counters();
    // 32 million bits hold about 318 bursts of 250 flips; a burst touches one unit, seldom two.
    assert!((60_000..100_000).contains(&counters.bits_flipped), "{counters:?}");
    assert!((220..420).contains(&hit), "{hit} units hit");
}

proptest! {
    #[test]
    fn equal_seeds_give_equal_traces(seed: u64, loss in 0.0..1.0f64, ber in 0.0..1.0f64, reordering in 0.0..1.0f64) {
        let impairments = Impairments {
            bit_error_rate: ber,
            loss,
            duplication: 0.3,
            reordering,
            reordering_delay: Duration::from_millis(3),
            rate: Some(1_000_000),
            bursts: Some(Bursts { mean_gap_bits: 900.0, mean_burst_bits: 30.0, bit_error_rate: 0.3 }),
        };
        let trace = || {
            let mut channel = channel(impairments, seed);
            (0..50).for_each(|n| channel.send(Instant::from_micros(n * 700), &[n as u8; 40]));
            drain(&mut channel)
        };
        let arrived = trace();
        prop_assert!(arrived.is_sorted_by_key(|(at, _)| *at));
        prop_assert_eq!(arrived, trace());
    }
}

/// A host that sleeps while units wait makes up for a few milliseconds of it, not for all: a burst of a tenth of a second
/// found no room in the receive buffer of a peer.
#[test]
fn a_long_pause_is_not_made_up_for() {
    let mut channel = channel(Impairments { rate: Some(100_000_000), ..Impairments::default() }, 1);
    let mut sent = 0;
    let mut pump = |now: Instant| {
        let before = sent;
        channel.pump(now, &mut [0; 1250], |_| {
            sent += 1;
            Some(1250)
        });
        sent - before
    };
    // A unit takes a tenth of a millisecond.
    assert_eq!(pump(Instant::from_secs(1)), 1);
    assert_eq!(pump(Instant::from_secs(1) + Duration::from_millis(2)), 20);
    assert_eq!(pump(Instant::from_secs(2)), 51);
}
