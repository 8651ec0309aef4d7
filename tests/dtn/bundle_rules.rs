//! Every rule of RFC 9171 that the codec keeps: the builder does not build it, the reader does not read it.

use bytes::Bytes;
use spacelink::bundle::{
    Block, BlockContent, BlockFlags, Bundle, BundleBuilder, BundleError, BundleFlags, CrcType,
    CreationTimestamp, Eid, Fragment, HopCount, Rules, block_type,
};
use spacelink::time::DtnTime;
use spacelink::wire::DecodeError;
use std::time::Duration;

const TIME: CreationTimestamp = CreationTimestamp { time: DtnTime(850_000_000_000), sequence: 3 };

fn eid(text: &str) -> Eid {
    text.parse().unwrap()
}

fn builder() -> BundleBuilder {
    Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7")).timestamp(TIME).payload("x")
}

fn anonymous() -> BundleBuilder {
    Bundle::builder(Eid::NONE, eid("ipn:2.7")).timestamp(TIME)
}

fn numbered(block_type: u64, number: u64) -> Block {
    Block::of_type(block_type, Bytes::new()).with_number(number)
}

/// A bundle from hand-typed octets: primary block without CRC from ipn:1.7 to ipn:2.7, then `blocks`.
fn read(primary: &str, blocks: &str) -> Result<Bundle, BundleError> {
    let text = format!("9f{primary}{blocks}ff");
    Bundle::decode_with(hex::decode(text).unwrap().into(), &Rules::LENIENT)
}

/// Version 7, no flags, no CRC, ipn:2.7, ipn:1.7, dtn:none, time 1, sequence 0, lifetime 60.
const PRIMARY: &str = "88070000820282020782028201078201008201 00183c";
const PAYLOAD: &str = "85010100004178";

fn primary() -> String {
    PRIMARY.replace(' ', "")
}

/// Found by fuzzing: it was taken as long as no other block had to be looked into, and refused at the next node.
#[test]
fn a_confidentiality_block_has_to_say_what_it_encrypts() {
    let refused = read(&primary(), &format!("850c02000041d1{PAYLOAD}")).unwrap_err();
    assert!(
        matches!(refused, BundleError::Content { block: 2, block_type: block_type::CONFIDENTIALITY, .. }),
        "{refused:?}"
    );
    assert!(read(&primary(), &format!("850c02000043810100{PAYLOAD}")).is_ok());
}

#[test]
fn the_hand_typed_bundle_is_fine() {
    let bundle = read(&primary(), PAYLOAD).unwrap();
    assert_eq!(&bundle.payload()[..], b"x");
    assert_eq!(bundle.lifetime(), Duration::from_millis(60));
    let same = Bundle::builder(eid("ipn:1.7"), eid("ipn:2.7"))
        .rules(Rules::LENIENT)
        .crc(CrcType::None)
        .timestamp(CreationTimestamp { time: DtnTime(1), sequence: 0 })
        .lifetime(Duration::from_millis(60))
        .payload("x")
        .build()
        .unwrap();
    assert_eq!(same, bundle);
    assert_eq!(hex::encode(same.encode()), format!("9f{}{PAYLOAD}ff", primary()));
}

#[test]
fn encoding_is_deterministic() {
    // Lifetime 60 in two octets more than needed, an inner array of indefinite length, a tag, a definite outer array.
    assert!(matches!(
        read(&primary().replace("183c", "19003c"), PAYLOAD),
        Err(BundleError::Octets(DecodeError::Rule { .. }))
    ));
    assert!(read(&primary().replacen("88", "9f", 1).replace("183c", "183cff"), PAYLOAD).is_err());
    let whole = format!("9f{}{PAYLOAD}ff", primary());
    let decode = |text: String| Bundle::decode_with(hex::decode(text).unwrap().into(), &Rules::LENIENT);
    assert!(decode(whole.clone()).is_ok());
    assert!(decode(format!("d9d9f7{whole}")).is_err());
    assert!(decode(format!("82{}{PAYLOAD}", primary())).is_err());
    assert_eq!(decode(format!("{whole}00")), Err(BundleError::Trailing { extra: 1 }));
}

#[test]
fn version_and_lengths() {
    assert_eq!(read(&primary().replacen("8807", "8806", 1), PAYLOAD), Err(BundleError::Version(6)));
    let items = BundleError::PrimaryItems { required: 8, found: 9 };
    assert_eq!(read(&primary().replacen("88", "89", 1), PAYLOAD), Err(items));
    let items = BundleError::PrimaryItems { required: 10, found: 8 };
    assert_eq!(read(&primary().replacen("880700", "880701", 1), PAYLOAD), Err(items));
    let items = BundleError::BlockItems { required: 5, found: 6 };
    assert_eq!(read(&primary(), "8601010000417844"), Err(items));
}

