use crate::coding::ParameterError;

/// A fixed bit pattern in front of a codeblock or frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Marker {
    octets: [u8; Self::MAX_LEN],
    len: u8,
}

impl Marker {
    /// Octets of the longest marker.
    pub const MAX_LEN: usize = 24;

    /// Uncoded, convolutional, Reed-Solomon, concatenated, LDPC 7/8, and frames in a sliced stream.
    ///
    /// Source: CCSDS 131.0-B-5 §9.3.2 and §9.3.3.
    pub const ASM_32: Self = Self::of(&[0x1A, 0xCF, 0xFC, 0x1D]);

    /// Turbo 1/2 and LDPC 1/2, 2/3, 4/5.
    ///
    /// Source: CCSDS 131.0-B-5 §9.3.4.
    pub const ASM_64: Self = Self::of(&[0x03, 0x47, 0x76, 0xC7, 0x27, 0x28, 0x95, 0xB0]);

    /// Turbo 1/3.
    ///
    /// Source: CCSDS 131.0-B-5 §9.3.
    pub const ASM_96: Self =
        Self::of(&[0x25, 0xD5, 0xC0, 0xCE, 0x89, 0x90, 0xF6, 0xC9, 0x46, 0x1B, 0xF7, 0x9C]);

    /// Turbo 1/4.
    ///
    /// Source: CCSDS 131.0-B-5 §9.3.
    pub const ASM_128: Self = Self::of(&[
        0x03, 0x47, 0x76, 0xC7, 0x27, 0x28, 0x95, 0xB0, 0xFC, 0xB8, 0x89, 0x38, 0xD8, 0xD7, 0x6A, 0x4F,
    ]);

    /// Turbo 1/6.
    ///
    /// Source: CCSDS 131.0-B-5 §9.3.
    pub const ASM_192: Self = Self::of(&[
        0x25, 0xD5, 0xC0, 0xCE, 0x89, 0x90, 0xF6, 0xC9, 0x46, 0x1B, 0xF7, 0x9C, 0xDA, 0x2A, 0x3F, 0x31, 0x76,
        0x6F, 0x09, 0x36, 0xB9, 0xE4, 0x08, 0x63,
    ]);

    /// The marker that issue 5 embeds in a frame for a second time; issue 6 has dropped it.
    ///
    /// Source: CCSDS 131.0-B-5 §9.6.
    pub const EMBEDDED: Self = Self::of(&[0x35, 0x2E, 0xF8, 0x53]);

    /// Proximity-1 transfer units.
    ///
    /// Source: CCSDS 211.2-B-3.
    pub const PLTU: Self = Self::of(&[0xFA, 0xF3, 0x20]);

    /// A marker of the mission's own.
    ///
    /// # Errors
    /// [`ParameterError::MarkerLen`] when `octets` is empty or longer than [`MAX_LEN`](Self::MAX_LEN).
    pub const fn new(octets: &[u8]) -> Result<Self, ParameterError> {
        if octets.is_empty() || octets.len() > Self::MAX_LEN {
            return Err(ParameterError::MarkerLen { len: octets.len() });
        }
        Ok(Self::of(octets))
    }

    const fn of(octets: &[u8]) -> Self {
        let mut marker = [0; Self::MAX_LEN];
        let (used, _) = marker.split_at_mut(octets.len());
        used.copy_from_slice(octets);
        Self { octets: marker, len: octets.len() as u8 }
    }

    /// The marker as sent.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets[..self.octet_len()]
    }

    /// Octets of the marker.
    #[must_use]
    pub const fn octet_len(&self) -> usize {
        self.len as usize
    }

    /// Bits of the marker.
    #[must_use]
    pub const fn bits(&self) -> usize {
        8 * self.octet_len()
    }

    /// Bits in which `octets`, from bit `bit` on, differ from the marker; `None` when they end too early.
    #[must_use]
    pub fn distance(&self, octets: &[u8], bit: usize) -> Option<u32> {
        let from = octets.get(bit / 8..)?;
        let shift = bit % 8;
        if from.len() < self.octet_len() + usize::from(shift != 0) {
            return None;
        }
        let differing = self.octets().iter().enumerate().map(|(at, &wanted)| {
            let pair = u16::from(from[at]) << 8 | u16::from(from.get(at + 1).copied().unwrap_or(0));
            ((pair << shift >> 8) as u8 ^ wanted).count_ones()
        });
        Some(differing.sum())
    }
}

impl core::fmt::Debug for Marker {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Marker(")?;
        self.octets().iter().try_for_each(|octet| write!(f, "{octet:02X}"))?;
        f.write_str(")")
    }
}
