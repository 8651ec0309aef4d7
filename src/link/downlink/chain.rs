use alloc::boxed::Box;
use alloc::vec::Vec;

use super::cutter::{Cutter, Lengths};
use super::input::SoftInput;
use super::settings::{CodingSettings, DownlinkSettings, Layout};
use crate::coding::channel::{self, LinkQuality, Quality, ReceiverParameters};
use crate::coding::randomizer::Randomizer;
use crate::coding::rs::Interleaved;
use crate::coding::sync::SyncState;

/// From octets to frames.
#[derive(Debug)]
pub(super) enum Chain {
    Frames(Cutter),
    Codeblocks(Codeblocks),
    Channel { input: SoftInput, receiver: Box<channel::Receiver> },
}

/// A frame that came out, and what its code thinks of it.
pub(super) type EachFrame<'a> = &'a mut dyn FnMut(&[u8], Option<Quality>);

impl Chain {
    pub(super) fn new(layout: Layout, settings: &DownlinkSettings) -> Self {
        match layout {
            Layout::Frames(lengths) => Self::Frames(Cutter::new(lengths)),
            Layout::Codeblocks { code, randomizer } => Self::Codeblocks(Codeblocks {
                code,
                randomizer,
                cutter: Cutter::new(Lengths::Fixed(code.codeblock_len())),
                work: Vec::new(),
                totals: LinkQuality::default(),
            }),
            Layout::Channel(channel) => {
                let any_convention =
                    matches!(settings.coding, CodingSettings::Channel { any_convention: true, .. });
                let parameters = ReceiverParameters { any_convention, ..Default::default() };
                Self::Channel {
                    input: SoftInput::new(settings.input),
                    receiver: Box::new(channel.receiver_with(parameters)),
                }
            }
        }
    }

    /// Takes octets, cut anywhere.
    pub(super) fn receive(&mut self, octets: &[u8], each: EachFrame<'_>) {
        match self {
            Self::Frames(cutter) => cutter.cut(octets, |frame| each(frame, None)),
            Self::Codeblocks(codeblocks) => codeblocks.receive(octets, each),
            Self::Channel { input, receiver } => {
                let mut each = |frame: channel::ReceivedFrame<'_>| each(frame.frame, Some(frame.quality));
                if input.is_hard() {
                    receiver.receive_hard(octets, &mut each);
                } else {
                    input.read(octets, |soft_bits| receiver.receive(soft_bits, &mut each));
                }
            }
        }
    }

    /// Takes soft bits; there are none of frames and codeblocks.
    pub(super) fn receive_soft(&mut self, soft_bits: &[i8], each: EachFrame<'_>) {
        if let Self::Channel { receiver, .. } = self {
            receiver.receive(soft_bits, |frame| each(frame.frame, Some(frame.quality)));
        }
    }

    pub(super) fn finish(&mut self, each: EachFrame<'_>) {
        if let Self::Channel { receiver, .. } = self {
            receiver.finish(|frame| each(frame.frame, Some(frame.quality)));
        }
    }

    /// Octets of a frame or codeblock that waits for its end.
    pub(super) fn waiting(&self) -> usize {
        match self {
            Self::Frames(cutter) | Self::Codeblocks(Codeblocks { cutter, .. }) => cutter.waiting(),
            Self::Channel { .. } => 0,
        }
    }

    /// Octets skipped where no frame began.
    pub(super) fn skipped(&self) -> u64 {
        match self {
            Self::Frames(cutter) | Self::Codeblocks(Codeblocks { cutter, .. }) => cutter.skipped(),
            Self::Channel { .. } => 0,
        }
    }

    /// What the code says of the link; `None` where there is none.
    pub(super) fn quality(&self) -> Option<LinkQuality> {
        match self {
            Self::Frames(_) => None,
            Self::Codeblocks(codeblocks) => Some(codeblocks.totals),
            Self::Channel { receiver, .. } => Some(receiver.totals()),
        }
    }
}

/// Codeblocks one after the other.
#[derive(Debug)]
pub(super) struct Codeblocks {
    code: Interleaved,
    randomizer: Option<Randomizer>,
    cutter: Cutter,
    work: Vec<u8>,
    totals: LinkQuality,
}

impl Codeblocks {
    fn receive(&mut self, octets: &[u8], each: EachFrame<'_>) {
        let Self { code, randomizer, cutter, work, totals } = self;
        let mut position = 8 * totals.frames * code.codeblock_len() as u64;
        cutter.cut(octets, |block| {
            work.clear();
            work.extend_from_slice(block);
            if let Some(randomizer) = randomizer {
                randomizer.apply(work);
            }
            // The cutter gives no other length.
            let Ok(codewords) = code.correct(work, &[]) else { return };
            let quality = Quality {
                bit_position: position,
                sync: SyncState::Lock,
                marker_distance: 0,
                inverted: false,
                slip: 0,
                symbols_corrected: codewords.symbols().into(),
                iterations: 0,
                codewords: code.depth() as u8,
                codewords_uncorrectable: codewords.uncorrectable(),
            };
            position += 8 * block.len() as u64;
            totals.frames += 1;
            totals.frames_uncorrectable += u64::from(codewords.uncorrectable() > 0);
            totals.symbols_corrected += u64::from(codewords.symbols());
            totals.codewords_uncorrectable += u64::from(codewords.uncorrectable());
            each(&work[..code.frame_len()], Some(quality));
        });
    }
}
