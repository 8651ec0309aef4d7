//! Bundles that other implementations made or were found to get wrong, each with its verdict by RFC 9171.

use bytes::Bytes;
use spacelink::bundle::{Block, BlockContent, Bundle, BundleError, CrcType, HopCount, Rules};
use spacelink::wire::DecodeError;
use std::time::Duration;

fn octets(text: &str) -> Bytes {
    hex::decode(text).unwrap().into()
}

fn decode(text: &str) -> Result<Bundle, BundleError> {
    Bundle::decode(octets(text))
}

/// An echo reply of ION 4.1.3, captured from its UDP adapter.
const ION_REPLY: &str = "9f8907184001820282050182028203078202820307821b000000c59eaeac47001a000493e0421eb3\
                         85060210004582028203008518c10301004584000100008507040100410285010101004568656c6c6fff";

#[test]
fn ion_echo_reply() {
    let bundle = decode(ION_REPLY).unwrap();
    assert_eq!(bundle.source().to_string(), "ipn:3.7");
    assert_eq!(bundle.destination().to_string(), "ipn:5.1");
    assert_eq!(bundle.report_to(), bundle.source());
    assert_eq!(bundle.flags().0, 0x40);
    assert_eq!(bundle.primary().crc_type(), CrcType::Crc16);
    assert_eq!(bundle.timestamp().time.0, 0xC5_9EAE_AC47);
    assert_eq!(bundle.lifetime(), Duration::from_secs(300));
    assert_eq!(bundle.previous_node().unwrap().to_string(), "ipn:3.0");
    assert_eq!(bundle.age(), Some(Duration::from_millis(2)));
    assert_eq!(bundle.hop_count(), None::<HopCount>);
    let unknown: Vec<_> = bundle.blocks().iter().map(|block| (block.block_type(), block.number())).collect();
    assert_eq!(unknown, [(6, 2), (193, 3), (7, 4)]);
    let carried = BlockContent::Octets { block_type: 193, data: Bytes::from_static(&[0x84, 0, 1, 0, 0]) };
    assert_eq!(bundle.blocks()[1].content(), &carried);
    assert_eq!(&bundle.payload()[..], b"hello");
    assert_eq!(bundle.encode(), octets(ION_REPLY));
}

/// Shared start of the deviation corpus: primary block of an anonymous bundle with CRC-16.
const START: &str = "9f89071844018202820301820100820100821b000000b5998c982b011a000493e042c9f6";

#[test]
fn duplicate_block_numbers_ion_51() {
    let text = format!("{START}8506021000458202820200850702010042183485010101004454455354ff");
    assert_eq!(decode(&text), Err(BundleError::DuplicateNumber { block: 2 }));
}

#[test]
fn payload_block_number_33_ion_53() {
    let text = format!("{START}850602100045820282020085070401004218348501182101004454455354ff");
    assert_eq!(decode(&text), Err(BundleError::PayloadNumber { number: 33 }));
}

#[test]
fn payload_not_last_bp7_5() {
    let text = format!("{START}8506021000458202820200850101010044544553548507040100421834ff");
    assert_eq!(decode(&text), Err(BundleError::PayloadNotLast));
}

#[test]
fn unprotected_primary_ion_54_bp7_16() {
    let text = "9f88071844008202820301820100820100821b000000b5998c982b011a000493e0850602100045820282020085070401\
                0042183485010101004454455354ff";
    assert_eq!(decode(text), Err(BundleError::UnprotectedPrimary));
    let bundle = Bundle::decode_with(octets(text), &Rules::LENIENT).unwrap();
    assert_eq!(bundle.encode(), octets(text));
}

#[test]
fn unnamed_block_flags_are_ignored_bp7_12() {
    let text = format!("{START}8506021000458202820200850704010042183485010118f9004454455354ff");
    let bundle = decode(&text).unwrap();
    assert_eq!(bundle.payload_block().flags().0, 0xF9);
    assert_eq!(bundle.encode(), octets(&text));
}

#[test]
fn clockless_source_with_age_bp7_6() {
    let text = "9f890718440182028203018201008201008200011a000493e042a2218506021000458202820200850718a6010042183485\
                010101004454455354ff";
    assert_eq!(decode(text).unwrap().age(), Some(Duration::from_millis(52)));
}

#[test]
fn report_asked_by_a_block_of_an_anonymous_bundle_hardy_248() {
    let text = format!("{START}850602182700458202820200850702010042183485010101004454455354ff");
    // The two blocks also share a number; with that mended, the flag is what is left.
    assert_eq!(decode(&text), Err(BundleError::DuplicateNumber { block: 2 }));
    let text = format!("{START}850602182700458202820200850703010042183485010101004454455354ff");
    assert_eq!(decode(&text), Err(BundleError::BlockAsksReports { block: 2 }));
}

