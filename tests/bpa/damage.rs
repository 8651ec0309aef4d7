//! Octets of a payload that change on the disk between two runs: the bundle is given up with a report, and never goes
//! on with a check sequence that makes it look whole.

use super::common::{FAR, HERE, HOUR, NEAR, at, events, foreign, forward, open_plan, service};
use super::disk::Disk;
use spacelink::bpa::{Agent, AgentParameters, Event, Outcome, ReadError, StoreError};
use spacelink::bundle::{
    AdminRecord, Bundle, BundleFlags, CreationTimestamp, Eid, NodeNumber, Reason, Status,
};
use spacelink::io::store::DurableStore;

const MARK: &[u8] = b"an octet of this changes";

fn start(disk: &Disk) -> Agent<DurableStore> {
    let parameters = AgentParameters { reports_per_second: 9, ..AgentParameters::new(HERE) };
    let mut agent = Agent::with_store(parameters, open_plan(), disk.store().unwrap()).unwrap();
    agent.handle_timeout(at(0));
    agent
}

/// Takes a bundle for `to` and is started again on the damaged disk.
fn damaged(disk: &Disk, to: NodeNumber) -> Agent<DurableStore> {
    let mut agent = start(disk);
    let bundle = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(to, 7))
        .timestamp(CreationTimestamp { time: AgentParameters::new(HERE).epoch.0, sequence: 1 })
        .lifetime(HOUR)
        .flags(BundleFlags::REPORT_DELETION)
        .report_to(Eid::ipn(FAR, 0))
        .payload([&[7; 5_000], MARK].concat())
        .build()
        .unwrap();
    agent.receive(at(0), Some(NEAR), Bundle::decode(bundle.encode().into()).unwrap()).unwrap();
    agent.receive(at(0), Some(NEAR), foreign(to, 2, "undamaged")).unwrap();
    agent.commit(at(0));
    drop(agent);
    disk.damage(MARK);
    start(disk)
}

fn is_given_up(agent: &mut Agent<DurableStore>) {
    let told = events(agent, at(1));
    let reason = Reason::BLOCK_UNINTELLIGIBLE;
    assert!(
        told.iter().any(|event| matches!(event, Event::Deleted { id, reason: why }
            if id.timestamp.sequence == 1 && *why == reason)),
        "{told:?}"
    );
    assert_eq!(agent.counters().damaged, 1);
}

#[test]
fn it_is_not_sent_on() {
    for by_pieces in [false, true] {
        let mut agent = damaged(&Disk::new(1 + u64::from(by_pieces)), FAR);
        let outbound = forward(&mut agent, at(0)).unwrap();
        let read = match by_pieces {
            false => agent.octets(outbound.transfer).map(|octets| octets.len()),
            true => loop {
                match agent.read_transfer(outbound.transfer, &mut [0; 100]) {
                    Ok(1..) => {}
                    read => break read,
                }
            },
        };
        assert!(matches!(read, Err(ReadError::Store(StoreError::Damaged(_)))), "{read:?}");
        agent.transfer_ended(at(0), outbound.transfer, Outcome::Failed);
        is_given_up(&mut agent);
        // What is left are the other bundle and the report.
        let now = at(7);
        agent.handle_timeout(now);
        let mut reported = false;
        while let Some(outbound) = forward(&mut agent, now) {
            let bundle = Bundle::decode(agent.octets(outbound.transfer).unwrap()).unwrap();
            agent.transfer_ended(now, outbound.transfer, Outcome::Across);
            match AdminRecord::decode(bundle.payload()) {
                Ok(AdminRecord::StatusReport(report)) => {
                    assert_eq!(report.deleted, Status::Yes);
                    assert_eq!(report.reason, Reason::BLOCK_UNINTELLIGIBLE);
                    reported = true;
                }
                _ => assert_eq!(bundle.payload(), "undamaged"),
            }
        }
        assert!(reported && agent.is_empty());
    }
}

#[test]
fn it_is_not_delivered_and_a_good_copy_is_welcome() {
    let mut agent = damaged(&Disk::new(3), HERE);
    agent.register(service(HERE, 7));
    let delivered = |agent: &mut Agent<DurableStore>| {
        let told = events(agent, at(1)).into_iter();
        let octets = told.filter_map(|event| match event {
            Event::Delivered(delivery) => delivery.payload.octets().cloned(),
            _ => None,
        });
        octets.collect::<Vec<_>>()
    };
    assert_eq!(delivered(&mut agent), ["undamaged"]);
    assert_eq!(agent.counters().damaged, 1);
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1, "again")).unwrap();
    assert_eq!(delivered(&mut agent), ["again"]);
}

/// Neither is it refused as a copy after a restart, when all that is known is what the disk remembers.
#[test]
fn a_good_copy_is_welcome_after_a_restart_too() {
    let disk = Disk::new(5);
    let mut agent = damaged(&disk, HERE);
    agent.register(service(HERE, 7));
    events(&mut agent, at(1));
    assert_eq!((agent.counters().damaged, agent.len()), (1, 2));
    agent.commit(at(1));
    drop(agent);
    let mut agent = start(&disk);
    assert_eq!(agent.len(), 2, "the other one, which nobody has acknowledged, and the report");
    agent.register(service(HERE, 7));
    agent.receive(at(1), Some(NEAR), foreign(HERE, 1, "again")).unwrap();
    let told = events(&mut agent, at(1));
    let good = |event: &Event| {
        matches!(event, Event::Delivered(delivery)
            if delivery.payload.octets().is_some_and(|octets| octets == "again"))
    };
    assert!(told.iter().any(good), "{told:?}");
}

/// A unit put together from fragments waits for a good copy of the one that is damaged.
#[test]
fn a_fragment_is_waited_for_again() {
    let disk = Disk::new(4);
    let mut agent = start(&disk);
    let payload = [&[1; 2_000], MARK].concat();
    let whole = foreign(HERE, 5, payload.clone());
    let parts = [0..1_000, 1_000..payload.len()];
    let fragments = parts.map(|range| {
        let header = whole.header().cut(range.start as u64, range.len() as u64).unwrap();
        (header, payload[range].to_vec())
    });
    let give = |agent: &mut Agent<DurableStore>, (header, payload): &(_, Vec<u8>)| {
        let key = agent.begin(at(0), Some(NEAR), Clone::clone(header)).unwrap();
        agent.append(at(0), key, payload).unwrap();
        agent.finish(at(0), key).unwrap();
    };
    fragments.iter().for_each(|fragment| give(&mut agent, fragment));
    agent.commit(at(0));
    drop(agent);
    disk.damage(MARK);
    let mut agent = start(&disk);
    agent.register(service(HERE, 7));
    while agent.poll_event(at(1)).is_some() {}
    assert_eq!((agent.counters().damaged, agent.counters().in_reassembly, agent.len()), (1, 1, 1));
    give(&mut agent, &fragments[1]);
    let told = events(&mut agent, at(1));
    let whole = told.iter().any(|event| {
        matches!(event, Event::Delivered(delivery) if delivery.payload.octets().is_some_and(|octets| *octets == payload))
    });
    assert!(whole, "{told:?}");
}
