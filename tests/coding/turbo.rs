//! Turbo codes: codewords of another encoder, all kernels alike, noise, erasures and hostile input.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use spacelink::coding::turbo::{Code, Decoder, Rate, Uncorrectable};
use spacelink::coding::{KernelLevel, ParameterError, soft};
use spacelink::wire::EncodeError;

/// First and last octets of the codewords of a one and 1783 zeros, as the encoder of deepspace-turbo has them.
const KNOWN: [(Rate, &str, &str); 4] = [
    (Rate::Half, "c0400440404444000400440404444000", "4155540014015420"),
    (Rate::Third, "c804820924004024104920020120824900", "00a05a28b6d03800"),
    (Rate::Quarter, "e264242666400240264242666400240264", "6534367751025e00"),
    (Rate::Sixth, "f1430851811c31c61040420050c2146047", "d3de6924442fc000"),
];

#[test]
fn known_codewords() {
    let mut message = [0; 223];
    message[0] = 0x80;
    for (rate, start, end) in KNOWN {
        let code = Code::new(rate, 1784).unwrap();
        let mut codeword = vec![0xFF; code.codeword_len()];
        assert_eq!(code.encode(&message, &mut codeword), Ok(codeword.len()));
        let codeword = hex::encode(codeword);
        assert!(codeword.starts_with(start) && codeword.ends_with(end), "{rate:?}: {codeword}");
    }
}

#[test]
fn lengths_are_those_of_the_book() {
    // Codeword lengths of CCSDS 131.0-B-5 table 6-2, at 1/2, 1/3, 1/4 and 1/6.
    let lengths = [
        (1784, [3576, 5364, 7152, 10728]),
        (3568, [7144, 10716, 14288, 21432]),
        (7136, [14280, 21420, 28560, 42840]),
        (8920, [17848, 26772, 35696, 53544]),
    ];
    for (bits, of_rates) in lengths {
        for (rate, length) in Rate::ALL.into_iter().rev().zip(of_rates) {
            assert_eq!(Code::new(rate, bits).unwrap().codeword_bits(), length);
        }
    }
    for bits in [0, 1, 8, 1783, 16384, usize::MAX] {
        assert_eq!(Code::new(Rate::Half, bits), Err(ParameterError::TurboBlock { bits }));
    }
}

#[test]
fn wrong_lengths_are_refused() {
    let code = Code::new(Rate::Third, 1784).unwrap();
    let mut codeword = [0x55; 671];
    assert!(matches!(code.encode(&[0; 222], &mut codeword), Err(EncodeError::Field { value: 222, .. })));
    let room = EncodeError::Room { required: 671, available: 670 };
    assert_eq!(code.encode(&[0; 223], &mut codeword[..670]), Err(room));
    assert_eq!(codeword, [0x55; 671], "nothing is written");

    let mut decoder = Decoder::new(code);
    let length = Uncorrectable::Length { required: 5364, found: 5363 };
    assert_eq!(decoder.decode(&[1; 5363], &mut [0; 223]), Err(length));
    let room = Uncorrectable::Room { required: 223, available: 224 };
    assert_eq!(decoder.decode(&[1; 5364], &mut [0; 224]), Err(room));

    let words = code.workspace_len();
    let memory = Uncorrectable::Memory { required: words, available: words - 1 };
    assert_eq!(Decoder::with_memory(code, vec![0; words - 1]).err(), Some(memory));
    // However it is aligned.
    let mut words: Vec<i16> = vec![-1; words + 40];
    for start in 0..40 {
        let memory = &mut words[start..start + code.workspace_len()];
        let mut decoder = Decoder::with_memory(code, memory).unwrap();
        let sent = Sent::new(code, start as u64);
        let mut message = vec![0; sent.message.len()];
        decoder.decode(&sent.received(9.0), &mut message).unwrap();
        assert_eq!(message, sent.message);
    }
}

