use crate::frame::MapId;
use crate::packet::SequenceFlags;
use crate::wire::{Decode, DecodeError, Encode, EncodeError};

/// What an AD or BD frame carries on a virtual channel with segment headers: a unit, packets or part of a unit, for
/// one multiplexer access point.
///
/// One octet: two bits of sequence flags, six of MAP; then the data. With link security the data start with the
/// security header.
///
/// Source: CCSDS 232.0-B-4 §4.1.3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Segment<'a> {
    /// Which part it is.
    pub flags: SequenceFlags,
    /// Where it belongs.
    pub map: MapId,
    /// All after the segment header.
    pub data: &'a [u8],
}

impl Segment<'_> {
    /// Octets of the segment header.
    pub const HEADER_LEN: usize = 1;

    /// The segment header.
    #[must_use]
    pub const fn header(flags: SequenceFlags, map: MapId) -> u8 {
        flags.bits() << 6 | map.value()
    }
}

impl<'a> Decode<'a> for Segment<'a> {
    /// Takes all of `input`.
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let short = DecodeError::Short { unit: UNIT, required: Self::HEADER_LEN, found: input.len() };
        let (&header, data) = input.split_first().ok_or(short)?;
        Ok((Self { flags: SequenceFlags::of(header >> 6), map: MapId::masked(header), data }, &[]))
    }
}

impl Encode for Segment<'_> {
    fn encoded_len(&self) -> usize {
        Self::HEADER_LEN + self.data.len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let (required, available) = (self.encoded_len(), out.len());
        let room = EncodeError::Room { required, available };
        let (header, data) = out.split_first_mut().ok_or(room)?;
        data.get_mut(..self.data.len()).ok_or(room)?.copy_from_slice(self.data);
        *header = Self::header(self.flags, self.map);
        Ok(required)
    }
}

/// A unit cut into segments: a whole one when it fits, else the first, those in the middle, and the last.
///
/// Source: CCSDS 232.0-B-4 §4.1.3.2.2.2.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    map: MapId,
    rest: &'a [u8],
    most: usize,
    begun: bool,
}

impl<'a> Segments<'a> {
    /// Segments of `unit` for `map` with up to `most` octets each, the segment header not counted; at least one octet
    /// goes into each whatever `most` says. An empty unit makes no segments.
    #[must_use]
    pub const fn new(map: MapId, unit: &'a [u8], most: usize) -> Self {
        Self { map, rest: unit, most: if most == 0 { 1 } else { most }, begun: false }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (data, rest) = self.rest.split_at(self.rest.len().min(self.most));
        let flags = match (self.begun, rest.is_empty()) {
            (false, true) => SequenceFlags::Unsegmented,
            (false, false) => SequenceFlags::First,
            (true, false) => SequenceFlags::Continuation,
            (true, true) => SequenceFlags::Last,
        };
        self.begun = true;
        self.rest = rest;
        Some(Segment { flags, map: self.map, data })
    }
}

const UNIT: &str = "TC segment";
