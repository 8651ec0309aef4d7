//! One bundle that is far larger than memory through a node with a durable store: it comes header first and in
//! pieces, is made durable, goes out in pieces, and is checked at the far end.
//!
//! `tests/large/run` runs it with 10 GB under a limit of 256 MB.

use clap::Parser;
use spacelink::bpa::{Agent, AgentParameters, Amount, Event, Outcome, Quotas, Reception};
use spacelink::bundle::{
    Bundle, BundleReader, BundleWriter, CreationTimestamp, Eid, Header, NodeNumber, Part, Rules,
};
use spacelink::io::store::DurableStore;
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
    /// Folder for the store, which is removed in the end.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
}

const HERE: NodeNumber = NodeNumber(1);
const NEAR: NodeNumber = NodeNumber(2);
const PIECE: usize = 64 << 10;

/// Octet `at` of the payload: something that no displaced piece of it agrees with.
fn octet(at: u64) -> u8 {
    (at ^ at >> 9 ^ at >> 17 ^ at >> 27) as u8
}

fn fill(start: u64, out: &mut [u8]) {
    out.iter_mut().zip(start..).for_each(|(octet_out, at)| *octet_out = octet(at));
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let contact = Contact {
        from: HERE,
        to: NEAR,
        start: PlanTime::from_secs(0),
        end: PlanTime::from_secs(1_000_000),
        rate: u64::MAX / 1_000,
        light_time: Duration::ZERO,
    };
    let parameters = AgentParameters {
        quotas: Quotas::of(Amount { octets: options.octets + (1 << 20), bundles: 10 }),
        ..AgentParameters::new(HERE)
    };
    let folder = tempfile::tempdir_in(&options.folder)?;
    let store = DurableStore::open(folder.path().join("bundles.redb"))?;
    let mut agent = Agent::with_store(parameters, ContactPlan::from_contacts(vec![contact])?, store)?;
    let mut now = Instant::ZERO;
    agent.handle_timeout(now);
    let header = Bundle::builder(Eid::ipn(NodeNumber(9), 1), Eid::ipn(NEAR, 7))
        .timestamp(CreationTimestamp { time: parameters.epoch.0, sequence: 0 })
        .lifetime(Duration::from_secs(86_400))
        .hop_limit(30)
        .build_header(options.octets)?;

    let clock = std::time::Instant::now();
    receive(&mut agent, &mut now, &header)?;
    let received = clock.elapsed();
    println!("received {} octets in {:.1} s", options.octets, received.as_secs_f64());
    let clock = std::time::Instant::now();
    forward(&mut agent, &mut now)?;
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

/// The neighbour's side makes the octets, this side reads them as they come.
fn receive(
    agent: &mut Agent<DurableStore>,
    now: &mut Instant,
    header: &Header,
) -> Result<(), Box<dyn Error>> {
    let mut reader = BundleReader::new(Rules::STRICT);
    let (mut writer, start) = BundleWriter::new(header);
    let mut spool = None;
    let mut kept = None;
    let mut take =
        |agent: &mut Agent<DurableStore>, now: Instant, mut input: &[u8]| -> Result<(), Box<dyn Error>> {
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
    while sent < header.payload_len() {
        let len = (header.payload_len() - sent).min(PIECE as u64) as usize;
        fill(sent, &mut piece[..len]);
        writer.payload(&piece[..len])?;
        take(agent, *now, &piece[..len])?;
        sent += len as u64;
    }
    take(agent, *now, writer.finish()?.as_ref())?;
    let Some(Reception::Pending(key)) = kept else { return Err("not taken".into()) };
    *now += Duration::from_secs(1);
    agent.handle_timeout(*now);
    let safe = std::iter::from_fn(|| agent.poll_event(*now)).any(|event| event == Event::Kept(key));
    if safe { Ok(()) } else { Err("not durable".into()) }
}

/// Reads the bundle out in pieces, as an adapter does, and checks it as the neighbour does.
fn forward(agent: &mut Agent<DurableStore>, now: &mut Instant) -> Result<(), Box<dyn Error>> {
    let outbound = agent.poll_forward(*now, NEAR).ok_or("nothing to forward")?;
    let mut reader = BundleReader::new(Rules::STRICT);
    let (mut piece, mut expected) = (vec![0; PIECE], vec![0; PIECE]);
    let (mut at, mut whole) = (0, false);
    loop {
        let len = agent.read_transfer(outbound.transfer, &mut piece)?;
        let mut input = &piece[..len];
        while let Some(part) = reader.read(&mut input)? {
            match part {
                Part::Data(data) => {
                    fill(at, &mut expected[..data.len()]);
                    if data != &expected[..data.len()] {
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
    if !whole {
        return Err("cut off".into());
    }
    agent.transfer_ended(*now, outbound.transfer, Outcome::Across);
    *now += Duration::from_secs(1);
    agent.handle_timeout(*now);
    Ok(())
}