#[test]
fn noise_is_taken_away_at_every_rate_and_length() {
    // Half a decibel from where one codeword in ten thousand is lost.
    for (rate, ebn0) in [(Rate::Half, 1.7), (Rate::Third, 1.3), (Rate::Quarter, 1.0), (Rate::Sixth, 0.8)] {
        for bits in Code::MESSAGE_BITS {
            for interleaved in [false, true] {
                let code = Code::new(rate, bits).unwrap().with_channel_interleaver(interleaved);
                let sent = Sent::new(code, bits as u64);
                let mut message = vec![0; bits / 8];
                let decoded = Decoder::new(code).decode(&sent.received(ebn0), &mut message).unwrap();
                assert_eq!(message, sent.message, "{code:?}");
                assert!((2..10).contains(&decoded.iterations), "{code:?}: {decoded:?}");
            }
        }
    }
}

#[test]
fn the_scale_of_soft_bits_does_not_matter() {
    let code = Code::new(Rate::Third, 1784).unwrap();
    let sent = Sent::new(code, 5);
    let mut decoder = Decoder::new(code);
    for scale in [2.0, 8.0, 30.0, 120.0] {
        let mut message = vec![0; 223];
        decoder.decode(&sent.scaled(1.2, scale), &mut message).unwrap();
        assert_eq!(message, sent.message, "at a scale of {scale}");
    }
    // Hard decisions, 2 % of them wrong.
    let mut hard = vec![0; code.codeword_bits()];
    soft::from_hard(&sent.codeword, 127, &mut hard);
    hard.iter_mut().step_by(50).for_each(|soft| *soft = -*soft);
    let mut message = vec![0; 223];
    decoder.decode(&hard, &mut message).unwrap();
    assert_eq!(message, sent.message);
}

#[test]
fn a_third_of_the_symbols_may_be_missing() {
    let code = Code::new(Rate::Sixth, 3568).unwrap();
    let sent = Sent::new(code, 6);
    let mut received = sent.received(3.0);
    received.iter_mut().step_by(3).for_each(|soft| *soft = 0);
    let mut message = vec![0; 446];
    Decoder::new(code).decode(&received, &mut message).unwrap();
    assert_eq!(message, sent.message);
}

/// Nothing is received, or noise alone: no decoder may say that it found a message.
#[test]
fn noise_alone_is_no_codeword() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for rate in Rate::ALL {
        let code = Code::new(rate, 1784).unwrap();
        let mut decoder = Decoder::new(code);
        let mut message = [0; 223];
        let mut noise = vec![0; code.codeword_bits()];
        let unsettled = Err(Uncorrectable::Unsettled { iterations: 10 });
        assert_eq!(decoder.decode(&noise, &mut message), unsettled);
        for _ in 0..10 {
            noise.fill_with(|| rng.next_u32() as i8);
            assert_eq!(decoder.decode(&noise, &mut message), unsettled);
        }
    }
}

#[test]
fn ending_early_decides_the_same_and_a_check_ends_it_earlier() {
    let code = Code::new(Rate::Half, 1784).unwrap();
    let (mut early, mut late) = (Decoder::new(code), Decoder::new(code).with_early_stop(false));
    for seed in 0..20 {
        let sent = Sent::new(code, seed);
        let received = sent.received(1.8);
        let (mut by_early, mut by_late, mut by_check) = ([0; 223], [0; 223], [0; 223]);
        let stopped = early.decode(&received, &mut by_early).unwrap();
        assert_eq!(late.decode(&received, &mut by_late).unwrap().iterations, 10);
        assert_eq!(by_early, by_late);
        let checked =
            early.decode_until(&received, &mut by_check, |message| message == sent.message).unwrap();
        assert_eq!(by_check, sent.message.as_slice());
        assert!(checked.iterations <= stopped.iterations && stopped.iterations < 10);
    }
}

