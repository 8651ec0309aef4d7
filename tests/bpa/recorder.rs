//! A recorder for the `metrics` facade that keeps the last value of each name and its labels.

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Told = Arc<Mutex<BTreeMap<String, f64>>>;

#[derive(Default)]
pub struct Notes(Told);

/// What `publish` tells, by name and labels.
pub fn published(publish: impl FnOnce()) -> BTreeMap<String, f64> {
    let notes = Notes::default();
    metrics::with_local_recorder(&notes, publish);
    notes.0.lock().unwrap().clone()
}

/// Names that are missing from what was published, or have another value.
pub fn differences<'a>(
    published: &BTreeMap<String, f64>,
    expected: impl IntoIterator<Item = (&'a str, f64)>,
) -> Vec<String> {
    let wrong = |(name, value): (&str, f64)| match published.get(name) {
        Some(found) if *found == value => None,
        found => Some(format!("{name}: {found:?}, not {value}")),
    };
    expected.into_iter().filter_map(wrong).collect()
}

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
