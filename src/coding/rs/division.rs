//! Remainders of division by the generator: the check symbols, many octets at a time.
//!
//! The change of basis is linear over GF(2), and so is division. Tables made for one basis therefore let the whole
//! division run on octets as they are sent.

use super::decoder::Roots;
use super::field::{FIELD_CONST, Field};
use super::{Basis, Code};

/// Check symbols of up to eight interleaved codewords.
pub(super) type Remainders = [[u8; 32]; 8];

/// Divides the codewords, `depth` of them, whose information symbols `data` holds in turn.
pub(super) fn remainders(code: Code, basis: Basis, depth: usize, data: &[u8]) -> Remainders {
    match (code, basis) {
        (Code::E16, Basis::Dual) => by_depth(&E16_DUAL, depth, data),
        (Code::E16, Basis::Conventional) => by_depth(&E16_CONVENTIONAL, depth, data),
        (Code::E8, Basis::Dual) => by_depth(&E8_DUAL, depth, data),
        (Code::E8, Basis::Conventional) => by_depth(&E8_CONVENTIONAL, depth, data),
    }
}

/// What an information symbol leaves in the register: f·(g(x) − x^2E), highest power in the first octet, for each
/// f; `W` words for 8·`W` check symbols.
type Table<const W: usize> = [[u64; W]; 256];

static E16_DUAL: Table<4> = table(Code::E16, Basis::Dual);
static E16_CONVENTIONAL: Table<4> = table(Code::E16, Basis::Conventional);
static E8_DUAL: Table<2> = table(Code::E8, Basis::Dual);
static E8_CONVENTIONAL: Table<2> = table(Code::E8, Basis::Conventional);

fn by_depth<const W: usize>(table: &Table<W>, depth: usize, data: &[u8]) -> Remainders {
    match depth {
        1 => divide::<W, 1>(table, data),
        2 => divide::<W, 2>(table, data),
        3 => divide::<W, 3>(table, data),
        4 => divide::<W, 4>(table, data),
        5 => divide::<W, 5>(table, data),
        _ => divide::<W, 8>(table, data),
    }
}

/// Runs `I` shift registers side by side, which keeps the processor busy while one waits for its table.
fn divide<const W: usize, const I: usize>(table: &Table<W>, data: &[u8]) -> Remainders {
    let mut registers = [[0u64; W]; I];
    for symbols in data.as_chunks::<I>().0 {
        for (register, &symbol) in registers.iter_mut().zip(symbols) {
            let row = &table[usize::from((register[0] >> 56) as u8 ^ symbol)];
            for word in 0..W {
                let next = if word + 1 < W { register[word + 1] >> 56 } else { 0 };
                register[word] = (register[word] << 8 | next) ^ row[word];
            }
        }
    }
    let mut remainders = [[0; 32]; 8];
    for (octets, register) in remainders.iter_mut().zip(registers) {
        for (octets, word) in octets.as_chunks_mut::<8>().0.iter_mut().zip(register) {
            *octets = word.to_be_bytes();
        }
    }
    remainders
}

const fn table<const W: usize>(code: Code, basis: Basis) -> Table<W> {
    let generator = generator(&FIELD_CONST, code.roots());
    let mut table = [[0; W]; 256];
    let mut octet = 0;
    while octet < 256 {
        let factor = basis.to_field(octet as u8);
        let mut at = 0;
        while at < 8 * W {
            let product = FIELD_CONST.mul(factor, generator[8 * W - 1 - at]);
            table[octet][at / 8] |= (basis.to_wire(product) as u64) << (56 - 8 * (at % 8));
            at += 1;
        }
        octet += 1;
    }
    table
}

/// Coefficients of g(x), from x^0 to x^2E.
///
/// Source: CCSDS 131.0-B-5 §4.3.4.
pub(in crate::coding) const fn generator(field: &Field, roots: Roots) -> [u8; 33] {
    let mut g = [0; 33];
    g[0] = 1;
    let mut degree = 0;
    while degree < roots.count {
        let root = field.alpha(roots.exponent(degree));
        degree += 1;
        g[degree] = g[degree - 1];
        let mut power = degree - 1;
        while power > 0 {
            g[power] = g[power - 1] ^ field.mul(root, g[power]);
            power -= 1;
        }
        g[0] = field.mul(root, g[0]);
    }
    g
}
