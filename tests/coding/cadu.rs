//! CADUs are made as the book says, and parameters that it forbids are refused.

use spacelink::coding::ParameterError;
use spacelink::coding::cadu::{BlockQuality, CaduParameters, CaduReceiver, Coding};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Marker, SyncParameters};
use spacelink::wire::EncodeError;

/// Marker, then the information 00 01 … DE and its check symbols as libfec prints them, under the first 255 octets
/// of the randomizer.
#[test]
fn a_cadu_from_known_octets() {
    let rs = Interleaved::new(Code::E16, Basis::Dual, 1, 0).unwrap();
    let parity = hex::decode("4FFB92DD557EC67F27FB8982CF58F8FD028AD117FCEF6B2793D0418826578651").unwrap();
    let frame: Vec<u8> = (0..223).collect();
    let start = hex::decode("1ACFFC1D1C70BB18ADBF8250BCB55A5FB3").unwrap();

    let mut cadu = [0xEE; 300];
    assert_eq!(link(rs, Some(Randomizer::Tm)).encode(&frame, &mut cadu), Ok(259));
    assert_eq!(cadu[..start.len()], start);
    assert!(cadu[259..].iter().all(|&octet| octet == 0xEE));

    let mut plain = [0; 259];
    link(rs, None).encode(&frame, &mut plain).unwrap();
    assert_eq!(plain[4..227], frame);
    assert_eq!(plain[227..], parity);
    let mut mask = [0; 255];
    Randomizer::Tm.apply(&mut mask);
    assert!((0..255).all(|at| plain[4 + at] ^ mask[at] == cadu[4 + at]));
}

#[test]
fn one_block_at_a_time() {
    let rs = Interleaved::new(Code::E8, Basis::Dual, 2, 20).unwrap();
    let link = link(rs, Some(Randomizer::TmLegacy));
    let frame = vec![0xA5; 458];
    assert_eq!((link.frame_len(), link.block_len(), link.cadu_len()), (458, 490, 494));
    let mut cadu = vec![0; link.cadu_len()];
    link.encode(&frame, &mut cadu).unwrap();
    let mut block = cadu[4..].to_vec();
    block[7] ^= 3;
    let decoded = link.decode_block(&mut block);
    assert_eq!(decoded, BlockQuality { symbols_corrected: 1, codewords_uncorrectable: 0, codewords: 2 });
    assert_eq!(block[..458], frame);
    assert_eq!(link.decode_block(&mut block[1..]).codewords_uncorrectable, 2, "another length is no block");
}

#[test]
fn parameters_that_the_book_forbids() {
    let conventional = Coding::ReedSolomon(Interleaved::new(Code::E16, Basis::Conventional, 5, 0).unwrap());
    let dual = Coding::ReedSolomon(Interleaved::new(Code::E16, Basis::Dual, 5, 0).unwrap());
    let uncoded = |frame_len| Coding::Uncoded { frame_len };
    let asm = Marker::ASM_32;
    let refused = [
        (conventional, None, asm, ParameterError::Basis),
        (dual, Some(Randomizer::Tc), asm, ParameterError::TcRandomizer),
        (dual, None, Marker::ASM_64, ParameterError::Marker { bits: 64 }),
        (uncoded(0), None, asm, ParameterError::FrameLen { len: 0, max: 65_536 }),
        (uncoded(65_537), None, asm, ParameterError::FrameLen { len: 65_537, max: 65_536 }),
    ];
    for (coding, randomizer, marker, reason) in refused {
        assert_eq!(CaduParameters::checked(coding, randomizer, marker), Err(reason));
    }
    assert!(CaduParameters::deviating(conventional, Some(Randomizer::Tc), Marker::ASM_64).is_ok());
    assert!(CaduParameters::deviating(uncoded(0), None, asm).is_err());
    assert!(CaduParameters::checked(uncoded(65_536), None, asm).is_ok());
}

#[test]
fn room_and_lengths() {
    let link = CaduParameters::checked(Coding::Uncoded { frame_len: 10 }, None, Marker::ASM_32).unwrap();
    assert_eq!(link.encode(&[0; 10], &mut [0; 13]), Err(EncodeError::Room { required: 14, available: 13 }));
    assert!(matches!(link.encode(&[0; 9], &mut [0; 14]), Err(EncodeError::Field { value: 9, .. })));
    let required = CaduReceiver::<&mut [u8]>::buffer_len(&link);
    let mut small = vec![0; required - 1];
    let refused = CaduReceiver::new(link, SyncParameters::default(), &mut small[..]).map(|_| ());
    assert_eq!(refused, Err(EncodeError::Room { required, available: required - 1 }));
}

fn link(rs: Interleaved, randomizer: Option<Randomizer>) -> CaduParameters {
    CaduParameters::checked(Coding::ReedSolomon(rs), randomizer, Marker::ASM_32).unwrap()
}
