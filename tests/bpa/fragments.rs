//! Bundles cut for a neighbour or by a broken transfer, and put together again.

use super::common::{
    FAR, HERE, NEAR, at, contact, events, foreign, forward, open_plan, run_until, sent, service, to,
};
use proptest::prelude::*;
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, Event, NeighbourParameters, Outcome, Payload, Quotas, Refusal,
    Rule,
};
use spacelink::bundle::{Block, BlockFlags, Bundle, BundleFlags, Eid, NodeNumber};
use spacelink::routing::{Contact, ContactPlan};

fn octets(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 % 251) as u8).collect()
}

/// An agent that may only send bundles of so many octets.
fn narrow(max_bundle: u64) -> Agent {
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.set_neighbour(NEAR, NeighbourParameters { max_bundle, ..NeighbourParameters::default() });
    agent.handle_timeout(at(0));
    agent
}

/// The node the bundles are for.
fn far() -> Agent {
    let mut agent = Agent::new(AgentParameters::new(FAR), ContactPlan::default());
    agent.register(service(FAR, 7));
    agent
}

fn delivered(agent: &mut Agent) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    for event in events(agent, at(1)) {
        if let Event::Delivered(delivery) = event {
            let mut read = vec![0; delivery.payload.len() as usize + 1];
            let len = agent.read(delivery.delivery, 0, &mut read).unwrap();
            read.truncate(len);
            assert_eq!(delivery.payload.octets().unwrap(), &read);
            // And from anywhere.
            for from in [1, len / 2, len.saturating_sub(1)] {
                let mut piece = [0; 700];
                let found = agent.read(delivery.delivery, from as u64, &mut piece).unwrap();
                assert_eq!(piece[..found], read[from.min(len)..len.min(from + 700)]);
            }
            agent.acknowledge(at(1), delivery.delivery);
            payloads.push(read);
        }
    }
    payloads
}

#[test]
fn a_long_bundle_goes_in_fragments_and_arrives_whole() {
    let mut here = narrow(1_000);
    let id = here.transmit(at(0), to(FAR, octets(20_000))).unwrap();
    let mut far = far();
    let mut fragments = 0;
    while let Some(outbound) = forward(&mut here, at(0)) {
        assert!(outbound.len <= 1_000);
        let fragment = sent(&mut here, outbound);
        assert!(fragment.fragment().is_some());
        far.receive(at(0), Some(NEAR), fragment).unwrap();
        assert_eq!(here.len(), 1, "kept until all of it is across");
        here.transfer_ended(at(0), outbound.transfer, Outcome::Across);
        fragments += 1;
    }
    assert!(fragments >= 20);
    assert_eq!(events(&mut here, at(0)).last(), Some(&Event::Forwarded { id, to: NEAR }));
    assert!(here.is_empty());
    assert_eq!(delivered(&mut far), [octets(20_000)]);
    assert!(far.is_empty());
    assert_eq!((far.counters().reassembled, here.counters().fragments_made), (1, fragments));
}

#[test]
fn a_fragment_that_is_lost_goes_again_and_nothing_else_does() {
    let mut here = narrow(2_000);
    here.transmit(at(0), to(FAR, octets(9_000))).unwrap();
    let mut far = far();
    let mut sent_octets = 0;
    for round in 0.. {
        let now = at(round * 10);
        run_until(&mut here, now);
        let Some(outbound) = forward(&mut here, now) else { break };
        let fragment = sent(&mut here, outbound);
        if round == 2 {
            here.transfer_ended(now, outbound.transfer, Outcome::Failed);
            continue;
        }
        sent_octets += fragment.payload().len();
        far.receive(now, Some(NEAR), fragment).unwrap();
        here.transfer_ended(now, outbound.transfer, Outcome::Across);
    }
    assert!(here.is_empty());
    assert_eq!((sent_octets, delivered(&mut far)), (9_000, vec![octets(9_000)]));
}

