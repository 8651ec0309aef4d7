use super::{DataStatus, TmDraft, TmHeader, TmParameters};
use crate::frame::counter::Count;
use crate::frame::packets::{FirstHeader, PointerForm};
use crate::frame::send::{FrameOf, Load, Protect, SendFormat, Service, UnitLen};
use crate::frame::{IdleFiller, Vcid};
use crate::wire::EncodeError;

impl SendFormat for TmParameters {
    fn idle_channel(&self) -> Option<Vcid> {
        None
    }

    fn frame_len(&self) -> usize {
        Self::frame_len(self)
    }

    fn insert_zone_len(&self) -> Option<usize> {
        self.settings().secondary_header_len
    }

    fn has_ocf(&self) -> Option<bool> {
        self.settings().ocf
    }

    fn unit_len(&self, of: &FrameOf<'_>) -> Result<UnitLen, EncodeError> {
        header(of, DataStatus::ACCESS).to_octets()?;
        let data_len = self.data_len(of.insert_zone.len(), of.ocf.is_some());
        match (of.channel.security.range(data_len).len(), of.channel.service) {
            (0, _) => Err(EncodeError::Room { required: 1, available: 0 }),
            (len, Service::Packets) if len > PointerForm::Eleven.max_zone_len() => {
                Err(EncodeError::field(UNIT, "packet zone length", len as u64))
            }
            (len, Service::Packets) => Ok(UnitLen::Any(len)),
            (len, Service::Access) => Ok(UnitLen::Exactly(len)),
            (_, Service::Stream) => Err(EncodeError::field(UNIT, "stream service", 0)),
        }
    }

    fn write(
        &self,
        of: &FrameOf<'_>,
        load: &mut Load<'_>,
        protect: Protect<'_>,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let access = load.service() != Service::Packets;
        let status = if access { DataStatus::ACCESS } else { DataStatus::Packets(FirstHeader::NoStart) };
        let mut draft = self.draft(of, status, out)?;
        let inner = of.channel.security.inner_mut(UNIT, draft.data_field())?;
        if access {
            load.part(inner);
        } else {
            let first = load.packets(inner)?;
            draft.set_first_header(first)?;
        }
        protect(of.channel, draft.data_field());
        Ok(draft.finish().len())
    }

    fn write_idle(
        &self,
        of: &FrameOf<'_>,
        filler: &mut IdleFiller,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let mut draft = self.draft(of, DataStatus::Packets(FirstHeader::IdleOnly), out)?;
        filler.fill(draft.data_field());
        Ok(draft.finish().len())
    }
}

impl TmParameters {
    /// A frame with everything but its data in place.
    fn draft<'a>(
        &self,
        of: &FrameOf<'_>,
        status: DataStatus,
        out: &'a mut [u8],
    ) -> Result<TmDraft<'a>, EncodeError> {
        let mut draft = TmDraft::begin(self, &header(of, status), of.insert_zone, out)?;
        draft.set_ocf(of.ocf.unwrap_or_default());
        Ok(draft)
    }
}

fn header(of: &FrameOf<'_>, status: DataStatus) -> TmHeader {
    TmHeader {
        ocf: of.ocf.is_some(),
        master_count: Count::wrapping(of.master_count),
        count: Count::wrapping(of.count),
        status,
        ..TmHeader::new(of.scid, of.channel.vcid)
    }
}

const UNIT: &str = "TM frame";
