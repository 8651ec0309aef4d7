//! Contact plans: what can be in one, what it answers, and its two text forms.

use crate::common::shared;
use proptest::prelude::*;
use spacelink::bundle::NodeNumber;
use spacelink::routing::{Contact, ContactPlan, CsvError, IonError, IonProblem, PlanError, PlanTime};
use std::time::Duration;

fn contact(from: u64, to: u64, start: u64, end: u64) -> Contact {
    Contact {
        from: NodeNumber(from),
        to: NodeNumber(to),
        start: PlanTime::from_secs(start),
        end: PlanTime::from_secs(end),
        rate: 8_000,
        light_time: Duration::from_secs(1),
    }
}

#[test]
fn checked_insertion() {
    let mut plan = ContactPlan::new();
    plan.insert(contact(1, 2, 10, 20)).unwrap();
    plan.insert(contact(1, 2, 20, 30)).unwrap();
    plan.insert(contact(2, 1, 15, 25)).unwrap();
    plan.insert(contact(1, 2, 0, 10)).unwrap();
    for (start, end) in [(5, 11), (12, 15), (19, 21), (0, 40), (29, 31), (10, 20)] {
        assert!(
            matches!(plan.insert(contact(1, 2, start, end)), Err(PlanError::Overlap(..))),
            "{start} {end}"
        );
    }
    assert_eq!(plan.insert(contact(3, 4, 5, 5)), Err(PlanError::Order(contact(3, 4, 5, 5))));
    let silent = Contact { rate: 0, ..contact(3, 4, 5, 6) };
    assert_eq!(plan.insert(silent), Err(PlanError::NoRate(silent)));
    assert_eq!(plan.len(), 4);
    let same = ContactPlan::from_contacts(plan.contacts().iter().rev().copied().collect());
    assert_eq!(same.as_ref(), Ok(&plan));
    assert_eq!(
        plan.remove(NodeNumber(1), NodeNumber(2), PlanTime::from_secs(20)),
        Some(contact(1, 2, 20, 30))
    );
    assert_eq!(plan.remove(NodeNumber(1), NodeNumber(2), PlanTime::from_secs(20)), None);
    plan.remove_past(PlanTime::from_secs(20));
    assert_eq!(plan.contacts(), [contact(1, 2, 10, 20), contact(2, 1, 15, 25)]);
}

#[test]
fn look_ups() {
    let plan = ContactPlan::from_contacts(vec![
        contact(1, 2, 10, 20),
        contact(1, 3, 15, 40),
        contact(1, 2, 30, 35),
        contact(2, 1, 0, 99),
    ])
    .unwrap();
    let (node, other) = (NodeNumber(1), NodeNumber(2));
    let secs = PlanTime::from_secs;
    assert_eq!(plan.sent_by(node).count(), 3);
    assert!(plan.sent_by(node).all(|(id, contact)| plan.contact(id) == Some(contact)));
    let open = |at| plan.open_at(node, secs(at)).map(|(_, contact)| contact.to.0).collect::<Vec<_>>();
    assert_eq!(open(9), [0; 0]);
    assert_eq!(open(10), [2]);
    assert_eq!(open(20), [2, 3]);
    assert_eq!(open(21), [3]);
    assert_eq!(plan.next_change(node, secs(0)), Some(secs(10)));
    assert_eq!(plan.next_change(node, secs(10)), Some(secs(15)));
    assert_eq!(plan.next_change(node, secs(35)), Some(secs(40)));
    assert_eq!(plan.next_change(node, secs(40)), None);
    assert_eq!(plan.next_start(node, other, secs(10)), Some(secs(30)));
    assert_eq!(plan.next_start(node, other, secs(30)), None);
    assert_eq!(plan.between(node, other).count(), 2);
    assert_eq!(plan.sent_by(NodeNumber(9)).count(), 0);
    assert_eq!(contact(1, 2, 0, 1).sending_time(1_001), Duration::from_millis(1_001));
}

