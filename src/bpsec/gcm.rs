//! AES-GCM over octets that come in pieces.
//!
//! The ready-made `aes-gcm` wants the whole text in one buffer. Its parts do not: the counter mode and the hash are
//! put together here, so that a payload of any length takes constant memory.
//!
//! Source: NIST SP 800-38D.

use super::ContextError;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use ctr::Ctr32BE;
use ctr::cipher::{InnerIvInit, StreamCipher, StreamCipherCoreWrapper};
use ghash::universal_hash::UniversalHash;
use ghash::{Block, GHash};

/// One encryption or decryption.
pub(super) struct Gcm {
    counter: Counter,
    hash: GHash,
    /// What the hash is covered with to become the tag.
    mask: [u8; 16],
    /// Octets that do not fill a block of the hash yet.
    part: [u8; 16],
    part_len: usize,
    covered_bits: u64,
    len: u64,
}

enum Counter {
    Aes128(Ctr32BE<Aes128>),
    Aes256(Ctr32BE<Aes256>),
}

impl Gcm {
    /// `covered` is authenticated and not encrypted. A key of 16 or 32 octets.
    pub(super) fn new(key: &[u8], iv: &[u8], covered: &[u8]) -> Result<Self, ContextError> {
        let bad = |_| ContextError::Key { len: key.len() };
        let (hash_key, cipher) = match key.len() {
            16 => {
                let cipher = Aes128::new_from_slice(key).map_err(bad)?;
                let mut block = Block::default();
                cipher.encrypt_block(&mut block);
                (block, Ok(cipher))
            }
            _ => {
                let cipher = Aes256::new_from_slice(key).map_err(bad)?;
                let mut block = Block::default();
                cipher.encrypt_block(&mut block);
                (block, Err(cipher))
            }
        };
        let mut hash = GHash::new(&hash_key);
        let start = first_counter(&hash, iv);
        let mut counter = match cipher {
            Ok(cipher) => Counter::Aes128(StreamCipherCoreWrapper::from_core(ctr::CtrCore::inner_iv_init(
                cipher, &start,
            ))),
            Err(cipher) => Counter::Aes256(StreamCipherCoreWrapper::from_core(ctr::CtrCore::inner_iv_init(
                cipher, &start,
            ))),
        };
        // The first block of the key stream covers the tag, the text starts with the second.
        let mut mask = [0; 16];
        counter.apply(&mut mask);
        hash.update_padded(covered);
        let covered_bits = covered.len() as u64 * 8;
        Ok(Self { counter, hash, mask, part: [0; 16], part_len: 0, covered_bits, len: 0 })
    }

    pub(super) fn encrypt(&mut self, text: &mut [u8]) -> Result<(), ContextError> {
        for piece in text.chunks_mut(PIECE) {
            self.count(piece.len())?;
            self.counter.apply(piece);
            self.hash(piece);
        }
        Ok(())
    }

    pub(super) fn decrypt(&mut self, text: &mut [u8]) -> Result<(), ContextError> {
        for piece in text.chunks_mut(PIECE) {
            self.read(piece)?;
            self.counter.apply(piece);
        }
        Ok(())
    }

    /// Takes in encrypted text that need not be decrypted.
    pub(super) fn read(&mut self, text: &[u8]) -> Result<(), ContextError> {
        self.count(text.len())?;
        self.hash(text);
        Ok(())
    }

    /// The authentication tag over all that was taken in.
    pub(super) fn tag(mut self) -> [u8; TAG_LEN] {
        if let Some(part) = self.part.get(..self.part_len) {
            self.hash.update_padded(part);
        }
        let mut lens = Block::default();
        let bits = (u128::from(self.covered_bits) << 64) | u128::from(self.len * 8);
        lens.copy_from_slice(&bits.to_be_bytes());
        self.hash.update(&[lens]);
        let hash = self.hash.finalize();
        let mut tag = self.mask;
        tag.iter_mut().zip(hash).for_each(|(tag, hash)| *tag ^= hash);
        tag
    }

    fn count(&mut self, more: usize) -> Result<(), ContextError> {
        let len = self.len.saturating_add(more as u64);
        if len > MAX_TEXT {
            return Err(ContextError::TooLong);
        }
        self.len = len;
        Ok(())
    }

