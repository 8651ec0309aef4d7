//! Fragments by the hundred thousand: of one unit that is never whole, and of as many units as there is room for. Time
//! and heap grow with their number, not with its square.

use super::{alone, bounded};
use spacelink::bpa::{Agent, AgentParameters};
use spacelink::bundle::{Bundle, CreationTimestamp, Eid, NodeNumber};
use spacelink::routing::ContactPlan;
use spacelink::time::Instant;
use std::time::Duration;

const HERE: NodeNumber = NodeNumber(1);

fn unit(sequence: u64, len: usize) -> Bundle {
    Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(HERE, 7))
        .timestamp(CreationTimestamp { time: AgentParameters::new(HERE).epoch.0, sequence })
        .lifetime(Duration::from_secs(100))
        .payload(vec![7; len])
        .build()
        .unwrap()
}

/// Has an agent take fragments, and wait until all of them have expired.
fn outlived(name: &str, fragments: impl Iterator<Item = Bundle>) {
    let _alone = alone();
    let fragments: Vec<_> = fragments.collect();
    let octets = fragments.iter().map(|fragment| fragment.header().encoded_len() as usize).sum();
    bounded(name, octets, 40, || {
        let mut agent = Agent::new(AgentParameters::new(HERE), ContactPlan::default());
        let number = fragments.len();
        for fragment in fragments {
            agent.receive(Instant::ZERO, None, fragment).unwrap();
        }
        assert_eq!(agent.len(), number);
        agent.handle_timeout(Instant::from_secs(100));
        assert!(agent.is_empty());
    });
}

#[test]
fn of_one_unit() {
    let len = 100_000;
    let whole = unit(1, len);
    // The last but one is missing.
    let offsets = std::iter::once(len - 1).chain(0..len - 2);
    outlived("fragments of one unit", offsets.map(|offset| whole.cut(offset as u64, 1).unwrap()));
}

#[test]
fn of_very_many_units() {
    // All of them whole; nobody is there to take them.
    let units = (0..80_000).map(|sequence| unit(sequence, 2));
    outlived(
        "units of two fragments",
        units.flat_map(|unit| [0, 1].map(|offset| unit.cut(offset, 1).unwrap())),
    );
}
