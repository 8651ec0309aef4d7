use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;

use super::settings::{DownlinkError, DownlinkSettings, Layout};
use crate::coding::channel;
use crate::coding::randomizer::Randomizer;
use crate::coding::rs::Interleaved;
use crate::frame::send::{Multiplexer, Refused, SendFormat};
use crate::frame::{AnyParameters, Vcid};
use crate::wire::EncodeError;

/// The sending end of a downlink: packets and other units in, octets for the channel out.
///
/// No part of it waits for time. What comes out is packed bits, the same that a receiver with `bits` as its input takes.
/// See the [module above](super) for an example.
#[derive(Debug)]
pub struct DownlinkSender {
    multiplexer: Multiplexer<AnyParameters>,
    chain: Chain,
    frame: Vec<u8>,
}

#[derive(Debug)]
enum Chain {
    Frames,
    Codeblocks { code: Interleaved, randomizer: Option<Randomizer> },
    Channel(Box<channel::Sender>),
}

impl DownlinkSender {
    /// A sender with nothing to send yet.
    ///
    /// # Errors
    /// [`DownlinkError`] when the settings contradict each other, or name no spacecraft or no channel.
    pub fn new(settings: &DownlinkSettings) -> Result<Self, DownlinkError> {
        let (format, layout) = settings.check()?;
        let scid = settings.scid.ok_or(DownlinkError::NoScid)?;
        let chain = match layout {
            Layout::Frames(_) => Chain::Frames,
            Layout::Codeblocks { code, randomizer } => Chain::Codeblocks { code, randomizer },
            Layout::Channel(channel) => Chain::Channel(Box::new(channel.sender())),
        };
        let multiplexer = Multiplexer::new(format, scid, &settings.send)?;
        Ok(Self { multiplexer, chain, frame: vec![0; SendFormat::frame_len(&format)] })
    }

    /// Octets of the most that one frame puts on the channel; `None` where it takes others to receive it, see
    /// [`Channel::unit_len`](crate::coding::channel::Channel::unit_len).
    #[must_use]
    pub fn max_unit_len(&self) -> Option<usize> {
        match &self.chain {
            Chain::Frames => Some(self.frame.len()),
            Chain::Codeblocks { code, .. } => Some(code.codeblock_len()),
            Chain::Channel(sender) => sender.channel().unit_len(),
        }
    }

    /// What is queued, and what the fields of the frames to come hold.
    #[must_use]
    pub const fn multiplexer(&self) -> &Multiplexer<AnyParameters> {
        &self.multiplexer
    }

    /// The same, to queue units on MAPs, or set the operational control field and the insert zone.
    pub const fn multiplexer_mut(&mut self) -> &mut Multiplexer<AnyParameters> {
        &mut self.multiplexer
    }

    /// Queues `unit` on the first channel set up for `vcid`.
    ///
    /// # Errors
    /// [`Refused`]; [`Refused::Full`] is back-pressure.
    pub fn enqueue(&mut self, vcid: Vcid, unit: Bytes) -> Result<(), Refused> {
        self.multiplexer.enqueue(vcid, unit)
    }

    /// Makes the next frame and appends what it puts on the channel to `out`; `false` when no unit is waiting.
    ///
    /// Only whole octets are appended: symbols that do not fill one, and frames that do not fill a sliced codeblock,
    /// wait for the next frame or for [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`EncodeError`] when the code refuses a frame of this length, which settings that were checked do not let happen.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> Result<bool, EncodeError> {
        match self.multiplexer.poll_transmit(&mut self.frame) {
            Some(len) => self.send(len, out).map(|()| true),
            None => Ok(false),
        }
    }

    /// Appends an idle frame, for links that must never pause. As [`poll_transmit`](Self::poll_transmit).
    ///
    /// # Errors
    /// [`EncodeError`] when no idle frame can be made on this link.
    pub fn idle(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let available = self.frame.len();
        let len = self.multiplexer.idle_frame(&mut self.frame);
        self.send(len.ok_or(EncodeError::Room { required: available + 1, available })?, out)
    }

    /// Ends the stream: appends what waits in the code. Returns how many bits of the last octet are fill.
    ///
    /// # Errors
    /// [`EncodeError`] when the code refuses, which settings that were checked do not let happen.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<usize, EncodeError> {
        match &mut self.chain {
            Chain::Frames | Chain::Codeblocks { .. } => Ok(0),
            Chain::Channel(sender) => sender.finish(out),
        }
    }

    fn send(&mut self, len: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let frame = &self.frame[..len];
        match &mut self.chain {
            Chain::Frames => out.extend_from_slice(frame),
            Chain::Codeblocks { code, randomizer } => {
                let from = out.len();
                out.resize(from + code.codeblock_len(), 0);
                code.encode(frame, &mut out[from..])?;
                if let Some(randomizer) = randomizer {
                    randomizer.apply(&mut out[from..]);
                }
            }
            Chain::Channel(sender) => sender.send(frame, out)?,
        }
        Ok(())
    }
}
