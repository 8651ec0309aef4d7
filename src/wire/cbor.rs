//! Deterministic CBOR heads, read strictly and written shortest.
//!
//! Bundles and their blocks are CBOR, but a small part of it: unsigned numbers, definite octet and text strings,
//! definite arrays, two truth values, and one array of indefinite length around the whole bundle. [`Reader`] takes
//! exactly that part. A head that is longer than its value needs, or of another type than the one asked for, is
//! refused: two different strings of octets never mean the same unit.
//!
//! ```
//! use spacelink::wire::cbor::{self, Reader};
//! use spacelink::wire::Writer;
//!
//! let mut room = [0; 16];
//! let mut out = Writer::new(&mut room);
//! cbor::put_array(&mut out, 2)?;
//! cbor::put_unsigned(&mut out, 1000)?;
//! cbor::put_text(&mut out, "hop")?;
//! assert_eq!(out.written(), [0x82, 0x19, 0x03, 0xE8, 0x63, b'h', b'o', b'p']);
//!
//! let mut reader = Reader::new("example", out.written());
//! assert_eq!(reader.array("array")?, 2);
//! assert_eq!(reader.unsigned("number")?, 1000);
//! assert_eq!(reader.text("word")?, "hop");
//! assert!(reader.is_empty());
//!
//! // 1000 in eight octets instead of two.
//! let long = [0x1B, 0, 0, 0, 0, 0, 0, 0x03, 0xE8];
//! assert!(Reader::new("example", &long).unsigned("number").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: maps, tags, negative numbers and floats as values; they can only be passed over.
//!
//! Source: RFC 8949 §3 (heads) and §4.2.1 (core deterministic encoding).

use super::{DecodeError, EncodeError, Writer};

/// The start of one data item: its type, and its value or length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// An unsigned number.
    Unsigned(u64),
    /// The number −1 − n.
    Negative(u64),
    /// An octet string of so many octets.
    Bytes(u64),
    /// A text string of so many octets.
    Text(u64),
    /// An array of so many items.
    Array(u64),
    /// A map of so many pairs.
    Map(u64),
    /// A tag; the tagged item follows.
    Tag(u64),
    /// `false` or `true`.
    Bool(bool),
    /// Another simple value, or a float.
    Other,
    /// An array that ends with a break.
    IndefiniteArray,
    /// The end of an array of indefinite length.
    Break,
}

