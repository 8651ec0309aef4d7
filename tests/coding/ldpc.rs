//! LDPC: codewords of other encoders, every kernel against the reference, and what beyond repair looks like.

use proptest::prelude::*;
use spacelink::coding::KernelLevel;
use spacelink::coding::ldpc::{
    Code, Decoded, Decoder, Encoder, Length, Limits, OrderedStatistics, Rate, SetupError, Uncorrectable,
};
use spacelink::coding::soft;
use spacelink::wire::EncodeError;

const HALF: Code = Code::Ar4ja(Rate::Half, Length::K1024);

/// Code, message, and where the parity begins and ends. The first of each AR4JA pair is what labrador-ldpc prints;
/// the rows of the telecommand codes are those of CCSDS 231.0-B-4 §4.3.
const KNOWN: &[(Code, Message, &str, &str)] = &[
    (HALF, Message::One, "CFA794F49FA5A0D88BB31D8FCA7EA8BB", "A1F6AEE46AEF4E62"),
    (HALF, Message::Counting, "EEA9AAAF98D916CE6C2B282D1A5B944C", "0FA58EB8BD4CC5CF"),
    (
        Code::Ar4ja(Rate::TwoThirds, Length::K1024),
        Message::One,
        "51236781781D416AB0C8419FA21559A8",
        "9F251FBC5DB8C768",
    ),
    (
        Code::Ar4ja(Rate::TwoThirds, Length::K1024),
        Message::Counting,
        "994D02175387C8DD422E4629066A026D",
        "9B9435273F309183",
    ),
    (
        Code::Ar4ja(Rate::FourFifths, Length::K1024),
        Message::One,
        "678ECB51FE821D5CFA5F424BF55927AA",
        "4F88862B803432EF",
    ),
    (
        Code::Ar4ja(Rate::FourFifths, Length::K1024),
        Message::Counting,
        "F168E07945E308AEEFD16856600A90FA",
        "FAB54906DD6DCD7D",
    ),
    (Code::Tc128, Message::One, "0E69166BEF4C0BC2", "0E69166BEF4C0BC2"),
    (
        Code::Tc512,
        Message::One,
        "1D21794A22761FAE59945014257E130D74D60540037940142DADEB9CA25EF12E",
        "2DADEB9CA25EF12E",
    ),
];

#[derive(Clone, Copy)]
enum Message {
    /// A one, then zeros.
    One,
    /// Octets 00 01 02 …
    Counting,
}

impl Message {
    fn octets(self, code: Code) -> Vec<u8> {
        let octet = |at: usize| match self {
            Self::One => 0x80 * u8::from(at == 0),
            Self::Counting => at as u8,
        };
        (0..code.message_len()).map(octet).collect()
    }
}

#[test]
fn known_parity() {
    for &(code, message, begin, end) in KNOWN {
        let message = message.octets(code);
        let codeword = encoded(code, &message);
        let parity = hex::encode_upper(&codeword[message.len()..]);
        assert_eq!(codeword[..message.len()], message);
        assert!(parity.starts_with(begin) && parity.ends_with(end), "{code:?}: {parity}");
    }
}

#[test]
fn dimensions() {
    let pairs = [
        (2048, 1024),
        (8192, 4096),
        (32768, 16384),
        (1536, 1024),
        (6144, 4096),
        (24576, 16384),
        (1280, 1024),
        (5120, 4096),
        (20480, 16384),
        (8160, 7136),
        (128, 64),
        (256, 128),
        (512, 256),
    ];
    assert_eq!(Code::ALL.map(|code| (code.codeword_bits(), code.message_bits())), pairs);
}

/// Codewords of all encoder kernels are the same and satisfy all checks of the matrix.
#[test]
fn encoder_kernels_agree() {
    for code in Code::ALL {
        let message = noise(code.message_len(), 3);
        let codeword = encoded(code, &message);
        for level in KernelLevel::available() {
            if level == KernelLevel::Reference && code.message_bits() > 8000 {
                continue; // takes seconds and is the same algorithm at every size
            }
            let mut other = vec![0xAA; codeword.len() + 1];
            let written = Encoder::with_level(code, level).unwrap().encode(&message, &mut other);
            assert_eq!(written, Ok(codeword.len()));
            assert!(
                other[..codeword.len()] == codeword && other[codeword.len()] == 0xAA,
                "{code:?} {level:?}"
            );
        }
        let mut soft_bits = vec![0; code.codeword_bits()];
        soft::from_hard(&codeword, 20, &mut soft_bits);
        let mut decoded = vec![0; message.len()];
        let outcome = Decoder::new(code).decode(&soft_bits, &mut decoded).unwrap();
        assert!(decoded == message && outcome.corrected == 0, "{code:?}");
    }
}

