//! Check sequences by their standards' names.
//!
//! ```
//! assert_eq!(spacelink::crc::fecf(b"123456789"), 0x29B1);
//! assert_eq!(spacelink::crc::crc16_x25(b"123456789"), 0x906E);
//! assert_eq!(spacelink::crc::crc32c(b"123456789"), 0xE306_9283);
//! ```
//!
//! Left out: comparing and placing them, which each frame or block does for itself.

#[cfg(not(feature = "std"))]
use crc::{CRC_16_IBM_3740, CRC_32_ISCSI};
use crc::{CRC_16_IBM_SDLC, Crc, Digest, Table};

/// Sixteen tables run an order of magnitude faster than one and cost 16 KiB of constants; flight software
/// without an operating system gets the small form.
#[cfg(feature = "std")]
type Tables = Table<16>;
#[cfg(not(feature = "std"))]
type Tables = Table<1>;

#[cfg(not(feature = "std"))]
static FECF: Crc<u16, Tables> = Crc::<u16, Tables>::new(&CRC_16_IBM_3740);
static X25: Crc<u16, Tables> = Crc::<u16, Tables>::new(&CRC_16_IBM_SDLC);
#[cfg(not(feature = "std"))]
static CASTAGNOLI: Crc<u32, Tables> = Crc::<u32, Tables>::new(&CRC_32_ISCSI);

/// Frame error control field of TM, TC, AOS and USLP frames, and packet error control of PUS packets.
///
/// x^16 + x^12 + x^5 + 1, preset to ones, not reflected, sent most significant octet first.
///
/// Source: CCSDS 132.0-B-3 §4.1.6.
#[must_use]
pub fn fecf(octets: &[u8]) -> u16 {
    #[cfg(feature = "std")]
    return crc_fast::checksum(crc_fast::CrcAlgorithm::Crc16Ibm3740, octets) as u16;
    #[cfg(not(feature = "std"))]
    FECF.checksum(octets)
}

/// CRC-16 of bundle blocks (CRC type 1), ITU-T X.25.
///
/// Source: RFC 9171 §4.2.1.
#[must_use]
pub fn crc16_x25(octets: &[u8]) -> u16 {
    X25.checksum(octets)
}

/// CRC-32C of bundle blocks (CRC type 2), Castagnoli.
///
/// Source: RFC 9171 §4.2.1.
#[must_use]
pub fn crc32c(octets: &[u8]) -> u32 {
    let mut crc = Crc32C::new();
    crc.update(octets);
    crc.finish()
}

/// [`crc16_x25`] over octets that come in pieces.
#[derive(Clone)]
pub struct Crc16X25(Digest<'static, u16, Tables>);

/// [`crc32c()`] over octets that come in pieces.
///
/// With an operating system underneath, the processor's carry-less products are used where it has them: many times
/// faster than tables.
#[derive(Clone)]
pub struct Crc32C(#[cfg(feature = "std")] u32, #[cfg(not(feature = "std"))] Digest<'static, u32, Tables>);

impl Crc16X25 {
    /// Nothing covered yet.
    #[must_use]
    pub fn new() -> Self {
        Self(X25.digest())
    }

    /// Covers `octets` too.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The check sequence over all octets seen.
    #[must_use]
    pub fn finish(self) -> u16 {
        self.0.finalize()
    }
}

#[cfg(feature = "std")]
impl Crc32C {
    /// Nothing covered yet.
    #[must_use]
    pub fn new() -> Self {
        Self(0)
    }

    /// Covers `octets` too.
    pub fn update(&mut self, octets: &[u8]) {
        let state = (!self.0).into();
        let mut digest = crc_fast::Digest::new_with_init_state(crc_fast::CrcAlgorithm::Crc32Iscsi, state);
        digest.update(octets);
        self.0 = digest.finalize() as u32;
    }

    /// The check sequence over all octets seen.
    #[must_use]
    pub fn finish(self) -> u32 {
        self.0
    }
}

#[cfg(not(feature = "std"))]
impl Crc32C {
    /// Nothing covered yet.
    #[must_use]
    pub fn new() -> Self {
        Self(CASTAGNOLI.digest())
    }

    /// Covers `octets` too.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The check sequence over all octets seen.
    #[must_use]
    pub fn finish(self) -> u32 {
        self.0.finalize()
    }
}

impl Default for Crc16X25 {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Crc32C {
    fn default() -> Self {
        Self::new()
    }
}
