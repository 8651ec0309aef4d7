//! Texts of configuration: contact plans, missions, endpoints and patterns.

use super::{alone, bounded};
use spacelink::bundle::{Eid, EidPattern};
use spacelink::link::MissionSettings;
use spacelink::routing::ContactPlan;

#[test]
fn contact_plans() {
    let _alone = alone();
    let lines = |count: u64| -> String {
        let line = |at| format!("a contact +{} +{} 1 2 100000\n", at * 10, at * 10 + 5);
        std::iter::once("a range +0 +100000000 1 2 1\n".to_owned()).chain((0..count).map(line)).collect()
    };
    let many = lines(200_000);
    let plan = bounded("200,000 contacts", many.len(), 10, || ContactPlan::from_ion(&many, None)).unwrap();
    assert_eq!(plan.contacts().len(), 200_000);
    let csv = plan.to_csv();
    bounded("the same as a table", csv.len(), 10, || ContactPlan::from_csv(&csv)).unwrap();
    let digits = "9".repeat(10_000_000);
    for text in [
        format!("a contact +{digits} +1 1 2 1"),
        format!("a contact +0 +1 1 2 {digits}"),
        format!("a {digits}"),
        "a contact ".repeat(1_000_000),
        "\u{fc}".repeat(5_000_000),
        "\n".repeat(10_000_000) + "x",
    ] {
        let error = bounded("one line", text.len(), 4, || ContactPlan::from_ion(&text, None)).unwrap_err();
        assert!(error.to_string().starts_with("contact plan"), "{error}");
        assert!(error.to_string().len() < 200, "{error}");
        bounded("one line of a table", text.len(), 4, || ContactPlan::from_csv(&text)).unwrap_err();
    }
}

#[test]
fn missions() {
    let _alone = alone();
    for (open, close) in [("[", "]"), ("{a=", "}"), ("\"", "")] {
        let toml = format!("mission = {}{}", open.repeat(200_000), close.repeat(200_000));
        bounded("nested TOML", toml.len(), 60, || toml::from_str::<MissionSettings>(&toml)).unwrap_err();
        let json = format!("{{\"mission\":{}{}}}", open.repeat(200_000), close.repeat(200_000));
        bounded("nested JSON", json.len(), 60, || serde_json::from_str::<MissionSettings>(&json))
            .unwrap_err();
    }
    let dotted = format!("downlink.{} = 1", "a.".repeat(200_000) + "a");
    bounded("a long key", dotted.len(), 100, || toml::from_str::<MissionSettings>(&dotted)).unwrap_err();
}

#[test]
fn endpoints() {
    let _alone = alone();
    let million = "1".repeat(1_000_000);
    for text in [
        format!("ipn:{million}.1"),
        format!("ipn:1.{million}"),
        "ipn:".to_owned() + &"1.".repeat(500_000),
        format!("dtn:{million}"),
        million.clone(),
    ] {
        bounded("endpoint", text.len(), 2, || text.parse::<Eid>()).unwrap_err();
        bounded("pattern", text.len(), 2, || text.parse::<EidPattern>()).unwrap_err();
    }
    let ranges = format!("ipn:[{}1].1", "1-2,".repeat(200_000));
    bounded("ranges", ranges.len(), 15, || ranges.parse::<EidPattern>()).unwrap();
    let items = "ipn:1.1|".repeat(100_000) + "ipn:1.1";
    bounded("items", items.len(), 30, || items.parse::<EidPattern>()).unwrap();
}
