use crate::ltp::ClientServiceId;
use crate::wire::{Decode, DecodeError, Encode, EncodeError, Sdnv, Writer};

/// A piece of a block.
///
/// Source: RFC 5326 §3.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'a> {
    /// Red or green, and what more the piece says.
    pub kind: DataKind,
    /// Who the block is for.
    pub client_service: ClientServiceId,
    /// Where the piece begins, from the start of the block.
    pub offset: u64,
    /// The piece itself.
    pub octets: &'a [u8],
}

/// What colour a piece of a block has and what it marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Red: it will be sent until it is across.
    Red,
    /// Red, and the receiver is to report what it has up to here.
    Checkpoint {
        /// Serial number of the checkpoint; never zero when a conforming engine sent it.
        serial: u64,
        /// The report this answers; zero when it answers none.
        report: u64,
        /// What ends with this piece.
        end: RedEnd,
    },
    /// Green: sent once.
    Green {
        /// Whether the block ends with this piece.
        end_of_block: bool,
    },
}

/// What ends with a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedEnd {
    /// Nothing: more of the red part lies behind it.
    Nothing,
    /// The red part; a green part follows.
    RedPart,
    /// The red part and with it the block.
    Block,
}

impl<'a> Data<'a> {
    /// The offset of the first octet behind the piece.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.octets.len() as u64)
    }

    /// `kind` has the serial numbers still to be read.
    pub(super) fn decode(kind: DataKind, input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let (Sdnv(client_service), rest) = Sdnv::decode(input)?;
        let (Sdnv(offset), rest) = Sdnv::decode(rest)?;
        let (Sdnv(len), mut rest) = Sdnv::decode(rest)?;
        if offset.checked_add(len).is_none() {
            return Err(DecodeError::Rule { unit: UNIT, rule: "the piece ends beyond 64 bits" });
        }
        let kind = match kind {
            DataKind::Checkpoint { end, .. } => {
                let (Sdnv(serial), after) = Sdnv::decode(rest)?;
                let (Sdnv(report), after) = Sdnv::decode(after)?;
                rest = after;
                DataKind::Checkpoint { serial, report, end }
            }
            other => other,
        };
        let found = rest.len();
        let required = usize::try_from(len).unwrap_or(usize::MAX);
        let (octets, rest) =
            rest.split_at_checked(required).ok_or(DecodeError::Short { unit: UNIT, required, found })?;
        Ok((Self { kind, client_service: ClientServiceId(client_service), offset, octets }, rest))
    }

    pub(super) fn encoded_len(&self) -> usize {
        self.kind.serials_len()
            + Sdnv(self.client_service.0).encoded_len()
            + Sdnv(self.offset).encoded_len()
            + Sdnv(self.octets.len() as u64).encoded_len()
            + self.octets.len()
    }

    pub(super) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.offset.checked_add(self.octets.len() as u64).is_none() {
            return Err(EncodeError::field(UNIT, "offset", self.offset));
        }
        out.put_sdnv(self.client_service.0)?;
        out.put_sdnv(self.offset)?;
        out.put_sdnv(self.octets.len() as u64)?;
        if let DataKind::Checkpoint { serial, report, .. } = self.kind {
            out.put_sdnv(serial)?;
            out.put_sdnv(report)?;
        }
        out.put(self.octets)
    }
}

impl DataKind {
    /// Octets the serial numbers of a checkpoint take.
    pub(crate) fn serials_len(self) -> usize {
        match self {
            Self::Checkpoint { serial, report, .. } => {
                Sdnv(serial).encoded_len() + Sdnv(report).encoded_len()
            }
            _ => 0,
        }
    }
}

const UNIT: &str = "LTP data segment";
