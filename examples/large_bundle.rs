//! One bundle that is far larger than memory through a node with a durable store: it comes header first and in
//! pieces, is made durable, goes out in pieces, and is checked at the far end.
//!
//! With `--secured` the node is a gateway between two security domains: the bundle comes encrypted and signed with the
//! keys of one, is opened and checked, and goes out signed and encrypted with the keys of the other.
//!
//! `tests/large/run` runs both with 10 GB under a limit of 256 MB.

use clap::Parser;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::bpa::{Agent, AgentParameters, Amount, Event, Outcome, Quotas, Reception, Security};
use spacelink::bpsec::{BcbAesGcm, BibHmacSha2, Policy, Presence, Processor, Protector, Role, Rule};
use spacelink::bundle::{
    Bundle, BundleReader, BundleWriter, CreationTimestamp, Eid, Header, NodeNumber, Part, Rules,
};
use spacelink::io::store::DurableStore;
use spacelink::keys::{Key, KeyId};
use spacelink::routing::{Contact, ContactPlan, PlanTime};
use spacelink::time::Instant;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

/// A bundle larger than memory through a node.
#[derive(Parser)]
struct Options {
    /// Octets of the payload.
    #[arg(long, default_value_t = 64_000_000)]
    octets: u64,
    /// Whether it comes and goes signed and encrypted.
    #[arg(long)]
    secured: bool,
    /// Folder for the store, which is removed in the end.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
}

const HERE: NodeNumber = NodeNumber(1);
const NEAR: NodeNumber = NodeNumber(2);
const PIECE: usize = 64 << 10;
/// Where the keys of the domain begin that the bundle comes from, and of that it goes to.
const BEFORE: u64 = 1;
const AFTER: u64 = 3;

type Done<T> = Result<T, Box<dyn Error>>;

/// Octet `at` of the payload: something that no displaced piece of it agrees with.
fn octet(at: u64) -> u8 {
    (at ^ at >> 9 ^ at >> 17 ^ at >> 27) as u8
}

fn fill(start: u64, out: &mut [u8]) {
    out.iter_mut().zip(start..).for_each(|(octet_out, at)| *octet_out = octet(at));
}

fn keys() -> Vec<(KeyId, Key)> {
    (BEFORE..BEFORE + 4).filter_map(|id| Some((KeyId(id), Key::new(&[id as u8; 32])?))).collect()
}

/// Signed and encrypted with the keys of one domain.
fn rules(role: Role, first: u64) -> Vec<Rule> {
    let required = |rule: Rule| rule.presence(Presence::Required).gateway();
    vec![
        required(Rule::new(role, BibHmacSha2::DEFAULT, KeyId(first))),
        required(Rule::new(role, BcbAesGcm::DEFAULT, KeyId(first + 1))),
    ]
}

fn main() -> Done<()> {
    let options = Options::parse();
    let contact = Contact {
        from: HERE,
        to: NEAR,
        start: PlanTime::from_secs(0),
        end: PlanTime::from_secs(1_000_000),
        rate: u64::MAX / 1_000,
        light_time: Duration::ZERO,
    };
    let copies = if options.secured { 2 } else { 1 };
    let parameters = AgentParameters {
        quotas: Quotas::of(Amount { octets: copies * options.octets + (1 << 20), bundles: 10 }),
        ..AgentParameters::new(HERE)
    };
    let folder = tempfile::tempdir_in(&options.folder)?;
    let store = DurableStore::open(folder.path().join("bundles.redb"))?;
    let policy = match options.secured {
        true => [rules(Role::Acceptor, BEFORE), rules(Role::Source, AFTER)].concat(),
        false => Vec::new(),
    };
    let security = Security::new(Policy { rules: policy }, keys(), ChaCha20Rng::seed_from_u64(2));
    let plan = ContactPlan::from_contacts(vec![contact])?;
    let mut agent = Agent::secured(parameters, plan, store, security)?;
    let mut now = Instant::ZERO;
    agent.handle_timeout(now);
    let header = Bundle::builder(Eid::ipn(NodeNumber(9), 1), Eid::ipn(NEAR, 7))
        .timestamp(CreationTimestamp { time: parameters.epoch.0, sequence: 0 })
        .lifetime(Duration::from_secs(86_400))
        .hop_limit(30)
        .build_header(options.octets)?;

    let mut sender = Sender::new(header, options.secured)?;
    let clock = std::time::Instant::now();
    receive(&mut agent, &mut now, &mut sender)?;
    println!("received {} octets in {:.1} s", options.octets, clock.elapsed().as_secs_f64());
    if options.secured {
        let clock = std::time::Instant::now();
        work(&mut agent, &mut now)?;
        println!("opened, checked, signed and encrypted in {:.1} s", clock.elapsed().as_secs_f64());
    }
    let clock = std::time::Instant::now();
    forward(&mut agent, &mut now, options.secured)?;
    println!("forwarded and checked in {:.1} s", clock.elapsed().as_secs_f64());
    assert!(agent.is_empty());
    if let Some(line) = std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(most_memory) {
        println!("{line}");
    }
    Ok(())
}

fn most_memory(status: &str) -> Option<&str> {
    status.lines().find(|line| line.starts_with("VmHWM"))
}

/// The neighbour's side, which makes the octets.
struct Sender {
    header: Header,
    protector: Option<Protector>,
}

