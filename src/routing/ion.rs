use super::plan::micros_up;
use super::{Contact, ContactPlan, PlanError, PlanTime};
use crate::bundle::NodeNumber;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::time::Duration;

/// Why a line of an ION contact plan cannot be read, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("contact plan: line {line}: {problem}")]
pub struct IonError {
    /// Counted from 1; 0 when no single line is at fault.
    pub line: usize,
    /// What is wrong.
    pub problem: IonProblem,
}

/// What is wrong with a line of an ION contact plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IonProblem {
    /// Not `a contact`, `a range` or a comment.
    #[error("not a contact, a range or a comment")]
    Command,
    /// A part is missing or one too many.
    #[error("wrong number of parts")]
    Parts,
    /// Neither `+seconds` nor `yyyy/mm/dd-hh:mm:ss`.
    #[error("not a time")]
    Time,
    /// A date, and the caller gave no date for the plan's start.
    #[error("a date, but the plan's start has none")]
    NoReference,
    /// A date before the plan's start.
    #[error("a time before the plan's start")]
    BeforeStart,
    /// A node, rate or light time that is no number, or too large.
    #[error("not a number")]
    Number,
    /// A contact of which no range says the light time.
    #[error("no range for this contact")]
    NoRange,
    /// A contact that cannot be in a plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

struct RangeLine {
    start: PlanTime,
    end: PlanTime,
    light_time: Duration,
}

impl ContactPlan {
    /// Reads ION's text form.
    ///
    /// ```text
    /// # comment
    /// a contact START END FROM TO OCTETS_PER_SECOND [CONFIDENCE]
    /// a range   START END A B LIGHT_SECONDS
    /// ```
    ///
    /// Times are `+` seconds from the plan's start, or UTC dates `yyyy/mm/dd-hh:mm:ss`; for these
    /// `start_unix_secs` says which Unix time the plan's start is. A range of A below B holds both ways, unless
    /// another says otherwise for the way back; one of A above B holds only one way. A contact gets the largest light time among the
    /// ranges that overlap it. Fractions of a second are read in light times, though ION writes none. Confidence is
    /// passed over. Other commands are refused: this is a plan, not a start-up file.
    ///
    /// # Errors
    /// The first line that cannot be read, or the first contact that cannot be in a plan.
    pub fn from_ion(text: &str, start_unix_secs: Option<u64>) -> Result<Self, IonError> {
        let mut contacts = Vec::new();
        let mut ranges: BTreeMap<(NodeNumber, NodeNumber), Vec<RangeLine>> = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let fail = |problem| IonError { line: at + 1, problem };
            let line = line.split('#').next().unwrap_or_default();
            let parts: Vec<&str> = line.split_whitespace().take(MOST_PARTS + 1).collect();
            match *parts.as_slice() {
                [] => {}
                ["a", "contact", start, end, from, to, rate]
                | ["a", "contact", start, end, from, to, rate, _] => {
                    let octets: u64 = number(rate).map_err(fail)?;
                    let contact = Contact {
                        from: node(from).map_err(fail)?,
                        to: node(to).map_err(fail)?,
                        start: time(start, start_unix_secs).map_err(fail)?,
                        end: time(end, start_unix_secs).map_err(fail)?,
                        rate: octets.checked_mul(8).ok_or(fail(IonProblem::Number))?,
                        light_time: Duration::ZERO,
                    };
                    contacts.push((at + 1, contact));
                }
                ["a", "range", start, end, from, to, light] => {
                    let range = RangeLine {
                        start: time(start, start_unix_secs).map_err(fail)?,
                        end: time(end, start_unix_secs).map_err(fail)?,
                        light_time: seconds(light).map_err(fail)?,
                    };
                    let pair = (node(from).map_err(fail)?, node(to).map_err(fail)?);
                    ranges.entry(pair).or_default().push(range);
                }
                ["a", "contact" | "range", ..] => return Err(fail(IonProblem::Parts)),
                _ => return Err(fail(IonProblem::Command)),
            }
        }
        for (line, contact) in &mut contacts {
            let light_time = light_time(&ranges, contact);
            contact.light_time = light_time.ok_or(IonError { line: *line, problem: IonProblem::NoRange })?;
        }
        let lines: Vec<_> = contacts.iter().map(|(line, contact)| (*contact, *line)).collect();
        let plan = Self::from_contacts(contacts.into_iter().map(|(_, contact)| contact).collect());
        plan.map_err(|error| {
            let (PlanError::Order(culprit) | PlanError::NoRate(culprit) | PlanError::Overlap(culprit, _)) =
                error
            else {
                return IonError { line: 0, problem: error.into() };
            };
            let line =
                lines.iter().rev().find(|(contact, _)| *contact == culprit).map_or(0, |(_, line)| *line);
            IonError { line, problem: error.into() }
        })
    }

    /// Writes ION's text form with times from the plan's start, a range beside each contact.
    ///
    /// ION counts whole seconds and octets: starts and light times are rounded up, ends and rates down, so that
    /// nothing looks better than it is. Contacts that nothing is left of are left out. See
    /// [`fits_ion`](Self::fits_ion).
    #[must_use]
    pub fn to_ion(&self) -> String {
        let mut text = String::new();
        for contact in self.contacts() {
            let (start, end) = (contact.start.as_micros().div_ceil(SECOND), contact.end.as_micros() / SECOND);
            let (rate, light) = (contact.rate / 8, micros_up(contact.light_time).div_ceil(SECOND));
            if start >= end || rate == 0 {
                continue;
            }
            let (from, to) = (contact.from.0, contact.to.0);
            // Writing into a string cannot fail.
            let _ = writeln!(text, "a contact +{start} +{end} {from} {to} {rate}");
            let _ = writeln!(text, "a range +{start} +{end} {from} {to} {light}");
        }
        text
    }

    /// Whether ION's text form carries this plan without rounding.
    #[must_use]
    pub fn fits_ion(&self) -> bool {
        self.contacts().iter().all(|contact| {
            contact.start.as_micros().is_multiple_of(SECOND)
                && contact.end.as_micros().is_multiple_of(SECOND)
                && contact.light_time.subsec_nanos() == 0
                && contact.rate.is_multiple_of(8)
        })
    }
}

