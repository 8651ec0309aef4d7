use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::machine::InputRefused;
use super::machine::NodeAgent;
use crate::bpa::{Outbound, Outcome};
use crate::bundle::{Bundle, NodeNumber, Rules};
use crate::cla::{LtpAdapter, datagram, encapsulation};
use crate::figures::figures;
use crate::link::{PacketLink, PacketLinkError, PacketLinkSettings};
use crate::ltp::EngineId;
use crate::time::Instant;

/// How bundles travel on a link.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LinkParameters {
    /// LTP segments in encapsulation packets in coded frames. Units sent are what one frame puts on the channel; units
    /// received are any octets of the stream.
    Coded(Box<PacketLinkSettings>),
    /// Units are datagrams of one LTP segment each.
    LtpDatagrams,
    /// Units are datagrams of one bundle each. Nothing proves that they arrive: a bundle counts as across when it
    /// has been handed to the network.
    BundleDatagrams,
}

/// Figures of one link, both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounters {
    /// Frames, or datagrams, sent.
    pub frames_sent: u64,
    /// Frames, or datagrams, received without fault.
    pub frames_received: u64,
    /// Frames that a gap in the frame count says are missing.
    pub frames_missing: u64,
    /// Reed-Solomon symbols repaired.
    pub symbols_corrected: u64,
    /// Frames received with a codeword beyond repair, and dropped.
    pub codeblocks_uncorrectable: u64,
    /// Packets, segments or bundles received that are not what they should be.
    pub units_refused: u64,
    /// LTP segments sent, all kinds.
    pub segments_sent: u64,
    /// LTP data segments sent again.
    pub segments_retransmitted: u64,
}

figures!(LinkCounters, "spacelink_link_";
    totals: frames_sent, frames_received, frames_missing, symbols_corrected, codeblocks_uncorrectable, units_refused,
        segments_sent, segments_retransmitted);

/// One link of a node.
pub(super) struct Link {
    neighbour: NodeNumber,
    /// How strictly bundles are read.
    pub(super) rules: Rules,
    kind: Kind,
    /// Counts what the kind does not count itself.
    counters: LinkCounters,
}

enum Kind {
    Coded { link: Box<PacketLink>, segment: Vec<u8> },
    LtpDatagrams,
    BundleDatagrams,
}

/// Longest payload of a UDP datagram over IPv4.
const MAX_DATAGRAM_LEN: usize = 65_507;

impl Link {
    pub(super) fn new(neighbour: NodeNumber, parameters: LinkParameters) -> Result<Self, PacketLinkError> {
        let kind = match parameters {
            LinkParameters::Coded(parameters) => {
                let link = Box::new(PacketLink::new(&parameters)?);
                let segment = vec![0; link.packet_zone_len().saturating_sub(encapsulation::HEADER_LEN)];
                Kind::Coded { link, segment }
            }
            LinkParameters::LtpDatagrams => Kind::LtpDatagrams,
            LinkParameters::BundleDatagrams => Kind::BundleDatagrams,
        };
        Ok(Self { neighbour, rules: Rules::STRICT, kind, counters: LinkCounters::default() })
    }

    pub(super) fn neighbour(&self) -> NodeNumber {
        self.neighbour
    }

    /// The neighbour's LTP engine, which has the number of its node.
    pub(super) fn engine(&self) -> EngineId {
        EngineId(self.neighbour.0)
    }

    pub(super) fn carries_ltp(&self) -> bool {
        !matches!(self.kind, Kind::BundleDatagrams)
    }

    /// A coded link's segments just fill a frame with their packet, so that a lost frame costs one segment.
    pub(super) fn max_segment_len(&self) -> usize {
        match &self.kind {
            Kind::Coded { segment, .. } => segment.len(),
            Kind::LtpDatagrams | Kind::BundleDatagrams => MAX_DATAGRAM_LEN,
        }
    }

    pub(super) fn max_unit_len(&self) -> usize {
        match &self.kind {
            Kind::Coded { link, .. } => link.max_unit_len(),
            Kind::LtpDatagrams | Kind::BundleDatagrams => MAX_DATAGRAM_LEN,
        }
    }

    /// Whether what came in looks like what travels here.
    pub(super) fn understands(&self, octets: &[u8]) -> bool {
        match self.kind {
            Kind::Coded { .. } => true,
            Kind::LtpDatagrams => datagram::Content::of(octets) == datagram::Content::LtpSegment,
            Kind::BundleDatagrams => datagram::Content::of(octets) == datagram::Content::Bundle,
        }
    }