#[test]
fn check_sequences() {
    assert_eq!(read(&primary(), "86010100034178"), Err(BundleError::CrcType { block: 1, code: 3 }));
    let length = BundleError::CrcLength { block: 1, required: 4, found: 2 };
    assert_eq!(read(&primary(), "86010100024178420000"), Err(length));
    assert_eq!(read(&primary(), "8601010002417844deadbeef"), Err(BundleError::Crc { block: 1 }));
    assert_eq!(
        builder().primary_crc(CrcType::None).build().map(|_| ()),
        Err(BundleError::UnprotectedPrimary)
    );
}

#[test]
fn an_integrity_block_protects_the_primary() {
    // RFC 9172 §3.6: targets, context, flags, source; results are not looked at here.
    let covering = Block::of_type(block_type::INTEGRITY, hex::decode("8200010100820282030080").unwrap());
    let other = Block::of_type(block_type::INTEGRITY, hex::decode("81010100820282030080").unwrap());
    let build = |block| builder().primary_crc(CrcType::None).block(block).build();
    assert_eq!(build(other).map(|_| ()), Err(BundleError::UnprotectedPrimary));
    let bundle = build(covering).unwrap();
    assert_eq!(Bundle::decode(bundle.encode().into()), Ok(bundle));
    let broken = Block::of_type(block_type::INTEGRITY, hex::decode("9bffffffffffffffff00").unwrap());
    assert!(matches!(build(broken), Err(BundleError::Content { block_type: 11, .. })));
}

#[test]
fn encrypted_blocks_stay_octets() {
    let secret = Bytes::from_static(&[0xDE, 0xAD]);
    let age = Block::of_type(block_type::AGE, secret.clone()).with_number(5);
    let cipher = |target: &str| {
        let data = hex::decode(format!("81{target}0200820282030080")).unwrap();
        Block::of_type(block_type::CONFIDENTIALITY, data)
    };
    let bundle = builder().block(age.clone()).block(cipher("05")).build().unwrap();
    let kept = BlockContent::Octets { block_type: block_type::AGE, data: secret };
    assert_eq!(bundle.blocks()[0].content(), &kept);
    assert_eq!(bundle.age(), None);
    assert_eq!(Bundle::decode(bundle.encode().into()), Ok(bundle));
    let in_the_clear = builder().block(age).block(cipher("06")).build();
    assert!(matches!(in_the_clear, Err(BundleError::Content { block: 5, block_type: 7, .. })));
}

#[test]
fn administrative_records_ask_for_nothing() {
    let flags = BundleFlags::ADMIN_RECORD | BundleFlags::REPORT_DELIVERY;
    assert_eq!(builder().flags(flags).build().map(|_| ()), Err(BundleError::AdminAsksReports));
    let asking = numbered(200, 9).with_flags(BlockFlags::REPORT_UNPROCESSED);
    let built = builder().flags(BundleFlags::ADMIN_RECORD).block(asking).build();
    assert_eq!(built.map(|_| ()), Err(BundleError::BlockAsksReports { block: 9 }));
}

#[test]
fn anonymous_bundles() {
    assert_eq!(anonymous().build().map(|_| ()), Err(BundleError::AnonymousFragmentable));
    let flags = BundleFlags::MUST_NOT_FRAGMENT;
    let asking = anonymous().flags(flags | BundleFlags::REPORT_RECEPTION).build();
    assert_eq!(asking.map(|_| ()), Err(BundleError::AnonymousAsksReports));
    assert!(anonymous().flags(flags).build().is_ok());
    // ipn:0.0 is anonymous too; ipn:0.5 must not be made, and is the null endpoint when it is met.
    let null = Bundle::builder(eid("ipn:0.0"), eid("ipn:2.7")).timestamp(TIME);
    assert_eq!(null.clone().build().map(|_| ()), Err(BundleError::AnonymousFragmentable));
    assert!(null.rules(Rules::LENIENT).build().is_ok());
    let alias = Eid::ipn(spacelink::bundle::NodeNumber(0), 5);
    assert_eq!(builder().report_to(alias).build().map(|_| ()), Err(BundleError::NodeZero));
}