#[test]
fn ion_text() {
    let text = "# a plan\n\
                a contact +0 +600 1 2 125000\n\
                \n\
                a contact 2026/11/24-00:10:00 2026/11/24-00:20:00 2 1 1000 0.5 # with confidence\n\
                a contact +0 +600 2 3 125000\n\
                a range +0 +2000 1 2 1\n\
                a range +0 +300 2 3 2\n\
                a range +300 +600 2 3 3.25\n";
    // date -u -d '2026-11-24' +%s
    let plan = ContactPlan::from_ion(text, Some(1_795_478_400)).unwrap();
    let found: Vec<_> = plan
        .contacts()
        .iter()
        .map(|c| (c.from.0, c.to.0, c.start.as_micros() / 1_000_000, c.end.as_micros() / 1_000_000, c.rate))
        .collect();
    assert_eq!(found, [(1, 2, 0, 600, 1_000_000), (2, 1, 600, 1200, 8_000), (2, 3, 0, 600, 1_000_000)]);
    let light: Vec<_> = plan.contacts().iter().map(|contact| contact.light_time.as_millis()).collect();
    // The range of 1 and 2 holds both ways; two ranges overlap the contact from 2 to 3.
    assert_eq!(light, [1_000, 1_000, 3_250]);
}

#[test]
fn ion_ranges_of_a_higher_node_hold_one_way() {
    let text = "a contact +0 +9 1 2 5\na contact +0 +9 2 1 5\na range +0 +9 2 1 4\n";
    let missing = IonError { line: 1, problem: IonProblem::NoRange };
    assert_eq!(ContactPlan::from_ion(text, None), Err(missing));
    let both = ContactPlan::from_ion(&format!("{text}a range +0 +9 1 2 7\n"), None).unwrap();
    let light: Vec<_> = both.contacts().iter().map(|contact| contact.light_time.as_secs()).collect();
    assert_eq!(light, [7, 4]);
}

#[test]
fn ion_mistakes_name_their_line() {
    let problem = |line: &str| {
        let text = format!("# first\n{line}\na range +0 +9 1 2 1\n");
        let error = ContactPlan::from_ion(&text, None).unwrap_err();
        assert_eq!(error.line, 2, "{line}");
        error.problem
    };
    assert_eq!(problem("m horizon +0"), IonProblem::Command);
    assert_eq!(problem("contact +0 +1 1 2 5"), IonProblem::Command);
    assert_eq!(problem("a contact +0 +1 1 2"), IonProblem::Parts);
    assert_eq!(problem("a contact +0 +1 1 2 5 1.0 7"), IonProblem::Parts);
    assert_eq!(problem("a range +0 +1 1 2"), IonProblem::Parts);
    assert_eq!(problem("a contact 0 +1 1 2 5"), IonProblem::Time);
    assert_eq!(problem("a contact ++0 +1 1 2 5"), IonProblem::Time);
    assert_eq!(problem("a contact +18446744073709551615 +1 1 2 5"), IonProblem::Time);
    assert_eq!(problem("a contact 2026/11/24-00:00:00 +1 1 2 5"), IonProblem::NoReference);
    assert_eq!(problem("a contact 2026/02/29-00:00:00 +1 1 2 5"), IonProblem::Time);
    assert_eq!(problem("a contact +0 +1 one 2 5"), IonProblem::Number);
    assert_eq!(problem("a contact +0 +1 1 2 9223372036854775808"), IonProblem::Number);
    assert_eq!(problem("a range +0 +1 1 2 1.2345678"), IonProblem::Number);
    assert!(matches!(problem("a contact +5 +5 1 2 5"), IonProblem::Plan(PlanError::Order(_))));
    assert_eq!(problem("a contact +0 +1 3 4 5"), IonProblem::NoRange);
    let twice = "a contact +0 +9 1 2 5\na contact +3 +4 1 2 5\na range +0 +9 1 2 1\n";
    assert!(matches!(
        ContactPlan::from_ion(twice, None),
        Err(IonError { line: 2, problem: IonProblem::Plan(PlanError::Overlap(..)) })
    ));
    let early = ContactPlan::from_ion("a contact 1999/12/31-23:59:59 +1 1 2 5", Some(946_684_800));
    assert_eq!(early, Err(IonError { line: 1, problem: IonProblem::BeforeStart }));
}

