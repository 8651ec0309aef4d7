use super::plan::micros_up;
use super::{Contact, ContactPlan, PlanError, PlanTime};
use crate::bundle::NodeNumber;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::time::Duration;

/// Why a table of contacts cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// The first line is not `start_ms,end_ms,from,to,rate_bps,owlt_us`, perhaps with more columns.
    #[error("contact table: line 1 does not name the columns")]
    Header,
    /// A line lacks a column or holds something other than whole numbers.
    #[error("contact table: line {line} is not of whole numbers in all columns")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// The contacts do not make a plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl ContactPlan {
    /// Reads contacts from text with the columns `start_ms,end_ms,from,to,rate_bps,owlt_us`; further columns are
    /// passed over.
    ///
    /// # Errors
    /// The first line that cannot be read, or the first contact that cannot be in a plan.
    pub fn from_csv(text: &str) -> Result<Self, CsvError> {
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default().trim_end();
        let named = header.strip_prefix(COLUMNS);
        if !named.is_some_and(|more| more.is_empty() || more.starts_with(',')) {
            return Err(CsvError::Header);
        }
        let mut contacts = Vec::new();
        for (at, line) in lines.enumerate() {
            if !line.trim().is_empty() {
                contacts.push(contact(line).ok_or(CsvError::Line { line: at + 2 })?);
            }
        }
        Ok(Self::from_contacts(contacts)?)
    }

    /// Writes the text that [`from_csv`](Self::from_csv) reads. Starts are rounded up to milliseconds and ends
    /// down, so that no contact is longer than it is.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = String::from(COLUMNS);
        text.push('\n');
        for contact in self.contacts() {
            let (start, end) = (contact.start.as_micros().div_ceil(1_000), contact.end.as_micros() / 1_000);
            let light = micros_up(contact.light_time);
            // Writing into a string cannot fail.
            let _ =
                writeln!(text, "{start},{end},{},{},{},{light}", contact.from.0, contact.to.0, contact.rate);
        }
        text
    }
}

fn contact(line: &str) -> Option<Contact> {
    let mut columns = line.split(',').map(|column| column.trim().parse::<u64>().ok());
    let mut next = || columns.next().flatten();
    let millis = |time: u64| time.checked_mul(1_000).map(PlanTime::from_micros);
    Some(Contact {
        start: millis(next()?)?,
        end: millis(next()?)?,
        from: NodeNumber(next()?),
        to: NodeNumber(next()?),
        rate: next()?,
        light_time: Duration::from_micros(next()?),
    })
}

const COLUMNS: &str = "start_ms,end_ms,from,to,rate_bps,owlt_us";
