//! Agents with a security policy: each role, what fails, fragments, quotas, urgency, and nothing readable before its
//! tag has been compared.

use super::common::{FAR, HERE, HOUR, NEAR, at, events, foreign, forward, open_plan, sent, service, to};
use super::disk::Disk;
use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, Event, MemoryStore, NeighbourParameters, Outcome, Quotas,
    Security, TransmissionRequest,
};
use spacelink::bpsec::{
    Action, BcbAesGcm, BibHmacSha2, PRIMARY_BLOCK, Policy, Presence, Role, Rule, process, protect,
};
use spacelink::bundle::{Block, Bundle, BundleFlags, Eid, NodeNumber, Reason, Status, block_type};
use spacelink::keys::{Key, KeyId};
use spacelink::time::Instant;

const SIGN: KeyId = KeyId(1);
const HIDE: KeyId = KeyId(2);

pub fn keys() -> Vec<(KeyId, Key)> {
    vec![(SIGN, Key::new(&[1; 48]).unwrap()), (HIDE, Key::new(&[2; 32]).unwrap())]
}

fn other_keys() -> Vec<(KeyId, Key)> {
    vec![(SIGN, Key::new(&[3; 48]).unwrap()), (HIDE, Key::new(&[4; 32]).unwrap())]
}

pub fn sign(role: Role) -> Rule {
    Rule::new(role, BibHmacSha2::DEFAULT, SIGN)
}

pub fn hide(role: Role) -> Rule {
    Rule::new(role, BcbAesGcm::DEFAULT, HIDE)
}

fn both(role: Role) -> Vec<Rule> {
    vec![sign(role), hide(role)]
}

pub fn security(rules: Vec<Rule>, keys: Vec<(KeyId, Key)>, seed: u64) -> Security {
    Security::new(Policy { rules }, keys, ChaCha20Rng::seed_from_u64(seed))
}

pub fn agent_of(node: NodeNumber, rules: Vec<Rule>, keys: Vec<(KeyId, Key)>) -> Agent {
    let parameters = AgentParameters { reports_per_second: 10, ..AgentParameters::new(node) };
    let mut agent =
        Agent::secured(parameters, open_plan(), MemoryStore::new(), security(rules, keys, node.0)).unwrap();
    agent.handle_timeout(at(0));
    // Contacts that have started.
    events(&mut agent, at(0));
    agent
}

pub fn agent(rules: Vec<Rule>) -> Agent {
    agent_of(HERE, rules, keys())
}

/// A bundle that another node has secured.
pub fn secured(to: NodeNumber, payload: impl Into<Bytes>, rules: Vec<Rule>) -> Bundle {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let bundle = foreign(to, 1, payload);
    let node = Eid::ipn(NodeNumber(99), 0);
    let sent = protect(bundle, &Policy { rules }, &node, &keys(), &mut rng).unwrap();
    Bundle::decode(sent.encode().into()).unwrap()
}

fn kinds(bundle: &Bundle) -> Vec<u64> {
    let security =
        |block: &Block| matches!(block.block_type(), block_type::INTEGRITY | block_type::CONFIDENTIALITY);
    bundle.blocks().iter().filter(|block| security(block)).map(Block::block_type).collect()
}

pub fn delivered(events: &[Event]) -> Vec<Bytes> {
    let payload = |event: &Event| match event {
        Event::Delivered(delivery) => delivery.payload.octets().cloned(),
        _ => None,
    };
    events.iter().filter_map(payload).collect()
}

pub fn deleted(events: &[Event]) -> Vec<Reason> {
    let reason = |event: &Event| match event {
        Event::Deleted { reason, .. } => Some(*reason),
        _ => None,
    };
    events.iter().filter_map(reason).collect()
}

/// Lets the agent work on as long as it wants to go on at once.
pub fn work<S: spacelink::bpa::Store>(agent: &mut Agent<S>, mut now: Instant) -> (Vec<Event>, Instant) {
    let mut all = events(agent, now);
    while let Some(due) = agent.poll_timeout().filter(|due| due.since(now).as_millis() < 100) {
        now = due;
        agent.handle_timeout(now);
        all.extend(events(agent, now));
    }
    (all, now)
}

