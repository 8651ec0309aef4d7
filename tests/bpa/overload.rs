//! A store that is full for an hour of virtual time, with ten times as much coming as can go: what is urgent still
//! flows, what is kept stays within the quota, and all recovers by itself.
//!
//! Run by itself: `cargo test --test bpa overload`.

use super::common::{FAR, HERE, NEAR, at, contact, foreign};
use super::disk::Disk;
use super::homes::{Home, InFile, InMemory, OnDisk};
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, Event, GroupCommit, Outcome, Quotas, Refusal, Rule,
};
use spacelink::bundle::{Bundle, Eid, EidPattern, NodeNumber};
use spacelink::routing::{Contact, ContactPlan};
use std::time::Duration;

const QUOTA: u64 = 50_000;

fn hour_of_overload(home: &impl Home, group: GroupCommit) {
    let quotas = Quotas::of(Amount { octets: QUOTA, bundles: 1_000 });
    let parameters = AgentParameters { quotas, remembered: 5_000, group, ..AgentParameters::new(HERE) };
    let line = Contact { rate: 1_000_000_000, ..contact(HERE, NEAR, 0, 100_000) };
    let plan = ContactPlan::from_contacts(vec![line, contact(NEAR, FAR, 0, 100_000)]).unwrap();
    let mut agent = Agent::with_store(parameters, plan, home.open()).unwrap();
    let rule = |service: u64, class| Rule {
        source: EidPattern::any(),
        destination: EidPattern::from(&Eid::ipn(FAR, service)),
        class,
    };
    agent.add_rule(rule(1, Class::Expedited));
    agent.add_rule(rule(3, Class::Bulk));
    let (mut urgent, mut urgent_sent, mut refused, mut most) = (0, 0, 0, 0);
    let mut waiting = std::collections::VecDeque::new();
    for second in 0..3_600 {
        let now = at(second);
        agent.handle_timeout(now);
        // Each second: one urgent bundle, ten others; two can go.
        for number in 0..11 {
            let service = [1, 2, 3][usize::from(number > 0) + usize::from(number > 5)];
            let bundle = addressed(service, second * 11 + number);
            match agent.receive(now, Some(NodeNumber(50)), bundle) {
                Ok(_) => urgent += u32::from(service == 1),
                Err(Refusal::Full(_)) => {
                    assert_ne!(service, 1, "urgent refused in second {second}");
                    refused += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
        for _ in 0..2 {
            if let Some(outbound) = agent.poll_forward(now, NEAR) {
                urgent_sent += u32::from(outbound.class == Class::Expedited);
                let octets = agent.octets(outbound.transfer).unwrap();
                waiting.push_back((outbound.transfer, octets.len()));
            }
        }
        // Confirmed three seconds later.
        if waiting.len() > 6 {
            for (transfer, _) in waiting.drain(..2) {
                agent.transfer_ended(now, transfer, Outcome::Across);
            }
        }
        while let Some(event) = agent.poll_event(now) {
            assert!(!matches!(event, Event::NotKept(_)));
        }
        let kept = agent.counters().kept;
        most = most.max(kept.octets);
        assert!(kept.octets <= QUOTA, "{kept:?} in second {second}");
        assert!(agent.counters().remembered <= 5_000);
    }
    assert_eq!((urgent, urgent_sent), (3_600, 3_600), "each in its own second");
    assert!(refused > 10_000, "{refused}");
    assert!(most > QUOTA * 9 / 10, "it was full: {most}");
    // The flood ends. All that is kept goes, and there is room again.
    let mut now = at(3_600);
    for second in 3_600..10_000 {
        now = at(second);
        agent.handle_timeout(now);
        waiting.drain(..).for_each(|(transfer, _)| agent.transfer_ended(now, transfer, Outcome::Across));
        while let Some(outbound) = agent.poll_forward(now, NEAR) {
            agent.transfer_ended(now, outbound.transfer, Outcome::Across);
        }
        while agent.poll_event(now).is_some() {}
        if agent.is_empty() {
            break;
        }
    }
    assert_eq!((agent.len(), agent.counters().kept), (0, Amount::default()));
    agent.commit(now);
    agent.receive(now, None, addressed(2, 1_000_000)).unwrap();
}

fn addressed(service: u64, sequence: u64) -> Bundle {
    Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, service))
        .timestamp(foreign(FAR, sequence + 10, "").timestamp())
        .lifetime(3 * super::common::HOUR)
        .hop_limit(9)
        .payload(vec![service as u8; 500])
        .build()
        .unwrap()
}

const GROUP: GroupCommit = GroupCommit { delay: Duration::from_millis(10), octets: 8 << 20, steps: 4_096 };

#[test]
fn in_memory() {
    hour_of_overload(&InMemory, GROUP);
}

#[test]
fn durable() {
    let disk = Disk::new(1);
    hour_of_overload(&OnDisk(disk.clone()), GROUP);
    // 50 kB of bundles, an hour of identities and what the database needs.
    assert!(disk.octets() < 8 << 20, "{} octets on the disk", disk.octets());
}

/// Commits wait for a disk that is real here: one for each minute.
#[test]
fn durable_in_files() {
    let home = InFile::new();
    hour_of_overload(&home, GroupCommit { delay: Duration::from_secs(60), ..GROUP });
    assert!(home.octets() < 16 << 20, "{} octets in the files", home.octets());
}