/// Rows of 4/rate symbols, sent by columns.
#[test]
fn the_channel_interleaver_sends_columns() {
    let code = Code::new(Rate::Quarter, 1784).unwrap();
    let message: Vec<u8> = (0..223).collect();
    let (mut plain, mut columns) = (vec![0; 894], vec![0; 894]);
    code.encode(&message, &mut plain).unwrap();
    code.with_channel_interleaver(true).encode(&message, &mut columns).unwrap();
    let bit = |octets: &[u8], at: usize| octets[at / 8] >> (7 - at % 8) & 1;
    for row in 0..447 {
        for column in 0..16 {
            assert_eq!(bit(&columns, column * 447 + row), bit(&plain, row * 16 + column));
        }
    }
}

#[test]
fn kernels_agree_bit_for_bit() {
    let levels: Vec<KernelLevel> = KernelLevel::available().collect();
    eprintln!("turbo: levels {levels:?}");
    for (number, rate) in Rate::ALL.into_iter().enumerate() {
        let code = Code::new(rate, Code::MESSAGE_BITS[number]).unwrap();
        let mut decoders: Vec<_> = levels
            .iter()
            .map(|&level| Decoder::new(code).with_level(level).unwrap().with_max_iterations(3))
            .collect();
        // Below, at and above the threshold, and nothing but noise at full strength.
        for (seed, ebn0) in [-3.0, 0.5, 2.0, -90.0].into_iter().enumerate() {
            let received = Sent::new(code, seed as u64).received(ebn0);
            let mut message = vec![0; code.message_bits() / 8];
            let outcomes: Vec<_> = decoders
                .iter_mut()
                .map(|decoder| (decoder.decode(&received, &mut message), message.clone()))
                .collect();
            assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{code:?} at {ebn0} dB");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn kernels_agree_on_any_soft_bits(
        rate in prop::sample::select(Rate::ALL.to_vec()),
        seed: u64,
        // Mostly weak, mostly strong, or of either extreme only.
        mask in prop::sample::select(vec![0x03u8, 0x1F, 0xFF, 0x80]),
        iterations in 1..4u8,
    ) {
        let code = Code::new(rate, 1784).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let received: Vec<i8> = (0..code.codeword_bits())
            .map(|_| {
                let octet = rng.next_u32() as u8;
                if mask == 0x80 { ((octet & 0x80) | 1) as i8 } else { ((octet & mask) as i8).wrapping_sub((mask / 2) as i8) }
            })
            .collect();
        let mut outcomes = KernelLevel::available().map(|level| {
            let mut message = [0; 223];
            let mut decoder = Decoder::new(code).with_level(level).unwrap().with_max_iterations(iterations);
            (decoder.decode(&received, &mut message), message)
        });
        let first = outcomes.next().unwrap();
        for other in outcomes {
            prop_assert_eq!(first, other);
        }
    }
}

/// A random message and its codeword.
struct Sent {
    code: Code,
    message: Vec<u8>,
    codeword: Vec<u8>,
    seed: u64,
}

impl Sent {
    fn new(code: Code, seed: u64) -> Self {
        let mut message = vec![0; code.message_bits() / 8];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut message);
        let mut codeword = vec![0; code.codeword_len()];
        code.encode(&message, &mut codeword).unwrap();
        Self { code, message, codeword, seed }
    }

    fn received(&self, ebn0: f64) -> Vec<i8> {
        self.scaled(ebn0, 32.0)
    }

    /// Through Gaussian noise at `ebn0` decibels.
    fn scaled(&self, ebn0: f64, scale: f32) -> Vec<i8> {
        let rate = self.code.message_bits() as f64 / self.code.codeword_bits() as f64;
        let sigma = (2.0 * rate * 10f64.powf(ebn0 / 10.0)).powf(-0.5);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed + 1);
        let mut uniform = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        (0..self.code.codeword_bits())
            .map(|at| {
                let sign = if self.codeword[at / 8] >> (7 - at % 8) & 1 == 1 { -1.0 } else { 1.0 };
                let normal = (-2.0 * uniform().ln()).sqrt() * (core::f64::consts::TAU * uniform()).cos();
                soft::from_f32((sign + sigma * normal) as f32, scale)
            })
            .collect()
    }
}