/// What an agent does with one bundle that came for it or for somebody further on.
pub fn received(rules: Vec<Rule>, keys: Vec<(KeyId, Key)>, bundle: Bundle) -> (Agent, Vec<Event>) {
    let mut agent = agent_of(HERE, rules, keys);
    agent.register(service(HERE, 7));
    agent.receive(at(1), None, bundle).unwrap();
    let (events, _) = work(&mut agent, at(1));
    (agent, events)
}

#[test]
fn a_source_secures_what_it_makes() {
    let mut agent = agent(both(Role::Source));
    agent.transmit(at(1), to(NEAR, "for NEAR alone")).unwrap();
    assert!(forward(&mut agent, at(1)).is_none(), "not secured yet");
    assert_eq!(work(&mut agent, at(1)).0, []);
    let outbound = forward(&mut agent, at(1)).unwrap();
    let bundle = sent(&mut agent, outbound);
    assert_eq!(kinds(&bundle), [11, 12, 12]);
    assert_ne!(bundle.payload(), "for NEAR alone");
    let (opened, _) = process(bundle.clone(), &Policy { rules: both(Role::Acceptor) }, &keys());
    assert_eq!(opened.unwrap().payload(), "for NEAR alone");
    assert_eq!(agent.counters().protected, 1);
    agent.transfer_ended(at(1), outbound.transfer, Outcome::Across);
    assert!(agent.is_empty());
    assert_eq!(agent.counters().kept, Amount::default());
    // And the next agent takes it.
    let mut next = agent_of(NEAR, both(Role::Acceptor), keys());
    next.register(service(NEAR, 7));
    next.receive(at(2), Some(HERE), bundle).unwrap();
    assert_eq!(delivered(&work(&mut next, at(2)).0), ["for NEAR alone"]);
    assert_eq!(next.counters().operations_verified, 3);
}

/// Only a gateway secures what others have made.
#[test]
fn a_gateway_secures_what_passes() {
    let pass = |rules: Vec<Rule>| {
        let (mut agent, _) = received(rules, keys(), foreign(NEAR, 1, "in the clear"));
        let outbound = forward(&mut agent, at(1)).unwrap();
        sent(&mut agent, outbound)
    };
    assert_eq!(kinds(&pass(both(Role::Source))), []);
    let bundle = pass(both(Role::Source).into_iter().map(Rule::gateway).collect());
    assert_eq!(kinds(&bundle), [11, 12, 12]);
    // Taken out of one and put into another in the same node.
    let other = Rule::new(Role::Source, BcbAesGcm::DEFAULT, KeyId(9)).gateway();
    let mut more = keys();
    more.push((KeyId(9), Key::new(&[9; 32]).unwrap()));
    let first = secured(NEAR, "from domain to domain", both(Role::Source));
    let rules = both(Role::Acceptor).into_iter().chain([other]).collect();
    let (mut agent, _) = received(rules, more.clone(), first.clone());
    let outbound = forward(&mut agent, at(1)).unwrap();
    let second = sent(&mut agent, outbound);
    assert_eq!(kinds(&second), [12]);
    let rule = Rule::new(Role::Acceptor, BcbAesGcm::DEFAULT, KeyId(9));
    let (opened, _) = process(second, &Policy { rules: vec![rule] }, &more);
    assert_eq!(opened.unwrap().payload(), "from domain to domain");
}

#[test]
fn a_verifier_checks_and_leaves() {
    let bundle = secured(NEAR, "signed", vec![sign(Role::Source)]);
    let (mut agent, _) = received(vec![sign(Role::Verifier)], keys(), bundle.clone());
    assert_eq!(agent.counters().operations_verified, 1);
    let outbound = forward(&mut agent, at(1)).unwrap();
    let onward = sent(&mut agent, outbound);
    assert_eq!((kinds(&onward), onward.payload()), (vec![11], bundle.payload()));
    let (taken, _) = process(onward, &Policy { rules: vec![sign(Role::Acceptor)] }, &keys());
    assert_eq!(taken.unwrap().payload(), "signed");
}

