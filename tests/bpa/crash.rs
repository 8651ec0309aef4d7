//! The process is killed at every step of receive, store, forward, confirm and deliver, and started again on what the
//! disk has kept: no accepted bundle is lost, and none is delivered again to an application that has acknowledged it.
//!
//! Once more with a security policy, under which the node opens what is for it and, as a gateway, signs and encrypts
//! what passes: nothing is sent in the clear, and nothing is delivered whose tag is wrong.
//!
//! Run by itself: `cargo test --test bpa crash`. `SPACELINK_CRASH_SEEDS=1000` runs so many seeds.

use super::common::{FAR, HERE, NEAR, foreign, open_plan, service};
use super::disk::Disk;
use super::security::{hide, keys, security, sign};
use bytes::Bytes;
use rand_chacha::{ChaCha8Rng, ChaCha20Rng};
use rand_core::{Rng, SeedableRng};
use spacelink::bpa::{
    Agent, AgentParameters, Commit, DeliveryId, Event, GroupCommit, Key, Outcome, Reception, Refusal,
    TransferId,
};
use spacelink::bpsec::{Policy, Role, process, protect};
use spacelink::bundle::{Bundle, BundleId, CreationTimestamp, Eid, NodeNumber, Reason};
use spacelink::io::store::DurableStore;
use spacelink::time::{Epoch, Instant};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What goes on outside of the node that is killed, and so is not forgotten.
struct World {
    disk: Disk,
    rng: ChaCha8Rng,
    /// What neighbours have and have not been told is across.
    unsent: Vec<Bundle>,
    /// What neighbours were told is safe here: for this node, and for others.
    accepted: BTreeSet<BundleId>,
    /// What has reached the next neighbour. A copy too many does no harm there.
    across: BTreeMap<BundleId, u32>,
    /// What the application was told it need not expect again.
    acknowledged: BTreeSet<BundleId>,
    /// What the application has been given.
    delivered: BTreeSet<BundleId>,
    bundles: u64,
    /// Whether the node has a security policy.
    secured: bool,
    /// Bundles that were changed on their way to the node.
    forged: BTreeSet<BundleId>,
    started: Duration,
    kills: u32,
    recovered: u64,
}

/// What the killed node forgets.
struct Run {
    agent: Agent<DurableStore>,
    now: Instant,
    pending: BTreeMap<Key, Vec<Bundle>>,
    transfers: Vec<(TransferId, BundleId)>,
    deliveries: BTreeMap<DeliveryId, BundleId>,
    acknowledging: BTreeMap<DeliveryId, BundleId>,
    /// Commits are handed out; one may be under way.
    handed_out: bool,
    commit: Option<Commit>,
}

impl World {
    fn new(seed: u64, secured: bool) -> Self {
        Self {
            disk: Disk::new(seed),
            rng: ChaCha8Rng::seed_from_u64(seed),
            unsent: Vec::new(),
            accepted: BTreeSet::new(),
            across: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            delivered: BTreeSet::new(),
            bundles: 0,
            secured,
            forged: BTreeSet::new(),
            started: Duration::ZERO,
            kills: 0,
            recovered: 0,
        }
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.rng.next_u32() % bound
    }

    fn start(&mut self) -> Option<Run> {
        let epoch = AgentParameters::new(HERE).epoch.0;
        let group = match self.below(3) {
            0 => GroupCommit::NONE,
            1 => GroupCommit { delay: Duration::from_millis(3), octets: 100_000, steps: 5 },
            _ => AgentParameters::new(HERE).group,
        };
        let epoch = Epoch(spacelink::time::DtnTime(epoch.0 + self.started.as_millis() as u64));
        let parameters = AgentParameters { epoch, group, ..AgentParameters::new(HERE) };
        // It may be killed while it starts, too.
        let store = self.disk.store().ok()?;
        let opened = if self.secured {
            let taken = [hide(Role::Acceptor), sign(Role::Acceptor)];
            let added = [sign(Role::Source).gateway(), hide(Role::Source).gateway()];
            let rules = taken.into_iter().chain(added).collect();
            let security = security(rules, keys(), self.rng.next_u64());
            Agent::secured(parameters, open_plan(), store, security)
        } else {
            Agent::with_store(parameters, open_plan(), store)
        };
        let mut agent = opened.ok()?;
        self.recovered += agent.counters().recovered;
        assert_eq!(agent.counters().unreadable, 0);
        agent.register(service(HERE, 7));
        let handed_out = self.below(2) == 0;
        if handed_out {
            agent.hand_out_commits();
        }
        agent.handle_timeout(Instant::ZERO);
        let (now, pending, transfers) = (Instant::ZERO, BTreeMap::new(), Vec::new());
        Some(Run {
            agent,
            now,
            pending,
            transfers,
            deliveries: BTreeMap::new(),
            acknowledging: BTreeMap::new(),
            handed_out,
            commit: None,
        })
    }

