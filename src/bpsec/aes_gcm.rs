use super::choices::Choices;
use super::context::only_result;
use super::gcm::{Gcm, TAG_LEN};
use super::scope::PRIMARY_NUMBER;
use super::{Computation, Context, ContextError, Direction, Item, Operation, ScopeFlags, Service, wrap};
use crate::keys::Key;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

/// Which key length AES is used with.
///
/// Source: RFC 9173 §4.3.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AesVariant {
    /// A key of 128 bits.
    A128Gcm,
    /// A key of 256 bits, the default.
    #[default]
    A256Gcm,
}

/// The confidentiality context BCB-AES-GCM, with the choices of a security source.
///
/// Each security block gets a random initialization vector of 12 octets, and one target: with one key and vector no
/// two texts may ever be encrypted. Random vectors are good for 2^32 texts of one key (NIST SP 800-38D §8.3): with `wrap`
/// each security block has a key of its own.
///
/// Source: RFC 9173 §4.
#[derive(Clone, Copy, Debug)]
pub struct BcbAesGcm {
    /// Which key length.
    pub variant: AesVariant,
    /// What is authenticated beside the target's data.
    pub scope: ScopeFlags,
    /// Whether each security block gets a key of its own, wrapped with the key of the policy.
    pub wrap: bool,
}

impl BcbAesGcm {
    /// AES-256 with all there is authenticated, with the key of the policy: the defaults of RFC 9173.
    pub const DEFAULT: Self = Self { variant: AesVariant::A256Gcm, scope: ScopeFlags::ALL, wrap: false };
    /// Number of the context.
    pub const ID: i64 = 2;
}

impl Context for BcbAesGcm {
    fn id(&self) -> i64 {
        Self::ID
    }

    fn service(&self) -> Service {
        Service::Confidentiality
    }

    fn shares_parameters(&self) -> bool {
        false
    }

    fn takes(&self, key: &Key) -> Result<(), ContextError> {
        match self.wrap {
            true => wrap::takes(key),
            false if key.len() == self.variant.key_len() => Ok(()),
            false => Err(ContextError::Key { len: key.len() }),
        }
    }

    fn parameters(&self, key: &Key, rng: &mut dyn CryptoRng) -> Result<Vec<Item>, ContextError> {
        let mut iv = [0; IV_LEN];
        rng.fill_bytes(&mut iv);
        let wrapped = self.wrap.then_some(self.variant.key_len());
        let mut parameters = vec![Item::bytes(IV, &iv)];
        parameters.extend(Choices::parameters(VARIANT, self.variant.code(), self.scope, wrapped, key, rng)?);
        Ok(parameters)
    }

    fn start(
        &self,
        operation: &Operation<'_>,
        key: &Key,
        direction: Direction,
    ) -> Result<Box<dyn Computation>, ContextError> {
        if operation.target == PRIMARY_NUMBER {
            return Err(ContextError::Target);
        }
        let choices = Choices::read(VARIANT, AesVariant::default().code(), operation, key)?;
        let iv = operation.octets_parameter(IV)?.filter(|iv| (8..=16).contains(&iv.len()));
        let iv = iv.ok_or(ContextError::Parameter { id: IV })?;
        let variant =
            AesVariant::from_code(choices.variant).ok_or(ContextError::Parameter { id: VARIANT })?;
        let key = choices.key(key);
        if key.len() != variant.key_len() {
            return Err(ContextError::Key { len: key.len() });
        }
        let gcm = Gcm::new(key.octets(), iv, &choices.scope.prefix(operation)?)?;
        let no_result = direction != Direction::Protect && operation.results.is_empty();
        Ok(Box::new(Running { gcm, direction, trailer: if no_result { TAG_LEN } else { 0 } }))
    }
}

impl AesVariant {
    const fn code(self) -> u64 {
        match self {
            Self::A128Gcm => 1,
            Self::A256Gcm => 3,
        }
    }

    const fn from_code(code: u64) -> Option<Self> {
        match code {
            1 => Some(Self::A128Gcm),
            3 => Some(Self::A256Gcm),
            _ => None,
        }
    }

    const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }
}

struct Running {
    gcm: Gcm,
    direction: Direction,
    /// The tag is the end of the encrypted text when it is no result.
    trailer: usize,
}

impl Computation for Running {
    fn read(&mut self, octets: &[u8]) -> Result<(), ContextError> {
        self.gcm.read(octets)
    }

    fn change(&mut self, octets: &mut [u8]) -> Result<(), ContextError> {
        match self.direction {
            Direction::Protect => self.gcm.encrypt(octets),
            Direction::Open => self.gcm.decrypt(octets),
            Direction::Check => self.gcm.read(octets),
        }
    }

    fn trailer_len(&self) -> usize {
        self.trailer
    }

    fn results(self: Box<Self>) -> Vec<Item> {
        vec![Item::bytes(TAG, &self.gcm.tag())]
    }

    fn verify(self: Box<Self>, results: &[Item], trailer: &[u8]) -> Result<(), ContextError> {
        let claimed = only_result(results)?.unwrap_or(trailer);
        let same: bool = self.gcm.tag().ct_eq(claimed).into();
        if same { Ok(()) } else { Err(ContextError::Mismatch) }
    }
}

const IV: u64 = 1;
const VARIANT: u64 = 2;
const TAG: u64 = 1;
const IV_LEN: usize = 12;