/// Reads data items one after the other.
///
/// Lengths are compared with the octets at hand before anything else is done with them, so a hostile length costs
/// nothing.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    unit: &'static str,
    input: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the front of `input`; errors will name `unit`.
    #[must_use]
    pub const fn new(unit: &'static str, input: &'a [u8]) -> Self {
        Self { unit, input, at: 0 }
    }

    /// Names what is read from here on, for errors; returns the name until now.
    pub fn rename(&mut self, unit: &'static str) -> &'static str {
        core::mem::replace(&mut self.unit, unit)
    }

    /// Octets read so far.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// Octets not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// Whether everything has been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at >= self.input.len()
    }

    /// The octets read since `start`, an earlier [`position`](Self::position).
    #[must_use]
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.input.get(start..self.at).unwrap_or_default()
    }

    /// Everything must have been read.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`] when octets are left.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.rest().len() {
            0 => Ok(()),
            extra => Err(DecodeError::Trailing { unit: self.unit, extra }),
        }
    }

    /// The head of the next item.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when the head is cut off; [`DecodeError::Rule`] when it is longer than its value needs
    /// or starts a string or map of indefinite length; [`DecodeError::Field`] when it uses a reserved form.
    #[inline]
    pub fn head(&mut self) -> Result<Head, DecodeError> {
        let rest = self.rest();
        let Some((&first, after)) = rest.split_first() else { return Err(self.short(1)) };
        let (major, info) = (first >> 5, first & 0x1F);
        let (value, len) = match info {
            0..=23 => (u64::from(info), 1),
            24..=27 => self.long_argument(major, info, after)?,
            31 => {
                self.at += 1;
                return match major {
                    4 => Ok(Head::IndefiniteArray),
                    7 => Ok(Head::Break),
                    _ => Err(self.rule("indefinite length")),
                };
            }
            _ => return Err(DecodeError::field(self.unit, "CBOR head", first.into())),
        };
        self.at += len;
        Ok(match major {
            0 => Head::Unsigned(value),
            1 => Head::Negative(value),
            2 => Head::Bytes(value),
            3 => Head::Text(value),
            4 => Head::Array(value),
            5 => Head::Map(value),
            6 => Head::Tag(value),
            _ if first == FALSE => Head::Bool(false),
            _ if first == TRUE => Head::Bool(true),
            _ => Head::Other,
        })
    }

    /// The value behind a head of more than one octet, and the head's length.
    #[inline]
    fn long_argument(&self, major: u8, info: u8, after: &[u8]) -> Result<(u64, usize), DecodeError> {
        let (value, least, len) = match info {
            24 => (after.first().map(|&octet| octet.into()), 24, 2),
            25 => (after.first_chunk().map(|&octets| u16::from_be_bytes(octets).into()), 1 << 8, 3),
            26 => (after.first_chunk().map(|&octets| u32::from_be_bytes(octets).into()), 1 << 16, 5),
            _ => (after.first_chunk().map(|&octets| u64::from_be_bytes(octets)), 1 << 32, 9),
        };
        let value = value.ok_or_else(|| self.short(len))?;
        // Floats keep their width; a simple value below 32 has no two-octet form.
        let least = match (major, info) {
            (7, 24) => 32,
            (7, _) => 0,
            _ => least,
        };
        if value < least {
            return Err(self.rule("head longer than its value needs"));
        }
        Ok((value, len))
    }

    /// The value or length of an item that must be of type `major`. Most heads are read here, in a straight line.
    #[inline]
    fn argument(&mut self, major: u8, field: &'static str) -> Result<u64, DecodeError> {
        if let Some((&first, after)) = self.rest().split_first() {
            let info = first & 0x1F;
            if first >> 5 == major && info < 24 {
                self.at += 1;
                return Ok(info.into());
            }
            if first >> 5 == major && info < 28 {
                let (value, len) = self.long_argument(major, info, after)?;
                self.at += len;
                return Ok(value);
            }
        }
        Err(self.not_of_type(field))
    }

    /// Why the next item is not of the type asked for.
    #[cold]
    fn not_of_type(&mut self, field: &'static str) -> DecodeError {
        let start = self.at;
        self.head().err().unwrap_or_else(|| self.type_error(field, start))
    }

    /// An unsigned number.
    ///
    /// # Errors
    /// As [`head`](Self::head); [`DecodeError::Field`] when the item is of another type, as for all that follow.
    #[inline]
    pub fn unsigned(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.argument(0, field)
    }

    /// A whole number of either sign.
    ///
    /// # Errors
    /// As [`unsigned`](Self::unsigned); [`DecodeError::Rule`] when it is beyond 64 bits with sign.
    pub fn signed(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        let start = self.at;
        let (value, negative) = match self.head()? {
            Head::Unsigned(value) => (value, false),
            Head::Negative(value) => (value, true),
            _ => return Err(self.type_error(field, start)),
        };
        let value = i64::try_from(value).map_err(|_| self.rule("number beyond 64 bits"))?;
        Ok(if negative { -1 - value } else { value })
    }

    /// A truth value.
    ///
    /// # Errors
    /// As [`unsigned`](Self::unsigned).
    pub fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        let start = self.at;
        match self.head()? {
            Head::Bool(value) => Ok(value),
            _ => Err(self.type_error(field, start)),
        }
    }

    /// The octets of an octet string.
    ///
    /// # Errors
    /// As [`unsigned`](Self::unsigned); [`DecodeError::Short`] when the string is longer than what is at hand.
    #[inline]
    pub fn bytes(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let len = self.bytes_head(field)?;
        self.bytes_of(len)
    }

    /// The length of an octet string; its octets follow.
    ///
    /// # Errors
    /// As [`unsigned`](Self::unsigned).
    #[inline]
    pub fn bytes_head(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.argument(2, field)
    }

    /// The octets after a [`bytes_head`](Self::bytes_head) of `len` octets.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when they are cut off.
    #[inline]
    pub fn bytes_of(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        self.take(len)
    }

    /// The text of a text string.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes); [`DecodeError::Rule`] when it is not UTF-8.
    pub fn text(&mut self, field: &'static str) -> Result<&'a str, DecodeError> {
        let len = self.argument(3, field)?;
        self.text_of(len)
    }

    /// The text after a [`Head::Text`] of `len` octets.
    ///
    /// # Errors
    /// [`DecodeError::Short`] when it is cut off; [`DecodeError::Rule`] when it is not UTF-8.
    pub fn text_of(&mut self, len: u64) -> Result<&'a str, DecodeError> {
        core::str::from_utf8(self.take(len)?).map_err(|_| self.rule("text that is not UTF-8"))
    }

    /// The number of items of an array; they follow.
    ///
    /// # Errors
    /// As [`unsigned`](Self::unsigned). An array of indefinite length is of another type here.
    #[inline]
    pub fn array(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.argument(4, field)
    }

    /// An array of exactly `items` items; they follow.
    ///
    /// # Errors
    /// As [`array`](Self::array); [`DecodeError::Field`] when it has another number of items.
    #[inline]
    pub fn array_of(&mut self, items: u64, field: &'static str) -> Result<(), DecodeError> {
        match self.array(field)? {
            found if found == items => Ok(()),
            found => Err(DecodeError::field(self.unit, field, found)),
        }
    }

    /// The start of an array of indefinite length.
    ///
    /// # Errors
    /// As [`unsigned`](Self::unsigned).
    #[inline]
    pub fn indefinite_array(&mut self, field: &'static str) -> Result<(), DecodeError> {
        let start = self.at;
        match self.head()? {
            Head::IndefiniteArray => Ok(()),
            _ => Err(self.type_error(field, start)),
        }
    }

    /// Reads the break that ends an array of indefinite length, if it is next.
    #[inline]
    pub fn take_break(&mut self) -> bool {
        let next = self.rest().first() == Some(&BREAK);
        self.at += usize::from(next);
        next
    }

    /// Passes over one whole item of any type and returns its octets.
    ///
    /// Needs neither recursion nor memory, however deep the item is nested.
    ///
    /// # Errors
    /// As [`head`](Self::head), for every part of the item.
    pub fn skip(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        let mut open: u64 = 1;
        while open > 0 {
            open -= 1;
            let parts = match self.head()? {
                Head::Bytes(len) => self.take(len).map(|_| 0)?,
                Head::Text(len) => self.text_of(len).map(|_| 0)?,
                Head::Array(items) => items,
                Head::Map(pairs) => pairs.checked_mul(2).ok_or_else(|| self.short(usize::MAX))?,
                Head::Tag(_) => 1,
                Head::Break | Head::IndefiniteArray => return Err(self.rule("indefinite length")),
                Head::Unsigned(_) | Head::Negative(_) | Head::Bool(_) | Head::Other => 0,
            };
            open = open.checked_add(parts).ok_or_else(|| self.short(usize::MAX))?;
            // Every item takes an octet at least, so a false count is seen before it is walked.
            if open > self.rest().len() as u64 {
                return Err(self.short(usize::try_from(open).unwrap_or(usize::MAX)));
            }
        }
        Ok(self.since(start))
    }

    #[inline]
    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let rest = self.rest();
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or_else(|| self.short(usize::try_from(len).unwrap_or(usize::MAX)))?;
        self.at += taken.len();
        Ok(taken)
    }

    #[cold]
    fn short(&self, required: usize) -> DecodeError {
        DecodeError::Short { unit: self.unit, required, found: self.rest().len() }
    }

    #[cold]
    const fn rule(&self, rule: &'static str) -> DecodeError {
        DecodeError::Rule { unit: self.unit, rule }
    }

    /// The item at `start` is of the wrong type; its first octet says which it is.
    #[cold]
    fn type_error(&self, field: &'static str, start: usize) -> DecodeError {
        let first = self.input.get(start).copied().unwrap_or_default();
        DecodeError::Field { unit: self.unit, field, value: first.into() }
    }
}

