//! Whole send and receive chains, built from one checked configuration.

use std::num::NonZeroU8;

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use spacelink::coding::channel::{
    Channel, ChannelParameters, Coding, LdpcRate, LinkQuality, Quality, ReceivedFrame, ReceiverParameters,
    ReedSolomon, Slicing, TURBO_ITERATIONS,
};
use spacelink::coding::convolutional::{Convolutional, Rate};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::sync::Marker;
use spacelink::coding::{ParameterError, soft, turbo};

const RS: ReedSolomon = ReedSolomon { error_correction: 16, interleaving_depth: 1 };

fn channel(coding: Coding, frame_len: usize) -> Channel {
    let randomizer = Some(Randomizer::Tm);
    ChannelParameters { coding, frame_len, slicing: None, randomizer }.checked().unwrap()
}

fn sliced(coding: Coding, slice_len: usize, codewords: u8, frame_len: usize) -> Channel {
    let slicing = Some(Slicing { slice_len, codewords });
    ChannelParameters { slicing, ..channel_of(coding, frame_len) }.checked().unwrap()
}

fn channel_of(coding: Coding, frame_len: usize) -> ChannelParameters {
    ChannelParameters { coding, frame_len, slicing: None, randomizer: Some(Randomizer::Tm) }
}

const fn turbo(rate: turbo::Rate, channel_interleaved: bool) -> Coding {
    let iterations = TURBO_ITERATIONS;
    Coding::Turbo { rate, channel_interleaved, iterations, stop_at_fecf: false }
}

/// One of each kind, with short frames.
fn channels() -> Vec<Channel> {
    let inner = Convolutional::default;
    vec![
        channel(Coding::Uncoded, 60),
        channel(Coding::ReedSolomon(RS), 100),
        sliced(Coding::ReedSolomon(RS), 200, 1, 321),
        channel(Coding::Convolutional(inner()), 200),
        channel(Coding::Concatenated { outer: RS, inner: inner() }, 223),
        channel(Coding::Concatenated { outer: RS, inner: Convolutional::ccsds(Rate::R7_8) }, 223),
        channel(Coding::Ldpc { rate: LdpcRate::R1_2 }, 128),
        channel(Coding::Ldpc { rate: LdpcRate::R7_8 }, 892),
        sliced(Coding::Ldpc { rate: LdpcRate::R4_5 }, 128, 3, 223),
        sliced(Coding::Ldpc { rate: LdpcRate::R7_8 }, 892, 1, 1115),
        channel(turbo(turbo::Rate::Half, true), 446),
        // Its codewords end in half an octet.
        channel(turbo(turbo::Rate::Third, false), 223),
        channel(turbo(turbo::Rate::Quarter, false), 223),
        channel(turbo(turbo::Rate::Sixth, true), 223),
        sliced(Coding::Concatenated { outer: RS, inner: inner() }, 223, 1, 60),
        sliced(turbo(turbo::Rate::Third, true), 223, 1, 150),
    ]
}

fn frame(number: usize, len: usize) -> Vec<u8> {
    let mut frame = vec![0; len];
    ChaCha8Rng::seed_from_u64(number as u64).fill_bytes(&mut frame);
    frame
}

/// The soft bits of `count` frames.
fn sent(channel: Channel, count: usize) -> Vec<i8> {
    let (mut sender, mut symbols) = (channel.sender(), Vec::new());
    for number in 0..count {
        sender.send(&frame(number, channel.frame_len()), &mut symbols).unwrap();
    }
    let fill = sender.finish(&mut symbols).unwrap();
    let mut received = vec![0; 8 * symbols.len() - fill];
    soft::from_hard(&symbols, 40, &mut received);
    received
}

type Received = (Vec<(Vec<u8>, Quality)>, LinkQuality);

