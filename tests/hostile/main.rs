//! Input made to exhaust memory or time: each is refused, or taken, within a few times its own length of heap, and
//! what is said of it names the rule, the place and the amount. So are floods: what an agent or an engine holds stays
//! near what its parameters say, however long they last.
//!
//! A test binary of its own, because it counts what is allocated. Run by itself: `cargo test --test hostile`.

mod bundles;
mod fragments;
mod overload;
mod peers;
mod security;
mod texts;

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[global_allocator]
static HEAP: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

/// One measurement at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Far more than any of it takes on a busy machine, and far less than what grows with the square of a million.
const PATIENCE: Duration = Duration::from_secs(20);
/// Heap for what does not depend on the input.
const FLOOR: usize = 256 << 10;

/// Does something with `input_len` octets of input and checks that it takes no more heap than `times` that.
fn bounded<R>(name: &str, input_len: usize, times: usize, what: impl FnOnce() -> R) -> R {
    let (start, before) = (Instant::now(), HEAP.current_usage());
    HEAP.reset_peak_usage();
    let outcome = what();
    let (took, heap) = (start.elapsed(), HEAP.peak_usage().saturating_sub(before));
    assert!(heap <= input_len * times + FLOOR, "{name}: {heap} octets of heap for {input_len} of input");
    assert!(took < PATIENCE, "{name}: {took:?}");
    outcome
}

/// As [`bounded`], for what must be refused in these words, at once.
fn refused<T, E: Display>(name: &str, input_len: usize, words: &str, what: impl FnOnce() -> Result<T, E>) {
    match bounded(name, input_len, 8, what) {
        Err(error) => assert_eq!(error.to_string(), words, "{name}"),
        Ok(_) => panic!("{name}: taken"),
    }
}

/// A CBOR head of the longest form: major type and value.
fn head(major: u8, value: u64) -> Vec<u8> {
    let mut head = vec![major << 5 | 27];
    head.extend_from_slice(&value.to_be_bytes());
    head
}
