use super::{Eid, NodeNumber};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;
use core::str::FromStr;

/// Which endpoints a rule is about.
///
/// `*:**` is every endpoint; `ipn:977.[1-9,12].*` has allocator, node and service, each a number, `*`, or a list of
/// numbers and ranges; with two parts the allocator is the default one, and `ipn:**` is all of the scheme;
/// `dtn://node/service` is one endpoint, `dtn://node/**` all that start so, `dtn:**` all of the scheme. Several
/// patterns may be joined by `|`. The null endpoint is matched by `*:**` and `dtn:none` only.
///
/// Left out: expressions within `dtn` names.
///
/// Source: draft-ietf-dtn-eid-pattern-08.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EidPattern(Vec<Item>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Any,
    None,
    Ipn { allocator: Numbers, node: Numbers, service: Numbers },
    Dtn { start: Box<str>, whole: bool },
}

/// Ranges of numbers; none at all is every number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbers(Vec<RangeInclusive<u64>>);

/// Text that is no endpoint pattern; the words say what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("endpoint pattern: {0}")]
pub struct PatternError(&'static str);

impl EidPattern {
    /// Every endpoint.
    #[must_use]
    pub fn any() -> Self {
        Self(vec![Item::Any])
    }

    /// All services of a node.
    #[must_use]
    pub fn node(node: NodeNumber) -> Self {
        let [allocator, node] = [node.allocator(), node.node()].map(|number| Numbers::one(number.into()));
        Self(vec![Item::Ipn { allocator, node, service: Numbers::all() }])
    }

    /// Whether the pattern is about `eid`.
    #[must_use]
    pub fn matches(&self, eid: &Eid) -> bool {
        self.0.iter().any(|item| item.matches(eid))
    }
}

/// The one endpoint.
impl From<Eid> for EidPattern {
    fn from(eid: Eid) -> Self {
        Self::from(&eid)
    }
}

/// The one endpoint.
impl From<&Eid> for EidPattern {
    fn from(eid: &Eid) -> Self {
        let item = match (eid.node(), eid.service(), eid.dtn_name()) {
            (Some(number), Some(service), _) => Item::Ipn {
                allocator: Numbers::one(number.allocator().into()),
                node: Numbers::one(number.node().into()),
                service: Numbers::one(service),
            },
            (_, _, Some(name)) => Item::Dtn { start: name.into(), whole: true },
            _ => Item::None,
        };
        Self(vec![item])
    }
}

impl Item {
    fn matches(&self, eid: &Eid) -> bool {
        match self {
            Self::Any => true,
            Self::None => eid.is_null(),
            Self::Ipn { allocator, node, service } => match (eid.node(), eid.service()) {
                (Some(number), Some(number_of_service)) => {
                    number.0 != 0
                        && allocator.hold(number.allocator().into())
                        && node.hold(number.node().into())
                        && service.hold(number_of_service)
                }
                _ => false,
            },
            Self::Dtn { start, whole: true } => eid.dtn_name() == Some(start),
            Self::Dtn { start, whole: false } => {
                eid.dtn_name().is_some_and(|name| name.starts_with(&**start))
            }
        }
    }

    fn parse(text: &str) -> Result<Self, PatternError> {
        let (scheme, rest) = text.split_once(':').ok_or(PatternError("no scheme"))?;
        match (scheme, rest) {
            ("*", "**") => Ok(Self::Any),
            ("dtn", "none") => Ok(Self::None),
            ("dtn", "**") => Ok(Self::Dtn { start: "//".into(), whole: false }),
            ("dtn", name) => match name.strip_suffix("**") {
                Some(start) if start.starts_with("//") => Ok(Self::Dtn { start: start.into(), whole: false }),
                None if name.starts_with("//") && !name.contains('*') => {
                    Ok(Self::Dtn { start: name.into(), whole: true })
                }
                _ => Err(PatternError("dtn name is not of the form //node/service or //node/**")),
            },
            ("ipn", "**") => {
                let [allocator, node, service] = [Numbers::all(), Numbers::all(), Numbers::all()];
                Ok(Self::Ipn { allocator, node, service })
            }
            ("ipn", parts) => {
                let mut parts = parts.split('.').map(Numbers::parse);
                let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
                let (allocator, node, service) = match parts {
                    [Some(node), Some(service), None, None] => (Ok(Numbers::one(0)), node, service),
                    [Some(allocator), Some(node), Some(service), None] => (allocator, node, service),
                    _ => return Err(PatternError("ipn pattern has neither two nor three parts")),
                };
                Ok(Self::Ipn { allocator: allocator?, node: node?, service: service? })
            }
            _ => Err(PatternError("unknown scheme")),
        }
    }
}

impl Numbers {
    const fn all() -> Self {
        Self(Vec::new())
    }

    fn one(number: u64) -> Self {
        Self(vec![number..=number])
    }

    fn hold(&self, number: u64) -> bool {
        self.0.is_empty() || self.0.iter().any(|range| range.contains(&number))
    }

    fn parse(text: &str) -> Result<Self, PatternError> {
        let number = |text: &str| text.parse::<u64>().map_err(|_| PatternError("not a number"));
        if text == "*" {
            return Ok(Self::all());
        }
        let Some(list) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
            return number(text).map(Self::one);
        };
        let range = |item: &str| match item.split_once('-') {
            Some((first, last)) => Ok(number(first)?..=number(last)?),
            None => number(item).map(|number| number..=number),
        };
        let ranges: Vec<_> = list.split(',').map(range).collect::<Result<_, _>>()?;
        match ranges.iter().any(RangeInclusive::is_empty) {
            true => Err(PatternError("range ends before it starts")),
            false => Ok(Self(ranges)),
        }
    }
}

impl FromStr for EidPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        text.split('|').map(Item::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for EidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            f.write_str(if at > 0 { "|" } else { "" })?;
            match item {
                Item::Any => f.write_str("*:**")?,
                Item::None => f.write_str("dtn:none")?,
                Item::Ipn { allocator, node, service } => write!(f, "ipn:{allocator}.{node}.{service}")?,
                Item::Dtn { start, whole } => write!(f, "dtn:{start}{}", if *whole { "" } else { "**" })?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write =
            |range: &RangeInclusive<u64>, f: &mut fmt::Formatter<'_>| match range.start() == range.end() {
                true => write!(f, "{}", range.start()),
                false => write!(f, "{}-{}", range.start(), range.end()),
            };
        match &self.0[..] {
            [] => f.write_str("*"),
            [one] if one.start() == one.end() => write(one, f),
            ranges => {
                f.write_str("[")?;
                for (at, range) in ranges.iter().enumerate() {
                    f.write_str(if at > 0 { "," } else { "" })?;
                    write(range, f)?;
                }
                f.write_str("]")
            }
        }
    }
}
