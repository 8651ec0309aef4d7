use super::choices::Choices;
use super::context::only_result;
use super::scope::PRIMARY_NUMBER;
use super::{Computation, Context, ContextError, Direction, Item, Operation, ScopeFlags, Service, wrap};
use crate::keys::Key;
use crate::wire::{cbor, written};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

/// Which hash an HMAC is made with.
///
/// Source: RFC 9173 §3.3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HmacVariant {
    /// HMAC with SHA-256.
    Sha256,
    /// HMAC with SHA-384, the default.
    #[default]
    Sha384,
    /// HMAC with SHA-512.
    Sha512,
}

/// The integrity context BIB-HMAC-SHA2, with the choices of a security source.
///
/// Source: RFC 9173 §3.
#[derive(Clone, Copy, Debug)]
pub struct BibHmacSha2 {
    /// Which hash.
    pub variant: HmacVariant,
    /// What is covered beside the target's data.
    pub scope: ScopeFlags,
    /// Whether each security block gets a key of its own, wrapped with the key of the policy.
    pub wrap: bool,
}

impl BibHmacSha2 {
    /// HMAC with SHA-384 over all there is, with the key of the policy: the defaults of RFC 9173.
    pub const DEFAULT: Self = Self { variant: HmacVariant::Sha384, scope: ScopeFlags::ALL, wrap: false };
    /// Number of the context.
    pub const ID: i64 = 1;
}

impl Context for BibHmacSha2 {
    fn id(&self) -> i64 {
        Self::ID
    }

    fn service(&self) -> Service {
        Service::Integrity
    }

    fn shares_parameters(&self) -> bool {
        true
    }

    fn takes(&self, key: &Key) -> Result<(), ContextError> {
        if self.wrap { wrap::takes(key) } else { Ok(()) }
    }

    fn parameters(&self, key: &Key, rng: &mut dyn CryptoRng) -> Result<Vec<Item>, ContextError> {
        let wrapped = self.wrap.then_some(self.variant.tag_len());
        Choices::parameters(VARIANT, self.variant.code(), self.scope, wrapped, key, rng)
    }

    fn start(
        &self,
        operation: &Operation<'_>,
        key: &Key,
        _: Direction,
    ) -> Result<Box<dyn Computation>, ContextError> {
        let choices = Choices::read(VARIANT, HmacVariant::default().code(), operation, key)?;
        let variant =
            HmacVariant::from_code(choices.variant).ok_or(ContextError::Parameter { id: VARIANT })?;
        let mut running = Running::new(variant, choices.key(key))?;
        running.update(&choices.scope.prefix(operation)?);
        // A target is covered as an octet string, head and all. So is the primary block, which is none on the wire.
        let primary = match operation.target {
            PRIMARY_NUMBER => operation.primary_octets(),
            _ => Vec::new(),
        };
        let len = match operation.target_block() {
            Some(block) => block.data_len(),
            None => primary.len() as u64,
        };
        running.update(&written(cbor::head_len(len), |out| cbor::put_bytes_head(out, len)));
        running.update(&primary);
        Ok(Box::new(running))
    }
}

impl HmacVariant {
    const fn code(self) -> u64 {
        match self {
            Self::Sha256 => 5,
            Self::Sha384 => 6,
            Self::Sha512 => 7,
        }
    }

    const fn from_code(code: u64) -> Option<Self> {
        match code {
            5 => Some(Self::Sha256),
            6 => Some(Self::Sha384),
            7 => Some(Self::Sha512),
            _ => None,
        }
    }

    const fn tag_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

enum Running {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl Running {
    fn new(variant: HmacVariant, key: &Key) -> Result<Self, ContextError> {
        let (octets, bad) = (key.octets(), ContextError::Key { len: key.len() });
        match variant {
            HmacVariant::Sha256 => Hmac::new_from_slice(octets).map(Self::Sha256),
            HmacVariant::Sha384 => Hmac::new_from_slice(octets).map(Self::Sha384),
            HmacVariant::Sha512 => Hmac::new_from_slice(octets).map(Self::Sha512),
        }
        .map_err(|_| bad)
    }

    fn update(&mut self, octets: &[u8]) {
        match self {
            Self::Sha256(hmac) => hmac.update(octets),
            Self::Sha384(hmac) => hmac.update(octets),
            Self::Sha512(hmac) => hmac.update(octets),
        }
    }

    fn tag(self) -> ([u8; 64], usize) {
        let mut tag = [0; 64];
        let mut put = |octets: &[u8]| {
            tag.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
            octets.len()
        };
        let len = match self {
            Self::Sha256(hmac) => put(&hmac.finalize().into_bytes()),
            Self::Sha384(hmac) => put(&hmac.finalize().into_bytes()),
            Self::Sha512(hmac) => put(&hmac.finalize().into_bytes()),
        };
        (tag, len)
    }
}

impl Computation for Running {
    fn read(&mut self, octets: &[u8]) -> Result<(), ContextError> {
        self.update(octets);
        Ok(())
    }

    fn results(self: Box<Self>) -> Vec<Item> {
        let (tag, len) = self.tag();
        vec![Item::bytes(TAG, tag.get(..len).unwrap_or_default())]
    }

    fn verify(self: Box<Self>, results: &[Item], _: &[u8]) -> Result<(), ContextError> {
        let claimed = only_result(results)?.ok_or(ContextError::Result)?;
        let (tag, len) = self.tag();
        let same: bool = tag.get(..len).unwrap_or_default().ct_eq(claimed).into();
        if same { Ok(()) } else { Err(ContextError::Mismatch) }
    }
}

const VARIANT: u64 = 1;
const TAG: u64 = 1;
