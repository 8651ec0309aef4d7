use core::slice;

use crate::wire::{Decode, DecodeError, Encode, EncodeError, Sdnv, Writer};

/// One extension of a segment.
///
/// Source: RFC 5326 §3.1.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// What it is: 0 authentication, 1 cookie (RFC 5327), 192 to 255 private.
    pub tag: u8,
    /// What it holds.
    pub value: &'a [u8],
}

/// The header or the trailer extensions of a segment, at most [`MAX`](Self::MAX).
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a>(Source<'a>);

#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// Checked octets that hold so many extensions and nothing else.
    Octets {
        count: u8,
        octets: &'a [u8],
    },
    List(&'a [Extension<'a>]),
}

impl<'a> Extensions<'a> {
    /// The most a segment can have on each side.
    pub const MAX: usize = 15;
    /// None, as nearly all segments have.
    pub const NONE: Self = Self(Source::List(&[]));

    /// Those of `list`, in this order.
    #[must_use]
    pub const fn new(list: &'a [Extension<'a>]) -> Self {
        Self(Source::List(list))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Octets { count, .. } => count.into(),
            Source::List(list) => list.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One after the other, as on the wire.
    #[must_use]
    pub fn iter(&self) -> ExtensionsIter<'a> {
        ExtensionsIter(match self.0 {
            Source::Octets { octets, .. } => Rest::Octets(octets),
            Source::List(list) => Rest::List(list.iter()),
        })
    }

    /// Reads `count` extensions from the front of `input`.
    pub(super) fn decode(count: u8, input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let mut rest = input;
        for _ in 0..count {
            rest = decode_one(rest)?.1;
        }
        let octets = &input[..input.len() - rest.len()];
        Ok((Self(Source::Octets { count, octets }), rest))
    }

    /// The number that goes into the header.
    pub(super) fn count(&self) -> Result<u8, EncodeError> {
        match u8::try_from(self.len()) {
            Ok(count) if usize::from(count) <= Self::MAX => Ok(count),
            _ => Err(EncodeError::field(UNIT, "count", self.len() as u64)),
        }
    }

    pub(super) fn encoded_len(&self) -> usize {
        self.iter().map(|one| 1 + Sdnv(one.value.len() as u64).encoded_len() + one.value.len()).sum()
    }

    pub(super) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        for one in self.iter() {
            out.put_u8(one.tag)?;
            out.put_sdnv(one.value.len() as u64)?;
            out.put(one.value)?;
        }
        Ok(())
    }
}

impl PartialEq for Extensions<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Extensions<'_> {}

impl<'a> IntoIterator for Extensions<'a> {
    type Item = Extension<'a>;
    type IntoIter = ExtensionsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Iterates over [`Extensions`].
#[derive(Clone, Debug)]
pub struct ExtensionsIter<'a>(Rest<'a>);

#[derive(Clone, Debug)]
enum Rest<'a> {
    Octets(&'a [u8]),
    List(slice::Iter<'a, Extension<'a>>),
}

impl<'a> Iterator for ExtensionsIter<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        match &mut self.0 {
            Rest::List(list) => list.next().copied(),
            Rest::Octets(octets) => {
                let (one, rest) = decode_one(octets).ok()?;
                *octets = rest;
                Some(one)
            }
        }
    }
}

fn decode_one(input: &[u8]) -> Result<(Extension<'_>, &[u8]), DecodeError> {
    let short = |required| DecodeError::Short { unit: UNIT, required, found: input.len() };
    let (&tag, rest) = input.split_first().ok_or(short(2))?;
    let (Sdnv(len), rest) = Sdnv::decode(rest)?;
    let required = (input.len() - rest.len()).saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
    let Some((value, rest)) = usize::try_from(len).ok().and_then(|len| rest.split_at_checked(len)) else {
        return Err(short(required));
    };
    Ok((Extension { tag, value }, rest))
}

const UNIT: &str = "LTP extension";
