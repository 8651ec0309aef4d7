//! Any bundle comes back as it was built; any octets are refused or written back as they were read.

use bytes::Bytes;
use proptest::prelude::*;
use spacelink::bundle::{
    AdminRecord, Block, BlockContent, BlockFlags, Bundle, BundleFlags, CrcType, CreationTimestamp, Eid,
    Fragment, HopCount, IpnElements, NodeNumber, Rules,
};
use spacelink::time::DtnTime;

fn crc() -> impl Strategy<Value = CrcType> {
    prop_oneof![Just(CrcType::None), Just(CrcType::Crc16), Just(CrcType::Crc32C)]
}

/// Numbers of every length on the wire.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(value, shift)| value >> shift)
}

fn eid() -> impl Strategy<Value = Eid> {
    let dtn = "//[a-zA-Z0-9._-]{1,9}/[!-~]{0,9}".prop_map(|text| Eid::dtn(&text).unwrap());
    let ipn = (number(), number(), any::<bool>()).prop_map(|(node, service, three)| {
        let form = if three { IpnElements::Three } else { IpnElements::Two };
        Eid::ipn(NodeNumber(node), service).with_elements(form)
    });
    prop_oneof![Just(Eid::NONE), dtn, ipn]
}

fn block() -> impl Strategy<Value = Block> {
    let octets = (13u64..100_000, prop::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(block_type, data)| BlockContent::Octets { block_type, data: data.into() });
    let content = prop_oneof![
        eid().prop_map(BlockContent::PreviousNode),
        number().prop_map(BlockContent::Age),
        (1u8.., number()).prop_map(|(limit, count)| BlockContent::HopCount(HopCount { limit, count })),
        octets,
    ];
    (content, crc(), number())
        .prop_map(|(content, crc, flags)| Block::new(content).with_crc(crc).with_flags(BlockFlags(flags)))
}

prop_compose! {
    pub fn bundle()(
        (source, destination, report_to) in (eid(), eid(), eid()),
        (flags, time, sequence) in (number(), number(), number()),
        (primary_crc, payload_crc) in (crc(), crc()),
        offset in prop::option::of(0u64..1_000_000),
        blocks in prop::collection::vec(block(), 0..5),
        payload in prop::collection::vec(any::<u8>(), 0..400),
    ) -> Option<Bundle> {
        let mut builder = Bundle::builder(source, destination)
            .rules(Rules::LENIENT)
            .report_to(report_to)
            .flags(BundleFlags(flags & !1))
            .timestamp(CreationTimestamp { time: DtnTime(time), sequence })
            .primary_crc(primary_crc)
            .payload_crc(payload_crc);
        if let Some(offset) = offset {
            builder = builder.fragment(Fragment { offset, total: offset + payload.len() as u64 });
        }
        for block in blocks {
            builder = builder.block(block);
        }
        builder.payload(payload).build().ok()
    }
}

fn refused_or_written_back(octets: Vec<u8>) {
    let octets = Bytes::from(octets);
    if let Ok((bundle, rest)) = Bundle::decode_prefix(octets.clone(), &Rules::LENIENT) {
        assert_eq!(bundle.encode(), octets[..octets.len() - rest.len()]);
        assert_eq!(bundle.encoded_len(), octets.len() - rest.len());
        let _ = AdminRecord::decode(bundle.payload());
    }
}

proptest! {
    #[test]
    fn there_and_back(bundle in bundle().prop_filter_map("against the rules", |bundle| bundle)) {
        let octets = Bytes::from(bundle.encode());
        prop_assert_eq!(octets.len(), bundle.encoded_len());
        let read = Bundle::decode_with(octets.clone(), &Rules::LENIENT).unwrap();
        prop_assert_eq!(&read, &bundle);
        prop_assert_eq!(read.encode(), octets);
    }

    /// A flipped bit is seen by a CRC, or the bundle is another one that is written as it was read.
    #[test]
    fn flipped(bundle in bundle().prop_filter_map("against the rules", |bundle| bundle), at: usize, bit in 0..8) {
        let mut octets = bundle.encode();
        let at = at % octets.len();
        octets[at] ^= 1u8 << bit;
        let all_checked = bundle.all_blocks().all(|block| block.crc_type() != CrcType::None);
        if all_checked && bundle.primary().crc_type() != CrcType::None {
            prop_assert!(Bundle::decode_with(octets.clone().into(), &Rules::LENIENT).is_err());
        }
        refused_or_written_back(octets);
    }

    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let framed = [&[0x9F, 0x88, 7][..], &octets].concat();
        refused_or_written_back(octets);
        refused_or_written_back(framed);
    }

    #[test]
    fn any_record(octets in prop::collection::vec(any::<u8>(), 0..60)) {
        let payload = Bytes::from([&[0x82][..], &octets].concat());
        if let Ok(record) = AdminRecord::decode(&payload) {
            prop_assert_eq!(record.encode(), payload);
        }
    }
}
