//! Division by the generator of Reed-Solomon, four symbols a step, the register in one vector.
//!
//! A look-up gives what a symbol leaves behind 0 to 3 steps later; the chain of dependent operations is then a
//! quarter of that of the portable form, and five codewords keep the processor busy meanwhile.

#[cfg(target_arch = "x86")]
use core::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::*;

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, kernel, u8x32};

use super::gf256_basis;
use crate::coding::rs::field::FIELD_CONST;
use crate::coding::rs::{Basis, Code, division};

/// Element s, element f: what f·x^(2E + s) leaves, highest power first; 32 octets, the last of which stay zero for E = 8.
type Tables = [[[u8; 32]; 256]; STEP];

const STEP: usize = 4;

static E16: Tables = tables(Code::E16);
static E8: Tables = tables(Code::E8);

/// Check symbols as sent of `depth` interleaved codewords, whose information symbols `data` holds.
pub(in crate::coding) fn remainders(
    avx2: Avx2,
    code: Code,
    basis: Basis,
    depth: usize,
    data: &[u8],
) -> [[u8; 32]; 8] {
    let tables = match code {
        Code::E16 => &E16,
        Code::E8 => &E8,
    };
    // Zeros in front make the steps whole.
    let mut elements = [0; 8 * 240];
    let front = (STEP - data.len() / depth % STEP) % STEP * depth;
    let elements = &mut elements[..front + data.len()];
    match basis {
        Basis::Dual => gf256_basis::to_field(avx2, data, &mut elements[front..]),
        Basis::Conventional => elements[front..].copy_from_slice(data),
    }
    let mut registers = match depth {
        1 => divide_1(avx2, tables, elements),
        2 => divide_2(avx2, tables, elements),
        3 => divide_3(avx2, tables, elements),
        4 => divide_4(avx2, tables, elements),
        5 => divide_5(avx2, tables, elements),
        _ => divide_8(avx2, tables, elements),
    };
    if basis == Basis::Dual {
        let elements = registers;
        gf256_basis::to_wire(avx2, elements[..depth].as_flattened(), registers[..depth].as_flattened_mut());
    }
    registers
}

/// A kernel for each interleaving depth, so that all registers stay in the processor's.
macro_rules! divide {
    ($name:ident, $depth:literal) => {
        kernel!(
            fn $name(avx2: Avx2, tables: &Tables, elements: &[u8]) -> [[u8; 32]; 8] {
                let next = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 7);
                let mut registers = [_mm256_setzero_si256(); $depth];
                for symbols in elements.as_chunks::<{ STEP * $depth }>().0 {
                    for (codeword, register) in registers.iter_mut().enumerate() {
                        let symbol = |at: usize| u32::from(symbols[at * $depth + codeword]);
                        let new = symbol(0) | symbol(1) << 8 | symbol(2) << 16 | symbol(3) << 24;
                        let top = _mm_cvtsi128_si32(_mm256_castsi256_si128(*register)) as u32 ^ new;
                        let shifted = _mm256_permutevar8x32_epi32(*register, next);
                        let mut sum = _mm256_blend_epi32::<0x80>(shifted, _mm256_setzero_si256());
                        for (at, octet) in top.to_le_bytes().into_iter().enumerate() {
                            let row: u8x32<Avx2> = tables[STEP - 1 - at][usize::from(octet)].simd_into(avx2);
                            sum = _mm256_xor_si256(sum, row.into());
                        }
                        *register = sum;
                    }
                }
                let mut out = [[0; 32]; 8];
                for (out, register) in out.iter_mut().zip(registers) {
                    let register: u8x32<Avx2> = register.simd_into(avx2);
                    *out = register.into();
                }
                out
            }
        );
    };
}

divide!(divide_1, 1);
divide!(divide_2, 2);
divide!(divide_3, 3);
divide!(divide_4, 4);
divide!(divide_5, 5);
divide!(divide_8, 8);

const fn tables(code: Code) -> Tables {
    let mut tables = [[[0; 32]; 256]; STEP];
    let width = code.check_len();
    let generator = division::generator(&FIELD_CONST, code.roots());
    // x^(2E + s) modulo g(x), lowest power first.
    let mut rest = [0; 33];
    rest[width - 1] = 1;
    let mut step = 0;
    while step < STEP {
        let top = rest[width - 1];
        let mut power = width;
        while power > 0 {
            power -= 1;
            let below = if power > 0 { rest[power - 1] } else { 0 };
            rest[power] = below ^ FIELD_CONST.mul(top, generator[power]);
        }
        let mut factor = 0;
        while factor < 256 {
            let mut at = 0;
            while at < width {
                tables[step][factor][at] = FIELD_CONST.mul(factor as u8, rest[width - 1 - at]);
                at += 1;
            }
            factor += 1;
        }
        step += 1;
    }
    tables
}
