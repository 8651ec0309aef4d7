//! The same bundle, made by each of the three.

use bp7::bundle::BundleBuilder;
use bp7::canonical::{new_bundle_age_block, new_hop_count_block, new_payload_block, new_previous_node_block};
use bp7::crc::CrcRawType;
use bp7::flags::{BlockControlFlags, BundleControlFlags};
use bp7::primary::PrimaryBlockBuilder;
use bp7::{CreationTimestamp as Bp7Timestamp, EndpointID};
use hardy_bpv7::builder::Builder;
use hardy_bpv7::crc::CrcType as HardyCrc;
use hardy_bpv7::creation_timestamp::CreationTimestamp as HardyTimestamp;
use spacelink::bundle::{Bundle, BundleFlags, CrcType, CreationTimestamp};
use spacelink::time::DtnTime;
use std::time::Duration;

/// What the bundles have in common.
#[derive(Clone, Copy)]
pub struct Spec<'a> {
    pub source: &'a str,
    pub destination: &'a str,
    pub crc: CrcType,
    /// With previous node, age and hop count blocks.
    pub extended: bool,
    pub payload: &'a [u8],
}

/// By bp7.
pub fn by_bp7(spec: &Spec<'_>) -> bp7::Bundle {
    let eid = |text: &str| EndpointID::try_from(text).unwrap();
    let primary = PrimaryBlockBuilder::default()
        .bundle_control_flags(BundleControlFlags::BUNDLE_MUST_NOT_FRAGMENTED.bits())
        .destination(eid(spec.destination))
        .source(eid(spec.source))
        .report_to(eid(spec.source))
        .creation_timestamp(Bp7Timestamp::with_time_and_seq(850_000_000_000, 5))
        .lifetime(Duration::from_secs(3600))
        .build()
        .unwrap();
    let none = BlockControlFlags::empty;
    let mut blocks = vec![new_payload_block(none(), spec.payload.to_vec())];
    if spec.extended {
        blocks.push(new_hop_count_block(2, none(), 32));
        blocks.push(new_bundle_age_block(3, none(), 1500));
        blocks.push(new_previous_node_block(4, none(), eid("ipn:9.0")));
    }
    let mut bundle = BundleBuilder::default().primary(primary).canonicals(blocks).build().unwrap();
    bundle.set_crc(spec.crc.code() as CrcRawType);
    bundle.sort_canonicals();
    bundle
}

/// By hardy-bpv7: it chooses the time and, beside the payload, can make the hop count block by itself.
pub fn by_hardy(spec: &Spec<'_>) -> Box<[u8]> {
    let crc = match spec.crc {
        CrcType::None => HardyCrc::None,
        CrcType::Crc16 => HardyCrc::CRC16_X25,
        CrcType::Crc32C => HardyCrc::CRC32_CASTAGNOLI,
    };
    let mut builder =
        Builder::new(spec.source.parse().unwrap(), spec.destination.parse().unwrap()).with_crc_type(crc);
    if spec.extended {
        builder = builder.with_hop_count(&hardy_bpv7::hop_info::HopInfo { limit: 32, count: 0 });
    }
    builder.with_payload(spec.payload.into()).build(HardyTimestamp::now()).unwrap().1
}

/// By spacelink.
pub fn by_us(spec: &Spec<'_>) -> Bundle {
    let mut builder = Bundle::builder(spec.source.parse().unwrap(), spec.destination.parse().unwrap())
        .flags(BundleFlags::MUST_NOT_FRAGMENT)
        .crc(spec.crc)
        .primary_crc(if spec.crc == CrcType::None { CrcType::Crc32C } else { spec.crc })
        .report_to(spec.source.parse().unwrap())
        .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 5 })
        .lifetime(Duration::from_secs(3600));
    if spec.extended {
        builder =
            builder.previous_node("ipn:9.0".parse().unwrap()).age(Duration::from_millis(1500)).hop_limit(32);
    }
    builder.payload(spec.payload.to_vec()).build().unwrap()
}
