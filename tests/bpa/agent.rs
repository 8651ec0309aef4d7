//! The bundle agent: what it keeps, for how long, and whom it hands it to.

use super::common::{
    FAR, HERE, HOUR, NEAR, at, contact, events, foreign, forward, open_plan, run_until, sent, service, to,
};
use proptest::prelude::*;
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Event, Outcome, Quota, Quotas, Reception, Refusal, Registration,
    RequestError, TransmissionRequest,
};
use spacelink::bundle::{Bundle, CrcType, CreationTimestamp, Eid, NodeNumber, Reason, Rules};
use spacelink::routing::ContactPlan;
use spacelink::time::{DtnTime, Epoch};
use std::time::Duration;

/// From `HERE` to `NEAR` in seconds 10 to 20 and 30 to 40; from there to `FAR` all the time.
fn plan() -> ContactPlan {
    let contacts =
        vec![contact(HERE, NEAR, 10, 20), contact(HERE, NEAR, 30, 40), contact(NEAR, FAR, 0, 1_000)];
    ContactPlan::from_contacts(contacts).unwrap()
}

fn agent() -> Agent {
    Agent::new(AgentParameters::new(HERE), plan())
}

#[test]
fn forwards_when_the_contact_starts_and_not_before() {
    let mut agent = agent();
    agent.transmit(at(0), to(FAR, "x")).unwrap();
    assert_eq!(forward(&mut agent, at(0)), None);
    assert_eq!(agent.poll_timeout(), Some(at(10)));
    run_until(&mut agent, at(10));
    assert!(matches!(events(&mut agent, at(50))[..], [Event::ContactStarted(contact)] if contact.to == NEAR));
    let outbound = forward(&mut agent, at(10)).expect("the contact is open");
    let sent = sent(&mut agent, outbound);
    assert_eq!(sent.previous_node(), Some(&Eid::ipn(HERE, 0)));
    assert_eq!(sent.hop_count().unwrap().count, 1);
    assert_eq!(forward(&mut agent, at(10)), None);
}

#[test]
fn keeps_a_bundle_until_it_is_across() {
    let mut agent = agent();
    let id = agent.transmit(at(0), to(FAR, "x")).unwrap();
    run_until(&mut agent, at(10));
    events(&mut agent, at(50));
    let outbound = forward(&mut agent, at(10)).unwrap();
    assert_eq!(agent.len(), 1);
    agent.transfer_ended(at(11), outbound.transfer, Outcome::Across);
    assert_eq!(agent.len(), 0);
    assert_eq!(events(&mut agent, at(50)), [Event::Forwarded { id, to: NEAR }]);
}

#[test]
fn a_failed_transfer_is_tried_again_after_a_pause() {
    let mut agent = agent();
    agent.transmit(at(0), to(FAR, "x")).unwrap();
    run_until(&mut agent, at(10));
    let first = forward(&mut agent, at(10)).unwrap();
    agent.transfer_ended(at(12), first.transfer, Outcome::Failed);
    assert_eq!(forward(&mut agent, at(12)), None);
    run_until(&mut agent, at(17));
    assert!(forward(&mut agent, at(17)).is_some());
}

#[test]
fn what_the_first_contact_left_goes_in_the_second() {
    let mut agent = agent();
    agent.transmit(at(0), to(FAR, "x")).unwrap();
    run_until(&mut agent, at(19));
    let first = forward(&mut agent, at(19)).unwrap();
    run_until(&mut agent, at(20));
    agent.transfer_ended(at(20), first.transfer, Outcome::Failed);
    assert_eq!(forward(&mut agent, at(25)), None);
    run_until(&mut agent, at(30));
    assert!(forward(&mut agent, at(30)).is_some());
}

#[test]
fn oldest_first() {
    let mut agent = agent();
    for payload in ["1", "2", "3"] {
        agent.transmit(at(0), to(if payload == "2" { NEAR } else { FAR }, payload)).unwrap();
    }
    run_until(&mut agent, at(10));
    let mut order = Vec::new();
    while let Some(outbound) = forward(&mut agent, at(10)) {
        order.push(sent(&mut agent, outbound).payload().clone());
    }
    assert_eq!(order, ["1", "2", "3"]);
}

