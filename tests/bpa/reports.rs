//! Status reports, echo and ping.

use super::common::{FAR, HERE, HOUR, NEAR, at, events, foreign, forward, open_plan, sent, service};
use spacelink::bpa::{Agent, AgentParameters, Event, Outcome, Ping, Refusal, TransmissionRequest};
use spacelink::bundle::{
    AdminRecord, Block, BlockFlags, Bundle, BundleFlags, CreationTimestamp, Eid, NodeNumber, Reason, Status,
};
use spacelink::routing::ContactPlan;
use spacelink::time::DtnTime;
use std::time::Duration;

const ALL: BundleFlags = BundleFlags(
    BundleFlags::REPORT_RECEPTION.0
        | BundleFlags::REPORT_FORWARDING.0
        | BundleFlags::REPORT_DELIVERY.0
        | BundleFlags::REPORT_DELETION.0
        | BundleFlags::STATUS_TIME.0,
);

fn agent(reports_per_second: u32) -> Agent {
    let parameters =
        AgentParameters { reports_per_second, echo_service: Some(12), ..AgentParameters::new(HERE) };
    let mut agent = Agent::new(parameters, open_plan());
    agent.handle_timeout(at(0));
    events(&mut agent, at(0));
    agent
}

/// A bundle that asks for everything to be reported to node 3.
fn asking(to: NodeNumber, sequence: u64, flags: BundleFlags) -> Bundle {
    Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(to, 7))
        .timestamp(CreationTimestamp { time: AgentParameters::new(HERE).epoch.0, sequence })
        .lifetime(HOUR)
        .flags(flags)
        .report_to(Eid::ipn(FAR, 0))
        .payload("payload")
        .build()
        .unwrap()
}

/// The reports that wait to be sent, told in words.
fn reports(agent: &mut Agent) -> Vec<(&'static str, Reason)> {
    let mut reports = Vec::new();
    while let Some(outbound) = forward(agent, at(1)) {
        let bundle = sent(agent, outbound);
        agent.transfer_ended(at(1), outbound.transfer, Outcome::Across);
        if !bundle.is_admin_record() {
            continue;
        }
        assert!(!bundle.flags().asks_reports());
        assert_eq!(bundle.destination(), &Eid::ipn(FAR, 0));
        let Ok(AdminRecord::StatusReport(report)) = AdminRecord::decode(bundle.payload()) else {
            panic!("no report")
        };
        let said = [
            ("received", report.received),
            ("forwarded", report.forwarded),
            ("delivered", report.delivered),
            ("deleted", report.deleted),
        ];
        let said: Vec<_> = said.into_iter().filter(|(_, status)| status.asserted()).collect();
        let [(word, Status::At(_))] = said[..] else { panic!("{said:?}") };
        reports.push((word, report.reason));
    }
    reports
}

#[test]
fn reports_are_off_by_default() {
    let mut agent = agent(0);
    agent.register(service(HERE, 7).unacknowledged());
    agent.receive(at(0), Some(NEAR), asking(HERE, 1, ALL)).unwrap();
    events(&mut agent, at(0));
    assert_eq!((reports(&mut agent), agent.counters().reports_sent), (vec![], 0));
}

#[test]
fn what_was_asked_is_reported() {
    let mut agent = agent(100);
    agent.register(service(HERE, 7).unacknowledged());
    agent.receive(at(0), Some(NEAR), asking(HERE, 1, ALL)).unwrap();
    events(&mut agent, at(0));
    let none = Reason::NO_INFORMATION;
    assert_eq!(reports(&mut agent), [("received", none), ("delivered", none)]);
    agent.receive(at(0), Some(NEAR), asking(FAR, 2, ALL)).unwrap();
    assert_eq!(reports(&mut agent), [("received", none), ("forwarded", none)]);
    let late = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
        .timestamp(CreationTimestamp { time: DtnTime(5), sequence: 3 })
        .flags(ALL)
        .report_to(Eid::ipn(FAR, 0))
        .build()
        .unwrap();
    assert_eq!(agent.receive(at(0), Some(NEAR), late), Err(Refusal::Expired));
    assert_eq!(reports(&mut agent), [("deleted", Reason::LIFETIME_EXPIRED)]);
    // A copy is nobody's news.
    assert_eq!(agent.receive(at(0), Some(NEAR), asking(HERE, 1, ALL)), Err(Refusal::Duplicate));
    assert_eq!(reports(&mut agent), []);
}

