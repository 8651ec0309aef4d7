//! Recordings of real spacecraft, read by the mission files of the examples: frames, gaps and packets must be those that
//! independent programs found.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use spacelink::coding::channel::{LinkQuality, Quality};
use spacelink::frame::receive::{ChannelCounters, Seen};
use spacelink::link::MissionSettings;
use spacelink::link::downlink::{
    DownlinkCounters, DownlinkReceiver, DownlinkSettings, Found, PacketChannels, PacketId,
};

use crate::common::shared;

/// An index of recordings.
#[derive(Deserialize)]
struct Index {
    files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    expected: Option<Value>,
}

/// What an index says of a recording of frames.
#[derive(Deserialize, PartialEq, Debug)]
struct Expected {
    frames: u64,
    frames_fecf_bad: u64,
    scid: u16,
    foreign_or_garbage_frames: u64,
    frames_per_scid_vcid: BTreeMap<String, u64>,
    frame_count_gaps: BTreeMap<String, u64>,
    frames_missing: BTreeMap<String, u64>,
    packets_per_scid_vcid_apid: Option<BTreeMap<String, u64>>,
    packet_stream_sha256: Option<BTreeMap<String, String>>,
}

#[test]
fn recordings_agree() {
    let Some(index) = index("frames.json") else { return };
    let mut disagree = Vec::new();
    for entry in &index {
        let expected: Expected = serde_json::from_value(entry.expected.clone().unwrap()).unwrap();
        let Some(found) = read(&entry.file, 100_000) else { continue };
        let found = found.summary;
        if found != expected {
            disagree.push(format!("{}\n expected {expected:?}\n found    {found:?}", entry.file));
        }
    }
    assert!(disagree.is_empty(), "{} disagree:\n{}", disagree.len(), disagree.join("\n"));
    assert_eq!(index.len(), 18);
}

/// CADUs and raw bits of weather satellites.
#[test]
fn coded_recordings_agree() {
    for file in [
        "coded/snpp_7_cadus.cadu",
        "coded/snpp_cadus_first25.cadu",
        "coded/npp_raw_bits.bin",
        "coded/noaa21_raw_bits.bin",
        "coded/metopb_raw_bits.bin",
    ] {
        let Some(expected) = expected(file) else { return };
        let found = read(file, 4096).unwrap();
        let summary = &found.summary;
        assert_eq!(json!(summary.frames), expected["cadus"], "{file}");
        assert_eq!(found.frames_sha256, expected["frames_sha256"], "{file}");
        assert_eq!((found.counters.uncorrectable, summary.foreign_or_garbage_frames), (0, 0), "{file}");
        // Either the number, or a table with the frames of each.
        let scid = summary.scid.to_string();
        assert!(
            expected["scid"] == json!(summary.scid) || expected["scid"] == json!({ scid: summary.frames })
        );
        let by_channel = |counts: &BTreeMap<String, u64>| -> Value {
            counts
                .iter()
                .map(|(key, count)| (key.split('/').nth(1).unwrap().to_owned(), json!(count)))
                .collect()
        };
        assert_eq!(by_channel(&summary.frames_per_scid_vcid), expected["frames_per_vcid"], "{file}");
        if let Some(gaps) = expected.get("gaps") {
            assert_eq!(&by_channel(&summary.frame_count_gaps), gaps, "{file}");
        }
        if let Some(packets) = expected.get("packets_per_scid_vcid_apid") {
            assert_eq!(&json!(summary.packets_per_scid_vcid_apid), packets, "{file}");
        }
    }
}

/// Codewords whose encoder had part of the marker where others have virtual fill.
#[test]
fn queqiao_codewords_are_repaired() {
    let file = "coded/queqiao_rs_first_half.rs252";
    let Some(expected) = expected(file) else { return };
    let found = read(file, 1000).unwrap();
    let mut counts = BTreeMap::new();
    for quality in &found.qualities {
        let beyond_repair = quality.codewords_uncorrectable > 0;
        let key = if beyond_repair { "-1".to_owned() } else { quality.symbols_corrected.to_string() };
        *counts.entry(key).or_insert(0) += 1;
    }
    assert_eq!(json!(counts), expected["corrected_counts"]);
    assert_eq!(json!(found.counters.frames), expected["codewords"]);
}

/// Soft symbols off the air: node, phase, markers, two codes.
#[test]
fn ks1q_frames_are_found() {
    let file = "coded/ks1q_soft.i8";
    let Some(expected) = expected(file) else { return };
    let found = read(file, 10_000).unwrap();
    let wanted = expected["frames_hex"].as_array().unwrap();
    assert!(wanted.len() as u64 >= expected["frames_at_least"].as_u64().unwrap());
    for frame in wanted {
        assert!(found.frames.contains(&hex::decode(frame.as_str().unwrap()).unwrap()));
    }
}

