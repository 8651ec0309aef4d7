//! Figures of a node: as a snapshot, and through the `metrics` facade with the same numbers.

use super::common::{FAR, HERE, NEAR, at, foreign, forward, open_plan, service, to};
use super::link::{linked_pair, run};
use super::recorder::{differences, published};
use spacelink::bpa::{
    Agent, AgentParameters, DeliveryFailure, Event, NeighbourParameters, Outcome, Registration, publish,
};
use spacelink::bundle::{Bundle, EidPattern, Reason};

#[test]
fn what_is_told_is_what_happened() {
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    agent.register(service(HERE, 7));
    agent.transmit(at(0), to(FAR, "made here")).unwrap();
    for (destination, sequence) in [(FAR, 1), (FAR, 2), (HERE, 3)] {
        agent.receive(at(0), Some(NEAR), foreign(destination, sequence, "x")).unwrap();
    }
    let [first, second] = [(); 2].map(|()| forward(&mut agent, at(0)).unwrap());
    agent.transfer_ended(at(0), first.transfer, Outcome::Across);
    agent.transfer_ended(at(0), second.transfer, Outcome::Failed);
    while agent.poll_event(at(0)).is_some() {}
    let told = agent.managed_information();
    assert_eq!((told.created, told.stored, told.failed_forwards, told.registrations), (1, 3, 1, 1));
    assert_eq!((told.forward_pending, told.dispatch_pending, told.reassembly_pending), (2, 1, 0));
    assert_eq!(told.storage_available, (256 << 20) - agent.counters().kept.octets);
    assert_eq!(told.started, AgentParameters::new(HERE).epoch.0);

    let expected = [
        ("spacelink_bpa_sourced node=1", 1.0),
        ("spacelink_bpa_received node=1", 3.0),
        ("spacelink_bpa_forwarded node=1", 1.0),
        ("spacelink_bpa_delivered node=1", 1.0),
        ("spacelink_bpa_abandoned node=1", 0.0),
        ("spacelink_bpa_octets_failed node=1", second.len as f64),
        ("spacelink_bpa_kept_bundles node=1", 3.0),
        ("spacelink_bpa_class_bundles node=1 class=normal", 3.0),
        ("spacelink_bpa_class_bundles node=1 class=bulk", 0.0),
        ("spacelink_bpa_class_octets node=1 class=normal", agent.counters().kept.octets as f64),
        ("spacelink_bpa_forward_pending node=1", 2.0),
        ("spacelink_bpa_dispatch_pending node=1", 1.0),
        ("spacelink_bpa_registrations node=1", 1.0),
        ("spacelink_bpa_started node=1", 820_454_400_000.0),
        ("spacelink_bpa_neighbour_across node=1 neighbour=2", 1.0),
        ("spacelink_bpa_neighbour_failed node=1 neighbour=2", 1.0),
        ("spacelink_bpa_registration_active node=1 registration=0 endpoints=ipn:0.1.7", 1.0),
        ("spacelink_bpa_registration_waiting node=1 registration=0 endpoints=ipn:0.1.7", 0.0),
        ("spacelink_bpa_registration_unacknowledged node=1 registration=0 endpoints=ipn:0.1.7", 1.0),
    ];
    let published = published(|| publish(&agent));
    assert_eq!(differences(&published, expected), [""; 0], "{published:?}");
}

/// A bundle that is cut counts once, however many fragments are made of it.
#[test]
fn bundles_cut_and_fragments_made_are_told_apart() {
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    agent.set_neighbour(NEAR, NeighbourParameters { max_bundle: 1_000, fit_contact: false });
    for payload in [vec![1; 2_500], vec![2; 100], vec![3; 1_500]] {
        agent.transmit(at(0), to(FAR, payload)).unwrap();
    }
    let sent: Vec<_> = std::iter::from_fn(|| forward(&mut agent, at(0))).collect();
    let fragments = sent.iter().filter(|outbound| {
        Bundle::decode(agent.octets(outbound.transfer).unwrap()).unwrap().header().fragment().is_some()
    });
    let fragments = fragments.count() as u64;
    let told = agent.managed_information();
    assert_eq!((told.fragmented, told.fragments_created, sent.len() as u64), (2, fragments, fragments + 1));
    // A transfer that breaks part way cuts a bundle too; the rest of it is a fragment.
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    agent.transmit(at(0), to(FAR, vec![4; 2_500])).unwrap();
    let outbound = forward(&mut agent, at(0)).unwrap();
    agent.transfer_ended(at(0), outbound.transfer, Outcome::Partly(1_000));
    assert_eq!((agent.counters().fragmented, agent.counters().fragments_made), (1, 0));
    agent.handle_timeout(at(5));
    let outbound = forward(&mut agent, at(5)).unwrap();
    agent.transfer_ended(at(5), outbound.transfer, Outcome::Across);
    assert_eq!((agent.counters().fragmented, agent.counters().fragments_made), (1, 1));
    assert!(agent.is_empty());
}

