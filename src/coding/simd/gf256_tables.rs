//! Constants of Reed-Solomon for vector kernels that multiply in the field of AES.
//!
//! GF2P8MULB multiplies octets modulo x^8 + x^4 + x^3 + x + 1. All fields of 256 elements are the same but for the
//! names of their elements, and GF2P8AFFINEQB renames: one such instruction on the way in, one on the way out, and
//! both bases of the CCSDS field cost nothing extra.

use crate::coding::rs::field::{FIELD_CONST, ORDER};
use crate::coding::rs::{Basis, Code, division};

/// What GF2P8AFFINEQB multiplies each octet with.
pub(super) type Matrix = i64;

/// Rows of 2E octets, 64 octets to a chunk, for powers of x from high to low. The first row is empty, so that there is
/// a whole number of chunks.
pub(super) type Rows = [[u8; 64]];

/// What each element of the CCSDS field is called in the field of AES.
const RENAMED: [u8; 256] = {
    // What α of the CCSDS field is called: a zero of its polynomial, x^8 + x^7 + x^2 + x + 1.
    let mut alpha = 2;
    loop {
        let (two, four) = (aes_mul(alpha, alpha), aes_mul(aes_mul(alpha, alpha), aes_mul(alpha, alpha)));
        let eight = aes_mul(four, four);
        let seven = aes_mul(aes_mul(four, two), alpha);
        if eight ^ seven ^ two ^ alpha ^ 1 == 0 {
            break;
        }
        alpha += 1;
    }
    let mut names = [0; 256];
    let mut power = 1;
    let mut bit = 1;
    while bit < 256 {
        let mut lower = 0;
        while lower < bit {
            names[bit + lower] = names[lower] ^ power;
            lower += 1;
        }
        power = aes_mul(power, alpha);
        bit *= 2;
    }
    names
};

const fn aes_mul(a: u8, b: u8) -> u8 {
    let (mut a, mut product, mut bit) = (a as u16, 0, 0);
    while bit < 8 {
        if b >> bit & 1 != 0 {
            product ^= a;
        }
        a <<= 1;
        if a > 0xFF {
            a ^= 0x11B;
        }
        bit += 1;
    }
    product as u8
}

/// The matrix of a linear map of which `images` holds what it makes of each bit, the least significant first.
const fn matrix(images: [u8; 8]) -> Matrix {
    let (mut matrix, mut out) = (0u64, 0);
    while out < 8 {
        let mut bit = 0;
        while bit < 8 {
            // The row of the most significant bit is the least significant octet.
            matrix |= ((images[bit] >> out & 1) as u64) << (8 * (7 - out) + bit);
            bit += 1;
        }
        out += 1;
    }
    matrix as i64
}

/// From octets as sent to the field of AES.
pub(super) const fn incoming(basis: Basis) -> Matrix {
    match basis {
        Basis::Dual => const { incoming_matrix(Basis::Dual) },
        Basis::Conventional => const { incoming_matrix(Basis::Conventional) },
    }
}

const fn incoming_matrix(basis: Basis) -> Matrix {
    let mut images = [0; 8];
    let mut bit = 0;
    while bit < 8 {
        images[bit] = RENAMED[basis.to_field(1 << bit) as usize];
        bit += 1;
    }
    matrix(images)
}

/// From the field of AES to octets as sent.
pub(super) const fn outgoing(basis: Basis) -> Matrix {
    match basis {
        Basis::Dual => const { outgoing_matrix(Basis::Dual) },
        Basis::Conventional => const { outgoing_matrix(Basis::Conventional) },
    }
}

const fn outgoing_matrix(basis: Basis) -> Matrix {
    let mut images = [0; 8];
    let mut element = 0;
    while element < 256 {
        let name = RENAMED[element];
        if name.is_power_of_two() {
            images[name.trailing_zeros() as usize] = basis.to_wire(element as u8);
        }
        element += 1;
    }
    matrix(images)
}

/// The map that changes nothing.
pub(super) const IDENTITY: Matrix = matrix([1, 2, 4, 8, 16, 32, 64, 128]);

