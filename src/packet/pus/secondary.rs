use crate::wire::{DecodeError, EncodeError};

/// Which reports on a telecommand its sender asks for.
///
/// The standard counts bits from the most significant: acceptance is its bit 3, the lowest of the four.
///
/// Source: ECSS-E-ST-70-41C §7.4.4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AckFlags {
    /// Successful acceptance; 1.
    pub acceptance: bool,
    /// Successful start of execution; 2.
    pub start: bool,
    /// Successful progress of execution; 4.
    pub progress: bool,
    /// Successful completion of execution; 8.
    pub completion: bool,
}

impl AckFlags {
    /// No report.
    pub const NONE: Self = Self::of(0);
    /// All four.
    pub const ALL: Self = Self::of(0xF);

    /// From the low four bits of `bits`.
    #[must_use]
    pub const fn of(bits: u8) -> Self {
        Self {
            acceptance: bits & 1 != 0,
            start: bits & 2 != 0,
            progress: bits & 4 != 0,
            completion: bits & 8 != 0,
        }
    }

    /// The four bits, in the low end of an octet.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.acceptance as u8
            | (self.start as u8) << 1
            | (self.progress as u8) << 2
            | (self.completion as u8) << 3
    }
}

/// The secondary header of a telecommand, but for spare octets.
///
/// Source: ECSS-E-ST-70-41C §7.4.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TcSecondaryHeader {
    /// Which reports are asked for.
    pub ack: AckFlags,
    /// Service type.
    pub service: u8,
    /// Message subtype.
    pub subtype: u8,
    /// Who sent it.
    pub source: u16,
}

impl TcSecondaryHeader {
    /// Octets of the header.
    pub const LEN: usize = 5;

    /// The header as it is sent.
    #[must_use]
    pub const fn to_octets(&self) -> [u8; Self::LEN] {
        let [s0, s1] = self.source.to_be_bytes();
        [VERSION << 4 | self.ack.bits(), self.service, self.subtype, s0, s1]
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when the version is not 2, that of PUS-C.
    pub const fn from_octets(octets: [u8; Self::LEN]) -> Result<Self, DecodeError> {
        let [first, service, subtype, s0, s1] = octets;
        if first >> 4 != VERSION {
            return Err(DecodeError::field("PUS telecommand", "version", (first >> 4) as u64));
        }
        Ok(Self { ack: AckFlags::of(first), service, subtype, source: u16::from_be_bytes([s0, s1]) })
    }
}

/// The secondary header of telemetry, but for the time and spare octets.
///
/// Source: ECSS-E-ST-70-41C §7.4.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TmSecondaryHeader {
    /// Spacecraft time reference status, four bits: 0 when the mission does not use it.
    pub time_status: u8,
    /// Service type.
    pub service: u8,
    /// Message subtype.
    pub subtype: u8,
    /// Counts the messages of this type to this destination.
    pub counter: u16,
    /// Whom it is for.
    pub destination: u16,
}

impl TmSecondaryHeader {
    /// Octets of the header.
    pub const LEN: usize = 7;

    /// The header as it is sent.
    ///
    /// # Errors
    /// [`EncodeError::Field`] when the time status has more than four bits.
    pub const fn to_octets(&self) -> Result<[u8; Self::LEN], EncodeError> {
        if self.time_status > 0xF {
            return Err(EncodeError::field(
                "PUS telemetry",
                "time reference status",
                self.time_status as u64,
            ));
        }
        let ([c0, c1], [d0, d1]) = (self.counter.to_be_bytes(), self.destination.to_be_bytes());
        Ok([VERSION << 4 | self.time_status, self.service, self.subtype, c0, c1, d0, d1])
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`DecodeError::Field`] when the version is not 2, that of PUS-C.
    pub const fn from_octets(octets: [u8; Self::LEN]) -> Result<Self, DecodeError> {
        let [first, service, subtype, c0, c1, d0, d1] = octets;
        if first >> 4 != VERSION {
            return Err(DecodeError::field("PUS telemetry", "version", (first >> 4) as u64));
        }
        Ok(Self {
            time_status: first & 0xF,
            service,
            subtype,
            counter: u16::from_be_bytes([c0, c1]),
            destination: u16::from_be_bytes([d0, d1]),
        })
    }
}

const VERSION: u8 = 2;