/// RFC 9171 §5.6: what is no bundle is deleted, and its primary block, if it is right, says whom to tell.
#[test]
fn what_is_not_understood_is_reported() {
    let mut agent = agent(100);
    let mut reported = |octets: &[u8]| {
        let error = Bundle::decode(octets.to_vec().into()).unwrap_err();
        agent.report_unintelligible(at(0), octets, &error);
        reports(&mut agent)
    };
    let whole = asking(FAR, 1, ALL).encode();
    let deleted = [("deleted", Reason::BLOCK_UNINTELLIGIBLE)];
    // The payload is damaged, cut off, or followed by something else.
    let mut damaged = whole.clone();
    damaged[whole.len() - 8] ^= 1;
    assert_eq!(reported(&damaged), deleted);
    assert_eq!(reported(&whole[..whole.len() - 9]), deleted);
    assert_eq!(reported(&[&whole[..], &[0]].concat()), deleted);
    // What the primary block says is not to be trusted, or asks for nothing.
    let mut damaged = whole.clone();
    damaged[12] ^= 1;
    assert_eq!(reported(&damaged), []);
    assert_eq!(reported(&whole[..20]), []);
    assert_eq!(reported(&[]), []);
    let silent = asking(FAR, 1, BundleFlags::REPORT_RECEPTION).encode();
    assert_eq!(reported(&silent[..silent.len() - 1]), []);
    // Of a fragment it must be known how long it was to be.
    let part = asking(FAR, 1, ALL).cut(2, 3).unwrap().encode();
    assert_eq!(reported(&part[..part.len() - 1]), deleted);
    let head = part.windows(2).rposition(|octets| octets == [0x86, 1]).unwrap();
    assert_eq!(reported(&part[..head + 2]), []);
}

/// RFC 9171 §5.7: what is delivered is the whole unit, whatever fragments it came in.
#[test]
fn delivery_of_fragments_is_reported_of_the_whole() {
    let mut agent = agent(100);
    agent.register(service(HERE, 7).unacknowledged());
    let flags = BundleFlags::REPORT_DELIVERY | BundleFlags::REPORT_RECEPTION;
    let whole = asking(HERE, 1, flags);
    for part in [(0, 2), (2, whole.payload_len() - 2)].map(|(at, len)| whole.cut(at, len).unwrap()) {
        agent.receive(at(0), Some(NEAR), part).unwrap();
    }
    events(&mut agent, at(0));
    let mut told = Vec::new();
    while let Some(outbound) = forward(&mut agent, at(0)) {
        let bundle = sent(&mut agent, outbound);
        agent.transfer_ended(at(0), outbound.transfer, Outcome::Across);
        let Ok(AdminRecord::StatusReport(report)) = AdminRecord::decode(bundle.payload()) else {
            panic!("no report")
        };
        assert_eq!((&report.source, report.timestamp), (whole.source(), whole.timestamp()));
        told.push((report.delivered.asserted(), report.fragment.map(|part| (part.offset, part.len))));
    }
    let rest = whole.payload_len() - 2;
    assert_eq!(told, [(false, Some((0, 2))), (false, Some((2, rest))), (true, None)]);
}

/// A block of a known type that is encrypted is not unknown: somebody may decrypt it.
#[test]
fn an_encrypted_block_of_a_known_type_is_not_unknown() {
    let mut agent = agent(100);
    let hidden = Block::of_type(10, "secret")
        .with_number(5)
        .with_flags(BlockFlags::DELETE_BUNDLE_UNPROCESSED | BlockFlags::REPORT_UNPROCESSED);
    let bundle = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
        .timestamp(foreign(FAR, 1, "").timestamp())
        .report_to(Eid::ipn(FAR, 0))
        .block(hidden)
        .block(Block::of_type(12, vec![0x81, 5, 2, 0, 0x82, 1, 0, 0x81, 0x80]))
        .build()
        .unwrap();
    agent.receive(at(0), Some(NEAR), bundle).unwrap();
    assert_eq!(agent.counters().reports_sent, 0);
}

