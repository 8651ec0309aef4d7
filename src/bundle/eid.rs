use crate::wire::{Decode, DecodeError, Encode, EncodeError, Writer, cbor};
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

/// A fully qualified node number: allocator in the upper 32 bits, node in the lower. The key for routing.
///
/// Source: RFC 9758 §3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeNumber(pub u64);

impl NodeNumber {
    /// The node number that stands for the node itself, `!` in text. It never leaves a node.
    pub const LOCAL: Self = Self(u32::MAX as u64);

    /// The node `node` of `allocator`; 0 is the default allocator.
    #[must_use]
    pub const fn new(allocator: u32, node: u32) -> Self {
        Self((allocator as u64) << 32 | node as u64)
    }

    /// The allocator.
    #[must_use]
    pub const fn allocator(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The number its allocator gave the node.
    #[must_use]
    pub const fn node(self) -> u32 {
        self.0 as u32
    }
}

/// How an `ipn` endpoint is written on the wire. Both ways name the same endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpnElements {
    /// Fully qualified node number, service number.
    Two,
    /// Allocator, node number, service number.
    Three,
}

/// An endpoint identifier.
///
/// Text such as `ipn:5.1`, `ipn:977.5.1`, `ipn:!.7`, `dtn://node/service` and `dtn:none` is read by `parse` and
/// written by `Display`. `ipn` endpoints compare and hash alike whether they came with two elements or three; the
/// form seen is kept, because changing it on the way would break integrity blocks. The default allocator is written
/// with two elements and others with three, unless [`with_elements`](Self::with_elements) says otherwise.
///
/// Cloning is cheap.
///
/// Source: RFC 9171 §4.2.5.1, RFC 9758.
#[derive(Clone, Debug)]
pub struct Eid(Kind);

#[derive(Clone, Debug)]
enum Kind {
    None,
    /// From the two slashes on. Copied out of what was received: an identifier in a table must not keep a whole
    /// buffer alive.
    Dtn(Arc<str>),
    Ipn {
        node: NodeNumber,
        service: u64,
        elements: IpnElements,
    },
}

impl Eid {
    /// The null endpoint `dtn:none`: an anonymous source, or nobody to report to.
    pub const NONE: Self = Self(Kind::None);

    /// The `ipn` endpoint of a service on a node.
    #[must_use]
    pub const fn ipn(node: NodeNumber, service: u64) -> Self {
        let elements = if node.allocator() == 0 { IpnElements::Two } else { IpnElements::Three };
        Self(Kind::Ipn { node, service, elements })
    }

    /// The `dtn` endpoint with this scheme-specific part: `//node/service`.
    ///
    /// # Errors
    /// [`DecodeError::Rule`] when the text is not of that form.
    pub fn dtn(text: &str) -> Result<Self, DecodeError> {
        check_dtn(text)?;
        Ok(Self(Kind::Dtn(text.into())))
    }

    /// The same endpoint, written this way if it is an `ipn` one.
    #[must_use]
    pub fn with_elements(mut self, form: IpnElements) -> Self {
        if let Kind::Ipn { elements, .. } = &mut self.0 {
            *elements = form;
        }
        self
    }

    /// How an `ipn` endpoint is written on the wire.
    #[must_use]
    pub const fn elements(&self) -> Option<IpnElements> {
        match self.0 {
            Kind::Ipn { elements, .. } => Some(elements),
            _ => None,
        }
    }