/// The recording is shorter than a frame; the convolutional code is followed all the same.
#[test]
fn voyager_symbols_are_followed() {
    let file = "coded/voyager1_symbols.f32";
    let Some(expected) = expected(file) else { return };
    let found = read(file, 1001).unwrap();
    let inner = found.link.unwrap().inner;
    assert!(inner.bits >= expected["viterbi_bits"].as_u64().unwrap());
    assert!(50 * inner.symbol_errors < inner.symbols, "{inner:?}");
    assert_eq!(found.counters.frames, 0);
}

/// What a receiver found.
struct Reading {
    counters: DownlinkCounters,
    link: Option<LinkQuality>,
    summary: Expected,
    /// Frames with no codeword beyond repair.
    frames: Vec<Vec<u8>>,
    frames_sha256: String,
    qualities: Vec<Quality>,
}

/// A frame that came twice is a whole turn of frames missing to the programs that made the index. Only with counts of eight
/// bits are the turns in the index.
const A_TURN: u64 = 255;

/// Reads a recording by the mission's file of its name, in pieces of `chunk` octets.
fn read(file: &str, chunk: usize) -> Option<Reading> {
    let octets = std::fs::read(shared(&format!("real-data/{file}"))?).unwrap();
    let settings = mission(file);
    let mut receiver = DownlinkReceiver::new(&settings).unwrap();
    let mut hashes: BTreeMap<String, Sha256> = BTreeMap::new();
    let (mut frames, mut qualities) = (Vec::new(), Vec::new());
    let mut take = |found: Found<'_>| match found {
        Found::Frame { frame, quality } => {
            qualities.extend(quality);
            if quality.is_none_or(|quality| quality.codewords_uncorrectable == 0) {
                frames.push(frame.to_vec());
            }
        }
        Found::Unit { scid, source, seen: Seen::Packet(packet) } => {
            hashes.entry(format!("{}/{}", scid.0, source.vcid.value())).or_default().update(packet);
        }
        _ => {}
    };
    octets.chunks(chunk).for_each(|octets| receiver.receive(octets, &mut take));
    receiver.finish(&mut take);
    let per_channel = |count: fn(ChannelCounters) -> u64| {
        let mut counts = BTreeMap::new();
        for spacecraft in receiver.spacecraft() {
            for (vcid, counters) in spacecraft.channels() {
                let key = format!("{}/{}", spacecraft.scid().0, vcid.value());
                counts.extend(Some((key, count(counters))).filter(|(_, count)| *count > 0));
            }
        }
        counts
    };
    let mut packets = BTreeMap::new();
    for spacecraft in receiver.spacecraft() {
        for (vcid, id, counters) in spacecraft.packets() {
            let PacketId::Apid(apid) = id else { panic!("{file}: {id:?}") };
            let key = format!("{}/{}/{}", spacecraft.scid().0, vcid.value(), apid.value());
            packets.insert(key, counters.packets);
        }
    }
    let carries_packets = settings.receive.packets != PacketChannels::Only(Vec::new());
    let hashes = hashes.into_iter().map(|(channel, hash)| (channel, hex::encode(hash.finalize()))).collect();
    let counters = receiver.counters();
    let summary = Expected {
        frames: counters.frames,
        frames_fecf_bad: counters.check_failed,
        scid: settings.scid.map_or(0, |scid| scid.0),
        foreign_or_garbage_frames: counters.malformed + counters.foreign,
        frames_per_scid_vcid: per_channel(|counters| counters.frames),
        frame_count_gaps: per_channel(|counters| counters.gaps + counters.duplicates),
        frames_missing: per_channel(|counters| counters.missing + counters.duplicates * A_TURN),
        packets_per_scid_vcid_apid: carries_packets.then_some(packets),
        packet_stream_sha256: carries_packets.then_some(hashes),
    };
    let frames_sha256 = hex::encode(Sha256::digest(frames.concat()));
    Some(Reading { counters, link: receiver.quality(), summary, frames, frames_sha256, qualities })
}

/// The mission's file of a recording, with idle packets reported for their hashes.
fn mission(file: &str) -> DownlinkSettings {
    let name = match Path::new(file).file_stem().unwrap().to_str().unwrap() {
        "snpp_7_cadus" | "snpp_cadus_first25" => "snpp_cadus",
        name => name,
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/missions");
    let text = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
    let mission: MissionSettings = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut settings = mission.downlink.unwrap();
    settings.receive.idle_packets = true;
    settings
}

fn index(name: &str) -> Option<Vec<Entry>> {
    let octets = std::fs::read(shared(&format!("real-data/{name}"))?).unwrap();
    Some(serde_json::from_slice::<Index>(&octets).unwrap().files)
}

fn expected(file: &str) -> Option<Value> {
    index("coded_and_packets.json")?.into_iter().find(|entry| entry.file == file)?.expected
}