/// The largest light time among the ranges that overlap the contact: those of its own direction, else those of the
/// other one when that is the direction ION takes for both.
fn light_time(
    ranges: &BTreeMap<(NodeNumber, NodeNumber), Vec<RangeLine>>,
    contact: &Contact,
) -> Option<Duration> {
    let largest = |pair| {
        let lines: &Vec<RangeLine> = ranges.get(&pair)?;
        let overlapping = lines.iter().filter(|range| range.start < contact.end && contact.start < range.end);
        overlapping.map(|range| range.light_time).max()
    };
    largest((contact.from, contact.to))
        .or_else(|| largest((contact.to, contact.from)).filter(|_| contact.to < contact.from))
}

/// Digits only; `parse` alone would take a sign too.
fn number(text: &str) -> Result<u64, IonProblem> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| plain).ok_or(IonProblem::Number)
}

/// A node number, or allocator and node with a dot between.
fn node(text: &str) -> Result<NodeNumber, IonProblem> {
    match text.split_once('.') {
        None => number(text).map(NodeNumber),
        Some((allocator, node)) => match (number(allocator)?.try_into(), number(node)?.try_into()) {
            (Ok(allocator), Ok(node)) => Ok(NodeNumber::new(allocator, node)),
            _ => Err(IonProblem::Number),
        },
    }
}

/// Seconds with up to six decimals.
fn seconds(text: &str) -> Result<Duration, IonProblem> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.len() > 6 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(IonProblem::Number);
    }
    let digits = u32::try_from(fraction.len()).map_err(|_| IonProblem::Number)?;
    let micros = number(fraction)? * 10u64.pow(6 - digits);
    let whole = number(whole)?.checked_mul(SECOND).and_then(|whole| whole.checked_add(micros));
    whole.map(Duration::from_micros).ok_or(IonProblem::Number)
}

fn time(text: &str, start_unix_secs: Option<u64>) -> Result<PlanTime, IonProblem> {
    if let Some(offset) = text.strip_prefix('+') {
        let secs = number(offset).map_err(|_| IonProblem::Time)?;
        let micros = secs.checked_mul(SECOND).ok_or(IonProblem::Time)?;
        return Ok(PlanTime::from_micros(micros));
    }
    let date = unix_secs(text).ok_or(IonProblem::Time)?;
    let start = start_unix_secs.ok_or(IonProblem::NoReference)?;
    date.checked_sub(start).map(PlanTime::from_secs).ok_or(IonProblem::BeforeStart)
}

/// Unix time of `yyyy/mm/dd-hh:mm:ss`, from 1970 on.
fn unix_secs(text: &str) -> Option<u64> {
    let (date, clock) = text.split_once('-')?;
    let [year, month, day] = three(date, '/')?;
    let [hour, minute, second] = three(clock, ':')?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1970..=9999).contains(&year) || !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60
    {
        return None;
    }
    // Days from the civil calendar, with years that begin in March so that the leap day comes last.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1;
    Some(((days - DAYS_BEFORE_1970) * 24 + hour) * 3_600 + minute * 60 + second)
}

fn three(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| number(part).ok());
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

const SECOND: u64 = 1_000_000;
/// From 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_1970: u64 = 719_468;
const MOST_PARTS: usize = 8;
