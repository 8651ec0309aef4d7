use alloc::vec::Vec;
use core::borrow::Borrow;
use core::ops::Range;

use super::keeping::Stage;
use super::quota::Class;
use super::store::Key;
use crate::bundle::{BundleReader, BundleWriter, Header, NodeNumber, Part, Rules};
use crate::time::DtnTime;

/// What a store keeps of a bundle beside its payload, so that an agent can go on with it after a restart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record<H = Header> {
    /// With the check sequence that came with the payload, if it is known: after a restart too it goes out as it came.
    pub header: H,
    /// When it came.
    pub received: DtnTime,
    /// When its lifetime is over.
    pub expires: DtnTime,
    pub from: Option<NodeNumber>,
    pub class: Class,
    /// Ranges of the payload still to be sent, once part of it is across.
    pub rest: Option<Vec<Range<u64>>>,
    /// How far security processing is.
    pub stage: Stage,
    /// What this was made of, to be removed once this is durable.
    pub replaces: Vec<Key>,
}

/// Version of the form below. A store of another version is not read.
const VERSION: u8 = 1;

impl<H: Borrow<Header>> Record<H> {
    pub fn encode(&self) -> Vec<u8> {
        let (_, header) = BundleWriter::new(self.header.borrow());
        let check = self.header.borrow().payload_check();
        let mut octets = Vec::with_capacity(48 + header.len());
        octets.extend_from_slice(&[
            VERSION,
            self.class as u8,
            self.from.is_some().into(),
            u8::from(self.rest.is_some())
                | (self.stage as u8) << 1
                | u8::from(!self.replaces.is_empty()) << 3
                | u8::from(check.is_some()) << 4,
        ]);
        let words = [self.received.0, self.expires.0, self.from.map_or(0, |node| node.0)];
        let ranges = self.rest.iter().flatten();
        let words = words.into_iter().chain(self.rest.iter().map(|rest| rest.len() as u64));
        for word in words.chain(ranges.flat_map(|range| [range.start, range.end])) {
            octets.extend_from_slice(&word.to_be_bytes());
        }
        if !self.replaces.is_empty() {
            for word in [self.replaces.len() as u64].into_iter().chain(self.replaces.iter().map(|key| key.0))
            {
                octets.extend_from_slice(&word.to_be_bytes());
            }
        }
        octets.extend(check.map(u32::to_be_bytes).into_iter().flatten());
        octets.extend_from_slice(&header);
        octets
    }
}

impl Record {
    /// `None` when the octets are no record of this version.
    pub fn decode(octets: &[u8]) -> Option<Self> {
        let (&[VERSION, class, from, flags], mut octets) = octets.split_first_chunk()? else { return None };
        let received = DtnTime(word(&mut octets)?);
        let expires = DtnTime(word(&mut octets)?);
        let neighbour = NodeNumber(word(&mut octets)?);
        let mut rest = (flags & 1 != 0).then(Vec::new);
        if let Some(rest) = &mut rest {
            for _ in 0..word(&mut octets)? {
                rest.push(word(&mut octets)?..word(&mut octets)?);
            }
        }
        let mut replaces = Vec::new();
        if flags & 8 != 0 {
            for _ in 0..word(&mut octets)? {
                replaces.push(Key(word(&mut octets)?));
            }
        }
        let mut check = None;
        if flags & 16 != 0 {
            let (octets_of_check, rest) = octets.split_first_chunk()?;
            check = Some(u32::from_be_bytes(*octets_of_check));
            octets = rest;
        }
        let mut header = read_header(octets)?;
        header.set_payload_check(check);
        let from = (from != 0).then_some(neighbour);
        let (class, stage) = (Class::of(class), Stage::of(flags >> 1));
        Some(Self { header, received, expires, from, class, rest, stage, replaces })
    }
}

/// A header that has nothing in common with the buffer it came from.
pub(super) fn detached(header: &Header) -> Option<Header> {
    let mut detached = read_header(&BundleWriter::new(header).1)?;
    detached.set_payload_check(header.payload_check());
    Some(detached)
}

fn read_header(mut octets: &[u8]) -> Option<Header> {
    // It was checked by the rules in force when it came.
    let mut reader = BundleReader::new(Rules::TAKEN);
    while let Some(part) = reader.read(&mut octets).ok()? {
        if let Part::Payload(_) = part {
            return reader.header().cloned();
        }
    }
    None
}

fn word(octets: &mut &[u8]) -> Option<u64> {
    let (word, rest) = octets.split_first_chunk()?;
    *octets = rest;
    Some(u64::from_be_bytes(*word))
}