fn received(channel: Channel, soft_bits: &[i8], cuts: &[usize]) -> Received {
    let mut receiver = channel.receiver();
    let mut frames = Vec::new();
    let mut take = |frame: ReceivedFrame<'_>| frames.push((frame.frame.to_vec(), frame.quality));
    let (mut rest, mut cuts) = (soft_bits, cuts.iter().cycle());
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
        receiver.receive(now, &mut take);
        rest = later;
    }
    receiver.finish(&mut take);
    (frames, receiver.totals())
}

/// Adds noise of `percent` of the amplitude, roughly Gaussian.
fn noisy(soft_bits: &mut [i8], percent: i32, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for soft in soft_bits {
        let word = random.next_u64().to_le_bytes();
        let sum: i32 = word.iter().map(|&octet| i32::from(octet as i8)).sum();
        *soft = (i32::from(*soft) + 40 * percent * sum / (209 * 100)).clamp(-127, 127) as i8;
    }
}

#[test]
fn every_kind_of_channel_carries_its_frames() {
    for channel in channels() {
        let clean = sent(channel, 12);
        for offset in [0, 1, 5, 600] {
            let mut stream =
                frame(99, offset.max(1)).iter().map(|&octet| octet as i8 / 4).collect::<Vec<_>>();
            stream.truncate(offset);
            stream.extend_from_slice(&clean);
            let (frames, totals) = received(channel, &stream, &[usize::MAX]);
            let found: Vec<usize> = (0..12)
                .filter(|&number| frames.iter().any(|(f, _)| *f == frame(number, channel.frame_len())))
                .collect();
            assert_eq!(found, (0..12).collect::<Vec<_>>(), "{:?} {offset}", channel.parameters());
            assert_eq!(totals.frames, frames.len() as u64);
        }
    }
}

/// With noise that breaks hard decisions: at these noise levels an uncoded frame would not pass.
#[test]
fn soft_decisions_carry_frames_through_noise() {
    for (channel, percent) in
        channels().into_iter().skip(4).zip([70, 38, 80, 42, 48, 42, 78, 102, 115, 140, 70, 102])
    {
        let mut stream = sent(channel, 20);
        let quiet = stream.clone();
        noisy(&mut stream, percent, 7);
        let wrong = stream.iter().zip(&quiet).filter(|(a, b)| (**a < 0) != (**b < 0)).count();
        let (frames, totals) = received(channel, &stream, &[usize::MAX]);
        let good =
            (0..20).filter(|&n| frames.iter().any(|(f, _)| *f == frame(n, channel.frame_len()))).count();
        let share = wrong as f64 / stream.len() as f64;
        assert!(good >= 19, "{:?}: {good} of 20 at {share:.3} wrong, {totals:?}", channel.parameters());
        assert!(share > 0.003);
    }
}

#[test]
fn inverted_streams_are_set_right() {
    for channel in channels() {
        let mut stream = sent(channel, 6);
        soft::invert(&mut stream);
        let (frames, _) = received(channel, &stream, &[1000]);
        let count = frames.iter().filter(|(_, quality)| quality.inverted).count();
        // The first codeblock of a sliced stream can be cut off from the frame it begins.
        let sliced = channel.parameters().slicing.is_some();
        assert!(count == 6 || sliced, "{:?} {count}", channel.parameters());
        for number in 0..6 {
            assert!(frames.iter().any(|(found, _)| *found == frame(number, channel.frame_len())));
        }
    }
}

/// A bit is lost, and later one is won: only the frames around are, and the slip is reported.
#[test]
fn slips_of_a_bit_are_followed() {
    let channel = channel(Coding::Ldpc { rate: LdpcRate::R1_2 }, 128);
    let mut stream = sent(channel, 12);
    let period = 64 + 2048;
    stream.remove(3 * period - 7);
    stream.insert(7 * period - 200, 5);
    let (frames, totals) = received(channel, &stream, &[usize::MAX]);
    let found: Vec<usize> = (0..12).filter(|&n| frames.iter().any(|(f, _)| *f == frame(n, 128))).collect();
    assert!(found.len() >= 11, "{found:?}");
    assert_eq!(totals.slips, 2);
    assert_eq!(frames.iter().filter(|(_, q)| q.slip == -1).count(), 1);
    assert_eq!(frames.iter().filter(|(_, q)| q.slip == 1).count(), 1);
    assert_eq!(totals.sync.locks_lost, 0);
}

