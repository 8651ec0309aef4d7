//! What the agent tells the `tracing` facade: events about bundles, within spans of the calls.

use super::common::{FAR, HERE, NEAR, at, foreign, forward, open_plan, to};
use spacelink::bpa::{Agent, AgentParameters, Outcome};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// Notes what one thread tells; the others run other tests.
#[derive(Clone)]
struct Listener(Arc<Mutex<Told>>, ThreadId);

#[derive(Default)]
struct Told {
    spans: Vec<String>,
    open: Vec<u64>,
    lines: Vec<String>,
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}{}", self.0);
        } else if ["node", "neighbour", "to"].contains(&field.name()) {
            self.0 += &format!(" {}={value:?}", field.name());
        }
    }
}

impl Subscriber for Listener {
    // Whoever is asked first would else answer for all threads.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "spacelink::bpa" && thread::current().id() == self.1
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = Text(span.metadata().name().to_owned());
        span.record(&mut text);
        let mut told = self.0.lock().unwrap();
        told.spans.push(text.0);
        Id::from_u64(told.spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let mut told = self.0.lock().unwrap();
        let span = told.open.last().map_or("nowhere", |id| &told.spans[*id as usize - 1]);
        let line = format!("{span}: {}", text.0);
        told.lines.push(line);
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().open.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        assert_eq!(self.0.lock().unwrap().open.pop(), Some(span.into_u64()));
    }
}

#[test]
fn events_stand_in_the_spans_of_calls() {
    let listener = Listener(Arc::default(), thread::current().id());
    tracing::subscriber::set_global_default(listener.clone()).unwrap();
    // Other threads may have come by between its making and its setting.
    tracing::callsite::rebuild_interest_cache();
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    agent.transmit(at(0), to(FAR, "made here")).unwrap();
    agent.receive(at(0), Some(NEAR), foreign(FAR, 1, "x")).unwrap();
    let transfer = forward(&mut agent, at(0)).unwrap().transfer;
    agent.transfer_ended(at(0), transfer, Outcome::Across);
    let told = listener.0.lock().unwrap();
    assert_eq!(
        told.lines,
        [
            "transmit node=1: bundle kept",
            "receive node=1: bundle kept",
            "transfer_ended node=1: bundle forwarded to=2"
        ]
    );
    assert!(told.spans.contains(&"forward node=1 neighbour=2".to_owned()), "{:?}", told.spans);
    assert!(told.open.is_empty());
}