/// Wrong keys, missing keys, changed octets, blocks taken out: deleted, reported with the reason, never delivered.
#[test]
fn what_fails_is_deleted_and_reported() {
    let clear = foreign(HERE, 1, "bare");
    let asked = |bundle: Bundle| {
        let mut builder = Bundle::builder(bundle.source().clone(), bundle.destination().clone())
            .timestamp(bundle.timestamp())
            .lifetime(HOUR)
            .flags(BundleFlags::REPORT_DELETION)
            .report_to(Eid::ipn(NEAR, 5))
            .payload(bundle.payload().clone());
        for block in bundle.blocks() {
            builder = builder.block(block.clone());
        }
        builder.build().unwrap()
    };
    let made = |rules: Vec<Rule>| {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let node = Eid::ipn(NodeNumber(99), 0);
        let bundle = asked(foreign(HERE, 1, "secret and signed"));
        protect(bundle, &Policy { rules }, &node, &keys(), &mut rng).unwrap()
    };
    let tampered = |rules: Vec<Rule>| {
        let mut octets = made(rules).encode();
        let at = octets.len() - 2;
        octets[at] ^= 1;
        Bundle::decode(octets.into()).unwrap()
    };
    let required = |rule: Rule| rule.presence(Presence::Required);
    let forbidden = |rule: Rule| rule.presence(Presence::Forbidden);
    let cases = [
        ("wrong keys", made(both(Role::Source)), both(Role::Acceptor), other_keys(), Reason::FAILED_SECURITY),
        ("no keys", made(both(Role::Source)), both(Role::Acceptor), vec![], Reason::FAILED_SECURITY),
        ("changed text", tampered(both(Role::Source)), both(Role::Acceptor), keys(), Reason::FAILED_SECURITY),
        (
            "changed signed text",
            tampered(vec![sign(Role::Source)]),
            vec![sign(Role::Verifier)],
            keys(),
            Reason::FAILED_SECURITY,
        ),
        (
            "taken out",
            asked(clear.clone()),
            vec![required(sign(Role::Acceptor))],
            keys(),
            Reason::MISSING_SECURITY,
        ),
        (
            "not encrypted",
            asked(clear),
            vec![required(hide(Role::Acceptor))],
            keys(),
            Reason::MISSING_SECURITY,
        ),
        (
            "not wanted",
            made(vec![sign(Role::Source)]),
            vec![forbidden(sign(Role::Acceptor))],
            keys(),
            Reason::UNEXPECTED_SECURITY,
        ),
        (
            "another context",
            made(vec![sign(Role::Source)]),
            vec![Rule::new(Role::Acceptor, Unknown(BibHmacSha2::DEFAULT), SIGN)],
            keys(),
            Reason::UNKNOWN_SECURITY,
        ),
    ];
    for (name, bundle, rules, keys, reason) in cases {
        let (mut agent, events) = received(rules, keys, bundle);
        assert_eq!((delivered(&events), deleted(&events)), (vec![], vec![reason]), "{name}");
        // All that is left is the report.
        assert_eq!((agent.len(), agent.counters().deleted), (1, 1), "{name}");
        let outbound = forward(&mut agent, at(1)).unwrap();
        let record = sent(&mut agent, outbound);
        assert_eq!(record.destination(), &Eid::ipn(NEAR, 5), "{name}");
        let spacelink::bundle::AdminRecord::StatusReport(report) =
            spacelink::bundle::AdminRecord::decode(record.payload()).unwrap()
        else {
            panic!("{name}")
        };
        assert_eq!((report.deleted, report.reason), (Status::Yes, reason), "{name}");
        agent.transfer_ended(at(1), outbound.transfer, Outcome::Across);
        assert_eq!(agent.counters().kept, Amount::default(), "{name}");
    }
}

/// A context of another number.
struct Unknown(BibHmacSha2);

impl spacelink::bpsec::Context for Unknown {
    fn id(&self) -> i64 {
        -7
    }

    fn service(&self) -> spacelink::bpsec::Service {
        self.0.service()
    }

    fn shares_parameters(&self) -> bool {
        true
    }

    fn parameters(
        &self,
        key: &Key,
        rng: &mut dyn rand_core::CryptoRng,
    ) -> Result<Vec<spacelink::bpsec::Item>, spacelink::bpsec::ContextError> {
        self.0.parameters(key, rng)
    }

    fn start(
        &self,
        operation: &spacelink::bpsec::Operation<'_>,
        key: &Key,
        direction: spacelink::bpsec::Direction,
    ) -> Result<Box<dyn spacelink::bpsec::Computation>, spacelink::bpsec::ContextError> {
        self.0.start(operation, key, direction)
    }
}

