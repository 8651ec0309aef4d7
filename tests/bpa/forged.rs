//! Agents with a security policy: what cannot be opened, what somebody forged, and what was cut on the way.

use super::common::{FAR, HERE, NEAR, at, forward, open_plan, sent, service, to};
use super::disk::Disk;
use super::security::{
    agent, agent_of, deleted, delivered, hide, keys, received, secured, security, sign, work,
};
use spacelink::bpa::{Agent, AgentParameters, NeighbourParameters, Outcome, Store};
use spacelink::bpsec::{PRIMARY_BLOCK, Presence, Role};
use spacelink::bundle::{Bundle, Reason, block_type};

/// RFC 9172 §5.1.1: what nobody here decrypts is discarded at its destination, as a whole or in fragments, and passes
/// on elsewhere.
#[test]
fn what_is_not_decrypted_is_not_delivered() {
    let bundle = secured(HERE, "ciphertext", vec![hide(Role::Source)]);
    for rules in [vec![], vec![hide(Role::Verifier)], vec![sign(Role::Acceptor)]] {
        let (agent, events) = received(rules, keys(), bundle.clone());
        assert_eq!((delivered(&events), deleted(&events)), (vec![], vec![Reason::UNKNOWN_SECURITY]));
        assert!(agent.is_empty());
    }
    let mut agent = agent(vec![]);
    agent.register(service(HERE, 7));
    for part in [(0, 4), (4, 6)].map(|(offset, len)| bundle.cut(offset, len).unwrap()) {
        agent.receive(at(1), Some(NEAR), part).unwrap();
    }
    let (events, _) = work(&mut agent, at(1));
    assert_eq!((delivered(&events), deleted(&events)), (vec![], vec![Reason::UNKNOWN_SECURITY]));
    assert!(agent.is_empty());
    let (mut agent, _) = received(vec![], keys(), secured(NEAR, "ciphertext", vec![hide(Role::Source)]));
    assert!(forward(&mut agent, at(1)).is_some());
}

/// What fails a check may have been forged by anybody: the bundle itself is welcome after it, whole or in fragments,
/// and after a restart.
#[test]
fn a_forged_copy_does_not_keep_the_bundle_out() {
    let bundle = secured(HERE, "signed and whole", vec![sign(Role::Source)]);
    let mut octets = bundle.encode();
    let in_payload = octets.len() - 4;
    octets[in_payload] ^= 1;
    let forged = Bundle::decode(octets.into()).unwrap();
    let parts = |bundle: &Bundle| [(0, 6), (6, 10)].map(|(at, len)| bundle.cut(at, len).unwrap()).to_vec();
    let required = || vec![sign(Role::Acceptor).presence(Presence::Required)];
    for (bad, good) in [
        (vec![forged.clone()], vec![bundle.clone()]),
        (parts(&forged), vec![bundle.clone()]),
        (parts(&forged), parts(&bundle)),
        (vec![forged.clone()], parts(&bundle)),
    ] {
        let mut agent = agent(required());
        agent.register(service(HERE, 7).unacknowledged());
        take(&mut agent, bad.clone(), &[], &[Reason::FAILED_SECURITY]);
        take(&mut agent, good.clone(), &["signed and whole"], &[]);

        let disk = Disk::new(3);
        for (bundles, payloads, reasons) in
            [(bad, &[][..], &[Reason::FAILED_SECURITY][..]), (good, &["signed and whole"], &[])]
        {
            let (parameters, store) = (AgentParameters::new(HERE), disk.store().unwrap());
            let security = security(required(), keys(), 1);
            let mut agent = Agent::secured(parameters, open_plan(), store, security).unwrap();
            agent.register(service(HERE, 7).unacknowledged());
            agent.handle_timeout(at(0));
            take(&mut agent, bundles, payloads, reasons);
            agent.commit(at(1));
        }
    }
}

/// What an agent delivers and deletes when it is given these bundles.
fn take<S: Store>(agent: &mut Agent<S>, bundles: Vec<Bundle>, payloads: &[&str], reasons: &[Reason]) {
    for bundle in bundles {
        agent.receive(at(1), Some(NEAR), bundle).unwrap();
    }
    let (events, _) = work(agent, at(1));
    assert_eq!(delivered(&events), payloads);
    assert_eq!(deleted(&events), reasons);
}

/// What signs the primary block and what is encrypted survive being cut twice on the way: the primary block is the
/// same again when the unit is whole.
#[test]
fn cut_and_cut_again() {
    let rules = |role| {
        let targets = [PRIMARY_BLOCK, block_type::PAYLOAD];
        vec![
            sign(role).for_targets(&targets).presence(Presence::Required),
            hide(role).presence(Presence::Required),
        ]
    };
    let octets: Vec<u8> = (0..10_000u32).map(|at| (at >> 3) as u8).collect();
    let mut source = agent(rules(Role::Source));
    let narrow = |max_bundle| NeighbourParameters { max_bundle, ..NeighbourParameters::default() };
    source.set_neighbour(NEAR, narrow(3_000));
    source.transmit(at(1), to(FAR, octets.clone())).unwrap();
    work(&mut source, at(1));
    let mut relay = agent_of(NEAR, vec![], keys());
    relay.set_neighbour(FAR, narrow(1_100));
    let mut far = agent_of(FAR, rules(Role::Acceptor), keys());
    far.register(service(FAR, 7));
    while let Some(outbound) = forward(&mut source, at(1)) {
        let part = sent(&mut source, outbound);
        relay.receive(at(1), Some(HERE), part).unwrap();
        source.transfer_ended(at(1), outbound.transfer, Outcome::Across);
    }
    let mut parts = Vec::new();
    while let Some(outbound) = relay.poll_forward(at(1), FAR) {
        parts.push(sent(&mut relay, outbound));
        relay.transfer_ended(at(1), outbound.transfer, Outcome::Across);
    }
    assert!(parts.len() > 10);
    for part in parts.into_iter().rev() {
        far.receive(at(1), Some(NEAR), part).unwrap();
    }
    let (events, _) = work(&mut far, at(1));
    assert_eq!((delivered(&events), deleted(&events)), (vec![octets.into()], vec![]));
    assert_eq!(far.counters().operations_verified, 4);
}