#[test]
fn a_second_copy_is_known_for_one() {
    let mut agent = agent();
    agent.register(service(HERE, 7));
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1, "from afar")).unwrap();
    assert_eq!(agent.receive(at(2), Some(NEAR), foreign(HERE, 1, "from afar")), Err(Refusal::Duplicate));
    agent.receive(at(2), Some(NEAR), foreign(HERE, 2, "from afar")).unwrap();
    assert_eq!(events(&mut agent, at(50)).len(), 2);
}

#[test]
fn waits_for_its_application() {
    let mut agent = agent();
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1, "from afar")).unwrap();
    assert_eq!((events(&mut agent, at(50)).len(), agent.len()), (0, 1));
    agent.register(service(HERE, 7));
    let delivered = events(&mut agent, at(2));
    let [Event::Delivered(delivery)] = &delivered[..] else { panic!("{delivered:?}") };
    assert_eq!(delivery.payload.octets().unwrap(), "from afar");
    // It stays until the application has acknowledged it.
    assert_eq!((events(&mut agent, at(2)).len(), agent.len()), (0, 1));
    agent.acknowledge(at(3), delivery.delivery);
    assert_eq!((events(&mut agent, at(3)), agent.len()), (vec![Event::Acknowledged(delivery.delivery)], 0));
    agent.acknowledge(at(3), delivery.delivery);
    assert_eq!(events(&mut agent, at(3)), []);
}

#[test]
fn a_lifetime_ends() {
    let mut agent = agent();
    let request = TransmissionRequest { lifetime: Duration::from_secs(5), ..to(FAR, "x") };
    let id = agent.transmit(at(0), request).unwrap();
    run_until(&mut agent, at(5));
    assert_eq!(events(&mut agent, at(50)), [Event::Deleted { id, reason: Reason::LIFETIME_EXPIRED }]);
    assert_eq!(agent.len(), 0);
    assert_eq!(agent.receive(at(4_000), None, foreign(FAR, 1, "from afar")), Err(Refusal::Expired));
}

#[test]
fn a_lifetime_that_ends_in_the_adapters_hands_ends() {
    let mut agent = agent();
    let request = TransmissionRequest { lifetime: Duration::from_secs(15), ..to(FAR, "x") };
    agent.transmit(at(0), request).unwrap();
    run_until(&mut agent, at(10));
    let outbound = forward(&mut agent, at(10)).unwrap();
    run_until(&mut agent, at(16));
    assert_eq!(agent.len(), 0);
    agent.transfer_ended(at(17), outbound.transfer, Outcome::Failed);
    assert_eq!(forward(&mut agent, at(17)), None);
}

#[test]
fn hops_are_counted_and_limited() {
    let mut agent = agent();
    let mut worn = foreign(FAR, 1, "from afar");
    (0..3).for_each(|_| _ = worn.raise_hop_count());
    agent.receive(at(10), None, worn.clone()).unwrap();
    run_until(&mut agent, at(10));
    events(&mut agent, at(50));
    assert_eq!(forward(&mut agent, at(10)), None);
    assert!(matches!(events(&mut agent, at(50))[..], [Event::Deleted { reason: Reason::HOP_LIMIT, .. }]));
    let mut over = foreign(FAR, 2, "from afar");
    (0..4).for_each(|_| _ = over.raise_hop_count());
    assert_eq!(agent.receive(at(10), None, over), Err(Refusal::HopLimit { limit: 3 }));
}

