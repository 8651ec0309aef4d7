use super::{TcSecondaryHeader, TmSecondaryHeader};
use crate::crc;
use crate::packet::{PacketType, SpaceHeader, SpacePacket};
use crate::wire::{Decode, DecodeError, EncodeError};

/// What a mission agrees on beforehand.
///
/// Source: ECSS-E-ST-70-41C §7.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PusParameters {
    /// Octets of the time in telemetry, with its preamble when that is sent; see [`time::code`](crate::time::code).
    pub time_len: usize,
    /// Spare octets at the end of the secondary header of telecommands. Zero when sent, ignored when received.
    pub tc_spare: usize,
    /// Spare octets at the end of the secondary header of telemetry. Zero when sent, ignored when received.
    pub tm_spare: usize,
    /// Whether packets end with a check sequence of two octets over all before it.
    pub check: bool,
}

impl Default for PusParameters {
    /// A CDS time of seven octets, no spare octets, a check sequence.
    fn default() -> Self {
        Self { time_len: 7, tc_spare: 0, tm_spare: 0, check: true }
    }
}

/// A PUS telecommand, whose data stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PusTc<'a> {
    /// The primary header; written as that of a telecommand with secondary header, whatever it says of these.
    pub header: SpaceHeader,
    /// The secondary header.
    pub secondary: TcSecondaryHeader,
    /// Application data.
    pub data: &'a [u8],
}

impl<'a> PusTc<'a> {
    /// Reads the packet that `octets` are, from first to last.
    ///
    /// # Errors
    /// [`DecodeError`] when they are no Space Packet, no telecommand, without secondary header, of another version, too
    /// short, or when the check sequence does not match.
    pub fn decode(parameters: &PusParameters, octets: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, data) = open(TC, PacketType::Telecommand, parameters.check, octets)?;
        let short = DecodeError::Short {
            unit: TC,
            required: TcSecondaryHeader::LEN + parameters.tc_spare,
            found: data.len(),
        };
        let (secondary, data) = data.split_first_chunk().ok_or(short)?;
        let data = data.get(parameters.tc_spare..).ok_or(short)?;
        Ok(Self { header, secondary: TcSecondaryHeader::from_octets(*secondary)?, data })
    }

    /// Octets that [`encode`](Self::encode) will write.
    #[must_use]
    pub const fn encoded_len(&self, parameters: &PusParameters) -> usize {
        let front = SpacePacket::HEADER_LEN + TcSecondaryHeader::LEN + parameters.tc_spare;
        front + self.data.len() + check_len(parameters.check)
    }

    /// Writes the packet to the front of `out`; returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`], or [`EncodeError::Field`] when the packet is too long.
    pub fn encode(&self, parameters: &PusParameters, out: &mut [u8]) -> Result<usize, EncodeError> {
        let parts = [&self.secondary.to_octets()[..], &[]];
        let len = self.encoded_len(parameters);
        let header = SpaceHeader { packet_type: PacketType::Telecommand, ..self.header };
        write(header, parts, parameters.tc_spare, self.data, parameters.check, len, out)
    }
}

/// PUS telemetry, whose data stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PusTm<'a> {
    /// The primary header; written as that of telemetry with secondary header, whatever it says of these.
    pub header: SpaceHeader,
    /// The secondary header.
    pub secondary: TmSecondaryHeader,
    /// The time, in the mission's code.
    pub time: &'a [u8],
    /// Source data.
    pub data: &'a [u8],
}

