use super::{AosFrame, AosHeader, AosParameters, BitstreamPdu, Mpdu};
use crate::frame::Vcid;
use crate::frame::receive::{Content, Format, FrameCount, Opened, Service};
use crate::packet::SequenceFlags;
use crate::wire::{Decode, DecodeError};

impl Format for AosParameters {
    type Header = AosHeader;

    fn open<'a>(&self, octets: &'a [u8]) -> Result<Opened<'a, AosHeader>, DecodeError> {
        let AosFrame { header, header_repaired, insert_zone, data, ocf } = AosFrame::decode(self, octets)?;
        let (value, bits) = header.long_count();
        Ok(Opened {
            header,
            header_repaired,
            scid: header.scid,
            vcid: header.vcid,
            map: None,
            expedited: false,
            count: Some(FrameCount { value, bits }),
            master_count: None,
            insert_zone,
            ocf,
            field: data,
        })
    }

    fn content<'a>(
        &self,
        header: &AosHeader,
        service: Service,
        field: &'a [u8],
    ) -> Result<Content<'a>, DecodeError> {
        if header.vcid == Vcid::IDLE {
            return Ok(Content::Idle);
        }
        Ok(match service {
            Service::Packets => {
                let Mpdu { first, zone } = Mpdu::decode(field)?;
                Content::Packets { first, zone }
            }
            Service::Access => {
                Content::Part { flags: SequenceFlags::Unsegmented, packets: false, data: field }
            }
            Service::Bitstream => Content::Bitstream(BitstreamPdu::decode(field)?.0),
        })
    }
}
