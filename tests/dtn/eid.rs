//! Endpoint identifiers: text, octets, equality across forms.

use proptest::prelude::*;
use spacelink::bundle::{Eid, EidTextError, IpnElements, NodeNumber};
use spacelink::wire::{Decode, DecodeError, Encode};
use std::collections::HashSet;

fn eid(text: &str) -> Eid {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn decoded(octets: &[u8]) -> Result<Eid, DecodeError> {
    Eid::decode_exact("EID", octets)
}

/// RFC 9171 §4.2.5.1 and RFC 9758 §6, encoded by hand.
const KNOWN: &[(&str, &[u8])] = &[
    ("dtn:none", &[0x82, 1, 0]),
    ("dtn://n/", &[0x82, 1, 0x64, b'/', b'/', b'n', b'/']),
    ("dtn://a-1/~b", &[0x82, 1, 0x68, b'/', b'/', b'a', b'-', b'1', b'/', b'~', b'b']),
    ("ipn:0.0", &[0x82, 2, 0x82, 0, 0]),
    ("ipn:5.1", &[0x82, 2, 0x82, 5, 1]),
    ("ipn:!.7", &[0x82, 2, 0x82, 0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 7]),
    ("ipn:977.100.24", &[0x82, 2, 0x83, 0x19, 0x03, 0xD1, 0x18, 0x64, 0x18, 0x18]),
];

#[test]
fn text_and_octets() {
    for &(text, octets) in KNOWN {
        assert_eq!(eid(text).to_vec().unwrap(), octets, "{text}");
        assert_eq!(decoded(octets).unwrap(), eid(text));
        assert_eq!(decoded(octets).unwrap().to_string(), text);
    }
}

#[test]
fn two_elements_and_three_are_one_endpoint() {
    // Allocator 977 is in the upper half of a node number of 64 bits.
    let two: &[u8] = &[0x82, 2, 0x82, 0x1B, 0, 0, 0x03, 0xD1, 0, 0, 0, 100, 1];
    let three: &[u8] = &[0x82, 2, 0x83, 0x19, 0x03, 0xD1, 0x18, 100, 1];
    let (a, b) = (decoded(two).unwrap(), decoded(three).unwrap());
    assert_eq!(a, b);
    assert_eq!(HashSet::from([a.clone(), b.clone()]).len(), 1);
    assert_eq!(a.to_string(), "ipn:977.100.1");
    assert_eq!((a.elements(), b.elements()), (Some(IpnElements::Two), Some(IpnElements::Three)));
    // The form seen goes out again (nasa-jpl/ION-DTN#114).
    assert_eq!((a.to_vec().unwrap(), b.to_vec().unwrap()), (two.to_vec(), three.to_vec()));
    assert_eq!(a.with_elements(IpnElements::Three).to_vec().unwrap(), three);
    let default = [0x82, 2, 0x83, 0, 5, 1];
    assert_eq!(decoded(&default).unwrap(), eid("ipn:5.1"));
    assert_eq!(decoded(&default).unwrap().to_vec().unwrap(), default);
}

#[test]
fn null_endpoints() {
    for null in [&[0x82, 1, 0][..], &[0x82, 2, 0x82, 0, 0], &[0x82, 2, 0x83, 0, 0, 0], &[0x82, 2, 0x82, 0, 9]]
    {
        let found = decoded(null).unwrap();
        assert!(found.is_null(), "{found}");
        assert_eq!(found.to_vec().unwrap(), null);
    }
    assert!(!eid("ipn:1.0").is_null());
    assert!(!eid("ipn:!.1").is_null());
}

#[test]
fn nodes_and_services() {
    let found = eid("ipn:977.3.1");
    assert_eq!(found.node(), Some(NodeNumber(977 << 32 | 3)));
    assert_eq!((found.service(), found.dtn_name()), (Some(1), None));
    assert_eq!(found.node_id(), eid("ipn:977.3.0"));
    assert_eq!(eid("dtn://n/a/b").node_id(), eid("dtn://n/"));
    assert!(eid("dtn://n/a").same_node(&eid("dtn://n/b")));
    assert!(!eid("dtn://n/a").same_node(&eid("dtn://na/")));
    assert!(found.same_node(&eid("ipn:977.3.9")) && !found.same_node(&eid("ipn:3.1")));
    assert_eq!(NodeNumber::new(977, 3).to_string(), "977.3");
}

#[test]
fn bad_texts_are_refused() {
    let bad = [
        ("", EidTextError::Scheme),
        ("http://n/", EidTextError::Scheme),
        ("dtn:", EidTextError::Dtn),
        ("dtn:None", EidTextError::Dtn),
        ("dtn:n/a", EidTextError::Dtn),
        ("dtn:///a", EidTextError::Dtn),
        ("dtn://n", EidTextError::Dtn),
        ("dtn://n n/", EidTextError::Dtn),
        ("dtn://n/a b", EidTextError::Dtn),
        ("dtn://n/\u{fc}", EidTextError::Dtn),
        ("ipn:", EidTextError::Ipn),
        ("ipn:1", EidTextError::Ipn),
        ("ipn:1.2.3.4", EidTextError::Ipn),
        ("ipn:!.1.1", EidTextError::Number),
        ("ipn:1.", EidTextError::Number),
        ("ipn:.1", EidTextError::Number),
        ("ipn:+1.1", EidTextError::Number),
        ("ipn:-1.1", EidTextError::Number),
        ("ipn:01.1", EidTextError::Number),
        ("ipn:1.00", EidTextError::Number),
        ("ipn:4294967296.1", EidTextError::Number),
        ("ipn:1.4294967296.1", EidTextError::Number),
        ("ipn:1.18446744073709551616", EidTextError::Number),
        ("ipn:0.1", EidTextError::NodeZero),
        ("ipn:0.0.1", EidTextError::NodeZero),
    ];
    for (text, error) in bad {
        assert_eq!(text.parse::<Eid>(), Err(error), "{text}");
    }
}

#[test]
fn bad_octets_are_refused() {
    let bad: &[&[u8]] = &[
        &[0x82, 0, 0],
        &[0x82, 3, 0],
        &[0x82, 1, 1],
        &[0x82, 1, 0x64, b'n', b'o', b'n', b'e'],
        &[0x82, 1, 0x44, b'/', b'/', b'n', b'/'],
        &[0x82, 2, 0x81, 1],
        &[0x82, 2, 0x84, 1, 1, 1, 1],
        &[0x82, 2, 0x83, 0, 0x1B, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        &[0x82, 2, 0x83, 0x1B, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1],
        &[0x82, 2, 0x82, 1, 0x18, 1],
        &[0x82, 2, 0x9F, 1, 1, 0xFF],
        &[0x9F, 2, 0x82, 1, 1, 0xFF],
        &[0x83, 2, 0x82, 1, 1, 1],
        &[0x82, 2, 0x82, 0x20, 1],
    ];
    for octets in bad {
        assert!(decoded(octets).is_err(), "{octets:02x?}");
    }
    assert_eq!(decoded(&[0x82, 9, 0x61, b'x']), Err(DecodeError::field("EID", "URI scheme", 9)));
}

proptest! {
    #[test]
    fn any_text_is_refused_or_shown_alike(text in "(ipn:[0-9!.+ ]{1,12}|dtn:.{0,12}|.{0,8})") {
        if let Ok(eid) = text.parse::<Eid>() {
            let shown = eid.to_string();
            prop_assert_eq!(&shown.parse::<Eid>().unwrap(), &eid);
            prop_assert!(shown == text || shown.starts_with("ipn:"), "{} {}", shown, text);
            prop_assert_eq!(decoded(&eid.to_vec().unwrap()), Ok(eid));
        }
    }

    #[test]
    fn any_octets_are_refused_or_written_back(octets in prop::collection::vec(any::<u8>(), 0..24)) {
        if let Ok((eid, rest)) = Eid::decode(&octets) {
            prop_assert_eq!(eid.to_vec().unwrap(), &octets[..octets.len() - rest.len()]);
        }
    }
}
