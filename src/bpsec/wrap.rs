//! Keys made for one security block and sent along, wrapped with a key both sides have.

use super::ContextError;
use crate::keys::Key;
use aes_kw::{KeyInit, KwAes128, KwAes192, KwAes256};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Whether a key can wrap others.
pub(super) fn takes(outer: &Key) -> Result<(), ContextError> {
    match outer.len() {
        16 | 24 | 32 => Ok(()),
        len => Err(ContextError::Key { len }),
    }
}

/// A new key of `len` octets, and the same wrapped with `outer`.
///
/// Source: RFC 3394; RFC 9173 §3.3.2, §4.3.3.
pub(super) fn new_wrapped(
    outer: &Key,
    len: usize,
    rng: &mut dyn CryptoRng,
) -> Result<([u8; MAX_WRAPPED], usize), ContextError> {
    let mut key = Zeroizing::new([0; MAX_KEY]);
    let key = key.get_mut(..len).ok_or(ContextError::Key { len })?;
    rng.fill_bytes(key);
    let mut wrapped = [0; MAX_WRAPPED];
    let bad = || ContextError::Key { len: outer.len() };
    let done = match outer.len() {
        16 => KwAes128::new_from_slice(outer.octets()).map_err(|_| bad())?.wrap_key(key, &mut wrapped),
        24 => KwAes192::new_from_slice(outer.octets()).map_err(|_| bad())?.wrap_key(key, &mut wrapped),
        32 => KwAes256::new_from_slice(outer.octets()).map_err(|_| bad())?.wrap_key(key, &mut wrapped),
        _ => return Err(bad()),
    };
    done.map_err(|_| ContextError::Key { len })?;
    Ok((wrapped, len + OVERHEAD))
}

/// The key in `wrapped`.
pub(super) fn unwrap(outer: &Key, wrapped: &[u8]) -> Result<Key, ContextError> {
    let mut room = Zeroizing::new([0; MAX_KEY]);
    let bad = || ContextError::Key { len: outer.len() };
    let key = match outer.len() {
        16 => KwAes128::new_from_slice(outer.octets()).map_err(|_| bad())?.unwrap_key(wrapped, &mut room[..]),
        24 => KwAes192::new_from_slice(outer.octets()).map_err(|_| bad())?.unwrap_key(wrapped, &mut room[..]),
        32 => KwAes256::new_from_slice(outer.octets()).map_err(|_| bad())?.unwrap_key(wrapped, &mut room[..]),
        _ => return Err(bad()),
    };
    key.ok().and_then(Key::new).ok_or(ContextError::Unwrap)
}

const MAX_KEY: usize = 64;
const OVERHEAD: usize = 8;
pub(super) const MAX_WRAPPED: usize = MAX_KEY + OVERHEAD;
