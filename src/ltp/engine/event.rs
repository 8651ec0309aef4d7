use bytes::Bytes;

use crate::ltp::segment::{CancelReason, Party};
use crate::ltp::{ClientServiceId, EngineId, SessionId};
use crate::wire::DecodeError;

/// What the user of an engine is told.
///
/// An export session ends with one of [`BlockAcknowledged`](Self::BlockAcknowledged) and
/// [`TransmissionCancelled`](Self::TransmissionCancelled), or, when its block has no red part and was not cancelled,
/// with [`InitialTransmissionCompleted`](Self::InitialTransmissionCompleted). The red part of an import session ends
/// with one of [`RedPartReceived`](Self::RedPartReceived) and [`ReceptionCancelled`](Self::ReceptionCancelled).
///
/// Source: RFC 5326 §7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Every octet of the block has been handed to the link once.
    InitialTransmissionCompleted {
        /// Which session.
        session: SessionId,
    },
    /// The whole red part is across: the proof on which the layer above may release it.
    BlockAcknowledged {
        /// Which session.
        session: SessionId,
    },
    /// The block is given up.
    TransmissionCancelled {
        /// Which session.
        session: SessionId,
        /// Why.
        reason: CancelReason,
        /// Who gave it up.
        by: Party,
    },
    /// The whole red part has arrived.
    RedPartReceived {
        /// Which session.
        session: SessionId,
        /// Who it is for.
        client_service: ClientServiceId,
        /// The red part.
        block: Bytes,
        /// Whether it is the whole block; otherwise a green part follows.
        end_of_block: bool,
    },
    /// A piece of a green part has arrived. Pieces come as the link brings them.
    GreenSegmentReceived {
        /// Which session.
        session: SessionId,
        /// Who it is for.
        client_service: ClientServiceId,
        /// Where the piece begins, from the start of the block.
        offset: u64,
        /// The piece.
        data: Bytes,
        /// Whether the block ends with it.
        end_of_block: bool,
    },
    /// A red part of which something had arrived will not be completed.
    ReceptionCancelled {
        /// Which session.
        session: SessionId,
        /// Who it was for.
        client_service: ClientServiceId,
        /// Why.
        reason: CancelReason,
        /// Who gave it up.
        by: Party,
    },
}

/// Goes with each segment to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The peer to send it to.
    pub to: EngineId,
    /// Octets written.
    pub len: usize,
}

/// A block to be sent.
///
/// Source: RFC 5326 §4.1.
#[derive(Clone, Debug)]
pub struct TransmissionRequest {
    /// The engine to send it to.
    pub to: EngineId,
    /// Who it is for, there.
    pub client_service: ClientServiceId,
    /// The block. Segments are cut from it without a copy of it.
    pub block: Bytes,
    /// How many octets at its front are red; the rest is green.
    pub red_len: u64,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// There is no span to that engine.
    #[error("LTP engine {0}: no span to it")]
    UnknownPeer(EngineId),
    /// No such session is under way.
    #[error("LTP session {0}: not under way")]
    UnknownSession(SessionId),
    /// As many export sessions are under way as the span allows.
    #[error("LTP engine {to}: {limit} export sessions under way")]
    ExportSessions {
        /// The peer.
        to: EngineId,
        /// How many the span allows.
        limit: usize,
    },
    /// A block holds at least one octet.
    #[error("LTP block: empty")]
    EmptyBlock,
    /// The red part is longer than the block.
    #[error("LTP block: red part of {red_len} octets in a block of {block_len}")]
    RedLength {
        /// Octets said to be red.
        red_len: u64,
        /// Octets of the block.
        block_len: u64,
    },
    /// A parameter has a value the engine cannot work with; the text says which.
    #[error("LTP span: {0}")]
    Parameters(&'static str),
}

/// Why a segment was refused. The engine is unharmed, and whatever the segment carried is as if lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// It is no LTP segment.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// There is no span to the engine it comes from.
    #[error("LTP engine {0}: no span to it")]
    UnknownPeer(EngineId),
    /// It speaks of a session of ours that is neither under way nor remembered, or of another engine's.
    #[error("LTP session {0}: unknown")]
    UnknownSession(SessionId),
    /// The peer breaks the protocol.
    #[error("LTP session {session}: {violation}")]
    Violation {
        /// Where.
        session: SessionId,
        /// How.
        violation: Violation,
    },
    /// A limit of this engine is reached; what was dropped will be sent again.
    #[error("LTP session {session}: {limit}")]
    NoRoom {
        /// Where.
        session: SessionId,
        /// Which limit.
        limit: Limit,
    },
}