#[test]
fn node_synchronization_follows_a_lost_symbol() {
    for rate in Rate::ALL {
        let inner = Convolutional::ccsds(rate);
        let channel = channel(Coding::Concatenated { outer: RS, inner }, 223);
        let mut stream = sent(channel, 80);
        let at = stream.len() / 3;
        stream.remove(at);
        let (frames, totals) = received(channel, &stream, &[usize::MAX]);
        let found = (0..80).filter(|&n| frames.iter().any(|(f, _)| *f == frame(n, 223))).count();
        let receiver = channel.receiver();
        let lost = 80 - found;
        // What lies between the slip and the start of the window in which it is noticed is lost.
        let at_most = 2 + 2 * receiver.acquisition_symbols() / rate.symbols(8 * 259);
        assert!(lost <= at_most, "{rate:?}: {lost} lost, {at_most} allowed, {totals:?}");
        assert_eq!((totals.inner_acquisitions, totals.inner_losses), (2, 1), "{rate:?}");
    }
}

#[test]
fn the_convention_of_symbols_is_found() {
    for rate in Rate::ALL {
        for inner in Convolutional::conventions(rate) {
            let coding = Coding::Concatenated { outer: RS, inner };
            let parameters = ChannelParameters {
                coding,
                frame_len: 223,
                slicing: None,
                randomizer: Some(Randomizer::TmLegacy),
            };
            assert_eq!(parameters.checked().is_ok(), inner.is_ccsds());
            let sending = parameters.deviating().unwrap();
            let stream = sent(sending, 40);
            let book = Coding::Concatenated { outer: RS, inner: Convolutional::ccsds(rate) };
            let listening = ChannelParameters { coding: book, ..parameters }.checked().unwrap();
            let any = ReceiverParameters { any_convention: true, ..ReceiverParameters::default() };
            let mut receiver = listening.receiver_with(any);
            let mut frames = Vec::new();
            receiver.receive(&stream[3..], |received| frames.push(received.frame.to_vec()));
            assert_eq!(receiver.convention(), Some(inner));
            receiver.finish(|received| frames.push(received.frame.to_vec()));
            // Of the first frame the marker is damaged, which may be little enough.
            let whole: Vec<_> = (1..40).map(|number| frame(number, 223)).collect();
            assert!(frames.ends_with(&whole), "{inner:?} {}", frames.len());
        }
    }
}

/// At an Eb/N0 of about 2.1 dB, frames that Reed-Solomon alone cannot repair are where bursts are taken into account.
#[test]
fn bursts_of_the_inner_decoder_are_taken_into_account() {
    let outer = ReedSolomon { error_correction: 16, interleaving_depth: 5 };
    let channel = channel(Coding::Concatenated { outer, inner: Convolutional::default() }, 1115);
    let mut stream = sent(channel, 60);
    noisy(&mut stream, 85, 3);
    let [alone, taken] = [false, true].map(|bursts| {
        let mut receiver = channel.receiver_with(ReceiverParameters { bursts, ..Default::default() });
        let mut whole = 0;
        let mut take = |received: ReceivedFrame<'_>| {
            let certain = received.quality.is_certain();
            whole += usize::from(certain);
            assert!(!certain || (0..60).any(|number| received.frame == frame(number, 1115)));
        };
        receiver.receive(&stream, &mut take);
        receiver.finish(&mut take);
        whole
    });
    assert!(alone < taken, "{alone} {taken}");
}