impl Sender {
    /// What secures a bundle stands before its payload, so the payload is passed through once beforehand.
    fn new(header: Header, secured: bool) -> Done<Self> {
        if !secured {
            return Ok(Self { header, protector: None });
        }
        // With the same randomness the second pass encrypts the same text in the same way.
        let policy = Policy { rules: rules(Role::Source, BEFORE) };
        let start = |header: Header| {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            Protector::new(header, &policy, &Eid::ipn(NodeNumber(9), 0), &keys(), &mut rng)
        };
        let mut first = Self { header: header.clone(), protector: Some(start(header.clone())?) };
        let mut piece = vec![0; PIECE];
        let mut at = 0;
        while at < header.payload_len() {
            at += first.next(at, &mut piece)?.len() as u64;
        }
        let secured = first.protector.ok_or("no protector")?.finish()?;
        Ok(Self { header: secured, protector: Some(start(header)?) })
    }

    fn next<'p>(&mut self, at: u64, piece: &'p mut [u8]) -> Done<&'p [u8]> {
        let len = (self.header.payload_len() - at).min(PIECE as u64) as usize;
        let piece = &mut piece[..len];
        fill(at, piece);
        if let Some(protector) = &mut self.protector {
            protector.payload(piece)?;
        }
        Ok(piece)
    }
}

/// This side reads the bundle as it comes.
fn receive(agent: &mut Agent<DurableStore>, now: &mut Instant, sender: &mut Sender) -> Done<()> {
    let mut reader = BundleReader::new(Rules::STRICT);
    let (mut writer, start) = BundleWriter::new(&sender.header);
    let mut spool = None;
    let mut kept = None;
    let mut take = |agent: &mut Agent<DurableStore>, now: Instant, mut input: &[u8]| -> Done<()> {
        while let Some(part) = reader.read(&mut input)? {
            match part {
                Part::Payload(_) => {
                    let header = reader.header().ok_or("no header")?.clone();
                    spool = Some(agent.begin(now, Some(NodeNumber(9)), header)?);
                }
                Part::Data(data) => agent.append(now, spool.ok_or("no spool")?, data)?,
                Part::End => kept = Some(agent.finish(now, spool.ok_or("no spool")?)?),
                Part::Primary | Part::Block => {}
            }
        }
        Ok(())
    };
    take(agent, *now, &start)?;
    let (mut piece, mut sent) = (vec![0; PIECE], 0);
    while sent < sender.header.payload_len() {
        let octets = sender.next(sent, &mut piece)?;
        writer.payload(octets)?;
        take(agent, *now, octets)?;
        sent += octets.len() as u64;
    }
    take(agent, *now, writer.finish()?.as_ref())?;
    let Some(Reception::Pending(key)) = kept else { return Err("not taken".into()) };
    *now += Duration::from_millis(20);
    agent.commit(*now);
    let safe = std::iter::from_fn(|| agent.poll_event(*now)).any(|event| event == Event::Kept(key));
    if safe { Ok(()) } else { Err("not durable".into()) }
}

/// Lets the agent work on the bundle, a piece at each timeout, until there is nothing more to be done at once.
fn work(agent: &mut Agent<DurableStore>, now: &mut Instant) -> Done<()> {
    while let Some(due) = agent.poll_timeout().filter(|due| due.since(*now) < Duration::from_secs(1)) {
        *now = due;
        agent.handle_timeout(*now);
        while let Some(event) = agent.poll_event(*now) {
            if let Event::Deleted { reason, .. } = event {
                return Err(reason.to_string().into());
            }
        }
    }
    let counters = agent.counters();
    match (counters.operations_verified, counters.protected) {
        (3, 1) => Ok(()),
        other => Err(format!("operations that hold, bundles secured: {other:?}").into()),
    }
}

/// Reads the bundle out in pieces, as an adapter does, and checks it as the neighbour does.
fn forward(agent: &mut Agent<DurableStore>, now: &mut Instant, secured: bool) -> Done<()> {
    let outbound = agent.poll_forward(*now, NEAR).ok_or("nothing to forward")?;
    let mut reader = BundleReader::new(Rules::STRICT);
    let policy = Policy { rules: if secured { rules(Role::Acceptor, AFTER) } else { Vec::new() } };
    let mut processor = None;
    let (mut piece, mut expected, mut opened) = (vec![0; PIECE], vec![0; PIECE], vec![0; PIECE]);
    let (mut at, mut whole) = (0, false);
    loop {
        let len = agent.read_transfer(outbound.transfer, &mut piece)?;
        let mut input = &piece[..len];
        while let Some(part) = reader.read(&mut input)? {
            match part {
                Part::Payload(_) => {
                    let header = reader.header().ok_or("no header")?.clone();
                    processor = Some(Processor::new(header, &policy, &keys()));
                }
                Part::Data(data) => {
                    fill(at, &mut expected[..data.len()]);
                    let opened = &mut opened[..data.len()];
                    opened.copy_from_slice(data);
                    let opened = processor.as_mut().ok_or("no header")?.payload(opened);
                    if opened != &expected[..data.len()] {
                        return Err(format!("octets differ after {at}").into());
                    }
                    at += data.len() as u64;
                }
                Part::End => whole = true,
                _ => {}
            }
        }
        if len == 0 {
            break;
        }
    }
    let outcome = processor.filter(|_| whole).ok_or("cut off")?.finish();
    if outcome.deleted.is_some() || secured != (outcome.verdicts.len() == 3) {
        return Err(format!("{:?}", outcome.verdicts).into());
    }
    agent.transfer_ended(*now, outbound.transfer, Outcome::Across);
    *now += Duration::from_secs(1);
    agent.handle_timeout(*now);
    Ok(())
}
