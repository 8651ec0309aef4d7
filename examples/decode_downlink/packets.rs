//! Writes packets to files, one a virtual channel.

use crate::decode::ChannelKey;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files of packets, one after the other as they were received. A file is only open while it is written to, so their
/// number does not matter.
pub struct PacketFiles {
    folder: PathBuf,
    waiting: BTreeMap<ChannelKey, Waiting>,
}

#[derive(Default)]
struct Waiting {
    octets: Vec<u8>,
    /// Whether something was written already.
    begun: bool,
}

/// Octets that wait before they are written.
const MOST_WAITING: usize = 256 << 10;

impl PacketFiles {
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), waiting: BTreeMap::new() })
    }

    pub fn write(&mut self, channel: ChannelKey, packet: &[u8]) -> io::Result<()> {
        let waiting = self.waiting.entry(channel).or_default();
        waiting.octets.extend_from_slice(packet);
        if waiting.octets.len() < MOST_WAITING { Ok(()) } else { flush(&self.folder, channel, waiting) }
    }

    pub fn finish(&mut self) -> io::Result<()> {
        self.waiting.iter_mut().try_for_each(|(channel, waiting)| flush(&self.folder, *channel, waiting))
    }
}

fn flush(folder: &Path, (scid, vcid): ChannelKey, waiting: &mut Waiting) -> io::Result<()> {
    let path = folder.join(format!("scid{scid}_vc{}.spp", vcid.value()));
    let mut file = if waiting.begun { File::options().append(true).open(path)? } else { File::create(path)? };
    file.write_all(&waiting.octets)?;
    waiting.begun = true;
    waiting.octets.clear();
    Ok(())
}
