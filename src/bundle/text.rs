use super::{BundleId, Eid, NodeNumber};
use core::fmt;
use core::str::FromStr;

/// Why a text is no endpoint identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EidTextError {
    /// Neither `dtn:` nor `ipn:`.
    #[error("EID text: scheme is neither dtn nor ipn")]
    Scheme,
    /// Not `dtn:none` and not `dtn://node/service`.
    #[error("EID text: not of the form dtn://node/service")]
    Dtn,
    /// Not two or three numbers with dots between.
    #[error("EID text: not of the form ipn:node.service or ipn:allocator.node.service")]
    Ipn,
    /// A number with leading zeros or other characters, or beyond its range.
    #[error("EID text: bad number")]
    Number,
    /// Node 0 of the default allocator has no services.
    #[error("EID text: ipn:0.0 is the only endpoint of node 0")]
    NodeZero,
}

impl FromStr for Eid {
    type Err = EidTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(dtn) = text.strip_prefix("dtn:") {
            return if dtn == "none" {
                Ok(Self::NONE)
            } else {
                Self::dtn(dtn).map_err(|_| EidTextError::Dtn)
            };
        }
        let ipn = text.strip_prefix("ipn:").ok_or(EidTextError::Scheme)?;
        let mut parts = ipn.split('.');
        let (first, second, third) = (parts.next(), parts.next(), parts.next());
        let (node, service) = match (first, second, third, parts.next()) {
            (Some("!"), Some(service), None, None) => (NodeNumber::LOCAL, service),
            (Some(node), Some(service), None, None) => (NodeNumber::new(0, number(node)?), service),
            (Some(allocator), Some(node), Some(service), None) => {
                (NodeNumber::new(number(allocator)?, number(node)?), service)
            }
            _ => return Err(EidTextError::Ipn),
        };
        let service: u64 = number(service)?;
        if node == NodeNumber(0) && service != 0 {
            return Err(EidTextError::NodeZero);
        }
        Ok(Self::ipn(node, service))
    }
}

/// Digits only, no leading zeros.
fn number<T: FromStr>(text: &str) -> Result<T, EidTextError> {
    let plain = text.bytes().all(|octet| octet.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain).ok_or(EidTextError::Number)
}

impl fmt::Display for Eid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.node(), self.service(), self.dtn_name()) {
            (Some(NodeNumber::LOCAL), Some(service), _) => write!(f, "ipn:!.{service}"),
            (Some(node), Some(service), _) => write!(f, "ipn:{node}.{service}"),
            (_, _, Some(name)) => write!(f, "dtn:{name}"),
            _ => f.write_str("dtn:none"),
        }
    }
}

/// Source, creation time and sequence number, and of a fragment its place: `ipn:1.7 820454400000.0 [100+50]`.
impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.{}", self.source, self.timestamp.time.0, self.timestamp.sequence)?;
        match self.fragment {
            Some(part) => write!(f, " [{}+{}]", part.offset, part.len),
            None => Ok(()),
        }
    }
}

impl fmt::Display for NodeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.allocator() {
            0 => write!(f, "{}", self.node()),
            allocator => write!(f, "{allocator}.{}", self.node()),
        }
    }
}