/// The other ways to go on after a failure.
#[test]
fn what_fails_may_stay_as_the_policy_says() {
    let signed = secured(HERE, "signed", vec![sign(Role::Source)]);
    let keep = sign(Role::Verifier).on_failure(Action::Keep).report(true);
    let (agent, events) = received(vec![keep], other_keys(), signed.clone());
    assert_eq!(delivered(&events), ["signed"]);
    assert_eq!(agent.counters().operations_failed, 1);
    let remove = sign(Role::Verifier).on_failure(Action::RemoveOperation);
    let passing = secured(NEAR, "signed", vec![sign(Role::Source)]);
    let (mut agent, _) = received(vec![remove], other_keys(), passing);
    let outbound = forward(&mut agent, at(1)).unwrap();
    assert_eq!(kinds(&sent(&mut agent, outbound)), []);
    // What cannot be decrypted is not delivered, even if it may stay.
    let hidden = secured(HERE, "secret", vec![hide(Role::Source)]);
    let keep = hide(Role::Acceptor).on_failure(Action::Keep);
    let (_, events) = received(vec![keep], other_keys(), hidden);
    assert_eq!((delivered(&events), deleted(&events)), (vec![], vec![Reason::FAILED_SECURITY]));
    // Another block goes alone.
    let hops = |role| hide(role).for_targets(&[block_type::HOP_COUNT]).on_failure(Action::RemoveTarget);
    let hidden = secured(HERE, "open", vec![hops(Role::Source)]);
    let (_, events) = received(vec![hops(Role::Acceptor)], other_keys(), hidden);
    let Some(Event::Delivered(delivery)) = events.first() else { panic!("{events:?}") };
    assert_eq!((delivery.payload.octets().unwrap(), delivery.hops), (&Bytes::from("open"), None));
}

/// A source that cannot do what the policy asks sends nothing, unless it may.
#[test]
fn what_cannot_be_secured_is_not_sent() {
    let send = |rule: Rule| {
        let mut agent = agent_of(HERE, vec![rule], vec![]);
        agent.transmit(at(1), to(NEAR, "secret")).unwrap();
        let (events, now) = work(&mut agent, at(1));
        let outbound = forward(&mut agent, now);
        (deleted(&events), outbound.map(|outbound| sent(&mut agent, outbound).payload().clone()))
    };
    assert_eq!(send(hide(Role::Source)), (vec![Reason::FAILED_SECURITY], None));
    assert_eq!(send(hide(Role::Source).on_failure(Action::Keep)), (vec![], Some("secret".into())));
    // A fragment that passes a gateway cannot be secured.
    let part = foreign(NEAR, 1, "secret").cut(0, 3).unwrap();
    let (mut agent, events) = received(vec![hide(Role::Source).gateway()], keys(), part);
    assert_eq!(deleted(&events), [Reason::FAILED_SECURITY]);
    assert!(forward(&mut agent, at(1)).is_none());
}

/// Signed and encrypted as a whole, sent in fragments, put together, then opened.
#[test]
fn fragments_are_checked_when_they_are_whole() {
    let payload: Bytes = (0..3_000u32).map(|at| at as u8).collect::<Vec<_>>().into();
    let mut source = agent(both(Role::Source));
    source.set_neighbour(NEAR, NeighbourParameters { max_bundle: 700, ..NeighbourParameters::default() });
    source.transmit(at(1), to(NEAR, payload.clone())).unwrap();
    let (_, now) = work(&mut source, at(1));
    let mut parts = Vec::new();
    while let Some(outbound) = forward(&mut source, now) {
        parts.push(sent(&mut source, outbound));
        source.transfer_ended(now, outbound.transfer, Outcome::Across);
    }
    assert!(parts.len() > 5 && source.is_empty());
    let arrive = |parts: &[Bundle], keys| {
        let mut next = agent_of(NEAR, both(Role::Acceptor), keys);
        next.register(service(NEAR, 7));
        let mut all = Vec::new();
        for part in parts {
            next.receive(at(2), Some(HERE), part.clone()).unwrap();
            all.extend(work(&mut next, at(2)).0);
        }
        (next, all)
    };
    for rotated in [0, 2] {
        parts.rotate_left(rotated);
        let (mut next, events) = arrive(&parts, keys());
        assert_eq!(delivered(&events).concat(), payload);
        let Some(Event::Delivered(delivery)) = events.first() else { panic!("{events:?}") };
        assert_eq!(delivery.id.fragment, None);
        assert_eq!(next.len(), 1, "the fragments are gone");
        next.acknowledge(at(2), delivery.delivery);
        assert_eq!(next.counters().kept, Amount::default());
        // A copy of a fragment, or of the whole, is one.
        for part in &parts {
            assert!(next.receive(at(3), Some(HERE), part.clone()).is_err());
        }
        let (next, events) = arrive(&parts, other_keys());
        assert_eq!((delivered(&events), deleted(&events)), (vec![], vec![Reason::FAILED_SECURITY]));
        assert_eq!(next.counters().kept, Amount::default());
    }
    // One that only passes is left alone.
    let mut relay = agent_of(HERE, both(Role::Acceptor), keys());
    let part = parts[0].clone();
    relay.receive(at(1), Some(FAR), part.clone()).unwrap();
    let outbound = forward(&mut relay, at(1)).unwrap();
    assert_eq!(sent(&mut relay, outbound).payload(), part.payload());
}

