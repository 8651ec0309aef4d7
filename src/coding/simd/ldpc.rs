//! The LDPC decoder's lanes as vectors of the machine.

use crate::coding::ldpc::decoder::Decoded;
use crate::coding::ldpc::decoder::batch::{self, Decisions};
use crate::coding::ldpc::decoder::lanes::Lanes;
use crate::coding::ldpc::decoder::rule::Rule;
use crate::coding::ldpc::decoder::run::{self, Memory, Task};
use fearless_simd::{Level, Simd, SimdBase, SimdInt, SimdMask, dispatch, i8x16, i8x32, i8x64, prelude::*};
use fearless_simd::{u8x16, u8x32, u8x64};

/// Decodes one codeword whose checks lie side by side.
pub fn single<R: Rule>(
    level: Level,
    task: &Task,
    rule: R,
    memory: Memory,
    soft: &[i8],
    message: &mut [u8],
) -> Option<Decoded> {
    dispatch!(level, simd => match simd.level() {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx512(_) if task.graph.size >= 64 => run::blocked::<i8x64<_>, R>(simd, task, rule, memory, soft, message),
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx512(_) | Level::Avx2(_) => {
            run::blocked::<i8x32<_>, R>(simd, task, rule, memory, soft, message)
        }
        _ => run::blocked::<i8x16<_>, R>(simd, task, rule, memory, soft, message),
    })
}

/// Decodes codewords that lie side by side.
pub fn batch<R: Rule>(level: Level, task: &Task, rule: R, memory: Memory, soft: &[i8]) -> Decisions {
    dispatch!(level, simd => match simd.level() {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx512(_) => batch::decode::<i8x64<_>, R>(simd, task, rule, memory, soft),
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx2(_) => batch::decode::<i8x32<_>, R>(simd, task, rule, memory, soft),
        _ => batch::decode::<i8x16<_>, R>(simd, task, rule, memory, soft),
    })
}

macro_rules! lanes {
    ($signed:ident, $unsigned:ident, $len:literal) => {
        impl<S: Simd> Lanes for $signed<S> {
            const LEN: usize = $len;
            const UNROLLED: bool = true;
            type Token = S;

            #[inline(always)]
            fn splat(token: S, value: i8) -> Self {
                SimdBase::splat(token, value)
            }

            #[inline(always)]
            fn load(token: S, from: &[i8], at: usize) -> Self {
                SimdBase::from_slice(token, &from[at..at + $len])
            }

            #[inline(always)]
            fn store(self, into: &mut [i8], at: usize) {
                self.store_slice(&mut into[at..at + $len]);
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.saturating_add(other)
            }

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.saturating_sub(other)
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                self ^ other
            }

            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self | other
            }

            #[inline(always)]
            fn magnitude(self) -> Self {
                self.abs()
            }

            #[inline(always)]
            fn least(self, other: Self) -> Self {
                self.bitcast::<$unsigned<S>>().min(other.bitcast::<$unsigned<S>>()).bitcast()
            }

            #[inline(always)]
            fn greatest(self, other: Self) -> Self {
                self.bitcast::<$unsigned<S>>().max(other.bitcast::<$unsigned<S>>()).bitcast()
            }

            #[inline(always)]
            fn less(self, other: Self) -> Self {
                self.bitcast::<$unsigned<S>>().saturating_sub(other.bitcast::<$unsigned<S>>()).bitcast()
            }

            #[inline(always)]
            fn quarter(self) -> Self {
                (self.bitcast::<$unsigned<S>>() >> 2).bitcast()
            }

            #[inline(always)]
            fn if_equal(self, other: Self, then: Self, otherwise: Self) -> Self {
                self.simd_eq(other).select(then, otherwise)
            }

            #[inline(always)]
            fn with_sign(self, sign: Self) -> Self {
                sign.simd_lt(0).select(-self, self)
            }

            #[inline(always)]
            fn first(self, count: usize, other: Self) -> Self {
                let token = self.token();
                let mask = u64::MAX.checked_shr(64 - count as u32).unwrap_or(0);
                let mask: <Self as SimdBase<S>>::Mask = SimdMask::from_bitmask(token, mask);
                mask.select(self, other)
            }

            #[inline(always)]
            fn negatives(self) -> u64 {
                self.simd_lt(0).to_bitmask()
            }
        }
    };
}

lanes!(i8x16, u8x16, 16);
lanes!(i8x32, u8x32, 32);
lanes!(i8x64, u8x64, 64);
