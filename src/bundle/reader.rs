//! Reading bundles whose payload need not be in memory.

use super::check::{Digest, KnownCheck};
use super::rules::check_primary;
use super::{Block, BlockContent, BundleError, Header, Primary, Rules};
use crate::wire::{DecodeError, cbor};
use alloc::vec::Vec;
use bytes::Bytes;

/// Reads a bundle out of octets that come in pieces, header first.
///
/// The primary block, each extension block and the start of the payload are told of as soon as they are whole;
/// payload octets are passed on as slices of the pieces they came in. Memory is bounded by
/// [`Rules::max_header`], however long the payload is. Rules and errors are those of
/// [`Bundle::decode_with`](super::Bundle::decode_with): rules of the primary block are checked when it is whole, rules
/// between blocks when the payload starts, the payload's check sequence at the end. Until
/// [`Part::End`] nothing is known about the payload; whoever acts earlier must be able to take it back.
///
/// ```
/// use core::time::Duration;
/// use spacelink::bundle::{Bundle, BundleReader, Part, Rules};
///
/// let bundle = Bundle::builder("ipn:1.7".parse()?, "ipn:2.7".parse()?)
///     .age(Duration::ZERO)
///     .payload("a long payload")
///     .build()?;
///
/// let mut reader = BundleReader::new(Rules::STRICT);
/// let mut payload = Vec::new();
/// for mut piece in bundle.encode().chunks(7) {
///     while let Some(part) = reader.read(&mut piece)? {
///         match part {
///             Part::Payload(len) => assert_eq!(len, 14),
///             Part::Data(octets) => payload.extend_from_slice(octets),
///             Part::Primary | Part::Block | Part::End => {}
///         }
///     }
/// }
/// assert_eq!(reader.finish()?.with_payload(payload.into())?, bundle);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct BundleReader {
    rules: Rules,
    state: State,
    /// The first octets of a unit (a block, or what follows the payload) that is not whole yet.
    unit: Vec<u8>,
    /// Octets of the bundle before `unit`, as long as the header is being read.
    before: usize,
    primary: Option<Primary>,
    blocks: Vec<Block>,
    header: Option<Header>,
    digest: Digest,
    /// Payload octets still to come.
    left: u64,
}

/// What a [`BundleReader`] has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// [`BundleReader::primary`] is there.
    Primary,
    /// One more of [`BundleReader::blocks`] is there. Its content is still octets: a block further on may say that
    /// they are encrypted.
    Block,
    /// The payload starts, of so many octets; [`BundleReader::header`] is there and keeps all rules.
    Payload(u64),
    /// More octets of the payload.
    Data(&'a [u8]),
    /// The bundle is whole and its check sequences are right.
    End,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    Blocks,
    Payload,
    Trailer,
    End,
    Refused(BundleError),
}