#[test]
fn a_broken_transfer_goes_on_where_it_broke() {
    let mut here = narrow(u64::MAX);
    here.transmit(at(0), to(FAR, octets(50_000))).unwrap();
    let mut far = far();
    // The neighbour has had 30,000 octets of payload when the link breaks.
    let outbound = forward(&mut here, at(0)).unwrap();
    let (header, payload) = sent(&mut here, outbound).into_parts();
    let start = header.start_len() as u64;
    let spool = far.begin(at(0), Some(NEAR), header).unwrap();
    far.append(at(0), spool, &payload[..30_000]).unwrap();
    far.interrupt(at(0), spool).unwrap();
    // The sender knows of a little less.
    here.transfer_ended(at(0), outbound.transfer, Outcome::Partly(start + 29_000));
    assert_eq!(forward(&mut here, at(0)), None, "the neighbour has just failed");
    run_until(&mut here, at(10));
    let outbound = forward(&mut here, at(10)).unwrap();
    let rest = sent(&mut here, outbound);
    assert_eq!(rest.fragment().map(|part| (part.offset, part.total)), Some((29_000, 50_000)));
    far.receive(at(10), Some(NEAR), rest).unwrap();
    here.transfer_ended(at(10), outbound.transfer, Outcome::Across);
    assert!(here.is_empty());
    assert_eq!(delivered(&mut far), [octets(50_000)]);
}

#[test]
fn what_must_not_be_cut_is_not() {
    let mut here = narrow(1_000);
    let request = spacelink::bpa::TransmissionRequest {
        flags: BundleFlags::MUST_NOT_FRAGMENT,
        ..to(FAR, octets(5_000))
    };
    here.transmit(at(0), request).unwrap();
    here.transmit(at(0), to(FAR, "short")).unwrap();
    // It waits and does not hold up others.
    let outbound = forward(&mut here, at(0)).unwrap();
    assert_eq!(sent(&mut here, outbound).payload(), "short");
    assert_eq!(forward(&mut here, at(0)), None);
    let mut other = narrow(u64::MAX);
    let bundle = foreign(FAR, 1, octets(10));
    let (header, payload) = bundle.into_parts();
    let spool = other.begin(at(0), Some(NEAR), header).unwrap();
    other.append(at(0), spool, &payload[..0]).unwrap();
    assert!(matches!(other.interrupt(at(0), spool), Err(Refusal::Bundle(_))), "nothing has come");
    assert_eq!(other.counters().kept.octets, 0);
}

#[test]
fn a_bundle_is_cut_to_what_is_left_of_the_contact() {
    // 125,000 octets a second, for ten seconds.
    let contacts =
        vec![Contact { rate: 1_000_000, ..contact(HERE, NEAR, 0, 10) }, contact(HERE, NEAR, 20, 60)];
    let plan = ContactPlan::from_contacts(contacts).unwrap();
    let mut here = Agent::new(AgentParameters::new(HERE), plan);
    run_until(&mut here, at(0));
    here.transmit(at(0), to(NEAR, octets(2_000_000))).unwrap();
    let first = forward(&mut here, at(2)).unwrap();
    assert!((999_000..=1_000_000).contains(&first.len), "{}", first.len);
    here.transfer_ended(at(10), first.transfer, Outcome::Across);
    run_until(&mut here, at(20));
    let second = forward(&mut here, at(20)).unwrap();
    assert!(second.len > 1_000_000);
    here.transfer_ended(at(30), second.transfer, Outcome::Across);
    assert!(here.is_empty());
}

#[test]
fn long_payloads_are_read_from_the_store() {
    let parameters = AgentParameters { whole_delivery: 1_000, ..AgentParameters::new(FAR) };
    let mut far = Agent::new(parameters, ContactPlan::default());
    far.register(service(FAR, 7));
    for part in cut(&foreign(FAR, 1, octets(5_000)), &[(0, 3_000), (2_000, 3_000)]) {
        far.receive(at(0), Some(NEAR), part).unwrap();
    }
    let [Event::Delivered(delivery)] = &events(&mut far, at(0))[..] else { panic!("not delivered") };
    assert_eq!(delivery.payload, Payload::Stored { len: 5_000 });
    let mut all = vec![0; 6_000];
    assert_eq!(far.read(delivery.delivery, 0, &mut all), Ok(5_000));
    assert_eq!(all[..5_000], octets(5_000));
}

fn cut(bundle: &Bundle, ranges: &[(u64, u64)]) -> Vec<Bundle> {
    ranges.iter().map(|(offset, len)| bundle.cut(*offset, *len).unwrap()).collect()
}

