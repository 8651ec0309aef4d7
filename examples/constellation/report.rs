//! What a run did, for people and for machines.

use serde::Serialize;
use spacelink::io::channel::ChannelCounters;
use spacelink::node::LinkCounters;
use std::fmt::Write;

use crate::network::name;

#[derive(Serialize)]
pub struct Report {
    pub delivered: bool,
    pub transport: &'static str,
    pub seed: u64,
    pub from: String,
    pub to: String,
    pub file_octets: usize,
    pub sha256_sent: String,
    /// Empty when the file did not arrive whole.
    pub sha256_received: String,
    pub bundles: Vec<BundleReport>,
    /// From the request to the last delivery, or to the end of the run.
    pub virtual_seconds: f64,
    pub wall_seconds: f64,
    /// Most octets any node ever stored at once.
    pub most_octets_stored: u64,
    pub links: Vec<LinkReport>,
}

#[derive(Serialize)]
pub struct BundleReport {
    pub sequence: u64,
    pub octets: usize,
    pub hops: u64,
    pub delivered_at_seconds: f64,
}

/// One direction of one link.
#[derive(Serialize)]
pub struct LinkReport {
    pub from: String,
    pub to: String,
    pub frames_sent: u64,
    /// Frames that the channel swallowed.
    pub frames_lost: u64,
    pub frames_received: u64,
    pub bits_flipped: u64,
    pub symbols_corrected: u64,
    pub codeblocks_uncorrectable: u64,
    pub segments_sent: u64,
    pub segments_retransmitted: u64,
}

impl LinkReport {
    /// Puts together what the sender, the receiver and the channel between them counted.
    pub fn new(
        (from, to): (usize, usize),
        sent: LinkCounters,
        received: LinkCounters,
        channel: ChannelCounters,
    ) -> Self {
        Self {
            from: name(from),
            to: name(to),
            frames_sent: sent.frames_sent,
            frames_lost: channel.lost + channel.out_of_contact,
            frames_received: received.frames_received,
            bits_flipped: channel.bits_flipped,
            symbols_corrected: received.symbols_corrected,
            codeblocks_uncorrectable: received.codeblocks_uncorrectable,
            segments_sent: sent.segments_sent,
            segments_retransmitted: sent.segments_retransmitted,
        }
    }
}

impl Report {
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_table(&mut text);
        text
    }

    fn write_table(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\n{:<24}{:>9}{:>9}{:>12}{:>13}{:>15}{:>13}",
            "link", "frames", "lost", "bits bad", "symbols", "codeblocks", "segments"
        )?;
        writeln!(
            out,
            "{:<24}{:>9}{:>9}{:>12}{:>13}{:>15}{:>13}",
            "", "sent", "", "", "corrected", "beyond repair", "sent again"
        )?;
        for link in self.links.iter().filter(|link| link.frames_sent > 0) {
            writeln!(
                out,
                "{:<24}{:>9}{:>9}{:>12}{:>13}{:>15}{:>13}",
                format!("{} > {}", link.from, link.to),
                link.frames_sent,
                link.frames_lost,
                link.bits_flipped,
                link.symbols_corrected,
                link.codeblocks_uncorrectable,
                link.segments_retransmitted
            )?;
        }
        writeln!(out, "\n{:<10}{:>10}{:>7}{:>18}", "bundle", "octets", "hops", "delivered after")?;
        for (index, bundle) in self.bundles.iter().enumerate() {
            if index == SHOWN_AT_EACH_END && self.bundles.len() > 2 * SHOWN_AT_EACH_END {
                writeln!(out, "   … {} more", self.bundles.len() - 2 * SHOWN_AT_EACH_END)?;
            }
            if index >= SHOWN_AT_EACH_END && index + SHOWN_AT_EACH_END < self.bundles.len() {
                continue;
            }
            let after = format!("{:.3} s", bundle.delivered_at_seconds);
            writeln!(out, "{:<10}{:>10}{:>7}{:>18}", bundle.sequence, bundle.octets, bundle.hops, after)?;
        }
        writeln!(
            out,
            "\nfrom {} to {}: {} octets in {} bundles",
            self.from,
            self.to,
            self.file_octets,
            self.bundles.len()
        )?;
        writeln!(out, "most octets stored at a node: {}", self.most_octets_stored)?;
        writeln!(out, "SHA-256 sent      {}", self.sha256_sent)?;
        writeln!(
            out,
            "SHA-256 received  {}",
            if self.delivered { &self.sha256_received } else { "(not whole)" }
        )?;
        writeln!(
            out,
            "{} after {:.3} s of orbit, {:.2} s of yours",
            if self.delivered { "delivered intact" } else { "NOT delivered" },
            self.virtual_seconds,
            self.wall_seconds
        )
    }
}

/// Of many bundles, how many are shown at the start and at the end.
const SHOWN_AT_EACH_END: usize = 8;
