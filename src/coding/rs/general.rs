//! Reed-Solomon codes over 256 elements that no CCSDS book has.

use super::decoder::{Correction, MAX_CHECK, Roots};
use super::field::{Field, ORDER};
use super::reference::Plain;
use super::{Basis, CODEWORD_LEN, Corrected, Erased, FillErrors, Uncorrectable, apply};
use crate::coding::ParameterError;
use crate::wire::EncodeError;

/// What a [`GeneralCode`] is made from.
///
/// The default is the CCSDS code with E = 16 in the conventional basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GeneralSettings {
    /// The field's polynomial, its x^8 term included; its root α has to be primitive.
    pub polynomial: u16,
    /// The roots of the generator are α^(step·(first + j)), j from 0 to 2E − 1. At most 254.
    pub first: u8,
    /// See `first`; has no divisor in common with 255.
    pub step: u8,
    /// Errors that can be repaired: E, 1 to 16.
    pub max_errors: u8,
    /// Information symbols that are not sent.
    pub fill: u8,
    /// How elements are written as octets. The dual basis is that of the CCSDS field.
    pub basis: Basis,
    /// What to make of errors located in virtual fill.
    pub fill_errors: FillErrors,
}

impl Default for GeneralSettings {
    fn default() -> Self {
        Self {
            polynomial: super::field::POLYNOMIAL,
            first: 112,
            step: 11,
            max_errors: 16,
            fill: 0,
            basis: Basis::Conventional,
            fill_errors: FillErrors::Refuse,
        }
    }
}

/// Any Reed-Solomon code of at most 255 octets, for missions and equipment that deviate from the book.
///
/// Runs at the pace of the reference kernels. Takes 2 kB for the logarithms of its field.
///
/// ```
/// use spacelink::coding::rs::{GeneralCode, GeneralSettings};
///
/// // The outer code of DVB: (204,188) over x^8 + x^4 + x^3 + x^2 + 1, roots α^0 to α^15.
/// let settings = GeneralSettings { polynomial: 0x11D, first: 0, step: 1, max_errors: 8, fill: 51, ..Default::default() };
/// let dvb = GeneralCode::new(settings)?;
/// let mut packet = [0x47; 204];
/// let (data, parity) = packet.split_at_mut(dvb.data_len());
/// dvb.encode(data, parity)?;
/// packet[100] = 0;
/// assert_eq!(dvb.correct(&mut packet, &[])?.errors, 1);
/// assert_eq!(packet[100], 0x47);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GeneralCode {
    settings: GeneralSettings,
    field: Field,
}

impl GeneralCode {
    /// A code of these settings.
    ///
    /// # Errors
    /// [`ParameterError::FieldPolynomial`], [`ParameterError::Roots`] or [`ParameterError::Fill`] where they are none.
    pub fn new(settings: GeneralSettings) -> Result<Self, ParameterError> {
        let GeneralSettings { polynomial, first, step, max_errors, fill, .. } = settings;
        if !(0x101..0x200).contains(&polynomial) || Field::order(polynomial) != ORDER {
            return Err(ParameterError::FieldPolynomial { polynomial });
        }
        // 255 = 3·5·17.
        let distinct = [3, 5, 17].iter().all(|divisor| step % divisor != 0);
        if !(1..=16).contains(&max_errors) || first == u8::MAX || !distinct {
            let check_len = max_errors.saturating_mul(2);
            return Err(ParameterError::Roots { check_len, first, step });
        }
        let max = CODEWORD_LEN as u16 - 2 * u16::from(max_errors) - 1;
        if u16::from(fill) > max {
            return Err(ParameterError::Fill { fill: fill.into(), max });
        }
        Ok(Self { settings, field: Field::new(polynomial) })
    }

    /// What it was made from.
    #[must_use]
    pub const fn settings(&self) -> GeneralSettings {
        self.settings
    }

    /// Check symbols in a codeword: 2E.
    #[must_use]
    pub const fn check_len(&self) -> usize {
        2 * self.settings.max_errors as usize
    }

    /// Information symbols that are sent.
    #[must_use]
    pub const fn data_len(&self) -> usize {
        self.codeword_len() - self.check_len()
    }

    /// Symbols that are sent, check symbols included.
    #[must_use]
    pub const fn codeword_len(&self) -> usize {
        CODEWORD_LEN - self.settings.fill as usize
    }

    /// Writes the check symbols of `data` to the front of `parity` and returns how many.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when `data` has not [`data_len`](Self::data_len) octets, [`EncodeError::Room`] when
    /// `parity` is too small.
    pub fn encode(&self, data: &[u8], parity: &mut [u8]) -> Result<usize, EncodeError> {
        if data.len() != self.data_len() {
            return Err(EncodeError::field("Reed-Solomon codeword", "data length", data.len() as u64));
        }
        let (required, available) = (self.check_len(), parity.len());
        let room = parity.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        let basis = self.settings.basis;
        let remainder = self.plain().remainder(data.iter().map(|&octet| basis.to_field(octet)));
        for (octet, element) in room.iter_mut().zip(remainder) {
            *octet = basis.to_wire(element);
        }
        Ok(required)
    }

    /// Repairs a codeword in place, as long as 2·errors + erasures ≤ 2E.
    ///
    /// `erasures`: positions in `codeword` of symbols that are known to be unreliable, in any order.
    ///
    /// # Errors
    /// [`Uncorrectable`] when more is wrong than that; `codeword` is left as received.
    pub fn correct(&self, codeword: &mut [u8], erasures: &[u8]) -> Result<Corrected, Uncorrectable> {
        let (required, found) = (self.codeword_len(), codeword.len());
        if found != required {
            return Err(Uncorrectable::Length { required, found });
        }
        let erased = Erased::new(erasures.iter().map(|&position| position.into()), required)?;
        if erased.count > self.check_len() {
            return Err(Uncorrectable::TooManyErasures { found: erased.count, max: self.check_len() });
        }
        let basis = self.settings.basis;
        let syndromes = self.plain().syndromes(codeword.iter().map(|&octet| basis.to_field(octet)));
        if syndromes == [0; MAX_CHECK] {
            return Ok(Corrected::default());
        }
        let last = required - 1;
        let degrees = erased.degrees(last);
        let mut found = [Correction::default(); MAX_CHECK];
        let found = self
            .plain()
            .solve(&syndromes, &degrees[..erased.count], &mut found)
            .ok_or(Uncorrectable::TooManyErrors)?;
        apply(found, last, &erased, self.settings.fill_errors, |position, element| {
            if let Some(symbol) = codeword.get_mut(position) {
                *symbol ^= basis.to_wire(element);
            }
        })
    }

    fn plain(&self) -> Plain<'_> {
        let GeneralSettings { first, step, .. } = self.settings;
        let roots = Roots { first: first.into(), step: step.into(), count: self.check_len() };
        Plain { field: &self.field, roots }
    }
}
