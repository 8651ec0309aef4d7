//! Priority classes: order of sending, room made, quotas.

use super::common::{FAR, HERE, NEAR, at, events, foreign, forward, open_plan, run_until, sent, to};
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, Event, NeighbourParameters, Outcome, Quota, Quotas, Refusal, Rule,
    TransmissionRequest,
};
use spacelink::bundle::{EidPattern, Reason};

fn agent(quotas: Quotas) -> Agent {
    let mut agent = Agent::new(AgentParameters { quotas, ..AgentParameters::new(HERE) }, open_plan());
    agent.handle_timeout(at(0));
    agent
}

fn of_class(class: Class, payload: Vec<u8>) -> TransmissionRequest {
    TransmissionRequest { class, ..to(FAR, payload) }
}

fn bundles(bundles: u64) -> Amount {
    Amount { octets: u64::MAX, bundles }
}

#[test]
fn an_urgent_bundle_waits_for_one_fragment_of_a_long_one() {
    let mut agent = agent(Quotas::of(Amount::UNLIMITED));
    agent.set_neighbour(NEAR, NeighbourParameters { max_bundle: 10_000, ..NeighbourParameters::default() });
    agent.transmit(at(0), of_class(Class::Bulk, vec![1; 1_000_000])).unwrap();
    let first = forward(&mut agent, at(0)).unwrap();
    assert!(first.len <= 10_000);
    agent.transmit(at(0), of_class(Class::Normal, vec![2])).unwrap();
    agent.transmit(at(0), of_class(Class::Expedited, vec![3])).unwrap();
    let next: Vec<_> = (0..3).map(|_| forward(&mut agent, at(0)).unwrap().class).collect();
    assert_eq!(next, [Class::Expedited, Class::Normal, Class::Bulk]);
    assert_eq!(agent.poll_forward_urgent(at(0), NEAR), None);
}

#[test]
fn rules_give_classes() {
    let mut agent = agent(Quotas::of(Amount::UNLIMITED));
    let rule =
        |source: &str, class| Rule { source: source.parse().unwrap(), destination: EidPattern::any(), class };
    agent.add_rule(rule("ipn:99.2", Class::Bulk));
    agent.add_rule(rule("ipn:99.*", Class::Expedited));
    agent.receive(at(0), Some(NEAR), foreign(FAR, 1, "x")).unwrap();
    assert_eq!(forward(&mut agent, at(0)).unwrap().class, Class::Expedited);
}

#[test]
fn less_urgent_bundles_make_room_the_newest_first() {
    let mut agent = agent(Quotas::of(bundles(3)));
    let kept = agent.transmit(at(0), of_class(Class::Bulk, vec![1])).unwrap();
    let gone = agent.transmit(at(0), of_class(Class::Bulk, vec![2])).unwrap();
    agent.transmit(at(0), of_class(Class::Normal, vec![3])).unwrap();
    agent.transmit(at(0), of_class(Class::Expedited, vec![4])).unwrap();
    assert_eq!(
        events(&mut agent, at(0))[1..],
        [Event::Deleted { id: gone, reason: Reason::DEPLETED_STORAGE }]
    );
    let refused = agent.receive(at(0), Some(NEAR), foreign(FAR, 1, vec![0; 10]));
    assert!(refused.is_ok(), "one of bulk is left to make room");
    assert_eq!(events(&mut agent, at(0)), [Event::Deleted { id: kept, reason: Reason::DEPLETED_STORAGE }]);
    // Equals do not make room for each other.
    let refused = agent.receive(at(0), Some(NEAR), foreign(FAR, 2, vec![0; 10]));
    assert!(matches!(refused, Err(Refusal::Full(full)) if full.quota == Quota::Store));
    assert_eq!((agent.counters().evicted, agent.len()), (2, 3));
}

#[test]
fn what_is_under_way_makes_no_room_and_nothing_goes_in_vain() {
    let mut agent = agent(Quotas::of(Amount { octets: 10_000, bundles: 100 }));
    agent.transmit(at(0), of_class(Class::Bulk, vec![1; 2_000])).unwrap();
    let outbound = forward(&mut agent, at(0)).unwrap();
    agent.transmit(at(0), of_class(Class::Normal, vec![2; 7_000])).unwrap();
    // More than bulk traffic could make room for.
    assert!(agent.transmit(at(0), of_class(Class::Normal, vec![3; 5_000])).is_err());
    assert!(agent.transmit(at(0), of_class(Class::Normal, vec![3; 20_000])).is_err());
    assert!(agent.transmit(at(0), of_class(Class::Normal, vec![3; 2_000])).is_err());
    assert_eq!((agent.len(), agent.counters().evicted), (2, 0));
    agent.transfer_ended(at(0), outbound.transfer, Outcome::Across);
    agent.transmit(at(0), of_class(Class::Normal, vec![3; 2_000])).unwrap();
}

#[test]
fn quotas_of_sources_and_classes() {
    let mut quotas = Quotas::of(bundles(100));
    quotas.source = bundles(2);
    quotas.class[Class::Bulk as usize] = bundles(1);
    let mut agent = agent(quotas);
    agent.receive(at(0), Some(NEAR), foreign(FAR, 1, "x")).unwrap();
    agent.receive(at(0), Some(NEAR), foreign(FAR, 2, "x")).unwrap();
    let refused = agent.receive(at(0), Some(NEAR), foreign(FAR, 3, "x"));
    assert!(matches!(refused, Err(Refusal::Full(full)) if full.quota == Quota::Source), "{refused:?}");
    agent.transmit(at(0), of_class(Class::Bulk, vec![1])).unwrap();
    let refused = agent.transmit(at(0), of_class(Class::Bulk, vec![1]));
    assert!(refused.unwrap_err().to_string().contains("Class(Bulk)"));
    // Room comes back with what goes.
    let outbound = forward(&mut agent, at(0)).unwrap();
    sent(&mut agent, outbound);
    agent.transfer_ended(at(0), outbound.transfer, Outcome::Across);
    agent.receive(at(0), Some(NEAR), foreign(FAR, 3, "x")).unwrap();
    run_until(&mut agent, at(4_000));
    assert_eq!((agent.len(), agent.counters().kept), (0, Amount::default()));
}