#[test]
fn block_numbers() {
    let twice = builder().block(numbered(200, 7)).block(numbered(201, 7)).build();
    assert_eq!(twice.map(|_| ()), Err(BundleError::DuplicateNumber { block: 7 }));
    let high = builder().block(numbered(200, 900)).block(numbered(201, 900)).build();
    assert_eq!(high.map(|_| ()), Err(BundleError::DuplicateNumber { block: 900 }));
    let taken = builder().block(numbered(200, 1)).build();
    assert_eq!(taken.map(|_| ()), Err(BundleError::DuplicateNumber { block: 1 }));
    let zero = BundleError::ReservedNumber { block_type: 24, number: 0 };
    assert_eq!(read(&primary(), &format!("85181800000040{PAYLOAD}")), Err(zero));
    // nasa-jpl/ION-DTN#37: numbers are not of eight bits.
    let far = builder().block(numbered(200, 258)).block(numbered(200, 2)).build().unwrap();
    assert_eq!(Bundle::decode(far.encode().into()), Ok(far));
}

#[test]
fn the_payload_is_one_and_last() {
    assert_eq!(read(&primary(), "85070200004100"), Err(BundleError::NoPayload));
    assert_eq!(read(&primary(), &format!("{PAYLOAD}{PAYLOAD}")), Err(BundleError::PayloadNotLast));
    assert_eq!(read(&primary(), "85010200004178"), Err(BundleError::PayloadNumber { number: 2 }));
    let second = builder().block(numbered(block_type::PAYLOAD, 5)).build();
    assert_eq!(second.map(|_| ()), Err(BundleError::PayloadNotLast));
}

#[test]
fn one_block_of_each_kind() {
    let age = BlockContent::Age(5);
    let twice = builder().block(Block::new(age.clone())).block(Block::new(age)).build();
    assert_eq!(twice.map(|_| ()), Err(BundleError::DuplicateType { block_type: 7 }));
    let twice = builder().hop_limit(3).hop_limit(3).build();
    assert_eq!(twice.map(|_| ()), Err(BundleError::DuplicateType { block_type: 10 }));
    let twice = builder().previous_node(eid("ipn:3.0")).previous_node(eid("ipn:4.0")).build();
    assert_eq!(twice.map(|_| ()), Err(BundleError::DuplicateType { block_type: 6 }));
    assert!(builder().block(numbered(200, 8)).block(numbered(200, 9)).build().is_ok());
}

#[test]
fn clockless_sources_count_age() {
    let clockless = builder().timestamp(CreationTimestamp { time: DtnTime::UNKNOWN, sequence: 9 });
    assert_eq!(clockless.clone().build().map(|_| ()), Err(BundleError::NoAge));
    assert!(clockless.age(Duration::ZERO).build().is_ok());
}

#[test]
fn hop_limits() {
    assert_eq!(builder().hop_limit(0).build().map(|_| ()), Err(BundleError::HopLimit { limit: 0 }));
    let over = read(&primary(), &format!("850a020000458219010000{PAYLOAD}"));
    assert_eq!(over, Err(BundleError::HopLimit { limit: 256 }));
    let passed = read(&primary(), &format!("850a02000043820309{PAYLOAD}")).unwrap();
    assert_eq!(passed.hop_count(), Some(HopCount { limit: 3, count: 9 }));
    assert!(passed.hop_count().unwrap().exceeded());
}

#[test]
fn contents_must_be_what_their_type_says() {
    for (block, block_type) in [
        ("850702000042 1801", 7),
        ("85070200004101", 0),
        ("850702000042 0102", 7),
        ("850602000043 820100", 0),
    ] {
        let outcome = read(&primary(), &format!("{}{PAYLOAD}", block.replace(' ', "")));
        match block_type {
            0 => assert!(outcome.is_ok(), "{block}"),
            _ => assert!(matches!(outcome, Err(BundleError::Content { .. })), "{block}"),
        }
    }
    let scheme = read(&primary().replacen("82028202", "82098202", 1), PAYLOAD).unwrap_err();
    assert_eq!(scheme.reason(), spacelink::bundle::Reason::ENDPOINT_UNREACHABLE);
}

#[test]
fn fragments_lie_within_their_whole() {
    let part = |offset, total| builder().fragment(Fragment { offset, total }).build();
    let bundle = part(9, 10).unwrap();
    assert!(bundle.flags().contains(BundleFlags::FRAGMENT));
    assert_eq!(bundle.id().fragment.map(|part| (part.offset, part.len)), Some((9, 1)));
    assert_eq!(Bundle::decode(bundle.encode().into()), Ok(bundle));
    let range = |offset, total| BundleError::FragmentRange { offset, len: 1, total };
    assert_eq!(part(10, 10).map(|_| ()), Err(range(10, 10)));
    assert_eq!(part(u64::MAX, u64::MAX).map(|_| ()), Err(range(u64::MAX, u64::MAX)));
    let flag = builder().flags(BundleFlags::FRAGMENT).build();
    assert_eq!(flag.map(|_| ()), Err(BundleError::FragmentFlag));
}