    /// Whether this is the null endpoint: `dtn:none`, `ipn:0.0`, or `ipn:0.x`, which nobody may make and everybody
    /// takes for `ipn:0.0`.
    ///
    /// Source: RFC 9758 §3.4.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.0, Kind::None | Kind::Ipn { node: NodeNumber(0), .. })
    }

    /// The node number of an `ipn` endpoint.
    #[must_use]
    pub const fn node(&self) -> Option<NodeNumber> {
        match self.0 {
            Kind::Ipn { node, .. } => Some(node),
            _ => None,
        }
    }

    /// The service number of an `ipn` endpoint.
    #[must_use]
    pub const fn service(&self) -> Option<u64> {
        match self.0 {
            Kind::Ipn { service, .. } => Some(service),
            _ => None,
        }
    }

    /// The scheme-specific part of a `dtn` endpoint with a name: `//node/service`.
    #[must_use]
    pub fn dtn_name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Dtn(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the endpoint is one node's alone. A `dtn` endpoint whose service starts with `~` is a group's.
    ///
    /// Source: RFC 9171 §4.2.5.1.1.
    #[must_use]
    pub fn is_singleton(&self) -> bool {
        match &self.0 {
            Kind::Dtn(text) => !text.get(node_part(text).len()..).is_some_and(|rest| rest.starts_with('~')),
            Kind::None | Kind::Ipn { .. } => true,
        }
    }

    /// The administrative endpoint of the same node: `ipn:N.0` or `dtn://node/`; the null endpoint for itself.
    #[must_use]
    pub fn node_id(&self) -> Self {
        match &self.0 {
            Kind::None => Self::NONE,
            Kind::Ipn { node, elements, .. } => {
                Self(Kind::Ipn { node: *node, service: 0, elements: *elements })
            }
            Kind::Dtn(text) => Self(Kind::Dtn(node_part(text).into())),
        }
    }

    /// Whether both endpoints are on one node.
    #[must_use]
    pub fn same_node(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Ipn { node, .. }, Kind::Ipn { node: other, .. }) => node == other,
            (Kind::Dtn(text), Kind::Dtn(other)) => node_part(text) == node_part(other),
            (Kind::None, Kind::None) => true,
            _ => false,
        }
    }

    /// Reads one endpoint identifier.
    pub(super) fn read(reader: &mut cbor::Reader<'_>) -> Result<Self, DecodeError> {
        reader.array_of(2, "endpoint items")?;
        match reader.unsigned("URI scheme")? {
            DTN => match reader.head()? {
                cbor::Head::Unsigned(0) => Ok(Self::NONE),
                cbor::Head::Text(len) => Self::dtn(reader.text_of(len)?),
                _ => Err(rule("dtn endpoint is neither 0 nor text")),
            },
            IPN => {
                let elements = reader.array("ipn elements")?;
                let first = reader.unsigned("ipn node")?;
                let (node, elements) = match elements {
                    2 => (NodeNumber(first), IpnElements::Two),
                    3 => {
                        let second = reader.unsigned("ipn node")?;
                        let (Ok(allocator), Ok(node)) = (u32::try_from(first), u32::try_from(second)) else {
                            return Err(rule("allocator or node beyond 32 bits"));
                        };
                        (NodeNumber::new(allocator, node), IpnElements::Three)
                    }
                    other => return Err(DecodeError::field(UNIT, "ipn elements", other)),
                };
                Ok(Self(Kind::Ipn { node, service: reader.unsigned("ipn service")?, elements }))
            }
            other => Err(DecodeError::field(UNIT, "URI scheme", other)),
        }
    }

    /// Octets on the wire.
    pub(super) fn wire_len(&self) -> usize {
        2 + match &self.0 {
            Kind::None => 1,
            Kind::Dtn(text) => cbor::head_len(text.len() as u64) + text.len(),
            Kind::Ipn { node, service, elements: IpnElements::Two } => {
                1 + cbor::head_len(node.0) + cbor::head_len(*service)
            }
            Kind::Ipn { node, service, elements: IpnElements::Three } => {
                1 + cbor::head_len(node.allocator().into())
                    + cbor::head_len(node.node().into())
                    + cbor::head_len(*service)
            }
        }
    }

    /// Writes one endpoint identifier.
    pub(super) fn write(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        cbor::put_array(out, 2)?;
        match &self.0 {
            Kind::None => {
                cbor::put_unsigned(out, DTN)?;
                cbor::put_unsigned(out, 0)
            }
            Kind::Dtn(text) => {
                cbor::put_unsigned(out, DTN)?;
                cbor::put_text(out, text)
            }
            Kind::Ipn { node, service, elements } => {
                cbor::put_unsigned(out, IPN)?;
                match elements {
                    IpnElements::Two => {
                        cbor::put_array(out, 2)?;
                        cbor::put_unsigned(out, node.0)?;
                    }
                    IpnElements::Three => {
                        cbor::put_array(out, 3)?;
                        cbor::put_unsigned(out, node.allocator().into())?;
                        cbor::put_unsigned(out, node.node().into())?;
                    }
                }
                cbor::put_unsigned(out, *service)
            }
        }
    }

    /// What identifiers are compared by.
    fn key(&self) -> (u8, u64, u64, &str) {
        match &self.0 {
            Kind::None => (0, 0, 0, ""),
            Kind::Dtn(text) => (1, 0, 0, text),
            Kind::Ipn { node, service, .. } => (2, node.0, *service, ""),
        }
    }
}

impl<'a> Decode<'a> for Eid {
    fn decode(input: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let mut reader = cbor::Reader::new(UNIT, input);
        Ok((Self::read(&mut reader)?, reader.rest()))
    }
}

impl Encode for Eid {
    fn encoded_len(&self) -> usize {
        self.wire_len()
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut out = Writer::new(out);
        self.write(&mut out)?;
        Ok(out.len())
    }
}

impl PartialEq for Eid {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Eid {}

impl PartialOrd for Eid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Eid {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            // As the key says, without a call to compare two empty texts: maps of bundles do this all the time.
            (Kind::Ipn { node, service, .. }, Kind::Ipn { node: other_node, service: other_service, .. }) => {
                (node, service).cmp(&(other_node, other_service))
            }
            _ => self.key().cmp(&other.key()),
        }
    }
}

impl Hash for Eid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// `//`, a node name of letters, digits, `-`, `.` and `_`, `/`, and any visible characters.
fn check_dtn(text: &str) -> Result<(), DecodeError> {
    let (name, demux) = text
        .strip_prefix("//")
        .and_then(|rest| rest.split_once('/'))
        .ok_or(rule("dtn endpoint is not of the form //node/service"))?;
    let named = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_');
    if name.is_empty() || !name.bytes().all(named) {
        return Err(rule("dtn node name is empty or holds a forbidden character"));
    }
    if !demux.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(rule("dtn endpoint holds a character that is not visible"));
    }
    Ok(())
}

/// `//node/` of `//node/service`.
fn node_part(text: &str) -> &str {
    text.match_indices('/').nth(2).and_then(|(at, _)| text.get(..=at)).unwrap_or(text)
}

const fn rule(rule: &'static str) -> DecodeError {
    DecodeError::Rule { unit: UNIT, rule }
}

const UNIT: &str = "EID";
const DTN: u64 = 1;
const IPN: u64 = 2;
