//! The process is killed at every step of receive, store, forward, confirm and deliver, and started again on what the
//! disk has kept: no accepted bundle is lost, and none is delivered again to an application that has acknowledged it.
//!
//! Run by itself: `cargo test --test bpa crash`. `SPACELINK_CRASH_SEEDS=1000` runs so many seeds.

use super::common::{FAR, HERE, NEAR, foreign, open_plan, service};
use super::disk::Disk;
use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use spacelink::bpa::{
    Agent, AgentParameters, DeliveryId, Event, GroupCommit, Key, Outcome, Reception, Refusal, TransferId,
};
use spacelink::bundle::{Bundle, BundleId, CreationTimestamp};
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
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            disk: Disk::new(seed),
            rng: ChaCha8Rng::seed_from_u64(seed),
            unsent: Vec::new(),
            accepted: BTreeSet::new(),
            across: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            delivered: BTreeSet::new(),
            bundles: 0,
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
        let disk = self.disk.clone();
        // It may be killed while it starts, too.
        let store = DurableStore::open_on(move || disk.clone()).ok()?;
        let mut agent = Agent::with_store(parameters, open_plan(), store).ok()?;
        self.recovered += agent.counters().recovered;
        assert_eq!(agent.counters().unreadable, 0);
        agent.register(service(HERE, 7));
        agent.handle_timeout(Instant::ZERO);
        let (now, pending, transfers) = (Instant::ZERO, BTreeMap::new(), Vec::new());
        Some(Run {
            agent,
            now,
            pending,
            transfers,
            deliveries: BTreeMap::new(),
            acknowledging: BTreeMap::new(),
        })
    }

    fn next_bundle(&mut self) -> Bundle {
        self.bundles += 1;
        let to = if self.below(2) == 0 { HERE } else { FAR };
        let len = [0, 10, 1_000, 70_000][self.below(4) as usize];
        foreign(to, self.bundles, Bytes::from(vec![self.bundles as u8; len]))
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
                    run.transfers.push((outbound.transfer, Bundle::decode(octets).unwrap().id()));
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
        self.listen(run);
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
                    let sequence = delivery.id.timestamp.sequence as u8;
                    assert!(delivery.payload.octets().unwrap().iter().all(|octet| *octet == sequence));
                    self.delivered.insert(delivery.id.clone());
                    run.deliveries.insert(delivery.delivery, delivery.id);
                }
                Event::Acknowledged(delivery) => {
                    self.acknowledged.extend(run.acknowledging.remove(&delivery));
                }
                Event::Deleted { id, reason } => panic!("{id:?} deleted: {reason}"),
                _ => {}
            }
        }
    }

    /// Power goes and comes back.
    fn kill(&mut self, run: Option<Run>) {
        self.kills += 1;
        if let Some(run) = run {
            self.started += Duration::from_millis(run.now.as_millis()) + Duration::from_millis(5);
            // Those whose bundles were not confirmed still have them.
            self.unsent.extend(run.pending.into_values().flatten());
            drop(run.agent);
        }
        self.disk.lose_power();
    }
}

fn survives(seed: u64) -> World {
    let mut world = World::new(seed);
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
        world.listen(&mut run);
        while let Some(outbound) = run.agent.poll_forward(run.now, NEAR) {
            let id = Bundle::decode(run.agent.octets(outbound.transfer).unwrap()).unwrap().id();
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
        assert!(arrived, "lost: {id:?}");
    }
    let copies = world.across.values().map(|copies| copies - 1).sum::<u32>();
    assert!(copies <= 60 * world.kills, "{copies} copies after {} kills", world.kills);
    world
}

#[test]
fn nothing_is_lost_when_the_process_is_killed() {
    let seeds = std::env::var("SPACELINK_CRASH_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
    let (mut kills, mut bundles, mut recovered) = (0, 0, 0);
    for seed in 0..seeds {
        let world = std::panic::catch_unwind(|| survives(seed)).unwrap_or_else(|_| panic!("seed {seed}"));
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
    let mut world = World::new(1);
    let (a, b) = (world.next_bundle(), world.next_bundle());
    assert_ne!(a.id(), b.id());
    let CreationTimestamp { sequence, .. } = a.timestamp();
    assert_eq!(sequence, 1);
}
