//! Recordings of real spacecraft: frames, gaps and packets must be those that independent programs found.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use spacelink::frame::aos::{AosIssue, AosParameters, AosSettings, HeaderErrorControl};
use spacelink::frame::receive::{
    ChannelCounters, Demultiplexer, DemultiplexerSettings, Format, FrameRefused, Seen, Service,
};
use spacelink::frame::tm::{TmParameters, TmSettings};
use spacelink::frame::{Scid, Vcid};
use spacelink::packet::SpacePacket;
use spacelink::wire::{Decode, DecodeError};

use crate::common::shared;

/// The index beside the recordings.
#[derive(Deserialize)]
struct Index {
    files: Vec<serde_json::Value>,
}

/// One recording, the form of its frames, and what is in it.
#[derive(Deserialize)]
struct Recording {
    file: String,
    link_protocol: String,
    frame_length: usize,
    fecf: bool,
    /// 0 or 4; TM frames say it themselves.
    ocf_octets: serde_json::Value,
    insert_zone: usize,
    fhec: bool,
    expected: Expected,
}

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
    let Some(index) = shared("real-data/frames.json") else { return };
    let index: Index = serde_json::from_slice(&std::fs::read(index).unwrap()).unwrap();
    let mut disagree = Vec::new();
    let mut checked = 0;
    for entry in index.files {
        let recording: Recording = serde_json::from_value(entry).unwrap();
        let Some(path) = shared(&format!("real-data/{}", recording.file)) else { continue };
        let found = read(&recording, &std::fs::read(path).unwrap());
        checked += 1;
        if found != recording.expected {
            disagree
                .push(format!("{}\n expected {:?}\n found    {found:?}", recording.file, recording.expected));
        }
    }
    assert!(disagree.is_empty(), "{} of {checked} disagree:\n{}", disagree.len(), disagree.join("\n"));
    assert!(checked > 0, "the index names no recording that is there");
}

/// A frame that came twice is a whole turn of frames missing to the programs that made the index. Only in a recording of TM
/// frames, of eight bits of count, are there any.
const A_TURN: u64 = 255;

/// Runs a demultiplexer over a recording.
fn read(recording: &Recording, octets: &[u8]) -> Expected {
    let (frame_len, fecf) = (recording.frame_length, recording.fecf);
    match recording.link_protocol.as_str() {
        "AOS" => {
            let settings = AosSettings {
                header_error_control: match recording.fhec {
                    true => HeaderErrorControl::Check,
                    false => HeaderErrorControl::Absent,
                },
                insert_zone_len: recording.insert_zone,
                ocf: recording.ocf_octets == 4,
                fecf,
                // Flown before issue 5.
                issue: AosIssue::Four,
                ..AosSettings::of_len(frame_len)
            };
            run(AosParameters::new(settings).unwrap(), recording, octets)
        }
        "TM" => {
            let settings = TmSettings { fecf, ..TmSettings::of_len(frame_len) };
            run(TmParameters::new(settings).unwrap(), recording, octets)
        }
        other => panic!("{other} is no link protocol of this test"),
    }
}

fn run<F: Format>(link: F, recording: &Recording, octets: &[u8]) -> Expected {
    let scid = recording.expected.scid;
    let with_idle = DemultiplexerSettings { idle_packets: true, ..Default::default() };
    let mut demultiplexer = Demultiplexer::new(link, Scid(scid), with_idle);
    let carries_packets = recording.expected.packets_per_scid_vcid_apid.is_some();
    if !carries_packets {
        (0..64).filter_map(Vcid::new).for_each(|vcid| demultiplexer.set_service(vcid, Service::Access));
    }
    let (mut fecf_bad, mut garbage) = (0, 0);
    let mut packets = BTreeMap::new();
    let mut hashes: BTreeMap<String, Sha256> = BTreeMap::new();
    for frame in octets.chunks(recording.frame_length) {
        let outcome = demultiplexer.process(frame, |source, seen| {
            if let Seen::Packet(packet) = seen {
                let (space, _) = SpacePacket::decode(packet).unwrap();
                let apid = space.header().apid.value();
                *packets.entry(format!("{scid}/{}/{apid}", source.vcid.value())).or_insert(0) += 1;
                hashes.entry(format!("{scid}/{}", source.vcid.value())).or_default().update(packet);
            }
        });
        match outcome {
            Ok(_) => {}
            Err(FrameRefused::Decode(DecodeError::Check { .. })) => fecf_bad += 1,
            Err(_) => garbage += 1,
        }
    }
    let per_channel = |count: fn(ChannelCounters) -> u64| -> BTreeMap<String, u64> {
        let counts = demultiplexer.channels().map(|vcid| (vcid, count(demultiplexer.channel_counters(vcid))));
        counts
            .filter(|&(_, count)| count > 0)
            .map(|(vcid, count)| (format!("{scid}/{}", vcid.value()), count))
            .collect()
    };
    let hashes = hashes.into_iter().map(|(channel, hash)| (channel, hex::encode(hash.finalize()))).collect();
    Expected {
        frames: demultiplexer.counters().frames,
        frames_fecf_bad: fecf_bad,
        scid,
        foreign_or_garbage_frames: garbage,
        frames_per_scid_vcid: per_channel(|counters| counters.frames),
        frame_count_gaps: per_channel(|counters| counters.gaps + counters.duplicates),
        frames_missing: per_channel(|counters| counters.missing + counters.duplicates * A_TURN),
        packets_per_scid_vcid_apid: carries_packets.then_some(packets),
        packet_stream_sha256: carries_packets.then_some(hashes),
    }
}
