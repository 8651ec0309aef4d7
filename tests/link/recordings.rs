//! Recordings of real spacecraft: frames, gaps and packets must be those that independent programs found.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use spacelink::frame::aos::{
    AosParameters, AosSettings, Demultiplexer, DemultiplexerSettings, FrameRefused, HeaderErrorControl, Seen,
    Service,
};
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
    frame_length: usize,
    fecf: bool,
    ocf_octets: usize,
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
fn aos_recordings_agree() {
    let Some(index) = shared("real-data/frames.json") else { return };
    let index: Index = serde_json::from_slice(&std::fs::read(index).unwrap()).unwrap();
    let mut disagree = Vec::new();
    let mut checked = 0;
    for entry in index.files.into_iter().filter(|entry| entry["link_protocol"] == "AOS") {
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
    assert!(checked > 0, "the index names no AOS recording that is there");
}

/// Runs a demultiplexer over a recording.
fn read(recording: &Recording, octets: &[u8]) -> Expected {
    let settings = AosSettings {
        header_error_control: match recording.fhec {
            true => HeaderErrorControl::Check,
            false => HeaderErrorControl::Absent,
        },
        insert_zone_len: recording.insert_zone,
        ocf: recording.ocf_octets == 4,
        fecf: recording.fecf,
        // Flown before issue 5.
        issue: spacelink::frame::aos::AosIssue::Four,
        ..AosSettings::of_len(recording.frame_length)
    };
    let link = AosParameters::new(settings).unwrap();
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
        let outcome = demultiplexer.process(frame, |vcid, seen| {
            if let Seen::Packet(packet) = seen {
                let (space, _) = SpacePacket::decode(packet).unwrap();
                let apid = space.header().apid.value();
                *packets.entry(format!("{scid}/{}/{apid}", vcid.value())).or_insert(0) += 1;
                hashes.entry(format!("{scid}/{}", vcid.value())).or_default().update(packet);
            }
        });
        match outcome {
            Ok(_) => {}
            Err(FrameRefused::Decode(DecodeError::Check { .. })) => fecf_bad += 1,
            Err(_) => garbage += 1,
        }
    }
    let per_channel = |count: fn(&Demultiplexer, Vcid) -> u64| -> BTreeMap<String, u64> {
        let counts = demultiplexer.channels().map(|vcid| (vcid, count(&demultiplexer, vcid)));
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
        frames_per_scid_vcid: per_channel(|d, vcid| d.channel_counters(vcid).frames),
        frame_count_gaps: per_channel(|d, vcid| d.channel_counters(vcid).gaps),
        frames_missing: per_channel(|d, vcid| d.channel_counters(vcid).missing),
        packets_per_scid_vcid_apid: carries_packets.then_some(packets),
        packet_stream_sha256: carries_packets.then_some(hashes),
    }
}
