//! A store that is full for an hour of virtual time: the heap of the agent and of its store does not grow with the
//! time. That what is urgent flows meanwhile, and that all recovers, is shown beside the other tests of agents (`bpa`).

use super::{HEAP, alone};
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, GroupCommit, MemoryStore, Outcome, Quotas, Refusal, Rule, Store,
};
use spacelink::bundle::{Bundle, CreationTimestamp, Eid, EidPattern, NodeNumber};
use spacelink::io::store::DurableStore;
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::Instant;
use std::time::Duration;

const HERE: NodeNumber = NodeNumber(1);
const NEAR: NodeNumber = NodeNumber(2);
const QUOTA: u64 = 1 << 20;

/// Each second sixty bundles come, of which ten are urgent, and twenty can go. Returns the most heap taken in each
/// ten minutes.
fn hour(store: impl Store) -> [usize; 6] {
    let parameters = AgentParameters {
        quotas: Quotas::of(Amount { octets: QUOTA, bundles: 10_000 }),
        remembered: 2_000,
        // What is to be written is written once a minute.
        group: GroupCommit { delay: Duration::from_secs(60), ..AgentParameters::new(HERE).group },
        ..AgentParameters::new(HERE)
    };
    let contact = Contact {
        from: HERE,
        to: NEAR,
        start: PlanTime::from_secs(0),
        end: PlanTime::from_secs(10_000),
        rate: 1_000_000_000,
        light_time: Duration::ZERO,
    };
    let plan = ContactPlan::from_contacts(vec![contact]).unwrap();
    let before = HEAP.current_usage();
    let mut agent = Agent::with_store(parameters, plan, store).unwrap();
    let destination = |class: Class| Eid::ipn(NEAR, class as u64 + 1);
    for class in Class::ALL {
        let destination = EidPattern::from(&destination(class));
        agent.add_rule(Rule { source: EidPattern::any(), destination, class });
    }
    let mut sequence = 0;
    let mut refused = 0;
    [0, 1, 2, 3, 4, 5].map(|part| {
        HEAP.reset_peak_usage();
        for second in part * 600..(part + 1) * 600 {
            let now = Instant::from_secs(second);
            agent.handle_timeout(now);
            for number in 0..60 {
                let class = Class::ALL[if number < 10 { 2 } else { number % 2 }];
                sequence += 1;
                let bundle = Bundle::builder(Eid::ipn(NodeNumber(99), 1), destination(class))
                    .timestamp(CreationTimestamp { time: parameters.epoch.dtn_time(now), sequence })
                    .lifetime(Duration::from_secs(300 + sequence % 600))
                    .payload(vec![7; 700])
                    .build();
                match agent.receive(now, Some(NodeNumber(50)), bundle.unwrap()) {
                    Ok(_) => {}
                    Err(Refusal::Full(_)) if class < Class::Expedited => refused += 1,
                    Err(other) => panic!("{class:?}: {other}"),
                }
            }
            for _ in 0..20 {
                let Some(outbound) = agent.poll_forward(now, NEAR) else { break };
                assert!(agent.octets(outbound.transfer).is_ok());
                agent.transfer_ended(now, outbound.transfer, Outcome::Across);
            }
            while agent.poll_event(now).is_some() {}
        }
        assert!(
            agent.counters().kept.octets > QUOTA * 9 / 10 && refused > 10_000 * (part + 1),
            "it was full"
        );
        HEAP.peak_usage().saturating_sub(before)
    })
}

/// What comes lives for a quarter of an hour at most, so after twenty minutes as much is forgotten as is noted.
fn is_flat(heap: [usize; 6]) {
    println!("most heap in each ten minutes: {heap:?}");
    assert!(heap[2..].iter().all(|heap_later| *heap_later <= heap[1] + heap[1] / 50), "{heap:?}");
}

#[test]
fn in_memory() {
    let _alone = alone();
    is_flat(hour(MemoryStore::new()));
}

#[test]
fn on_disk() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    is_flat(hour(DurableStore::open(folder.path().join("bundles")).unwrap()));
}