#[test]
fn a_full_store_refuses_and_recovers() {
    let quotas = Quotas::of(Amount { octets: 1 << 20, bundles: 1 });
    let parameters = AgentParameters { quotas, ..AgentParameters::new(HERE) };
    let mut agent = Agent::new(parameters, plan());
    agent.transmit(at(0), to(FAR, "x")).unwrap();
    let refused = agent.transmit(at(0), to(FAR, "y"));
    assert!(
        matches!(refused, Err(RequestError::Refused(Refusal::Full(full))) if full.quota == Quota::Store && full.free.bundles == 0)
    );
    run_until(&mut agent, at(10));
    let outbound = forward(&mut agent, at(10)).unwrap();
    agent.transfer_ended(at(10), outbound.transfer, Outcome::Across);
    agent.transmit(at(11), to(FAR, "y")).unwrap();
}

/// RFC 9171 §4.4.2: time at nodes and time on the way, 10 ms of light time here, make the age.
#[test]
fn a_source_without_a_clock_ages() {
    let mut agent = agent();
    let bundle = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
        .timestamp(CreationTimestamp { time: DtnTime::UNKNOWN, sequence: 4 })
        .lifetime(Duration::from_secs(100))
        .age(Duration::from_secs(60))
        .payload("x")
        .build()
        .unwrap();
    agent.receive(at(5), None, bundle).unwrap();
    run_until(&mut agent, at(12));
    let outbound = forward(&mut agent, at(12)).unwrap();
    assert_eq!(sent(&mut agent, outbound).age(), Some(Duration::from_millis(67_010)));
    run_until(&mut agent, at(45));
    assert_eq!(agent.counters().deleted, 1);
}

proptest! {
    /// Whatever the layer below says and whenever: a bundle is across once, or deleted once, or still here.
    #[test]
    fn nothing_is_lost(steps in prop::collection::vec((0..45u64, 0..4u8), 1..80)) {
        let mut agent = agent();
        let (mut sent, mut across, mut gone) = (0, 0, 0);
        let mut hands = Vec::new();
        let mut now = at(0);
        for (seconds, what) in steps {
            now = now.max(at(seconds));
            run_until(&mut agent, now);
            match what {
                0 => {
                    agent.transmit(now, to(FAR, "x")).unwrap();
                    sent += 1;
                }
                1 => hands.extend(forward(&mut agent, now)),
                2 => if let Some(outbound) = hands.pop() {
                    agent.transfer_ended(now, outbound.transfer, Outcome::Across);
                }
                _ => if let Some(outbound) = hands.pop() {
                    agent.transfer_ended(now, outbound.transfer, Outcome::Failed);
                }
            }
            for event in events(&mut agent, now) {
                match event {
                    Event::Forwarded { .. } => across += 1,
                    Event::Deleted { .. } => gone += 1,
                    _ => {}
                }
            }
            prop_assert_eq!(sent, across + gone + agent.len());
        }
    }
}