    fn next_bundle(&mut self) -> Bundle {
        self.bundles += 1;
        let to = if self.below(2) == 0 { HERE } else { FAR };
        let len = [0, 10, 1_000, 70_000][self.below(4) as usize];
        // Some are worked on in several pieces.
        let len = if self.secured && self.below(20) == 0 { 600_000 } else { len };
        let bundle = foreign(to, self.bundles, Bytes::from(vec![self.bundles as u8; len]));
        if !self.secured || to == FAR {
            return bundle;
        }
        let mut rng = ChaCha20Rng::seed_from_u64(self.rng.next_u64());
        let policy = Policy { rules: vec![sign(Role::Source), hide(Role::Source)] };
        let node = Eid::ipn(NodeNumber(99), 0);
        let bundle = protect(bundle, &policy, &node, &keys(), &mut rng).unwrap();
        if len == 0 || self.below(6) > 0 {
            return bundle;
        }
        self.forged.insert(bundle.id());
        let (header, payload) = bundle.into_parts();
        let mut payload = payload.to_vec();
        payload[len / 2] ^= 1;
        header.with_payload(payload.into()).unwrap()
    }

    /// What goes out is as the policy says.
    fn sent(&self, octets: Bytes) -> BundleId {
        let bundle = Bundle::decode(octets).unwrap();
        let id = bundle.id();
        if self.secured {
            let policy = Policy { rules: vec![hide(Role::Acceptor), sign(Role::Acceptor)] };
            let (opened, outcome) = process(bundle, &policy, &keys());
            assert_eq!(outcome.verdicts.len(), 3, "sent in the clear");
            let sequence = id.timestamp.sequence as u8;
            assert!(opened.unwrap().payload().iter().all(|octet| *octet == sequence));
        }
        id
    }

    /// One thing that happens, if it can now.
    fn step(&mut self, run: &mut Run) {
        run.now += Duration::from_millis(u64::from(self.below(3)));
        let now = run.now;
        match self.below(10) {
            0..=2 => {
                let bundle = match self.below(4) {
                    0 if !self.unsent.is_empty() => {
                        let at = self.below(self.unsent.len() as u32) as usize;
                        self.unsent.swap_remove(at)
                    }
                    _ => self.next_bundle(),
                };
                self.offer(run, bundle);
            }
            3 | 4 => {
                if let Some(outbound) = run.agent.poll_forward(now, NEAR)
                    && let Ok(octets) = run.agent.octets(outbound.transfer)
                {
                    run.transfers.push((outbound.transfer, self.sent(octets)));
                }
            }
            5 | 6 => {
                if let Some((transfer, id)) = run.transfers.pop() {
                    let fails = self.below(4) == 0;
                    if !fails {
                        *self.across.entry(id).or_default() += 1;
                    }
                    run.agent.transfer_ended(
                        now,
                        transfer,
                        if fails { Outcome::Failed } else { Outcome::Across },
                    );
                }
            }
            7 => {
                if let Some((delivery, id)) = run.deliveries.pop_first() {
                    run.acknowledging.insert(delivery, id);
                    run.agent.acknowledge(now, delivery);
                }
            }
            8 => run.agent.handle_timeout(now),
            _ => run.agent.commit(now),
        }
        // A commit under way ends some steps later.
        if self.below(3) == 0 {
            Self::end_commit(run);
        }
        if run.handed_out && run.commit.is_none() {
            run.commit = run.agent.poll_commit(now);
        }
        self.listen(run);
    }

    fn end_commit(run: &mut Run) {
        if let Some(commit) = run.commit.take() {
            run.agent.commit_ended(run.now, commit.run());
        }
    }

    fn offer(&mut self, run: &mut Run, bundle: Bundle) {
        let id = bundle.id();
        // Some come in pieces.
        let reception = if self.below(3) == 0 {
            let (header, payload) = bundle.clone().into_parts();
            run.agent.begin(run.now, Some(NEAR), header).and_then(|key| {
                for piece in payload.chunks(9_000) {
                    run.agent.append(run.now, key, piece)?;
                }
                run.agent.finish(run.now, key)
            })
        } else {
            run.agent.receive(run.now, Some(NEAR), bundle.clone())
        };
        match reception {
            Ok(Reception::Safe) | Err(Refusal::Duplicate) => _ = self.accepted.insert(id),
            Ok(Reception::Pending(key)) => run.pending.entry(key).or_default().push(bundle),
            Err(refusal) => {
                assert!(refusal.is_temporary(), "{refusal}");
                self.unsent.push(bundle);
            }
        }
    }

