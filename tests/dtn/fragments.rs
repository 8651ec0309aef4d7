//! Fragments hold the blocks they must hold, fit where they must fit, and become the whole again.

use crate::bundle_properties::bundle;
use proptest::prelude::*;
use spacelink::bundle::{
    Block, BlockContent, BlockFlags, Bundle, BundleBuilder, BundleError, BundleFlags, CrcType,
    CreationTimestamp, Eid, Fragment, Rules, block_type,
};
use spacelink::time::DtnTime;
use std::time::Duration;

fn eid(text: &str) -> Eid {
    text.parse().unwrap()
}

fn builder() -> BundleBuilder {
    Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7"))
        .timestamp(CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 3 })
        .payload("0123456789")
}

fn types(bundle: &Bundle) -> Vec<u64> {
    bundle.blocks().iter().map(Block::block_type).collect()
}

/// An abstract security block that speaks of one block; the rest does not matter here.
fn security(block_type: u64, target: u8) -> Block {
    Block::of_type(block_type, vec![0x81, target, 1, 0, 0x82, 1, 0, 0x81, 0x80])
}

proptest! {
    /// Any pieces, cut again, are bundles of their own; the header of the first and the payloads in order are the
    /// bundle they came from.
    #[test]
    fn apart_and_together(
        bundle in bundle().prop_filter_map("against the rules", |bundle| bundle),
        cuts in prop::collection::vec(any::<usize>(), 0..5),
    ) {
        let len = bundle.payload().len();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (len + 1)).chain([0, len]).collect();
        at.sort_unstable();
        at.dedup();
        let mut parts = Vec::new();
        for range in at.windows(2) {
            match bundle.cut(range[0] as u64, (range[1] - range[0]) as u64) {
                Ok(part) => parts.push(part),
                Err(error) => {
                    prop_assert_eq!(error, BundleError::MustNotFragment);
                    return Ok(());
                }
            }
        }
        let base = bundle.fragment().map_or(0, |part| part.offset);
        for (part, &at) in parts.iter().zip(&at) {
            prop_assert_eq!(part.fragment().unwrap().offset, base + at as u64);
            prop_assert_eq!(&Bundle::decode_with(part.encode().into(), &Rules::LENIENT).unwrap(), part);
            let half = (part.payload().len() as u64).div_ceil(2);
            let again = part.cut(half - 1, 1).unwrap();
            prop_assert_eq!(again.payload(), &part.payload().slice(half as usize - 1..half as usize));
        }
        if let (Some(first), None) = (parts.first(), bundle.fragment()) {
            let payload: Vec<u8> = parts.iter().flat_map(|part| part.payload().to_vec()).collect();
            let whole = first.reassembled().unwrap().with_payload(payload.into()).unwrap();
            prop_assert_eq!(whole.encode(), bundle.encode());
        }
    }

    #[test]
    fn fragments_fit(
        bundle in bundle().prop_filter_map("against the rules", |bundle| bundle),
        offset in 0u64..400,
        limit in 0u64..600,
    ) {
        match bundle.cut_room(offset, limit) {
            Ok(0) => prop_assert!(bundle.cut(offset, 1).unwrap().encoded_len() as u64 > limit),
            Ok(room) => {
                prop_assert!(bundle.cut(offset, room).unwrap().encoded_len() as u64 <= limit);
                if let Ok(longer) = bundle.cut(offset, room + 1) {
                    prop_assert!(longer.encoded_len() as u64 > limit);
                }
            }
            Err(error) => {
                let known = matches!(error, BundleError::MustNotFragment | BundleError::FragmentRange { .. });
                prop_assert!(known, "{}", error);
            }
        }
    }
}

