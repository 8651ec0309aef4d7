//! Whatever happens to an agent, in whatever order: it does not panic, its quota holds, and in the end it is empty.

#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Event, NeighbourParameters, Outcome, Quotas, Registration,
};
use spacelink::bundle::{Bundle, EidPattern, NodeNumber, Rules};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::Instant;
use std::time::Duration;

#[derive(Arbitrary, Debug)]
enum Step {
    Receive(Vec<u8>, u8),
    Begin(Vec<u8>, u16),
    Forward,
    End(u8, u16),
    Acknowledge,
    Wait(u16),
}

fuzz_target!(|steps: Vec<Step>| {
    let [here, near] = [NodeNumber(1), NodeNumber(2)];
    let quota = Amount { octets: 20_000, bundles: 20 };
    let parameters = AgentParameters {
        quotas: Quotas::of(quota),
        reports_per_second: 5,
        echo_service: Some(12),
        ..AgentParameters::new(here)
    };
    let contact = Contact {
        from: here,
        to: near,
        start: PlanTime::from_secs(0),
        end: PlanTime::from_secs(10_000),
        rate: 1_000_000,
        light_time: Duration::ZERO,
    };
    let mut agent = Agent::new(parameters, ContactPlan::from_contacts(vec![contact]).unwrap());
    agent.set_neighbour(near, NeighbourParameters { max_bundle: 500, ..NeighbourParameters::default() });
    agent.register(Registration::new(EidPattern::node(here)));
    let mut now = Instant::ZERO;
    let (mut transfers, mut deliveries) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Receive(octets, from) => {
                if let Ok(bundle) = Bundle::decode_with(Bytes::from(octets), &Rules::LENIENT) {
                    let _ = agent.receive(now, Some(NodeNumber(from.into())), bundle);
                }
            }
            Step::Begin(octets, cut) => {
                if let Ok(bundle) = Bundle::decode_with(Bytes::from(octets), &Rules::LENIENT) {
                    let (header, payload) = bundle.into_parts();
                    if let Ok(key) = agent.begin(now, None, header) {
                        let _ = agent.append(now, key, &payload[..payload.len().min(cut.into())]);
                        let _ = agent.interrupt(now, key);
                    }
                }
            }
            Step::Forward => transfers.extend(agent.poll_forward(now, near)),
            Step::End(how, octets) => {
                if let Some(outbound) = transfers.pop() {
                    let _ = agent.octets(outbound.transfer);
                    let outcome = [Outcome::Across, Outcome::Failed, Outcome::Partly(octets.into())]
                        [usize::from(how) % 3];
                    agent.transfer_ended(now, outbound.transfer, outcome);
                }
            }
            Step::Acknowledge => {
                deliveries.pop().into_iter().for_each(|delivery| agent.acknowledge(now, delivery))
            }
            Step::Wait(millis) => {
                now += Duration::from_millis(millis.into());
                agent.handle_timeout(now);
                assert!(agent.poll_timeout().is_none_or(|due| due > now));
            }
        }
        while let Some(event) = agent.poll_event(now) {
            if let Event::Delivered(delivery) = event {
                deliveries.push(delivery.delivery);
            }
        }
        let kept = agent.counters().kept;
        assert!(kept.octets <= quota.octets && kept.bundles <= quota.bundles);
    }
    deliveries.into_iter().for_each(|delivery| agent.acknowledge(now, delivery));
    // Every lifetime ends, but for those that never do.
    while let Some(due) = agent.poll_timeout().filter(|due| *due < Instant::MAX) {
        agent.handle_timeout(due);
    }
});