#[test]
fn passive_registrations_wait_to_be_asked() {
    let mut agent = agent();
    let id = agent.register(service(HERE, 7).passive());
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1, "a")).unwrap();
    agent.receive(at(1), Some(NEAR), foreign(HERE, 2, "b")).unwrap();
    assert_eq!(events(&mut agent, at(1)), []);
    let delivery = agent.poll_delivery(at(1), id).unwrap();
    assert_eq!(delivery.payload.octets().unwrap(), "a");
    let mut octets = [0; 8];
    assert_eq!(agent.read(delivery.delivery, 0, &mut octets), Ok(1));
    // What is not acknowledged goes to the next one who registers, first.
    agent.unregister(id);
    let id = agent.register(service(HERE, 7));
    let again: Vec<_> = events(&mut agent, at(2));
    let payloads: Vec<_> = again
        .iter()
        .map(|event| match event {
            Event::Delivered(delivery) => delivery.payload.octets().unwrap().clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(payloads, ["a", "b"]);
    agent.set_active(id, false);
    agent.receive(at(3), Some(NEAR), foreign(HERE, 3, "c")).unwrap();
    assert_eq!(events(&mut agent, at(3)), []);
    agent.set_active(id, true);
    assert_eq!(events(&mut agent, at(3)).len(), 1);
}

#[test]
fn a_bundle_that_comes_back_is_taken_again_and_a_repeated_one_is_not() {
    let mut agent = agent();
    run_until(&mut agent, at(10));
    agent.receive(at(10), Some(NodeNumber(9)), foreign(FAR, 1, "x")).unwrap();
    let outbound = forward(&mut agent, at(10)).unwrap();
    let returned = sent(&mut agent, outbound);
    agent.transfer_ended(at(11), outbound.transfer, Outcome::Across);
    assert!(agent.is_empty());
    // The sender did not hear that it is across and sends it once more.
    let repeated = agent.receive(at(12), Some(NodeNumber(9)), foreign(FAR, 1, "x"));
    assert_eq!(repeated, Err(Refusal::Duplicate));
    // The neighbour has lost its own way to the destination and sends it back.
    assert_eq!(agent.receive(at(12), Some(NEAR), returned), Ok(Reception::Safe));
    assert_eq!(agent.len(), 1);
}

/// Endpoints need not be of this node. What came for them before they were registered, or before a restart, is
/// delivered all the same, whole or in fragments; what is on its way to a neighbour is not called back.
#[test]
fn a_registration_claims_what_came_before_it() {
    let disk = super::disk::Disk::new(7);
    let group: spacelink::bundle::EidPattern = "dtn://group/**".parse().unwrap();
    let bundle = |sequence| {
        Bundle::builder(Eid::ipn(NodeNumber(99), 1), "dtn://group/all".parse().unwrap())
            .timestamp(foreign(HERE, sequence, "").timestamp())
            .lifetime(HOUR)
            .payload("for the group")
            .build()
            .unwrap()
    };
    for run in 0..2 {
        let store = disk.store().unwrap();
        let mut agent = Agent::with_store(AgentParameters::new(HERE), open_plan(), store).unwrap();
        agent.handle_timeout(at(0));
        if run == 0 {
            agent.receive(at(0), Some(NEAR), bundle(1)).unwrap();
            for (offset, len) in [(0, 4), (4, 9)] {
                agent.receive(at(0), Some(NEAR), bundle(2).cut(offset, len).unwrap()).unwrap();
            }
            agent.receive(at(0), Some(NEAR), foreign(NEAR, 3, "for NEAR")).unwrap();
            agent.commit(at(0));
        }
        assert!(!events(&mut agent, at(0)).iter().any(|event| matches!(event, Event::Delivered(_))));
        agent.register(Registration::new(group.clone()));
        let delivered = events(&mut agent, at(0));
        let ids: Vec<_> = delivered
            .iter()
            .filter_map(|event| match event {
                Event::Delivered(delivery) => Some(delivery.id.timestamp.sequence),
                _ => None,
            })
            .collect();
        assert_eq!(ids, [1, 2], "run {run}");
        assert_eq!(agent.managed_information().forward_pending, 1);
    }
}

/// nasa-jpl/ION-DTN#70: a bundle for the null endpoint is for nobody, and is not kept.
#[test]
fn nothing_is_kept_for_the_null_endpoint() {
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    for (sequence, null) in [Eid::NONE, Eid::ipn(NodeNumber(0), 0)].into_iter().enumerate() {
        let bundle = Bundle::builder(Eid::ipn(NodeNumber(99), 1), null.clone())
            .timestamp(foreign(HERE, sequence as u64, "").timestamp())
            .build()
            .unwrap();
        assert_eq!(agent.receive(at(0), Some(NEAR), bundle), Err(Refusal::Nowhere));
        let request = TransmissionRequest::new(null, "x".into(), HOUR);
        assert!(agent.transmit(at(0), request).is_err());
    }
    assert!(agent.is_empty());
}

#[test]
fn check_sequences_are_what_was_asked_for() {
    for crc in [CrcType::Crc16, CrcType::Crc32C] {
        let mut agent = Agent::new(AgentParameters { crc, ..AgentParameters::new(HERE) }, open_plan());
        agent.transmit(at(0), to(NEAR, "x")).unwrap();
        run_until(&mut agent, at(1));
        let outbound = forward(&mut agent, at(1)).expect("the contact is open");
        let sent = sent(&mut agent, outbound);
        assert_eq!((sent.primary().crc_type(), sent.payload_block().crc_type()), (crc, crc));
    }
}

/// What was taken by rules of somebody's choice is still there after a restart, and can still be cut.
#[test]
fn bundles_taken_by_laxer_rules_survive_a_restart() {
    let disk = super::disk::Disk::new(7);
    let mut lax = Rules::LENIENT;
    lax.clockless_age = false;
    lax.max_blocks = 1_000;
    lax.max_name = 5_000;
    let source = format!("dtn://{}/", "n".repeat(4_000)).parse().unwrap();
    let mut builder =
        Bundle::builder(source, Eid::ipn(FAR, 7)).rules(lax).crc(CrcType::None).payload(vec![7; 9_000]);
    for number in 0..300 {
        builder = builder.block(spacelink::bundle::Block::of_type(200, "x").with_number(number + 2));
    }
    let bundle = builder.build().unwrap();
    let start = || {
        let store = disk.store().unwrap();
        let mut agent = Agent::with_store(AgentParameters::new(HERE), open_plan(), store).unwrap();
        agent.handle_timeout(at(0));
        agent
    };
    let mut agent = start();
    agent.receive(at(0), Some(NEAR), bundle.clone()).unwrap();
    agent.commit(at(0));
    drop(agent);
    let mut agent = start();
    assert_eq!((agent.counters().recovered, agent.counters().unreadable), (1, 0));
    let neighbour = spacelink::bpa::NeighbourParameters { max_bundle: 15_000, ..Default::default() };
    agent.set_neighbour(NEAR, neighbour);
    let outbound = forward(&mut agent, at(0)).unwrap();
    let part = Bundle::decode_with(agent.octets(outbound.transfer).unwrap(), &lax).unwrap();
    assert_eq!((part.source(), part.fragment().map(|part| part.total)), (bundle.source(), Some(9_000)));
}

/// Bundles that others send in this node's name do not lead its own timestamps astray after a restart, and those it has
/// used it does not use again.
#[test]
fn others_do_not_set_the_clock() {
    let now = AgentParameters::new(HERE).epoch.0;
    let forged = |time, sequence, to| {
        Bundle::builder(Eid::ipn(HERE, 1), Eid::ipn(to, 7))
            .timestamp(CreationTimestamp { time, sequence })
            .age(Duration::ZERO)
            .build()
            .unwrap()
    };
    for clock in [true, false] {
        let disk = super::disk::Disk::new(7);
        let start = || {
            let epoch = Epoch(if clock { now } else { DtnTime::UNKNOWN });
            let parameters = AgentParameters { epoch, ..AgentParameters::new(HERE) };
            let mut agent = Agent::with_store(parameters, open_plan(), disk.store().unwrap()).unwrap();
            agent.handle_timeout(at(0));
            agent.register(service(HERE, 7).unacknowledged());
            agent
        };
        let mut agent = start();
        let later = DtnTime(now.0 + 5_000_000);
        for (number, time) in [DtnTime::UNKNOWN, later].into_iter().enumerate() {
            let sequence = u64::MAX - number as u64;
            for to in [HERE, FAR] {
                agent.receive(at(0), Some(NEAR), forged(time, sequence - 2, to)).unwrap();
            }
        }
        let first = agent.transmit(at(0), to(FAR, "first")).unwrap();
        while let Some(outbound) = forward(&mut agent, at(0)) {
            agent.transfer_ended(at(0), outbound.transfer, Outcome::Across);
        }
        events(&mut agent, at(0));
        agent.commit(at(0));
        drop(agent);
        let mut agent = start();
        let second = agent.transmit(at(0), to(FAR, "second")).unwrap();
        let expected = CreationTimestamp { sequence: first.timestamp.sequence + 1, ..first.timestamp };
        assert_eq!(second.timestamp, expected, "clock: {clock}");
    }
}
