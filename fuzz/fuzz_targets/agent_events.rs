//! Whatever happens to an agent, with or without a security policy, in whatever order: it does not panic, its quota
//! holds, and in the end it is empty.

#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Event, MemoryStore, NeighbourParameters, Outcome, Quotas, Registration,
    Security, TransmissionRequest,
};
use spacelink::bpsec::{
    Action, BcbAesGcm, BibHmacSha2, PRIMARY_BLOCK, Policy, Presence, Role, Rule, protect,
};
use spacelink::bundle::{Bundle, BundleFlags, CreationTimestamp, Eid, EidPattern, NodeNumber, Rules};
use spacelink::keys::{Key, KeyId};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::Instant;
use std::time::Duration;

#[derive(Arbitrary, Debug)]
enum Step {
    Receive(Vec<u8>, u8),
    /// Begins a bundle; whether it is broken off there or left to lie.
    Begin(Vec<u8>, u16, bool),
    /// A bundle that its source has secured, whole or a fragment of it, with one octet changed or none.
    Secured {
        sequence: u8,
        len: u16,
        here: bool,
        cut: Option<(u16, u16)>,
        changed: Option<u16>,
    },
    Make {
        len: u16,
        here: bool,
    },
    Forward,
    End(u8, u16),
    Acknowledge,
    /// Has the application be there or not.
    Active(bool),
    Wait(u16),
}

/// Which roles the agent has and what it does on failure; none is without a policy.
#[derive(Arbitrary, Debug)]
struct Roles {
    source: bool,
    gateway: bool,
    checks: Option<bool>,
    required: bool,
    action: u8,
    wide: bool,
}

fn rules(role: Role, roles: &Roles) -> Vec<Rule> {
    let action = [Action::Keep, Action::RemoveOperation, Action::RemoveTarget, Action::DeleteBundle];
    let targets: &[u64] = if roles.wide { &[1, 7, 10] } else { &[1] };
    let signed = if roles.wide { targets } else { &[PRIMARY_BLOCK, 1] };
    let finish = |rule: Rule| {
        let rule = rule.on_failure(action[usize::from(roles.action) % 4]).report(roles.action > 127);
        let rule = if roles.required { rule.presence(Presence::Required) } else { rule };
        if roles.gateway { rule.gateway() } else { rule }
    };
    vec![
        finish(Rule::new(role, BibHmacSha2::DEFAULT, KeyId(1)).for_targets(signed)),
        finish(Rule::new(role, BcbAesGcm::DEFAULT, KeyId(1)).for_targets(targets)),
    ]
}

fn secured(
    sequence: u8,
    len: u16,
    to: NodeNumber,
    roles: &Roles,
    keys: &Vec<(KeyId, Key)>,
) -> Option<Bundle> {
    let bundle = Bundle::builder(Eid::ipn(NodeNumber(9), 1), Eid::ipn(to, 7))
        .timestamp(CreationTimestamp {
            time: AgentParameters::new(NodeNumber(1)).epoch.0,
            sequence: sequence.into(),
        })
        .lifetime(Duration::from_secs(100))
        .flags(BundleFlags::REPORT_DELETION)
        .report_to(Eid::ipn(NodeNumber(2), 5))
        .hop_limit(9)
        .payload(vec![sequence; len.into()])
        .build()
        .ok()?;
    let mut rng = ChaCha20Rng::seed_from_u64(sequence.into());
    protect(
        bundle,
        &Policy { rules: rules(Role::Source, roles) },
        &Eid::ipn(NodeNumber(9), 0),
        keys,
        &mut rng,
    )
    .ok()
}

fuzz_target!(|input: (Option<Roles>, Vec<Step>)| {
    let (roles, steps) = input;
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
    let plan = ContactPlan::from_contacts(vec![contact]).unwrap();
    let keys = vec![(KeyId(1), Key::new(&[7; 32]).unwrap())];
    let mut agent = match &roles {
        None => Agent::new(parameters, plan),
        Some(roles) => {
            let mut all = Vec::new();
            all.extend(roles.source.then(|| rules(Role::Source, roles)).into_iter().flatten());
            let check = roles.checks.map(|takes| if takes { Role::Acceptor } else { Role::Verifier });
            all.extend(check.map(|role| rules(role, roles)).into_iter().flatten());
            let security = Security::new(Policy { rules: all }, keys.clone(), ChaCha20Rng::seed_from_u64(1));
            Agent::secured(parameters, plan, MemoryStore::new(), security).unwrap()
        }
    };
    agent.set_neighbour(near, NeighbourParameters { max_bundle: 500, ..NeighbourParameters::default() });
    let registration = agent.register(Registration::new(EidPattern::node(here)).abandoning());
    let mut now = Instant::ZERO;
    let (mut transfers, mut deliveries) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Receive(octets, from) => {
                if let Ok(bundle) = Bundle::decode_with(Bytes::from(octets), &Rules::LENIENT) {
                    let _ = agent.receive(now, Some(NodeNumber(from.into())), bundle);
                }
            }
            Step::Begin(octets, cut, left) => {
                if let Ok(bundle) = Bundle::decode_with(Bytes::from(octets), &Rules::LENIENT) {
                    let (header, payload) = bundle.into_parts();
                    if let Ok(key) = agent.begin(now, None, header) {
                        let _ = agent.append(now, key, &payload[..payload.len().min(cut.into())]);
                        if !left {
                            let _ = agent.interrupt(now, key);
                        }
                    }
                }
            }
            Step::Secured { sequence, len, here: to_here, cut, changed } => {
                let Some(roles) = &roles else { continue };
                let to = if to_here { here } else { near };
                let Some(mut bundle) = secured(sequence, len, to, roles, &keys) else { continue };
                if let Some((start, len)) = cut {
                    let Ok(part) = bundle.cut(start.into(), len.into()) else { continue };
                    bundle = part;
                }
                let mut octets = bundle.encode();
                if let Some(at) = changed {
                    let at = usize::from(at) % octets.len();
                    octets[at] ^= 1;
                }
                if let Ok(bundle) = Bundle::decode_with(Bytes::from(octets), &Rules::LENIENT) {
                    let _ = agent.receive(now, Some(near), bundle);
                }
            }
            Step::Make { len, here: to_here } => {
                let destination = Eid::ipn(if to_here { here } else { near }, 7);
                let payload = vec![1; len.into()].into();
                let _ = agent
                    .transmit(now, TransmissionRequest::new(destination, payload, Duration::from_secs(100)));
            }
            Step::Forward => transfers.extend(agent.poll_forward(now, near)),
            Step::End(how, octets) => {
                if let Some(outbound) = transfers.pop() {
                    let _ = agent.octets(outbound.transfer);
                    let outcomes =
                        [Outcome::Across, Outcome::Failed, Outcome::Partly(octets.into()), Outcome::Later];
                    let outcome = outcomes[usize::from(how) % 4];
                    agent.transfer_ended(now, outbound.transfer, outcome);
                }
            }
            Step::Acknowledge => {
                deliveries.pop().into_iter().for_each(|delivery| agent.acknowledge(now, delivery))
            }
            Step::Active(active) => agent.set_active(registration, active),
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
