//! Compares what is decoded with an index of recordings of frames.

use crate::decode::{self, Wanted};
use crate::report::Report;
use serde::Deserialize;
use serde_json::{Map, Value};
use spacelink::frame::aos::{AosIssue, AosSettings, HeaderErrorControl};
use spacelink::frame::tm::TmSettings;
use spacelink::frame::uslp::{FrameLen, UslpSettings};
use spacelink::frame::{AnySettings, Scid};
use spacelink::link::downlink::{DownlinkSettings, PacketChannels};
use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

#[derive(Deserialize)]
struct Index {
    files: Vec<Entry>,
}

/// One recording: the form of its frames, and what is in it.
#[derive(Deserialize)]
struct Entry {
    file: String,
    link_protocol: String,
    frame_length: usize,
    #[serde(default)]
    fecf: bool,
    /// 0, 4, or that frames say it.
    #[serde(default)]
    ocf_octets: Value,
    #[serde(default)]
    insert_zone: usize,
    #[serde(default)]
    fhec: bool,
    expected: Map<String, Value>,
}

/// Decodes every recording that the index names, in files beside it. Returns whether all are as expected.
pub fn compare(path: &Path, json: bool) -> Result<bool, Box<dyn Error>> {
    let index = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let index: Index = serde_json::from_slice(&index)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut outcomes = Map::new();
    for entry in &index.files {
        let differences = entry.differences(folder).map_err(|error| format!("{}: {error}", entry.file))?;
        if !json {
            let outcome = if differences.is_empty() { "agrees" } else { "DIFFERS" };
            println!("{:<32} {outcome}, {} keys", entry.file, entry.expected.len());
            differences.iter().for_each(|difference| println!("    {difference}"));
        }
        outcomes.insert(entry.file.clone(), differences.into());
    }
    let agreed = outcomes.values().filter(|list| list.as_array().is_some_and(Vec::is_empty)).count();
    if json {
        println!("{}", serde_json::to_string_pretty(&outcomes)?);
    } else {
        println!("{agreed} of {} recordings agree", index.files.len());
    }
    Ok(agreed == index.files.len())
}

impl Entry {
    fn differences(&self, folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
        let settings = self.settings()?;
        let recording = File::open(folder.join(&self.file))?;
        let decoded = decode::decode(&settings, recording, Wanted::Hashes, None)?;
        let found = serde_json::to_value(Report::of("", &settings, &decoded))?;
        let mut differences = Vec::new();
        for (key, expected) in &self.expected {
            describe(key, expected, found.get(key).unwrap_or(&Value::Null), &mut differences);
        }
        Ok(differences)
    }

    fn settings(&self) -> Result<DownlinkSettings, Box<dyn Error>> {
        let &Self { frame_length, fecf, insert_zone, fhec, .. } = self;
        let scid =
            self.expected.get("scid").and_then(Value::as_u64).and_then(|scid| u16::try_from(scid).ok());
        let ocf = self.ocf_octets.as_u64().map(|octets| octets > 0);
        let frame = match self.link_protocol.as_str() {
            "TM" => AnySettings::Tm(TmSettings { fecf, ocf, ..TmSettings::of_len(frame_length) }),
            "AOS" => AnySettings::Aos(AosSettings {
                fecf,
                ocf: ocf == Some(true),
                insert_zone_len: insert_zone,
                header_error_control: match fhec {
                    true => HeaderErrorControl::Correct,
                    false => HeaderErrorControl::Absent,
                },
                // What flies today was built before issue 5, unless its number needs the longer field.
                issue: if scid > Some(0xFF) { AosIssue::Five } else { AosIssue::Four },
                ..AosSettings::of_len(frame_length)
            }),
            "USLP" => AnySettings::Uslp(UslpSettings {
                fecf,
                insert_zone_len: insert_zone,
                ..UslpSettings::new(FrameLen::Fixed(frame_length))
            }),
            other => return Err(format!("link protocol {other} is not TM, AOS or USLP").into()),
        };
        let mut settings = DownlinkSettings { scid: scid.map(Scid), ..DownlinkSettings::new(frame) };
        if self.expected.get("packets_per_scid_vcid_apid").is_some_and(Value::is_null) {
            settings.receive.packets = PacketChannels::Only(Vec::new());
        }
        Ok(settings)
    }
}

/// Says where `found` is not as `expected`, entry by entry where both are tables.
fn describe(key: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let mut keys: Vec<&String> = expected.keys().chain(found.keys()).collect();
            keys.sort();
            keys.dedup();
            for entry in keys {
                let of = |map: &Map<String, Value>| map.get(entry).cloned().unwrap_or(Value::Null);
                describe(&format!("{key} {entry}"), &of(expected), &of(found), differences);
            }
        }
        _ if expected == found => {}
        _ => differences.push(format!("{key}: expected {expected}, found {found}")),
    }
}
