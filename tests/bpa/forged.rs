//! Agents with a security policy: what cannot be opened, and what somebody forged.

use super::common::{HERE, NEAR, at, forward, open_plan, service};
use super::disk::Disk;
use super::security::{agent, deleted, delivered, hide, keys, received, secured, security, sign, work};
use spacelink::bpa::{Agent, AgentParameters, Store};
use spacelink::bpsec::{Presence, Role};
use spacelink::bundle::{Bundle, Reason};

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
