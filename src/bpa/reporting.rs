//! Status reports: made when asked for and allowed, never about other reports, never too many.

use core::time::Duration;

use super::agent::Agent;
use super::keeping::Stage;
use super::quota::Class;
use super::receiving::Arrival;
use super::store::Store;
use crate::bundle::{
    AdminRecord, Bundle, BundleError, BundleFlags, BundleReader, CrcType, FragmentRange, Header, Part,
    Primary, Reason, Rules, Status, StatusReport,
};
use crate::time::Instant;

/// Keeps the number of reports within what is allowed: a bucket that fills by the second.
#[derive(Debug, Default)]
pub(super) struct Reporter {
    /// Reports that may be made at once, in thousandths.
    allowance: u64,
    filled: Instant,
}

impl Reporter {
    fn allow(&mut self, now: Instant, per_second: u32) -> bool {
        let most = u64::from(per_second) * 1000;
        let millis = u64::try_from(now.since(self.filled).as_millis()).unwrap_or(u64::MAX);
        if millis > 0 || self.filled == Instant::ZERO {
            let start = if self.filled == Instant::ZERO { most } else { 0 };
            let more = millis.saturating_mul(per_second.into());
            self.allowance = self.allowance.saturating_add(more).max(start).min(most);
            self.filled = now.max(Instant::from_nanos(1));
        }
        let allowed = self.allowance >= 1000;
        self.allowance -= if allowed { 1000 } else { 0 };
        allowed
    }
}

/// The service that a node's administrative element is.
const ADMINISTRATION: u64 = 0;
/// How long a report is of use.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

enum Assertion {
    Received,
    Forwarded,
    Delivered,
    Deleted,
}

impl<S: Store> Agent<S> {
    pub(super) fn report_received(&mut self, now: Instant, header: &Header) {
        if header.flags().contains(BundleFlags::REPORT_RECEPTION) {
            self.report(now, header, Assertion::Received, Reason::NO_INFORMATION);
        }
    }

    /// A block that is not known here asked for a report.
    pub(super) fn report_unprocessed(&mut self, now: Instant, header: &Header) {
        self.report(now, header, Assertion::Received, Reason::BLOCK_UNSUPPORTED);
    }

    /// A security operation has failed, and the policy has that reported though the bundle goes on.
    #[cfg(feature = "crypto")]
    pub(super) fn report_security(&mut self, now: Instant, header: &Header, reason: Reason) {
        self.report(now, header, Assertion::Received, reason);
    }

    pub(super) fn report_forwarded(&mut self, now: Instant, header: &Header) {
        if header.flags().contains(BundleFlags::REPORT_FORWARDING) {
            self.report(now, header, Assertion::Forwarded, Reason::NO_INFORMATION);
        }
    }

    pub(super) fn report_delivered(&mut self, now: Instant, header: &Header) {
        if header.flags().contains(BundleFlags::REPORT_DELIVERY) {
            self.report(now, header, Assertion::Delivered, Reason::NO_INFORMATION);
        }
    }

    pub(super) fn report_deleted(&mut self, now: Instant, header: &Header, reason: Reason) {
        if header.flags().contains(BundleFlags::REPORT_DELETION) {
            self.report(now, header, Assertion::Deleted, reason);
        }
    }

    /// A bundle that a link brought and cannot take back found no room: it is lost, and whoever asked is told.
    pub fn report_depleted(&mut self, now: Instant, header: &Header) {
        self.report_deleted(now, header, Reason::DEPLETED_STORAGE);
    }

    /// Octets that a link brought are no bundle, and are dropped. If their primary block can be read and trusted, and
    /// asks for it, its report-to endpoint is told that the bundle was deleted.
    ///
    /// Source: RFC 9171 §5.6 step 3, §5.10.
    pub fn report_unintelligible(&mut self, now: Instant, mut octets: &[u8], error: &BundleError) {
        // Reading it again costs nothing where no reports are made.
        if self.parameters.reports_per_second == 0 {
            return;
        }
        let mut reader = BundleReader::new(Rules::LENIENT);
        while let Ok(Some(part)) = reader.read(&mut octets) {
            if matches!(part, Part::Payload(_) | Part::End) {
                break;
            }
        }
        let Some(primary) = reader.primary().filter(|primary| primary.crc_type() != CrcType::None) else {
            return;
        };
        let fragment = match (primary.fragment(), reader.header()) {
            (None, _) => None,
            (Some(_), Some(header)) => header.id().fragment,
            // Nobody knows how long it was to be.
            (Some(_), None) => return,
        };
        if primary.flags().contains(BundleFlags::REPORT_DELETION) {
            self.report_on(now, &primary.clone(), fragment, Assertion::Deleted, error.reason());
        }
    }

    fn report(&mut self, now: Instant, header: &Header, assertion: Assertion, reason: Reason) {
        self.report_on(now, header.primary(), header.id().fragment, assertion, reason);
    }

    fn report_on(
        &mut self,
        now: Instant,
        subject: &Primary,
        fragment: Option<FragmentRange>,
        assertion: Assertion,
        reason: Reason,
    ) {
        let (per_second, flags) = (self.parameters.reports_per_second, subject.flags());
        if per_second == 0 || flags.contains(BundleFlags::ADMIN_RECORD) || subject.report_to().is_null() {
            return;
        }
        if !self.reporter.allow(now, per_second) {
            self.counters.reports_withheld += 1;
            return;
        }
        let clock = self.parameters.clock().filter(|_| flags.contains(BundleFlags::STATUS_TIME));
        let happened = clock.map_or(Status::Yes, |epoch| Status::At(epoch.dtn_time(now)));
        let mut report = StatusReport {
            received: Status::No,
            forwarded: Status::No,
            delivered: Status::No,
            deleted: Status::No,
            reason,
            source: subject.source().clone(),
            timestamp: subject.timestamp(),
            fragment,
        };
        *match assertion {
            Assertion::Received => &mut report.received,
            Assertion::Forwarded => &mut report.forwarded,
            Assertion::Delivered => &mut report.delivered,
            Assertion::Deleted => &mut report.deleted,
        } = happened;
        let timestamp = self.fresh_timestamp(now);
        let bundle = self
            .builder(ADMINISTRATION, subject.report_to().clone(), timestamp)
            .lifetime(LIFETIME)
            .flags(BundleFlags::ADMIN_RECORD)
            .payload(AdminRecord::StatusReport(report).encode())
            .build();
        // Without room for it, whoever asked stays without it.
        let Ok((header, payload)) = bundle.map(Bundle::into_parts) else { return };
        // Reports are the first to make room.
        let arrival = Arrival { from: None, class: Class::Bulk, stage: Stage::Made };
        if let Ok((key, room)) = self.put(now, &header, payload, arrival) {
            self.settle(now, key, header, arrival, room);
            self.counters.reports_sent += 1;
        }
    }
}
