//! Any soft bits or octets, through any channel that can be built: no frame is of another length than agreed, and
//! cutting the stream does not matter.
#![no_main]

use libfuzzer_sys::{arbitrary::Unstructured, fuzz_target};
use spacelink::coding::channel::{
    ChannelParameters, Coding, LdpcRate, ReceiverParameters, ReedSolomon, Slicing,
};
use spacelink::coding::convolutional::{Convolutional, Rate};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::turbo;

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    let (Ok(parameters), Ok(any_convention), Ok(cut)) =
        (parameters(&mut input), input.arbitrary(), input.int_in_range(1..=999))
    else {
        return;
    };
    let Ok(channel) = parameters.deviating() else { return };
    let symbols: Vec<i8> = input.take_rest().iter().map(|&octet| octet as i8).collect();
    let run = |cut: usize| {
        let mut receiver =
            channel.receiver_with(ReceiverParameters { any_convention, ..ReceiverParameters::default() });
        let mut frames = Vec::new();
        for symbols in symbols.chunks(cut) {
            receiver.receive(symbols, |frame| frames.push((frame.frame.to_vec(), frame.quality)));
        }
        receiver.finish(|frame| frames.push((frame.frame.to_vec(), frame.quality)));
        assert!(frames.iter().all(|(frame, _)| frame.len() == channel.frame_len()));
        (frames, receiver.totals())
    };
    assert_eq!(run(usize::MAX), run(cut));
});

fn parameters(input: &mut Unstructured<'_>) -> libfuzzer_sys::arbitrary::Result<ChannelParameters> {
    let rs = |input: &mut Unstructured<'_>| -> libfuzzer_sys::arbitrary::Result<ReedSolomon> {
        Ok(ReedSolomon {
            error_correction: *input.choose(&[16, 8, 7])?,
            interleaving_depth: input.int_in_range(0..=9)?,
        })
    };
    let inner = |input: &mut Unstructured<'_>| -> libfuzzer_sys::arbitrary::Result<Convolutional> {
        Ok(Convolutional {
            rate: *input.choose(&Rate::ALL)?,
            g2_inverted: input.arbitrary()?,
            swapped: input.arbitrary()?,
        })
    };
    let rates = [LdpcRate::R1_2, LdpcRate::R2_3, LdpcRate::R4_5, LdpcRate::R7_8];
    let coding = match input.int_in_range(0..=5)? {
        0 => Coding::Uncoded,
        1 => Coding::Convolutional(inner(input)?),
        2 => Coding::ReedSolomon(rs(input)?),
        3 => Coding::Concatenated { outer: rs(input)?, inner: inner(input)? },
        4 => Coding::Ldpc { rate: *input.choose(&rates)? },
        _ => Coding::Turbo {
            rate: *input.choose(&turbo::Rate::ALL)?,
            channel_interleaved: input.arbitrary()?,
            iterations: input.arbitrary()?,
            stop_at_fecf: input.arbitrary()?,
        },
    };
    let slicing = match input.arbitrary()? {
        true => Some(Slicing {
            slice_len: *input.choose(&[128, 223, 512, 892])?,
            codewords: input.int_in_range(0..=9)?,
        }),
        false => None,
    };
    let frame_len = match input.int_in_range(0..=3)? {
        0 => 128,
        1 => 223,
        2 => 892,
        _ => input.int_in_range(0..=2000)?,
    };
    let randomizers = [None, Some(Randomizer::Tm), Some(Randomizer::TmLegacy), Some(Randomizer::Tc)];
    Ok(ChannelParameters { coding, frame_len, slicing, randomizer: *input.choose(&randomizers)? })
}
