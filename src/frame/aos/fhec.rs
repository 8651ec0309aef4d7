use crate::wire::DecodeError;

/// Check symbols of an AOS frame header: Reed-Solomon (10,6) over GF(16), which repairs up to two symbols of four bits.
///
/// Covered are the first two octets of the header (version, spacecraft, virtual channel) and the signalling octet;
/// the frame count is left out, since a receiver knows what to expect there.
///
/// Field: x^4 + x + 1. Roots of the generator: α^6 to α^9.
///
/// Source: CCSDS 732.0-B-5 §4.1.2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fhec(pub u16);

impl Fhec {
    /// The check symbols for `identification` and `signalling`.
    #[must_use]
    pub fn of(identification: u16, signalling: u8) -> Self {
        // Division by g(x) = x^4 + α^3 x^3 + α x^2 + α^3 x + 1, highest symbol first.
        let mut remainder = [0u8; 4];
        for symbol in split(identification, signalling, 0).into_iter().take(INFORMATION) {
            let factor = symbol ^ remainder[0];
            remainder = [
                remainder[1] ^ multiply(factor, GENERATOR[0]),
                remainder[2] ^ multiply(factor, GENERATOR[1]),
                remainder[3] ^ multiply(factor, GENERATOR[2]),
                multiply(factor, GENERATOR[3]),
            ];
        }
        Self(remainder.into_iter().fold(0, |word, symbol| word << 4 | u16::from(symbol)))
    }

    /// Repairs `identification` and `signalling` by the check symbols received. Returns how many of the ten symbols
    /// were wrong (0 to 2), those of the check symbols included.
    ///
    /// # Errors
    /// [`DecodeError::Check`] when more are wrong than can be repaired; the fields are left as they were.
    pub fn correct(self, identification: &mut u16, signalling: &mut u8) -> Result<u8, DecodeError> {
        let mut word = split(*identification, *signalling, self.0);
        let syndromes = syndromes(&word);
        if syndromes == [0; 4] {
            return Ok(0);
        }
        let errors = locate(syndromes).ok_or(DecodeError::Check { unit: UNIT })?;
        let mut repaired = 0;
        for (power, value) in errors.into_iter().filter(|&(_, value)| value != 0) {
            word[SYMBOLS - 1 - power] ^= value;
            repaired += 1;
        }
        let [a, b, c, d, e, f, ..] = word;
        *identification = u16::from_be_bytes([a << 4 | b, c << 4 | d]);
        *signalling = e << 4 | f;
        Ok(repaired)
    }
}

/// The ten symbols of the code word, in the order they are sent.
fn split(identification: u16, signalling: u8, check: u16) -> [u8; SYMBOLS] {
    let word = u64::from(identification) << 24 | u64::from(signalling) << 16 | u64::from(check);
    core::array::from_fn(|at| (word >> (4 * (SYMBOLS - 1 - at)) & 0xF) as u8)
}

/// The code word's polynomial at the four roots; all zero for a word without errors.
fn syndromes(word: &[u8; SYMBOLS]) -> [u8; 4] {
    core::array::from_fn(|at| {
        let root = power(FIRST_ROOT + at);
        word.iter().fold(0, |sum, &symbol| multiply(sum, root) ^ symbol)
    })
}

/// Powers and values of one error or two that explain `syndromes` in full; the second value is zero for one error.
fn locate(syndromes: [u8; 4]) -> Option<[(usize, u8); 2]> {
    let explains = |errors: [(usize, u8); 2]| {
        (0..4).all(|at| {
            let sum = errors
                .iter()
                .fold(0, |sum, &(place, value)| sum ^ multiply(value, power(place * (FIRST_ROOT + at))));
            sum == syndromes[at]
        })
    };
    // Ten places with fifteen values each, then pairs of places: few enough to try, and nothing to get wrong. For
    // a place pair the values follow from the first two syndromes.
    let [s0, s1, ..] = syndromes;
    for first in 0..SYMBOLS {
        let alone = [(first, divide(s0, power(first * FIRST_ROOT))), (first, 0)];
        if explains(alone) {
            return Some(alone);
        }
    }
    for first in 0..SYMBOLS {
        for second in first + 1..SYMBOLS {
            // y1 + y2 = s0 and y1 X1 + y2 X2 = s1, where y = value · X^6.
            let (x1, x2) = (power(first), power(second));
            let y2 = divide(s1 ^ multiply(s0, x1), x1 ^ x2);
            let y1 = s0 ^ y2;
            let pair = [
                (first, divide(y1, power(first * FIRST_ROOT))),
                (second, divide(y2, power(second * FIRST_ROOT))),
            ];
            if explains(pair) {
                return Some(pair);
            }
        }
    }
    None
}

/// α to the power `exponent`.
const fn power(exponent: usize) -> u8 {
    POWERS[exponent % 15]
}

/// Product in GF(16).
fn multiply(a: u8, b: u8) -> u8 {
    match (LOGARITHMS[usize::from(a & 0xF)], LOGARITHMS[usize::from(b & 0xF)]) {
        (Some(a), Some(b)) => power(usize::from(a + b)),
        _ => 0,
    }
}

/// Quotient in GF(16); zero when `b` is zero, which no caller asks for.
fn divide(a: u8, b: u8) -> u8 {
    match (LOGARITHMS[usize::from(a & 0xF)], LOGARITHMS[usize::from(b & 0xF)]) {
        (Some(a), Some(b)) => power(usize::from(a + 15 - b)),
        _ => 0,
    }
}

const POWERS: [u8; 15] = {
    let mut powers = [1; 15];
    let mut at = 1;
    while at < 15 {
        let doubled = powers[at - 1] << 1;
        powers[at] = if doubled & 0x10 == 0 { doubled } else { doubled ^ 0b1_0011 };
        at += 1;
    }
    powers
};

const LOGARITHMS: [Option<u8>; 16] = {
    let mut logarithms = [None; 16];
    let mut at = 0;
    while at < 15 {
        logarithms[POWERS[at] as usize] = Some(at as u8);
        at += 1;
    }
    logarithms
};

const UNIT: &str = "AOS frame header";
const SYMBOLS: usize = 10;
const INFORMATION: usize = 6;
const FIRST_ROOT: usize = 6;
/// α^3, α, α^3 and 1.
const GENERATOR: [u8; 4] = [POWERS[3], POWERS[1], POWERS[3], POWERS[0]];