#[test]
fn after_a_unit_was_delivered_no_other_cut_of_it_is() {
    let mut far = far();
    let whole = foreign(FAR, 1, octets(1_000));
    for part in cut(&whole, &[(0, 600), (600, 400)]) {
        far.receive(at(0), Some(NEAR), part).unwrap();
    }
    assert_eq!(delivered(&mut far).len(), 1);
    for part in cut(&whole, &[(0, 300), (300, 700)]) {
        assert_eq!(far.receive(at(0), Some(NEAR), part), Err(Refusal::Duplicate));
    }
    assert_eq!(far.receive(at(0), Some(NEAR), whole), Err(Refusal::Duplicate));
}

#[test]
fn absurd_totals_cost_nothing() {
    let mut far = far();
    for number in 0..100 {
        let part = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
            .timestamp(foreign(FAR, number, "").timestamp())
            .lifetime(super::common::HOUR)
            .fragment(spacelink::bundle::Fragment {
                offset: u64::MAX - 10 - number,
                total: u64::MAX - number,
            })
            .payload("0123456789")
            .build()
            .unwrap();
        far.receive(at(0), Some(NEAR), part).unwrap();
    }
    assert_eq!((far.len(), far.counters().in_reassembly), (100, 100));
    assert!(far.counters().kept.octets < 20_000);
    assert_eq!(delivered(&mut far).len(), 0);
    // Their lifetime ends like any other's.
    run_until(&mut far, at(3_601));
    assert_eq!((far.len(), far.counters().in_reassembly), (0, 0));
}

proptest! {
    /// Whatever the cuts, their order, their overlaps and copies: one delivery, once all of it is there.
    #[test]
    fn any_cuts_make_the_whole(
        cuts in prop::collection::vec((0..1000u64, 1..400u64), 1..40),
        order in any::<prop::sample::Index>(),
    ) {
        let whole = foreign(FAR, 1, octets(1_000));
        let mut parts: Vec<_> = cuts.iter().map(|(offset, len)| (*offset, (*len).min(1_000 - offset))).collect();
        // Something for every gap.
        parts.extend((0..10).map(|part| (part * 100, 100)));
        let turn = order.index(parts.len());
        parts.rotate_left(turn);
        let mut far = far();
        let mut have = [false; 1_000];
        let mut deliveries = 0;
        for (offset, len) in parts {
            let part = whole.cut(offset, len).unwrap();
            let taken = far.receive(at(0), Some(NEAR), part);
            prop_assert!(matches!(taken, Ok(_) | Err(Refusal::Duplicate)));
            have[offset as usize..(offset + len) as usize].fill(true);
            let payloads = delivered(&mut far);
            deliveries += payloads.len();
            prop_assert_eq!(deliveries, usize::from(have.iter().all(|have| *have)));
            if let Some(payload) = payloads.first() {
                prop_assert_eq!(payload, &octets(1_000));
            }
        }
        prop_assert!(far.is_empty());
        prop_assert_eq!(far.counters().kept.octets, 0);
    }
}

fn make(sequence: u64, flags: BundleFlags, block: Option<Block>, len: usize) -> Bundle {
    let builder = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
        .timestamp(foreign(FAR, sequence, "").timestamp())
        .lifetime(super::common::HOUR)
        .flags(flags)
        .payload(octets(len));
    block.into_iter().fold(builder, spacelink::bundle::BundleBuilder::block).build().unwrap()
}

/// Bundles that can neither go nor be cut, however many and however urgent, do not keep others from the neighbour.
#[test]
fn what_cannot_go_holds_up_nobody() {
    let mut here = narrow(1_000);
    here.add_rule(Rule {
        source: "ipn:99.*".parse().unwrap(),
        destination: "*:**".parse().unwrap(),
        class: Class::Expedited,
    });
    for number in 0..40 {
        here.receive(at(0), None, make(number, BundleFlags::MUST_NOT_FRAGMENT, None, 5_000)).unwrap();
        // A block of which every fragment has one leaves no room.
        let everywhere = Block::of_type(200, octets(2_000)).with_flags(BlockFlags::REPLICATE);
        here.receive(at(0), None, make(100 + number, BundleFlags::NONE, Some(everywhere), 10)).unwrap();
    }
    here.transmit(at(0), to(FAR, "short")).unwrap();
    let outbound = forward(&mut here, at(0)).unwrap();
    assert_eq!(sent(&mut here, outbound).payload(), "short");
    here.transfer_ended(at(0), outbound.transfer, Outcome::Across);
    assert_eq!(forward(&mut here, at(0)), None);
    assert_eq!(here.len(), 80);
    // A neighbour that takes more gets them.
    here.set_neighbour(NEAR, NeighbourParameters::default());
    let mut gone = 0;
    while let Some(outbound) = forward(&mut here, at(1)) {
        here.transfer_ended(at(1), outbound.transfer, Outcome::Across);
        gone += 1;
    }
    assert_eq!((gone, here.len()), (80, 0));
}