/// RFC 9171 §3.3: an application may change its mind.
#[test]
fn a_request_to_send_can_be_cancelled() {
    let mut agent = agent(100);
    let request = TransmissionRequest {
        flags: ALL,
        report_to: Eid::ipn(FAR, 0),
        ..TransmissionRequest::new(Eid::ipn(FAR, 7), "x".into(), HOUR)
    };
    let id = agent.transmit(at(0), request.clone()).unwrap();
    let other = agent.transmit(at(0), request).unwrap();
    agent.receive(at(0), Some(NEAR), foreign(FAR, 1, "of another")).unwrap();
    assert!(!agent.cancel(at(0), &foreign(FAR, 1, "").id()), "not made here");
    assert!(agent.cancel(at(0), &id));
    assert!(!agent.cancel(at(0), &id));
    let deleted = Event::Deleted { id, reason: Reason::CANCELLED };
    assert_eq!(events(&mut agent, at(0)).last(), Some(&deleted));
    let outbound = forward(&mut agent, at(0)).unwrap();
    assert_eq!(sent(&mut agent, outbound).id(), other);
    // One that is on its way to the neighbour is given up with it.
    assert!(agent.cancel(at(0), &other));
    agent.transfer_ended(at(0), outbound.transfer, Outcome::Across);
}

/// RFC 9171 §4.2.7, §4.4.2: without a clock there is no creation time, but an age, and no time in reports.
#[test]
fn a_node_without_a_clock() {
    let epoch = spacelink::time::Epoch(DtnTime::UNKNOWN);
    let parameters = AgentParameters { epoch, reports_per_second: 9, ..AgentParameters::new(HERE) };
    let mut agent = Agent::new(parameters, open_plan());
    agent.handle_timeout(at(100));
    agent.count_from(70);
    let request = TransmissionRequest::new(Eid::ipn(FAR, 7), "x".into(), Duration::from_secs(60));
    for sequence in 70..73 {
        let id = agent.transmit(at(100), request.clone()).unwrap();
        assert_eq!(id.timestamp, CreationTimestamp { time: DtnTime::UNKNOWN, sequence });
    }
    let outbound = forward(&mut agent, at(110)).unwrap();
    assert_eq!(sent(&mut agent, outbound).age(), Some(Duration::from_millis(10_010)), "with light time");
    agent.transfer_ended(at(110), outbound.transfer, Outcome::Across);
    // Of others too, lifetimes go by age.
    let old = |age| {
        Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
            .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: age })
            .flags(ALL)
            .report_to(Eid::ipn(FAR, 0))
            .lifetime(Duration::from_secs(60))
            .age(Duration::from_secs(age))
            .build()
            .unwrap()
    };
    assert_eq!(agent.receive(at(110), Some(NEAR), old(60)), Err(Refusal::Expired));
    let report = agent.len();
    agent.receive(at(110), Some(NEAR), old(10)).unwrap();
    super::common::run_until(&mut agent, at(159));
    assert!(agent.len() > report);
    super::common::run_until(&mut agent, at(160));
    let Some(outbound) = forward(&mut agent, at(160)) else { panic!("no report") };
    let bundle = sent(&mut agent, outbound);
    assert_eq!((bundle.timestamp().time, bundle.age().is_some()), (DtnTime::UNKNOWN, true));
    let Ok(AdminRecord::StatusReport(told)) = AdminRecord::decode(bundle.payload()) else { panic!() };
    assert_eq!((told.deleted, told.reason), (Status::Yes, Reason::LIFETIME_EXPIRED));
}

