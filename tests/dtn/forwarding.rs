//! What nodes do to bundles: previous node, age, hops, removal, expiry; and octets that nobody touched.

use bytes::Bytes;
use spacelink::bundle::{
    Block, BlockFlags, Bundle, BundleError, CrcType, CreationTimestamp, Eid, IpnElements,
};
use spacelink::time::{DtnTime, Epoch, Instant};
use std::time::Duration;

fn eid(text: &str) -> Eid {
    text.parse().unwrap()
}

fn received(time: u64) -> Bundle {
    let bundle = Bundle::builder(eid("ipn:1.7").with_elements(IpnElements::Three), eid("ipn:977.2.7"))
        .timestamp(CreationTimestamp { time: DtnTime(time), sequence: 3 })
        .lifetime(Duration::from_secs(100))
        .age(Duration::from_millis(40))
        .hop_limit(2)
        .block(
            Block::of_type(200, "kept").with_number(3).with_flags(BlockFlags(0x110)).with_crc(CrcType::Crc16),
        )
        .payload("data")
        .build()
        .unwrap();
    Bundle::decode(bundle.encode().into()).unwrap()
}

/// Where `part` is found in `whole`.
fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}

fn len(block: &Block) -> usize {
    usize::try_from(block.encoded_len()).unwrap()
}

#[test]
fn untouched_blocks_keep_their_octets() {
    let before = received(1).encode();
    let mut bundle = Bundle::decode(before.clone().into()).unwrap();
    bundle.set_previous_node(eid("ipn:9.0"));
    bundle.add_age(Duration::from_micros(1_500));
    assert!(bundle.raise_hop_count());
    let after = bundle.encode();
    // The primary block and the blocks after the age and hop count blocks.
    let primary = find(&before, &[0x86, 0x07]).unwrap();
    assert_eq!(before[..primary], after[..primary]);
    for block in [received(1).blocks()[2].clone(), received(1).payload_block().clone()] {
        let tail = before.len() - 1 - len(received(1).payload_block());
        let octets = match block.number() {
            1 => &before[tail..before.len() - 1],
            _ => &before[tail - len(&block)..tail],
        };
        assert!(find(&after, octets).is_some(), "block {}", block.number());
    }
    let again = Bundle::decode(after.into()).unwrap();
    assert_eq!(again, bundle);
    assert_eq!(again.age(), Some(Duration::from_millis(42)));
    assert_eq!(again.previous_node(), Some(&eid("ipn:9.0")));
    assert_eq!(again.source().elements(), Some(IpnElements::Three));
}

#[test]
fn the_previous_node_is_replaced() {
    let mut bundle = received(1);
    bundle.set_previous_node(eid("ipn:9.0"));
    let blocks = bundle.blocks().len();
    bundle.set_previous_node(eid("dtn://longer-name/"));
    assert_eq!(bundle.blocks().len(), blocks);
    assert_eq!(bundle.previous_node(), Some(&eid("dtn://longer-name/")));
    assert_eq!(Bundle::decode(bundle.encode().into()), Ok(bundle));
}

#[test]
fn an_encrypted_previous_node_gives_way() {
    // The confidentiality block speaks of block 2, which is encrypted, and of 5, which is not there.
    let mut bundle = Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7"))
        .age(Duration::ZERO)
        .block(Block::of_type(6, "cipher").with_number(2))
        .block(Block::of_type(12, vec![0x82, 2, 5]))
        .build()
        .unwrap();
    assert_eq!(bundle.previous_node(), None);
    bundle.set_previous_node(eid("ipn:9.0"));
    let numbers: Vec<_> = bundle.blocks().iter().map(|block| (block.block_type(), block.number())).collect();
    assert_eq!(numbers, [(7, 3), (12, 4), (6, 6)]);
    assert_eq!(Bundle::decode(bundle.encode().into()), Ok(bundle));
}

#[test]
fn hops_run_out() {
    let mut bundle = received(1);
    assert!(bundle.raise_hop_count());
    assert!(bundle.raise_hop_count());
    assert!(!bundle.raise_hop_count());
    assert_eq!(bundle.hop_count().map(|hops| hops.count), Some(3));
    let mut endless = Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7")).age(Duration::ZERO).build().unwrap();
    assert!(endless.raise_hop_count());
}

#[test]
fn removal() {
    let mut bundle = received(0);
    assert_eq!(bundle.remove_block(3).map(|block| block.block_type()), Ok(200));
    assert_eq!(bundle.remove_block(3), Err(BundleError::NoSuchBlock { block: 3 }));
    assert_eq!(bundle.remove_block(1), Err(BundleError::NoSuchBlock { block: 1 }));
    // A clockless source's age block stays.
    let age = bundle.blocks().iter().find(|block| block.block_type() == 7).unwrap().number();
    let before = bundle.clone();
    assert_eq!(bundle.remove_block(age), Err(BundleError::NoAge));
    assert_eq!(bundle, before);
    let mut timed = received(5);
    assert!(timed.remove_block(age).is_ok());
}

#[test]
fn expiry() {
    let received_at = Instant::from_secs(1_000);
    let by_age = received_at + Duration::from_millis(100_000 - 40);
    // The host's start was at DTN time 500 s.
    let epoch = Some(Epoch(DtnTime(500_000)));
    assert_eq!(received(0).expires_at(received_at, epoch), by_age);
    assert_eq!(received(700_000).expires_at(received_at, None), by_age);
    assert_eq!(received(700_000).expires_at(received_at, epoch), Instant::from_secs(300));
    // Long over, and never over.
    assert_eq!(received(1).expires_at(received_at, epoch), Instant::ZERO);
    let forever = Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7")).age(Duration::ZERO).lifetime(Duration::MAX);
    assert_eq!(forever.build().unwrap().expires_at(received_at, epoch), Instant::MAX);
}

#[test]
fn ids_tell_bundles_apart() {
    let id = received(5).id();
    assert_eq!(id, received(5).id());
    assert_ne!(id, received(6).id());
    assert_eq!(id.source, eid("ipn:1.7"));
    assert_eq!(id.fragment, None);
    assert_eq!(id.to_string(), "ipn:1.7 5.3");
    let part = received(5).cut(1, 2).unwrap().id();
    assert_eq!(part.to_string(), "ipn:1.7 5.3 [1+2]");
}

#[test]
fn bundles_one_after_the_other() {
    let (a, b) = (received(5), received(0));
    let stream: Bytes = [a.encode(), b.encode()].concat().into();
    let (first, rest) = Bundle::decode_prefix(stream, &Default::default()).unwrap();
    let (second, rest) = Bundle::decode_prefix(rest, &Default::default()).unwrap();
    assert_eq!((first, second, rest.len()), (a, b, 0));
}

#[test]
fn room_to_encode() {
    let bundle = received(5);
    let mut exact = vec![0; bundle.encoded_len()];
    assert_eq!(bundle.encode_into(&mut exact), Ok(exact.len()));
    assert_eq!(exact, bundle.encode());
    for len in 0..exact.len() {
        assert!(bundle.encode_into(&mut vec![0; len]).is_err(), "{len}");
    }
}