/// Octets of the shortest head for `value`.
#[must_use]
#[inline]
pub const fn head_len(value: u64) -> usize {
    match value {
        0..=23 => 1,
        24..=0xFF => 2,
        0x100..=0xFFFF => 3,
        0x1_0000..=0xFFFF_FFFF => 5,
        _ => 9,
    }
}

/// Writes an unsigned number.
///
/// # Errors
/// [`EncodeError::Room`] when it does not fit, as for all that follow.
#[inline]
pub fn put_unsigned(out: &mut Writer<'_>, value: u64) -> Result<(), EncodeError> {
    put_head(out, 0, value)
}

/// Writes a whole number of either sign.
///
/// # Errors
/// As [`put_unsigned`].
pub fn put_signed(out: &mut Writer<'_>, value: i64) -> Result<(), EncodeError> {
    match u64::try_from(value) {
        Ok(value) => put_head(out, 0, value),
        Err(_) => put_head(out, 1, !value as u64),
    }
}

/// Writes a truth value.
///
/// # Errors
/// As [`put_unsigned`].
pub fn put_bool(out: &mut Writer<'_>, value: bool) -> Result<(), EncodeError> {
    out.put_u8(if value { TRUE } else { FALSE })
}

/// Writes the head of an octet string of `len` octets; they are to follow.
///
/// # Errors
/// As [`put_unsigned`].
#[inline]
pub fn put_bytes_head(out: &mut Writer<'_>, len: u64) -> Result<(), EncodeError> {
    put_head(out, 2, len)
}