impl BundleReader {
    /// Starts before the first octet of a bundle.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self {
            rules,
            state: State::Start,
            unit: Vec::new(),
            before: 0,
            primary: None,
            blocks: Vec::new(),
            header: None,
            digest: Digest::None,
            left: 0,
        }
    }

    /// Reads on, and takes what it has read from the front of `input`. `None` when `input` is used up, or the bundle
    /// at its end: what is left in `input` then comes after the bundle.
    ///
    /// # Errors
    /// The rule that was broken; the same again for every call that follows.
    pub fn read<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Part<'a>>, BundleError> {
        let part = match self.state {
            State::Start | State::Blocks | State::Trailer => self.read_unit(input),
            State::Payload if self.left > 0 => Ok(self.read_data(input)),
            State::Payload => {
                self.state = State::Trailer;
                self.read_unit(input)
            }
            State::End => Ok(None),
            State::Refused(error) => Err(error),
        };
        if let Err(error) = part {
            self.state = State::Refused(error);
            self.unit = Vec::new();
        }
        part
    }

    /// The primary block, from [`Part::Primary`] on.
    #[must_use]
    pub fn primary(&self) -> Option<&Primary> {
        self.header.as_ref().map(Header::primary).or(self.primary.as_ref())
    }

    /// The extension blocks read so far.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        self.header.as_ref().map_or(&self.blocks, |header| &header.blocks)
    }

    /// Everything but the payload's octets, from [`Part::Payload`] on.
    #[must_use]
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Payload octets still to come, from [`Part::Payload`] on.
    #[must_use]
    pub const fn payload_left(&self) -> u64 {
        self.left
    }

    /// Whether the bundle is whole.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.state, State::End)
    }

    /// The header of a bundle that is whole.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when the bundle is cut off here; what [`read`](Self::read) said if it refused.
    pub fn finish(mut self) -> Result<Header, BundleError> {
        match (self.state, self.header.take()) {
            (State::End, Some(header)) => Ok(header),
            (State::Refused(error), _) => Err(error),
            (State::Payload, Some(header)) if self.left > 0 => {
                let found = to_usize(header.payload_len() - self.left);
                let required = to_usize(header.payload_len());
                Err(DecodeError::Short { unit: "block", required, found }.into())
            }
            (state, header) => {
                self.header = header;
                self.state = if matches!(state, State::Payload) { State::Trailer } else { state };
                // The unit was not whole when last tried, nor is it now: this tells what is missing.
                let unit = core::mem::take(&mut self.unit);
                let cut = self.try_unit(&unit).err();
                Err(cut.unwrap_or(DecodeError::Short { unit: "bundle", required: 1, found: 0 }.into()))
            }
        }
    }

    fn read_data<'a>(&mut self, input: &mut &'a [u8]) -> Option<Part<'a>> {
        let len = input.len().min(to_usize(self.left));
        let (data, rest) = input.split_at_checked(len).filter(|(data, _)| !data.is_empty())?;
        *input = rest;
        self.digest.update(data);
        self.left -= len as u64;
        Some(Part::Data(data))
    }

    /// Reads one unit, straight from `input` when it is whole there.
    fn read_unit<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Part<'a>>, BundleError> {
        if self.unit.is_empty() {
            match self.try_unit(input) {
                Ok((part, len)) => {
                    *input = input.get(len..).unwrap_or_default();
                    return Ok(Some(part));
                }
                Err(BundleError::Octets(DecodeError::Short { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        // Only what the unit is known to need is taken, so that payload octets never come in here.
        let mut unit = core::mem::take(&mut self.unit);
        loop {
            match self.try_unit(&unit) {
                Ok((part, _)) => {
                    unit.clear();
                    self.unit = unit;
                    return Ok(Some(part));
                }
                Err(BundleError::Octets(DecodeError::Short { required, found, .. })) => {
                    let (more, rest) = input.split_at(input.len().min(required.saturating_sub(found)));
                    *input = rest;
                    unit.extend_from_slice(more);
                    if more.is_empty() {
                        self.unit = unit;
                        return Ok(None);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the unit that is next from the front of `octets` and says how many it takes. Nothing changes when it is
    /// not whole.
    fn try_unit<'a>(&mut self, octets: &[u8]) -> Result<(Part<'a>, usize), BundleError> {
        if let (State::Trailer, Some(header)) = (self.state, &mut self.header) {
            let mut reader = cbor::Reader::new("block", octets);
            header.payload.check = read_trailer(&mut reader, &header.payload, self.digest.clone())?;
            self.state = State::End;
            return Ok((Part::End, reader.position()));
        }
        let room = self.rules.max_header.saturating_sub(self.before);
        let mut reader = cbor::Reader::new("bundle", octets.get(..room).unwrap_or(octets));
        let part = self.try_header_unit(&mut reader);
        let position = self.before + reader.position();
        let part = part.map_err(|error| within(error, position, &self.rules))?;
        self.before = position;
        Ok((part, reader.position()))
    }

    fn try_header_unit<'a>(&mut self, reader: &mut cbor::Reader<'_>) -> Result<Part<'a>, BundleError> {
        if matches!(self.state, State::Start) {
            self.primary = Some(read_start(reader, &self.rules)?);
            self.state = State::Blocks;
            return Ok(Part::Primary);
        }
        reader.rename("block");
        let block = read_next(reader, self.blocks.len(), &self.rules, &Bytes::copy_from_slice)?;
        let (BlockContent::Payload { len }, Some(primary)) = (&block.content, &self.primary) else {
            self.blocks.push(block);
            return Ok(Part::Block);
        };
        self.left = *len;
        self.digest = Digest::new(block.crc);
        self.digest.update(reader.since(0));
        let blocks = core::mem::take(&mut self.blocks);
        let mut header = Header { primary: primary.clone(), blocks, payload: block };
        header.check_blocks(&self.rules)?;
        self.header = Some(header);
        self.state = State::Payload;
        Ok(Part::Payload(self.left))
    }
}

/// Reads from the start of a bundle to the end of its primary block.
#[inline]
pub(super) fn read_start(reader: &mut cbor::Reader<'_>, rules: &Rules) -> Result<Primary, BundleError> {
    reader.indefinite_array("bundle array")?;
    reader.rename("primary block");
    let primary = Primary::read(reader)?;
    check_primary(&primary, rules)?;
    Ok(primary)
}

/// Reads the block after `count` extension blocks; of a payload block, all before its data.
#[inline]
pub(super) fn read_next(
    reader: &mut cbor::Reader<'_>,
    count: usize,
    rules: &Rules,
    keep: &impl Fn(&[u8]) -> Bytes,
) -> Result<Block, BundleError> {
    if reader.take_break() {
        return Err(BundleError::NoPayload);
    }
    let block = Block::read(reader, keep)?;
    if count >= rules.max_blocks && !matches!(block.content, BlockContent::Payload { .. }) {
        return Err(BundleError::TooManyBlocks { limit: rules.max_blocks });
    }
    Ok(block)
}

/// Reads what follows the payload's data: the check sequence and the end of the bundle.
#[inline]
pub(super) fn read_trailer(
    reader: &mut cbor::Reader<'_>,
    payload: &Block,
    digest: Digest,
) -> Result<KnownCheck, BundleError> {
    let check = payload.crc.read(payload.number, digest, reader)?;
    if !reader.take_break() {
        // Cut off, or one block more: reading a head tells which.
        reader.head()?;
        return Err(BundleError::PayloadNotLast);
    }
    Ok(check)
}

/// `error`, unless it is that octets are missing which would lie beyond the longest header `rules` allow.
/// `position` is where the reader stopped.
#[cold]
pub(super) fn within(error: BundleError, position: usize, rules: &Rules) -> BundleError {
    match error {
        BundleError::Octets(DecodeError::Short { required, .. })
            if position.saturating_add(required) > rules.max_header =>
        {
            BundleError::HeaderTooLong { limit: rules.max_header }
        }
        other => other,
    }
}

/// A length that is compared with what is in memory.
fn to_usize(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}