/// Noise from none to too much: every kernel says the same as the reference.
#[test]
fn decoder_kernels_agree() {
    let levels: Vec<KernelLevel> = KernelLevel::available().collect();
    println!("levels: {levels:?}");
    let limits = Limits { iterations: 12, stop_early: true };
    for code in Code::ALL {
        let mut soft_bits = Vec::new();
        for (seed, deviation) in [(1, 0.0), (2, 0.45), (3, 0.6), (4, 0.75), (5, 0.9), (6, 3.0)] {
            soft_bits.extend(received(code, deviation, seed).1);
        }
        let expected =
            outcomes(&mut Decoder::with_level(code, levels[0]).unwrap().with_limits(limits), &soft_bits);
        assert!(expected.iter().any(|(outcome, _)| outcome.is_ok()), "{code:?}");
        assert!(expected.iter().any(|(outcome, _)| outcome.is_err()), "{code:?}");
        for &level in &levels[1..] {
            let mut decoder = Decoder::with_level(code, level).unwrap().with_limits(limits);
            assert!(outcomes(&mut decoder, &soft_bits) == expected, "{code:?} {level:?}");
        }
    }
}

/// One by one, all at once, and in the caller's memory.
#[test]
fn batches_are_what_single_codewords_are() {
    for code in [Code::Tc128, Code::Tc512, HALF] {
        let count = 70;
        let mut soft_bits = Vec::new();
        for seed in 0..count {
            soft_bits.extend(received(code, 0.65, seed).1);
        }
        let mut decoder = Decoder::new(code);
        let batch = outcomes(&mut decoder, &soft_bits);
        let level = KernelLevel::Portable;
        let memory = vec![0; Decoder::<Vec<i8>>::memory_len(code, level)];
        let mut single = Decoder::with_memory(code, level, memory).unwrap();
        for (soft_bits, (expected, expected_message)) in soft_bits.chunks(code.codeword_bits()).zip(&batch) {
            let mut message = vec![0; code.message_len()];
            assert_eq!(single.decode(soft_bits, &mut message), *expected);
            assert_eq!(message, *expected_message);
        }
        assert_eq!(batch.len(), count as usize);
    }
}

#[test]
fn beyond_repair_is_said_and_left_as_received() {
    for code in Code::ALL {
        let mut decoder = Decoder::new(code);
        let not_found = Err(Uncorrectable::NotFound { iterations: 50 });
        let mut message = vec![0xFF; code.message_len()];
        let bits = vec![0; code.codeword_bits()];
        assert_eq!(decoder.decode(&bits, &mut message), not_found, "{code:?}: erasures are no codeword");
        assert!(message.iter().all(|&octet| octet == 0));

        let octets = noise(code.codeword_len(), 8);
        let mut bits = vec![0; code.codeword_bits()];
        soft::from_hard(&octets, 40, &mut bits);
        assert_eq!(decoder.decode(&bits, &mut message), not_found, "{code:?}: random bits");
        assert_eq!(message, octets[..message.len()]);
    }
}

/// The scale of soft bits does not matter, nor whether they are soft at all.
#[test]
fn soft_bits_of_any_scale() {
    for code in Code::ALL {
        let deviation = match code {
            Code::Ar4ja(Rate::Half, _) => 0.7,
            Code::Ar4ja(Rate::TwoThirds, _) => 0.6,
            _ => 0.4,
        };
        for scale in [3.0, 30.0, 120.0] {
            let (message, bits) = received_at(code, deviation, 9, scale);
            let mut decoded = vec![0; message.len()];
            let outcome = Decoder::new(code).decode(&bits, &mut decoded);
            assert!(outcome.is_ok() && decoded == message, "{code:?} {scale} {outcome:?}");
        }
    }
}

#[test]
fn wrong_lengths_are_refused() {
    let mut decoder = Decoder::new(HALF);
    let mut message = [0; 256];
    let length = |found| Err(Uncorrectable::Length { required: 2048, found });
    assert_eq!(decoder.decode(&[0; 2047], &mut message), length(2047));
    assert_eq!(decoder.decode(&[0; 4096], &mut message), length(4096));
    let room = Err(Uncorrectable::Room { required: 128, available: 127 });
    assert_eq!(decoder.decode(&[0; 2048], &mut message[..127]), room);
    let length = Err(Uncorrectable::Length { required: 4096, found: 4095 });
    assert_eq!(decoder.decode_batch(&[0; 4095], &mut message, |_, _| ()), length);
    let room = Err(Uncorrectable::Room { required: 384, available: 256 });
    assert_eq!(decoder.decode_batch(&[0; 3 * 2048], &mut message, |_, _| ()), room);
    assert_eq!(decoder.decode_batch(&[], &mut [], |_, _| ()), Ok(()));

    let field = HALF.encode(&[0; 127], &mut message);
    assert!(matches!(field, Err(EncodeError::Field { value: 127, .. })));
    let room = HALF.encode(&[0; 128], &mut message[..255]);
    assert_eq!(room, Err(EncodeError::Room { required: 256, available: 255 }));

    let required = Decoder::<Vec<i8>>::memory_len(Code::Tc128, KernelLevel::Reference);
    assert_eq!(required, 640);
    let small = Decoder::with_memory(Code::Tc128, KernelLevel::Reference, [0; 639]).map(|_| ());
    assert_eq!(small, Err(SetupError::Memory { required, available: 639 }));
    assert!(Decoder::with_memory(Code::Tc128, KernelLevel::Reference, [0; 640]).is_ok());
}

