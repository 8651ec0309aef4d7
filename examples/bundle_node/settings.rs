//! What a node is told in its configuration file.

use crate::security::{self, KeySetting, RuleSetting};
use serde::Deserialize;
use spacelink::bpsec::Policy;
use spacelink::bundle::{BundleFlags, CrcType, Eid, NodeNumber};
use spacelink::keys::{Key, KeyId};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A whole configuration file; `bundle_node --help` shows one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Number of this node.
    pub node: u32,
    /// Own address.
    pub listen: SocketAddr,
    /// Folder of the store, of `inbox` and of `outbox`.
    pub folder: PathBuf,
    /// Service that sends back what it gets.
    #[serde(default = "echo")]
    pub echo: u64,
    /// Service that takes files.
    #[serde(default = "files")]
    pub files: u64,
    /// Service that puts any payload into the inbox as it is, named after source, time and number.
    pub payloads: Option<u64>,
    /// How long a file is worth keeping, in seconds.
    #[serde(default = "lifetime")]
    pub lifetime: u64,
    /// Octets the store may hold, in MiB.
    #[serde(default = "store")]
    pub store: u64,
    /// Octets of the longest bundle handed to a neighbour over LTP, in KiB: longer ones go in fragments, and both ends
    /// need memory for a few of them.
    #[serde(default = "fragment")]
    pub fragment: u64,
    /// Status reports a second at most.
    #[serde(default)]
    pub reports: u32,
    /// Which status reports are asked for with the files sent.
    #[serde(default)]
    ask_reports: Vec<Report>,
    /// Who gets those; this node itself, if nobody is named.
    report_to: Option<String>,
    /// Bits of the check sequences of bundles made here: 16, or 32 without it.
    #[serde(default)]
    pub crc: Crc,
    /// Secrets.
    #[serde(default)]
    key: Vec<KeySetting>,
    /// What is signed, encrypted, checked and opened.
    #[serde(default)]
    security: Vec<RuleSetting>,
    /// Where the files with keys are.
    #[serde(skip)]
    base: PathBuf,
    /// Who is reached directly.
    #[serde(default)]
    pub neighbour: Vec<Neighbour>,
    /// Who reaches whom further on.
    #[serde(default)]
    pub contact: Vec<Hop>,
}

/// Bits of a check sequence.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "u8")]
pub struct Crc(pub CrcType);

impl TryFrom<u8> for Crc {
    type Error = String;

    fn try_from(bits: u8) -> Result<Self, String> {
        match bits {
            16 => Ok(Self(CrcType::Crc16)),
            32 => Ok(Self(CrcType::Crc32C)),
            bits => Err(format!("no check sequence of {bits} bits")),
        }
    }
}

/// A node that is reached directly, at all times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its number.
    pub node: u32,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it sends from any port of its host, as most nodes do, or only from the one it listens on.
    #[serde(default = "any_port")]
    pub any_port: bool,
    /// How bundles travel.
    #[serde(default)]
    pub link: Kind,
    /// Whether its bundles must keep the letter of the standards, or what known implementations get wrong is taken.
    #[serde(default)]
    pub strict: bool,
    /// Bits a second.
    #[serde(default = "rate")]
    pub rate: u64,
    /// One-way light time in milliseconds.
    #[serde(default)]
    pub light_time: u64,
    /// Share of the datagrams to it that are thrown away, to see what comes of that.
    #[serde(default)]
    pub loss: f64,
}

/// How bundles travel.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As LTP blocks, a segment a datagram: what is lost is sent again.
    #[default]
    Ltp,
    /// One bundle a datagram: what is lost stays lost.
    Bundles,
}

/// What is reported.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Report {
    Reception,
    Forwarding,
    Delivery,
    Deletion,
}

/// A contact between two other nodes, both ways and at all times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hop {
    /// Its ends.
    pub between: [u32; 2],
    /// Bits a second.
    #[serde(default = "rate")]
    pub rate: u64,
    /// One-way light time in milliseconds.
    #[serde(default)]
    pub light_time: u64,
}

impl Settings {
    /// Reads the file at `path`. Folders in it are relative to it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
        let mut settings: Self = toml::from_str(&text).map_err(|error| named(&error))?;
        if settings.node == 0 || settings.node == u32::MAX {
            return Err(named(&format_args!("node {} is no node of its own", settings.node)));
        }
        if let Some(base) = path.parent() {
            settings.folder = base.join(&settings.folder);
            settings.base = base.to_owned();
        }
        Ok(settings)
    }

    /// The security policy, and the keys it names.
    pub fn security(&self) -> Result<(Policy, Vec<(KeyId, Key)>), String> {
        let keys = security::keys(&self.key, &self.base)?;
        Ok((security::policy(&self.security, &keys)?, keys))
    }

    /// Flags that ask for status reports, and who gets them.
    pub fn asked_reports(&self) -> Result<(BundleFlags, Eid), String> {
        if self.ask_reports.is_empty() {
            return Ok((BundleFlags::NONE, Eid::NONE));
        }
        let flags = self.ask_reports.iter().map(|report| match report {
            Report::Reception => BundleFlags::REPORT_RECEPTION,
            Report::Forwarding => BundleFlags::REPORT_FORWARDING,
            Report::Delivery => BundleFlags::REPORT_DELIVERY,
            Report::Deletion => BundleFlags::REPORT_DELETION,
        });
        let flags = flags.fold(BundleFlags::STATUS_TIME, |all, flag| all | flag);
        let report_to = match &self.report_to {
            Some(text) => text.parse().map_err(|error| format!("{text}: {error}"))?,
            None => Eid::ipn(self.number(), 0),
        };
        Ok((flags, report_to))
    }

    /// Where received files are put.
    pub fn inbox(&self) -> PathBuf {
        self.folder.join("inbox")
    }

    /// Where files to be sent are put, in a folder for each destination node.
    pub fn outbox(&self) -> PathBuf {
        self.folder.join("outbox")
    }

    /// The number of this node.
    pub fn number(&self) -> NodeNumber {
        NodeNumber::new(0, self.node)
    }

    /// How long a file is worth keeping.
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime)
    }
}

const fn echo() -> u64 {
    7
}

const fn files() -> u64 {
    8
}

const fn lifetime() -> u64 {
    86_400
}

const fn store() -> u64 {
    1024
}

const fn fragment() -> u64 {
    1024
}

const fn rate() -> u64 {
    100_000_000
}

const fn any_port() -> bool {
    true
}