/// RFC 9171 §4.2.5.1.1, §4.2.5.2: a group may get bundles and reports, it makes none.
#[test]
fn a_group_is_no_source() {
    let group = eid("dtn://n/~all");
    assert!(!group.is_singleton() && eid("dtn://n/a~b").is_singleton() && eid("dtn://n/").is_singleton());
    let made = Bundle::builder(group.clone(), eid("ipn:2.7")).timestamp(TIME).build();
    assert_eq!(made.map(|_| ()), Err(BundleError::GroupSource));
    let to = Bundle::builder(eid("ipn:1.7"), group.clone()).report_to(group).timestamp(TIME).build();
    assert!(to.is_ok());
}

/// Names are remembered long after their bundles: their length is bounded.
#[test]
fn names_of_megabytes() {
    let limit = Rules::MAX_NAME;
    let name = |len: usize| format!("dtn://{}/", "n".repeat(len - 3));
    assert!(Bundle::builder(eid(&name(limit)), eid("ipn:2.7")).timestamp(TIME).build().is_ok());
    for place in 0..3 {
        let mut eids = ["ipn:1.7", "ipn:2.7", "ipn:3.7"].map(eid);
        eids[place] = eid(&name(900_000));
        let [source, destination, report_to] = eids;
        let made = Bundle::builder(source, destination).report_to(report_to).timestamp(TIME);
        let refused = BundleError::NameTooLong { limit, found: 900_000 };
        assert_eq!(made.clone().build().map(|_| ()), Err(refused));
        let mut lax = Rules::STRICT;
        lax.max_name = usize::MAX;
        let octets = made.rules(lax).build().unwrap().encode();
        assert_eq!(Bundle::decode(octets.into()).map(|_| ()), Err(refused));
    }
    // One that claims more than there is.
    let claim = primary().replacen("8202820107", "82017a400000002f2f", 1);
    assert_eq!(read(&claim, PAYLOAD), Err(BundleError::HeaderTooLong { limit: Rules::MAX_HEADER }));
}

/// RFC 9172 §5.2: nothing is encrypted in a fragment, so encryption is no reason to reach beyond the whole.
#[test]
fn encryption_makes_no_fragment_longer() {
    let cipher = Block::of_type(block_type::CONFIDENTIALITY, hex::decode("81010200820282030080").unwrap());
    for (offset, total) in [(10, 10), (u64::MAX - 3, u64::MAX)] {
        let part = builder().block(cipher.clone()).payload("0123456789");
        let built = part.fragment(Fragment { offset, total }).build();
        assert_eq!(built.map(|_| ()), Err(BundleError::FragmentRange { offset, len: 10, total }));
    }
}

#[test]
fn hostile_sizes_are_refused_cheaply() {
    // A payload of 2^64 − 1 octets.
    let endless = read(&primary(), "85010100005bffffffffffffffff00");
    assert!(matches!(endless, Err(BundleError::Octets(DecodeError::Short { .. }))));
    // A million blocks.
    let many = format!("{}{PAYLOAD}", "8518180200 0040".replace(' ', "").repeat(1_000_000));
    let limit = Rules::MAX_BLOCKS;
    assert_eq!(read(&primary(), &many), Err(BundleError::TooManyBlocks { limit }));
    // As many targets as fit, in as many security blocks as are allowed.
    let data = format!("992328{}", "17".repeat(9_000));
    let security = (0..100).map(|at| format!("850c{}000059232b{data}", hex::encode([0x18, at + 30])));
    let blocks: String = security.collect::<String>() + "85070200004100" + PAYLOAD;
    assert!(read(&primary(), &blocks).is_ok());
    // More octets before the payload than a reader must hold.
    let limit = Rules::MAX_HEADER;
    let large = format!("8518c818c900005a00100000{}{PAYLOAD}", "00".repeat(1 << 20));
    assert_eq!(read(&primary(), &large), Err(BundleError::HeaderTooLong { limit }));
}

#[test]
fn every_cut_is_refused() {
    let whole = Bytes::from(
        builder()
            .previous_node(eid("dtn://n/"))
            .age(Duration::from_secs(1))
            .hop_limit(9)
            .build()
            .unwrap()
            .encode(),
    );
    for len in 0..whole.len() {
        let outcome = Bundle::decode(whole.slice(..len));
        assert!(matches!(outcome, Err(BundleError::Octets(DecodeError::Short { .. }))), "{len}: {outcome:?}");
    }
}
