//! Administrative records: octets by hand, unknown types, mistakes.

use bytes::Bytes;
use spacelink::bundle::{AdminRecord, CreationTimestamp, FragmentRange, Reason, Status, StatusReport};
use spacelink::time::DtnTime;

fn report() -> StatusReport {
    StatusReport {
        received: Status::Yes,
        forwarded: Status::No,
        delivered: Status::At(DtnTime(1_000)),
        deleted: Status::No,
        reason: Reason::LIFETIME_EXPIRED,
        source: "ipn:5.1".parse().unwrap(),
        timestamp: CreationTimestamp { time: DtnTime(24), sequence: 7 },
        fragment: None,
    }
}

/// RFC 9171 §6.1.1: record type 1, four assertions, reason 1, source, creation timestamp.
const REPORT: &str = "8201 84 84 81f5 81f4 82f51903e8 81f4 01 8202820501 82181807";

fn octets(text: &str) -> Bytes {
    hex::decode(text.replace(' ', "")).unwrap().into()
}

#[test]
fn status_report_by_hand() {
    let record = AdminRecord::StatusReport(report());
    assert_eq!(record.encode(), octets(REPORT));
    assert_eq!(AdminRecord::decode(&octets(REPORT)), Ok(record));
    let part = StatusReport { fragment: Some(FragmentRange { offset: 256, len: 5 }), ..report() };
    let text = REPORT.replacen("8201 84", "8201 86", 1) + " 190100 05";
    assert_eq!(AdminRecord::StatusReport(part.clone()).encode(), octets(&text));
    assert_eq!(AdminRecord::decode(&octets(&text)), Ok(AdminRecord::StatusReport(part)));
}

#[test]
fn unknown_types_are_kept() {
    // A record of type 13 whose content is a map.
    let text = "820d a1 01 820203";
    let record = AdminRecord::decode(&octets(text)).unwrap();
    assert_eq!(record, AdminRecord::Other { record_type: 13, content: octets("a101820203") });
    assert_eq!(record.encode(), octets(text));
}

#[test]
fn mistakes_are_refused() {
    let wrong = [
        "".to_owned(),
        "81 01".to_owned(),
        "83 01 84".to_owned(),
        // Something after the record, and after its content.
        REPORT.to_owned() + "00",
        "820d 01 01".to_owned(),
        // Three assertions, five items, a time that nothing asserts, a truth value that is none.
        REPORT.replacen("84 84", "84 83", 1),
        REPORT.replacen("8201 84", "8201 85", 1),
        REPORT.replacen("82f5", "82f4", 1),
        REPORT.replacen("81f5", "8101", 1),
        REPORT.replacen("81f5", "80", 1),
        // An item cut off.
        "820d 5bffffffffffffffff".to_owned(),
    ];
    for text in wrong {
        assert!(AdminRecord::decode(&octets(&text)).is_err(), "{text}");
    }
}

#[test]
fn the_largest_report_fits_its_room() {
    let most = u64::MAX;
    let at = Status::At(DtnTime(most));
    let report = StatusReport {
        received: at,
        forwarded: at,
        delivered: at,
        deleted: at,
        reason: Reason(most),
        source: "ipn:4294967295.4294967295.18446744073709551615".parse().unwrap(),
        timestamp: CreationTimestamp { time: DtnTime(most), sequence: most },
        fragment: Some(FragmentRange { offset: most, len: most }),
    };
    let record = AdminRecord::StatusReport(report);
    assert_eq!(AdminRecord::decode(&record.encode().into()), Ok(record));
}

#[test]
fn reasons_have_words() {
    assert_eq!(Reason::HOP_LIMIT.to_string(), "hop limit passed (9)");
    assert_eq!(Reason(200).words(), "unassigned reason");
}