/// RFC 9758 §5.4: the local node's own name means this node here, and never comes from elsewhere or goes there.
#[test]
fn the_local_node_is_a_name_for_use_here() {
    let mut agent = agent(0);
    let to_itself = |service| Eid::ipn(NodeNumber::LOCAL, service);
    agent.register(service(HERE, 7).unacknowledged());
    let request = TransmissionRequest::new(to_itself(7), "to myself".into(), HOUR);
    agent.transmit(at(0), request).unwrap();
    assert!(matches!(&events(&mut agent, at(0))[..], [Event::Delivered(_)]));
    let request = TransmissionRequest {
        report_to: to_itself(0),
        ..TransmissionRequest::new(Eid::ipn(FAR, 7), "x".into(), HOUR)
    };
    agent.transmit(at(0), request).unwrap();
    let outbound = forward(&mut agent, at(0)).unwrap();
    assert_eq!(sent(&mut agent, outbound).report_to(), &Eid::ipn(HERE, 0));
    let time = foreign(HERE, 1, "").timestamp();
    for (source, destination) in [(to_itself(1), Eid::ipn(HERE, 7)), (Eid::ipn(FAR, 1), to_itself(7))] {
        let bundle = Bundle::builder(source, destination).timestamp(time).build().unwrap();
        let refused = Refusal::Bundle(spacelink::bundle::BundleError::LocalNode);
        assert_eq!(agent.receive(at(0), Some(NEAR), bundle), Err(refused));
    }
}

#[test]
fn reports_are_limited_and_resume() {
    let mut agent = agent(3);
    for sequence in 0..50 {
        agent.receive(at(0), Some(NEAR), asking(FAR, sequence, ALL)).unwrap();
    }
    let counters = agent.counters();
    assert_eq!((counters.reports_sent, counters.reports_withheld), (3, 47));
    agent.receive(at(2), Some(NEAR), asking(FAR, 50, ALL)).unwrap();
    assert_eq!(agent.counters().reports_sent, 4);
}

#[test]
fn unknown_blocks_are_treated_as_their_flags_ask() {
    let mut agent = agent(100);
    let with = |sequence, flags| {
        Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
            .timestamp(CreationTimestamp { time: AgentParameters::new(HERE).epoch.0, sequence })
            .flags(BundleFlags(BundleFlags::REPORT_DELETION.0 | BundleFlags::STATUS_TIME.0))
            .report_to(Eid::ipn(FAR, 0))
            .block(Block::of_type(200, "x").with_flags(flags))
            .build()
            .unwrap()
    };
    agent.receive(at(0), Some(NEAR), with(1, BlockFlags::NONE)).unwrap();
    let outbound = forward(&mut agent, at(0)).unwrap();
    assert!(sent(&mut agent, outbound).blocks().iter().any(|block| block.block_type() == 200));
    agent.transfer_ended(at(0), outbound.transfer, Outcome::Across);
    agent.receive(at(0), Some(NEAR), with(2, BlockFlags::REMOVE_UNPROCESSED)).unwrap();
    let outbound = forward(&mut agent, at(0)).unwrap();
    assert!(!sent(&mut agent, outbound).blocks().iter().any(|block| block.block_type() == 200));
    agent.transfer_ended(at(0), outbound.transfer, Outcome::Across);
    let deleted = agent.receive(at(0), Some(NEAR), with(3, BlockFlags::DELETE_BUNDLE_UNPROCESSED));
    assert_eq!(deleted, Err(Refusal::Unsupported { block_type: 200 }));
    assert_eq!(reports(&mut agent), [("deleted", Reason::BLOCK_UNSUPPORTED)]);
    agent.receive(at(0), Some(NEAR), with(4, BlockFlags::REPORT_UNPROCESSED)).unwrap();
    assert_eq!(reports(&mut agent), [("received", Reason::BLOCK_UNSUPPORTED)]);
    let copy = agent.receive(at(0), Some(NEAR), with(4, BlockFlags::REPORT_UNPROCESSED));
    assert_eq!((copy, reports(&mut agent)), (Err(Refusal::Duplicate), vec![]));
}