/// A bundle that is signed only needs no second copy; fragments of it stay as they came.
#[test]
fn signed_fragments_are_delivered_from_where_they_are() {
    let bundle = secured(HERE, vec![7; 1_000], vec![sign(Role::Source)]);
    let mut agent = agent(vec![sign(Role::Acceptor).presence(Presence::Required)]);
    agent.register(service(HERE, 7));
    for (start, len) in [(300, 700), (0, 400)] {
        agent.receive(at(1), Some(NEAR), bundle.cut(start, len).unwrap()).unwrap();
    }
    let (events, _) = work(&mut agent, at(1));
    assert_eq!(delivered(&events), [vec![7; 1_000]]);
    assert_eq!(agent.counters().operations_verified, 1);
}

/// A long bundle is worked on piece by piece; an urgent one that comes meanwhile does not wait for it.
#[test]
fn urgent_bundles_do_not_wait_for_long_ones() {
    let mut agent = agent(both(Role::Source));
    let bulk = TransmissionRequest { class: Class::Bulk, ..to(NEAR, vec![1; 5 << 20]) };
    agent.transmit(at(1), bulk).unwrap();
    let mut now = at(1);
    for _ in 0..3 {
        assert_eq!(events(&mut agent, now), []);
        now = agent.poll_timeout().unwrap();
        agent.handle_timeout(now);
    }
    assert!(forward(&mut agent, now).is_none());
    let urgent = TransmissionRequest { class: Class::Expedited, ..to(NEAR, "now") };
    agent.transmit(now, urgent).unwrap();
    assert_eq!(events(&mut agent, now), []);
    let outbound = forward(&mut agent, now).unwrap();
    assert_eq!(outbound.class, Class::Expedited);
    assert!(forward(&mut agent, now).is_none());
    let (_, end) = work(&mut agent, now);
    assert!(end.since(now).as_nanos() >= 15, "a piece at a time");
    assert_eq!(forward(&mut agent, end).unwrap().class, Class::Bulk);
}

/// Room for the new form of a bundle is set aside when it comes: a full store cannot be stuck with what it cannot
/// open.
#[test]
fn both_forms_count_against_the_quota() {
    let quota = Amount { octets: 50_000, bundles: 100 };
    let parameters = AgentParameters { quotas: Quotas::of(quota), ..AgentParameters::new(HERE) };
    let security = security(both(Role::Acceptor), keys(), 1);
    let mut agent = Agent::secured(parameters, open_plan(), MemoryStore::new(), security).unwrap();
    agent.register(service(HERE, 7));
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let mut make = |sequence| {
        let node = Eid::ipn(NodeNumber(99), 0);
        let bundle = foreign(HERE, sequence, vec![sequence as u8; 10_000]);
        protect(bundle, &Policy { rules: both(Role::Source) }, &node, &keys(), &mut rng).unwrap()
    };
    // Two take up four times their size; a third has no room until they are opened.
    agent.receive(at(1), Some(NEAR), make(1)).unwrap();
    agent.receive(at(1), Some(NEAR), make(2)).unwrap();
    assert!(agent.counters().kept.octets > 40_000);
    assert!(agent.receive(at(1), Some(NEAR), make(3)).unwrap_err().is_temporary());
    let (events, _) = work(&mut agent, at(1));
    assert_eq!(delivered(&events).len(), 2);
    assert!(agent.counters().kept.octets < 21_000);
    agent.receive(at(1), Some(NEAR), make(3)).unwrap();
    // One that is given up while it is worked on leaves nothing behind.
    let (more, _) = work(&mut agent, at(1));
    for event in events.iter().chain(&more) {
        if let Event::Delivered(delivery) = event {
            agent.acknowledge(at(1), delivery.delivery);
        }
    }
    agent.receive(at(1), Some(NEAR), make(4)).unwrap();
    agent.handle_timeout(at(100_000));
    assert_eq!((agent.len(), agent.counters().kept), (0, Amount::default()));
}