/// Marker and randomized codeword follow each other without fill, also where codewords end within an octet.
#[test]
fn turbo_codewords_stand_behind_the_marker_of_their_rate() {
    use turbo::Rate::{Half, Quarter, Sixth, Third};
    for (rate, marker) in [
        (Half, Marker::ASM_64),
        (Third, Marker::ASM_96),
        (Quarter, Marker::ASM_128),
        (Sixth, Marker::ASM_192),
    ] {
        for frame_len in [223, 446, 892, 1115] {
            let channel = channel(turbo(rate, false), frame_len);
            let code = turbo::Code::new(rate, 8 * frame_len).unwrap();
            assert_eq!(channel.marker(), marker);
            let mut expected = Vec::new();
            for number in 0..3 {
                let mut codeword = vec![0; code.codeword_len()];
                code.encode(&frame(number, frame_len), &mut codeword).unwrap();
                Randomizer::Tm.apply(&mut codeword);
                let mut symbols = vec![0; marker.bits() + 8 * codeword.len()];
                soft::from_hard(marker.octets(), 40, &mut symbols);
                soft::from_hard(&codeword, 40, &mut symbols[marker.bits()..]);
                expected.extend_from_slice(&symbols[..marker.bits() + code.codeword_bits()]);
            }
            assert!(sent(channel, 3) == expected, "{rate:?} {frame_len}");
        }
    }
}

/// A turbo codeword lost in noise is handed up, marked, and those around it are whole; wrong symbols are counted.
#[test]
fn a_turbo_codeword_beyond_repair_is_marked() {
    let channel = channel(turbo(turbo::Rate::Third, false), 223);
    let period = 96 + 5364;
    let mut stream = sent(channel, 6);
    for at in 0..20 {
        stream[period + 96 + 250 * at] *= -1;
    }
    for (at, octet) in frame(77, 5364).into_iter().enumerate() {
        stream[3 * period + 96 + at] = octet as i8;
    }
    let (frames, totals) = received(channel, &stream, &[usize::MAX]);
    assert_eq!(frames.len(), 6);
    for (number, (octets, quality)) in frames.iter().enumerate() {
        let lost = number == 3;
        assert_eq!(quality.bit_position, (number * period) as u64);
        assert_eq!((quality.codewords, quality.codewords_uncorrectable), (1, lost.into()));
        assert_eq!(quality.symbols_corrected, if number == 1 { 20 } else { 0 });
        assert_eq!(*octets == frame(number, 223), !lost);
        assert!(quality.iterations >= if lost { 10 } else { 1 });
    }
    assert_eq!((totals.frames_uncorrectable, totals.codewords_uncorrectable), (1, 1));
    assert_eq!(totals.sync.locks_lost, 0);
}

/// After one iteration the check sequence is right, and the decoder is not yet sure: a limit of one leaves frames only
/// to a receiver that looks at the check sequence.
#[test]
fn a_turbo_decoder_ends_as_its_parameters_say() {
    let outcome = |iterations, stop_at_fecf| {
        let coding = Coding::Turbo {
            rate: turbo::Rate::Third,
            channel_interleaved: false,
            iterations: NonZeroU8::new(iterations).unwrap(),
            stop_at_fecf,
        };
        let channel = channel(coding, 223);
        let mut frame = frame(5, 223);
        let fecf = spacelink::crc::fecf(&frame[..221]);
        frame[221..].copy_from_slice(&fecf.to_be_bytes());
        let (mut sender, mut symbols) = (channel.sender(), Vec::new());
        for _ in 0..3 {
            sender.send(&frame, &mut symbols).unwrap();
        }
        let fill = sender.finish(&mut symbols).unwrap();
        let mut stream = vec![0; 8 * symbols.len() - fill];
        soft::from_hard(&symbols, 40, &mut stream);
        stream[3 * 96 + 2 * 5364..].iter_mut().step_by(20).for_each(|soft| *soft *= -1);
        let (frames, _) = received(channel, &stream, &[usize::MAX]);
        let (octets, quality) = frames.last()?;
        assert_eq!((octets, quality.codewords_uncorrectable), (&frame, 0));
        Some(quality.iterations)
    };
    assert_eq!(outcome(1, true), Some(1));
    assert_eq!(outcome(1, false), None);
    assert!(outcome(10, false).is_some_and(|iterations| iterations > 1));
}