/// What a passive registration does with what comes, and how that is told.
#[test]
fn registrations_and_their_states() {
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    let defers = agent.register(service(HERE, 7).passive());
    let abandons = agent.register(Registration::new(EidPattern::node(FAR)).passive().abandoning());
    for (destination, sequence) in [(HERE, 1), (HERE, 2), (FAR, 3), (FAR, 4)] {
        agent.receive(at(0), Some(NEAR), foreign(destination, sequence, "x")).unwrap();
    }
    agent.poll_delivery(at(0), defers).unwrap();
    let states: Vec<_> = agent
        .registrations()
        .map(|state| {
            let Registration { active, failure, .. } = state.registration;
            (state.id, *active, *failure, state.waiting, state.unacknowledged)
        })
        .collect();
    let expected =
        [(defers, false, DeliveryFailure::Defer, 1, 1), (abandons, false, DeliveryFailure::Abandon, 0, 0)];
    assert_eq!(states, expected);
    assert_eq!((agent.managed_information().abandoned, agent.len()), (2, 2));
    // Abandoned is done with: the same again is a copy, and what comes to an active registration is delivered.
    assert!(agent.receive(at(0), Some(NEAR), foreign(FAR, 3, "x")).is_err());
    agent.set_active(abandons, true);
    agent.receive(at(0), Some(NEAR), foreign(FAR, 5, "x")).unwrap();
    assert!(matches!(agent.poll_event(at(0)), Some(Event::ContactStarted(_))));
    assert!(matches!(agent.poll_event(at(0)), Some(Event::Delivered(_))));
    // What expires no longer waits, and is told by its reason.
    agent.handle_timeout(at(4_000));
    assert!(agent.registrations().all(|state| state.waiting == 0));
    assert_eq!(agent.managed_information().abandoned, 2);
    assert_eq!(agent.deletions().collect::<Vec<_>>(), [(Reason::LIFETIME_EXPIRED, 3)]);
    let octets = agent.counters().octets_deleted as f64;
    let expected = [
        ("spacelink_bpa_deleted_by_reason node=1 reason=1", 3.0),
        ("spacelink_bpa_discarded node=1", 3.0),
        ("spacelink_bpa_expired node=1", 3.0),
        ("spacelink_bpa_octets_deleted node=1", octets),
        ("spacelink_bpa_abandoned node=1", 2.0),
        ("spacelink_bpa_octets_abandoned node=1", 2.0),
    ];
    let published = published(|| publish(&agent));
    assert_eq!(differences(&published, expected), [""; 0], "{published:?}");
    assert_eq!(octets, 3.0 * foreign(HERE, 1, "x").encode().len() as f64);
}

/// Agent, LTP adapter and link of two nodes, of which the second has room for two bundles and gets three.
#[test]
fn a_node_tells_of_its_adapter_and_its_links() {
    let mut nodes = linked_pair(2);
    for number in 0..3 {
        nodes[0].transmit(at(0), to(NEAR, vec![number; 5_000])).unwrap();
    }
    run(&mut nodes, at(0), at(2), |_| false);
    let [sender, receiver] = nodes.map(|node| (published(|| node.publish()), node));
    let span = sender.1.ltp().engine().span_stats(spacelink::ltp::EngineId(NEAR.0)).unwrap();
    let expected = [
        ("spacelink_bpa_sourced node=1", 3.0),
        ("spacelink_ltp_sent node=1", 3.0),
        ("spacelink_ltp_across node=1", 2.0),
        ("spacelink_ltp_failed node=1", 1.0),
        ("spacelink_ltp_refused node=1", 0.0),
        ("spacelink_ltp_received node=1", 0.0),
        ("spacelink_ltp_unintelligible node=1", 0.0),
        ("spacelink_link_frames_sent node=1 neighbour=2 link=1", span.segments_sent as f64),
        ("spacelink_link_segments_sent node=1 neighbour=2 link=1", span.segments_sent as f64),
        (
            "spacelink_link_segments_retransmitted node=1 neighbour=2 link=1",
            span.segments_retransmitted as f64,
        ),
        ("spacelink_link_frames_received node=1 neighbour=2 link=1", span.segments_received as f64),
        ("spacelink_link_units_refused node=1 neighbour=2 link=1", 0.0),
        ("spacelink_link_frames_missing node=1 neighbour=2 link=1", 0.0),
        ("spacelink_link_symbols_corrected node=1 neighbour=2 link=1", 0.0),
        ("spacelink_link_codeblocks_uncorrectable node=1 neighbour=2 link=1", 0.0),
    ];
    assert_eq!(differences(&sender.0, expected), [""; 0], "{:?}", sender.0);
    assert!(span.segments_sent > 10 && span.segments_received > 2, "{span:?}");
    let expected = [
        ("spacelink_ltp_received node=2", 3.0),
        ("spacelink_ltp_refused node=2", 1.0),
        ("spacelink_bpa_refused node=2", 1.0),
        ("spacelink_bpa_received node=2", 2.0),
        ("spacelink_link_frames_received node=2 neighbour=1 link=1", span.segments_sent as f64),
        ("spacelink_link_segments_sent node=2 neighbour=1 link=1", span.segments_received as f64),
    ];
    assert_eq!(differences(&receiver.0, expected), [""; 0], "{:?}", receiver.0);
}