    pub(super) fn handle_input(
        &mut self,
        now: Instant,
        ltp: &mut LtpAdapter,
        agent: &mut NodeAgent,
        octets: &[u8],
    ) -> Result<(), InputRefused> {
        let taken = match &mut self.kind {
            Kind::Coded { link, .. } => {
                link.handle_input(octets);
                while let Some(packet) = link.poll_packet() {
                    let taken = match encapsulation::unwrap(&packet) {
                        Ok(encapsulation::Content::LtpSegment(segment)) => {
                            ltp.handle_segment(now, segment).is_ok()
                        }
                        Ok(encapsulation::Content::Idle) => true,
                        _ => false,
                    };
                    self.counters.units_refused += u64::from(!taken);
                }
                return Ok(());
            }
            Kind::LtpDatagrams => ltp.handle_segment(now, octets).map_err(InputRefused::from),
            Kind::BundleDatagrams => match datagram::bundle(octets, &self.rules) {
                Ok(bundle) => receive(now, agent, self.neighbour, bundle),
                Err(error) => {
                    agent.report_unintelligible(now, octets, &error);
                    Err(error.into())
                }
            },
        };
        match taken {
            Ok(()) => self.counters.frames_received += 1,
            Err(_) => self.counters.units_refused += 1,
        }
        taken
    }

    pub(super) fn poll_transmit(
        &mut self,
        now: Instant,
        ltp: &mut LtpAdapter,
        agent: &mut NodeAgent,
        out: &mut [u8],
    ) -> Option<usize> {
        let engine = self.engine();
        let len = match &mut self.kind {
            Kind::Coded { link, segment } => {
                // Only as many segments as the next frame needs: what waits in the engine can still be overtaken
                // by reports, and its timers run from when it is handed out.
                while link.is_hungry() {
                    let Some(len) = ltp.poll_segment(now, engine, segment) else { break };
                    let wrapped = encapsulation::wrap_segment(&segment[..len]).ok();
                    if wrapped.is_none_or(|packet| link.enqueue(packet).is_err()) {
                        self.counters.units_refused += 1;
                    }
                }
                link.poll_transmit(out)
            }
            Kind::LtpDatagrams => ltp.poll_segment(now, engine, out),
            Kind::BundleDatagrams => agent.poll_forward(now, self.neighbour).and_then(|outbound| {
                // Whether a bundle that must not be cut fits is seen only now.
                let fits =
                    usize::try_from(outbound.len).is_ok_and(|len| len <= MAX_DATAGRAM_LEN.min(out.len()));
                let outcome = if fits { read_all(agent, outbound, out) } else { Outcome::Failed };
                agent.transfer_ended(now, outbound.transfer, outcome);
                (outcome == Outcome::Across).then_some(outbound.len as usize)
            }),
        };
        if !matches!(self.kind, Kind::Coded { .. }) {
            self.counters.frames_sent += u64::from(len.is_some());
        }
        len
    }

    /// Octets of the longest bundle that can go in one piece.
    pub(super) fn max_bundle_len(&self) -> u64 {
        match self.kind {
            Kind::BundleDatagrams => MAX_DATAGRAM_LEN as u64,
            Kind::Coded { .. } | Kind::LtpDatagrams => u64::MAX,
        }
    }

    pub(super) fn counters(&self, ltp: &LtpAdapter) -> LinkCounters {
        let mut counters = self.counters;
        if let Some(span) = ltp.engine().span_stats(self.engine()) {
            counters.segments_sent = span.segments_sent;
            counters.segments_retransmitted = span.segments_retransmitted;
        }
        if let Kind::Coded { link, .. } = &self.kind {
            let frames = link.counters();
            counters.frames_sent = frames.frames_sent;
            counters.frames_received = frames.frames_received;
            counters.frames_missing = frames.frames_missing;
            counters.symbols_corrected = frames.symbols_corrected;
            counters.codeblocks_uncorrectable = frames.codeblocks_uncorrectable;
        }
        counters
    }
}

/// Reads a bundle to the front of `out`, where there is room for it.
fn read_all(agent: &mut NodeAgent, outbound: Outbound, out: &mut [u8]) -> Outcome {
    let mut rest = &mut out[..outbound.len as usize];
    while !rest.is_empty() {
        match agent.read_transfer(outbound.transfer, rest) {
            Ok(0) => return Outcome::Failed,
            Ok(read) => rest = &mut rest[read..],
            Err(error) => return Outcome::unread(error),
        }
    }
    Outcome::Across
}

/// Takes a bundle from a link that cannot take it back.
fn receive(
    now: Instant,
    agent: &mut NodeAgent,
    from: NodeNumber,
    bundle: Bundle,
) -> Result<(), InputRefused> {
    let header = bundle.header().clone();
    let taken = agent.receive(now, Some(from), bundle);
    if taken.is_err_and(|refusal| refusal.is_temporary()) {
        agent.report_depleted(now, &header);
    }
    taken?;
    Ok(())
}