    fn hash(&mut self, mut text: &[u8]) {
        if self.part_len > 0 {
            let (head, rest) = text.split_at(text.len().min(self.part.len() - self.part_len));
            self.part.iter_mut().skip(self.part_len).zip(head).for_each(|(to, from)| *to = *from);
            self.part_len += head.len();
            text = rest;
            if self.part_len < self.part.len() {
                return;
            }
            self.hash.update(&[self.part.into()]);
            self.part_len = 0;
        }
        let (blocks, rest) = Block::slice_as_chunks(text);
        self.hash.update(blocks);
        self.part.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.part_len = rest.len();
    }
}

impl Counter {
    fn apply(&mut self, text: &mut [u8]) {
        match self {
            Self::Aes128(counter) => counter.apply_keystream(text),
            Self::Aes256(counter) => counter.apply_keystream(text),
        }
    }
}

/// The counter block before the first: the vector and 1 if it has 12 octets, its hash otherwise.
fn first_counter(hash: &GHash, iv: &[u8]) -> Block {
    let mut first = Block::default();
    if let Ok(iv) = <[u8; 12]>::try_from(iv) {
        let [.., last] = &mut first.0;
        *last = 1;
        first.iter_mut().zip(iv).for_each(|(to, from)| *to = from);
        return first;
    }
    let mut hash = hash.clone();
    hash.update_padded(iv);
    first.copy_from_slice(&(iv.len() as u128 * 8).to_be_bytes());
    hash.update(&[first]);
    hash.finalize()
}

pub(super) const TAG_LEN: usize = 16;
/// Octets that are encrypted and hashed while they are still in the cache.
const PIECE: usize = 4096;
/// Octets that one vector serves: the counter has 32 bits, and two of its values are taken.
const MAX_TEXT: u64 = (1 << 36) - 32;

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn octets(hex: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    /// Test cases 4, 5, 6, 13, 14 and 16 of the GCM specification (McGrew and Viega): both key lengths, vectors of
    /// 12, 8 and 60 octets.
    #[test]
    fn published_cases() {
        let key = "feffe9928665731c6d6a8f9467308308";
        let text = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let covered = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
        let iv60 = "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728\
                    c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b";
        let cases = [
            (
                key,
                "cafebabefacedbaddecaf888",
                text,
                covered,
                "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
                "5bc94fbc3221a5db94fae95ae7121a47",
            ),
            (
                key,
                "cafebabefacedbad",
                text,
                covered,
                "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c742373806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
                "3612d2e79e3b0785561be14aaca2fccb",
            ),
            (
                key,
                iv60,
                text,
                covered,
                "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca701e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5",
                "619cc5aefffe0bfa462af43c1699d050",
            ),
            (&"00".repeat(32), &"00".repeat(12), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
            (
                &"00".repeat(32),
                &"00".repeat(12),
                &"00".repeat(16),
                "",
                "cea7403d4d606b6e074ec5d3baf39d18",
                "d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (
                &key.repeat(2),
                "cafebabefacedbaddecaf888",
                text,
                covered,
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                "76fc6ece0f4e1768cddf8853bb2d551b",
            ),
        ];
        for (key, iv, text, covered, encrypted, tag) in cases {
            let text = octets(&text.replace(' ', ""));
            for len in [1, 5, 16, 17, 100] {
                let new = || Gcm::new(&octets(key), &octets(&iv.replace(' ', "")), &octets(covered)).unwrap();
                let (mut gcm, mut out) = (new(), text.clone());
                out.chunks_mut(len).for_each(|piece| gcm.encrypt(piece).unwrap());
                assert_eq!(out, octets(encrypted));
                assert_eq!(gcm.tag()[..], octets(tag));
                let (mut gcm, mut reader) = (new(), new());
                out.chunks(len).for_each(|piece| reader.read(piece).unwrap());
                out.chunks_mut(len).for_each(|piece| gcm.decrypt(piece).unwrap());
                assert_eq!(out, text);
                assert_eq!(
                    (gcm.tag(), reader.tag()[..].to_vec()),
                    (octets(tag).try_into().unwrap(), octets(tag))
                );
            }
        }
    }

    #[test]
    fn no_more_than_the_counter_allows() {
        let mut gcm = Gcm::new(&[0; 16], &[0; 12], &[]).unwrap();
        gcm.len = MAX_TEXT - 1;
        assert_eq!(gcm.read(&[0]), Ok(()));
        assert_eq!(gcm.encrypt(&mut [0]), Err(ContextError::TooLong));
        assert_eq!(Gcm::new(&[0; 24], &[0; 12], &[]).err(), Some(ContextError::Key { len: 24 }));
    }
}
