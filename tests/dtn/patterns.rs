//! Endpoint patterns: which endpoints they are about, and their text.

use spacelink::bundle::{Eid, EidPattern, NodeNumber};

fn matches(pattern: &str, eid: &str) -> bool {
    pattern.parse::<EidPattern>().unwrap().matches(&eid.parse().unwrap())
}

#[test]
fn patterns_match() {
    for (pattern, inside, outside) in [
        ("*:**", &["ipn:1.2", "dtn://a/b", "dtn:none"][..], &[][..]),
        ("ipn:**", &["ipn:1.2", "ipn:977.1.2"], &["dtn://a/b", "dtn:none", "ipn:0.0"]),
        ("ipn:1.*", &["ipn:1.2", "ipn:1.0"], &["ipn:2.2", "ipn:977.1.2"]),
        ("ipn:977.[1-3,9].7", &["ipn:977.1.7", "ipn:977.9.7"], &["ipn:977.4.7", "ipn:1.7", "ipn:977.1.8"]),
        ("ipn:*.*.0", &["ipn:977.1.0", "ipn:8.0"], &["ipn:8.1", "ipn:0.0"]),
        ("dtn://node/in", &["dtn://node/in"], &["dtn://node/in/2", "dtn://node/"]),
        ("dtn://node/**", &["dtn://node/in", "dtn://node/"], &["dtn://other/in", "ipn:1.1"]),
        ("dtn:**", &["dtn://node/in"], &["ipn:1.1", "dtn:none"]),
        ("dtn:none", &["dtn:none", "ipn:0.0"], &["ipn:1.0"]),
        ("ipn:1.1|ipn:2.2", &["ipn:1.1", "ipn:2.2"], &["ipn:1.2"]),
    ] {
        inside.iter().for_each(|eid| assert!(matches(pattern, eid), "{pattern} {eid}"));
        outside.iter().for_each(|eid| assert!(!matches(pattern, eid), "{pattern} {eid}"));
        let again: EidPattern = pattern.parse().unwrap();
        assert_eq!(again.to_string().parse(), Ok(again), "{pattern}");
    }
}

#[test]
fn patterns_of_endpoints_and_nodes() {
    for eid in ["ipn:1.2", "ipn:977.1.2", "dtn://a/b", "dtn:none"] {
        let eid: Eid = eid.parse().unwrap();
        assert!(EidPattern::from(&eid).matches(&eid));
        assert!(!EidPattern::from(&eid).matches(&"ipn:5.5".parse().unwrap()));
    }
    let node = EidPattern::node(NodeNumber::new(977, 3));
    assert!(node.matches(&"ipn:977.3.12".parse().unwrap()));
    assert!(!node.matches(&"ipn:3.12".parse().unwrap()));
}

#[test]
fn what_is_no_pattern() {
    for text in [
        "",
        "ipn",
        "ipn:1",
        "ipn:1.2.3.4",
        "ipn:1.[3-2]",
        "ipn:1.[",
        "ipn:x.1",
        "dtn:node",
        "dtn://a/*b",
        "http:**",
    ] {
        assert!(text.parse::<EidPattern>().is_err(), "{text}");
    }
}