#[test]
fn reports_about_this_nodes_bundles_are_told() {
    let mut near =
        Agent::new(AgentParameters { reports_per_second: 5, ..AgentParameters::new(NEAR) }, open_plan());
    let mut here = agent(0);
    let request = TransmissionRequest {
        flags: ALL,
        report_to: Eid::ipn(HERE, 0),
        ..TransmissionRequest::new(Eid::ipn(NEAR, 7), "x".into(), HOUR)
    };
    let id = here.transmit(at(0), request).unwrap();
    let outbound = forward(&mut here, at(0)).unwrap();
    let bundle = sent(&mut here, outbound);
    near.receive(at(0), Some(HERE), bundle).unwrap();
    // There is no way back in the plan: the report is made and waits. It is carried by hand.
    assert_eq!(near.counters().reports_sent, 1);
    let mut report = spacelink::bundle::StatusReport {
        received: Status::Yes,
        forwarded: Status::No,
        delivered: Status::No,
        deleted: Status::No,
        reason: Reason::NO_INFORMATION,
        source: id.source.clone(),
        timestamp: id.timestamp,
        fragment: None,
    };
    for sequence in 0..3 {
        report.reason = Reason(sequence);
        let record = AdminRecord::StatusReport(report.clone()).encode();
        let bundle = Bundle::builder(Eid::ipn(NEAR, 0), Eid::ipn(HERE, 0))
            .timestamp(CreationTimestamp { time: AgentParameters::new(HERE).epoch.0, sequence })
            .flags(BundleFlags::ADMIN_RECORD)
            .payload(record)
            .build()
            .unwrap();
        here.receive(at(0), Some(NEAR), bundle).unwrap();
        let told = events(&mut here, at(0));
        assert_eq!(told, [Event::Reported { by: Eid::ipn(NEAR, 0), report: report.clone() }]);
    }
    // Nothing is ever reported about a report.
    assert_eq!(here.counters().reports_sent, 0);
}

#[test]
fn ping_and_echo() {
    // Here and there, with a line of a second between them that takes turns.
    let both = |from, to| super::common::contact(from, to, 0, 100);
    let plan = || ContactPlan::from_contacts(vec![both(HERE, NEAR), both(NEAR, HERE)]).unwrap();
    let mut here = Agent::new(AgentParameters::new(HERE), plan());
    here.register(service(HERE, 5));
    let mut near =
        Agent::new(AgentParameters { echo_service: Some(12), ..AgentParameters::new(NEAR) }, plan());
    let mut ping = Ping::new(at(0), Eid::ipn(NEAR, 12), 5, Duration::from_secs(3), 64, 4);
    let mut answers = Vec::new();
    for second in 0..20 {
        let now = at(second);
        here.handle_timeout(now);
        near.handle_timeout(now);
        while let Some(outbound) = near.poll_forward(now, HERE) {
            let bundle = sent(&mut near, outbound);
            near.transfer_ended(now, outbound.transfer, Outcome::Across);
            here.receive(now, Some(NEAR), bundle).unwrap();
        }
        for event in events(&mut here, now) {
            if let Event::Delivered(delivery) = event {
                answers.extend(ping.handle_delivery(now, &delivery));
                assert_eq!(ping.handle_delivery(now, &delivery), None, "an answer counts once");
                here.acknowledge(now, delivery.delivery);
            }
        }
        if let Some(request) = ping.poll_request(now) {
            here.transmit(now, request).unwrap();
        }
        while let Some(outbound) = here.poll_forward(now, NEAR) {
            let bundle = sent(&mut here, outbound);
            here.transfer_ended(now, outbound.transfer, Outcome::Across);
            near.receive(now, Some(HERE), bundle).unwrap();
        }
    }
    let second = Duration::from_secs(1);
    assert_eq!(answers, (0..4).map(|number| (number, second)).collect::<Vec<_>>());
    let stats = ping.stats();
    assert_eq!((stats.sent, stats.answered, stats.mean(), ping.poll_timeout()), (4, 4, second, None));
}

#[test]
fn echoes_are_not_echoed() {
    let mut agent = agent(0);
    let bundle = Bundle::builder(Eid::ipn(FAR, 12), Eid::ipn(HERE, 12))
        .timestamp(foreign(HERE, 1, "").timestamp())
        .payload("x")
        .build()
        .unwrap();
    agent.receive(at(0), Some(NEAR), bundle).unwrap();
    assert!(agent.is_empty());
}
