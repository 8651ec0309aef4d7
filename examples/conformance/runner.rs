//! Reads a vector file, finds its kind, and counts what its cases say.

use serde_json::Value;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::kinds;

/// What became of the cases of one file, or of all.
#[derive(Default)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// One line per failed case: which, what was expected, what was found.
    pub failures: Vec<String>,
    /// Why cases were skipped, and other remarks.
    pub notes: Vec<String>,
}

/// Why a case failed, in words.
pub type Failure = String;

impl Tally {
    /// Runs one case; a panic in it counts as a failure.
    pub fn case(&mut self, name: impl fmt::Display, run: impl FnOnce() -> Result<(), Failure>) {
        let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("panicked".into()));
        match outcome {
            Ok(()) => self.passed += 1,
            Err(why) => {
                self.failed += 1;
                self.failures.push(format!("{name}: {why}"));
            }
        }
    }

    /// Runs every case of the list `key` of `file`; `run` gets one case at a time.
    pub fn cases(&mut self, file: &Value, key: &str, run: impl Fn(&Case) -> Result<(), Failure>) {
        for (index, case) in list(file, key).iter().enumerate() {
            self.case(format_args!("{key}[{index}]"), || run(&Case(case)));
        }
    }

    /// Counts `count` cases as skipped and says why.
    pub fn skip(&mut self, count: usize, why: impl Into<String>) {
        self.skipped += count;
        self.notes.push(format!("{count} skipped: {}", why.into()));
    }

    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Runs the file at `path` as the kind `name`.
pub fn run_file(name: &str, path: &Path) -> Tally {
    let parsed = std::fs::read(path)
        .map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_slice::<Value>(&text).map_err(|error| error.to_string()));
    match parsed {
        Ok(file) => run(name, &file),
        Err(why) => {
            let mut tally = Tally::default();
            tally.case(path.display(), || Err(why));
            tally
        }
    }
}

/// Runs `file` as the kind `name`; an unknown kind is skipped, a known one without cases fails.
pub fn run(name: &str, file: &Value) -> Tally {
    let mut tally = Tally::default();
    match kinds::find(name) {
        Some(kind) => {
            kind(file, &mut tally);
            if tally.passed + tally.failed + tally.skipped == 0 {
                tally.case(name, || Err("holds no case of its kind".into()));
            }
        }
        None => {
            let lists = file.as_object().into_iter().flatten().filter_map(|(_, list)| list.as_array());
            tally.skip(lists.map(Vec::len).sum(), "this kind is not supported yet");
        }
    }
    tally
}

/// The list `key` of a vector file; empty when it has none.
pub fn list<'a>(file: &'a Value, key: &str) -> &'a [Value] {
    file.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// One case of a vector file, its fields read by name. A field that is missing or of another type is a failure.
pub struct Case<'a>(pub &'a Value);

#[allow(dead_code, reason = "kinds use what they need")]
impl<'a> Case<'a> {
    pub fn field(&self, key: &str) -> Result<&'a Value, Failure> {
        self.0.get(key).ok_or_else(|| format!("has no field {key}"))
    }

    /// Whether the field is there and not null.
    pub fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }

    pub fn str(&self, key: &str) -> Result<&'a str, Failure> {
        self.field(key)?.as_str().ok_or_else(|| format!("{key} is not a string"))
    }

    pub fn u64(&self, key: &str) -> Result<u64, Failure> {
        self.field(key)?.as_u64().ok_or_else(|| format!("{key} is not a whole number"))
    }

    pub fn bool(&self, key: &str) -> Result<bool, Failure> {
        self.field(key)?.as_bool().ok_or_else(|| format!("{key} is not true or false"))
    }

    pub fn list(&self, key: &str) -> Result<&'a [Value], Failure> {
        self.field(key)?.as_array().map(Vec::as_slice).ok_or_else(|| format!("{key} is not a list"))
    }

    pub fn hex(&self, key: &str) -> Result<Vec<u8>, Failure> {
        hex::decode(self.str(key)?).map_err(|error| format!("{key}: {error}"))
    }
}

/// Compares; names the first octet that differs when both are long.
pub fn expect<T: PartialEq + fmt::Debug>(what: &str, expected: &T, found: &T) -> Result<(), Failure> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}

/// Compares octets and shows both in hex, from the first difference on when they are long.
pub fn expect_octets(what: &str, expected: &[u8], found: &[u8]) -> Result<(), Failure> {
    if expected == found {
        return Ok(());
    }
    let at = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    let show = |octets: &[u8]| {
        let part = octets.get(at..octets.len().min(at + 24)).unwrap_or_default();
        format!("{} of {} octets", hex::encode(part), octets.len())
    };
    Err(format!("{what}: from octet {at} expected {}, found {}", show(expected), show(found)))
}

/// The case must be refused.
pub fn expect_refusal<T: fmt::Debug, E>(what: &str, outcome: Result<T, E>) -> Result<(), Failure> {
    match outcome {
        Err(_) => Ok(()),
        Ok(value) => Err(format!("{what}: expected a refusal, found {value:?}")),
    }
}