/// Writes an octet string.
///
/// # Errors
/// As [`put_unsigned`].
#[inline]
pub fn put_bytes(out: &mut Writer<'_>, octets: &[u8]) -> Result<(), EncodeError> {
    put_bytes_head(out, octets.len() as u64)?;
    out.put(octets)
}

/// Writes a text string.
///
/// # Errors
/// As [`put_unsigned`].
pub fn put_text(out: &mut Writer<'_>, text: &str) -> Result<(), EncodeError> {
    put_head(out, 3, text.len() as u64)?;
    out.put(text.as_bytes())
}

/// Writes the head of an array of `items` items; they are to follow.
///
/// # Errors
/// As [`put_unsigned`].
#[inline]
pub fn put_array(out: &mut Writer<'_>, items: u64) -> Result<(), EncodeError> {
    put_head(out, 4, items)
}

/// Starts an array of indefinite length.
///
/// # Errors
/// As [`put_unsigned`].
#[inline]
pub fn put_indefinite_array(out: &mut Writer<'_>) -> Result<(), EncodeError> {
    out.put_u8(INDEFINITE_ARRAY)
}

/// Ends an array of indefinite length.
///
/// # Errors
/// As [`put_unsigned`].
#[inline]
pub fn put_break(out: &mut Writer<'_>) -> Result<(), EncodeError> {
    out.put_u8(BREAK)
}

#[inline]
fn put_head(out: &mut Writer<'_>, major: u8, value: u64) -> Result<(), EncodeError> {
    let kind = major << 5;
    let [.., e, f, g, h] = value.to_be_bytes();
    match value {
        0..=23 => out.put_u8(kind | h),
        24..=0xFF => out.put(&[kind | 24, h]),
        0x100..=0xFFFF => out.put(&[kind | 25, g, h]),
        0x1_0000..=0xFFFF_FFFF => out.put(&[kind | 26, e, f, g, h]),
        _ => {
            let [a, b, c, d, ..] = value.to_be_bytes();
            out.put(&[kind | 27, a, b, c, d, e, f, g, h])
        }
    }
}

const FALSE: u8 = 0xF4;
const TRUE: u8 = 0xF5;
const INDEFINITE_ARRAY: u8 = 0x9F;
const BREAK: u8 = 0xFF;
