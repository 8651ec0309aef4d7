//! Routes over a day of contacts.

use criterion::{Criterion, Throughput};
use spacelink::bundle::NodeNumber;
use spacelink::routing::{Contact, ContactPlan, PlanTime, Query, Router};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One query after another out of a reference plan's list, or out of a made-up plan where the list is not at hand.
pub fn earliest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/earliest");
    for plan in ["tb12", "w100"] {
        let (mut router, queries) = reference(plan).unwrap_or_else(|| made_up(plan));
        let mut next = queries.iter().cycle();
        group.throughput(Throughput::Elements(1));
        group.bench_function(plan, |bencher| {
            bencher.iter(|| router.route(black_box(next.next().unwrap())));
        });
    }
    group.finish();
}

fn reference(name: &str) -> Option<(Router, Vec<Query<'static>>)> {
    let root = std::env::var_os("SPACELINK_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let read = |file: String| std::fs::read_to_string(root.join("contact-plans").join(file)).ok();
    let plan = ContactPlan::from_csv(&read(format!("{name}.csv"))?).ok()?;
    let queries = read(format!("{name}.expected.csv"))?
        .lines()
        .skip(1)
        .filter_map(|row| {
            let mut columns = row.split(',').map(|column| column.parse().ok());
            let (at, from, to) = (columns.next()??, columns.next()??, columns.next()??);
            Some(Query::new(NodeNumber(from), NodeNumber(to), PlanTime::from_millis(at)))
        })
        .collect();
    Some((Router::new(plan), queries))
}

/// A ring whose nodes see their neighbours for half of every hour.
fn made_up(name: &str) -> (Router, Vec<Query<'static>>) {
    let nodes = if name == "tb12" { 12 } else { 200 };
    let contact = |node: u64, hour: u64, step: u64| Contact {
        from: NodeNumber(1 + node),
        to: NodeNumber(1 + (node + step) % nodes),
        start: PlanTime::from_secs(hour * 3_600 + node * 7 % 1_800),
        end: PlanTime::from_secs(hour * 3_600 + node * 7 % 1_800 + 1_800),
        rate: 1_000_000,
        light_time: Duration::from_millis(3 + node % 9),
    };
    let contacts = (0..nodes)
        .flat_map(|node| (0..24).flat_map(move |hour| [1, nodes - 1].map(|step| contact(node, hour, step))))
        .collect();
    let query = |at: u64| {
        let (from, to) = (1 + at % nodes, 1 + (at * 5 + nodes / 3) % nodes);
        Query::new(NodeNumber(from), NodeNumber(to), PlanTime::from_secs(at * 700))
    };
    (Router::new(ContactPlan::from_contacts(contacts).unwrap()), (0..100).map(query).collect())
}
