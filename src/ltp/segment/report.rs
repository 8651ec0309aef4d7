use core::ops::Range;
use core::slice;

use crate::wire::{Decode, DecodeError, Encode, EncodeError, Sdnv, Writer};

/// What a receiver says it has of the red part between two bounds.
///
/// Source: RFC 5326 §3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// Serial number of this report; never zero when a conforming engine sent it.
    pub serial: u64,
    /// The checkpoint it answers; zero for a report nobody asked for.
    pub checkpoint: u64,
    /// Where the scope begins, from the start of the block.
    pub lower: u64,
    /// Where the scope ends, from the start of the block.
    pub upper: u64,
    /// What was received within the scope.
    pub claims: ReceptionClaims<'a>,
}

impl<'a> Report<'a> {
    /// The claims as ranges of the block, in order.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> + use<'a> {
        let lower = self.lower;
        self.claims.iter().map(move |claim| {
            let start = lower.saturating_add(claim.offset);
            start..start.saturating_add(claim.len)
        })
    }

    pub(super) fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let (Sdnv(serial), rest) = Sdnv::decode(input)?;
        let (Sdnv(checkpoint), rest) = Sdnv::decode(rest)?;
        let (Sdnv(upper), rest) = Sdnv::decode(rest)?;
        let (Sdnv(lower), rest) = Sdnv::decode(rest)?;
        let scope = upper.checked_sub(lower).ok_or_else(|| DecodeError::field(UNIT, "lower bound", lower))?;
        let (Sdnv(count), claims) = Sdnv::decode(rest)?;
        let mut rest = claims;
        let mut order = Order { scope, end: 0 };
        for _ in 0..count {
            let (claim, after) = decode_claim(rest)?;
            order.next(claim).map_err(|rule| DecodeError::Rule { unit: UNIT, rule })?;
            rest = after;
        }
        let claims = ReceptionClaims(Source::Octets(&claims[..claims.len() - rest.len()]));
        Ok((Self { serial, checkpoint, lower, upper, claims }, rest))
    }

    pub(super) fn encoded_len(&self) -> usize {
        let count = self.claims.iter().count() as u64;
        let head = [self.serial, self.checkpoint, self.upper, self.lower, count];
        let head: usize = head.iter().map(|&value| Sdnv(value).encoded_len()).sum();
        head + self.claims.iter().map(Claim::encoded_len).sum::<usize>()
    }

    pub(super) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let scope = self
            .upper
            .checked_sub(self.lower)
            .ok_or_else(|| EncodeError::field(UNIT, "lower bound", self.lower))?;
        let count = self.claims.iter().count() as u64;
        for value in [self.serial, self.checkpoint, self.upper, self.lower, count] {
            out.put_sdnv(value)?;
        }
        let mut order = Order { scope, end: 0 };
        for claim in self.claims.iter() {
            order.next(claim).map_err(|_| EncodeError::field(UNIT, "claim", claim.offset))?;
            out.put_sdnv(claim.offset)?;
            out.put_sdnv(claim.len)?;
        }
        Ok(())
    }
}

/// One run of octets received without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where it begins, from the report's lower bound.
    pub offset: u64,
    /// How many octets; at least one.
    pub len: u64,
}

impl Claim {
    /// Octets it takes in a report.
    #[must_use]
    pub fn encoded_len(self) -> usize {
        Sdnv(self.offset).encoded_len() + Sdnv(self.len).encoded_len()
    }
}

/// The claims of a report: in order, apart from each other, inside the bounds.
#[derive(Clone, Copy, Debug)]
pub struct ReceptionClaims<'a>(Source<'a>);

#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// Checked octets that hold claims and nothing else.
    Octets(&'a [u8]),
    List(&'a [Claim]),
}

impl<'a> ReceptionClaims<'a> {
    /// Those of `list`. Their order and bounds are checked when the report is encoded.
    #[must_use]
    pub const fn new(list: &'a [Claim]) -> Self {
        Self(Source::List(list))
    }

    /// One after the other.
    #[must_use]
    pub fn iter(&self) -> ReceptionClaimsIter<'a> {
        ReceptionClaimsIter(match self.0 {
            Source::Octets(octets) => Rest::Octets(octets),
            Source::List(list) => Rest::List(list.iter()),
        })
    }
}

impl PartialEq for ReceptionClaims<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for ReceptionClaims<'_> {}

impl<'a> IntoIterator for ReceptionClaims<'a> {
    type Item = Claim;
    type IntoIter = ReceptionClaimsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Iterates over [`ReceptionClaims`].
#[derive(Clone, Debug)]
pub struct ReceptionClaimsIter<'a>(Rest<'a>);

#[derive(Clone, Debug)]
enum Rest<'a> {
    Octets(&'a [u8]),
    List(slice::Iter<'a, Claim>),
}

impl Iterator for ReceptionClaimsIter<'_> {
    type Item = Claim;

    fn next(&mut self) -> Option<Claim> {
        match &mut self.0 {
            Rest::List(list) => list.next().copied(),
            Rest::Octets(octets) => {
                let (claim, rest) = decode_claim(octets).ok()?;
                *octets = rest;
                Some(claim)
            }
        }
    }
}

/// Checks that claims follow each other inside the scope.
struct Order {
    scope: u64,
    end: u64,
}

impl Order {
    fn next(&mut self, claim: Claim) -> Result<(), &'static str> {
        if claim.len == 0 {
            return Err("a claim is empty");
        }
        if claim.offset < self.end {
            return Err("claims overlap or are out of order");
        }
        match claim.offset.checked_add(claim.len) {
            Some(end) if end <= self.scope => self.end = end,
            _ => return Err("a claim lies outside the bounds"),
        }
        Ok(())
    }
}

fn decode_claim(input: &[u8]) -> Result<(Claim, &[u8]), DecodeError> {
    let (Sdnv(offset), rest) = Sdnv::decode(input)?;
    let (Sdnv(len), rest) = Sdnv::decode(rest)?;
    Ok((Claim { offset, len }, rest))
}

const UNIT: &str = "LTP report segment";