/// What a symbol in front of x^d adds to each syndrome; the last row is that of x^0.
pub(super) const fn syndrome_rows(code: Code) -> &'static Rows {
    match code {
        Code::E16 => &E16_SYNDROMES,
        Code::E8 => &E8_SYNDROMES,
    }
}

/// What an information symbol in front of x^d adds to the check symbols; the last row is that of x^2E.
pub(super) const fn check_rows(code: Code) -> &'static Rows {
    match code {
        Code::E16 => &E16_CHECKS,
        Code::E8 => &E8_CHECKS,
    }
}

static E16_SYNDROMES: [[u8; 64]; 128] = syndrome_table(Code::E16);
static E8_SYNDROMES: [[u8; 64]; 64] = syndrome_table(Code::E8);
static E16_CHECKS: [[u8; 64]; 112] = check_table(Code::E16);
static E8_CHECKS: [[u8; 64]; 60] = check_table(Code::E8);

const fn syndrome_table<const N: usize>(code: Code) -> [[u8; 64]; N] {
    let mut chunks = [[0; 64]; N];
    let width = code.check_len();
    let mut degree = 0;
    while degree < ORDER {
        let at = N * 64 - (degree + 1) * width;
        let mut j = 0;
        while j < width {
            let power = FIELD_CONST.alpha(degree * code.roots().exponent(j));
            chunks[(at + j) / 64][(at + j) % 64] = RENAMED[power as usize];
            j += 1;
        }
        degree += 1;
    }
    chunks
}

const fn check_table<const N: usize>(code: Code) -> [[u8; 64]; N] {
    let mut chunks = [[0; 64]; N];
    let width = code.check_len();
    let generator = division::generator(&FIELD_CONST, code.roots());
    // x^d modulo g(x), lowest power first, from d = 2E on.
    let mut rest = [0; 33];
    rest[width - 1] = 1;
    let mut row = 1;
    while row <= code.data_len() {
        let top = rest[width - 1];
        let mut power = width;
        while power > 0 {
            power -= 1;
            let below = if power > 0 { rest[power - 1] } else { 0 };
            rest[power] = below ^ FIELD_CONST.mul(top, generator[power]);
            let at = N * 64 - row * width + (width - 1 - power);
            chunks[at / 64][at % 64] = RENAMED[rest[power] as usize];
        }
        row += 1;
    }
    chunks
}

/// Row k, element d: the inverse of the locator of x^d, to the power k. Element 255 belongs to no symbol.
pub(super) static INVERSE_POWERS: [[[u8; 64]; 4]; 17] = {
    let step = Code::E16.roots().step;
    let mut rows = [[[0; 64]; 4]; 17];
    let mut k = 0;
    while k < rows.len() {
        let mut d = 0;
        while d < ORDER {
            let power = FIELD_CONST.alpha(k * (ORDER - step * d % ORDER));
            rows[k][d / 64][d % 64] = RENAMED[power as usize];
            d += 1;
        }
        k += 1;
    }
    rows
};

/// Element d: the locator of x^d to the power −(first root + 2E), for Forney's rule on the high part of Λ(x)·S(x).
pub(super) const fn scales(code: Code) -> &'static [[u8; 64]; 4] {
    match code {
        Code::E16 => &E16_SCALES,
        Code::E8 => &E8_SCALES,
    }
}

static E16_SCALES: [[u8; 64]; 4] = scale_table(Code::E16);
static E8_SCALES: [[u8; 64]; 4] = scale_table(Code::E8);

const fn scale_table(code: Code) -> [[u8; 64]; 4] {
    let mut scales = [[0; 64]; 4];
    let roots = code.roots();
    let mut d = 0;
    while d < ORDER {
        let inverse = ORDER - roots.step * d % ORDER;
        let power = FIELD_CONST.alpha(inverse * (roots.first + roots.count));
        scales[d / 64][d % 64] = RENAMED[power as usize];
        d += 1;
    }
    scales
}