/// At 2.5 dB, most words that defeat the iterations are nearest to the codeword that was sent.
#[test]
fn ordered_statistics_repair_what_iterations_do_not() {
    let (ordered, mut iterative) = (OrderedStatistics::new(2), Decoder::new(Code::Tc128));
    let (mut beyond, mut repaired) = (0, 0);
    for seed in 0..1000 {
        let (sent, bits) = received(Code::Tc128, 0.75, seed);
        let mut message = [0; 8];
        if iterative.decode(&bits, &mut message).is_err() {
            beyond += 1;
            repaired += u32::from(ordered.decode(&bits, &mut message).is_ok() && message[..] == sent);
        }
    }
    assert!(beyond > 20 && repaired * 2 > beyond, "{repaired} of {beyond}");
}

#[test]
fn ordered_statistics_keep_to_their_limits() {
    let ordered = OrderedStatistics::new(3);
    let not_found = Err(Uncorrectable::NotFound { iterations: 0 });
    let mut message = [0xFF; 8];
    assert_eq!(ordered.decode(&[0; 128], &mut message), not_found);
    assert_eq!(message, [0; 8]);
    let length = Err(Uncorrectable::Length { required: 128, found: 127 });
    assert_eq!(ordered.decode(&[0; 127], &mut message), length);
    let room = Err(Uncorrectable::Room { required: 8, available: 7 });
    assert_eq!(ordered.decode(&[0; 128], &mut message[..7]), room);

    // Noise alone goes against a good part of any codeword.
    let strict = ordered.clone().with_limit(8);
    let (sent, bits) = received(Code::Tc128, 0.6, 5);
    assert!(strict.decode(&bits, &mut message).is_ok() && message[..] == sent);
    let mut noise_bits = [0; 128];
    soft::from_hard(&noise(16, 77), 40, &mut noise_bits);
    assert_eq!(strict.decode(&noise_bits, &mut message), not_found);
    assert_eq!(message[..], noise(16, 77)[..8]);
}

proptest! {
    /// Any soft bits: what is decoded is a codeword, and what is not is left as received.
    #[test]
    fn any_soft_bits(short in 0..3_usize, seed: u64, deviation in 0.2..2.0_f64, erased in 0..64_usize) {
        let code = [Code::Tc128, Code::Tc256, Code::Tc512][short];
        let (_, mut bits) = received(code, deviation, seed);
        bits[..erased].fill(0);
        let mut message = vec![0; code.message_len()];
        match Decoder::new(code).decode(&bits, &mut message) {
            Ok(Decoded { corrected, .. }) => {
                let mut hard = vec![0; code.codeword_len()];
                soft::hard(&bits, &mut hard);
                let codeword = encoded(code, &message);
                let differ: u32 = hard.iter().zip(&codeword).map(|(a, b)| (a ^ b).count_ones()).sum();
                prop_assert_eq!(differ, u32::from(corrected));
            }
            Err(_) => {
                let mut hard = vec![0; code.message_len()];
                soft::hard(&bits[..code.message_bits()], &mut hard);
                prop_assert_eq!(message, hard);
            }
        }
    }
}

type Outcome = (Result<Decoded, Uncorrectable>, Vec<u8>);

fn outcomes(decoder: &mut Decoder<Vec<i8>>, soft_bits: &[i8]) -> Vec<Outcome> {
    let code = decoder.code();
    let mut messages = vec![0; soft_bits.len() / code.codeword_bits() * code.message_len()];
    let mut outcomes = Vec::new();
    decoder
        .decode_batch(soft_bits, &mut messages, |number, outcome| {
            assert_eq!(number, outcomes.len());
            outcomes.push(outcome);
        })
        .unwrap();
    outcomes.into_iter().zip(messages.chunks(code.message_len()).map(<[u8]>::to_vec)).collect()
}

fn encoded(code: Code, message: &[u8]) -> Vec<u8> {
    let mut codeword = vec![0; code.codeword_len()];
    assert_eq!(code.encode(message, &mut codeword), Ok(codeword.len()));
    codeword
}

fn received(code: Code, deviation: f64, seed: u64) -> (Vec<u8>, Vec<i8>) {
    received_at(code, deviation, seed, 40.0)
}

/// A random message, and the soft bits of its codeword after noise of a standard deviation, for amplitude 1.
fn received_at(code: Code, deviation: f64, seed: u64, scale: f32) -> (Vec<u8>, Vec<i8>) {
    let message = noise(code.message_len(), seed);
    let codeword = encoded(code, &message);
    let mut state = seed;
    let soft_bits = (0..code.codeword_bits())
        .map(|bit| {
            let sign = if codeword[bit / 8] >> (7 - bit % 8) & 1 == 1 { -1.0 } else { 1.0 };
            // Twelve uniform numbers make a good enough Gaussian.
            let gauss =
                (0..12).map(|_| (next(&mut state) >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0;
            soft::from_f32((sign + deviation * gauss) as f32, scale)
        })
        .collect();
    (message, soft_bits)
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed ^ 0x5555;
    (0..len).map(|_| next(&mut state) as u8).collect()
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}
