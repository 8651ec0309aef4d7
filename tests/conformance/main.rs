//! The conformance runner must fail what is wrong, or its word is worth nothing.

#[path = "../common/mod.rs"]
mod common;
#[path = "../../examples/conformance/kinds/mod.rs"]
mod kinds;
#[path = "../../examples/conformance/runner.rs"]
#[allow(dead_code, reason = "the program prints, the test does not")]
mod runner;

use serde_json::Value;

/// Kinds that run in full, and the field of their cases that holds the octets.
const KINDS: &[&str] = &[
    "aos_frames",
    "bpv7_bundles",
    "clcw",
    "cop1_farm",
    "cop1_fop",
    "encapsulation_packets",
    "ltp_segments",
    "pus_tc_tm",
    "randomizer",
    "reed_solomon",
    "space_packets",
    "space_packets_java",
    "tc_frames_cltu",
    "time_cds",
    "time_cuc_cds",
    "tm_frames",
    "turbo",
    "uslp_frames",
];

fn load(kind: &str) -> Option<Value> {
    let path = common::shared(&format!("vectors/{kind}.json"))?;
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

#[test]
fn all_cases_of_the_supported_kinds_pass() {
    for kind in KINDS {
        let Some(file) = load(kind) else { continue };
        let tally = runner::run(kind, &file);
        assert_eq!((tally.failed, tally.skipped), (0, 0), "{kind}: {:?}", tally.failures);
        assert!(tally.passed > 0, "{kind} ran nothing");
    }
}

/// Flips one bit of the expected octets of each positive case in turn: each must fail then.
#[test]
fn a_wrong_expected_value_fails() {
    for kind in KINDS {
        let Some(file) = load(kind) else { continue };
        let (list, field) = match *kind {
            "reed_solomon" => ("single", "codeword"),
            "pus_tc_tm" => ("tc", "hex"),
            "turbo" => ("vectors", "codeword"),
            "randomizer" => ("vectors", "sequence"),
            _ => ("vectors", "hex"),
        };
        let cases = file[list].as_array().unwrap().len();
        for index in 0..cases.min(30) {
            let mut wrong = file.clone();
            let case = &mut wrong[list][index];
            let octets = match *kind {
                "cop1_farm" => &mut case["steps"][0]["clcw"],
                // The fifth step leaves S6 or not; its state is the second character.
                "cop1_fop" => &mut case["steps"][4]["state"],
                _ => &mut case[field],
            };
            let mut digits = octets.as_str().unwrap().to_owned();
            let digit = u8::from_str_radix(&digits[1..2], 16).unwrap() ^ 1;
            digits.replace_range(1..2, &format!("{digit:x}"));
            *octets = Value::String(digits);
            let failures = runner::run(kind, &wrong).failures;
            assert!(
                failures.iter().any(|failure| failure.starts_with(&format!("{list}[{index}]"))),
                "{kind}: {list}[{index}] passed with a wrong {field}"
            );
        }
    }
}

#[test]
fn unknown_kinds_are_skipped_and_files_without_cases_fail() {
    let file = serde_json::json!({ "vectors": [1, 2, 3] });
    let tally = runner::run("never_heard_of", &file);
    assert_eq!((tally.passed, tally.failed, tally.skipped), (0, 0, 3));
    assert_eq!(runner::run("randomizer", &serde_json::json!({})).failed, 1);
}
