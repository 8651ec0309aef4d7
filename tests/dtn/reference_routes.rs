//! Routes through two reference plans, against answers of a slow exact search that another program made: a ring of
//! twelve satellites with six ground sites, and a hundred satellites with a hundred sites.

use crate::common::shared;
use spacelink::bundle::NodeNumber;
use spacelink::routing::{ContactPlan, PlanTime, Query, Router};

/// `t0_ms,src,dst,arrival_us,hops,termination_ms,entry`, empty from the fourth on where there is no route.
fn all_keys_agree(plan: &str) {
    let (Some(contacts), Some(expected)) =
        (shared(&format!("contact-plans/{plan}.csv")), shared(&format!("contact-plans/{plan}.expected.csv")))
    else {
        return;
    };
    let contacts = std::fs::read_to_string(contacts).unwrap();
    let mut router = Router::new(ContactPlan::from_csv(&contacts).unwrap());
    let mut rows = 0;
    for row in std::fs::read_to_string(expected).unwrap().lines().skip(1) {
        let columns: Vec<Option<u64>> = row.split(',').map(|column| column.parse().ok()).collect();
        let number = |at: usize| columns[at].unwrap();
        let query =
            Query::new(NodeNumber(number(1)), NodeNumber(number(2)), PlanTime::from_millis(number(0)));
        let route = router.route(&query);
        assert_eq!(router.earliest_arrival(&query), route.as_ref().map(|route| route.arrival), "{row}");
        let found = route.map(|route| {
            let termination = route.termination.as_micros() / 1_000;
            [route.arrival.as_micros(), route.hops.len() as u64, termination, route.entry.0]
        });
        let wanted = columns[3].map(|arrival| [arrival, number(4), number(5), number(6)]);
        assert_eq!(found, wanted, "{row}");
        rows += 1;
    }
    assert!(rows >= 30, "{rows} rows");
}

#[test]
fn twelve_satellites() {
    all_keys_agree("tb12");
}

#[test]
fn a_hundred_satellites() {
    all_keys_agree("w100");
}