#[test]
fn which_blocks_go_where() {
    let everywhere = Block::of_type(200, "r").with_flags(BlockFlags::REPLICATE);
    let bundle = builder()
        .previous_node(eid("ipn:5.0"))
        .age(Duration::from_secs(1))
        .hop_limit(9)
        .block(Block::of_type(201, "once"))
        .block(everywhere)
        .build()
        .unwrap();
    assert_eq!(types(&bundle.cut(0, 4).unwrap()), [6, 7, 10, 201, 200]);
    assert_eq!(types(&bundle.cut(4, 6).unwrap()), [6, 7, 10, 200]);
    // The blocks of a fragment that is cut again go with its start.
    let part = bundle.cut(0, 8).unwrap();
    assert_eq!(types(&part.cut(0, 2).unwrap()), [6, 7, 10, 201, 200]);
    assert_eq!(types(&part.cut(2, 2).unwrap()), [6, 7, 10, 200]);
    assert_eq!(part.cut(2, 2).unwrap().fragment(), Some(Fragment { offset: 2, total: 10 }));
    assert_eq!(part.cut(2, 2).unwrap().payload(), "23");
}

/// Blocks that are encrypted go with the block that says so, whatever its flags.
#[test]
fn confidentiality_goes_with_what_it_covers() {
    let replicated = Block::of_type(200, "r").with_flags(BlockFlags::REPLICATE).with_number(4);
    let bundle = builder()
        .block(replicated)
        .block(security(block_type::CONFIDENTIALITY, 4))
        .block(security(block_type::CONFIDENTIALITY, 7))
        .block(Block::of_type(block_type::HOP_COUNT, "secret").with_number(7))
        .build()
        .unwrap();
    let part = bundle.cut(5, 1).unwrap();
    assert_eq!(types(&part), [200, block_type::CONFIDENTIALITY]);
    assert_eq!(Bundle::decode(part.encode().into()), Ok(part));
}

/// The integrity block stays where it is all that protects the primary block.
#[test]
fn a_primary_block_without_crc() {
    let bundle = builder()
        .primary_crc(CrcType::None)
        .block(security(block_type::INTEGRITY, 0))
        .block(security(block_type::INTEGRITY, 1))
        .build()
        .unwrap();
    let part = bundle.cut(5, 1).unwrap();
    assert_eq!(part.blocks().len(), 1);
    assert_eq!(Bundle::decode(part.encode().into()), Ok(part));
}

#[test]
fn what_cannot_be_cut() {
    let whole = builder().build().unwrap();
    for (offset, len) in [(0, 0), (0, 11), (10, 1), (u64::MAX, 1), (1, u64::MAX)] {
        let refused = BundleError::FragmentRange { offset, len, total: 10 };
        assert_eq!(whole.cut(offset, len), Err(refused));
    }
    let fixed = builder().flags(BundleFlags::MUST_NOT_FRAGMENT).build().unwrap();
    assert_eq!(fixed.cut(0, 1), Err(BundleError::MustNotFragment));
    assert_eq!(whole.reassembled(), Err(BundleError::NoFragment));
    let later = BundleError::FragmentRange { offset: 3, len: 2, total: 10 };
    assert_eq!(whole.cut(3, 2).unwrap().reassembled(), Err(later));
}

/// A source without a clock: every fragment says how old it is, or there is none.
#[test]
fn fragments_of_a_clockless_source() {
    let clockless = || builder().timestamp(CreationTimestamp::default());
    let bundle = clockless().age(Duration::from_secs(2)).build().unwrap();
    assert_eq!(bundle.cut(5, 1).unwrap().age(), Some(Duration::from_secs(2)));
    let hidden = clockless()
        .block(security(block_type::CONFIDENTIALITY, 9))
        .block(Block::of_type(block_type::AGE, "secret").with_number(9))
        .build()
        .unwrap();
    assert!(hidden.cut(0, 1).is_ok());
    assert_eq!(hidden.cut(5, 1), Err(BundleError::NoAge));
    assert!(matches!(bundle.blocks()[0].content(), BlockContent::Age(2_000)));
}