/// Signatures over the primary block, and blocks that change on the way, hold from source to acceptor.
#[test]
fn what_changes_on_the_way_does_not_break_what_is_signed() {
    let rules = |role| vec![sign(role).for_targets(&[PRIMARY_BLOCK, block_type::PAYLOAD])];
    let mut source = agent(rules(Role::Source));
    source.transmit(at(1), to(FAR, "payload")).unwrap();
    work(&mut source, at(1));
    let outbound = forward(&mut source, at(1)).unwrap();
    let first = sent(&mut source, outbound);
    let (_, events) = {
        let mut far = agent_of(FAR, rules(Role::Acceptor), keys());
        far.register(service(FAR, 7));
        let mut onward = first;
        onward.set_previous_node(Eid::ipn(NEAR, 0));
        assert!(onward.raise_hop_count());
        far.receive(at(2), Some(NEAR), onward).unwrap();
        let (events, _) = work(&mut far, at(2));
        (far, events)
    };
    assert_eq!(delivered(&events), ["payload"]);
}

/// What is sent to oneself is secured and opened like everything else.
#[test]
fn a_bundle_to_oneself() {
    let mut agent = agent(both(Role::Source).into_iter().chain(both(Role::Acceptor)).collect());
    agent.register(service(HERE, 7));
    agent.transmit(at(1), to(HERE, "note to self")).unwrap();
    assert_eq!(delivered(&work(&mut agent, at(1)).0), ["note to self"]);
    assert_eq!((agent.counters().protected, agent.counters().operations_verified), (1, 3));
}

/// Killed after each piece of opening one bundle and securing another, and started again on what the disk has: both
/// are there, in their old form or in the new one, and go on from there.
#[test]
fn killed_after_each_piece() {
    let octets: Vec<u8> = (0..600_000u32).map(|at| (at >> 4) as u8).collect();
    let start = |disk: &Disk| {
        let store = disk.store().unwrap();
        let rules = [both(Role::Source), both(Role::Acceptor)].concat();
        let parameters = AgentParameters::new(HERE);
        let mut agent = Agent::secured(parameters, open_plan(), store, security(rules, keys(), 1)).unwrap();
        agent.register(service(HERE, 7));
        agent.handle_timeout(at(0));
        agent
    };
    let mut finished = 0;
    for steps in 0..14 {
        let disk = Disk::new(steps);
        let mut agent = start(&disk);
        agent.receive(at(1), Some(NEAR), secured(HERE, octets.clone(), both(Role::Source))).unwrap();
        agent.transmit(at(1), to(NEAR, octets.clone())).unwrap();
        agent.commit(at(1));
        let mut now = at(1);
        for _ in 0..steps {
            let Some(due) = agent.poll_timeout().filter(|due| due.since(now).as_millis() < 100) else {
                break;
            };
            now = due;
            agent.handle_timeout(now);
            // Whatever it hands out is whole, now as after the restart.
            for payload in delivered(&events(&mut agent, now)) {
                assert_eq!(payload, octets);
                finished += 1;
            }
        }
        drop(agent);
        disk.lose_power();
        let mut agent = start(&disk);
        let (events, now) = work(&mut agent, at(0));
        assert_eq!(delivered(&events).concat(), octets, "after {steps} steps");
        let outbound = forward(&mut agent, now).unwrap();
        let bundle = sent(&mut agent, outbound);
        let (opened, _) = process(bundle, &Policy { rules: both(Role::Acceptor) }, &keys());
        assert_eq!(opened.unwrap().payload(), &octets, "after {steps} steps");
        assert_eq!(agent.len(), 2, "one form of each");
        assert!(forward(&mut agent, now).is_none());
    }
    assert!((1..14).contains(&finished));
}
