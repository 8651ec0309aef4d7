//! A bundle node over UDP with a durable store, configured in TOML: it relays, echoes, sends and takes files.
//!
//!     cargo run --release --example bundle_node -- run a.toml
//!     cargo run --release --example bundle_node -- ping b.toml ipn:1.7
//!     cargo run --release --example bundle_node -- send b.toml 1 FILE…
//!
//! A file leaves the outbox when its bundle is durable; a delivery is acknowledged when the file is in the inbox. Files
//! are never in memory as a whole. What is signed, encrypted, checked and opened is said in the configuration too.

mod files;
mod node;
mod security;
mod settings;

use clap::{Parser, Subcommand};
use files::Recipient;
use settings::Settings;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
#[command(about = "A bundle node over UDP with a durable store", after_help = EXAMPLE)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Runs a node: relays bundles, echoes, puts received files into FOLDER/inbox, and sends what it finds in
    /// FOLDER/outbox/NODE/ and, for other programs than this, the octets alone from FOLDER/outbox/NODE.SERVICE/
    Run {
        /// Configuration of the node
        config: PathBuf,
    },
    /// Asks an echo service and prints round trip times; exits 1 when an answer is missing
    Ping {
        /// Configuration of the node that asks
        config: PathBuf,
        /// Echo service, such as ipn:1.7
        destination: String,
        /// How many requests
        #[arg(long, default_value_t = 5)]
        count: u64,
        /// Milliseconds between requests
        #[arg(long, default_value_t = 1000)]
        interval: u64,
        /// Octets of a request
        #[arg(long, default_value_t = 64)]
        size: usize,
        /// Seconds to wait for the last answers
        #[arg(long, default_value_t = 10)]
        wait: u64,
    },
    /// Sends files to another node and waits until its neighbour has them
    Send {
        /// Configuration of the node that sends
        config: PathBuf,
        /// Number of the node they are for; NODE.SERVICE sends the octets alone, for other programs than this
        to: Recipient,
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Gives up after so many seconds
        #[arg(long, default_value_t = 60)]
        wait: u64,
    },
}

const EXAMPLE: &str = "\
A configuration:
  node = 1                     # this is ipn:1.*
  listen = \"127.0.0.1:4556\"
  folder = \"a\"                 # store, inbox and outbox; relative to the file
  echo = 7                     # services: echo,
  files = 8                    #   files, and
  payloads = 64                #   payloads of other programs, if that is given
  lifetime = 86400             # of files, in seconds
  store = 1024                 # MiB
  fragment = 1024              # KiB: longer bundles go in pieces of that
  crc = 32                     # bits of check sequences; 16 where ION is to open what is secured
  reports = 0                  # status reports a second at most
  ask_reports = []             # with files: \"reception\", \"forwarding\", \"delivery\", \"deletion\"
  report_to = \"ipn:1.0\"        # who gets those; without it this node

  [[neighbour]]                # any number
  node = 2
  address = \"127.0.0.1:4557\"
  any_port = true              # it may send from another port than that
  strict = false               # whether its bundles must keep the letter of the standards
  link = \"ltp\"                 # or \"bundles\", one a datagram, for which loss is loss
  rate = 100000000             # bits a second
  light_time = 0               # milliseconds
  loss = 0.0                   # share of datagrams thrown away, to try things

  [[contact]]                  # who is reached through others
  between = [2, 3]

  [[key]]                      # any number; octets in hexadecimal
  id = 1
  file = \"key.hex\"             # relative to this file; or hex = \"00112233…\"

  [[security]]                 # any number; the first that is about an operation decides
  role = \"source\"              # or \"verifier\" (checks), \"acceptor\" (checks and takes out)
  operation = \"encrypt\"        # BCB-AES-GCM; or \"sign\", BIB-HMAC-SHA2
  key = 1
  bits = 256                   # AES 128, 256; HMAC-SHA 256, 384, 512
  wrap = false                 # whether each bundle has a key of its own, wrapped with this one
  scope = 7                    # what is authenticated beside the target, as in RFC 9173
  source = \"ipn:1.*\"           # patterns; without them any
  destination = \"ipn:3.*\"
  security-source = \"ipn:*.*\"
  targets = [\"payload\"]        # and \"primary\", or types of blocks
  presence = \"optional\"        # or \"required\", \"forbidden\"
  on-failure = \"delete-bundle\" # or \"keep\", \"remove-operation\", \"remove-target\"
  report = false               # a failure though the bundle is not deleted
  gateway = false              # a source also secures what others made";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Arguments::parse().role {
        Role::Run { config } => run(config).await,
        Role::Ping { config, destination, count, interval, size, wait } => {
            let [interval, wait] = [Duration::from_millis(interval), Duration::from_secs(wait)];
            ping(config, destination, node::Pinging { count, interval, size, wait }).await
        }
        Role::Send { config, to, files, wait } => send(config, to, files, Duration::from_secs(wait)).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bundle_node: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(config: PathBuf) -> node::Done {
    node::Running::start(Settings::read(&config)?).await?.serve().await
}

async fn ping(config: PathBuf, destination: String, pinging: node::Pinging) -> node::Done {
    let destination = destination.parse().map_err(|error| format!("{destination}: {error}"))?;
    node::Running::start(Settings::read(&config)?).await?.ping(destination, pinging).await
}

async fn send(config: PathBuf, to: Recipient, files: Vec<PathBuf>, wait: Duration) -> node::Done {
    node::Running::start(Settings::read(&config)?).await?.send(to, &files, wait).await
}
