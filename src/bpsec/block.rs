use crate::bundle::Eid;
use crate::wire::{Decode, DecodeError, Encode, EncodeError, Writer, cbor, written};
use alloc::vec::Vec;
use bytes::Bytes;

/// The content of an integrity or confidentiality block: what is secured, how, by whom, and with what outcome.
///
/// Source: RFC 9172 §3.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityBlock {
    /// Numbers of the blocks it secures; each once, and at least one.
    pub targets: Vec<u64>,
    /// Security context; negative numbers are for private use.
    pub context: i64,
    /// Who added the block.
    pub source: Eid,
    /// Parameters of the context, for all targets.
    pub parameters: Vec<Item>,
    /// Results of the context for each target.
    pub results: Vec<Vec<Item>>,
}

/// A parameter or a result: its number within the context, and one CBOR item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Number of the parameter or result.
    pub id: u64,
    /// One CBOR item.
    pub value: Bytes,
}

impl Item {
    /// An item that is a number.
    #[must_use]
    pub fn unsigned(id: u64, value: u64) -> Self {
        Self::write(id, cbor::head_len(value), |out| cbor::put_unsigned(out, value))
    }

    /// An item that is an octet string.
    #[must_use]
    pub fn bytes(id: u64, octets: &[u8]) -> Self {
        let len = cbor::head_len(octets.len() as u64) + octets.len();
        Self::write(id, len, |out| cbor::put_bytes(out, octets))
    }

    /// The number it is.
    ///
    /// # Errors
    /// [`DecodeError`] when it is something else, as for [`as_bytes`](Self::as_bytes).
    pub fn as_unsigned(&self) -> Result<u64, DecodeError> {
        let mut reader = cbor::Reader::new(UNIT, &self.value);
        let value = reader.unsigned("value")?;
        reader.finish().map(|()| value)
    }

    /// The octets it is.
    ///
    /// # Errors
    /// As [`as_unsigned`](Self::as_unsigned).
    pub fn as_bytes(&self) -> Result<&[u8], DecodeError> {
        let mut reader = cbor::Reader::new(UNIT, &self.value);
        let value = reader.bytes("value")?;
        reader.finish().map(|()| value)
    }

    fn write(id: u64, len: usize, put: impl Fn(&mut Writer<'_>) -> Result<(), EncodeError>) -> Self {
        Self { id, value: written(len, put).into() }
    }
}

impl SecurityBlock {
    /// Reads the block-type-specific data of a security block.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not as RFC 9172 says: no target or one twice, results for other than the targets.
    pub fn decode(data: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = cbor::Reader::new(UNIT, data);
        let count = reader.array("targets")?;
        let mut targets = Vec::new();
        for _ in 0..count {
            targets.push(reader.unsigned("target")?);
        }
        let mut sorted = targets.clone();
        sorted.sort_unstable();
        if sorted.is_empty() || sorted.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(DecodeError::Rule { unit: UNIT, rule: "no target, or one twice" });
        }
        let context = reader.signed("context")?;
        let flags = reader.unsigned("flags")?;
        let (source, rest) = Eid::decode(reader.rest())?;
        let read = reader.rest().len() - rest.len();
        reader.bytes_of(read as u64)?;
        let parameters =
            if flags & PARAMETERS == 0 { Vec::new() } else { read_items(&mut reader, data, "parameters")? };
        let found = reader.array("results")?;
        if found != count {
            return Err(DecodeError::field(UNIT, "results", found));
        }
        let mut results = Vec::with_capacity(targets.len());
        for _ in 0..targets.len() {
            results.push(read_items(&mut reader, data, "result")?);
        }
        reader.finish()?;
        Ok(Self { targets, context, source, parameters, results })
    }

    /// The block-type-specific data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        written(self.max_len(), |out| self.write(out))
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        cbor::put_array(out, self.targets.len() as u64)?;
        for &target in &self.targets {
            cbor::put_unsigned(out, target)?;
        }
        cbor::put_signed(out, self.context)?;
        cbor::put_unsigned(out, if self.parameters.is_empty() { 0 } else { PARAMETERS })?;
        out.put_unit(&self.source)?;
        if !self.parameters.is_empty() {
            write_items(out, &self.parameters)?;
        }
        cbor::put_array(out, self.results.len() as u64)?;
        self.results.iter().try_for_each(|results| write_items(out, results))
    }

    /// No block takes more.
    fn max_len(&self) -> usize {
        const HEAD: usize = 9;
        let items = |items: &[Item]| -> usize {
            HEAD + items.iter().map(|item| 1 + HEAD + item.value.len()).sum::<usize>()
        };
        let results: usize = self.results.iter().map(|results| items(results)).sum();
        (4 + self.targets.len()) * HEAD + self.source.encoded_len() + items(&self.parameters) + results
    }
}

fn read_items(
    reader: &mut cbor::Reader<'_>,
    data: &Bytes,
    field: &'static str,
) -> Result<Vec<Item>, DecodeError> {
    let mut items = Vec::new();
    for _ in 0..reader.array(field)? {
        reader.array_of(2, field)?;
        let id = reader.unsigned("id")?;
        items.push(Item { id, value: data.slice_ref(reader.skip()?) });
    }
    Ok(items)
}

fn write_items(out: &mut Writer<'_>, items: &[Item]) -> Result<(), EncodeError> {
    cbor::put_array(out, items.len() as u64)?;
    for item in items {
        cbor::put_array(out, 2)?;
        cbor::put_unsigned(out, item.id)?;
        out.put(&item.value)?;
    }
    Ok(())
}

const UNIT: &str = "abstract security block";
/// The flag that parameters are there.
const PARAMETERS: u64 = 1;