#[test]
fn ion_text_rounds_against_the_plan() {
    let odd = Contact {
        start: PlanTime::from_millis(1_500),
        end: PlanTime::from_millis(9_700),
        rate: 8_015,
        light_time: Duration::from_millis(4),
        ..contact(1, 2, 0, 1)
    };
    let plan = ContactPlan::from_contacts(vec![odd]).unwrap();
    assert!(!plan.fits_ion());
    assert_eq!(plan.to_ion(), "a contact +2 +9 1 2 1001\na range +2 +9 1 2 1\n");
}

#[test]
fn tables() {
    let text =
        "start_ms,end_ms,from,to,rate_bps,owlt_us,owlt_min_us\n0,1000,1,2,10000,7,6\n\n5,6,2,1,9,8,7\n";
    let plan = ContactPlan::from_csv(text).unwrap();
    assert_eq!(plan.contacts()[0].light_time, Duration::from_micros(7));
    assert_eq!(plan.contacts()[1].start, PlanTime::from_millis(5));
    assert_eq!(ContactPlan::from_csv(&plan.to_csv()), Ok(plan));
    assert_eq!(ContactPlan::from_csv(""), Err(CsvError::Header));
    assert_eq!(ContactPlan::from_csv("start,end\n"), Err(CsvError::Header));
    let line =
        |row: &str| ContactPlan::from_csv(&format!("start_ms,end_ms,from,to,rate_bps,owlt_us\n{row}\n"));
    assert_eq!(line("0,1,1,2,3"), Err(CsvError::Line { line: 2 }));
    assert_eq!(line("0,-1,1,2,3,4"), Err(CsvError::Line { line: 2 }));
    assert!(matches!(line("1,1,1,2,3,4"), Err(CsvError::Plan(PlanError::Order(_)))));
}

#[test]
fn reference_plan_in_both_forms() {
    let (Some(table), Some(ion)) = (shared("contact-plans/tb12.csv"), shared("contact-plans/tb12.ionrc"))
    else {
        return;
    };
    let table = ContactPlan::from_csv(&std::fs::read_to_string(table).unwrap()).unwrap();
    let ion = ContactPlan::from_ion(&std::fs::read_to_string(ion).unwrap(), None).unwrap();
    assert_eq!((table.len(), ion.len()), (390, 390));
    for (exact, whole) in table.contacts().iter().zip(ion.contacts()) {
        assert_eq!((exact.from, exact.to, exact.rate), (whole.from, whole.to, whole.rate));
        assert!(
            exact.start.as_micros().abs_diff(whole.start.as_micros()) <= 1_000_000,
            "{exact:?} {whole:?}"
        );
        assert!(exact.light_time <= whole.light_time);
    }
    assert!(ion.fits_ion());
    assert_eq!(ContactPlan::from_ion(&ion.to_ion(), None), Ok(ion));
    assert_eq!(ContactPlan::from_csv(&table.to_csv()), Ok(table));
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read(text in "(a (contact|range) ([+0-9/:.-]{1,20} ){4,6}[0-9.]*\n){0,3}", other: String) {
        for text in [text, other] {
            if let Some(plan) = ContactPlan::from_ion(&text, Some(0)).ok().filter(ContactPlan::fits_ion) {
                prop_assert_eq!(ContactPlan::from_ion(&plan.to_ion(), None), Ok(plan));
            }
        }
    }
}
