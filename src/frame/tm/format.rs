use super::{DataStatus, TmFrame, TmHeader, TmParameters};
use crate::frame::packets::FirstHeader;
use crate::frame::receive::{Content, Format, FrameCount, Opened, Service};
use crate::packet::SequenceFlags;
use crate::wire::DecodeError;

impl Format for TmParameters {
    type Header = TmHeader;

    fn open<'a>(&self, octets: &'a [u8]) -> Result<Opened<'a, TmHeader>, DecodeError> {
        let TmFrame { header, secondary_header, data, ocf } = TmFrame::decode(self, octets)?;
        Ok(Opened {
            header,
            header_repaired: 0,
            scid: header.scid,
            vcid: header.vcid,
            map: None,
            expedited: false,
            count: Some(FrameCount { value: header.count.value(), bits: 8 }),
            master_count: Some(header.master_count.value() as u8),
            insert_zone: secondary_header.unwrap_or_default(),
            ocf,
            field: data,
        })
    }

    /// A frame that says that it holds access data or nothing does, whatever `service` says; one that says that it holds
    /// packets does only on a channel of packets.
    fn content<'a>(
        &self,
        header: &TmHeader,
        service: Service,
        field: &'a [u8],
    ) -> Result<Content<'a>, DecodeError> {
        Ok(match (header.status, service) {
            (DataStatus::Packets(FirstHeader::IdleOnly), Service::Access | Service::Bitstream) => {
                Content::Idle
            }
            (DataStatus::Packets(first), Service::Packets) => Content::Packets { first, zone: field },
            _ => Content::Part { flags: SequenceFlags::Unsegmented, packets: false, data: field },
        })
    }
}
