//! Runs a receiver over a recording and keeps what reports need.

use crate::packets::PacketFiles;
use sha2::{Digest, Sha256};
use spacelink::frame::receive::Seen;
use spacelink::frame::{AnyParameters, Vcid};
use spacelink::link::downlink::{DownlinkReceiver, DownlinkSettings, Found};
use spacelink::packet::is_idle;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;

/// What a report needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Counts, which the receiver keeps.
    Counts,
    /// Hashes over frames and packets too.
    Hashes,
}

/// A virtual channel of a spacecraft.
pub type ChannelKey = (u16, Vcid);

/// What was found.
pub struct Decoded {
    pub receiver: DownlinkReceiver,
    /// Steps of frame counts to anything but the next.
    pub steps: BTreeMap<ChannelKey, Steps>,
    /// Hashes over the packets of each channel in order, idle ones included; empty unless wanted.
    pub packet_streams: BTreeMap<ChannelKey, Sha256>,
    /// Over the frames with no codeword beyond repair.
    pub frames: Sha256,
}

/// Steps of a frame count, taken for gaps whatever they are: the way the indexes of recordings count.
#[derive(Clone, Copy, Default)]
pub struct Steps {
    pub gaps: u64,
    pub missing: u64,
}

/// Octets read at a time.
const CHUNK: usize = 256 << 10;

pub fn decode(
    settings: &DownlinkSettings,
    mut recording: impl Read,
    wanted: Wanted,
    mut files: Option<&mut PacketFiles>,
) -> Result<Decoded, Box<dyn Error>> {
    let mut settings = settings.clone();
    settings.receive.idle_packets = wanted == Wanted::Hashes;
    let mut receiver = DownlinkReceiver::new(&settings)?;
    let turn = turn(receiver.format());
    let mut steps = BTreeMap::<ChannelKey, Steps>::new();
    let mut packet_streams = BTreeMap::<ChannelKey, Sha256>::new();
    let mut frames = Sha256::new();
    let mut write_error = None;
    let mut take = |found: Found<'_>| match found {
        Found::Frame { frame, quality }
            if wanted == Wanted::Hashes
                && quality.is_none_or(|quality| quality.codewords_uncorrectable == 0) =>
        {
            frames.update(frame);
        }
        Found::Unit { scid, source, seen } => {
            let key = (scid.0, source.vcid);
            let mut gap = |missing| {
                let steps = steps.entry(key).or_default();
                steps.gaps += 1;
                steps.missing += missing;
            };
            match seen {
                Seen::Gap { missing } => gap(missing),
                Seen::Duplicate => gap(turn),
                Seen::Back { by } => gap(turn.saturating_sub(by)),
                Seen::Packet(packet) => {
                    if wanted == Wanted::Hashes {
                        packet_streams.entry(key).or_default().update(packet);
                    }
                    if let Some(files) = &mut files
                        && !is_idle(packet)
                    {
                        write_error = files.write(key, packet).err().or(write_error.take());
                    }
                }
                _ => {}
            }
        }
        _ => {}
    };
    let mut chunk = vec![0; CHUNK];
    loop {
        let len = recording.read(&mut chunk)?;
        if len == 0 {
            break;
        }
        receiver.receive(&chunk[..len], &mut take);
    }
    receiver.finish(&mut take);
    if let Some(error) = write_error {
        return Err(error.into());
    }
    if let Some(files) = files {
        files.finish()?;
    }
    Ok(Decoded { receiver, steps, packet_streams, frames })
}

/// Frames missing when the same frame count comes again, if it is not the same frame.
fn turn(format: &AnyParameters) -> u64 {
    match format {
        AnyParameters::Tm(_) => (1 << 8) - 1,
        AnyParameters::Aos(_) => (1 << 24) - 1,
        // Its count has a length that each frame says.
        AnyParameters::Uslp(_) => 0,
    }
}
