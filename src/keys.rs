//! Keys and where they come from: one small trait for bundle security and link security.
//!
//! Policies name keys by number; a [`KeyStore`] finds them. Keys are wiped from memory when dropped, never shown, and
//! compared in constant time.
//!
//! ```
//! use spacelink::keys::{Key, KeyId, KeyStore};
//!
//! let store = [(KeyId(7), Key::new(b"an octet string").unwrap())];
//! assert_eq!(store.key(KeyId(7)).map(Key::len), Some(15));
//! assert_eq!(format!("{:?}", store[0].1), "Key(15 octets)");
//! assert!(store.key(KeyId(8)).is_none());
//! ```
//!
//! Left out: making, agreeing on and replacing keys, which are procedures of their own.

use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// The number by which a policy or a security association names a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u64);

/// A secret key.
#[derive(Clone)]
pub struct Key {
    octets: [u8; Key::MAX_LEN],
    len: usize,
}

impl Key {
    /// The longest key: a block of SHA-512. A longer one makes no HMAC stronger.
    pub const MAX_LEN: usize = 128;

    /// A key of these octets; `None` when there are none or more than [`MAX_LEN`](Self::MAX_LEN).
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<Self> {
        let mut key = Self { octets: [0; Self::MAX_LEN], len: octets.len() };
        key.octets.get_mut(..octets.len())?.copy_from_slice(octets);
        (!octets.is_empty()).then_some(key)
    }

    /// The secret itself.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }

    /// Octets of the key.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a key is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} octets)", self.len)
    }
}

/// In constant time.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.octets().ct_eq(other.octets()).into()
    }
}

impl Eq for Key {}

/// Where keys come from.
pub trait KeyStore {
    /// The key of this number, if there is one.
    fn key(&self, id: KeyId) -> Option<&Key>;
}

impl KeyStore for [(KeyId, Key)] {
    fn key(&self, id: KeyId) -> Option<&Key> {
        self.iter().find(|(known, _)| *known == id).map(|(_, key)| key)
    }
}

impl<const N: usize> KeyStore for [(KeyId, Key); N] {
    fn key(&self, id: KeyId) -> Option<&Key> {
        self.as_slice().key(id)
    }
}

#[cfg(feature = "alloc")]
impl KeyStore for alloc::vec::Vec<(KeyId, Key)> {
    fn key(&self, id: KeyId) -> Option<&Key> {
        self.as_slice().key(id)
    }
}

#[cfg(feature = "alloc")]
impl KeyStore for alloc::collections::BTreeMap<KeyId, Key> {
    fn key(&self, id: KeyId) -> Option<&Key> {
        self.get(&id)
    }
}
