use alloc::vec::Vec;

use super::chain::Chain;
use super::counters::DownlinkCounters;
use super::settings::{DownlinkError, DownlinkSettings, ReceiveSettings};
use super::spacecraft::Spacecraft;
use crate::coding::channel::{LinkQuality, Quality};
use crate::frame::receive::{Format, FrameRefused, Received, Seen, Source};
use crate::frame::{AnyHeader, AnyParameters, Scid};
use crate::wire::DecodeError;

/// What was found in the stream, as octets that stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found<'a> {
    /// A frame, good or bad, before anything else of it.
    Frame {
        /// Its octets.
        frame: &'a [u8],
        /// What its code thinks of it; `None` without a code.
        quality: Option<Quality>,
    },
    /// The frame is not one of this link; nothing of it is used.
    Refused(FrameRefused),
    /// A packet or another unit, or word of what was lost.
    Unit {
        /// Whose.
        scid: Scid,
        /// On which channel.
        source: Source,
        /// What it is.
        seen: Seen<'a>,
    },
}

/// The receiving end of a downlink: octets or soft bits in, packets and other units out, in order.
///
/// No part of it waits for time. Its memory is bounded by its settings, however long the stream. See the
/// [module above](super) for an example.
#[derive(Debug)]
pub struct DownlinkReceiver {
    chain: Chain,
    taker: Taker,
}

/// What takes frames.
#[derive(Debug)]
struct Taker {
    format: AnyParameters,
    scid: Option<Scid>,
    settings: ReceiveSettings,
    spacecraft: Vec<Spacecraft>,
    counters: DownlinkCounters,
}

impl DownlinkReceiver {
    /// A receiver that has heard nothing yet.
    ///
    /// # Errors
    /// [`DownlinkError`] when the settings contradict each other.
    pub fn new(settings: &DownlinkSettings) -> Result<Self, DownlinkError> {
        let (format, layout) = settings.check()?;
        Ok(Self {
            chain: Chain::new(layout, settings),
            taker: Taker {
                format,
                scid: settings.scid,
                settings: settings.receive.clone(),
                spacecraft: Vec::new(),
                counters: DownlinkCounters::default(),
            },
        })
    }

    /// Form of the frames.
    #[must_use]
    pub const fn format(&self) -> &AnyParameters {
        &self.taker.format
    }

    /// Takes octets in the form that the [input settings](super::InputSettings) say, cut anywhere, and hands what they
    /// bring to `sink`.
    pub fn receive(&mut self, octets: &[u8], mut sink: impl FnMut(Found<'_>)) {
        let Self { chain, taker } = self;
        chain.receive(octets, &mut |frame, quality| {
            // What comes of it is counted and told.
            let _ = taker.take(frame, quality, &mut sink);
        });
        taker.counters.skipped_octets = chain.skipped();
    }

    /// Takes soft bits, of which negative means 1. Does nothing when the input is frames or codeblocks.
    pub fn receive_soft(&mut self, soft_bits: &[i8], mut sink: impl FnMut(Found<'_>)) {
        let Self { chain, taker } = self;
        chain.receive_soft(soft_bits, &mut |frame, quality| {
            let _ = taker.take(frame, quality, &mut sink);
        });
    }

    /// Takes one frame that somebody else found.
    ///
    /// # Errors
    /// [`FrameRefused`]: nothing of the frame was used. The sink is told too.
    pub fn receive_frame(
        &mut self,
        frame: &[u8],
        mut sink: impl FnMut(Found<'_>),
    ) -> Result<Received<AnyHeader>, FrameRefused> {
        self.taker.take(frame, None, &mut sink)
    }

    /// Ends the stream: hands what waited for more to `sink`. Nothing more is received then.
    pub fn finish(&mut self, mut sink: impl FnMut(Found<'_>)) {
        let Self { chain, taker } = self;
        chain.finish(&mut |frame, quality| {
            let _ = taker.take(frame, quality, &mut sink);
        });
        taker.counters.cut_octets = chain.waiting() as u64;
    }

    /// Counts of the whole link.
    #[must_use]
    pub const fn counters(&self) -> DownlinkCounters {
        self.taker.counters
    }

    /// What the code says of the link; `None` when frames come without one.
    #[must_use]
    pub fn quality(&self) -> Option<LinkQuality> {
        self.chain.quality()
    }

    /// The spacecraft heard of, in the order in which they were first heard.
    pub fn spacecraft(&self) -> impl Iterator<Item = &Spacecraft> {
        self.taker.spacecraft.iter()
    }
}

impl Taker {
    fn take(
        &mut self,
        frame: &[u8],
        quality: Option<Quality>,
        sink: &mut impl FnMut(Found<'_>),
    ) -> Result<Received<AnyHeader>, FrameRefused> {
        self.counters.frames += 1;
        sink(Found::Frame { frame, quality });
        let outcome = self.open(frame, quality, sink);
        if let Err(refused) = outcome {
            sink(Found::Refused(refused));
        }
        outcome
    }

    fn open(
        &mut self,
        frame: &[u8],
        quality: Option<Quality>,
        sink: &mut impl FnMut(Found<'_>),
    ) -> Result<Received<AnyHeader>, FrameRefused> {
        if quality.is_some_and(|quality| quality.codewords_uncorrectable > 0) {
            self.counters.uncorrectable += 1;
            return Err(DecodeError::Check { unit: "codeblock" }.into());
        }
        let opened = self.format.open(frame).inspect_err(|error| match error {
            DecodeError::Check { .. } => self.counters.check_failed += 1,
            _ => self.counters.malformed += 1,
        })?;
        let scid = opened.scid;
        let known = self.spacecraft.iter().position(|spacecraft| spacecraft.scid() == scid);
        let at = match known {
            Some(at) => at,
            None => {
                let wanted = match self.scid {
                    Some(wanted) => wanted == scid,
                    None => self.spacecraft.len() < usize::from(self.settings.max_spacecraft),
                };
                if !wanted {
                    self.counters.foreign += 1;
                    return Err(FrameRefused::Foreign(scid));
                }
                self.spacecraft.push(Spacecraft::new(self.format, scid, &self.settings));
                self.spacecraft.len() - 1
            }
        };
        self.spacecraft[at].accept(opened, sink)
    }
}
