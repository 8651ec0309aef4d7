use super::{AosDraft, AosHeader, AosParameters, BitstreamPdu, Mpdu};
use crate::frame::counter::Count;
use crate::frame::send::{FrameOf, Load, Protect, SendFormat, Service, UnitLen};
use crate::frame::{IdleFiller, Vcid};
use crate::wire::EncodeError;

impl SendFormat for AosParameters {
    fn idle_channel(&self) -> Option<Vcid> {
        Some(Vcid::IDLE)
    }

    fn frame_len(&self) -> usize {
        Self::frame_len(self)
    }

    fn insert_zone_len(&self) -> Option<usize> {
        Some(self.settings().insert_zone_len)
    }

    fn has_ocf(&self) -> Option<bool> {
        Some(self.settings().ocf)
    }

    fn unit_len(&self, of: &FrameOf<'_>) -> Result<UnitLen, EncodeError> {
        if of.channel.vcid == Vcid::IDLE {
            return Err(EncodeError::field(UNIT, "virtual channel identifier of data", 63));
        }
        header(of).to_octets(self.settings().issue)?;
        let available = of.channel.security.range(self.data_zone_len()).len();
        let pdu_header = match of.channel.service {
            Service::Packets => Mpdu::HEADER_LEN,
            Service::Stream => BitstreamPdu::HEADER_LEN,
            Service::Access => 0,
        };
        if available <= pdu_header {
            return Err(EncodeError::Room { required: pdu_header + 1, available });
        }
        let zone = available - pdu_header;
        match of.channel.service {
            Service::Packets | Service::Stream => Ok(UnitLen::Any(zone)),
            Service::Access => Ok(UnitLen::Exactly(zone)),
        }
    }

    fn write(
        &self,
        of: &FrameOf<'_>,
        load: &mut Load<'_>,
        protect: Protect<'_>,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let mut draft = self.draft(of, out)?;
        let field = draft.data_zone();
        let inner = of.channel.security.inner_mut(UNIT, field)?;
        match load.service() {
            Service::Packets => {
                let (header, zone) = Mpdu::split(inner)?;
                *header = Mpdu::header(load.packets(zone)?, self.settings().wide_pointers)?;
            }
            Service::Access => _ = load.part(inner),
            Service::Stream => {
                let (header, zone) = Mpdu::split(inner)?;
                let filled = load.stream(zone);
                zone[filled..].fill(0);
                *header = BitstreamPdu::new(zone, filled * 8)?.pointer().to_be_bytes();
            }
        }
        protect(of.channel, field);
        Ok(draft.finish().len())
    }

    fn write_idle(
        &self,
        of: &FrameOf<'_>,
        filler: &mut IdleFiller,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let mut draft = self.draft(of, out)?;
        filler.fill(draft.data_zone());
        Ok(draft.finish().len())
    }
}

impl AosParameters {
    /// A frame with everything but its data in place.
    fn draft<'a>(&self, of: &FrameOf<'_>, out: &'a mut [u8]) -> Result<AosDraft<'a>, EncodeError> {
        let mut draft = AosDraft::begin(self, &header(of), out)?;
        draft.insert_zone().copy_from_slice(of.insert_zone);
        draft.set_ocf(of.ocf.unwrap_or_default());
        Ok(draft)
    }
}

fn header(of: &FrameOf<'_>) -> AosHeader {
    let cycle = of.channel.cycle.then(|| Count::wrapping(of.count >> 24));
    AosHeader { count: Count::wrapping(of.count), cycle, ..AosHeader::new(of.scid, of.channel.vcid) }
}

const UNIT: &str = "AOS frame";
