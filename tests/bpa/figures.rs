//! Figures of a node: as a snapshot, and through the `metrics` facade with the same numbers.

use super::common::{FAR, HERE, NEAR, at, foreign, forward, open_plan, service, to};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use spacelink::bpa::{Agent, AgentParameters, Outcome, publish};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Told = Arc<Mutex<BTreeMap<String, f64>>>;

#[derive(Default)]
struct Notes(Told);

struct Note(Told, String);

impl Note {
    fn set_to(&self, value: f64) {
        self.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl CounterFn for Note {
    fn increment(&self, _: u64) {
        panic!("totals are told as they are");
    }

    fn absolute(&self, value: u64) {
        self.set_to(value as f64);
    }
}

impl GaugeFn for Note {
    fn increment(&self, _: f64) {
        panic!("gauges are told as they are");
    }

    fn decrement(&self, _: f64) {
        panic!("gauges are told as they are");
    }

    fn set(&self, value: f64) {
        self.set_to(value);
    }
}

impl Notes {
    fn note(&self, key: &Key) -> Arc<Note> {
        let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
        Arc::new(Note(self.0.clone(), format!("{}{}", key.name(), labels.collect::<String>())))
    }
}

impl Recorder for Notes {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.note(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.note(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn what_is_told_is_what_happened() {
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    agent.register(service(HERE, 7));
    agent.transmit(at(0), to(FAR, "made here")).unwrap();
    for (destination, sequence) in [(FAR, 1), (FAR, 2), (HERE, 3)] {
        agent.receive(at(0), Some(NEAR), foreign(destination, sequence, "x")).unwrap();
    }
    let [first, second] = [(); 2].map(|()| forward(&mut agent, at(0)).unwrap().transfer);
    agent.transfer_ended(at(0), first, Outcome::Across);
    agent.transfer_ended(at(0), second, Outcome::Failed);
    while agent.poll_event(at(0)).is_some() {}
    let told = agent.managed_information();
    assert_eq!((told.created, told.stored, told.failed_forwards), (1, 3, 1));
    assert_eq!((told.forward_pending, told.dispatch_pending, told.reassembly_pending), (2, 1, 0));
    assert_eq!(told.storage_available, (256 << 20) - agent.counters().kept.octets);

    let notes = Notes::default();
    metrics::with_local_recorder(&notes, || publish(&agent));
    let published = notes.0.lock().unwrap();
    for (name, value) in [
        ("spacelink_bpa_sourced node=1", 1.0),
        ("spacelink_bpa_received node=1", 3.0),
        ("spacelink_bpa_forwarded node=1", 1.0),
        ("spacelink_bpa_delivered node=1", 1.0),
        ("spacelink_bpa_kept_bundles node=1", 3.0),
        ("spacelink_bpa_forward_pending node=1", 2.0),
        ("spacelink_bpa_dispatch_pending node=1", 1.0),
        ("spacelink_bpa_neighbour_across node=1 neighbour=2", 1.0),
        ("spacelink_bpa_neighbour_failed node=1 neighbour=2", 1.0),
    ] {
        assert_eq!(published.get(name), Some(&value), "{name} in {published:?}");
    }
}
