//! How a contestant is measured, and how the figures are printed.

use std::ffi::{c_int, c_long};

/// Prints a line for each contestant as soon as it is measured.
pub struct Report {
    only: Option<String>,
}

impl Report {
    /// `only`: part of the names to be measured; all without.
    pub fn new(only: Option<String>) -> Self {
        println!("{:<34} {:<28} {:>12}", "what", "who", "Mbit/s");
        Self { only }
    }

    /// Measures `call`, which handles so many information bits, as what `who` does for `what`.
    pub fn row(&mut self, what: &str, who: &str, information_bits: usize, mut call: impl FnMut()) {
        let wanted = self.only.as_ref().is_none_or(|part| what.contains(part) || who.contains(part));
        if !wanted {
            return;
        }
        let mut calls = 1;
        // The clock is a system call, so it is read seldom.
        while seconds(calls, &mut call) < SAMPLE / 4.0 {
            calls *= 2;
        }
        calls *= 4;
        let mut samples: Vec<f64> = (0..SAMPLES).map(|_| seconds(calls, &mut call)).collect();
        samples.sort_by(f64::total_cmp);
        let rate = (calls * information_bits) as f64 / samples[SAMPLES / 2] / 1e6;
        println!("{what:<34} {who:<28} {rate:>12.1}");
    }
}

/// Seconds of CPU time that a sample takes at least.
const SAMPLE: f64 = 0.05;
const SAMPLES: usize = 9;

fn seconds(calls: usize, call: &mut impl FnMut()) -> f64 {
    let start = thread_seconds();
    for _ in 0..calls {
        call();
    }
    thread_seconds() - start
}

/// CPU time of this thread, in seconds.
fn thread_seconds() -> f64 {
    let mut time = TimeSpec { seconds: 0, nanoseconds: 0 };
    // SAFETY: `time` has the layout of the C type on 64-bit Linux and outlives the call.
    let result = unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0, "a thread has a CPU clock");
    time.seconds as f64 + time.nanoseconds as f64 * 1e-9
}

#[repr(C)]
struct TimeSpec {
    seconds: c_long,
    nanoseconds: c_long,
}

const CLOCK_THREAD_CPUTIME_ID: c_int = 3;

unsafe extern "C" {
    fn clock_gettime(clock: c_int, time: *mut TimeSpec) -> c_int;
}