impl<'a> PusTm<'a> {
    /// Reads the packet that `octets` are, from first to last.
    ///
    /// # Errors
    /// [`DecodeError`] when they are no Space Packet, no telemetry, without secondary header, of another version, too
    /// short, or when the check sequence does not match.
    pub fn decode(parameters: &PusParameters, octets: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, data) = open(TM, PacketType::Telemetry, parameters.check, octets)?;
        let required = TmSecondaryHeader::LEN + parameters.time_len + parameters.tm_spare;
        let short = DecodeError::Short { unit: TM, required, found: data.len() };
        let (secondary, data) = data.split_first_chunk().ok_or(short)?;
        let (time, data) = data.split_at_checked(parameters.time_len).ok_or(short)?;
        let data = data.get(parameters.tm_spare..).ok_or(short)?;
        Ok(Self { header, secondary: TmSecondaryHeader::from_octets(*secondary)?, time, data })
    }

    /// Octets that [`encode`](Self::encode) will write.
    #[must_use]
    pub const fn encoded_len(&self, parameters: &PusParameters) -> usize {
        let front = SpacePacket::HEADER_LEN + TmSecondaryHeader::LEN + self.time.len() + parameters.tm_spare;
        front + self.data.len() + check_len(parameters.check)
    }

    /// Writes the packet to the front of `out`; returns how many octets that took.
    ///
    /// # Errors
    /// [`EncodeError::Room`], or [`EncodeError::Field`] when the packet is too long or the time is not as long as all
    /// times of the mission.
    pub fn encode(&self, parameters: &PusParameters, out: &mut [u8]) -> Result<usize, EncodeError> {
        if self.time.len() != parameters.time_len {
            return Err(EncodeError::field(TM, "time length", self.time.len() as u64));
        }
        let parts = [&self.secondary.to_octets()?[..], self.time];
        let len = self.encoded_len(parameters);
        let header = SpaceHeader { packet_type: PacketType::Telemetry, ..self.header };
        write(header, parts, parameters.tm_spare, self.data, parameters.check, len, out)
    }
}

/// The primary header of the packet that `octets` are, and its data without check sequence.
fn open<'a>(
    unit: &'static str,
    wanted: PacketType,
    check: bool,
    octets: &'a [u8],
) -> Result<(SpaceHeader, &'a [u8]), DecodeError> {
    let packet = SpacePacket::decode_exact(unit, octets)?;
    let header = packet.header();
    if header.packet_type != wanted {
        let value = u64::from(header.packet_type == PacketType::Telecommand);
        return Err(DecodeError::field(unit, "packet type", value));
    }
    if !header.secondary_header {
        return Err(DecodeError::field(unit, "secondary header flag", 0));
    }
    if !check {
        return Ok((header, packet.data()));
    }
    let data_len = packet.data().len();
    let short = DecodeError::Short { unit, required: check_len(check), found: data_len };
    let (data, _) = packet.data().split_last_chunk::<2>().ok_or(short)?;
    // Over the whole packet with its check sequence the remainder is zero.
    if crc::fecf(octets) == 0 { Ok((header, data)) } else { Err(DecodeError::Check { unit }) }
}

/// Writes header, `parts`, spare octets, data and check sequence, `len` octets in all.
fn write(
    header: SpaceHeader,
    parts: [&[u8]; 2],
    spare: usize,
    data: &[u8],
    check: bool,
    len: usize,
    out: &mut [u8],
) -> Result<usize, EncodeError> {
    let room = EncodeError::Room { required: len, available: out.len() };
    let out = out.get_mut(..len).ok_or(room)?;
    let (front, mut rest) = out.split_first_chunk_mut().ok_or(room)?;
    let length = rest.len().checked_sub(1).and_then(|length| u16::try_from(length).ok());
    let length = length.ok_or(EncodeError::field("PUS packet", "data length", rest.len() as u64))?;
    *front = SpaceHeader { secondary_header: true, ..header }.to_octets(length);
    for part in parts {
        let (here, after) = rest.split_at_mut_checked(part.len()).ok_or(room)?;
        here.copy_from_slice(part);
        rest = after;
    }
    let (here, rest) = rest.split_at_mut_checked(spare).ok_or(room)?;
    here.fill(0);
    rest.get_mut(..data.len()).ok_or(room)?.copy_from_slice(data);
    if check && let Some((covered, field)) = out.split_last_chunk_mut() {
        *field = crc::fecf(covered).to_be_bytes();
    }
    Ok(len)
}

const fn check_len(check: bool) -> usize {
    if check { 2 } else { 0 }
}

const TC: &str = "PUS telecommand";
const TM: &str = "PUS telemetry";
