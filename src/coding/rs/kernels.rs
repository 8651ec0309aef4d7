//! The three steps of the code on the kernels of its level: check symbols, syndromes, corrections.

use super::decoder::{self, Correction, MAX_CHECK};
use super::{ReedSolomon, division};
use crate::coding::KernelLevel;

/// A row of check symbols, or of syndromes, for each of up to eight interleaved codewords.
pub(super) type Rows = [[u8; MAX_CHECK]; 8];

impl ReedSolomon {
    /// Check symbols of `depth` interleaved codewords, whose information symbols `data` holds.
    pub(super) fn remainders(&self, depth: usize, data: &[u8]) -> Rows {
        match self.level {
            KernelLevel::Reference => {
                let mut rows = [[0; MAX_CHECK]; 8];
                for (codeword, row) in rows.iter_mut().enumerate().take(depth) {
                    let symbols = data.iter().skip(codeword).step_by(depth);
                    let remainder = self.plain().remainder(symbols.map(|&octet| self.basis.to_field(octet)));
                    *row = remainder.map(|element| self.basis.to_wire(element));
                }
                rows
            }
            #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
            KernelLevel::Avx2 | KernelLevel::Avx512 => {
                use crate::coding::simd::{gf256_avx2, gf256_avx512};
                let vectors = self.level.vectors();
                if let Some(avx512) = vectors.and_then(|level| level.as_avx512()) {
                    gf256_avx512::remainders(avx512, self.code, self.basis, depth, data)
                } else if let Some(avx2) = vectors.and_then(|level| level.as_avx2()) {
                    gf256_avx2::remainders(avx2, self.code, self.basis, depth, data)
                } else {
                    division::remainders(self.code, self.basis, depth, data)
                }
            }
            _ => division::remainders(self.code, self.basis, depth, data),
        }
    }

    /// Syndromes, as field elements, of `depth` interleaved codewords in `block`.
    pub(super) fn syndromes(&self, depth: usize, block: &[u8]) -> Rows {
        #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
        if self.level == KernelLevel::Avx512
            && let Some(avx512) = self.level.vectors().and_then(|level| level.as_avx512())
        {
            return crate::coding::simd::gf256_avx512::syndromes(avx512, self.code, self.basis, depth, block);
        }
        if self.level == KernelLevel::Reference {
            let mut rows = [[0; MAX_CHECK]; 8];
            for (codeword, row) in rows.iter_mut().enumerate().take(depth) {
                let symbols = block.iter().skip(codeword).step_by(depth);
                *row = self.plain().syndromes(symbols.map(|&octet| self.basis.to_field(octet)));
            }
            return rows;
        }
        let (data, checks) = block.split_at(depth * self.data_len());
        let mut rows = self.remainders(depth, data);
        for (at, symbols) in checks.chunks_exact(depth).enumerate() {
            for (row, received) in rows.iter_mut().zip(symbols) {
                row[at] ^= received;
            }
        }
        let check_len = self.code.check_len();
        for row in rows.iter_mut().take(depth).filter(|row| **row != [0; MAX_CHECK]) {
            let remainder = row.map(|octet| self.basis.to_field(octet));
            *row = self.syndromes_of(&remainder[..check_len]);
        }
        rows
    }

    /// Syndromes of a codeword with this remainder, as field elements.
    fn syndromes_of(&self, remainder: &[u8]) -> [u8; MAX_CHECK] {
        #[cfg(feature = "simd")]
        if let Some(vectors) = self.level.vectors() {
            return crate::coding::simd::gf256_nibbles::syndromes(vectors, self.code, remainder);
        }
        decoder::syndromes(self.code.roots(), remainder)
    }

    /// The corrections for a codeword with these syndromes and with symbols erased in front of these powers of x.
    pub(super) fn solve<'a>(
        &self,
        syndromes: &[u8; MAX_CHECK],
        erased: &[u8],
        found: &'a mut [Correction; MAX_CHECK],
    ) -> Option<&'a [Correction]> {
        #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
        if self.level == KernelLevel::Avx512
            && erased.is_empty()
            && let Some(avx512) = self.level.vectors().and_then(|level| level.as_avx512())
        {
            return crate::coding::simd::gf256_avx512::solve(avx512, self.code, syndromes, found);
        }
        #[cfg(feature = "simd")]
        if let Some(vectors) = self.level.vectors().filter(|_| erased.is_empty()) {
            return crate::coding::simd::gf256_nibbles::solve(vectors, self.code, syndromes, found);
        }
        if self.level == KernelLevel::Reference {
            return self.plain().solve(syndromes, erased, found);
        }
        decoder::solve(self.code.roots(), syndromes, erased, found)
    }
}
