use super::{
    DataField, DataZone, FrameLen, Upid, UslpControl, UslpCount, UslpDraft, UslpHeader, UslpParameters,
};
use crate::frame::send::{FrameOf, Load, Part, Protect, SendFormat, Service, UnitLen};
use crate::frame::{IdleFiller, Vcid};
use crate::packet::SequenceFlags;
use crate::wire::EncodeError;

impl SendFormat for UslpParameters {
    fn idle_channel(&self) -> Option<Vcid> {
        Some(Vcid::IDLE)
    }

    fn frame_len(&self) -> usize {
        self.settings().frame_len.most()
    }

    fn insert_zone_len(&self) -> Option<usize> {
        Some(self.settings().insert_zone_len)
    }

    fn has_ocf(&self) -> Option<bool> {
        None
    }

    fn unit_len(&self, of: &FrameOf<'_>) -> Result<UnitLen, EncodeError> {
        if of.channel.vcid == Vcid::IDLE {
            return Err(EncodeError::field(UNIT, "virtual channel identifier of data", 63));
        }
        if self.is_fixed() && of.channel.service == Service::Stream {
            return Err(EncodeError::field(UNIT, "stream service in frames of fixed length", 0));
        }
        let header = header(of)?;
        header.encode(self.frame_len(), &mut [0; MAX_HEADER_LEN])?;
        let available = of.channel.security.range(self.data_len(&header)).len();
        match available.checked_sub(self.field_header_len()) {
            None | Some(0) => Err(EncodeError::Room { required: self.field_header_len() + 1, available }),
            Some(len) => Ok(UnitLen::Any(len)),
        }
    }

    fn write(
        &self,
        of: &FrameOf<'_>,
        load: &mut Load<'_>,
        protect: Protect<'_>,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let header = header(of)?;
        let security = of.channel.security;
        let most = self.data_len(&header);
        let around = security.header + security.trailer + self.field_header_len();
        let data_len = match self.is_fixed() {
            true => most,
            false => load.part_len(most.saturating_sub(around)) + around,
        };
        let mut draft = self.draft(of, &header, data_len, out)?;
        let field = draft.data_field();
        let inner = security.inner_mut(UNIT, field)?;
        let (front, zone) = inner.split_at_mut_checked(self.field_header_len()).ok_or(no_room())?;
        let (octets, len) = match (self.is_fixed(), load.service()) {
            (true, Service::Packets) => {
                let first = load.packets(zone)?;
                DataField::header(Upid::PACKETS, &DataZone::Packets { first, zone })?
            }
            (true, _) => {
                let part = load.part(zone);
                zone[part.len..].fill(0);
                DataField::header(Upid::MISSION, &spanning(part, zone)?)?
            }
            (false, Service::Stream) => {
                load.stream(zone);
                DataField::header(Upid::STREAM, &DataZone::Stream(zone))?
            }
            (false, service) => {
                let protocol = if service == Service::Packets { Upid::PACKETS } else { Upid::MISSION };
                let flags = load.part(zone).flags;
                DataField::header(protocol, &DataZone::Segment { flags, data: zone })?
            }
        };
        front.copy_from_slice(&octets[..len]);
        protect(of.channel, field);
        Ok(draft.finish().len())
    }

    fn write_idle(
        &self,
        of: &FrameOf<'_>,
        filler: &mut IdleFiller,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let header = header(of)?;
        let mut draft = self.draft(of, &header, self.data_len(&header), out)?;
        let field = draft.data_field();
        let (front, zone) = field.split_at_mut_checked(POINTED_LEN).ok_or(no_room())?;
        filler.fill(zone);
        let (octets, len) = DataField::header(Upid::IDLE, &DataZone::Start { last: None, zone })?;
        front.copy_from_slice(&octets[..len]);
        Ok(draft.finish().len())
    }
}

impl UslpParameters {
    /// A frame with everything but its data in place.
    fn draft<'a>(
        &self,
        of: &FrameOf<'_>,
        header: &UslpHeader,
        data_len: usize,
        out: &'a mut [u8],
    ) -> Result<UslpDraft<'a>, EncodeError> {
        let mut draft = UslpDraft::begin(self, header, data_len, out)?;
        draft.insert_zone().copy_from_slice(of.insert_zone);
        draft.set_ocf(of.ocf.unwrap_or_default());
        Ok(draft)
    }

    const fn is_fixed(&self) -> bool {
        matches!(self.settings().frame_len, FrameLen::Fixed(_))
    }

    /// Octets of the data field header.
    const fn field_header_len(&self) -> usize {
        if self.is_fixed() { POINTED_LEN } else { 1 }
    }
}

/// A unit, or part of one, in a frame of fixed length.
fn spanning(part: Part, zone: &[u8]) -> Result<DataZone<'_>, EncodeError> {
    let end = part.len.checked_sub(1).and_then(|last| u16::try_from(last).ok());
    let last = end.ok_or(EncodeError::field(UNIT, "unit length", part.len as u64))?;
    Ok(match part.flags {
        SequenceFlags::Unsegmented => DataZone::Start { last: Some(last), zone },
        SequenceFlags::First => DataZone::Start { last: None, zone },
        SequenceFlags::Continuation => DataZone::Continuation { last: None, zone },
        SequenceFlags::Last => DataZone::Continuation { last: Some(last), zone },
    })
}

fn header(of: &FrameOf<'_>) -> Result<UslpHeader, EncodeError> {
    let octets = of.channel.count_len;
    let mask = 1_u64.checked_shl(8 * u32::from(octets)).map_or(u64::MAX, |modulus| modulus - 1);
    let refused = EncodeError::field(UNIT, "frame count length", octets.into());
    let count = UslpCount::new(octets, of.count & mask).ok_or(refused)?;
    let control = UslpControl {
        expedited: of.channel.expedited,
        protocol_command: false,
        ocf: of.ocf.is_some(),
        count,
    };
    Ok(UslpHeader { control: Some(control), ..UslpHeader::new(of.scid, of.channel.vcid, of.channel.map) })
}

const fn no_room() -> EncodeError {
    EncodeError::Room { required: POINTED_LEN + 1, available: POINTED_LEN }
}

const UNIT: &str = "USLP frame";
/// Octets of a data field header with a pointer.
const POINTED_LEN: usize = 3;
/// Header with the longest count.
const MAX_HEADER_LEN: usize = UslpHeader::LEN + 7;