/// While a unit put together waits for its application, a copy of it in one piece is a copy.
#[test]
fn a_whole_copy_of_what_waits_is_a_copy() {
    let mut far = far();
    let whole = foreign(FAR, 1, octets(1_000));
    for part in cut(&whole, &[(0, 600), (600, 400)]) {
        far.receive(at(0), Some(NEAR), part).unwrap();
    }
    assert_eq!(far.receive(at(0), Some(NEAR), whole), Err(Refusal::Duplicate));
    assert_eq!(delivered(&mut far).len(), 1);
}

/// A unit that loses a fragment to more urgent bundles is not delivered; the others wait for that one to come again.
#[test]
fn a_unit_that_loses_a_fragment_waits_for_it_again() {
    let quotas = Quotas::of(Amount { octets: 3_000, bundles: 100 });
    let mut far = Agent::new(AgentParameters { quotas, ..AgentParameters::new(FAR) }, ContactPlan::default());
    far.add_rule(Rule {
        source: "ipn:98.*".parse().unwrap(),
        destination: "*:**".parse().unwrap(),
        class: Class::Expedited,
    });
    let whole = foreign(FAR, 1, octets(2_000));
    let parts = cut(&whole, &[(0, 1_000), (1_000, 1_000)]);
    for part in parts.clone() {
        far.receive(at(0), Some(NEAR), part).unwrap();
    }
    assert_eq!(far.counters().reassembled, 1);
    let urgent = Bundle::builder(Eid::ipn(NodeNumber(98), 1), Eid::ipn(FAR, 8))
        .timestamp(whole.timestamp())
        .payload(octets(1_000))
        .build()
        .unwrap();
    far.receive(at(0), Some(NEAR), urgent).unwrap();
    assert_eq!((far.counters().evicted, far.counters().in_reassembly), (1, 1));
    let urgent = far.register(service(FAR, 8).unacknowledged());
    far.register(service(FAR, 7));
    assert_eq!(
        events(&mut far, at(1)).iter().filter(|event| matches!(event, Event::Delivered(_))).count(),
        1
    );
    far.unregister(urgent);
    // Its second fragment had gone.
    assert_eq!(far.receive(at(1), Some(NEAR), parts[0].clone()), Err(Refusal::Duplicate));
    let again = whole.cut(999, 1_001).unwrap();
    far.receive(at(1), Some(NEAR), again).unwrap();
    assert_eq!(delivered(&mut far), [octets(2_000)]);
    assert!(far.is_empty());
}

/// A payload too long for memory is not put there for an application that acknowledges nothing, nor for the node itself.
#[test]
fn nothing_too_long_is_put_into_memory() {
    let parameters =
        AgentParameters { whole_delivery: 1_000, echo_service: Some(12), ..AgentParameters::new(FAR) };
    let mut far = Agent::new(parameters, ContactPlan::default());
    far.register(service(FAR, 7).unacknowledged());
    far.receive(at(0), Some(NEAR), foreign(FAR, 1, octets(5_000))).unwrap();
    let [Event::Delivered(delivery)] = &events(&mut far, at(0))[..] else { panic!("not delivered") };
    assert_eq!(delivery.payload, Payload::Stored { len: 5_000 });
    let mut all = vec![0; 6_000];
    assert_eq!(far.read(delivery.delivery, 0, &mut all), Ok(5_000));
    far.acknowledge(at(0), delivery.delivery);
    events(&mut far, at(0));
    for (flags, service) in [(BundleFlags::ADMIN_RECORD, 0), (BundleFlags::NONE, 12)] {
        let long = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, service))
            .timestamp(foreign(FAR, 2 + service, "").timestamp())
            .flags(flags)
            .payload(octets(5_000))
            .build()
            .unwrap();
        // And in fragments.
        for part in cut(&long, &[(0, 2_500), (2_500, 2_500)]) {
            far.receive(at(0), Some(NEAR), part).unwrap();
        }
        let events = events(&mut far, at(0));
        assert!(
            matches!(&events[..], [Event::Deleted { id, .. }] if *id == long.id()),
            "{service}: {events:?}"
        );
        assert!(far.is_empty());
    }
}
