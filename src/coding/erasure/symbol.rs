//! One symbol on the wire.

use super::Parameters;
use crate::crc::crc32c;
use crate::wire::DecodeError;

const UNIT: &str = "erasure symbol";
const VERSION: u8 = 0xE1;
pub(super) const HEADER_LEN: usize = 9;
pub(super) const CHECK_LEN: usize = 4;
/// The length in front of the unit in a shard.
pub(super) const LENGTH_LEN: usize = 2;

/// A symbol, its octets without header and check sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Symbol<'a> {
    pub(super) block: u32,
    /// Place in the block; from the number of units on it is a repair symbol.
    pub(super) index: u8,
    /// Units in the block; 0 when this is one.
    pub(super) used: u8,
    pub(super) octets: &'a [u8],
}

impl<'a> Symbol<'a> {
    /// Reads a symbol of a link with these parameters.
    pub(super) fn decode(parameters: Parameters, input: &'a [u8]) -> Result<Self, DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: HEADER_LEN + CHECK_LEN, found: input.len() };
        let (checked, check) = input.split_last_chunk::<CHECK_LEN>().ok_or(short)?;
        let (header, octets) = checked.split_first_chunk::<HEADER_LEN>().ok_or(short)?;
        let &[version, data, repair, index, used, number @ ..] = header;
        if version != VERSION {
            return Err(DecodeError::field(UNIT, "version", version.into()));
        }
        if crc32c(checked) != u32::from_be_bytes(*check) {
            return Err(DecodeError::Check { unit: UNIT });
        }
        if data != parameters.data() {
            return Err(DecodeError::field(UNIT, "units of a block", data.into()));
        }
        if repair != parameters.repair() {
            return Err(DecodeError::field(UNIT, "repair symbols", repair.into()));
        }
        // Their sum is at most 255.
        if index >= data + repair {
            return Err(DecodeError::field(UNIT, "index", index.into()));
        }
        let is_unit = index < data;
        if is_unit != (used == 0) || used > data {
            return Err(DecodeError::field(UNIT, "units in this block", used.into()));
        }
        let (least, most) =
            if is_unit { (0, parameters.max_unit_len()) } else { (LENGTH_LEN, parameters.shard_len()) };
        if !(least..=most).contains(&octets.len()) {
            return Err(DecodeError::field(UNIT, "length", octets.len() as u64));
        }
        Ok(Self { block: u32::from_be_bytes(number), index, used, octets })
    }

    /// Writes the symbol to the front of `out`; `None` when there is too little room.
    pub(super) fn encode(&self, parameters: Parameters, out: &mut [u8]) -> Option<usize> {
        let len = HEADER_LEN + self.octets.len() + CHECK_LEN;
        let (checked, check) = out.get_mut(..len)?.split_last_chunk_mut::<CHECK_LEN>()?;
        let (header, octets) = checked.split_first_chunk_mut::<HEADER_LEN>()?;
        let [a, b, c, d] = self.block.to_be_bytes();
        *header = [VERSION, parameters.data(), parameters.repair(), self.index, self.used, a, b, c, d];
        octets.copy_from_slice(self.octets);
        *check = crc32c(checked).to_be_bytes();
        Some(len)
    }
}
