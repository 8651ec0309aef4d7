use core::fmt;

use crate::wire::DecodeError;

/// One of the two engines of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The engine that sends the block.
    Sender,
    /// The engine that receives it.
    Receiver,
}

/// Why a session is cancelled.
///
/// Source: RFC 5326 §3.2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CancelReason {
    /// The user asked for it.
    UserCancelled,
    /// Nobody takes blocks for this client service.
    UnreachableClientService,
    /// One segment was sent too often without an answer.
    RetransmissionLimit,
    /// Red data where green data was announced, or the other way round.
    Miscoloured,
    /// An error of the system, or a limit of it.
    SystemCancelled,
    /// Missing data was reported and sent again in too many rounds.
    RetransmissionCycleLimit,
}

impl CancelReason {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::UserCancelled => 0,
            Self::UnreachableClientService => 1,
            Self::RetransmissionLimit => 2,
            Self::Miscoloured => 3,
            Self::SystemCancelled => 4,
            Self::RetransmissionCycleLimit => 5,
        }
    }
}

impl TryFrom<u8> for CancelReason {
    type Error = DecodeError;

    fn try_from(code: u8) -> Result<Self, DecodeError> {
        Ok(match code {
            0 => Self::UserCancelled,
            1 => Self::UnreachableClientService,
            2 => Self::RetransmissionLimit,
            3 => Self::Miscoloured,
            4 => Self::SystemCancelled,
            5 => Self::RetransmissionCycleLimit,
            reserved => return Err(DecodeError::field("LTP cancel segment", "reason", reserved.into())),
        })
    }
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserCancelled => "cancelled by the user",
            Self::UnreachableClientService => "client service unreachable",
            Self::RetransmissionLimit => "retransmission limit exceeded",
            Self::Miscoloured => "miscoloured data",
            Self::SystemCancelled => "cancelled by the system",
            Self::RetransmissionCycleLimit => "retransmission cycle limit exceeded",
        })
    }
}