/// A codeword beyond repair makes doubtful exactly the frames that it touches.
#[test]
fn a_lost_codeword_marks_the_frames_it_touches() {
    let channel = sliced(Coding::Ldpc { rate: LdpcRate::R4_5 }, 128, 2, 60);
    let mut stream = sent(channel, 40);
    // The second codeword of the third codeblock: octets 640 to 767 of the stream of 64-octet CADUs.
    let from = 2 * (64 + 2560) + 64 + 1280;
    stream[from..from + 1280].fill(0);
    let (frames, totals) = received(channel, &stream, &[usize::MAX]);
    assert_eq!(frames.len(), 40);
    let doubtful: Vec<usize> = (0..40).filter(|&at| frames[at].1.codewords_uncorrectable > 0).collect();
    assert_eq!(doubtful, [10, 11]);
    for (number, (octets, quality)) in frames.iter().enumerate() {
        if !doubtful.contains(&number) {
            assert!(*octets == frame(number, 60) && quality.is_certain() && quality.codewords == 1);
        }
    }
    assert_eq!((totals.codewords_uncorrectable, totals.frames_uncorrectable), (1, 2));
}

#[test]
fn what_the_book_does_not_allow_is_refused() {
    let refused = |coding, frame_len, randomizer| {
        ChannelParameters { coding, frame_len, slicing: None, randomizer }.checked().unwrap_err()
    };
    let sliced = |coding, slice_len, codewords| {
        let slicing = Some(Slicing { slice_len, codewords });
        ChannelParameters { slicing, ..channel_of(coding, 100) }.checked().unwrap_err()
    };
    let rs = |error_correction, interleaving_depth| {
        Coding::ReedSolomon(ReedSolomon { error_correction, interleaving_depth })
    };
    use ParameterError as E;
    let ldpc = Coding::Ldpc { rate: LdpcRate::R7_8 };
    assert_eq!(refused(Coding::Uncoded, 100, Some(Randomizer::Tc)), E::TcRandomizer);
    assert_eq!(refused(Coding::Uncoded, 0, None), E::FrameLen { len: 0, max: 65_536 });
    assert_eq!(refused(rs(12, 5), 1115, None), E::ErrorCorrection { symbols: 12 });
    assert_eq!(refused(rs(16, 6), 1115, None), E::Interleave { depth: 6 });
    assert_eq!(refused(rs(16, 5), 1116, None), E::FrameLenOfCode { len: 1116, code: "Reed-Solomon" });
    assert_eq!(refused(rs(16, 5), 1114, None), E::UnevenFill { fill: 1, depth: 5 });
    assert_eq!(refused(ldpc, 1115, None), E::FrameLenOfCode { len: 1115, code: "LDPC" });
    assert_eq!(refused(ldpc, usize::MAX, None), E::FrameLenOfCode { len: usize::MAX, code: "LDPC" });
    assert_eq!(sliced(ldpc, 128, 1), E::FrameLenOfCode { len: 128, code: "LDPC" });
    assert_eq!(sliced(rs(16, 1), 224, 1), E::FrameLenOfCode { len: 224, code: "Reed-Solomon" });
    assert_eq!(sliced(Coding::Uncoded, 100, 1), E::Slices);
    assert_eq!(sliced(Coding::Convolutional(Convolutional::default()), 100, 1), E::Slices);
    assert_eq!(
        refused(turbo(turbo::Rate::Half, false), 224, None),
        E::FrameLenOfCode { len: 224, code: "turbo" }
    );
    let len = usize::MAX;
    assert_eq!(refused(turbo(turbo::Rate::Sixth, true), len, None), E::FrameLenOfCode { len, code: "turbo" });
    assert_eq!(sliced(ldpc, 892, 0), E::Codewords { count: 0, most: 8 });
    assert_eq!(sliced(ldpc, 892, 9), E::Codewords { count: 9, most: 8 });
    assert_eq!(sliced(rs(16, 1), 223, 2), E::Codewords { count: 2, most: 1 });
    let swapped = Convolutional { swapped: true, ..Convolutional::default() };
    assert_eq!(refused(Coding::Convolutional(swapped), 100, None), E::Convention);
}

