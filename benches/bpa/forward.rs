//! Receive octets, decode and check, store, route, hand to the adapter, confirm, delete.

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use spacelink::bpa::{Agent, AgentParameters, Commit, Event, GroupCommit, Outcome, Store, StoreError};
use spacelink::bundle::{Bundle, CreationTimestamp, Eid, NodeNumber};
use spacelink::io::store::DurableStore;
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::{DtnTime, Instant};
use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

const HERE: NodeNumber = NodeNumber(1);
const NEAR: NodeNumber = NodeNumber(2);

/// Bundles of one sample.
const BATCH: u64 = 4_096;

fn plan() -> ContactPlan {
    let contact = Contact {
        from: HERE,
        to: NEAR,
        start: PlanTime::from_secs(0),
        end: PlanTime::from_secs(1_000_000_000),
        rate: u64::MAX / 1_000,
        light_time: Duration::ZERO,
    };
    ContactPlan::from_contacts(vec![contact]).unwrap()
}

/// Bundles as they come from a link, each in a buffer of its own.
fn incoming(payload: usize, first: &mut u64, count: u64) -> Vec<Bytes> {
    let time = AgentParameters::new(HERE).epoch.0;
    let bundle = |sequence| {
        Bundle::builder(Eid::ipn(NodeNumber(9), 1), Eid::ipn(NEAR, 7))
            .timestamp(CreationTimestamp { time: DtnTime(time.0 + sequence / 1_000), sequence })
            .lifetime(Duration::from_secs(86_400))
            .hop_limit(30)
            .payload(vec![sequence as u8; payload])
            .build()
            .unwrap()
            .encode()
            .into()
    };
    let range = *first..*first + count;
    *first = range.end;
    range.map(bundle).collect()
}

/// Forwards all of it, `window` bundles in the store at a time, as a host that drains its links does. With `disk`,
/// commits are done there while the agent goes on with the next bundles.
fn forward<S: Store>(
    agent: &mut Agent<S>,
    now: &mut Instant,
    bundles: Vec<Bytes>,
    window: usize,
    mut disk: Option<&mut DiskThread>,
) {
    let mut bundles = bundles.into_iter();
    // The adapter's own buffer, for one datagram or one stretch of a stream.
    let mut sent = vec![0; 1 << 16];
    loop {
        let mut taken = 0;
        for octets in bundles.by_ref().take(window) {
            taken += 1;
            agent.receive(*now, Some(NodeNumber(9)), Bundle::decode(octets).unwrap()).unwrap();
        }
        // What is not durable is not confirmed to the neighbour; with no store to wait for this does nothing.
        agent.commit(*now);
        if let Some(disk) = &mut disk {
            disk.end(agent, *now);
            disk.begin(agent, *now);
        }
        let mut transfers = Vec::with_capacity(taken);
        while let Some(outbound) = agent.poll_forward(*now, NEAR) {
            let len = usize::try_from(outbound.len).unwrap();
            let read = agent.read_transfer(outbound.transfer, &mut sent[..len]).unwrap();
            assert_eq!(read, len);
            black_box(&sent[..len]);
            transfers.push(outbound.transfer);
        }
        for transfer in transfers {
            agent.transfer_ended(*now, transfer, Outcome::Across);
        }
        while let Some(event) = agent.poll_event(*now) {
            assert!(!matches!(event, Event::NotKept(_)));
        }
        *now += Duration::from_millis(1);
        if taken == 0 {
            break;
        }
    }
    agent.commit(*now);
    if let Some(disk) = &mut disk {
        disk.end(agent, *now);
        disk.begin(agent, *now);
        disk.end(agent, *now);
    }
    assert!(agent.is_empty());
}

/// A thread that does commits.
struct DiskThread {
    commits: Sender<Commit>,
    outcomes: Receiver<Result<(), StoreError>>,
    busy: bool,
}

impl DiskThread {
    fn start() -> Self {
        let ((commits, work), (done, outcomes)) = (channel::<Commit>(), channel());
        thread::spawn(move || work.into_iter().all(|commit| done.send(commit.run()).is_ok()));
        Self { commits, outcomes, busy: false }
    }

    /// Waits for the commit under way.
    fn end<S: Store>(&mut self, agent: &mut Agent<S>, now: Instant) {
        if std::mem::take(&mut self.busy) {
            agent.commit_ended(now, self.outcomes.recv().unwrap());
        }
    }

    fn begin<S: Store>(&mut self, agent: &mut Agent<S>, now: Instant) {
        if let Some(commit) = agent.poll_commit(now) {
            self.commits.send(commit).unwrap();
            self.busy = true;
        }
    }
}

/// Processor time of this thread, so that the figure is that of one core whatever else the machine does; where the
/// system does not tell, the time that has passed.
fn thread_time() -> Duration {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok()).map(Duration::from_nanos);
    nanos.unwrap_or_else(|| START.get_or_init(std::time::Instant::now).elapsed())
}

pub fn memory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bpa/forward_memory");
    for (name, payload) in [("100B", 100), ("1kB", 1_000), ("64kB", 64_000)] {
        let mut agent = Agent::new(AgentParameters::new(HERE), plan());
        let (mut now, mut first) = (Instant::ZERO, 0);
        agent.handle_timeout(now);
        group.throughput(Throughput::Elements(BATCH)).sample_size(20);
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter_custom(|iterations| {
                (0..iterations)
                    .map(|_| {
                        let bundles = incoming(payload, &mut first, BATCH);
                        let before = thread_time();
                        forward(&mut agent, &mut now, bundles, 256, None);
                        thread_time() - before
                    })
                    .sum()
            });
        });
    }
}

pub fn durable(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bpa/forward_durable");
    group.sample_size(10);
    let cases = [
        ("1kB", 1_000, BATCH * 4, 4_096, true),
        ("64kB", 64_000, BATCH / 2, 512, true),
        // The agent waits for each group.
        ("1kB_waiting", 1_000, BATCH * 4, 4_096, false),
        ("64kB_waiting", 64_000, BATCH / 2, 512, false),
        // Each bundle by itself.
        ("1kB_ungrouped", 1_000, 64, 1, false),
        ("64kB_ungrouped", 64_000, 64, 1, false),
    ];
    for (name, payload, count, window, handed_out) in cases {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let store = DurableStore::open(folder.path().join("bundles.redb")).unwrap();
        // The commits are those of `forward`, or one for each step.
        let delay = Duration::from_secs(1);
        let group_commit = match window {
            1 => GroupCommit::NONE,
            _ => GroupCommit { delay, octets: 64 << 20, steps: usize::MAX },
        };
        let parameters = AgentParameters { group: group_commit, ..AgentParameters::new(HERE) };
        let mut agent = Agent::with_store(parameters, plan(), store).unwrap();
        let mut disk = handed_out.then(DiskThread::start);
        if handed_out {
            agent.hand_out_commits();
        }
        let (mut now, mut first) = (Instant::ZERO, 0);
        agent.handle_timeout(now);
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter_batched(
                || incoming(payload, &mut first, count),
                |bundles| forward(&mut agent, &mut now, bundles, window, disk.as_mut()),
                BatchSize::PerIteration,
            );
        });
    }
}
