use super::{DataField, DataZone, Upid, UslpFrame, UslpHeader, UslpParameters};
use crate::frame::Vcid;
use crate::frame::receive::{Content, Format, FrameCount, Opened, Service};
use crate::packet::SequenceFlags;
use crate::wire::{Decode, DecodeError};

impl Format for UslpParameters {
    type Header = UslpHeader;

    fn open<'a>(&self, octets: &'a [u8]) -> Result<Opened<'a, UslpHeader>, DecodeError> {
        let (frame, rest) = UslpFrame::decode(self, octets)?;
        if !rest.is_empty() {
            return Err(DecodeError::Trailing { unit: "USLP frame", extra: rest.len() });
        }
        let UslpFrame { header, insert_zone, data, ocf } = frame;
        let count = header.control.map(|control| control.count).filter(|count| count.octets() > 0);
        Ok(Opened {
            header,
            header_repaired: 0,
            scid: header.scid,
            vcid: header.vcid,
            map: Some(header.map),
            // Truncated frames are expedited (annex D).
            expedited: header.control.is_none_or(|control| control.expedited),
            count: count
                .map(|count| FrameCount { value: count.value(), bits: 8 * u32::from(count.octets()) }),
            master_count: None,
            insert_zone,
            ocf,
            field: data,
        })
    }

    /// Frames say themselves what they carry; `service` does not matter.
    fn content<'a>(
        &self,
        header: &UslpHeader,
        _service: Service,
        field: &'a [u8],
    ) -> Result<Content<'a>, DecodeError> {
        if header.vcid == Vcid::IDLE {
            return Ok(Content::Idle);
        }
        let (DataField { protocol, zone }, _) = DataField::decode(field)?;
        if protocol == Upid::IDLE {
            return Ok(Content::Idle);
        }
        if header.control.is_some_and(|control| control.protocol_command) {
            return Ok(Content::Command { protocol, data: zone.octets() });
        }
        let packets = protocol == Upid::PACKETS;
        Ok(match zone {
            DataZone::Packets { first, zone } => Content::Packets { first, zone },
            DataZone::Start { last: Some(last), zone } => {
                part(SequenceFlags::Unsegmented, packets, valid(zone, last))
            }
            DataZone::Start { last: None, zone } => part(SequenceFlags::First, packets, zone),
            DataZone::Continuation { last: Some(last), zone } => {
                part(SequenceFlags::Last, packets, valid(zone, last))
            }
            DataZone::Continuation { last: None, zone } => part(SequenceFlags::Continuation, packets, zone),
            DataZone::Stream(octets) => Content::Stream(octets),
            DataZone::Segment { flags, data } => part(flags, packets, data),
        })
    }
}

const fn part(flags: SequenceFlags, packets: bool, data: &[u8]) -> Content<'_> {
    Content::Part { flags, packets, data }
}

/// The octets of `zone` up to its last valid one, which decoding has checked to be in it.
fn valid(zone: &[u8], last: u16) -> &[u8] {
    zone.get(..=usize::from(last)).unwrap_or(zone)
}
