use core::num::NonZeroU32;
use core::time::Duration;

use crate::ltp::EngineId;

/// Managed parameters of an engine.
#[derive(Clone, Debug)]
pub struct EngineParameters {
    /// The engine's own number.
    pub engine_id: EngineId,
    /// Octets of received red data, and of what is noted of it and of green data and reports, that all import sessions
    /// together may hold. Beyond it red data is dropped, and reports wait for those before them to be acknowledged.
    pub max_buffered: usize,
    /// How many ended export sessions are remembered, to acknowledge late reports.
    pub max_closed_exports: usize,
}

impl EngineParameters {
    /// Buffers up to 256 MiB and remembers 4096 ended export sessions.
    #[must_use]
    pub const fn new(engine_id: EngineId) -> Self {
        Self { engine_id, max_buffered: 256 << 20, max_closed_exports: 4096 }
    }
}

/// Managed parameters of the link to one peer.
///
/// The defaults suit a link between neighbours in low orbit; light time and segment length are the two to look at.
#[derive(Clone, Debug)]
pub struct SpanParameters {
    /// Time a signal takes to the peer. May be changed at any time.
    pub one_way_light_time: Duration,
    /// Time this engine's side may take from the arrival of an answer to handling it: queues and framing.
    pub local_margin: Duration,
    /// Time the peer's side may take from the arrival of a segment to sending the answer.
    pub remote_margin: Duration,
    /// Octets of the longest segment to send, at least [`MIN_SEGMENT_LEN`](Self::MIN_SEGMENT_LEN).
    pub max_segment_len: usize,
    /// How often a checkpoint, report or cancellation is sent again before the session is given up.
    pub max_retransmissions: u32,
    /// How many rounds of report and repair a session may take.
    pub max_cycles: u32,
    /// How many different reports are accepted for one session.
    pub max_reports: u32,
    /// Claims put into one report at most; more make several reports.
    pub max_claims_per_report: usize,
    /// Separate received ranges kept for one import session; segments that would make more are dropped.
    pub max_ranges: usize,
    /// A checkpoint after so many red segments, besides the one at the end of the red part.
    pub checkpoint_every: Option<NonZeroU32>,
    /// Export sessions under way at a time.
    pub max_export_sessions: usize,
    /// Import sessions under way at a time; data of further ones is dropped.
    pub max_import_sessions: usize,
    /// Octets of the longest block that is received.
    pub max_block_len: u64,
    /// An import session that hears nothing for this long, beyond the time in which the sender would have tried
    /// everything (by the retransmission limit given here), ends.
    pub import_idle: Duration,
    /// How many ended import sessions are remembered, so that late segments do not open them again.
    pub max_closed_imports: usize,
}

impl SpanParameters {
    /// The shortest [`max_segment_len`](Self::max_segment_len): any header and some data.
    pub const MIN_SEGMENT_LEN: usize = 128;

    /// How long an answer may take: there and back, and the margins at both ends.
    #[must_use]
    pub fn answer_time(&self) -> Duration {
        self.answer_departure() + self.one_way_light_time + self.local_margin
    }

    /// How long until the peer has sent its answer.
    pub(super) fn answer_departure(&self) -> Duration {
        self.one_way_light_time + self.remote_margin
    }

    pub(super) fn idle_time(&self) -> Duration {
        self.answer_time()
            .saturating_mul(self.max_retransmissions.saturating_add(1))
            .saturating_add(self.import_idle)
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.max_segment_len < Self::MIN_SEGMENT_LEN {
            return Err("max_segment_len is below the minimum");
        }
        if self.local_margin + self.remote_margin < Duration::from_millis(1) {
            return Err("the margins together are below a millisecond");
        }
        if self.max_claims_per_report == 0 || self.max_ranges == 0 {
            return Err("no claim or no range is allowed");
        }
        if [self.one_way_light_time, self.local_margin, self.remote_margin].iter().any(|time| *time > LONGEST)
        {
            return Err("a time is longer than ten years");
        }
        Ok(())
    }
}

impl Default for SpanParameters {
    fn default() -> Self {
        Self {
            one_way_light_time: Duration::from_millis(10),
            local_margin: Duration::from_millis(100),
            remote_margin: Duration::from_millis(100),
            max_segment_len: 1400,
            max_retransmissions: 20,
            max_cycles: 100,
            max_reports: 20_000,
            max_claims_per_report: 64,
            max_ranges: 8192,
            checkpoint_every: None,
            max_export_sessions: 1024,
            max_import_sessions: 1024,
            max_block_len: 64 << 20,
            import_idle: Duration::from_secs(300),
            max_closed_imports: 4096,
        }
    }
}

/// Keeps sums of times far from overflow.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 86_400);
