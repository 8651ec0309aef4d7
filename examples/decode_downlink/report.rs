//! The report as JSON: keys and meanings are those of the indexes of recordings, with more beside them.

use crate::decode::{ChannelKey, Decoded};
use serde::Serialize;
use sha2::Digest;
use spacelink::coding::channel::LinkQuality;
use spacelink::frame::FrameVersion;
use spacelink::link::downlink::{DownlinkSettings, PacketChannels, PacketId};
use std::collections::BTreeMap;

/// Counts by `scid/vcid` or `scid/vcid/apid`.
type Counts = BTreeMap<String, u64>;

/// What a recording holds.
#[derive(Serialize)]
pub struct Report {
    mission: String,
    frames: u64,
    frames_fecf_bad: u64,
    /// Transfer frame version number as it stands in frames.
    version: u8,
    /// The spacecraft asked for, else the one with the most frames.
    scid: Option<u16>,
    foreign_or_garbage_frames: u64,
    frames_per_scid_vcid: Counts,
    /// Steps of the frame count to anything but the next.
    frame_count_gaps: Counts,
    /// By the frame count; a repeated frame counts as a whole turn, one that counts back as a turn less the way back.
    frames_missing: Counts,
    /// `null` when no channel carries packets.
    packets_per_scid_vcid_apid: Option<Counts>,
    packet_stream_sha256: Option<BTreeMap<String, String>>,
    encapsulation_packets_per_scid_vcid_protocol: Counts,
    packet_sequence_gaps: Counts,
    packets_missing: Counts,
    frames_uncorrectable: u64,
    frames_sha256: String,
    frames_repeated: Counts,
    frames_back: Counts,
    clcw: BTreeMap<String, Clcw>,
    link: Option<Link>,
}

/// The control words about one telecommand channel.
#[derive(Serialize)]
struct Clcw {
    words: u64,
    report_value: u8,
    report_value_changes: u64,
    no_rf_available: u64,
    no_bit_lock: u64,
    lockout: u64,
    wait: u64,
    retransmit: u64,
}

/// What the code said.
#[derive(Serialize)]
struct Link {
    blocks_dropped: u64,
    symbols_corrected: u64,
    codewords_uncorrectable: u64,
    iterations: u64,
    locks: u64,
    locks_lost: u64,
    flywheels: u64,
    marker_bit_errors: u64,
    slips: u64,
    channel_symbols: u64,
    channel_symbol_errors: u64,
    convolutional_bits: u64,
}

impl Report {
    pub fn of(mission: &str, settings: &DownlinkSettings, decoded: &Decoded) -> Self {
        let receiver = &decoded.receiver;
        let counters = receiver.counters();
        let most = receiver.spacecraft().max_by_key(|spacecraft| spacecraft.counters().frames);
        let carries_packets = settings.receive.packets != PacketChannels::Only(Vec::new());
        let hashes = decoded.packet_streams.iter();
        let hashes =
            hashes.map(|(key, hash)| (channel(*key), hex::encode(hash.clone().finalize()))).collect();
        let steps = |count: fn(&crate::decode::Steps) -> u64| {
            nonzero(decoded.steps.iter().map(|(key, steps)| (channel(*key), count(steps))))
        };
        let mut report = Self {
            mission: mission.to_owned(),
            frames: counters.frames,
            frames_fecf_bad: counters.check_failed,
            version: match receiver.format().version() {
                FrameVersion::One => 0b00,
                FrameVersion::Two => 0b01,
                _ => 0b1100,
            },
            scid: settings.scid.or(most.map(|spacecraft| spacecraft.scid())).map(|scid| scid.0),
            foreign_or_garbage_frames: counters.malformed + counters.foreign,
            frames_per_scid_vcid: Counts::new(),
            frame_count_gaps: steps(|steps| steps.gaps),
            frames_missing: steps(|steps| steps.missing),
            packets_per_scid_vcid_apid: carries_packets.then(Counts::new),
            packet_stream_sha256: carries_packets.then_some(hashes),
            encapsulation_packets_per_scid_vcid_protocol: Counts::new(),
            packet_sequence_gaps: Counts::new(),
            packets_missing: Counts::new(),
            frames_uncorrectable: counters.uncorrectable,
            frames_sha256: hex::encode(decoded.frames.clone().finalize()),
            frames_repeated: Counts::new(),
            frames_back: Counts::new(),
            clcw: BTreeMap::new(),
            link: receiver.quality().map(Link::from),
        };
        receiver.spacecraft().for_each(|spacecraft| report.add(spacecraft));
        report
    }

    fn add(&mut self, spacecraft: &spacelink::link::downlink::Spacecraft) {
        let scid = spacecraft.scid().0;
        for (vcid, counters) in spacecraft.channels() {
            let key = channel((scid, vcid));
            self.frames_per_scid_vcid.insert(key.clone(), counters.frames);
            self.frames_repeated.extend(nonzero([(key.clone(), counters.duplicates)]));
            self.frames_back.extend(nonzero([(key, counters.back)]));
        }
        for (vcid, id, counters) in spacecraft.packets() {
            match id {
                PacketId::Apid(apid) => {
                    let key = format!("{}/{}", channel((scid, vcid)), apid.value());
                    self.packet_sequence_gaps.extend(nonzero([(key.clone(), counters.gaps)]));
                    self.packets_missing.extend(nonzero([(key.clone(), counters.missing)]));
                    self.packets_per_scid_vcid_apid.get_or_insert_default().insert(key, counters.packets);
                }
                PacketId::Protocol(protocol) => {
                    let key = format!("{}/{}", channel((scid, vcid)), protocol.value());
                    self.encapsulation_packets_per_scid_vcid_protocol.insert(key, counters.packets);
                }
            }
        }
        for (vcid, counters) in spacecraft.clcws() {
            let clcw = Clcw {
                words: counters.words,
                report_value: counters.last.report_value,
                report_value_changes: counters.report_changes,
                no_rf_available: counters.no_rf_available,
                no_bit_lock: counters.no_bit_lock,
                lockout: counters.lockout,
                wait: counters.wait,
                retransmit: counters.retransmit,
            };
            self.clcw.insert(channel((scid, vcid)), clcw);
        }
    }
}

impl From<LinkQuality> for Link {
    fn from(quality: LinkQuality) -> Self {
        Self {
            blocks_dropped: quality.blocks_dropped,
            symbols_corrected: quality.symbols_corrected,
            codewords_uncorrectable: quality.codewords_uncorrectable,
            iterations: quality.iterations,
            locks: quality.sync.locks,
            locks_lost: quality.sync.locks_lost,
            flywheels: quality.sync.flywheels,
            marker_bit_errors: quality.sync.marker_bit_errors,
            slips: quality.slips,
            channel_symbols: quality.inner.symbols,
            channel_symbol_errors: quality.inner.symbol_errors,
            convolutional_bits: quality.inner.bits,
        }
    }
}

fn channel((scid, vcid): ChannelKey) -> String {
    format!("{scid}/{}", vcid.value())
}

/// Those that are not zero.
fn nonzero(counts: impl IntoIterator<Item = (String, u64)>) -> Counts {
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}