#[test]
fn a_mission_names_its_channel_in_toml() {
    let text = r#"
        frame-len = 1115
        randomizer = "tm-legacy"
        [coding.concatenated]
        outer = { error-correction = 16, interleaving-depth = 5 }
        inner = { rate = "1/2", g2-inverted = true, swapped = false }
    "#;
    let parameters: ChannelParameters = toml::from_str(text).unwrap();
    let outer = ReedSolomon { error_correction: 16, interleaving_depth: 5 };
    let coding = Coding::Concatenated { outer, inner: Convolutional::default() };
    let randomizer = Some(Randomizer::TmLegacy);
    assert_eq!(parameters, ChannelParameters { coding, frame_len: 1115, slicing: None, randomizer });
    assert_eq!(
        toml::from_str::<ChannelParameters>(&toml::to_string(&parameters).unwrap()).unwrap(),
        parameters
    );
    let text = "frame-len = 1115\nrandomizer = \"tm\"\ncoding.turbo = { rate = \"1/6\" }";
    let parameters: ChannelParameters = toml::from_str(text).unwrap();
    assert_eq!(parameters.coding, turbo(turbo::Rate::Sixth, false));
    assert!(parameters.checked().is_ok());
    let text = text.replace("\"1/6\"", "\"1/2\", channel-interleaved = true");
    assert_eq!(toml::from_str::<ChannelParameters>(&text).unwrap().coding, turbo(turbo::Rate::Half, true));
    let short: ChannelParameters = toml::from_str("coding = \"uncoded\"\nframe-len = 5").unwrap();
    assert_eq!(
        short,
        ChannelParameters { coding: Coding::Uncoded, frame_len: 5, slicing: None, randomizer: None }
    );
    let text = "frame-len = 1115\nrandomizer = \"tm\"\ncoding.ldpc = { rate = \"7/8\" }\nslicing = { slice-len = 892 }";
    let sliced: ChannelParameters = toml::from_str(text).unwrap();
    assert_eq!(sliced.slicing, Some(Slicing::new(892)));
    assert!(sliced.checked().is_ok());
    assert!(
        toml::from_str::<ChannelParameters>("coding = \"uncoded\"\nframe-len = 5\nrandomizer = \"x\"")
            .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Noise, frames and noise again, cut anywhere, give the same as uncut; and frames in noise are found.
    #[test]
    fn cuts_do_not_matter(
        channel in prop::sample::select(channels()),
        (before, after) in (0usize..3000, 0usize..3000),
        frames in 0usize..5,
        seed in any::<u64>(),
        cuts in prop::collection::vec(1usize..5000, 1..6),
    ) {
        let noise = |len, seed| frame(seed, len).iter().map(|&octet| octet as i8).collect::<Vec<_>>();
        let mut stream = noise(before, seed as usize);
        stream.extend(sent(channel, frames));
        stream.extend(noise(after, seed as usize ^ 1));
        let whole = received(channel, &stream, &[usize::MAX]);
        let cut = received(channel, &stream, &cuts);
        prop_assert!(whole == cut);
    }

    /// The same for hard bits in octets.
    #[test]
    fn octets_do_as_well(channel in prop::sample::select(channels()), cut in 1usize..300) {
        let (mut sender, mut symbols) = (channel.sender(), Vec::new());
        for number in 0..6 {
            sender.send(&frame(number, channel.frame_len()), &mut symbols).unwrap();
        }
        sender.finish(&mut symbols).unwrap();
        let mut receiver = channel.receiver();
        let mut frames = Vec::new();
        for octets in symbols.chunks(cut) {
            receiver.receive_hard(octets, |received| frames.push(received.frame.to_vec()));
        }
        receiver.finish(|received| frames.push(received.frame.to_vec()));
        for number in 0..6 {
            prop_assert!(frames.contains(&frame(number, channel.frame_len())));
        }
    }
}