/// How a peer breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Red where green was announced, or the other way round. Cancels the session.
    #[error("miscoloured data")]
    Miscoloured,
    /// Data beyond the end of the block, or two different ends. Cancels the session.
    #[error("data beyond the end of the block")]
    BeyondBlock,
    /// Nobody takes blocks for the client service. Cancels the session.
    #[error("client service unreachable")]
    UnreachableClientService,
    /// Segments of one session name different client services.
    #[error("client service changes within the session")]
    ClientServiceChanged,
    /// A checkpoint or report with serial number zero.
    #[error("serial number zero")]
    SerialZero,
    /// A red part of no octets.
    #[error("red part is empty")]
    EmptyRedPart,
    /// A report for a checkpoint that was never sent.
    #[error("report for an unknown checkpoint")]
    UnknownCheckpoint,
    /// A report that speaks of octets not sent yet.
    #[error("report claims what was not sent")]
    ClaimsTooMuch,
    /// More reports than the span allows for one session. Cancels the session.
    #[error("too many reports")]
    TooManyReports,
    /// An acknowledgement of something that was never sent.
    #[error("acknowledges what was not sent")]
    UnknownAcknowledged,
}

impl Violation {
    /// The reason given when the violation makes the engine cancel the session; `None` when it only drops the segment.
    #[must_use]
    pub const fn cancel_reason(self) -> Option<CancelReason> {
        match self {
            Self::Miscoloured => Some(CancelReason::Miscoloured),
            Self::BeyondBlock => Some(CancelReason::SystemCancelled),
            Self::UnreachableClientService => Some(CancelReason::UnreachableClientService),
            Self::TooManyReports => Some(CancelReason::RetransmissionCycleLimit),
            Self::ClientServiceChanged
            | Self::SerialZero
            | Self::EmptyRedPart
            | Self::UnknownCheckpoint
            | Self::ClaimsTooMuch
            | Self::UnknownAcknowledged => None,
        }
    }
}

/// Which limit made the engine drop a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// [`max_import_sessions`](super::SpanParameters::max_import_sessions).
    #[error("as many import sessions as allowed are under way")]
    ImportSessions,
    /// [`max_block_len`](super::SpanParameters::max_block_len). Cancels the session if it is under way.
    #[error("block is too long")]
    BlockLen,
    /// [`max_buffered`](super::EngineParameters::max_buffered).
    #[error("buffers are full")]
    Buffered,
    /// [`max_ranges`](super::SpanParameters::max_ranges).
    #[error("too many separate ranges")]
    Ranges,
    /// Answers that wait to be sent.
    #[error("too many answers wait to be sent")]
    Answers,
}

/// What an engine has done on one span so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanStats {
    /// Segments of all kinds handed out.
    pub segments_sent: u64,
    /// Octets of them.
    pub octets_sent: u64,
    /// Segments of all kinds that arrived and could be read.
    pub segments_received: u64,
    /// Segments that arrived and were refused for the peer's conduct or for want of room.
    pub segments_refused: u64,
    /// Data segments handed out again: missing data, and checkpoints without an answer.
    pub segments_retransmitted: u64,
    /// Report segments handed out, copies included.
    pub reports_sent: u64,
    /// Report segments that arrived, copies included.
    pub reports_received: u64,
    /// Checkpoints, reports and cancellations whose answer did not come in time.
    pub timeouts: u64,
    /// Export sessions begun.
    pub exports_started: u64,
    /// Export sessions whose red part is across.
    pub exports_acknowledged: u64,
    /// Export sessions cancelled by either side.
    pub exports_cancelled: u64,
    /// Import sessions begun.
    pub imports_started: u64,
    /// Red parts delivered.
    pub red_parts_received: u64,
    /// Import sessions cancelled by either side.
    pub imports_cancelled: u64,
}