    fn listen(&mut self, run: &mut Run) {
        while let Some(event) = run.agent.poll_event(run.now) {
            match event {
                Event::Kept(key) => {
                    self.accepted
                        .extend(run.pending.remove(&key).into_iter().flatten().map(|bundle| bundle.id()));
                }
                Event::NotKept(key) => self.unsent.extend(run.pending.remove(&key).into_iter().flatten()),
                Event::Delivered(delivery) => {
                    assert!(!self.acknowledged.contains(&delivery.id), "delivered again: {:?}", delivery.id);
                    assert!(
                        !self.forged.contains(&delivery.id),
                        "delivered though changed: {:?}",
                        delivery.id
                    );
                    let sequence = delivery.id.timestamp.sequence as u8;
                    assert!(delivery.payload.octets().unwrap().iter().all(|octet| *octet == sequence));
                    self.delivered.insert(delivery.id.clone());
                    run.deliveries.insert(delivery.delivery, delivery.id);
                }
                Event::Acknowledged(delivery) => {
                    self.acknowledged.extend(run.acknowledging.remove(&delivery));
                }
                Event::Deleted { id, reason } => {
                    let right = self.forged.contains(&id) && reason == Reason::FAILED_SECURITY;
                    assert!(right, "{id:?} deleted: {reason}");
                }
                _ => {}
            }
        }
    }

    /// Power goes and comes back.
    fn kill(&mut self, run: Option<Run>) {
        self.kills += 1;
        if let Some(run) = run {
            self.started += Duration::from_millis(run.now.as_millis()) + Duration::from_millis(5);
            // The disk may have done what nobody was told of.
            if let Some(commit) = run.commit.filter(|_| self.rng.next_u32().is_multiple_of(2)) {
                let _ = commit.run();
            }
            // Those whose bundles were not confirmed still have them.
            self.unsent.extend(run.pending.into_values().flatten());
            drop(run.agent);
        }
        self.disk.lose_power();
    }
}

fn survives(seed: u64, secured: bool) -> World {
    let mut world = World::new(seed, secured);
    for _ in 0..12 {
        let left = 1 + u64::from(world.below(60));
        if world.below(4) > 0 {
            world.disk.fail_after(left);
        }
        let mut run = world.start();
        let steps = 1 + world.below(60);
        for _ in 0..steps {
            let Some(run) = run.as_mut().filter(|_| !world.disk.has_failed()) else { break };
            world.step(run);
        }
        world.kill(run);
    }
    // In the end all is quiet, and everything is where it was to go.
    let mut run = world.start().unwrap();
    for bundle in std::mem::take(&mut world.unsent) {
        world.offer(&mut run, bundle);
    }
    for _ in 0..10_000 {
        run.now += Duration::from_secs(6);
        run.agent.handle_timeout(run.now);
        World::end_commit(&mut run);
        run.commit = run.agent.poll_commit(run.now);
        world.listen(&mut run);
        while let Some(outbound) = run.agent.poll_forward(run.now, NEAR) {
            let octets = run.agent.octets(outbound.transfer).unwrap();
            let id = world.sent(octets);
            *world.across.entry(id).or_default() += 1;
            run.agent.transfer_ended(run.now, outbound.transfer, Outcome::Across);
        }
        while let Some((delivery, id)) = run.deliveries.pop_first() {
            run.acknowledging.insert(delivery, id);
            run.agent.acknowledge(run.now, delivery);
        }
        if run.agent.is_empty() && run.acknowledging.is_empty() && run.pending.is_empty() {
            break;
        }
    }
    assert!(run.agent.is_empty(), "{:?}", run.agent.counters());
    assert_eq!(world.accepted.len() as u64, world.bundles, "not all was taken");
    for id in &world.accepted {
        let arrived = world.delivered.contains(id) || world.across.contains_key(id);
        assert_ne!(arrived, world.forged.contains(id), "lost: {id:?}");
    }
    let copies = world.across.values().map(|copies| copies - 1).sum::<u32>();
    assert!(copies <= 60 * world.kills, "{copies} copies after {} kills", world.kills);
    world
}

#[test]
fn nothing_is_lost_when_the_process_is_killed() {
    all_survive(120, false);
}

#[test]
fn nothing_is_lost_or_shown_when_a_process_is_killed_that_secures_bundles() {
    all_survive(30, true);
}

fn all_survive(seeds: u64, secured: bool) {
    let seeds =
        std::env::var("SPACELINK_CRASH_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(seeds);
    let (mut kills, mut bundles, mut recovered) = (0, 0, 0);
    for seed in 0..seeds {
        let world =
            std::panic::catch_unwind(|| survives(seed, secured)).unwrap_or_else(|_| panic!("seed {seed}"));
        kills += world.kills;
        bundles += world.bundles;
        recovered += world.recovered;
    }
    println!("{seeds} seeds, {kills} kills, {bundles} bundles, {recovered} recovered");
    assert!(recovered > 0);
}

/// Identities are told apart by their sequence numbers alone here.
#[test]
fn bundles_of_the_test_are_told_apart() {
    let mut world = World::new(1, false);
    let (a, b) = (world.next_bundle(), world.next_bundle());
    assert_ne!(a.id(), b.id());
    let CreationTimestamp { sequence, .. } = a.timestamp();
    assert_eq!(sequence, 1);
}
