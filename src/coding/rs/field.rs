//! GF(2^8) and the two ways its elements are written as octets.

use super::Basis;

/// Powers and logarithms of α, a root of the field polynomial.
#[derive(Clone, Debug)]
pub(in crate::coding) struct Field {
    /// α^i for i below 510, then zeros: the sum of the logarithms of two non-zero elements stays below 510, and
    /// with [`LOG_ZERO`] in the sum the product is zero. So a product needs no test for zero.
    exp: [u8; EXP_LEN],
    log: [u16; 256],
}

const LOG_ZERO: u16 = 510;
const EXP_LEN: usize = 2 * LOG_ZERO as usize + 1;

/// Non-zero elements: the order of α.
pub(in crate::coding) const ORDER: usize = 255;

impl Field {
    /// The field of a primitive polynomial, its x^8 term included.
    pub(in crate::coding) const fn new(polynomial: u16) -> Self {
        let mut exp = [0; EXP_LEN];
        let mut log = [LOG_ZERO; 256];
        let mut power: u16 = 1;
        let mut i = 0;
        while i < 2 * ORDER {
            exp[i] = power as u8;
            if i < ORDER {
                log[power as usize] = i as u16;
            }
            power <<= 1;
            if power > 0xFF {
                power ^= polynomial;
            }
            i += 1;
        }
        Self { exp, log }
    }

    /// How many powers α has before they repeat, for a polynomial of degree 8 with a constant term.
    pub(super) const fn order(polynomial: u16) -> usize {
        let (mut power, mut order): (u16, usize) = (1, 0);
        loop {
            power <<= 1;
            if power > 0xFF {
                power ^= polynomial;
            }
            order += 1;
            if power <= 1 || order > ORDER {
                return order;
            }
        }
    }

    #[inline]
    pub(in crate::coding) const fn mul(&self, a: u8, b: u8) -> u8 {
        self.exp[self.log[a as usize] as usize + self.log[b as usize] as usize]
    }

    /// a / b; b is not zero.
    pub(in crate::coding) const fn div(&self, a: u8, b: u8) -> u8 {
        self.mul(a, self.exp[ORDER - self.log[b as usize] as usize])
    }

    /// α to any power.
    pub(in crate::coding) const fn alpha(&self, power: usize) -> u8 {
        self.exp[power % ORDER]
    }

    /// The logarithm of `a`, or `None` of zero.
    pub(super) fn log(&self, a: u8) -> Option<usize> {
        (a != 0).then(|| self.log[usize::from(a)].into())
    }

    /// α^`power`, for `power` below 255.
    #[inline]
    pub(super) fn exp_reduced(&self, power: usize) -> u8 {
        self.exp[power]
    }
}

/// The field of the CCSDS code: x^8 + x^7 + x^2 + x + 1.
///
/// Source: CCSDS 131.0-B-5 §4.3.3.
pub(in crate::coding) static FIELD: Field = FIELD_CONST;

/// The same where other constants are made from it.
pub(in crate::coding) const FIELD_CONST: Field = Field::new(POLYNOMIAL);

/// x^8 + x^7 + x^2 + x + 1.
pub(super) const POLYNOMIAL: u16 = 0x187;

impl Basis {
    /// An ordinary field element as the octet this basis sends.
    pub(in crate::coding) const fn to_wire(self, element: u8) -> u8 {
        match self {
            Self::Dual => TO_DUAL[element as usize],
            Self::Conventional => element,
        }
    }

    /// The field element that this basis sends as `octet`.
    pub(in crate::coding) const fn to_field(self, octet: u8) -> u8 {
        match self {
            Self::Dual => FROM_DUAL[octet as usize],
            Self::Conventional => octet,
        }
    }
}

/// Rows of the matrix from the conventional to the dual basis, for the most significant bit first.
///
/// Source: CCSDS 131.0-B-5 annex F.
const DUAL_ROWS: [u8; 8] = [0x8D, 0xEF, 0xEC, 0x86, 0xFA, 0x99, 0xAF, 0x7B];

static TO_DUAL: [u8; 256] = TO_DUAL_CONST;
const TO_DUAL_CONST: [u8; 256] = {
    let mut table = [0; 256];
    let mut element = 0;
    while element < 256 {
        let mut bit = 0;
        while bit < 8 {
            if element & (0x80 >> bit) != 0 {
                table[element] ^= DUAL_ROWS[bit];
            }
            bit += 1;
        }
        element += 1;
    }
    table
};

static FROM_DUAL: [u8; 256] = {
    let mut table = [0; 256];
    let mut element = 0;
    while element < 256 {
        table[TO_DUAL_CONST[element] as usize] = element as u8;
        element += 1;
    }
    table
};