#[test]
fn null_alias_is_read_as_null_bp7_15() {
    let text = "9f88070000820282020182028201018202820001821b00ff00bb0e20b4ea001a000927c0850702010041008501010000\
                4d48656c6c6f2c20576f726c642142ff";
    // Its payload head promises 13 octets and the block has a surplus octet: refused for that alone.
    assert!(decode(text).is_err());
    let mended = text.replace("2142ff", "21ff");
    let bundle = Bundle::decode_with(octets(&mended), &Rules::LENIENT).unwrap();
    assert!(bundle.report_to().is_null());
    assert_eq!(bundle.encode(), octets(&mended));
}

#[test]
fn payload_as_text_string_bp7_20() {
    let text = "9f88070000820282020182028201018202820100821b000000bb0e20b4ea001a000927c08507020100410086010100016d\
                48656c6c6f2c20576f726c64214254b3ff";
    let wrong = DecodeError::Field { unit: "block", field: "data", value: 0x6D };
    assert_eq!(decode(text), Err(BundleError::Octets(wrong)));
}

#[test]
fn block_type_8_is_unknown_ion_52() {
    let text = "9f88070000820282030182028201018202820100821b000000bb0e20b4ea001a000927c08508020100410086010100014d\
                48656c6c6f2c20576f726c64214254b3ff";
    let bundle = Bundle::decode_with(octets(text), &Rules::LENIENT).unwrap();
    assert_eq!(bundle.blocks().iter().map(Block::block_type).collect::<Vec<_>>(), [8]);
}

/// The second of two fragments made by ION 4.1.3 for an outduct of 1300 octets: all its extension blocks have number 0.
const ION_FRAGMENT: &str = "9f8b0718410182028203184082028202028202820202821b000000c5a511c5f518181a000493e019051419057842b8768\
                            5060010004582028202008518c100010045840001000085070001004106850101010058648804b31bc3b9ab84134f2a4c21\
                            b2538d61397f749bd87629e76a6cb6fb7ca1b87689f90bc08edbcd5f8156f0afa7d907c76e0fba46b7cb1d08c69ea84b9b6\
                            0ebe66af5c1ce3016ccb3e278bef4e7aca9db8638f1d95c2877899a5e8f823206056a069b16ff";

#[test]
fn fragments_of_ion_whose_blocks_have_no_numbers() {
    let unnumbered = BundleError::ReservedNumber { block_type: 6, number: 0 };
    assert_eq!(decode(ION_FRAGMENT), Err(unnumbered));
    assert_eq!(Bundle::decode_with(octets(ION_FRAGMENT), &Rules::LENIENT), Err(unnumbered));
    let bundle = Bundle::decode_with(octets(ION_FRAGMENT), &Rules::TOLERANT).unwrap();
    let place = bundle.fragment().unwrap();
    assert_eq!((place.offset, place.total, bundle.payload().len()), (1300, 1400, 100));
    let blocks: Vec<_> = bundle.blocks().iter().map(|block| (block.block_type(), block.number())).collect();
    assert_eq!(blocks, [(6, 2), (193, 3), (7, 4)]);
    assert_eq!(bundle.age(), Some(Duration::from_millis(6)));
    // From here on it keeps the letter.
    assert_eq!(decode(&hex::encode(bundle.encode())).unwrap(), bundle);
}

/// A security block may mean any number, so blocks get none where there is one.
#[test]
fn nothing_is_numbered_beside_a_security_block() {
    let secured = ION_FRAGMENT.replacen("8518c1000100", "850b000100", 1);
    let bundle = Bundle::decode_with(octets(&secured), &Rules::TOLERANT);
    assert_eq!(bundle, Err(BundleError::ReservedNumber { block_type: 6, number: 0 }));
}

/// Numbers that are in use are not given again, and a check sequence over the number is made anew.
#[test]
fn numbers_given_are_free_ones() {
    let mixed = ION_FRAGMENT.replacen("8518c1000100", "8518c1020100", 1);
    let bundle = Bundle::decode_with(octets(&mixed), &Rules::TOLERANT).unwrap();
    let numbers: Vec<_> = bundle.blocks().iter().map(Block::number).collect();
    assert_eq!(numbers, [3, 2, 4]);
    let checked = ION_FRAGMENT.replacen("85070001004106", "86070001014106420b37", 1);
    assert_ne!(checked, ION_FRAGMENT);
    let with = |crc: u16| checked.replacen("420b37", &format!("42{crc:04x}"), 1);
    let right = (0..=u16::MAX).find(|crc| Bundle::decode_with(octets(&with(*crc)), &Rules::TOLERANT).is_ok());
    let bundle = Bundle::decode_with(octets(&with(right.unwrap())), &Rules::TOLERANT).unwrap();
    assert_eq!(decode(&hex::encode(bundle.encode())).unwrap(), bundle);
}
